package terminal_test

import (
	"bytes"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"pleth/internal/report/reporttest"
	"pleth/internal/report/terminal"
)

var update = flag.Bool("update", false, "write testdata")

// golden compares text with a file of testdata.
func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s differs (go test -update writes it):\n%s", path, got)
	}
}

func written(t *testing.T, state string, opt terminal.Options) string {
	t.Helper()
	var b bytes.Buffer
	if err := terminal.Write(&b, reporttest.States()[state], opt); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestSummary(t *testing.T) {
	t.Parallel()
	files := []string{"out/sample.pdf", "out/sample.html"}
	golden(t, "night.txt", written(t, "night", terminal.Options{Written: files}))
	golden(t, "fortnight-120.txt", written(t, "fortnight", terminal.Options{Width: 120, Written: files}))
	golden(t, "too-little-60-ascii.txt", written(t, "too little", terminal.Options{Width: 60, ASCII: true}))
	golden(t, "no-clock-color.txt", written(t, "no clock", terminal.Options{Color: true}))
}

var escapes = regexp.MustCompile("\x1b\\[[0-9]*m")

// No line is longer than the terminal is wide, and nothing but colours that
// were asked for can change the terminal.
func TestLinesFit(t *testing.T) {
	t.Parallel()
	for name := range reporttest.States() {
		for _, opt := range []terminal.Options{{}, {Width: 20}, {Width: 60, Color: true}, {Width: 97}, {Width: 500}, {ASCII: true, Width: 71}} {
			width := min(120, max(60, opt.Width))
			if opt.Width == 0 {
				width = 80
			}
			text := written(t, name, opt)
			if opt.Color {
				text = escapes.ReplaceAllString(text, "")
			}
			for line := range strings.Lines(text) {
				line = strings.TrimSuffix(line, "\n")
				if n := utf8.RuneCountInString(line); n > width {
					t.Errorf("%s: %d characters in %d columns: %s", name, n, width, line)
				}
				for _, r := range line {
					if unicode.IsControl(r) || unicode.Is(unicode.Cf, r) || opt.ASCII && r > 126 {
						t.Errorf("%s: %q in %q", name, r, line)
					}
				}
			}
		}
	}
}

// The chart shows how deep the night went: the last line of it is the one that
// holds the lowest value.
func TestTheChartShowsTheDeepestDip(t *testing.T) {
	t.Parallel()
	for state, line := range map[string]string{"night": " 85 ", "calm": " 90", "too little": " 70 ", "deep": " 55 "} {
		lines := strings.Split(written(t, state, terminal.Options{}), "\n")
		last := ""
		for _, l := range lines {
			if regexp.MustCompile(`^[ 1]\d[05]( |$)`).MatchString(l) {
				last = l
			}
		}
		if !strings.HasPrefix(last, line) {
			t.Errorf("%s: the chart ends with %q, want %q", state, last, line)
		}
		if state != "calm" && strings.TrimSpace(strings.Trim(last[4:], "░ ")) == "" {
			t.Errorf("%s: the last line of the chart is empty: %q", state, last)
		}
	}
	if text := written(t, "night", terminal.Options{}); !strings.Contains(text, "░") {
		t.Error("the gap of the night is not shown")
	}
}

func TestTable(t *testing.T) {
	t.Parallel()
	s := reporttest.States()
	row := func(file, state string) terminal.Row { return terminal.Row{File: file, Night: s[state].Night.Result} }
	rows := []terminal.Row{
		row("nights/2026-11-17.csv", "night"), row("nights/short.csv", "too little"), row("nights/no-clock.csv", "no clock"),
		{File: "nights/broken.csv", Err: "line 12: the row has 2 fields, want 3; copy the file again from the device"},
		row("nights/a/very/long/path/to/a/file/that/does/not/fit/20250306222056", "deep"), {File: "nights/empty.edf"},
		{File: "nights/cut.csv", Night: s["calm"].Night.Result, Err: "byte 500: the file ends in the middle of a row"},
		{File: "evil\x1b[2J\nname", Err: "\x1b[31mred"},
	}
	for name, opt := range map[string]terminal.Options{"table.txt": {}, "table-120.txt": {Width: 120}, "table-60-ascii-color.txt": {Width: 60, ASCII: true, Color: true}} {
		var b bytes.Buffer
		if err := terminal.Table(&b, rows, opt); err != nil {
			t.Fatal(err)
		}
		golden(t, name, b.String())
		width := opt.Width
		if width == 0 {
			width = 80
		}
		for line := range strings.Lines(escapes.ReplaceAllString(b.String(), "")) {
			if n := utf8.RuneCountInString(strings.TrimSuffix(line, "\n")); n > width || strings.Contains(line, "\x1b") {
				t.Errorf("%s: %q is %d wide", name, line, n)
			}
		}
	}
	var b bytes.Buffer
	if err := terminal.Table(&b, nil, terminal.Options{}); err != nil || !strings.HasSuffix(b.String(), "0 nights\n") {
		t.Errorf("a table of nothing: %q, %v", b.String(), err)
	}
}

type broken struct{}

func (broken) Write([]byte) (int, error) { return 0, errors.New("pipe closed") }

func TestAFailedWriteIsReported(t *testing.T) {
	t.Parallel()
	if err := terminal.Write(broken{}, reporttest.States()["night"], terminal.Options{}); err == nil {
		t.Error("the summary was lost in silence")
	}
	if err := terminal.Table(broken{}, nil, terminal.Options{}); err == nil {
		t.Error("the table was lost in silence")
	}
}
