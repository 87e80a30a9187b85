// Package backup writes the files of a data folder into one archive and puts
// them back. The archive is a tar whose last entry lists all others with their
// digests, so that one that broke off or was changed is known.
// docs/operations.md says how it is used.
package backup

import (
	"archive/tar"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"time"

	"pleth/internal/atomicfile"
)

// listName is the entry that lists the others.
const listName = "backup.json"

// version is that of the archive.
const version = 1

// List is the last entry of an archive.
type List struct {
	Version int       `json:"version"`
	Made    time.Time `json:"made"`
	Program string    `json:"program"`
	Files   []File    `json:"files"`
}

// File is one file of an archive.
type File struct {
	Name   string `json:"name"` // below the data folder, with slashes
	Size   int64  `json:"size"`
	SHA256 string `json:"sha256"`
}

// Writer writes an archive. Use New, Add for each folder, then Close.
type Writer struct {
	tar  *tar.Writer
	list List
}

// New begins an archive.
func New(w io.Writer, made time.Time, program string) *Writer {
	return &Writer{tar.NewWriter(w), List{Version: version, Made: made.UTC().Truncate(time.Second), Program: program}}
}

// AddTree adds the files below dir for which take returns true, by their names
// with slashes below dir. A file that grows meanwhile is taken as far as it
// was at first; one that is gone is left out.
func (w *Writer) AddTree(dir string, take func(name string) bool) error {
	return filepath.WalkDir(dir, func(full string, d fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) && full != dir {
			return nil
		}
		if err != nil || d.IsDir() || !d.Type().IsRegular() {
			return err
		}
		rel, err := filepath.Rel(dir, full)
		if err != nil {
			return err
		}
		if name := filepath.ToSlash(rel); take(name) {
			return w.AddFile(full, name)
		}
		return nil
	})
}

// AddFile adds one file under a name.
func (w *Writer) AddFile(full, name string) error {
	f, err := os.Open(full)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return err
	}
	size := info.Size()
	if err := w.tar.WriteHeader(&tar.Header{Name: name, Mode: 0o600, Size: size, ModTime: info.ModTime().UTC().Truncate(time.Second), Format: tar.FormatPAX}); err != nil {
		return err
	}
	sum := sha256.New()
	if _, err := io.CopyN(io.MultiWriter(w.tar, sum), f, size); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	w.list.Files = append(w.list.Files, File{name, size, hex.EncodeToString(sum.Sum(nil))})
	return nil
}

// Close writes the list. An archive without it is no backup.
func (w *Writer) Close() error {
	b, err := json.MarshalIndent(&w.list, "", " ")
	if err != nil {
		return err
	}
	if err := w.tar.WriteHeader(&tar.Header{Name: listName, Mode: 0o600, Size: int64(len(b)), ModTime: w.list.Made, Format: tar.FormatPAX}); err != nil {
		return err
	}
	if _, err := w.tar.Write(b); err != nil {
		return err
	}
	return w.tar.Close()
}

// ErrDamaged says that an archive is not whole or not what was written.
var ErrDamaged = errors.New("the backup is damaged")

// Restore puts an archive into dir, which must be empty or not there. Nothing
// is in dir unless all of it is there, sound and on disk.
func Restore(r io.Reader, dir string) (*List, error) {
	names, err := os.ReadDir(dir)
	if err == nil && len(names) > 0 {
		return nil, fmt.Errorf("%s is not empty: restore into a new folder", dir)
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	dir = filepath.Clean(dir)
	if err := os.MkdirAll(filepath.Dir(dir), 0o700); err != nil {
		return nil, err
	}
	part, err := os.MkdirTemp(filepath.Dir(dir), filepath.Base(dir)+".restoring-*")
	if err != nil {
		return nil, err
	}
	list, err := unpack(r, part)
	if err == nil {
		if err = os.Remove(dir); errors.Is(err, fs.ErrNotExist) {
			err = nil
		}
	}
	if err == nil {
		err = os.Rename(part, dir)
	}
	if err == nil {
		err = atomicfile.SyncDir(filepath.Dir(dir))
	}
	if err != nil {
		return nil, errors.Join(err, os.RemoveAll(part))
	}
	return list, nil
}

// unpack writes the files into dir and checks them against the list.
func unpack(r io.Reader, dir string) (*List, error) {
	in := tar.NewReader(r)
	var got []File
	folders := map[string]bool{dir: true}
	for {
		h, err := in.Next()
		if err == io.EOF {
			return nil, fmt.Errorf("%w: it ends early", ErrDamaged)
		}
		if err != nil {
			return nil, fmt.Errorf("%w: %w", ErrDamaged, err)
		}
		if h.Name == listName {
			return check(in, got, folders)
		}
		if h.Typeflag != tar.TypeReg || path.Clean(h.Name) != h.Name || !filepath.IsLocal(filepath.FromSlash(h.Name)) {
			return nil, fmt.Errorf("%w: %q is no name of a file in it", ErrDamaged, h.Name)
		}
		full := filepath.Join(dir, filepath.FromSlash(h.Name))
		for d := filepath.Dir(full); !folders[d]; d = filepath.Dir(d) {
			folders[d] = true
		}
		one, err := write(in, full)
		if err != nil {
			return nil, err
		}
		one.Name = h.Name
		got = append(got, one)
	}
}

// check reads the list and compares it with what was unpacked.
func check(r io.Reader, got []File, folders map[string]bool) (*List, error) {
	var list List
	if err := json.NewDecoder(io.LimitReader(r, 64<<20)).Decode(&list); err != nil {
		return nil, fmt.Errorf("%w: its list: %w", ErrDamaged, err)
	}
	if list.Version != version {
		return nil, fmt.Errorf("the backup is of version %d: restore it with the program that made it, %s", list.Version, list.Program)
	}
	if !slices.Equal(got, list.Files) {
		for i := range list.Files {
			if i >= len(got) || got[i] != list.Files[i] {
				return nil, fmt.Errorf("%w: %s is not as it was written", ErrDamaged, list.Files[i].Name)
			}
		}
		return nil, fmt.Errorf("%w: it holds more than its list", ErrDamaged)
	}
	for d := range folders {
		if err := atomicfile.SyncDir(d); err != nil {
			return nil, err
		}
	}
	return &list, nil
}

// write writes one file to disk.
func write(r io.Reader, full string) (File, error) {
	if err := os.MkdirAll(filepath.Dir(full), 0o700); err != nil {
		return File{}, err
	}
	f, err := os.OpenFile(full, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return File{}, err
	}
	defer f.Close()
	sum := sha256.New()
	n, err := io.Copy(io.MultiWriter(f, sum), r)
	if err != nil {
		return File{}, fmt.Errorf("%w: %w", ErrDamaged, err)
	}
	return File{Size: n, SHA256: hex.EncodeToString(sum.Sum(nil))}, f.Sync()
}
