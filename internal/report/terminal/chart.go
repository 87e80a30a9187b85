package terminal

import (
	"fmt"
	"math"
	"strings"
	"unicode/utf8"

	"pleth/internal/report/chart"
	"pleth/internal/report/page"
)

// A line of the chart stands for five per cent of SpO2, a dot of braille for a
// quarter of that. A line holds what is at or below its number and above the
// next: the line "90" shows nothing but values below 90 and down to 85.
const (
	lineSpan = 5.0
	dotSpan  = lineSpan / 4
	margin   = 4 // columns for the numbers
)

// gapMark stands where there is no signal.
func (p *printer) gapMark() string {
	if p.opt.ASCII {
		return ":"
	}
	return "░"
}

// chart draws SpO2 over the night: the lowest to highest value of each moment.
func (p *printer) chart(t *page.Trace) {
	low, _, ok := t.SpO2.Range()
	if !ok {
		return
	}
	lines := 3
	for 100-lineSpan*float64(lines) > float64(low) {
		lines++
	}
	cells := p.width - margin - 1
	dots := 2
	if p.opt.ASCII {
		dots = 1
	}
	cols := t.SpO2.Columns(0, len(t.SpO2), cells*dots)
	for l := range lines {
		var b strings.Builder
		for c := range cells {
			b.WriteString(p.cell(cols[c*dots:(c+1)*dots], l))
		}
		style := [...]string{cyan, cyan, yellow}[min(l, 2)]
		if l > 2 {
			style = red
		}
		label := fmt.Sprintf("%3d ", 100-5*l)
		p.line(p.colour(faint, label) + p.colour(style, strings.TrimRight(b.String(), " ")))
	}
	p.line(strings.Repeat(" ", margin) + p.colour(faint, axis(t, cells)))
}

// dot returns which dot from the top holds v: dot 0 is 100 to above 98.75.
func dot(v float32) int {
	return max(0, int(math.Ceil((100-float64(v))/dotSpan-1e-9))-1)
}

// cell returns the character of line l for one or two columns. A column
// without signal is a gap, but never in the place of a value beside it.
func (p *printer) cell(cols []chart.Column, l int) string {
	if p.opt.ASCII {
		if !cols[0].Any {
			return p.gapMark()
		}
		top, foot := dot(cols[0].Max)/4, dot(cols[0].Min)/4
		switch {
		case l < top || l > foot:
			return " "
		case top == foot:
			return "-"
		}
		return "|"
	}
	empty := " "
	// The bits of the dots of U+2800, by column and row.
	bits := [2][4]rune{{0x01, 0x02, 0x04, 0x40}, {0x08, 0x10, 0x20, 0x80}}
	r := rune(0)
	for i, c := range cols {
		if !c.Any {
			empty = p.gapMark()
			continue
		}
		for d := dot(c.Max); d <= dot(c.Min); d++ {
			if d/4 == l {
				r |= bits[i][d%4]
			}
		}
	}
	if r == 0 {
		return empty
	}
	return string(0x2800 + r)
}

// axis returns the marks of the time axis as one line.
func axis(t *page.Trace, cells int) string {
	line := []rune(strings.Repeat(" ", cells))
	free := 0
	for _, tick := range t.Ticks(max(2, cells/8)) {
		n := utf8.RuneCountInString(tick.Label)
		at := int(tick.At/float64(t.Seconds)*float64(cells)) - n/2
		if at < free || at+n > cells {
			continue
		}
		copy(line[at:], []rune(tick.Label))
		free = at + n + 1
	}
	return strings.TrimRight(string(line), " ")
}
