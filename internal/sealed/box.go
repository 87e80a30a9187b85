package sealed

import (
	"crypto/cipher"
	"crypto/rand"
	"errors"

	"github.com/tink-crypto/tink-go/v2/daead/subtle"
	"golang.org/x/crypto/chacha20poly1305"
)

// ErrOpen says that bytes do not open: they were sealed with another key or
// for another context, or are damaged.
var ErrOpen = errors.New("sealed bytes do not open: the key is another, or they are damaged")

// The first byte of what is sealed says how.
const (
	random = 1 // nonce of 24 bytes, then XChaCha20-Poly1305
	steady = 2 // AES-SIV (RFC 5297)
)

// Overhead is how many bytes Seal adds at most.
const Overhead = 1 + chacha20poly1305.NonceSizeX + chacha20poly1305.Overhead

// Box seals bytes with one key. It is safe for concurrent use.
type Box struct {
	aead cipher.AEAD
	siv  *subtle.AESSIV
}

// NewBox returns a box with a key of its own, derived from k.
func NewBox(k Key) *Box {
	random := k.Derive("seal")
	aead, err := chacha20poly1305.NewX(random.b[:])
	if err != nil {
		panic(err) // the length is fixed and allowed
	}
	one, two := k.Derive("seal steadily 1"), k.Derive("seal steadily 2")
	siv, err := subtle.NewAESSIV(append(one.b[:], two.b[:]...))
	if err != nil {
		panic(err)
	}
	return &Box{aead, siv}
}

// Seal returns plain sealed. It opens with the same context only, which is not
// secret. Sealing twice gives different bytes.
func (b *Box) Seal(plain []byte, context string) []byte {
	out := make([]byte, 1+chacha20poly1305.NonceSizeX, len(plain)+Overhead)
	out[0] = random
	_, _ = rand.Read(out[1:])
	return b.aead.Seal(out, out[1:], plain, []byte(context))
}

// SealSteadily is Seal, but equal plain and context give equal bytes. It tells
// that two are equal, and nothing else.
func (b *Box) SealSteadily(plain []byte, context string) []byte {
	out, err := b.siv.EncryptDeterministically(plain, []byte(context))
	if err != nil {
		panic(err) // beyond 2 GB
	}
	return append([]byte{steady}, out...)
}

// Open returns what was sealed, or ErrOpen.
func (b *Box) Open(sealed []byte, context string) ([]byte, error) {
	switch {
	case len(sealed) >= Overhead && sealed[0] == random:
		sealed = sealed[1:]
		plain, err := b.aead.Open(nil, sealed[:chacha20poly1305.NonceSizeX], sealed[chacha20poly1305.NonceSizeX:], []byte(context))
		if err == nil {
			return plain, nil
		}
	case len(sealed) > 1 && sealed[0] == steady:
		if plain, err := b.siv.DecryptDeterministically(sealed[1:], []byte(context)); err == nil {
			return plain, nil
		}
	}
	return nil, ErrOpen
}
