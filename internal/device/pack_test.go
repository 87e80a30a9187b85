package device_test

import (
	"archive/zip"
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"fmt"
	"io"
	"testing"
	"unicode/utf16"
)

// encodings returns text in every encoding that Open removes.
func encodings(text string) map[string][]byte {
	units := utf16.Encode([]rune(text))
	little, _ := binary.Append(nil, binary.LittleEndian, units)
	big, _ := binary.Append(nil, binary.BigEndian, units)
	return map[string][]byte{
		"UTF-8":                             []byte(text),
		"UTF-8 with mark":                   append([]byte("\xef\xbb\xbf"), text...),
		"UTF-16 little endian":              append([]byte("\xff\xfe"), little...),
		"UTF-16 big endian":                 append([]byte("\xfe\xff"), big...),
		"UTF-16 little endian without mark": little,
		"UTF-16 big endian without mark":    big,
		"UTF-16 in gzip":                    gzipped("\xff\xfe" + string(little)),
	}
}

// gzipped returns text as one gzip member.
func gzipped(text string) []byte {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	_, _ = io.WriteString(w, text)
	_ = w.Close()
	return b.Bytes()
}

// gzippedZeros returns n zero bytes as one gzip member.
func gzippedZeros(n int) []byte {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	block := make([]byte, 1<<20)
	for ; n > 0; n -= len(block) {
		_, _ = w.Write(block[:min(n, len(block))])
	}
	_ = w.Close()
	return b.Bytes()
}

// stored is one file of an archive.
type stored struct {
	name string
	data []byte
}

// zipped returns an archive of files; a name that ends in a slash is a folder.
func zipped(t testing.TB, files ...stored) []byte {
	t.Helper()
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for _, f := range files {
		m, err := w.Create(f.name)
		if err == nil {
			_, err = m.Write(f.data)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// many returns n files of which each holds data.
func many(n int, data []byte) []stored {
	all := make([]stored, n)
	for i := range all {
		all[i] = stored{fmt.Sprintf("%d.csv", i), data}
	}
	return all
}
