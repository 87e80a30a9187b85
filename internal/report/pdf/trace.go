package pdf

import (
	"fmt"

	"pleth/internal/report/chart"
	"pleth/internal/report/page"
)

// plot is the frame of a chart: x of its plain and the y of its values.
type plot struct {
	x, w  float64
	y, h  float64
	scale chart.Scale
}

func (p plot) at(v float64) float64 { return p.y + p.scale.Pos(v)*p.h }

// Room beside the plain of a chart for the numbers of its axes.
const (
	axisLeft  = 26.0
	axisRight = 22.0
)

var (
	axisStyle = style{regular, 10.5, axis, 0}
	tickStyle = style{regular, 10.5, axis, 0}
)

// trace draws SpO2 and pulse on one time axis. It returns the height it took.
func (s *sheet) trace(t *page.Trace, y, spo2Height, pulseHeight float64) float64 {
	p := plot{left + axisLeft, right - left - axisLeft - axisRight, y, spo2Height - 8, t.Scale}
	seconds := float64(t.Seconds)
	x := func(at float64) float64 { return p.x + at/seconds*p.w }
	ticks := t.Ticks(12)

	s.bands(p)
	s.valueLines(p, axisStyle)
	s.timeLines(p, ticks, x)
	s.limits(p, style{bold, 11, 0, 0})
	s.gaps(p, t.Gaps, x)
	s.raw(p, t.SpO2)
	s.smooth(p, t.Smooth, spo2, 1.3)

	q := plot{p.x, p.w, y + spo2Height, pulseHeight, t.PulseScale}
	end := y + spo2Height - 8
	if t.HasPulse {
		s.valueLines(q, axisStyle)
		s.timeLines(q, ticks, x)
		s.gaps(q, t.PulseGaps, x)
		s.extremes(q, t.Pulse, pulseRaw, 0.7)
		s.smooth(q, t.PulseSmooth, pulse, 1.2)
		end = q.y + q.h
	}
	for _, tick := range ticks {
		if at := x(tick.At); at > p.x+12 && at < p.x+p.w-12 {
			s.text(at, end+10, centred, tickStyle, tick.Label)
		}
	}
	return end + 18 - y
}

// bands draws the grounds below 90, 88 and 85.
func (s *sheet) bands(p plot) {
	edges := []float64{90, 88, 85, p.scale.Low}
	for i, b := range []page.Band{90, 88, 85} {
		y := p.at(edges[i])
		s.fill(p.x, y, p.w, p.at(edges[i+1])-y, bandGround[b])
	}
}

// limits draws the lines at 90, 88 and 85, each in its own pattern, with its
// number at the right edge.
func (s *sheet) limits(p plot, st style) {
	const apart = 10.5 // px between the numbers, where the lines are nearer
	for _, b := range []page.Band{90, 88, 85} {
		y := p.at(float64(b))
		s.dashed(p.x, y, p.x+p.w, y, 1, bandFill[b], bandDashes[b])
		switch b {
		case 90:
			y = min(y, p.at(88)-apart)
		case 85:
			y = max(y, p.at(88)+apart)
		}
		st.colour = bandInk[b]
		s.text(p.x+p.w+axisRight, y, fromRight, st, fmt.Sprint(int(b)))
	}
}

func (s *sheet) valueLines(p plot, st style) {
	for _, v := range p.scale.Ticks {
		s.line(p.x, p.at(v), p.x+p.w, p.at(v), 1, grid)
		s.text(p.x-8, p.at(v), fromRight, st, fmt.Sprint(v))
	}
}

func (s *sheet) timeLines(p plot, ticks []page.Tick, x func(float64) float64) {
	for _, t := range ticks {
		s.line(x(t.At), p.y, x(t.At), p.y+p.h, 1, grid)
	}
}

// gaps hatches where there is no signal; each is at least half a pixel wide.
func (s *sheet) gaps(p plot, gaps []chart.Gap, x func(float64) float64) {
	for _, g := range gaps {
		a := x(float64(g.Start))
		s.hatch(a, p.y, max(0.5, x(float64(g.End))-a), p.h)
	}
}

// columnsPerPixel is how finely a trace is reduced.
const columnsPerPixel = 2

// raw draws every value of SpO2 as the lowest and highest of each column,
// faint above 90 and in full below, so that no dip is lost in the smoothed line.
func (s *sheet) raw(p plot, v chart.Series) {
	s.extremes(p, v, spo2Raw, 0.7)
	if low, _, ok := v.Range(); !ok || low >= 90 {
		return
	}
	y := p.at(90)
	s.f.ClipRect(p.x*pt, y*pt, p.w*pt, (p.y+p.h-y)*pt, false)
	s.extremes(p, v, spo2, 0.6)
	s.f.ClipEnd()
}

// extremes draws the lowest and highest value of each column of time.
func (s *sheet) extremes(p plot, v chart.Series, c colour, w float64) {
	s.f.SetDrawColor(c.rgb())
	s.f.SetLineWidth(w * pt)
	cols := v.Columns(0, len(v), int(p.w*columnsPerPixel))
	pen := false
	for i, col := range cols {
		if !col.Any {
			pen = false
			continue
		}
		x := p.x + (float64(i)+0.5)/columnsPerPixel
		if !pen || col.Cut {
			s.move(x, p.at(float64(col.First)))
			if col.Min == col.Max {
				s.to(x, p.at(float64(col.First)))
			}
		} else {
			s.to(x, p.at(float64(col.First)))
		}
		if col.Min != col.Max {
			s.to(x, p.at(float64(col.Min)))
			s.to(x, p.at(float64(col.Max)))
			s.to(x, p.at(float64(col.Last)))
		}
		pen = true
	}
	s.f.DrawPath("D")
}

// smooth draws the middle of the smoothed values of each column.
func (s *sheet) smooth(p plot, v chart.Series, c colour, w float64) {
	s.f.SetDrawColor(c.rgb())
	s.f.SetLineWidth(w * pt)
	pen := false
	for i, col := range v.Columns(0, len(v), int(p.w*columnsPerPixel)) {
		if !col.Any {
			pen = false
			continue
		}
		x, y := p.x+(float64(i)+0.5)/columnsPerPixel, p.at(float64(col.Min+col.Max)/2)
		if pen && !col.Cut {
			s.to(x, y)
		} else {
			s.move(x, y)
			s.to(x, y)
		}
		pen = true
	}
	s.f.DrawPath("D")
}

func (s *sheet) move(x, y float64) { s.f.MoveTo(x*pt, y*pt) }
func (s *sheet) to(x, y float64)   { s.f.LineTo(x*pt, y*pt) }
