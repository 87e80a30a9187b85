package terminal

import (
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"pleth/internal/analysis"
	"pleth/internal/report/format"
)

// Row is one night of a table, or a file that could not be read.
type Row struct {
	File  string
	Night *analysis.Session // nil: there is none
	Err   string            // why, or what was lost; empty if all is well
}

// The widths from which a table has all its columns, and starts their time of day.
const (
	fullTable = 76
	wideTable = 96
)

// Table writes one line for each row, in the order given, and how many there
// were of each kind.
func Table(w io.Writer, rows []Row, opt Options) error {
	words := format.English()
	p := &printer{opt: opt, width: opt.width()}
	heads := words.Terminal.Heads
	widths := []int{0, 10, 6, 5, 6, 8, 6, 10} // 0 in any but the first: left out
	switch {
	case p.width >= wideTable:
		widths[1] = 16
	case p.width < fullTable:
		widths[1], widths[3] = 0, 0
	}
	file := p.width
	for _, n := range widths[1:] {
		if n > 0 {
			file -= n + 2
		}
	}
	longest := utf8.RuneCountInString(heads[0])
	for _, r := range rows {
		longest = max(longest, utf8.RuneCountInString(format.Clean(r.File, 4096)))
	}
	widths[0] = min(file, longest)
	p.cells(faint, heads[:], widths)
	nights, failed := 0, 0
	for _, r := range rows {
		name := p.front(format.Clean(r.File, 4096), widths[0])
		if r.Night == nil {
			failed++
			reason := format.Clean(r.Err, 4096)
			if reason == "" {
				reason = words.Terminal.NoSession
			}
			for i, line := range wrap(reason, p.width-widths[0]-2) {
				if i > 0 {
					name = ""
				}
				p.line(pad(name, widths[0], false) + "  " + p.colour(red, line))
			}
			continue
		}
		nights++
		p.cells(plain, night(name, r.Night, words, widths[1]), widths)
		if r.Err != "" {
			for _, line := range wrap(format.Clean(r.Err, 4096), p.width-widths[0]-2) {
				p.line(strings.Repeat(" ", widths[0]+2) + p.colour(yellow, line))
			}
		}
	}
	total := fmt.Sprintf(words.Terminal.Nights, nights)
	if nights == 1 {
		total = fmt.Sprintf(words.Terminal.Night, nights)
	}
	if failed > 0 {
		total += ", " + fmt.Sprintf(words.Terminal.Failed, failed)
	}
	p.line(p.colour(faint, total))
	if _, err := w.Write(p.b.Bytes()); err != nil {
		return fmt.Errorf("write the table: %w", err)
	}
	return nil
}

// night returns the cells of one night.
func night(name string, s *analysis.Session, w *format.Words, start int) []string {
	get := func(id string, f func(float64) string) string {
		if v, ok := s.Metrics[id]; ok {
			return f(v)
		}
		return format.Dash
	}
	when := format.Dash
	if s.Start != nil {
		when = strings.Replace(*s.Start, "T", " ", 1)
		when = when[:min(start, len(when))]
	}
	one := func(v float64) string { return format.Number(v, 1) }
	grade := format.Dash
	if s.Quality.Grade != "" {
		grade = w.Grades[s.Quality.Grade]
	}
	return []string{name, when, get("time.valid_s", func(v float64) string { return format.With(one(v/3600), "h") }),
		get("spo2.mean", one), get("spo2.min", format.Level), get("below.90.pct", format.Share), get("odi4.per_h", one), grade}
}

// cells writes one line: file and start from the left, numbers from the right,
// and the quality from the left again.
func (p *printer) cells(c string, cells []string, widths []int) {
	var b strings.Builder
	for i, cell := range cells {
		if i > 0 && widths[i] == 0 {
			continue
		}
		if i > 0 {
			b.WriteString("  ")
		}
		b.WriteString(pad(cell, widths[i], i > 1 && i < len(cells)-1))
	}
	p.line(p.colour(c, strings.TrimRight(b.String(), " ")))
}

// pad returns text filled with blanks to n characters.
func pad(text string, n int, right bool) string {
	blanks := strings.Repeat(" ", max(0, n-utf8.RuneCountInString(text)))
	if right {
		return blanks + text
	}
	return text + blanks
}

// front returns text with its beginning cut off where it is longer than n: the
// end of a path tells files apart.
func (p *printer) front(text string, n int) string {
	r := []rune(text)
	if len(r) <= n {
		return text
	}
	mark := "…"
	if p.opt.ASCII {
		mark = "~"
	}
	return mark + string(r[len(r)-n+1:])
}
