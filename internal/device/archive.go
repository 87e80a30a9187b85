package device

import (
	"archive/zip"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"strings"
)

const (
	// spoolBytes is how much of an archive that comes without random access
	// (standard input) is taken.
	spoolBytes = 256 << 20
	spoolBlock = 1 << 20
	// maxMembers is how many files an archive may hold. Ten years of a memory
	// card with a file per night and signal stay below.
	maxMembers = 100_000
)

// archive is an open zip archive.
type archive struct {
	in     *Input
	size   int64
	byName map[string]*zip.File
	left   leftOut
	taken  int
}

func (in *Input) openZip(at io.ReaderAt, size int64, visit func(*Source) error) error {
	z, err := zip.NewReader(at, size)
	if err != nil {
		return &Error{What: "the zip archive is damaged or cut off: its table of contents cannot be read", Do: "download or copy the archive again"}
	}
	if len(z.File) > maxMembers {
		return &Error{What: fmt.Sprintf("the zip archive holds more than %d files", maxMembers), Do: "unpack it and give the recordings"}
	}
	a := &archive{in: in, size: size, byName: map[string]*zip.File{}}
	for _, m := range z.File {
		a.byName[memberName(m)] = m
	}
	if a.byName["xl/workbook.xml"] != nil || a.byName["xl/workbook.bin"] != nil {
		return &Error{What: "this is a spreadsheet workbook", Do: "save its sheet as CSV, or give the file that the oximeter wrote"}
	}
	for _, m := range z.File {
		if err := a.member(m, visit); err != nil {
			return err
		}
	}
	in.Warnings = a.left.warnings()
	return a.left.err(a.taken)
}

// member visits one file of the archive. Its error is one that stops Open.
func (a *archive) member(m *zip.File, visit func(*Source) error) error {
	name := memberName(m)
	base := path.Base(name)
	if !m.Mode().IsRegular() || strings.HasSuffix(m.Name, "/") || strings.HasPrefix(base, ".") || strings.HasPrefix(name, "__MACOSX/") {
		return nil
	}
	err := a.visit(m, visit)
	if a.in.bomb != nil {
		return fmt.Errorf("%s in the archive: %w", cleanName(base), a.in.bomb)
	}
	var own *Error
	switch {
	case err == nil:
		a.taken++
	case errors.As(err, &own):
		a.left.add(cleanName(base), own)
	default:
		return fmt.Errorf("%s in the archive: %w", cleanName(base), err)
	}
	return nil
}

func (a *archive) visit(m *zip.File, visit func(*Source) error) error {
	r, err := a.unpacked(m)
	if err != nil {
		return err
	}
	defer r.Close()
	folder := path.Dir(memberName(m))
	src := &Source{
		Name: cleanName(path.Base(memberName(m))), Size: int64(min(m.UncompressedSize64, 1<<62)), R: r, Given: a.in.Given,
		Sibling: func(base string) (io.ReadCloser, error) {
			if s := a.byName[path.Join(folder, path.Base(base))]; s != nil && s.Mode().IsRegular() {
				return a.unpacked(s)
			}
			return nil, fs.ErrNotExist
		},
		Siblings: func() []string {
			var names []string
			for name, s := range a.byName {
				if path.Dir(name) == folder && s.Mode().IsRegular() {
					names = append(names, path.Base(name))
				}
			}
			return names
		},
	}
	return a.in.unpack(src, &a.size, visit)
}

// unpacked opens one file of the archive within the limits of the input.
func (a *archive) unpacked(m *zip.File) (io.ReadCloser, error) {
	const encrypted = 1 << 0
	if m.Flags&encrypted != 0 {
		return nil, &Error{What: "the file is encrypted", Do: "unpack the archive with its password and give the file itself"}
	}
	r, err := m.Open()
	if errors.Is(err, zip.ErrAlgorithm) {
		return nil, &Error{What: "the file is packed in a way that is not common in zip archives", Do: "unpack the archive and give the file itself"}
	}
	if err != nil {
		return nil, &Error{What: "the file is damaged: it is not where the archive says", Do: "download or copy the archive again"}
	}
	return struct {
		io.Reader
		io.Closer
	}{&expandReader{r: r, in: a.in, packed: &a.size, format: "zip"}, r}, nil
}

// memberName returns the path of m inside the archive with slashes, whatever
// the program that wrote it thought of them.
func memberName(m *zip.File) string { return path.Clean(strings.ReplaceAll(m.Name, `\`, "/")) }

// leftOut collects the files of an archive that were left out, by reason.
type leftOut struct {
	reasons []reason
	n       int
}

type reason struct {
	err   *Error
	names []string // the first few
	n     int
}

// Bounds of what is kept of files left out.
const (
	shownNames  = 3
	keptReasons = 20
)

func (l *leftOut) add(name string, err *Error) {
	l.n++
	for i := range l.reasons {
		if r := &l.reasons[i]; r.err.What == err.What {
			if r.n++; len(r.names) < shownNames {
				r.names = append(r.names, name)
			}
			return
		}
	}
	if len(l.reasons) < keptReasons {
		l.reasons = append(l.reasons, reason{err, []string{name}, 1})
	}
}

func (l *leftOut) warnings() []Warning {
	var all []Warning
	for _, r := range l.reasons {
		text := fmt.Sprintf("%s was left out of the archive: %s", r.names[0], r.err.What)
		if r.n > 1 {
			names := strings.Join(r.names, ", ")
			if r.n > len(r.names) {
				names += " and others"
			}
			text = fmt.Sprintf("%d files of the archive were left out (%s): %s", r.n, names, r.err.What)
		}
		all = append(all, Warning{Code: "files-left-out", Text: text})
	}
	return all
}

// err returns why nothing of the archive was taken, nil if something was.
func (l *leftOut) err(taken int) error {
	switch {
	case taken > 0:
		return nil
	case l.n == 0:
		return &Error{What: "the zip archive holds no files", Do: "check that this is the export you meant"}
	case l.n == 1:
		return fmt.Errorf("%s in the archive: %w", l.reasons[0].names[0], l.reasons[0].err)
	}
	first := l.reasons[0]
	return &Error{
		What: fmt.Sprintf("none of the %d files in the archive can be read; %s: %s", l.n, first.names[0], first.err.What),
		Do:   first.err.Do,
	}
}

// spool is an archive in memory, in blocks so that it is never copied.
type spool struct {
	blocks [][]byte // of spoolBlock bytes, but for the last
	size   int64
}

// spoolArchive reads r to its end.
func spoolArchive(r io.Reader) (*spool, error) {
	s := &spool{}
	for {
		block := make([]byte, spoolBlock)
		n, err := io.ReadFull(r, block)
		s.blocks = append(s.blocks, block[:n])
		s.size += int64(n)
		if err == io.EOF || err == io.ErrUnexpectedEOF {
			return s, nil
		}
		if err != nil {
			return nil, err
		}
		if s.size > spoolBytes {
			return nil, &Error{What: fmt.Sprintf("the archive is larger than %d MB and comes without random access", spoolBytes>>20),
				Do: "give it as a file name instead of on standard input"}
		}
	}
}

// ReadAt reads from the archive at offset off.
func (s *spool) ReadAt(p []byte, off int64) (int, error) {
	n := 0
	for n < len(p) && off >= 0 && off < s.size {
		k := copy(p[n:], s.blocks[off/spoolBlock][off%spoolBlock:])
		n += k
		off += int64(k)
	}
	if n < len(p) {
		return n, io.EOF
	}
	return n, nil
}
