package reconcile

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"

	"github.com/klauspost/compress/zstd"
	"golang.org/x/text/encoding/unicode"
)

// maxWindow bounds what a packed file may ask to be kept while it is unpacked.
const maxWindow = 128 << 20

// unpack returns what is in a stream packed with gzip or zstd, or the stream
// itself; done frees what that took.
func unpack(in *bufio.Reader) (out *bufio.Reader, done func(), err error) {
	mark, _ := in.Peek(6)
	has := func(s string) bool { return bytes.HasPrefix(mark, []byte(s)) }
	nothing := func() {}
	switch {
	case has("\x1f\x8b"):
		packed, err := gzip.NewReader(in)
		if err != nil {
			return nil, nothing, err
		}
		return bufio.NewReaderSize(packed, 1<<20), nothing, nil
	case has("\x28\xb5\x2f\xfd"):
		packed, err := zstd.NewReader(in, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxWindow(maxWindow))
		if err != nil {
			return nil, nothing, err
		}
		return bufio.NewReaderSize(packed, 1<<20), packed.Close, nil
	case has("PK\x03\x04"):
		return nil, nothing, errors.New("this is a ZIP archive or a workbook of Excel; unpack it, or save the sheet as CSV UTF-8")
	}
	for _, p := range [][2]string{{"BZh", "bzip2"}, {"\xfd7zXZ\x00", "xz"}, {"7z\xbc\xaf", "7-Zip"}} {
		if has(p[0]) {
			return nil, nothing, fmt.Errorf("this is packed with %s; gzip and zstd are read, unpack it otherwise", p[1])
		}
	}
	return in, nothing, nil
}

// decode returns a text in UTF-8: UTF-16 with its mark is turned into it, a mark
// of UTF-8 left out. wide says that it was UTF-16.
func decode(in *bufio.Reader) (out *bufio.Reader, wide bool) {
	mark, _ := in.Peek(3)
	switch {
	case bytes.Equal(mark, []byte("\xef\xbb\xbf")):
		_, _ = in.Discard(3)
	case bytes.HasPrefix(mark, []byte("\xff\xfe")), bytes.HasPrefix(mark, []byte("\xfe\xff")):
		return bufio.NewReaderSize(unicode.UTF16(unicode.LittleEndian, unicode.ExpectBOM).NewDecoder().Reader(io.Reader(in)), 1<<20), true
	}
	return in, false
}
