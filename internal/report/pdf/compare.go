package pdf

import (
	"math"

	"pleth/internal/report/page"
)

// compare draws the page that sets the night beside the others.
func (s *sheet) compare(p *page.Page, pages int) {
	c := p.Compare
	y := s.header(c.Title, c.Subtitle)
	end := bottom - s.footer(p, 2, pages)
	stack(s.compareBlocks(p), y, end-beforeFoot)
}

// compareBlocks returns the bands of the second page.
func (s *sheet) compareBlocks(p *page.Page) []block {
	c := p.Compare
	rows := len(c.Nights)
	var blocks []block
	if c.Traces > 0 {
		blocks = append(blocks, block{least: headLine + 150, want: headLine + 215, grow: 1, most: 40, draw: func(y, h float64) { s.ribbon(p, y, h) }})
	}
	return append(blocks,
		block{least: headLine + columnLine + 17*float64(len(c.Rows)), want: headLine + columnLine + 22*float64(len(c.Rows)), draw: func(y, h float64) { s.places(p, y, h) }},
		block{least: headLine + 22*float64(rows) + 14, want: headLine + 33*float64(rows) + 16, draw: func(y, h float64) { s.strips(p, y, h) }})
}

// ribbon draws the lowest value of each five minutes: this night as a line,
// the others as their middle half and their 5 to 95 %.
func (s *sheet) ribbon(p *page.Page, y, h float64) {
	c, w := p.Compare, p.Words
	s.heading(left, right-left, y, w.ThroughTheNight, "")
	x := right
	for i := len(w.RibbonKey) - 1; i >= 0; i-- {
		if c.Traces < 3 && i > 0 {
			continue
		}
		x -= s.width(asideStyle, w.RibbonKey[i])
		s.text(x, y+8, fromLeft, asideStyle, w.RibbonKey[i])
		x -= 20
		switch i {
		case 0:
			s.line(x, y+8, x+15, y+8, 2, spo2)
		case 1:
			s.line(x, y+8, x+15, y+8, 1.5, previous)
		case 2:
			s.fill(x, y+4, 15, 8, previousSoft)
		case 3:
			s.fill(x, y+4, 15, 8, previousFar)
		}
		x -= 14
	}
	q := plot{left + axisLeft, right - left - axisLeft - axisRight, y + headLine, h - headLine - 18, c.Scale}
	at := func(t float64) float64 { return q.x + (t-c.From)/(c.To-c.From)*q.w }
	s.bands(q)
	s.valueLines(q, axisStyle)
	s.timeLines(q, c.Ticks, at)
	mid := func(i int) float64 { return at(c.From + (float64(i)+0.5)*300) }
	s.f.SetAlpha(0.55, "Normal")
	s.between(q, mid, c.Usual.P5, c.Usual.P95, previousSoft)
	s.between(q, mid, c.Usual.Q1, c.Usual.Q3, previous)
	s.f.SetAlpha(1, "Normal")
	s.limits(q, style{bold, 11, 0, 0})
	s.course(q, mid, c.Usual.Median, previous, 1.4)
	s.course(q, mid, c.This, spo2, 1.8)
	for _, t := range c.Ticks {
		s.text(at(t.At), q.y+q.h+10, centred, tickStyle, t.Label)
	}
}

// between fills the room between two courses where both are known.
func (s *sheet) between(q plot, x func(int) float64, low, high []float64, c colour) {
	for i := 0; i < len(low); {
		if math.IsNaN(low[i]) || math.IsNaN(high[i]) {
			i++
			continue
		}
		end := i
		for end < len(low) && !math.IsNaN(low[end]) && !math.IsNaN(high[end]) {
			end++
		}
		var xy []float64
		for k := i; k < end; k++ {
			xy = append(xy, x(k), q.at(high[k]))
		}
		for k := end - 1; k >= i; k-- {
			xy = append(xy, x(k), q.at(low[k]))
		}
		if end-i > 1 {
			s.polygon(c, xy...)
		}
		i = end
	}
}

// course draws a line through the values that are known.
func (s *sheet) course(q plot, x func(int) float64, v []float64, c colour, w float64) {
	s.f.SetDrawColor(c.rgb())
	s.f.SetLineWidth(w * pt)
	pen := false
	for i := range v {
		if math.IsNaN(v[i]) {
			pen = false
			continue
		}
		if !pen {
			s.move(x(i), q.at(v[i]))
		}
		s.to(x(i), q.at(v[i]))
		pen = true
	}
	s.f.DrawPath("D")
}

// places draws the table of figures with median, middle half and place.
func (s *sheet) places(p *page.Page, y, h float64) {
	c, w := p.Compare, p.Words
	s.heading(left, right-left, y, w.FiguresCompared, w.PlaceMeaning)
	y += headLine
	full := right - left
	cells := []cell{{0, fromLeft}, {full * 0.46, fromRight}, {full * 0.6, fromRight}, {full * 0.84, fromRight}, {full, fromRight}}
	s.heads(left, y, cells, w.PlaceHeads[:])
	y += columnLine
	row := (h - headLine - columnLine) / float64(max(1, len(c.Rows)))
	for _, r := range c.Rows {
		s.line(left, y, right, y, 1, border)
		for i, v := range []string{r.Label, r.Value, r.Median, r.Half, r.Place} {
			st := cellStyle
			if i == 1 {
				st = strongStyle
			}
			s.text(left+cells[i].x, y+row/2, cells[i].side, st, v)
		}
		y += row
	}
}

// strips draws one line for each night, all on one axis.
func (s *sheet) strips(p *page.Page, y, h float64) {
	c, w := p.Compare, p.Words
	title := w.NightsFromStart
	if c.ByClock {
		title = w.NightsOnOneClock
	}
	s.heading(left, right-left, y, title, w.BelowAndLowest)
	y += headLine
	row := min(33, (h-headLine-16)/float64(len(c.Nights)))
	const before, after = 96.0, 78.0
	q := plot{left + before, right - left - before - after, y, row - 5, c.Scale}
	at := func(t float64) float64 { return q.x + (t-c.From)/(c.To-c.From)*q.w }
	for _, n := range c.Nights {
		q.y = y + 2
		if n.This {
			s.fill(left-4, y, right-left+8, row, accentSoft)
		}
		s.line(left-4, y+row, right+4, y+row, 0.7, border)
		date, number := valueStyle, strongStyle
		date.size = 10.5
		s.text(left, y+row*0.32, fromLeft, date, n.Date)
		s.text(left, y+row*0.72, fromLeft, style{regular, 9.5, text2, 0}, n.Times)
		s.text(right, y+row*0.32, fromRight, number, n.Below)
		s.text(right, y+row*0.72, fromRight, style{regular, 9.5, text2, 0}, n.Lowest)
		if n.Trace == nil {
			s.text(q.x, y+row/2, fromLeft, labelStyle, w.NoTrace)
		} else {
			s.strip(q, n, at)
		}
		y += row
	}
	for _, t := range c.Ticks {
		s.text(at(t.At), y+10, centred, style{regular, 10, axis, 0}, t.Label)
	}
}

// strip draws the trace of one night.
func (s *sheet) strip(q plot, n page.Strip, at func(float64) float64) {
	a, z := at(n.From), at(n.From+float64(n.Trace.Span))
	inside := q
	inside.x, inside.w = a, z-a
	s.bands(inside)
	cols := n.Trace.Columns(0, float64(n.Trace.Span), max(1, int((z-a)*columnsPerPixel)))
	c := text2
	if n.This {
		c = spo2
	}
	s.f.SetDrawColor(c.rgb())
	s.f.SetLineWidth(0.7 * pt)
	pen, gap := false, -1.0
	for i, col := range cols {
		x := a + (float64(i)+0.5)/columnsPerPixel
		if !col.Any {
			if gap < 0 {
				gap = x - 0.5/columnsPerPixel
			}
			pen = false
			continue
		}
		if gap >= 0 {
			s.f.DrawPath("D")
			s.hatch(gap, q.y, x-gap, q.h)
			s.f.SetDrawColor(c.rgb())
			s.f.SetLineWidth(0.7 * pt)
			gap = -1
		}
		if !pen || col.Cut {
			s.move(x, q.at(float64(col.Max)))
		} else {
			s.to(x, q.at(float64(col.Max)))
		}
		s.to(x, q.at(float64(col.Min)))
		pen = true
	}
	s.f.DrawPath("D")
	if gap >= 0 {
		s.hatch(gap, q.y, z-gap, q.h)
	}
}
