package pdf

import "pleth/internal/report/page"

// The styles of the page; sizes in px as in the design.
var (
	titleStyle   = style{bold, 20, text, -0.02}
	bodyStyle    = style{regular, 11.5, text, 0}
	softStyle    = style{regular, 11.5, text2, 0}
	labelStyle   = style{regular, 10, text3, 0}
	valueStyle   = style{semibold, 11.5, text, 0}
	headStyle    = style{bold, 11.5, text, -0.003}
	asideStyle   = style{regular, 10, text2, 0}
	figureStyle  = style{bold, 19, text, -0.02}
	unitStyle    = style{regular, 11, text2, 0}
	noteStyle    = style{regular, 10, text2, 0}
	cellStyle    = style{regular, 10.5, text, 0}
	strongStyle  = style{bold, 10.5, text, 0}
	columnStyle  = style{semibold, 10, text2, 0}
	smallStyle   = style{regular, 9.5, text2, 0}
	tinyStyle    = style{regular, 8, text3, 0}
	headlineText = style{bold, 13, text, 0}
	sentenceText = style{regular, 12, text, 0}
)

// column is the width of one of two columns and the room between them.
const (
	between = 22.0
	column1 = (right - left - between) * 1.02 / 2.02
	column2 = right - left - between - column1
	second  = left + column1 + between
)

// Heights of lines, px.
const (
	headLine   = 20.1 // a heading of a section with the room below it
	columnLine = 18.0 // heads of columns
	rowWanted  = 20.9
	rowLeast   = 15.0
)

// night draws the page about one night.
func (s *sheet) night(p *page.Page, pages int) {
	y := s.header(p.Title, p.Date)
	end := bottom - s.footer(p, 1, pages)
	stack(s.nightBlocks(p), y, end-beforeFoot)
}

// beforeFoot is the room above the foot of a page, px.
const beforeFoot = 8.0

// nightBlocks returns the bands of the page about one night.
func (s *sheet) nightBlocks(p *page.Page) []block {
	return []block{
		s.fields(p),
		s.banner(p),
		s.figures(p),
		{
			least: headLine + 140 + 44 + 18, want: headLine + 186 + 70 + 4, grow: 1, most: 90,
			draw: func(y, h float64) { s.traces(p, y, h) },
		},
		s.columns(p),
		{
			least: 62, want: headLine + 72, grow: 1, most: 60,
			draw: func(y, h float64) { s.lastBand(p, y, h) },
		},
	}
}

// header draws title, subtitle and sign, and returns where the page goes on.
func (s *sheet) header(title, subtitle string) float64 {
	s.text(left, top+11.5, fromLeft, titleStyle, title)
	s.text(left, top+31, fromLeft, softStyle, s.cut(softStyle, subtitle, right-left-90))
	name := style{bold, 15, text, -0.02}
	s.text(right, top+11.5, fromRight, name, "pleth")
	s.logo(right-s.width(name, "pleth")-34, top+2.5)
	s.line(left, top+49, right, top+49, 2, text)
	return top + 50 + gapWanted
}

// logo draws the sign of pleth, 26 by 18 px, at x, y.
func (s *sheet) logo(x, y float64) {
	at := func(v float64) float64 { return (x + v/2) * pt }
	up := func(v float64) float64 { return (y + v/2) * pt }
	s.f.SetDrawColor(spo2.rgb())
	s.f.SetLineWidth(2 * pt)
	s.f.MoveTo(at(3), up(28))
	s.f.CurveBezierCubicTo(at(8), up(28), at(9), up(6), at(14), up(6))
	s.f.CurveBezierCubicTo(at(19), up(6), at(18), up(19), at(22), up(19))
	s.f.CurveBezierCubicTo(at(26), up(19), at(25), up(14), at(28), up(14))
	s.f.CurveBezierCubicTo(at(31), up(14), at(31), up(28), at(37), up(28))
	s.f.LineTo(at(49), up(28))
	s.f.DrawPath("D")
}

// fields draws patient, recording, device and conditions.
func (s *sheet) fields(p *page.Page) block {
	const room, blank = 22.0, 128.0
	widths := [4]float64{blank}
	for _, i := range []int{1, 3} {
		f := p.Fields[i]
		widths[i] = min(190, max(s.width(valueStyle, f.Value), s.width(labelStyle, f.Detail))+1)
	}
	widths[2] = right - left - 3*room - widths[0] - widths[1] - widths[3]
	device := s.wrap(valueStyle, p.Fields[2].Value, widths[2], 2)
	h := 30.0 + 14 + float64(len(device)-1)*14
	return block{least: h, want: h, draw: func(y, _ float64) {
		x := left
		for i, f := range p.Fields {
			s.text(x, y+7, fromLeft, labelStyle, f.Label)
			lines := []string{s.cut(valueStyle, f.Value, widths[i])}
			if i == 2 {
				lines = device
			}
			if f.Value == "" {
				s.line(x, y+28.5, x+widths[i], y+28.5, 0.8, text3)
			}
			for k, line := range lines {
				s.text(x, y+22+float64(k)*14, fromLeft, valueStyle, line)
			}
			s.text(x, y+37+float64(len(lines)-1)*14, fromLeft, labelStyle, s.cut(labelStyle, f.Detail, widths[i]))
			x += widths[i] + room
		}
	}}
}

// banner draws the headline and the sentences.
func (s *sheet) banner(p *page.Page) block {
	const inner = right - left - 12*2 - 3 - 23
	text := ""
	for _, sentence := range p.Lead {
		next := text
		if next != "" {
			next += " "
		}
		next += sentence
		// Whole sentences only.
		if text != "" && len(s.wrap(sentenceText, next, inner, 0)) > 3 {
			break
		}
		text = next
	}
	var lines []string
	if text != "" {
		lines = s.wrap(sentenceText, text, inner, 3)
	}
	headline := s.wrap(headlineText, p.Headline, inner, 2)
	h := 21 + 18.2*float64(len(headline)) + 16.8*float64(len(lines))
	return block{least: h, want: h, draw: func(y, h float64) {
		ink, ground := levelColour(p.Level), levelGround(p.Level)
		s.box(left+0.75, y+0.75, right-left-1.5, h-1.5, 8, 1.5, &ground, &ink)
		s.shape(p.Level, ink, left+20, y+19.5, 13)
		at := y + 10.5 + 9.1
		for _, line := range headline {
			s.text(left+36, at, fromLeft, headlineText, line)
			at += 18.2
		}
		at -= 0.7
		for _, line := range lines {
			s.text(left+36, at, fromLeft, sentenceText, line)
			at += 16.8
		}
	}}
}

// shape draws the sign of a level around x, y: circle, bar, triangle, diamond.
func (s *sheet) shape(l page.Level, c colour, x, y, size float64) {
	r := size / 2
	switch l {
	case page.Urgent:
		s.polygon(c, x, y-r, x+r, y, x, y+r, x-r, y)
	case page.Attention:
		s.polygon(c, x, y-r, x+r, y+r, x-r, y+r)
	case page.Note:
		s.fill(x-r, y-size*0.16, size, size*0.32, c)
	default:
		s.f.SetFillColor(c.rgb())
		s.f.Circle(x*pt, y*pt, r*pt*0.96, "F")
	}
}

// figures draws the six figures.
func (s *sheet) figures(p *page.Page) block {
	lines := 1
	w := (right - left - 2) / float64(len(p.Figures))
	notes := [len(p.Figures)][]string{}
	for i, f := range p.Figures {
		for _, n := range f.Notes {
			notes[i] = append(notes[i], s.wrap(noteStyle, n, w-18, 2)...)
		}
		notes[i] = notes[i][:min(2, len(notes[i]))]
		lines = max(lines, len(notes[i]))
	}
	h := 52.0 + 14*float64(lines)
	return block{least: h, want: h, draw: func(y, h float64) {
		edge := border
		s.box(left+0.5, y+0.5, right-left-1, h-1, 8, 1, nil, &edge)
		number := figureStyle
		if p.TooLittle {
			number.colour = text3
		}
		for i, f := range p.Figures {
			x := left + 1 + float64(i)*w
			if i > 0 {
				s.line(x, y+0.5, x, y+h-0.5, 1, border)
			}
			x += 10
			s.text(x, y+15, fromLeft, asideStyle, f.Label)
			s.text(x, y+33.5, fromLeft, number, f.Number)
			if f.Unit != "" {
				s.text(x+s.width(number, f.Number)+3.5, y+35.6, fromLeft, unitStyle, f.Unit)
			}
			for k, n := range notes[i] {
				s.text(x, y+52+14*float64(k), fromLeft, noteStyle, n)
			}
		}
	}}
}

// heading draws the title of a section and what stands at its right.
func (s *sheet) heading(x, w, y float64, title, aside string) {
	s.text(x, y+8, fromLeft, headStyle, title)
	if room := w - s.width(headStyle, title) - 12; aside != "" && room > 20 {
		s.text(x+w, y+8, fromRight, asideStyle, s.cut(asideStyle, aside, room))
	}
}

// traces draws the section with the trace of the night.
func (s *sheet) traces(p *page.Page, y, h float64) {
	s.heading(left, right-left, y, p.Trace.Title, p.Trace.Aside)
	h -= headLine + 18
	pulseHeight := 0.0
	if p.Trace.HasPulse {
		pulseHeight = min(52+8, h*0.23)
	}
	s.trace(p.Trace, y+headLine, h-pulseHeight+8, pulseHeight-8)
}
