// Package reporttest makes nights that no one slept: a seeded signal with
// clusters of dips, gaps and artefacts, run through the real core, and a
// document in which every part that a report shows is filled. Tests and
// benchmarks use it; the program does not.
package reporttest

import (
	"math"
	"math/rand/v2"
	"time"

	"pleth"
	"pleth/internal/analysis"
	"pleth/internal/session"
)

// Night says what a night is like. The zero Night is 8 h 11 min of one value a
// second from 22:41 on a device clock, with six clusters of dips.
type Night struct {
	Seed     uint64
	Length   time.Duration // 0: 8 h 11 min
	Start    time.Time     // zero: 2026-11-17 22:41:00
	Clock    pleth.Clock   // NoClock: LocalClock, unless NoClock below is set
	NoClock  bool
	Zone     string        // of a UTCClock
	Interval time.Duration // 0: 1 s
	NoPulse  bool
	Calm     bool    // no dips
	Dense    bool    // a dip every 45 s
	Deep     float64 // how deep the dips are; 0: 1
	Lost     float64 // share of the night without signal at its end
	Decimals uint8   // of SpO2
	Device   *pleth.Device
	Average  time.Duration
	Metric   pleth.Metric
}

// clusters are where dips lie: start and length in parts of the night, their
// number and their depth in percentage points.
var clusters = [...]struct {
	from, length float64
	dips         int
	depth        float64
}{
	{.105, .035, 4, 5}, {.285, .08, 13, 8.6}, {.40, .02, 3, 5.5}, {.545, .095, 16, 12.2}, {.70, .02, 2, 5}, {.80, .07, 10, 8},
}

// gaps are without signal, in parts of the night.
var gaps = [...][2]float64{{.436, .452}, {.9015, .9055}}

func (n Night) fill() Night {
	if n.Length == 0 {
		n.Length = 8*time.Hour + 11*time.Minute
	}
	if n.Start.IsZero() {
		n.Start = time.Date(2026, 11, 17, 22, 41, 0, 0, time.UTC)
	}
	if n.Clock == pleth.NoClock && !n.NoClock {
		n.Clock = pleth.LocalClock
	}
	if n.Interval == 0 {
		n.Interval = time.Second
	}
	if n.Deep == 0 {
		n.Deep = 1
	}
	if n.Device == nil {
		n.Device = &pleth.Device{Maker: "Sample", Model: "PX-204", Firmware: "2.3.1"}
	}
	if n.Metric == 0 {
		n.Metric = pleth.SpO2
	}
	return n
}

// Session returns the rows of the night as a reader would have written them.
func (n Night) Session() *session.Session {
	n = n.fill()
	spo2, pulse := n.signal()
	h := pleth.Header{Device: *n.Device, Clock: n.Clock, Zone: n.Zone, Interval: n.Interval, Averaging: n.Average, Metric: n.Metric}
	c := session.NewCutter(h)
	var b pleth.Batch
	start := int64(0)
	if n.Clock != pleth.NoClock {
		start = n.Start.UnixNano()
	}
	step := int(n.Interval / time.Second)
	for k := 0; k < len(spo2); k += step {
		b.AddRow(start + int64(k)*int64(time.Second))
		if math.IsNaN(spo2[k]) {
			b.SetMissing(n.Metric)
		} else {
			p := math.Pow10(int(n.Decimals))
			b.Set(n.Metric, pleth.Num(int64(math.Round(min(100, max(50, spo2[k]))*p)), n.Decimals))
		}
		switch {
		case n.NoPulse:
		case math.IsNaN(pulse[k]):
			b.SetMissing(pleth.PulseRate)
		default:
			b.SetInt(pleth.PulseRate, int64(math.Round(pulse[k])))
		}
	}
	var all []*session.Session
	for i := range b.Len() {
		if s := c.Push(b.Time(i), &b, i); s != nil {
			all = append(all, s)
		}
	}
	if s := c.Close(); s != nil {
		all = append(all, s)
	}
	return all[0]
}

// Analysed returns the night run through the core, with its document filled.
func (n Night) Analysed() *analysis.Analysed {
	a := analysis.Analyse(n.Session(), "s-sample", analysis.Settings{})
	complete(a)
	return a
}

// signal returns SpO2 and pulse for each second; NaN is no signal.
func (n Night) signal() (spo2, pulse []float64) {
	r := rand.New(rand.NewPCG(n.Seed+41, 7))
	noise := func() float64 { return r.Float64() + r.Float64() + r.Float64() + r.Float64() - 2 }
	length := int(n.Length / time.Second)
	spo2, pulse = make([]float64, length), make([]float64, length)
	var slow, heart, fast float64
	for i := range spo2 {
		f := float64(i) / float64(length)
		slow += -slow*.002 + noise()*.035
		heart += -heart*.004 + noise()*.35
		fast += -fast*.12 + noise()*.26
		spo2[i] = 96.3 - .5*math.Sin(f*math.Pi*1.1) + slow + fast
		pulse[i] = 74 - 13*math.Sin(min(1, f*1.25)*math.Pi*.62) + 4*math.Sin(f*31) + heart + noise()*.5
	}
	switch {
	case n.Dense:
		for at := 60; at < length-90; at += 45 {
			dip(spo2, pulse, at, 18, 5, 8, 4.5+3*r.Float64()*n.Deep)
		}
	case !n.Calm:
		for _, c := range clusters {
			for j := range c.dips {
				at := int((c.from + (float64(j)+.5)/float64(c.dips)*c.length + (r.Float64()-.5)*c.length/float64(c.dips)*.6) * float64(length))
				dip(spo2, pulse, at, 22+r.Float64()*30, 8+r.Float64()*18, 8+r.Float64()*8, n.Deep*max(3.2, c.depth*(.62+r.Float64()*.62)))
			}
		}
	}
	n.spoil(spo2, pulse)
	return spo2, pulse
}

// dip lowers SpO2 and raises the pulse after it.
func dip(spo2, pulse []float64, at int, fall, hold, rise, depth float64) {
	for x := 0; float64(x) < fall+hold+rise+30; x++ {
		i := at + x
		if i < 0 || i >= len(spo2) {
			return
		}
		t, v := float64(x), 0.0
		switch {
		case t < fall:
			v = math.Pow(t/fall, 1.35)
		case t < fall+hold:
			v = 1
		default:
			v = max(0, 1-(t-fall-hold)/rise)
		}
		spo2[i] -= depth * v
		if y := t - fall - 4; y > 0 {
			pulse[i] += depth * 1.35 * math.Exp(-math.Pow((y-10)/11, 2))
		}
	}
}

// spoil takes signal away, and adds three lone spikes.
func (n Night) spoil(spo2, pulse []float64) {
	length := len(spo2)
	lose := func(from, to float64) {
		for i := int(from * float64(length)); i < int(to*float64(length)); i++ {
			spo2[i], pulse[i] = math.NaN(), math.NaN()
		}
	}
	for _, g := range gaps {
		lose(g[0], g[1])
	}
	if n.Lost > 0 {
		lose(1-n.Lost, 1)
		spo2[length-1] = 97
	}
	if n.Calm {
		return
	}
	for _, at := range []float64{.22, .61, .95} {
		if i := int(at * float64(length)); i < length {
			spo2[i] -= 9
		}
	}
}
