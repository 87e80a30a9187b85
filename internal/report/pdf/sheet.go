package pdf

import (
	"fmt"
	"strings"

	"codeberg.org/go-pdf/fpdf"

	"pleth/internal/report/font"
	"pleth/internal/report/format"
)

// A page is laid out in CSS pixels of 1/96 inch, as the design is, and drawn
// in points.
const (
	pt     = 0.75
	width  = 793.7 // of A4, px
	height = 1122.5
	left   = 40.0
	right  = width - 40
	top    = 34.0
	bottom = height - 26
)

// weight is one of the embedded fonts.
type weight string

const (
	regular  weight = "Inter-Regular"
	semibold weight = "Inter-SemiBold"
	bold     weight = "Inter-Bold"
)

// style is how a text looks.
type style struct {
	weight   weight
	size     float64 // px
	colour   colour
	tracking float64 // em
}

// align says which end of a text its x is.
type align uint8

const (
	fromLeft align = iota
	fromRight
	centred
)

// sheet draws on the current page of a PDF. Coordinates are px from the top
// left. Lines of text are placed by the middle of their line box.
type sheet struct {
	f        *fpdf.Fpdf
	has      map[weight]map[rune]bool
	now      style
	nowSet   bool
	tracking float64
}

func newSheet() *sheet {
	f := fpdf.New("P", "pt", "A4", "")
	f.SetMargins(0, 0, 0)
	f.SetAutoPageBreak(false, 0)
	f.SetCatalogSort(true)
	f.SetCompression(true)
	s := &sheet{f: f, has: map[weight]map[rune]bool{}}
	for w, b := range map[weight][]byte{regular: font.Regular(), semibold: font.SemiBold(), bold: font.Bold()} {
		f.AddUTF8FontFromBytes(string(w), "", b)
	}
	f.SetLineCapStyle("round")
	f.SetLineJoinStyle("round")
	return s
}

// page begins a new page.
func (s *sheet) page() {
	s.f.AddPage()
	s.nowSet, s.tracking = false, 0
}

// use makes st the current style.
func (s *sheet) use(st style) {
	if s.nowSet && s.now == st {
		return
	}
	s.f.SetFont(string(st.weight), "", st.size*pt)
	s.f.SetTextColor(st.colour.rgb())
	if st.tracking != s.tracking || !s.nowSet {
		s.f.RawWriteStr(fmt.Sprintf("%.3f Tc", st.tracking*st.size*pt))
		s.tracking = st.tracking
	}
	s.now, s.nowSet = st, true
}

// printable returns text with what the fonts can draw: one kind of blank, so
// that a reader can search for "95 %", and a question mark for what they lack.
func printable(text string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == []rune(format.Thin)[0] || r == []rune(format.Joined)[0]:
			return ' '
		case !font.Has(r):
			return '?'
		}
		return r
	}, text)
}

// width returns how wide text is.
func (s *sheet) width(st style, text string) float64 {
	s.use(st)
	text = printable(text)
	return s.f.GetStringWidth(text)/pt + float64(len([]rune(text)))*st.tracking*st.size
}

// text draws one line of text whose middle is at y.
func (s *sheet) text(x, y float64, a align, st style, text string) {
	if text == "" {
		return
	}
	switch a {
	case fromRight:
		x -= s.width(st, text)
	case centred:
		x -= s.width(st, text) / 2
	}
	s.use(st)
	// Inter stands 0.969 above and 0.241 below its base line.
	s.f.Text(x*pt, (y+0.364*st.size)*pt, printable(text))
}

// cut returns text shortened to fit into w, with an ellipsis.
func (s *sheet) cut(st style, text string, w float64) string {
	if s.width(st, text) <= w {
		return text
	}
	r := []rune(text)
	for n := len(r) - 1; n > 0; n-- {
		if short := strings.TrimRight(string(r[:n]), " ") + "…"; s.width(st, short) <= w {
			return short
		}
	}
	return "…"
}

// wrap breaks text at blanks into lines not wider than w. What does not fit
// into most lines is cut and marked; most 0 means as many as needed.
func (s *sheet) wrap(st style, text string, w float64, most int) []string {
	var lines []string
	line := ""
	words := strings.Split(text, " ")
	for i, word := range words {
		next := word
		if line != "" {
			next = line + " " + word
		}
		if line == "" || s.width(st, next) <= w {
			line = next
			continue
		}
		if most > 0 && len(lines) == most-1 {
			return append(lines, s.cut(st, line+" "+strings.Join(words[i:], " "), w))
		}
		lines, line = append(lines, s.cut(st, line, w)), word
	}
	return append(lines, s.cut(st, line, w))
}

// line draws a straight line.
func (s *sheet) line(x1, y1, x2, y2, w float64, c colour) {
	s.f.SetDrawColor(c.rgb())
	s.f.SetLineWidth(w * pt)
	s.f.Line(x1*pt, y1*pt, x2*pt, y2*pt)
}

// dashed draws a straight line of dashes; nil is solid.
func (s *sheet) dashed(x1, y1, x2, y2, w float64, c colour, dashes []float64) {
	if dashes != nil {
		s.f.SetLineCapStyle("butt")
		s.f.SetDashPattern(scaled(dashes), 0)
	}
	s.line(x1, y1, x2, y2, w, c)
	if dashes != nil {
		s.f.SetDashPattern(nil, 0)
		s.f.SetLineCapStyle("round")
	}
}

func scaled(v []float64) []float64 {
	out := make([]float64, len(v))
	for i := range v {
		out[i] = v[i] * pt
	}
	return out
}

// fill draws a filled rectangle.
func (s *sheet) fill(x, y, w, h float64, c colour) {
	s.f.SetFillColor(c.rgb())
	s.f.Rect(x*pt, y*pt, w*pt, h*pt, "F")
}

// box draws a rounded rectangle: filled if ground is given, with an edge if
// edge is.
func (s *sheet) box(x, y, w, h, radius, lineWidth float64, ground, edge *colour) {
	mode := ""
	if ground != nil {
		s.f.SetFillColor(ground.rgb())
		mode += "F"
	}
	if edge != nil {
		s.f.SetDrawColor(edge.rgb())
		s.f.SetLineWidth(lineWidth * pt)
		mode += "D"
	}
	s.f.RoundedRect(x*pt, y*pt, w*pt, h*pt, radius*pt, "1234", mode)
}

// polygon fills the polygon through the given x, y pairs.
func (s *sheet) polygon(c colour, xy ...float64) {
	points := make([]fpdf.PointType, 0, len(xy)/2)
	for i := 0; i+1 < len(xy); i += 2 {
		points = append(points, fpdf.PointType{X: xy[i] * pt, Y: xy[i+1] * pt})
	}
	s.f.SetFillColor(c.rgb())
	s.f.Polygon(points, "F")
}

// hatch fills a rectangle with the pattern of a gap.
func (s *sheet) hatch(x, y, w, h float64) {
	s.f.ClipRect(x*pt, y*pt, w*pt, h*pt, false)
	s.fill(x, y, w, h, surface2)
	s.f.SetDrawColor(hatching.rgb())
	s.f.SetLineWidth(1 * pt)
	for k := x - h; k < x+w; k += 6 {
		s.f.MoveTo(k*pt, (y+h)*pt)
		s.f.LineTo((k+h)*pt, y*pt)
	}
	s.f.DrawPath("D")
	s.f.ClipEnd()
}
