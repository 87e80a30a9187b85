// Package sealed keeps keys in files and seals bytes with them. It knows
// nothing of what the bytes are.
package sealed

import (
	"bytes"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"runtime"

	"pleth/internal/atomicfile"
)

// Key is 32 secret bytes. It prints as "[key]", or as an address where it is a
// field that fmt reads from outside. The zero Key is none: it must not be used.
type Key struct{ b *[32]byte }

// NewKey returns a random key.
func NewKey() Key {
	k := Key{new([32]byte)}
	_, _ = rand.Read(k.b[:]) // never fails: the program stops where there is no randomness
	return k
}

// Derive returns the key for one purpose. Keys of different purposes tell
// nothing of each other or of k.
func (k Key) Derive(purpose string) Key {
	b, err := hkdf.Key(sha256.New, k.b[:], nil, "pleth/v1/"+purpose, len(k.b))
	if err != nil {
		panic(err) // the length is fixed and allowed
	}
	return Key{(*[32]byte)(b)}
}

// IsZero reports whether k is no key.
func (k Key) IsZero() bool { return k.b == nil }

// Bytes returns the secret itself, for ciphers of other packages.
func (k Key) Bytes() []byte { return bytes.Clone(k.b[:]) }

// Index returns HMAC-SHA-256 of data: a name for data that tells nothing of it
// to those without the key.
func (k Key) Index(data []byte) [32]byte {
	mac := hmac.New(sha256.New, k.b[:])
	mac.Write(data)
	var sum [32]byte
	mac.Sum(sum[:0])
	return sum
}

// Format prints "[key]" for every verb.
func (Key) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte("[key]")) }

// LogValue is "[key]".
func (Key) LogValue() slog.Value { return slog.StringValue("[key]") }

// MarshalText is "[key]".
func (Key) MarshalText() ([]byte, error) { return []byte("[key]"), nil }

// Load reads the key in the file at path: 64 hexadecimal digits, as `openssl
// rand -hex 32` writes them. It refuses a file that others can read.
func Load(path string) (Key, error) {
	f, err := os.Open(path)
	if err != nil {
		return Key{}, fmt.Errorf("key file: %w", err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return Key{}, fmt.Errorf("key file: %w", err)
	}
	if runtime.GOOS != "windows" && info.Mode().Perm()&0o077 != 0 {
		return Key{}, fmt.Errorf("key file %s can be read by others (mode %04o): chmod 600 it", path, info.Mode().Perm())
	}
	// One byte more than any key and its line end, to notice longer files.
	text := make([]byte, 70)
	n, _ := f.Read(text)
	text = bytes.TrimSpace(text[:n])
	k := Key{new([32]byte)}
	if len(text) != hex.EncodedLen(len(k.b)) {
		return Key{}, fmt.Errorf("key file %s does not hold a key: it takes 64 hexadecimal digits, as openssl rand -hex 32 makes them", path)
	}
	if _, err := hex.Decode(k.b[:], text); err != nil {
		return Key{}, fmt.Errorf("key file %s does not hold a key: it takes 64 hexadecimal digits, as openssl rand -hex 32 makes them", path)
	}
	return k, nil
}

// Create writes a new random key to a file at path, which must not exist, for
// its owner alone (mode 0600). The file is durable on return.
func Create(path string) (Key, error) {
	k := NewKey()
	f, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".*") // mode 0600
	if err != nil {
		return Key{}, fmt.Errorf("create key file: %w", err)
	}
	defer os.Remove(f.Name())
	_, err = fmt.Fprintf(f, "%x\n", k.b[:])
	if err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err == nil {
		err = os.Link(f.Name(), path) // fails where the file exists
	}
	if err == nil {
		err = atomicfile.SyncDir(filepath.Dir(path))
	}
	if err != nil {
		return Key{}, fmt.Errorf("create key file %s: %w", path, err)
	}
	return k, nil
}

// LoadOrCreate is Load, or Create where there is no file yet.
func LoadOrCreate(path string) (Key, error) {
	k, err := Load(path)
	if errors.Is(err, fs.ErrNotExist) {
		return Create(path)
	}
	return k, err
}
