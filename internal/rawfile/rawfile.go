// Package rawfile keeps files as they came, sealed, and takes them in parts: an
// upload that breaks off goes on where it was. A file is frames of up to 1 MiB,
// each sealed with its place in the file; the first holds what the sender said
// of the file. Layout: docs/formats/rawfile.md.
package rawfile

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"

	"pleth/internal/atomicfile"
	"pleth/internal/sealed"
)

// frameBytes is how much a frame holds at most.
const frameBytes = 1 << 20

// ErrDamaged says that a frame does not open: the key is another, or its bytes
// are damaged.
var ErrDamaged = errors.New("a kept file does not open: the key is another, or it is damaged")

// File is one kept file. It is not safe for concurrent use.
type File struct {
	f      *os.File
	box    *sealed.Box
	about  []byte
	ends   []int64 // of the content, by frame
	places []place // of the frames
	end    int64   // of the last whole frame in f
}

// place is where a frame lies.
type place struct {
	at     int64
	length int
}

// Create makes the file at path, with what is said of it. It is durable on
// return, and empty.
func Create(path string, box *sealed.Box, about []byte) (*File, error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	r := &File{f: f, box: box, about: about}
	if err := r.frame(about, 0); err != nil {
		return nil, errors.Join(err, f.Close(), os.Remove(path))
	}
	if err := r.sync(); err != nil {
		return nil, errors.Join(err, f.Close(), os.Remove(path))
	}
	return r, nil
}

// Open opens the file at path. A frame that a crash cut off is dropped.
func Open(path string, box *sealed.Box) (*File, error) {
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return nil, err
	}
	r := &File{f: f, box: box}
	if err := r.scan(); err != nil {
		return nil, errors.Join(fmt.Errorf("open %s: %w", filepath.Base(path), err), f.Close())
	}
	return r, nil
}

// scan finds the frames.
func (r *File) scan() error {
	info, err := r.f.Stat()
	if err != nil {
		return err
	}
	var head [4]byte
	for n := 0; ; n++ {
		if _, err := r.f.ReadAt(head[:], r.end); err != nil || r.end+4+int64(binary.BigEndian.Uint32(head[:])) > info.Size() {
			break
		}
		length := int(binary.BigEndian.Uint32(head[:]))
		if length < sealed.Overhead || length > frameBytes+sealed.Overhead {
			return ErrDamaged
		}
		if n == 0 {
			if r.about, err = r.open(place{r.end + 4, length}, 0); err != nil {
				return err
			}
		} else {
			r.add(place{r.end + 4, length}, length-sealed.Overhead)
		}
		r.end += 4 + int64(length)
	}
	if r.about == nil {
		return ErrDamaged
	}
	return r.f.Truncate(r.end)
}

func (r *File) add(p place, length int) {
	r.ends = append(r.ends, r.Size()+int64(length))
	r.places = append(r.places, p)
}

// contextOf binds a frame to its place in the file.
func contextOf(n int) string { return fmt.Sprintf("raw file frame %d", n) }

// frame appends a frame, number n.
func (r *File) frame(plain []byte, n int) error {
	closed := r.box.Seal(plain, contextOf(n))
	buf := binary.BigEndian.AppendUint32(make([]byte, 0, 4+len(closed)), uint32(len(closed)))
	if _, err := r.f.WriteAt(append(buf, closed...), r.end); err != nil {
		return err
	}
	if n > 0 {
		r.add(place{r.end + 4, len(closed)}, len(plain))
	}
	r.end += 4 + int64(len(closed))
	return nil
}

func (r *File) open(p place, n int) ([]byte, error) {
	closed := make([]byte, p.length)
	if _, err := r.f.ReadAt(closed, p.at); err != nil {
		return nil, err
	}
	plain, err := r.box.Open(closed, contextOf(n))
	if err != nil {
		return nil, ErrDamaged
	}
	return plain, nil
}

// About returns what was said of the file when it was made.
func (r *File) About() []byte { return r.about }

// Size returns the length of the content so far.
func (r *File) Size() int64 {
	if len(r.ends) == 0 {
		return 0
	}
	return r.ends[len(r.ends)-1]
}

// Append adds what src holds, up to limit bytes in all. What was added is
// durable on return, also after an error of src. told is called with the size
// after each frame; nil: it is not.
func (r *File) Append(src io.Reader, limit int64, told func(size int64)) error {
	buf := make([]byte, frameBytes)
	var failed error
	for failed == nil {
		var n int
		n, failed = io.ReadFull(src, buf)
		if r.Size()+int64(n) > limit {
			failed = ErrTooLong
			break
		}
		if n == 0 {
			break
		}
		if err := r.frame(buf[:n], len(r.places)+1); err != nil {
			return err
		}
		if told != nil {
			told(r.Size())
		}
	}
	if err := r.f.Sync(); err != nil {
		return err
	}
	if errors.Is(failed, io.EOF) || errors.Is(failed, io.ErrUnexpectedEOF) {
		return nil
	}
	return failed
}

// ErrTooLong says that more came than was announced or is allowed.
var ErrTooLong = errors.New("more bytes than announced or allowed")

// Reader returns a reader of the content from its start, which also reads at
// any place, as archives need.
func (r *File) Reader() *Reader { return &Reader{file: r} }

// Reader reads the content of a File. It is not safe for concurrent use.
type Reader struct {
	file  *File
	at    int64
	frame int // whose content is in plain, from 1; 0: none
	plain []byte
}

// Size returns the length of the content.
func (r *Reader) Size() int64 { return r.file.Size() }

// Read reads on.
func (r *Reader) Read(p []byte) (int, error) {
	n, err := r.ReadAt(p[:min(len(p), frameBytes)], r.at)
	r.at += int64(n)
	if n > 0 {
		err = nil
	}
	return n, err
}

// ReadAt reads content; the frame read last stays open for the next.
func (r *Reader) ReadAt(p []byte, off int64) (int, error) {
	done := 0
	f := r.file
	for done < len(p) {
		n, _ := slices.BinarySearchFunc(f.ends, off, func(end, off int64) int {
			if end <= off {
				return -1
			}
			return 1
		})
		if n == len(f.ends) {
			return done, io.EOF
		}
		if r.frame != n+1 {
			plain, err := f.open(f.places[n], n+1)
			if err != nil {
				return done, err
			}
			r.plain, r.frame = plain, n+1
		}
		k := copy(p[done:], r.plain[off-(f.ends[n]-int64(len(r.plain))):])
		done += k
		off += int64(k)
	}
	return done, nil
}

// sync makes the file and its name durable.
func (r *File) sync() error {
	if err := r.f.Sync(); err != nil {
		return err
	}
	return atomicfile.SyncDir(filepath.Dir(r.f.Name()))
}

// Close closes the file.
func (r *File) Close() error { return r.f.Close() }
