package app

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"pleth/internal/signalfile/wfdb"
)

// Expand replaces folders in paths by the files below them, in the order of
// their names, and leaves out what cannot be a recording: hidden files, what
// pleth wrote itself, and the files that another one of the folder brings with it.
func Expand(paths []string) ([]string, error) {
	var out []string
	for _, path := range paths {
		info, err := os.Stat(path)
		if path == "-" || err != nil || !info.IsDir() {
			out = append(out, path) // a name that does not exist fails when it is read
			continue
		}
		below, err := filesBelow(path)
		if err != nil {
			return nil, fmt.Errorf("read folder %s: %w", path, err)
		}
		out = append(out, below...)
	}
	return out, nil
}

func filesBelow(dir string) ([]string, error) {
	var out []string
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		hidden := strings.HasPrefix(d.Name(), ".") && path != dir
		switch {
		case d.IsDir() && hidden:
			return filepath.SkipDir
		case d.IsDir(), hidden, !d.Type().IsRegular(), isOwn(path):
			return nil
		}
		out = append(out, path)
		return nil
	})
	return withoutSignals(out), err
}

// withoutSignals leaves out the signal files that a WFDB header among paths
// brings with it: a record is one recording, not several.
func withoutSignals(paths []string) []string {
	brought := map[string]bool{}
	for _, path := range paths {
		if !strings.EqualFold(filepath.Ext(path), ".hea") {
			continue
		}
		f, err := os.Open(path)
		if err != nil {
			continue // told when it is read
		}
		for _, name := range wfdb.SignalFiles(f) {
			brought[filepath.Join(filepath.Dir(path), name)] = true
		}
		_ = f.Close()
	}
	return slices.DeleteFunc(paths, func(p string) bool { return brought[p] })
}

// BaseName returns the name of the files written for a recording: the name of
// the input without the endings that say how it is packed and what it is.
func BaseName(input string) string {
	if input == "-" {
		return "stdin"
	}
	base := filepath.Base(input)
	for _, ext := range []string{".gz", ".zip"} {
		base = strings.TrimSuffix(base, ext)
	}
	if cut := strings.TrimSuffix(base, filepath.Ext(base)); cut != "" {
		base = cut
	}
	return base
}

// namer gives each recording of a run a base name of its own, in order.
type namer map[string]int

func (n namer) name(p Part) string {
	base := BaseName(p.Path)
	n[base]++
	if k := n[base]; k > 1 {
		return n.name(Part{Path: fmt.Sprintf("%s-%d.x", base, k)})
	}
	return base
}
