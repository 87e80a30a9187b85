package page

import (
	"fmt"
	"math"
	"slices"
	"strconv"

	"pleth/internal/analysis"
	"pleth/internal/report/format"
)

// Range is one line of the time in range.
type Range struct {
	Label, Time, Share string
	Band               Band    // the limit it lies below; 0: at 90 and above
	Part               float64 // of the usable time, 0..1
}

// ranges makes the time in range from the usable time and the times below.
func (b *builder) ranges() {
	edges := [5]float64{b.metric("time.valid_s"), b.metric("below.90.seconds"), b.metric("below.88.seconds"), b.metric("below.85.seconds"), 0}
	bands := [4]Band{0, 90, 88, 85}
	for i := range b.page.Ranges {
		r := Range{Label: b.w.Ranges[i], Band: bands[i], Time: format.Dash, Share: format.Dash}
		if s := edges[i] - edges[i+1]; edges[0] > 0 && !math.IsNaN(s) {
			r.Part = s / edges[0]
			r.Time, r.Share = format.Duration(s), format.Share(100*r.Part)
		}
		b.page.Ranges[i] = r
	}
}

// Hour is one line of the table of hours.
type Hour struct {
	From, Mean, Lowest, Below, Dips, Pulse string
	Band                                   Band // of Lowest
}

// hourRows is how many lines the table of hours has at most.
const hourRows = 13

// hours makes the table of hours; where there are too many, two in one line.
func (b *builder) hours() {
	hours := b.s.Hours
	if len(hours) > hourRows {
		hours = nil
		for i := 0; i < len(b.s.Hours); {
			n := 1
			for i+n < len(b.s.Hours) && twoHours(&b.s.Hours[i+n]) == twoHours(&b.s.Hours[i]) {
				n++
			}
			b.page.Hours = append(b.page.Hours, b.hour(b.s.Hours[i:i+n]))
			i += n
		}
	}
	for i := range hours {
		b.page.Hours = append(b.page.Hours, b.hour(hours[i:i+1]))
	}
}

// twoHours returns which pair of hours of the session h begins in.
func twoHours(h *analysis.Hour) int { return int(math.Floor(h.StartS / 7200)) }

// hour makes one line of the hours in rows, which follow each other.
func (b *builder) hour(rows []analysis.Hour) Hour {
	h := Hour{From: b.clock.HM(rows[0].StartS), Mean: format.Dash, Lowest: format.Dash, Below: format.Dash, Dips: format.Dash}
	var sum, valid, usable, below float64
	lowest := math.NaN()
	dips := 0
	for i := range rows {
		r := &rows[i]
		usable += r.ValidS
		below += r.Below90S
		dips += r.Falls4
		if r.Mean != nil {
			sum, valid = sum+*r.Mean*r.ValidS, valid+r.ValidS
		}
		if r.Min != nil && !(lowest <= *r.Min) {
			lowest = *r.Min
		}
	}
	if valid > 0 {
		h.Mean = format.Number(sum/valid, 1)
	}
	if !math.IsNaN(lowest) {
		h.Lowest, h.Band = format.Level(lowest), bandOf(lowest)
	}
	if usable > 0 {
		h.Below, h.Dips = format.Duration(below), strconv.Itoa(dips)
	}
	h.Pulse = pulses(rows)
	return h
}

// pulses returns the mean pulse of one hour, or the range of the means of
// several: how long each had a pulse is not in the document.
func pulses(rows []analysis.Hour) string {
	low, high := math.NaN(), math.NaN()
	for i := range rows {
		if p := rows[i].PulseMean; p != nil {
			if !(low <= *p) {
				low = *p
			}
			if !(high >= *p) {
				high = *p
			}
		}
	}
	a, z := format.Number(low, 0), format.Number(high, 0)
	if a == z {
		return a
	}
	return a + "–" + z
}

// Dip is one fall of 4 % or more, with the time below a limit that it led to.
type Dip struct {
	ID                                 string
	StartS, EndS, NadirS               float64
	Start, Length, Lowest, Drop, Pulse string
	Band                               Band // of Lowest
}

// dipDrop is the least drop of a dip, in percentage points.
const dipDrop = 4

// dips makes the list of falls of 4 % or more.
func (b *builder) dips() {
	p := b.page
	var falls []*analysis.Fall
	for i := range b.s.Falls {
		if b.s.Falls[i].Drop >= dipDrop {
			falls = append(falls, &b.s.Falls[i])
		}
	}
	slices.SortStableFunc(falls, func(x, y *analysis.Fall) int {
		switch {
		case x.Nadir != y.Nadir:
			return sign(x.Nadir - y.Nadir)
		case x.Drop != y.Drop:
			return sign(y.Drop - x.Drop)
		}
		return sign(x.StartS - y.StartS)
	})
	for _, f := range falls {
		d := Dip{
			ID: f.ID, StartS: f.StartS, EndS: f.EndS, NadirS: f.NadirS,
			Start: b.clock.HMS(f.StartS), Lowest: format.Level(f.Nadir),
			Drop: format.Signed(-f.Drop), Pulse: format.Dash, Band: bandOf(f.Nadir),
		}
		if e := b.episode(f, func(*analysis.Episode) bool { return true }); e != nil {
			d.EndS = max(d.EndS, e.EndS)
		}
		if e := b.episode(f, func(e *analysis.Episode) bool { return e.PulseResponse != nil }); e != nil {
			d.Pulse = format.SignedNumber(*e.PulseResponse, 0)
		}
		d.Length = length(d.EndS - d.StartS)
		p.Dips = append(p.Dips, d)
	}
	p.DipCount = fmt.Sprintf(b.w.Of, format.Number(b.metric("odi4.count"), 0))
}

// length returns the length of a dip, in seconds up to two minutes.
func length(s float64) string {
	if s < 120 {
		return format.With(format.Number(s, 0), "s")
	}
	return format.Duration(s)
}

func sign(v float64) int {
	switch {
	case v < 0:
		return -1
	case v > 0:
		return 1
	}
	return 0
}

// episode returns the episode whose nadir is that of f, of those that fit the
// one below the highest limit; nil without one. A fall ends where the signal
// first turns, so at the foot of a long stretch its episode is the longer one.
func (b *builder) episode(f *analysis.Fall, fits func(*analysis.Episode) bool) *analysis.Episode {
	var best *analysis.Episode
	for i := range b.s.Episodes {
		e := &b.s.Episodes[i]
		if fits(e) && e.Nadir == f.Nadir && e.NadirS >= f.StartS && e.NadirS <= f.EndS && (best == nil || e.Limit > best.Limit) {
			best = e
		}
	}
	return best
}

// Bar is one bar of a small chart.
type Bar struct {
	Label string
	// Parts are what the bar is made of, from its foot: for time at a level
	// one value in percent; for a night the minutes below 85, from 85 to 88,
	// and from 88 to 90. Empty: not known.
	Parts []float64
	Band  Band   // of a level
	Text  string // the value in words
	This  bool   // the night of this report
}

// levels makes the time at each whole percent, from the lowest that occurs.
func (b *builder) levels() {
	total, lowest := 0.0, 101
	for v, s := range b.s.Histogram {
		if n, err := strconv.Atoi(v); err == nil && n >= 0 && n <= 100 && s > 0 {
			lowest = min(lowest, n)
		}
	}
	for n := lowest; n <= 100; n++ {
		total += b.s.Histogram[strconv.Itoa(n)]
	}
	for n := min(lowest, 90); n <= 100 && total > 0; n++ {
		s := b.s.Histogram[strconv.Itoa(n)]
		pct := 100 * s / total
		text := format.Dash
		if s > 0 {
			text = format.Share(pct) + ", " + format.Duration(s)
		}
		b.page.Levels = append(b.page.Levels, Bar{Label: strconv.Itoa(n), Parts: []float64{pct}, Band: bandOf(float64(n)), Text: text})
	}
}
