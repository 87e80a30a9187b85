package device

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
	"unicode"

	"github.com/klauspost/compress/gzip"
)

// Limits bound what a compressed input may expand to, all its members and
// layers together.
type Limits struct {
	// FreeBytes may come out of any compressed input; beyond them, no more
	// than Ratio bytes per compressed byte. A night with nothing but missing
	// rows stays below 150; deflate itself can reach 1032.
	FreeBytes int64
	Ratio     int64
	// MostBytes may come out in all, however well they were packed; 0: no bound.
	// Rows that repeat pack so well that Ratio says nothing against them.
	MostBytes int64
}

// DefaultLimits are the limits of analyze and import.
var DefaultLimits = Limits{FreeBytes: 64 << 20, Ratio: 200, MostBytes: 2500 << 20}

// Input is one file or stream as the user gave it.
type Input struct {
	Name     string // base name, "-" for standard input
	Bytes    int64  // as read, before decompression
	SHA256   [32]byte
	Given    Given
	Warnings []Warning // about the container, as files of an archive left out

	limits   Limits
	regular  bool // a regular file, which has an end
	hash     hash.Hash
	expanded int64 // bytes that came out of decompression so far
	bomb     error // set once the input expanded beyond the limits
}

// Open opens the input that file holds (an *os.File, an *io.SectionReader of a
// file that is kept elsewhere, or any stream), finds out how it is packed, and calls
// visit once for each recording inside: once for plain and gzip files, once
// for each file of a zip archive. What is unpacked and how: docs/formats/containers.md.
//
// A visit need not read its source to the end. Of an archive, a file whose
// visit returns an *Error is left out and Warnings say so; Open fails only
// if every file is. Any other error of visit stops Open, which returns it.
//
// If Open returns nil, or an *Error about a regular file, Bytes and SHA256 are
// those of the whole input. Otherwise they are those of what was read: an input
// that is no recording may have no end.
func Open(name string, file io.Reader, given Given, limits Limits, visit func(*Source) error) (*Input, error) {
	in := &Input{Name: cleanName(path.Base(filepath.ToSlash(name))), Given: given, limits: limits, hash: sha256.New()}
	counted := &countReader{r: file, hash: in.hash}
	head := bufio.NewReaderSize(counted, HeadBytes)
	err := in.open(name, file, counted, head, visit)
	var own *Error
	if err == nil || errors.As(err, &own) && in.regular {
		if _, rest := io.Copy(io.Discard, head); err == nil {
			err = rest
		}
	}
	in.Bytes = counted.n
	in.hash.Sum(in.SHA256[:0])
	return in, err
}

func (in *Input) open(name string, file io.Reader, counted *countReader, head *bufio.Reader, visit func(*Source) error) error {
	f, start, size, err := regular(file)
	if err != nil {
		return err
	}
	section, _ := file.(*io.SectionReader)
	if section != nil {
		size = section.Size()
	}
	in.regular = f != nil || section != nil
	magic, err := head.Peek(8)
	if err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	if bytes.HasPrefix(magic, []byte("PK\x03\x04")) || bytes.HasPrefix(magic, []byte("PK\x05\x06")) {
		if f != nil {
			return in.openZip(io.NewSectionReader(f, start, size), size, visit)
		}
		if section != nil {
			return in.openZip(io.NewSectionReader(section, 0, size), size, visit)
		}
		s, err := spoolArchive(head)
		if err != nil {
			return err
		}
		return in.openZip(s, s.size, visit)
	}
	src := &Source{Name: in.Name, Size: size, R: head, Given: in.Given}
	if f != nil && name != "-" {
		folder := filepath.Dir(f.Name())
		src.Sibling = func(base string) (io.ReadCloser, error) { return openSibling(folder, base) }
		src.Siblings = func() []string { return dirNames(folder) }
	}
	return in.unpack(src, &counted.n, visit)
}

// regular returns file as an *os.File with its position and the bytes from
// there on if it is a regular file; otherwise nil, 0, -1. A folder is an error.
func regular(file io.Reader) (*os.File, int64, int64, error) {
	f, ok := file.(*os.File)
	if !ok {
		return nil, 0, -1, nil
	}
	st, err := f.Stat()
	if err != nil {
		return nil, 0, -1, readError(err)
	}
	if st.IsDir() {
		return nil, 0, -1, &Error{What: "this is a folder, not a file", Do: "give the files in it"}
	}
	start, err := f.Seek(0, io.SeekCurrent)
	if err != nil || !st.Mode().IsRegular() {
		return nil, 0, -1, nil
	}
	return f, start, max(st.Size()-start, 0), nil
}

// packers are signatures of containers that are not unpacked here.
var packers = []struct{ magic, name string }{
	{"7z\xbc\xaf\x27\x1c", "a 7z archive"},
	{"Rar!\x1a\x07", "a RAR archive"},
	{"\xfd7zXZ\x00", "packed with xz"},
	{"\x28\xb5\x2f\xfd", "packed with zstd"},
	{"BZh91AY&", "packed with bzip2"},
	{"PK\x03\x04", "an archive inside another"},
}

// unpack removes gzip, UTF-16 and a byte order mark from src and visits it.
// packed is the number of compressed bytes read so far.
func (in *Input) unpack(src *Source, packed *int64, visit func(*Source) error) error {
	head := bufio.NewReaderSize(src.R, HeadBytes)
	magic, _ := head.Peek(8)
	if bytes.HasPrefix(magic, []byte{0x1f, 0x8b, 8}) {
		z, err := gzip.NewReader(head)
		if err != nil {
			return &Error{What: "the gzip header is damaged or cut off", Do: "download or copy the file again"}
		}
		if n := len(src.Name) - 3; n > 0 && strings.EqualFold(src.Name[n:], ".gz") {
			src.Name = src.Name[:n]
		}
		src.Size = -1
		head = bufio.NewReaderSize(&expandReader{r: z, in: in, packed: packed, format: "gzip"}, HeadBytes)
		magic, _ = head.Peek(8)
	}
	for _, p := range packers {
		if bytes.HasPrefix(magic, []byte(p.magic)) {
			return &Error{What: "this is " + p.name, Do: "unpack it and give the file inside"}
		}
	}
	if order := utf16Order(head); order != nil {
		src.Size = -1
		head = bufio.NewReaderSize(&utf16Reader{r: head, order: order}, HeadBytes)
	} else if bytes.HasPrefix(magic, []byte{0xef, 0xbb, 0xbf}) {
		_, _ = head.Discard(3)
		src.Size = max(src.Size-3, -1)
	}
	src.R = head
	return visit(src)
}

// openSibling opens the regular file with that base name in a folder.
func openSibling(folder, base string) (io.ReadCloser, error) {
	full := filepath.Join(folder, filepath.Base(base))
	st, err := os.Stat(full)
	if err != nil {
		return nil, err
	}
	if !st.Mode().IsRegular() {
		return nil, fs.ErrNotExist
	}
	return os.Open(full)
}

func dirNames(dir string) []string {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil
	}
	var names []string
	for _, e := range entries {
		if e.Type().IsRegular() {
			names = append(names, e.Name())
		}
	}
	return names
}

// cleanName returns a file name that can be shown: control characters and
// bytes that are not UTF-8 become question marks.
func cleanName(s string) string {
	return strings.Map(func(r rune) rune {
		if r == unicode.ReplacementChar || !unicode.IsGraphic(r) {
			return '?'
		}
		return r
	}, s)
}

// readError returns an error of the operating system as an *Error, without
// the path of the file.
func readError(err error) error {
	var own *Error
	if err == nil || errors.As(err, &own) {
		return err
	}
	var at *fs.PathError
	if errors.As(err, &at) {
		err = at.Err
	}
	return &Error{What: "reading stopped: " + err.Error(), Do: "copy the file again from the device"}
}

// countReader counts and digests what passes. An error stays.
type countReader struct {
	r    io.Reader
	hash hash.Hash
	n    int64
	err  error
}

func (c *countReader) Read(p []byte) (int, error) {
	if c.err != nil {
		return 0, c.err
	}
	n, err := c.r.Read(p)
	c.n += int64(n)
	c.hash.Write(p[:n])
	if err != nil && err != io.EOF {
		c.err = readError(err)
		err = c.err
	}
	return n, err
}

// expandReader refuses what expands beyond the limits. An error stays.
type expandReader struct {
	r      io.Reader
	in     *Input
	packed *int64
	format string
	n      int64
	err    error
}

func (e *expandReader) Read(p []byte) (int, error) {
	if e.err != nil {
		return 0, e.err
	}
	if e.in.bomb != nil {
		return 0, e.in.bomb
	}
	n, err := e.r.Read(p)
	e.n += int64(n)
	e.in.expanded += int64(n)
	if e.in.expanded > e.in.limits.FreeBytes && e.in.expanded > *e.packed*e.in.limits.Ratio {
		e.in.bomb = &Error{
			At: Byte(e.n),
			What: fmt.Sprintf("the %s data expands to more than %d times its size, which no recording does",
				e.format, e.in.limits.Ratio),
			Do: "unpack it yourself and look at what is inside",
		}
		return 0, e.in.bomb
	}
	if most := e.in.limits.MostBytes; most > 0 && e.in.expanded > most {
		e.in.bomb = &Error{
			At:   Byte(e.n),
			What: fmt.Sprintf("more than %d MB come out of the %s data", most>>20, e.format),
			Do:   "if this is a recording, raise the limit with --unpack, or unpack it yourself",
		}
		return 0, e.in.bomb
	}
	if err != nil && err != io.EOF {
		e.err = e.damage(err)
		err = e.err
	}
	return n, err
}

// damage says what the error of a decompressor means.
func (e *expandReader) damage(err error) error {
	var own *Error
	switch {
	case errors.As(err, &own):
		return err
	case errors.Is(err, io.ErrUnexpectedEOF):
		return &Error{At: Byte(e.n), What: "the " + e.format + " data is cut off here", Do: "copy the file again; what came before is read"}
	case errors.Is(err, gzip.ErrHeader):
		return &Error{At: Byte(e.n), What: "something that is not gzip follows the gzip data", Do: "copy the file again; what came before is read"}
	}
	return &Error{At: Byte(e.n), What: "the " + e.format + " data is damaged here", Do: "copy the file again; what came before is read"}
}
