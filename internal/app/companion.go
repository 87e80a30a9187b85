package app

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"hash"
	"io"
	"slices"

	"pleth/internal/analysis"
	"pleth/internal/device"
)

// companions notes which files beside an input its reader opened, so that the
// document names every byte it rests on.
type companions struct {
	seen []analysis.Companion
}

// watch makes src tell which siblings are opened.
func (c *companions) watch(src *device.Source) {
	open := src.Sibling
	if open == nil {
		return
	}
	src.Look = open
	src.Sibling = func(name string) (io.ReadCloser, error) {
		r, err := open(name)
		if err != nil {
			return nil, err
		}
		return &watched{ReadCloser: r, of: c, name: name, hash: sha256.New()}, nil
	}
}

// list returns the files that were opened, by name.
func (c *companions) list() []analysis.Companion {
	slices.SortFunc(c.seen, func(a, b analysis.Companion) int { return cmp.Compare(a.Name, b.Name) })
	return slices.Compact(c.seen)
}

// watched digests a sibling; closing it reads the rest.
type watched struct {
	io.ReadCloser
	of     *companions
	name   string
	hash   hash.Hash
	n      int64
	closed bool
}

func (w *watched) Read(p []byte) (int, error) {
	n, err := w.ReadCloser.Read(p)
	w.hash.Write(p[:n])
	w.n += int64(n)
	return n, err
}

func (w *watched) Close() error {
	if w.closed {
		return nil
	}
	w.closed = true
	if _, err := io.Copy(io.Discard, w); err == nil {
		w.of.seen = append(w.of.seen, analysis.Companion{Name: w.name, SHA256: hex.EncodeToString(w.hash.Sum(nil)), Bytes: w.n})
	}
	return w.ReadCloser.Close()
}
