package html

import (
	"fmt"
	"math"

	"pleth/internal/report/chart"
	"pleth/internal/report/page"
)

// compare is the section that sets the night beside the others.
type compare struct {
	C           *page.Compare
	Ribbon      bool
	Label       string
	Lines       []line
	Bands       []rect
	Limits      []limit
	Ticks       []tick
	ViewBox     string
	Far, Half   string
	Median, Own string
	StripsTitle string
	Strips      []strip
}

type strip struct {
	page.Strip
	X, W    string
	ViewBox string
	Path    string
	Bands   []rect
	Gaps    []span
}

func compared(p *page.Page) *compare {
	c := p.Compare
	v := &compare{C: c, Ribbon: c.Traces > 0, Label: fmt.Sprintf(p.Words.HTML.RibbonLabel, c.Traces),
		Lines: lines(c.Scale), Bands: bands(c.Scale), Limits: limits(c.Scale), StripsTitle: p.Words.NightsFromStart}
	if c.ByClock {
		v.StripsTitle = p.Words.NightsOnOneClock
	}
	v.Ticks = ticks(c.Ticks, c.From, c.To)
	n := (c.To - c.From) / chart.RibbonSeconds
	v.ViewBox = fmt.Sprintf("0 %s %s %s", num(-c.Scale.High), num(n), num(c.Scale.High-c.Scale.Low))
	v.Far, v.Half = area(c.Usual.P5, c.Usual.P95), area(c.Usual.Q1, c.Usual.Q3)
	v.Median, v.Own = course(c.Usual.Median), course(c.This)
	for _, s := range c.Nights {
		v.Strips = append(v.Strips, stripOf(c, s))
	}
	return v
}

// course is a line through the values that are known.
func course(values []float64) string {
	var p path
	pen := false
	for i, v := range values {
		if math.IsNaN(v) {
			pen = false
			continue
		}
		if pen {
			p.op('L', float64(i)+.5, -v)
		} else {
			p.op('M', float64(i)+.5, -v)
			p.op('h', 0)
		}
		pen = true
	}
	return p.String()
}

// area is the room between two courses where both are known.
func area(low, high []float64) string {
	var p path
	for i := 0; i < len(low); {
		end := i
		for end < len(low) && !math.IsNaN(low[end]) && !math.IsNaN(high[end]) {
			end++
		}
		if end-i > 1 {
			for k := i; k < end; k++ {
				p.op(letter(k == i), float64(k)+.5, -high[k])
			}
			for k := end - 1; k >= i; k-- {
				p.op('L', float64(k)+.5, -low[k])
			}
			p.op('Z')
		}
		i = max(end, i+1)
	}
	return p.String()
}

func letter(first bool) byte {
	if first {
		return 'M'
	}
	return 'L'
}

// stripColumns is how many columns the trace of one night in a strip has.
const stripColumns = 500

func stripOf(c *page.Compare, s page.Strip) strip {
	v := strip{Strip: s}
	if s.Trace == nil {
		return v
	}
	length := c.To - c.From
	v.X, v.W = percent((s.From-c.From)/length), percent(float64(s.Trace.Span)/length)
	v.ViewBox = fmt.Sprintf("0 %s %d %s", num(-c.Scale.High), stripColumns, num(c.Scale.High-c.Scale.Low))
	v.Bands = bands(c.Scale)
	var p path
	pen, gap := false, -1
	cols := s.Trace.Columns(0, float64(s.Trace.Span), stripColumns)
	for i := range len(cols) + 1 {
		if i < len(cols) && !cols[i].Any {
			if gap < 0 {
				gap = i
			}
			pen = false
			continue
		}
		if gap >= 0 {
			v.Gaps = append(v.Gaps, span{X: percent(float64(gap) / stripColumns), W: percent(float64(i-gap) / stripColumns)})
			gap = -1
		}
		if i == len(cols) {
			break
		}
		col, x := cols[i], float64(i)+.5
		p.op(letter(!pen || col.Cut), x, float64(-col.Max))
		if col.Min == col.Max {
			p.op('h', 0)
		} else {
			p.op('V', float64(-col.Min))
		}
		pen = true
	}
	v.Path = p.String()
	return v
}
