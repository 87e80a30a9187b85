package app

import (
	"encoding/json"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"pleth/internal/plethtest"
)

// TestAddressesOfTheManual: every address of the API that the manual names is
// one of the server.
func TestAddressesOfTheManual(t *testing.T) {
	t.Parallel()
	s, _ := serving(t, func(*Settings) {})
	var doc struct{ Paths map[string]any }
	if err := json.Unmarshal([]byte(ask(t, s, "/openapi.json")), &doc); err != nil {
		t.Fatal(err)
	}
	place := regexp.MustCompile(`\{[^}]*\}`)
	there := map[string]bool{}
	for path := range doc.Paths {
		there[place.ReplaceAllString(path, "{}")] = true
	}
	named := 0
	address := regexp.MustCompile(`/api/v1(?:/(?:[a-z:-]+|\{[^}/]*\}))+`)
	docs := filepath.Join(plethtest.Root(t), "docs")
	err := filepath.WalkDir(docs, func(path string, e fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(path, ".md") {
			return err
		}
		text, err := os.ReadFile(path)
		for _, a := range address.FindAllString(string(text), -1) {
			named++
			if !there[strings.TrimSuffix(place.ReplaceAllString(a, "{}"), ":")] {
				t.Errorf("%s names %s", filepath.Base(path), a)
			}
		}
		return err
	})
	if err != nil || named < 40 {
		t.Errorf("%d addresses were found, %v", named, err)
	}
}
