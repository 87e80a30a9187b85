package pdf_test

import (
	"bytes"
	"compress/zlib"
	"io"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"unicode/utf16"
)

// textAt is one text of a page and where its base line begins, in points from
// the bottom left.
type textAt struct {
	X, Y float64
	Text string
}

var (
	streams = regexp.MustCompile(`(?s)stream\r?\n(.*?)\r?\nendstream`)
	shows   = regexp.MustCompile(`(?s)BT (-?[\d.]+) (-?[\d.]+) Td \(((?:[^\\)]|\\.)*)\) Tj ET`)
)

// readPages returns the texts of each page of a PDF, as they can be selected.
func readPages(t *testing.T, pdf []byte) [][]textAt {
	t.Helper()
	var pages [][]textAt
	for _, m := range streams.FindAllSubmatch(pdf, -1) {
		r, err := zlib.NewReader(bytes.NewReader(m[1]))
		if err != nil {
			continue // not compressed: a table of the font
		}
		content, err := io.ReadAll(r)
		if err != nil || !bytes.Contains(content, []byte("BT ")) {
			continue
		}
		var page []textAt
		for _, s := range shows.FindAllSubmatch(content, -1) {
			x, _ := strconv.ParseFloat(string(s[1]), 64)
			y, _ := strconv.ParseFloat(string(s[2]), 64)
			page = append(page, textAt{x, y, decodeText(s[3])})
		}
		pages = append(pages, page)
	}
	return pages
}

// decodeText reads a literal string of two-byte characters.
func decodeText(b []byte) string {
	var plain []byte
	for i := 0; i < len(b); i++ {
		if b[i] == '\\' && i+1 < len(b) {
			i++
			if b[i] == 'r' {
				plain = append(plain, '\r')
				continue
			}
		}
		plain = append(plain, b[i])
	}
	var units []uint16
	for i := 0; i+1 < len(plain); i += 2 {
		units = append(units, uint16(plain[i])<<8|uint16(plain[i+1]))
	}
	return string(utf16.Decode(units))
}

// joined returns all texts of a page.
func joined(page []textAt) string {
	var all []string
	for _, t := range page {
		all = append(all, t.Text)
	}
	return strings.Join(all, "\n")
}
