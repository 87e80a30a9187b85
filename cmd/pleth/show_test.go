package main

import (
	"path/filepath"
	"strings"
	"testing"

	"pleth/internal/report/terminal"
)

func TestShort(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ files, want string }{
		{"", ""},
		{"night.csv", "night.csv"},
		{"nights/a.csv nights/b.csv", "a.csv b.csv"},
		{"nights/a.csv nights/ring/b.csv", "a.csv ring/b.csv"},
		{"nights/ring/a.csv nights/rings/b.csv", "ring/a.csv rings/b.csv"},
		{"nights/a.csv b.csv", "nights/a.csv b.csv"},
		{"/data/2025/a.csv /data/2026/b.csv", "2025/a.csv 2026/b.csv"},
		{"/a.csv b.csv", "/a.csv b.csv"},
		{"/a.csv /b/c.csv", "a.csv b/c.csv"},
		{"-", "-"},
	} {
		var rows []terminal.Row
		for _, f := range strings.Fields(c.files) {
			rows = append(rows, terminal.Row{File: filepath.FromSlash(f)})
		}
		var got []string
		for _, r := range short(rows) {
			got = append(got, filepath.ToSlash(r.File))
		}
		if g := strings.Join(got, " "); g != c.want {
			t.Errorf("%s: got %s, want %s", c.files, g, c.want)
		}
	}
}
