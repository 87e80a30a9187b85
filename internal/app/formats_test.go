package app_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"pleth/internal/app"
	"pleth/internal/device/devicetest"
	"pleth/internal/plethtest"
)

// Among all readers each testcase still goes to the one it was made for.
func TestFormatsAreToldApart(t *testing.T) {
	t.Parallel()
	for _, folder := range []string{"device", "signalfile"} {
		cases, err := filepath.Glob(filepath.Join(plethtest.Root(t), "internal", folder, "*", "testcases", "*"))
		if err != nil {
			t.Fatal(err)
		}
		for _, dir := range cases {
			input, given := devicetest.Case(t, dir)
			want, err := os.ReadFile(filepath.Join(dir, "expected.out"))
			if err != nil {
				t.Fatal(err)
			}
			first, _, _ := strings.Cut(string(want), "\n")
			got := devicetest.Read(app.Formats(), input, given)
			if "format "+got.Format != first {
				t.Errorf("%s is read as %q, want %q", dir, got.Format, first)
			}
		}
	}
}

func TestFormatsAreDescribed(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for _, f := range app.Formats() {
		if f.Name == "" || f.Maker == "" || f.Models == "" || f.Extensions == "" || f.Reads == "" || f.Sniff == nil || f.Read == nil {
			t.Errorf("format %q is not described in full", f.Name)
		}
		if seen[f.Name] {
			t.Errorf("two formats are named %q", f.Name)
		}
		seen[f.Name] = true
	}
}
