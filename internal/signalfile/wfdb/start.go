package wfdb

import (
	"math/big"
	"strings"

	"pleth"
	"pleth/internal/device"
)

// lastPlainYear is the last year whose times are counted from 1970: with those
// after it, a long record would not fit int64 nanoseconds.
const lastPlainYear = 2199

// start sets the clock of h and returns the time of frame 0 on it in ns.
func (p *parser) start(h *pleth.Header, w *device.Writer) int64 {
	days, year, ok := date(p.date)
	tod, timed := timeOfDay(p.time)
	if !ok || p.time != "" && !timed {
		if p.time != "" {
			w.Warn("", "date-unknown", "the header gives no full start; times count from the first frame")
		}
		return 0
	}
	h.Clock = pleth.LocalClock
	if year <= lastPlainYear {
		return days*86400*device.Second + tod
	}
	h.Origin = days*86400 + tod/device.Second
	return tod % device.Second
}

// date reads "dd/mm/yyyy" into days since 1970-01-01.
func date(s string) (days int64, year int, ok bool) {
	d, rest, ok1 := strings.Cut(s, "/")
	m, y, ok2 := strings.Cut(rest, "/")
	if !ok1 || !ok2 {
		return 0, 0, false
	}
	day, ok1 := device.Int([]byte(d))
	month, ok2 := device.Int([]byte(m))
	year, ok3 := device.Int([]byte(y))
	if !ok1 || !ok2 || !ok3 {
		return 0, 0, false
	}
	days, ok = device.Days(year, month, day)
	return days, year, ok
}

// timeOfDay reads "[[hh:]mm:]ss[.fff]" into ns since midnight; nothing is midnight.
func timeOfDay(s string) (int64, bool) {
	if s == "" {
		return 0, false
	}
	s, fraction, _ := strings.Cut(s, ".")
	f := strings.Split(s, ":")
	if len(f) > 3 || len(fraction) > 9 {
		return 0, false
	}
	var n [3]int // hour, minute, second
	for i, text := range f {
		v, ok := device.Int([]byte(text))
		if !ok {
			return 0, false
		}
		n[3-len(f)+i] = v
	}
	t, ok := device.ClockTime(n[0], n[1], n[2])
	if ok && fraction != "" {
		ns, digits := device.Int([]byte((fraction + "00000000")[:9]))
		t, ok = t+int64(ns), digits
	}
	return t, ok
}

// grid gives the times of frames from their rate.
type grid struct {
	period *big.Rat // ns
	whole  int64    // the period where it is a whole number of ns, else 0
}

// maxPeriod bounds the time between frames: a year in ns.
const maxPeriod = 366 * 86400 * device.Second

// newGrid returns the grid of a rate in frames per second. A period within
// 1e-9 of a whole number of ns is that number: headers write a minute as
// 0.0166666666667. It returns false for a rate that no record has.
func newGrid(rate *big.Rat) (grid, bool) {
	g := grid{period: new(big.Rat).Quo(big.NewRat(device.Second, 1), rate)}
	if g.period.Cmp(big.NewRat(maxPeriod, 1)) > 0 || g.period.Cmp(big.NewRat(1, 1)) < 0 {
		return g, false
	}
	num, den := g.period.Num(), g.period.Denom()
	twice := new(big.Int).Lsh(num, 1)
	nearest := twice.Add(twice, den).Quo(twice, new(big.Int).Lsh(den, 1))
	off := new(big.Rat).Sub(g.period, new(big.Rat).SetInt(nearest))
	if off.Abs(off).Mul(off, big.NewRat(device.Second, 1)).Cmp(g.period) <= 0 {
		g.whole = nearest.Int64()
	}
	return g, true
}

// at returns the time of frame k, cut to whole ns, and false where it lies
// decades from the start.
func (g grid) at(k int64) (int64, bool) {
	const latest = int64(1) << 60
	if g.whole > 0 {
		return k * g.whole, k <= latest/g.whole
	}
	t := new(big.Int).Mul(big.NewInt(k), g.period.Num())
	t.Quo(t, g.period.Denom())
	return t.Int64(), t.IsInt64() && t.Int64() <= latest
}
