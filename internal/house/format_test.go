package house

import (
	"bytes"
	"go/format"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestFormatted holds every Go file to gofmt, as make lint does: whoever runs
// these tests before landing hears of it in time.
func TestFormatted(t *testing.T) {
	t.Parallel()
	err := filepath.WalkDir("../..", func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && (d.Name() == "testdata" || d.Name() == "node_modules" || strings.HasPrefix(d.Name(), ".") && path != "../.."):
			return filepath.SkipDir
		case d.IsDir() || filepath.Ext(path) != ".go":
			return nil
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		if want, err := format.Source(text); err != nil || !bytes.Equal(want, text) {
			t.Errorf("%s is not gofmt'ed: gofmt -w it", path)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}
