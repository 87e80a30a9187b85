package reconcile_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"strings"
	"testing"

	"github.com/klauspost/compress/zstd"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"

	"pleth/internal/reconcile"
)

// TestFilesOfOthers: what programs of others save says the same, or it is said
// what is wrong with it; nothing is equal that was not read.
func TestFilesOfOthers(t *testing.T) {
	t.Parallel()
	const text = "id,total,note\n1,5,café\n2,6,\"a\nb\"\n"
	zip := func(s string) string {
		var b bytes.Buffer
		w := gzip.NewWriter(&b)
		_, _ = w.Write([]byte(s))
		_ = w.Close()
		return b.String()
	}
	zst := func(s string) string {
		w, err := zstd.NewWriter(nil)
		if err != nil {
			t.Fatal(err)
		}
		return string(w.EncodeAll([]byte(s), nil))
	}
	wide := func(e unicode.Endianness) string {
		s, err := unicode.UTF16(e, unicode.UseBOM).NewEncoder().String(text)
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	latin, err := charmap.ISO8859_1.NewEncoder().String(text)
	if err != nil {
		t.Fatal(err)
	}
	little := wide(unicode.LittleEndian)
	a := file(t, text)
	for name, c := range map[string]struct{ text, want string }{
		"plain":                   {text, "equal"},
		"marked":                  {"\xef\xbb\xbf" + text, "equal"},
		"gzip":                    {zip(text), "equal"},
		"zstd":                    {zst(text), "equal"},
		"zstd in two frames":      {zst(text[:20]) + zst(text[20:]), "equal"},
		"UTF-16":                  {little, "equal"},
		"UTF-16 big end first":    {wide(unicode.BigEndian), "equal"},
		"UTF-16, packed":          {zst(little), "equal"},
		"UTF-16 without its mark": {little[2:], "save the file as CSV UTF-8"},
		"UTF-16 cut":              {little[:len(little)-1], "rejected"},
		"Latin-1":                 {latin, "rejected"},
		"gzip cut":                {zip(text)[:40], "unexpected EOF"},
		"zstd cut":                {zst(text)[:20], "unexpected EOF"},
		"workbook":                {"PK\x03\x04anything", "workbook"},
		"xz":                      {"\xfd7zXZ\x00anything", "xz"},
		"bzip2":                   {"BZh91AY", "bzip2"},
		"Parquet":                 {"PAR1anything", ".parquet"},
		"a row without end":       {"id,total,note\n1,5," + strings.Repeat("x", 65<<20), "rejected column \"note\": a cell of more than 16 MB"},
	} {
		r, err := reconcile.Diff(context.Background(), reconcile.Spec{Key: columns("id"), Compare: columns("total", "note")}, a, file(t, c.text))
		got := ""
		switch {
		case err != nil:
			got = err.Error()
		case r.Equal:
			got = "equal"
		default:
			for _, f := range r.Findings {
				got += string(f.Class) + " " + f.Text + "; "
			}
		}
		if !strings.Contains(got, c.want) {
			t.Errorf("%s: %.300s, want %s", name, got, c.want)
		}
	}
	// A column that nobody looks at may hold what it likes.
	if r, err := reconcile.Diff(context.Background(), reconcile.Spec{Key: columns("id"), Compare: columns("total")}, a, file(t, latin)); err != nil || !r.Equal {
		t.Errorf("%+v %v", r, err)
	}
}

// TestLargeValues: values that are too large to be shown are compared to their
// last byte and shown by their begin.
func TestLargeValues(t *testing.T) {
	t.Parallel()
	large := strings.Repeat("ä", 100_000)
	r := diff(t, reconcile.Spec{Key: columns("id"), Compare: columns("total")}, [][]string{{"1", large, ""}, {"2", large, ""}}, [][]string{{"1", large, ""}, {"2", large + "x", ""}})
	if len(r.Findings) != 1 || r.Findings[0].Key[0] != "2" {
		t.Fatalf("%d findings", len(r.Findings))
	}
	if v := *r.Findings[0].Columns[0].B; len(v) > 5000 || !strings.HasSuffix(v, "(200001 bytes)") || strings.ContainsRune(v, '\uFFFD') {
		t.Errorf("%d bytes are shown: …%q", len(v), v[len(v)-40:])
	}
}
