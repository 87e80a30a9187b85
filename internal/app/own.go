package app

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"strings"
)

// isOwn reports whether the file at path is a document or a report that pleth
// wrote: people keep them beside the recordings. Told by content; what cannot
// be read is not ours.
func isOwn(path string) bool {
	f, err := os.Open(path)
	if err != nil {
		return false
	}
	defer f.Close()
	const most = 4096
	switch strings.ToLower(filepath.Ext(path)) {
	case ".json", ".ndjson":
		return bytes.HasPrefix(some(f, most), []byte(`{"format":"pleth.`))
	case ".html":
		return bytes.Contains(some(f, most), []byte(`<meta name="generator" content="pleth `))
	case ".pdf":
		// The information about the file stands at its end, in UTF-16.
		if info, err := f.Stat(); err == nil && info.Size() > most {
			if _, err := f.Seek(-most, io.SeekEnd); err != nil {
				return false
			}
		}
		return bytes.Contains(some(f, most), []byte("/Producer (\xfe\xff\x00p\x00l\x00e\x00t\x00h\x00 "))
	}
	return false
}

// some returns up to n bytes of r.
func some(r io.Reader, n int64) []byte {
	b, err := io.ReadAll(io.LimitReader(r, n))
	if err != nil {
		return nil
	}
	return b
}
