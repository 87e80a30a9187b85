package intake

import (
	"fmt"
	"math"
	"strings"
	"time"

	"pleth"
)

// Bound is one end of the part of a recording that is wanted. The zero Bound
// does not bound.
type Bound struct {
	text   string
	kind   boundKind
	offset time.Duration // from the first row, or since midnight
	stamp  time.Time     // wall time as if UTC, or an instant
}

type boundKind uint8

const (
	unbounded boundKind = iota
	fromStart           // "+1h30m"
	timeOfDay           // "23:30": the first such time at or after the first row
	wallTime            // "2025-03-06T23:30"
	instant             // "2025-03-06T23:30:00+01:00"
)

// ParseBound reads an offset from the first row ("+90m", "+1h30m"), a time of
// day ("23:30", the first one at or after the first row), a date and time of
// the recording's own clock ("2025-03-06T23:30") or an instant with its zone.
func ParseBound(s string) (Bound, error) {
	if d, ok := strings.CutPrefix(s, "+"); ok {
		if d, err := time.ParseDuration(d); err == nil && d >= 0 {
			return Bound{text: s, kind: fromStart, offset: d}, nil
		}
	}
	for _, form := range []string{"15:04", "15:04:05"} {
		if t, err := time.Parse(form, s); err == nil {
			return Bound{text: s, kind: timeOfDay, offset: t.Sub(t.Truncate(24 * time.Hour))}, nil
		}
	}
	if t, err := time.Parse(time.RFC3339, s); err == nil {
		return Bound{text: s, kind: instant, stamp: t}, nil
	}
	for _, form := range []string{"2006-01-02T15:04:05", "2006-01-02T15:04", "2006-01-02 15:04:05", "2006-01-02 15:04", "2006-01-02"} {
		if t, err := time.Parse(form, s); err == nil {
			return Bound{text: s, kind: wallTime, stamp: t}, nil
		}
	}
	return Bound{}, fmt.Errorf("%q is no time: write 23:30, 2025-03-06T23:30, 2025-03-06T23:30:00+01:00, or +1h30m after the first row", s)
}

// String returns the text the bound was read from.
func (b Bound) String() string { return b.text }

// IsZero reports whether b does not bound.
func (b Bound) IsZero() bool { return b.kind == unbounded }

// At returns the instant of b in nanoseconds of the clock of a recording with
// header h whose first row is at first. A zero Bound has none.
func (b Bound) At(first int64, h pleth.Header) int64 { return b.resolve(first, h) }

// part is what of a recording is wanted, in the nanoseconds of its clock.
type part struct {
	set      bool
	from, to int64
}

func (p part) contains(t int64) bool { return t >= p.from && t < p.to }

// whole reports whether nothing is left out.
func (p part) whole() bool { return p.set && p.from == math.MinInt64 && p.to == math.MaxInt64 }

// part resolves the bounds for a recording whose first row is at first.
func (o *Options) part(first int64, h pleth.Header) part {
	p := part{set: true, from: math.MinInt64, to: math.MaxInt64}
	if o.From.kind != unbounded {
		p.from = o.From.resolve(first, h)
	}
	if o.To.kind != unbounded {
		p.to = o.To.resolve(first, h)
	}
	return p
}

func (b Bound) resolve(first int64, h pleth.Header) int64 {
	switch b.kind {
	case fromStart:
		return first + int64(b.offset)
	case timeOfDay:
		if h.Clock == pleth.NoClock {
			return first + int64(b.offset)
		}
		zone := Zone(h)
		start := time.Unix(h.Origin, first).In(zone)
		t := time.Date(start.Year(), start.Month(), start.Day(), 0, 0, 0, int(b.offset), zone)
		if t.Before(start) {
			t = time.Date(start.Year(), start.Month(), start.Day()+1, 0, 0, 0, int(b.offset), zone)
		}
		return since(h.Origin, t)
	case wallTime:
		y, m, d := b.stamp.Date()
		return since(h.Origin, time.Date(y, m, d, b.stamp.Hour(), b.stamp.Minute(), b.stamp.Second(), 0, Zone(h)))
	default:
		return since(h.Origin, b.stamp)
	}
}

func since(origin int64, t time.Time) int64 {
	return (t.Unix()-origin)*int64(time.Second) + int64(t.Nanosecond())
}

// Zone returns the zone that the times of a recording are shown in: the one of
// its header, UTC where it has a clock of unknown zone or none.
func Zone(h pleth.Header) *time.Location {
	if h.Clock != pleth.UTCClock || h.Zone == "" {
		return time.UTC
	}
	zone, err := ParseZone(h.Zone)
	if err != nil {
		return time.UTC
	}
	return zone
}

// ParseZone reads an IANA name ("Europe/Berlin"), "UTC", or an offset ("+02:00", "-0430").
func ParseZone(s string) (*time.Location, error) {
	for _, form := range []string{"-07:00", "-0700"} {
		if t, err := time.Parse(form, s); err == nil {
			_, offset := t.Zone()
			return time.FixedZone(s, offset), nil
		}
	}
	zone, err := time.LoadLocation(s)
	if err != nil || s == "" || s == "Local" {
		return nil, fmt.Errorf("%q is no time zone: write a name like Europe/Berlin or an offset like +02:00", s)
	}
	return zone, nil
}
