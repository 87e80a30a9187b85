package api

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"testing"

	"pleth/internal/plethtest"
)

// TestScreensAreThoseOfThePages: the address of every page is answered with 200,
// also where a browser begins with it.
func TestScreensAreThoseOfThePages(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile(filepath.Join(plethtest.Root(t), "web", "src", "screens.tsx"))
	if err != nil {
		t.Fatal(err)
	}
	var want []string
	for _, m := range regexp.MustCompile(`(?m)^  \{ at: '([a-z-]+)'`).FindAllStringSubmatch(string(text), -1) {
		want = append(want, m[1])
	}
	if !slices.Equal(screens, want) {
		t.Errorf("%q, the pages have %q", screens, want)
	}
}
