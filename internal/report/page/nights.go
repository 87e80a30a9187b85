package page

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"pleth/internal/analysis"
	"pleth/internal/report/chart"
	"pleth/internal/report/format"
)

// Compare sets the night beside its reference nights.
type Compare struct {
	Title, Subtitle string
	Rows            []Place
	Nights          []Strip // this night first, then from the latest to the earliest
	ByClock         bool    // the nights are aligned by the time of day, else by their start
	From, To        float64 // of the time axis, seconds since noon or since the start
	Ticks           []Tick  // on that axis
	Scale           chart.Scale

	// The lowest value of each five minutes from From on; nil without traces.
	This   []float64
	Usual  chart.Ribbon
	Traces int // reference nights with a trace
}

// Place is where one figure of the night stands.
type Place struct{ Label, Value, Median, Half, Place string }

// Strip is one night of the comparison.
type Strip struct {
	ID                         string // of the session
	Date, Times, Below, Lowest string
	This                       bool
	From                       float64      // of its start, on the axis of Compare
	Trace                      *chart.Strip // nil: not at hand
}

// compared are the metrics that are set beside those of other nights.
var compared = [...]string{"below.90.seconds", "below.88.seconds", "below.85.seconds", "odi4.per_h", "odi3.per_h", "spo2.min",
	"spo2.mean", "spo2.median", "spo2.p5", "pulse.mean", "time.valid_s"}

// peers returns this night and its reference nights, the earliest first; nil
// if there are none.
func (b *builder) peers() []*analysis.Night {
	if b.place == nil {
		return nil
	}
	var nights []*analysis.Night
	for i := range b.doc.Comparison.Nights {
		if n := &b.doc.Comparison.Nights[i]; n.ID == b.s.ID || slices.Contains(b.place.Reference, n.ID) {
			nights = append(nights, n)
		}
	}
	return nights
}

// wall returns the wall time of a document's stamp, as if it were UTC.
func wall(stamp *string) (time.Time, bool) {
	const form = "2006-01-02T15:04:05"
	if stamp == nil || len(*stamp) < len(form) {
		return time.Time{}, false
	}
	t, err := time.Parse(form, (*stamp)[:len(form)])
	return t, err == nil
}

// nights makes the bars of the trend.
func (b *builder) nights() {
	nights := b.peers()
	for i, n := range nights {
		bar := Bar{Label: fmt.Sprint(i + 1), This: n.ID == b.s.ID, Text: format.Dash}
		if t, ok := wall(n.Start); ok {
			bar.Label = fmt.Sprint(t.Day())
		}
		b90, ok90 := n.Metrics["below.90.seconds"]
		b88, ok88 := n.Metrics["below.88.seconds"]
		b85, ok85 := n.Metrics["below.85.seconds"]
		if ok90 && ok88 && ok85 {
			bar.Parts = []float64{b85 / 60, (b88 - b85) / 60, (b90 - b88) / 60}
			bar.Text = format.Short(b90)
		}
		b.page.Trend = append(b.page.Trend, bar)
	}
	if n := len(nights); n > 0 {
		title := b.w.TrendTitle
		if nights[n-1].ID == b.s.ID {
			title = b.w.TrendTitleLast
		}
		b.page.TrendTitle = fmt.Sprintf(title, n)
	}
}

// compare makes the second page.
func (b *builder) compare() {
	nights := b.peers()
	if len(nights) < 2 {
		return
	}
	c := &Compare{Rows: b.places(), ByClock: !b.in.FromStart, Scale: chart.SpO2Scale(b.metric("spo2.min"))}
	for _, n := range nights {
		if _, ok := wall(n.Start); !ok {
			c.ByClock = false
		}
	}
	others := len(nights) - 1
	c.Title = fmt.Sprintf(b.w.CompareTitle, b.nightName(), b.count(others))
	c.Subtitle = b.w.ComparedFromStart
	if c.ByClock {
		c.Subtitle = b.w.ComparedByClock
	}
	order := map[string]int{}
	for i, n := range nights {
		order[n.ID] = i + 1
	}
	slices.Reverse(nights)
	slices.SortStableFunc(nights, func(x, y *analysis.Night) int {
		return boolInt(y.ID == b.s.ID) - boolInt(x.ID == b.s.ID)
	})
	for _, n := range nights {
		s := b.strip(n, c.ByClock)
		if s.Date == "" {
			s.Date = fmt.Sprintf(b.w.NightNumber, order[n.ID])
		}
		c.Nights = append(c.Nights, s)
	}
	b.axis(c)
	b.ribbon(c)
	b.page.Compare = c
}

func boolInt(v bool) int {
	if v {
		return 1
	}
	return 0
}

// nightName returns the day of the night in short.
func (b *builder) nightName() string {
	if b.clock.Known() {
		return b.w.ShortDate(b.clock.At(0))
	}
	return b.w.ThisNight
}

// count returns "1 other night", "13 other nights".
func (b *builder) count(n int) string {
	if n == 1 {
		return fmt.Sprintf(b.w.OtherNight, n)
	}
	return fmt.Sprintf(b.w.OtherNights, n)
}

func (b *builder) places() []Place {
	var rows []Place
	for _, id := range compared {
		p, ok := b.place.Metrics[id]
		if !ok {
			continue
		}
		rows = append(rows, Place{b.w.Metric(id), value(id, p.Value), value(id, p.Median),
			value(id, p.Q1) + " – " + value(id, p.Q3), fmt.Sprintf(b.w.Place, p.Rank, p.Of)})
	}
	return rows
}

// value returns the value of a metric with its unit, by the form of its id.
func value(id string, v float64) string {
	switch {
	case strings.HasPrefix(id, "time.") && strings.HasSuffix(id, "_s"):
		return format.Duration(v)
	case strings.HasSuffix(id, ".seconds") || strings.HasSuffix(id, "_s"):
		return format.Short(v)
	case id == "spo2.min" || id == "spo2.max":
		return format.With(format.Level(v), "%")
	case strings.HasPrefix(id, "spo2."), strings.HasSuffix(id, "pct"):
		return format.Percent(v, 1)
	case strings.HasPrefix(id, "pulse."):
		return format.Number(v, 0)
	}
	return format.Number(v, 1)
}

func (b *builder) strip(n *analysis.Night, byClock bool) Strip {
	s := Strip{ID: n.ID, This: n.ID == b.s.ID, Trace: b.in.Strips[n.ID], Below: format.Dash, Lowest: format.Dash}
	if s.This && s.Trace == nil {
		s.Trace = chart.NewStrip(&b.in.Night.Derived.Grid)
	}
	span, known := n.Metrics["time.span_s"]
	if !known && s.Trace != nil {
		span, known = float64(s.Trace.Span), true
	}
	if t, ok := wall(n.Start); ok {
		s.Date, s.Times = b.w.ShortDate(t), t.Format("15:04")
		if known {
			s.Times += " – " + t.Add(time.Duration(span*1e9)).Format("15:04")
		}
		if byClock {
			h, m, sec := t.Add(-12 * time.Hour).Clock()
			s.From = float64(h*3600 + m*60 + sec)
		}
	} else if known {
		s.Times = format.Duration(span)
	}
	if v, ok := n.Metrics["below.90.seconds"]; ok {
		s.Below = format.Short(v)
	}
	if v, ok := n.Metrics["spo2.min"]; ok {
		s.Lowest = fmt.Sprintf(b.w.LowestShort, format.With(format.Level(v), "%"))
	}
	return s
}

// axis sets the time axis so that every trace fits, from full hour to full hour.
func (b *builder) axis(c *Compare) {
	c.From, c.To = math.Inf(1), math.Inf(-1)
	for _, n := range c.Nights {
		if n.Trace == nil {
			continue
		}
		c.From, c.To = min(c.From, n.From), max(c.To, n.From+float64(n.Trace.Span))
		for _, v := range n.Trace.Low {
			if v > 0 && float64(v) < c.Scale.Low+1 {
				c.Scale = chart.SpO2Scale(float64(v))
			}
		}
	}
	c.From, c.To = math.Floor(c.From/1800)*1800, math.Ceil(c.To/1800)*1800
	step := chart.TimeStep(c.To-c.From, 12)
	for _, at := range chart.TimeTicks(c.From, c.To-c.From, step) {
		t := int(c.From + at)
		label := fmt.Sprintf("%d:%02d", t/3600, t/60%60)
		if c.ByClock {
			label = fmt.Sprintf("%02d:%02d", (t/3600+12)%24, t/60%60)
		}
		c.Ticks = append(c.Ticks, Tick{c.From + at, label})
	}
}

// ribbon makes the lowest values of each five minutes, of this night and of
// the reference nights together.
func (b *builder) ribbon(c *Compare) {
	var others [][]float64
	for _, n := range c.Nights {
		if n.Trace == nil {
			continue
		}
		lowest := n.Trace.Lowest(c.From-n.From, c.To-n.From)
		if n.This {
			c.This = lowest
		} else {
			others = append(others, lowest)
		}
	}
	c.Traces = len(others)
	c.Usual = chart.Spread(others)
}
