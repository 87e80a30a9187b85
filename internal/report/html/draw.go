package html

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"pleth/internal/report/chart"
	"pleth/internal/report/page"
)

// Positions in a chart are per cent of its field, so that it can have any size.

type line struct{ Y, Label string }

type limit struct {
	Y     string
	Class page.Band
	Down  string // px from there to the base line of its number
}

type rect struct{ Class, Y, H string }

type span struct {
	X, W string
	Band page.Band
}

type tick struct {
	X, Label string
	Odd      bool // left out where there is little room
}

type panel struct {
	Name             string
	Lines            []line
	Bands            []rect
	Limits           []limit
	Gaps             []span
	ViewBox          string
	Raw, Low, Smooth string
}

type piece struct {
	X, Y, W, H string
	Band       page.Band
}

type bar struct {
	X, Label string
	Parts    []piece
	This     bool
}

// num returns v with at most two decimals.
func num(v float64) string {
	s := strconv.FormatFloat(v, 'f', 2, 64)
	if s = strings.TrimRight(strings.TrimRight(s, "0"), "."); s == "-0" {
		return "0"
	}
	return s
}

func percent(part float64) string { return num(100 * part) }

// columns is how many columns the field of the whole night is drawn with
// before the script knows how wide it is.
const columns = 1100

func (v *view) draw(p *page.Page) {
	t := p.Trace
	seconds := float64(t.Seconds)
	v.Ticks = ticks(t.Ticks(12), 0, seconds)
	spo2 := panel{Name: "spo2", Lines: lines(t.Scale), Bands: bands(t.Scale), Limits: limits(t.Scale), Gaps: gaps(t.Gaps, seconds)}
	spo2.trace(t.SpO2, t.Smooth, t.Scale)
	v.Panels = append(v.Panels, spo2)
	if t.HasPulse {
		pulse := panel{Name: "pulse", Lines: lines(t.PulseScale), Gaps: gaps(t.PulseGaps, seconds)}
		pulse.trace(t.Pulse, t.PulseSmooth, t.PulseScale)
		pulse.Low = ""
		v.Panels = append(v.Panels, pulse)
	}
	v.InTime, v.Deepest = inTime(p.Dips), p.Dips[:min(deepest, len(p.Dips))]
	for _, d := range v.InTime {
		v.Marks = append(v.Marks, span{percent(d.StartS / seconds), num(max(0.2, 100*(d.EndS-d.StartS)/seconds)), d.Band})
	}
	at := 0.0
	for _, r := range p.Ranges {
		if r.Part > 0 {
			v.Parts = append(v.Parts, span{percent(at), num(max(0.4, 100*r.Part)), r.Band})
			at += r.Part
		}
	}
	if len(p.Trend) > 1 {
		v.Trend, v.TrendLines = trend(p.Trend)
	}
	v.Levels, v.LevelLines = levels(p.Levels)
	if p.Compare != nil {
		v.Compare = compared(p)
	}
}

// ticks places the marks of a time axis; those at its very ends have no room.
func ticks(all []page.Tick, from, to float64) (out []tick) {
	for i, t := range all {
		if at := (t.At - from) / (to - from); at > .03 && at < .97 {
			out = append(out, tick{percent(at), t.Label, i%2 == 1})
		}
	}
	return out
}

func lines(s chart.Scale) (out []line) {
	for _, t := range s.Ticks {
		out = append(out, line{percent(s.Pos(t)), num(t)})
	}
	return out
}

func bands(s chart.Scale) (out []rect) {
	edges := [...]float64{90, 88, 85, s.Low}
	for i, class := range []string{"b90", "b88", "b85"} {
		y := s.Pos(edges[i])
		out = append(out, rect{class, percent(y), percent(s.Pos(edges[i+1]) - y)})
	}
	return out
}

// limits places the lines at 90, 88 and 85. Where they are near to each other,
// their numbers give way.
func limits(s chart.Scale) (out []limit) {
	const height, apart, middle = 220, 11, 4 // px: of the field on a phone, between numbers, of a number
	px := func(v float64) float64 { return s.Pos(v) * height }
	for _, b := range []page.Band{90, 88, 85} {
		down := 0.0
		switch b {
		case 90:
			down = min(0, px(88)-apart-px(90))
		case 85:
			down = max(0, px(88)+apart-px(85))
		}
		out = append(out, limit{percent(s.Pos(float64(b))), b, num(middle + down)})
	}
	return out
}

func gaps(gaps []chart.Gap, seconds float64) (out []span) {
	for _, g := range gaps {
		out = append(out, span{X: percent(float64(g.Start) / seconds), W: num(max(0.1, 100*float64(g.End-g.Start)/seconds))})
	}
	return out
}

// path collects the d of an SVG path.
type path struct{ b []byte }

func (p *path) op(letter byte, v ...float64) {
	p.b = append(p.b, letter)
	for i, n := range v {
		if i > 0 {
			p.b = append(p.b, ' ')
		}
		p.b = append(p.b, num(n)...)
	}
}

func (p *path) String() string { return string(p.b) }

// trace makes the paths of the whole night: the lowest to highest value of
// each column, what of that is below 90, and the middle of the smoothed line.
// Values stand at their negative, as SVG counts downwards.
func (p *panel) trace(v, smooth chart.Series, s chart.Scale) {
	n := min(columns, len(v))
	p.ViewBox = fmt.Sprintf("0 %s %d %s", num(-s.High), n, num(s.High-s.Low))
	var raw, low, line path
	pen := false
	for i, c := range v.Columns(0, len(v), n) {
		if !c.Any {
			pen = false
			continue
		}
		x := float64(i) + .5
		if pen && !c.Cut {
			raw.op('L', x, float64(-c.First))
		} else {
			raw.op('M', x, float64(-c.First))
		}
		if c.Min == c.Max {
			raw.op('h', 0)
		} else {
			raw.op('V', float64(-c.Min))
			raw.op('V', float64(-c.Max))
			raw.op('V', float64(-c.Last))
		}
		if c.Min < 90 {
			low.op('M', x, -float64(min(90, c.Max)))
			low.op('V', float64(-c.Min))
		}
		pen = true
	}
	pen = false
	for i, c := range smooth.Columns(0, len(smooth), n) {
		if !c.Any {
			pen = false
			continue
		}
		x, y := float64(i)+.5, -float64(c.Min+c.Max)/2
		if pen && !c.Cut {
			line.op('L', x, y)
		} else {
			line.op('M', x, y)
			line.op('h', 0)
		}
		pen = true
	}
	p.Raw, p.Low, p.Smooth = raw.String(), low.String(), line.String()
}

// The field of the small charts inside their SVG, as parts of it.
const (
	barLeft  = 0.06
	barFoot  = 0.84
	barUpper = 0.04
)

// foot returns where v lies in a small chart.
func foot(s chart.Scale, v float64) float64 { return barUpper + s.Pos(v)*(barFoot-barUpper) }

func barLines(s chart.Scale) (out []line) {
	for _, t := range s.Ticks {
		out = append(out, line{percent(foot(s, t)), num(t)})
	}
	return out
}

// trend makes the bars of the nights.
func trend(nights []page.Bar) (bars []bar, lines []line) {
	high := 0.0
	for _, n := range nights {
		sum := 0.0
		for _, v := range n.Parts {
			sum += v
		}
		high = max(high, sum)
	}
	s := chart.CountScale(high)
	step := (1 - barLeft) / float64(max(14, len(nights)))
	for i, n := range nights {
		x := barLeft + (float64(i)+.12)*step
		b := bar{X: percent(x + step*.31), Label: n.Label, This: n.This}
		top := 0.0
		for k, band := range []page.Band{85, 88, 90} {
			if k < len(n.Parts) && n.Parts[k] > 0 {
				y := foot(s, top+n.Parts[k])
				b.Parts = append(b.Parts, piece{percent(x), percent(y), percent(step * .62), percent(foot(s, top) - y), band})
				top += n.Parts[k]
			}
		}
		bars = append(bars, b)
	}
	return bars, barLines(s)
}

// levels makes the bars of the time at each level.
func levels(all []page.Bar) (bars []bar, lines []line) {
	high := 0.0
	for _, l := range all {
		high = max(high, l.Parts[0])
	}
	s := chart.CountScale(high)
	step := (1 - barLeft) / float64(max(1, len(all)))
	for i, l := range all {
		x := barLeft + (float64(i)+.14)*step
		b := bar{X: percent(x + step*.36)}
		if (len(all)-1-i)%5 == 0 {
			b.Label = l.Label
		}
		if v := l.Parts[0]; v > 0 {
			h := math.Max(0.01, foot(s, 0)-foot(s, v))
			b.Parts = []piece{{percent(x), percent(foot(s, 0) - h), percent(step * .72), percent(h), l.Band}}
		}
		bars = append(bars, b)
	}
	return bars, barLines(s)
}
