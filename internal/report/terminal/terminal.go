// Package terminal writes what a person reads of a night in a terminal: the
// headline, the night as a small chart, the six figures, the quality and the
// findings; and a table with one line for each of many nights. It asks the
// terminal nothing: width, colours and character set are the caller's to know.
package terminal

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"pleth/internal/report/format"
	"pleth/internal/report/page"
)

// Options says what the terminal can show. The zero Options is 80 columns of
// UTF-8 without colours.
type Options struct {
	Width   int      // columns, cut to 60..120; 0: 80
	Color   bool     // ANSI colours
	ASCII   bool     // the character set is not UTF-8
	Written []string // the files that were written, as the user should see their names
}

func (o Options) width() int {
	if o.Width == 0 {
		return 80
	}
	return min(120, max(60, o.Width))
}

// The colours, as numbers of SGR.
const (
	plain  = ""
	strong = "1"
	faint  = "2"
	red    = "31"
	green  = "32"
	yellow = "33"
	blue   = "34"
	cyan   = "36"
)

// printer collects lines.
type printer struct {
	opt   Options
	width int
	b     bytes.Buffer
}

// colour returns text in a colour, if there are colours.
func (p *printer) colour(c, text string) string {
	if !p.opt.Color || c == plain || text == "" {
		return text
	}
	return "\x1b[" + c + "m" + text + "\x1b[0m"
}

// line writes one line with what the terminal can show.
func (p *printer) line(text string) {
	text = strings.TrimRight(p.shown(text), " ")
	p.b.WriteString(text)
	p.b.WriteByte('\n')
}

// ascii are the signs of the reports in ASCII.
var ascii = strings.NewReplacer("₂", "2", "–", "-", "−", "-", "’", "'", "…", "...", "·", "-", "≥", ">=", "≤", "<=",
	"“", "\"", "”", "\"", "×", "x", "ä", "ae", "ö", "oe", "ü", "ue", "ß", "ss", "é", "e", "è", "e")

// shown returns text with one kind of blank and, where that is all there is,
// in ASCII.
func (p *printer) shown(text string) string {
	text = strings.NewReplacer(format.Thin, " ", format.Joined, " ").Replace(text)
	if !p.opt.ASCII {
		return text
	}
	return strings.Map(func(r rune) rune {
		if r >= utf8.RuneSelf {
			return '?'
		}
		return r
	}, ascii.Replace(text))
}

// wrap breaks text at blanks into lines of at most width characters.
func wrap(text string, width int) []string {
	var lines []string
	line := ""
	for _, word := range strings.Fields(strings.NewReplacer(format.Thin, "\x00", format.Joined, "\x01").Replace(text)) {
		for utf8.RuneCountInString(word) > width {
			r := []rune(word)
			if line != "" {
				lines, line = append(lines, line), ""
			}
			lines, word = append(lines, string(r[:width])), string(r[width:])
		}
		switch {
		case line == "":
			line = word
		case utf8.RuneCountInString(line)+1+utf8.RuneCountInString(word) <= width:
			line += " " + word
		default:
			lines, line = append(lines, line), word
		}
	}
	if line != "" {
		lines = append(lines, line)
	}
	for i := range lines {
		lines[i] = strings.NewReplacer("\x00", format.Thin, "\x01", format.Joined).Replace(lines[i])
	}
	return lines
}

// labelled writes text wrapped beside a label.
func (p *printer) labelled(label, text string, room int) {
	for i, line := range wrap(text, p.width-room) {
		head := strings.Repeat(" ", room)
		if i == 0 {
			head = p.colour(faint, label) + strings.Repeat(" ", max(1, room-utf8.RuneCountInString(label)))
		}
		p.line(head + line)
	}
}

// sign returns the mark of a level and its colour.
func (p *printer) sign(l page.Level) (mark, colour string) {
	marks := [...]string{"●", "▬", "▲", "◆"}
	if p.opt.ASCII {
		marks = [...]string{".", "-", "!", "#"}
	}
	return marks[l], [...]string{green, blue, yellow, red}[l]
}

// Write writes the summary of in.Night.
func Write(w io.Writer, in page.Input, opt Options) error {
	words := format.English()
	content, err := page.New(in, words)
	if err != nil {
		return err
	}
	p := &printer{opt: opt, width: opt.width()}
	p.headline(content)
	p.line("")
	p.line(content.Date)
	p.chart(content.Trace)
	p.line("")
	p.figures(content)
	p.line("")
	p.facts(content)
	p.findings(content)
	p.written(words)
	p.line("")
	for _, line := range wrap(content.Disclaimer, p.width) {
		p.line(p.colour(faint, line))
	}
	if _, err := w.Write(p.b.Bytes()); err != nil {
		return fmt.Errorf("write the summary: %w", err)
	}
	return nil
}

func (p *printer) headline(c *page.Page) {
	mark, colour := p.sign(c.Level)
	for i, line := range wrap(c.Headline, p.width-2) {
		if i > 0 {
			mark = " "
		}
		p.line(p.colour(colour, mark) + " " + p.colour(strong, line))
	}
	for _, line := range wrap(strings.Join(c.Lead, " "), p.width-2) {
		p.line("  " + line)
	}
}

// figures writes the six figures, one in a line.
func (p *printer) figures(c *page.Page) {
	label, number := 0, 0
	value := func(f page.Figure) string { return strings.TrimSpace(f.Number + " " + f.Unit) }
	for _, f := range c.Figures {
		label, number = max(label, utf8.RuneCountInString(f.Label)), max(number, utf8.RuneCountInString(value(f)))
	}
	for _, f := range c.Figures {
		style := strong
		if c.TooLittle {
			style = faint
		}
		v := value(f)
		line := "  " + f.Label + strings.Repeat(" ", label+3-utf8.RuneCountInString(f.Label)) +
			p.colour(style, v) + strings.Repeat(" ", number+3-utf8.RuneCountInString(v))
		notes := wrap(strings.Join(f.Notes, ", "), max(10, p.width-label-number-8))
		if len(notes) > 0 {
			line += p.colour(faint, notes[0])
		}
		p.line(line)
	}
}

// facts writes quality, recording and device.
func (p *printer) facts(c *page.Page) {
	const room = 12
	t := c.Words.Terminal
	var quality []string
	for i, r := range c.Quality {
		if i == 0 {
			quality = append(quality, r.Value)
			continue
		}
		quality = append(quality, strings.ToLower(r.Label[:1])+r.Label[1:]+" "+r.Value)
	}
	p.labelled(t.Quality, strings.Join(quality, ", "), room)
	p.labelled(t.Recording, c.Fields[1].Value+"; "+c.Fields[1].Detail, room)
	p.labelled(c.Words.Device, c.Fields[2].Value+"; "+c.Fields[2].Detail, room)
	for i, one := range c.Warnings {
		label := ""
		if i == 0 {
			label = t.Warnings
		}
		p.labelled(label, strings.TrimPrefix(one.Label+": "+one.Value, ": "), room)
	}
}

// findings writes the evaluation: sign, level, text, rule.
func (p *printer) findings(c *page.Page) {
	if len(c.Findings) == 0 {
		p.labelled(c.Words.Terminal.Findings, c.NoFindings, 12)
		return
	}
	p.line(p.colour(faint, c.Words.Terminal.Findings))
	const room = 14
	for _, f := range c.Findings {
		mark, colour := p.sign(f.Level)
		if f.Level == page.Info {
			colour = faint // that it asks for nothing does not make its value a good one
		}
		lines := wrap(f.Text+" ("+f.Rule+")", p.width-room)
		for i, line := range lines {
			head := strings.Repeat(" ", room)
			if i == 0 {
				head = "  " + p.colour(colour, mark+" "+f.Word) + strings.Repeat(" ", max(1, room-4-utf8.RuneCountInString(f.Word)))
			}
			p.line(head + line)
		}
	}
}

// written writes where the reports are.
func (p *printer) written(w *format.Words) {
	for i, file := range p.opt.Written {
		label := ""
		if i == 0 {
			label = w.Terminal.Written
		}
		p.line(p.colour(faint, label) + strings.Repeat(" ", 12-utf8.RuneCountInString(label)) + format.Clean(file, 4096))
	}
}
