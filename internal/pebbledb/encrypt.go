package pebbledb

import (
	"bytes"
	"cmp"
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/cockroachdb/pebble/v2/vfs"
)

// KeySize is the length of the master key in bytes.
const KeySize = 32

// ErrKey says that the folder is not opened with the key it was made with.
var ErrKey = errors.New("wrong key")

// errHeader says that a file cannot be decrypted, though the key is right.
var errHeader = errors.New("its header is damaged")

// A file begins with a header: a magic number, a nonce, and the file's own key
// sealed with the master key. The rest is AES-256 in counter mode with that
// key, so that any part can be read alone. Each byte of a file is written once:
// files are only appended to, and a log that Pebble would use again is written
// anew. That the bytes are those that were written is left to the checksums
// inside, which find damage but not an attacker who can write to the disk:
// docs/decisions/031-encryption-at-rest.md.
const (
	magic      = "pleth\x00e1"
	nonceLen   = 12
	headerLen  = len(magic) + nonceLen + KeySize + 16
	checkFile  = "ENCRYPTION" // proves the master key before anything is read
	checkProof = "pleth storage"
)

// encrypted is a file system whose files are encrypted. Names are not.
type encrypted struct {
	vfs.FS
	master cipher.AEAD
}

// encrypt returns fs with encryption by key, after proving that it is the key
// of dir, or making it so where dir is new.
func encrypt(fs vfs.FS, dir string, key []byte, readOnly bool) (vfs.FS, error) {
	if len(key) != KeySize {
		return nil, fmt.Errorf("master key of %d bytes: it has %d", len(key), KeySize)
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	master, err := cipher.NewGCM(block)
	if err != nil {
		return nil, err
	}
	e := &encrypted{fs, master}
	path := fs.PathJoin(dir, checkFile)
	proof, err := readAll(fs, path)
	switch {
	case err == nil && len(proof) >= nonceLen:
		got, err := master.Open(nil, proof[:nonceLen], proof[nonceLen:], nil)
		if err != nil || string(got) != checkProof {
			return nil, fmt.Errorf("%s: %w", dir, ErrKey)
		}
		return e, nil
	case err != nil && !errors.Is(err, os.ErrNotExist):
		return nil, err
	}
	if used, err := inUse(fs, dir); err != nil || used {
		return nil, cmp.Or(err, fmt.Errorf("%s: %w: it is not encrypted, start without a key or with an empty folder", dir, ErrKey))
	}
	if readOnly {
		return e, nil
	}
	nonce := random(nonceLen)
	return e, writeSynced(fs, dir, path, master.Seal(nonce, nonce, []byte(checkProof), nil))
}

// refuseEncrypted fails where dir is encrypted and no key was given.
func refuseEncrypted(fs vfs.FS, dir string) error {
	if b, err := readAll(fs, fs.PathJoin(dir, checkFile)); err == nil && len(b) > 0 {
		return fmt.Errorf("%s: %w: it is encrypted, give its key file", dir, ErrKey)
	}
	return nil
}

// inUse reports whether dir holds files of Pebble.
func inUse(fs vfs.FS, dir string) (bool, error) {
	names, err := fs.List(dir)
	if err != nil {
		return false, err
	}
	for _, n := range names {
		if strings.HasPrefix(n, "MANIFEST-") || strings.HasPrefix(n, "marker.") {
			return true, nil
		}
	}
	return false, nil
}

func readAll(fs vfs.FS, path string) ([]byte, error) {
	f, err := fs.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(f)
}

func writeSynced(fs vfs.FS, dir, path string, b []byte) error {
	f, err := fs.Create(path, vfs.WriteCategoryUnspecified)
	if err != nil {
		return err
	}
	_, err = f.Write(b)
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	d, err := fs.OpenDir(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

func random(n int) []byte {
	b := make([]byte, n, n+64)
	rand.Read(b) // never fails
	return b
}

// Create makes a new file with a key of its own.
func (e *encrypted) Create(name string, category vfs.DiskWriteCategory) (vfs.File, error) {
	f, err := e.FS.Create(name, category)
	if err != nil {
		return nil, err
	}
	key := random(KeySize)
	header := append([]byte(magic), random(nonceLen)...)
	header = e.master.Seal(header, header[len(magic):], key, nil)
	if _, err := f.Write(header); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return wrap(f, key)
}

// Open opens a file for reading. One whose header never reached the disk is
// empty: nothing in it was ever synced.
func (e *encrypted) Open(name string, opts ...vfs.OpenOption) (vfs.File, error) {
	f, err := e.FS.Open(name, opts...)
	if err != nil {
		return nil, err
	}
	header := make([]byte, headerLen)
	n, err := f.ReadAt(header, 0)
	if err != nil && err != io.EOF {
		return nil, errors.Join(err, f.Close())
	}
	if n < headerLen || bytes.Equal(header, make([]byte, headerLen)) {
		return &encryptedFile{File: f, empty: true}, nil
	}
	if string(header[:len(magic)]) != magic {
		return nil, errors.Join(fmt.Errorf("%s: not an encrypted file, or %w", name, errHeader), f.Close())
	}
	key, err := e.master.Open(nil, header[len(magic):len(magic)+nonceLen], header[len(magic)+nonceLen:], nil)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("%s: %w", name, errHeader), f.Close())
	}
	return wrap(f, key)
}

// OpenReadWrite is not needed by the log and the series, and would write bytes
// twice with the same key.
func (e *encrypted) OpenReadWrite(name string, _ vfs.DiskWriteCategory, _ ...vfs.OpenOption) (vfs.File, error) {
	return nil, fmt.Errorf("%s: an encrypted file cannot be changed in place", name)
}

// ReuseForWrite makes a new file: an old one has bytes under its key already.
func (e *encrypted) ReuseForWrite(oldname, newname string, category vfs.DiskWriteCategory) (vfs.File, error) {
	if err := e.FS.Remove(oldname); err != nil {
		return nil, err
	}
	return e.Create(newname, category)
}

// Stat returns the file's length without its header.
func (e *encrypted) Stat(name string) (vfs.FileInfo, error) {
	info, err := e.FS.Stat(name)
	if err != nil || info.IsDir() {
		return info, err
	}
	return shorter{info}, nil
}

// Unwrap returns the file system below.
func (e *encrypted) Unwrap() vfs.FS { return e.FS }

// shorter is a FileInfo without the header.
type shorter struct{ vfs.FileInfo }

// Size returns the length without the header.
func (s shorter) Size() int64 { return max(0, s.FileInfo.Size()-int64(headerLen)) }

// encryptedFile is an open file. Reading at a place is safe for concurrent use.
type encryptedFile struct {
	vfs.File
	block cipher.Block
	empty bool
	at    int64         // where Read goes on
	out   cipher.Stream // of Write
}

func wrap(f vfs.File, key []byte) (vfs.File, error) {
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return &encryptedFile{File: f, block: block}, nil
}

// stream returns the key stream from an offset on.
func (f *encryptedFile) stream(offset int64) cipher.Stream {
	var counter [aes.BlockSize]byte
	binary.BigEndian.PutUint64(counter[8:], uint64(offset)/aes.BlockSize)
	s := cipher.NewCTR(f.block, counter[:])
	if skip := offset % aes.BlockSize; skip > 0 {
		var b [aes.BlockSize]byte
		s.XORKeyStream(b[:skip], b[:skip])
	}
	return s
}

// ReadAt implements io.ReaderAt.
func (f *encryptedFile) ReadAt(p []byte, offset int64) (int, error) {
	if f.empty {
		return 0, io.EOF
	}
	n, err := f.File.ReadAt(p, offset+int64(headerLen))
	if n > 0 {
		f.stream(offset).XORKeyStream(p[:n], p[:n])
	}
	return n, err
}

// Read implements io.Reader.
func (f *encryptedFile) Read(p []byte) (int, error) {
	n, err := f.ReadAt(p, f.at)
	f.at += int64(n)
	if n > 0 && err == io.EOF {
		err = nil
	}
	return n, err
}

// Write appends p, which it changes, as a vfs.File may.
func (f *encryptedFile) Write(p []byte) (int, error) {
	if f.out == nil {
		f.out = f.stream(0)
	}
	f.out.XORKeyStream(p, p)
	return f.File.Write(p)
}

// WriteAt fails: it would write bytes twice with the same key.
func (f *encryptedFile) WriteAt([]byte, int64) (int, error) {
	return 0, errors.New("an encrypted file cannot be changed in place")
}

// Preallocate implements vfs.File.
func (f *encryptedFile) Preallocate(offset, length int64) error {
	return f.File.Preallocate(offset+int64(headerLen), length)
}

// Stat returns the file's length without its header.
func (f *encryptedFile) Stat() (vfs.FileInfo, error) {
	info, err := f.File.Stat()
	if err != nil || info.IsDir() {
		return info, err
	}
	return shorter{info}, nil
}

// SyncTo implements vfs.File.
func (f *encryptedFile) SyncTo(length int64) (bool, error) {
	return f.File.SyncTo(length + int64(headerLen))
}

// Prefetch implements vfs.File.
func (f *encryptedFile) Prefetch(offset, length int64) error {
	return f.File.Prefetch(offset+int64(headerLen), length)
}

// Fd returns none: nothing may reach around the encryption.
func (f *encryptedFile) Fd() uintptr { return vfs.InvalidFd }
