package device

import (
	"archive/zip"
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

	"github.com/klauspost/compress/gzip"
)

// Limits bound what a compressed input may expand to.
type Limits struct {
	// FreeBytes may come out of any compressed input; beyond them, no more
	// than Ratio bytes per compressed byte. A night with nothing but missing
	// rows stays below 150; deflate itself can reach 1032.
	FreeBytes int64
	Ratio     int64
}

// DefaultLimits are the limits of analyze and import.
var DefaultLimits = Limits{FreeBytes: 64 << 20, Ratio: 200}

// zipSpoolBytes is how much of an archive that comes without random access
// (standard input) is taken.
const zipSpoolBytes = 256 << 20

// Input is one file or stream as the user gave it.
type Input struct {
	Name   string // base name, "-" for standard input
	Bytes  int64  // as read, before decompression
	SHA256 [32]byte
	Given  Given
	limits Limits
	hash   hash.Hash
}

// Open opens the input that file holds, finds out how it is packed, and calls
// visit once for each recording inside: once for plain and gzip files, once
// for each file of a zip archive. A visit that does not read its source to the
// end costs nothing but that the rest is read for the digest. Open returns
// the first error of visit or of unpacking; Bytes and SHA256 are then still
// those of what could be read.
func Open(name string, file io.Reader, given Given, limits Limits, visit func(*Source) error) (*Input, error) {
	in := &Input{Name: path.Base(filepath.ToSlash(name)), Given: given, limits: limits, hash: sha256.New()}
	if name == "-" {
		in.Name = "-"
	}
	counted := &countReader{r: file, in: in}
	head := bufio.NewReaderSize(counted, HeadBytes)
	magic, err := head.Peek(4)
	if err != nil && err != io.EOF {
		return in, readError(err)
	}
	size := int64(-1)
	f, isFile := file.(*os.File)
	if isFile {
		if st, err := f.Stat(); err == nil && st.Mode().IsRegular() {
			size = st.Size()
		} else {
			isFile = false
		}
	}
	switch {
	case bytes.Equal(magic, []byte("PK\x03\x04")), bytes.Equal(magic, []byte("PK\x05\x06")):
		err = in.openZip(f, isFile, head, size, visit)
	default:
		src := &Source{Name: in.Name, Size: size, R: head, Given: given}
		if isFile {
			dir := filepath.Dir(f.Name())
			src.Sibling = func(base string) (io.ReadCloser, error) {
				return os.Open(filepath.Join(dir, filepath.Base(base)))
			}
			src.Siblings = func() []string { return dirNames(dir) }
		}
		err = in.unpack(src, counted, visit)
	}
	if _, rest := io.Copy(io.Discard, head); err == nil && rest != nil {
		err = readError(rest)
	}
	in.Bytes = counted.n
	in.hash.Sum(in.SHA256[:0])
	return in, err
}

// unpack removes gzip and UTF-16 from src and visits it.
func (in *Input) unpack(src *Source, packed *countReader, visit func(*Source) error) error {
	head := bufio.NewReaderSize(src.R, HeadBytes)
	magic, _ := head.Peek(3)
	if bytes.Equal(magic, []byte{0x1f, 0x8b, 8}) {
		z, err := gzip.NewReader(head)
		if err != nil {
			return &Error{What: "the gzip header is damaged", Do: "download or copy the file again"}
		}
		if base, ok := strings.CutSuffix(src.Name, ".gz"); ok {
			src.Name = base
		}
		src.Size = -1
		head = bufio.NewReaderSize(&expandReader{r: z, in: in, packed: packed, format: "gzip"}, HeadBytes)
	}
	if order := utf16Order(head); order != nil {
		src.Size = -1
		head = bufio.NewReaderSize(&utf16Reader{r: head, order: order}, HeadBytes)
	} else if bom, _ := head.Peek(3); bytes.Equal(bom, []byte{0xef, 0xbb, 0xbf}) {
		_, _ = head.Discard(3)
		src.Size = max(src.Size-3, -1)
	}
	src.R = head
	return visit(src)
}

func (in *Input) openZip(f *os.File, isFile bool, head *bufio.Reader, size int64, visit func(*Source) error) error {
	var at io.ReaderAt = f
	if !isFile {
		spool, err := io.ReadAll(io.LimitReader(head, zipSpoolBytes+1))
		if err != nil {
			return readError(err)
		}
		if len(spool) > zipSpoolBytes {
			return &Error{What: fmt.Sprintf("the archive is larger than %d MB and comes without random access", zipSpoolBytes>>20),
				Do: "give it as a file name instead of on standard input"}
		}
		at, size = bytes.NewReader(spool), int64(len(spool))
	}
	z, err := zip.NewReader(at, size)
	if err != nil {
		return &Error{What: "the zip archive is damaged or cut off: its table of contents cannot be read", Do: "download or copy the archive again"}
	}
	byName := map[string]*zip.File{}
	for _, m := range z.File {
		byName[path.Clean(m.Name)] = m
	}
	visited := false
	for _, m := range z.File {
		base := path.Base(m.Name)
		if m.FileInfo().IsDir() || strings.HasPrefix(base, ".") || strings.HasPrefix(m.Name, "__MACOSX/") {
			continue
		}
		if err := in.visitMember(m, byName, visit); err != nil {
			return fmt.Errorf("%s in the archive: %w", base, err)
		}
		visited = true
	}
	if !visited {
		return &Error{What: "the zip archive holds no files", Do: "check that this is the export you meant"}
	}
	return nil
}

func (in *Input) visitMember(m *zip.File, byName map[string]*zip.File, visit func(*Source) error) error {
	r, err := m.Open()
	if err != nil {
		return &Error{What: "this member cannot be unpacked (" + err.Error() + ")", Do: "unpack the archive and give the file itself"}
	}
	defer r.Close()
	packed := &countReader{n: int64(m.CompressedSize64)}
	dir := path.Dir(path.Clean(m.Name))
	src := &Source{
		Name: path.Base(m.Name), Size: int64(m.UncompressedSize64), Given: in.Given,
		R: &expandReader{r: r, in: in, packed: packed, format: "zip"},
		Sibling: func(base string) (io.ReadCloser, error) {
			if s := byName[path.Join(dir, path.Base(base))]; s != nil {
				return s.Open()
			}
			return nil, fs.ErrNotExist
		},
		Siblings: func() []string {
			var names []string
			for name := range byName {
				if path.Dir(name) == dir {
					names = append(names, path.Base(name))
				}
			}
			return names
		},
	}
	return in.unpack(src, packed, visit)
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

func readError(err error) error {
	var own *Error
	if errors.As(err, &own) {
		return err
	}
	return &Error{What: "reading stopped: " + err.Error(), Do: "copy the file again from the device"}
}

// countReader counts and digests what passes.
type countReader struct {
	r  io.Reader
	in *Input
	n  int64
}

func (c *countReader) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.n += int64(n)
	c.in.hash.Write(p[:n])
	return n, err
}

// expandReader refuses what expands beyond the limits.
type expandReader struct {
	r      io.Reader
	in     *Input
	packed *countReader
	format string
	n      int64
}

func (e *expandReader) Read(p []byte) (int, error) {
	n, err := e.r.Read(p)
	e.n += int64(n)
	if e.n > e.in.limits.FreeBytes && e.n > e.packed.n*e.in.limits.Ratio {
		return 0, &Error{
			At: Byte(e.n),
			What: fmt.Sprintf("the %s data expands to more than %d times its size, which no recording does",
				e.format, e.in.limits.Ratio),
			Do: "unpack it yourself and look at what is inside",
		}
	}
	if err != nil && err != io.EOF {
		err = &Error{At: Byte(e.n), What: "the " + e.format + " data is damaged or cut off here", Do: "copy the file again; what came before is read"}
	}
	return n, err
}
