package page

import (
	"fmt"

	"pleth"
	"pleth/internal/report/chart"
	"pleth/internal/report/format"
	"pleth/internal/signal"
	"pleth/internal/window"
)

// Trace is the signal of the night, ready to be drawn.
type Trace struct {
	Clock   format.Clock
	Seconds int    // length
	Name    string // of the SpO2 that was measured
	Title   string // what is drawn
	Aside   string // how it is drawn
	Label   string // the trace in one sentence, for those who do not see it

	SpO2, Smooth chart.Series
	Scale        chart.Scale
	Gaps         []chart.Gap

	HasPulse           bool
	Pulse, PulseSmooth chart.Series
	PulseScale         chart.Scale
	PulseGaps          []chart.Gap

	// The same at 1 Hz, exact.
	Grid, PulseGrid *window.Grid
}

// Tick is one mark of the time axis.
type Tick struct {
	At    float64 // seconds since the start
	Label string
}

// Ticks returns at most most marks of the time axis.
func (t *Trace) Ticks(most int) []Tick {
	step := chart.TimeStep(float64(t.Seconds), most)
	var ticks []Tick
	for _, at := range chart.TimeTicks(t.Clock.DaySeconds(), float64(t.Seconds), step) {
		label := t.Clock.HM(at)
		if step < 60 {
			label = t.Clock.HMS(at)
		}
		ticks = append(ticks, Tick{at, label})
	}
	return ticks
}

// gapSeconds is the shortest gap that is drawn; metrics reference: segment gap.
const gapSeconds = 30

func (b *builder) trace() {
	d := b.in.Night.Derived
	n := max(1, int((d.Span+signal.Second-1)/signal.Second))
	t := &Trace{Clock: b.clock, Seconds: n, Grid: &d.Grid, PulseGrid: &d.Pulse}
	minimum := max(gapSeconds, int(d.Interval*5/2/signal.Second))
	t.SpO2 = chart.Of(&d.Grid, n)
	t.Smooth = chart.Smooth(&d.Grid, chart.SmoothSeconds, n)
	t.Gaps = t.SpO2.Gaps(minimum)
	low, _, ok := t.SpO2.Range()
	if !ok {
		low = 100
	}
	t.Scale = chart.SpO2Scale(float64(low))

	t.Pulse = chart.Of(&d.Pulse, n)
	var high float32
	low, high, t.HasPulse = t.Pulse.Range()
	if t.HasPulse {
		t.PulseSmooth = chart.Smooth(&d.Pulse, chart.SmoothSeconds, n)
		t.PulseScale = chart.PulseScale(float64(low), float64(high))
		t.PulseGaps = t.Pulse.Gaps(minimum)
	}
	switch b.in.Night.Session.Header.Timeline() {
	case pleth.SpO2PreDuctal:
		t.Name = b.w.SpO2Pre
	case pleth.SpO2PostDuctal:
		t.Name = b.w.SpO2Post
	default:
		t.Name = b.w.SpO2
	}
	t.Title, t.Aside = fmt.Sprintf(b.w.TraceAndPulse, t.Name), b.w.TraceKey
	if !t.HasPulse {
		t.Title, t.Aside = t.Name, b.w.NoPulse+" · "+t.Aside
	}
	if !t.Clock.Known() {
		t.Aside = b.w.FromStart + " · " + t.Aside
	}
	t.Label = fmt.Sprintf(b.w.TraceLabel, t.Name, t.Clock.HM(0), t.Clock.HM(b.span),
		format.Number(b.metric("spo2.mean"), 1), format.Level(b.metric("spo2.min")), format.Number(b.metric("odi4.count"), 0), fmt.Sprint(len(t.Gaps)))
	b.page.Trace = t
}
