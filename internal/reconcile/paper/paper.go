// Package paper writes the summary of a day or a week of integrations for
// people: as a page and as a PDF.
package paper

import (
	"cmp"
	_ "embed"
	"fmt"
	"html/template"
	"io"
	"strings"
	"time"

	"codeberg.org/go-pdf/fpdf"

	"pleth/internal/reconcile/desk"
	"pleth/internal/report/font"
)

//go:embed summary.tmpl
var text string

var page = template.Must(template.New("summary").Funcs(template.FuncMap{"share": share, "day": day, "at": at, "took": took, "words": words}).Parse(text))

func day(t time.Time) string { return t.UTC().Format("2 Jan 2006 15:04 UTC") }
func at(t time.Time) string  { return t.UTC().Format("2 Jan 15:04") }

func words(s any) string { return strings.ReplaceAll(fmt.Sprint(s), "_", " ") }

// share writes the part of the time with a colour.
func share(l *desk.SummaryLine, c string) string {
	if len(l.Share) == 0 {
		return "–"
	}
	return fmt.Sprintf("%.1f %%", 100*l.Share[desk.Colour(c)])
}

// took writes seconds; nil: nothing has come to that.
func took(s *float64) string {
	if s == nil {
		return "–"
	}
	return time.Duration(*s * float64(time.Second)).Round(time.Second).String()
}

// HTML writes the page. It needs nothing from elsewhere.
func HTML(w io.Writer, s *desk.Summary) error { return page.Execute(w, s) }

// PDF writes as many pages of A4 as it takes.
func PDF(w io.Writer, s *desk.Summary, made time.Time) error {
	f := fpdf.New("P", "pt", "A4", "")
	f.SetCatalogSort(true)
	f.SetCreationDate(made)
	f.SetModificationDate(made)
	f.SetTitle("Integrations", true)
	f.AddUTF8FontFromBytes("regular", "", font.Regular())
	f.AddUTF8FontFromBytes("bold", "", font.SemiBold())
	f.SetMargins(40, 40, 40)
	f.SetAutoPageBreak(true, 40)
	f.AddPage()
	line := func(face string, size, height float64, text string) {
		f.SetFont(face, "", size)
		f.MultiCell(0, height, drawable(text), "", "L", false)
	}
	line("bold", 16, 22, "Integrations")
	line("regular", 9, 14, day(s.From)+" to "+day(s.To))
	line("regular", 9, 14, fmt.Sprintf("Now: %d red, %d yellow, %d green, %d grey. Median time to detect %s, to acknowledge %s, to resolve %s.",
		s.Colours[desk.Red], s.Colours[desk.Yellow], s.Colours[desk.Green], s.Colours[desk.Grey], took(s.MTTD), took(s.MTTA), took(s.MTTR)))
	f.Ln(8)
	row := func(face string, widths []float64, cells ...string) { table(f, face, widths, cells) }
	widths := []float64{85, 120, 40, 45, 45, 48, 132}
	row("bold", widths, "Group", "Integration", "Now", "Green", "Red", "Incidents", "Why")
	titles := map[string]string{}
	for i := range s.Integrations {
		l := &s.Integrations[i]
		titles[l.Name] = l.Title
		row("regular", widths, l.Group, l.Title, string(l.Colour), share(l, "green"), share(l, "red"), fmt.Sprint(l.Opened), l.Why)
	}
	f.Ln(12)
	widths = []float64{30, 75, 130, 90, 60, 75, 55}
	row("bold", widths, "No.", "Opened", "Integration", "What", "Channel", "State", "Records")
	for i := range s.Incidents {
		n := &s.Incidents[i]
		row("regular", widths, fmt.Sprint(n.ID), at(n.Opened), cmp.Or(titles[n.Integration], n.Integration), words(n.Class), n.Channel, words(n.State), fmt.Sprint(n.Records))
	}
	if len(s.Incidents) == 0 {
		line("regular", 9, 14, "No incident.")
	}
	return f.Output(w)
}

// mostLines is how many lines a cell has at most; what is cut says so.
const mostLines = 4

// table draws a row of cells as high as the one with the most lines.
func table(f *fpdf.Fpdf, face string, widths []float64, cells []string) {
	f.SetFont(face, "", 8.5)
	const above, line = 3, 10.5
	most := 1
	split := make([][]string, len(cells))
	for i, c := range cells {
		if split[i] = f.SplitText(drawable(c), widths[i]-4); len(split[i]) > mostLines {
			split[i] = split[i][:mostLines]
			split[i][mostLines-1] = strings.TrimRight(split[i][mostLines-1], " ") + "…"
		}
		most = max(most, len(split[i]))
	}
	height := 2*above + line*float64(most)
	_, page := f.GetPageSize()
	if _, _, _, bottom := f.GetMargins(); f.GetY()+height > page-bottom {
		f.AddPage()
	}
	x, y := f.GetXY()
	for i := range cells {
		for k, text := range split[i] {
			f.SetXY(x, y+above+line*float64(k))
			f.CellFormat(widths[i], line, text, "", 0, "L", false, 0, "")
		}
		f.Line(x, y+height, x+widths[i], y+height)
		x += widths[i]
	}
	left, _, _, _ := f.GetMargins()
	f.SetXY(left, y+height)
}

// drawable leaves out what the font cannot draw.
func drawable(s string) string {
	return strings.Map(func(r rune) rune {
		if font.Has(r) {
			return r
		}
		return '·'
	}, s)
}
