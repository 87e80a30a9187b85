package oximetry

import (
	"fmt"

	"pleth/internal/signal"
)

// The numbers of an episode. Source: docs/definitions/episodes.md.
const (
	episodeStart    = 3 * signal.Second // below the limit before it begins
	episodeEnd      = 5 * signal.Second // at the limit + 1 or above before it ends
	episodeBridge   = 10 * signal.Second
	EpisodeMinimum  = 10 * signal.Second // time below that makes it count
	InfantMinimum   = 5 * signal.Second  // the same below one year of age
	ProlongedAfter  = 60 * signal.Second
	hysteresis      = signal.One
	moderateBelow   = 88 * signal.One
	severeBelow     = 85 * signal.One
	bridgeIntervals = 5 // half intervals: 2.5
)

// Severity of an episode by its nadir.
type Severity string

// The severities: a nadir below 85 is severe, below 88 moderate, else mild.
const (
	Mild     Severity = "mild"
	Moderate Severity = "moderate"
	Severe   Severity = "severe"
)

// Episode is a stretch of time below an absolute limit. Times are nanoseconds
// since the start of the session; End is where the recovery begins, or the end
// of the last valid sample if Truncated.
type Episode struct {
	Limit     int // percent
	Start     int64
	End       int64
	Below     int64 // time strictly below the limit
	Nadir     signal.Fixed
	NadirAt   int64
	Area      signal.Sum // sum of (limit - value) * time, 1e-9 % * ns
	Suspect   int64      // of Below, the time of suspect or artefact samples
	Truncated bool       // the end was not seen: a gap or the end of the session
}

// ID names the episode inside its session.
func (e *Episode) ID() string { return fmt.Sprintf("e%d-%d", e.Limit, e.Start/1e6) }

// Severity returns the grade by the nadir.
func (e *Episode) Severity() Severity {
	switch {
	case e.Nadir < severeBelow:
		return Severe
	case e.Nadir < moderateBelow:
		return Moderate
	}
	return Mild
}

// Prolonged reports whether the episode lasted a minute or more.
func (e *Episode) Prolonged() bool { return e.End-e.Start >= ProlongedAfter }

// Episodes finds the episodes below one limit. An episode begins where the
// value is below the limit for 3 s (or one sample of 4 s and more); it ends
// where the value is at least limit + 1 for 5 s; up to 10 s (or 2.5 intervals)
// without a valid sample are bridged. It counts if enough time was below. It
// has no maximum length. Use NewEpisodes.
type Episodes struct {
	limit   int
	below   signal.Fixed
	minimum int64
	bridge  int64
	start   int64

	cur      Episode
	onset    int64 // time below so far, 0 if nothing is under way
	inside   bool  // it lasted long enough to be an episode
	recover  int64 // time at limit + 1 or above so far
	recovers int64 // where it began
	lastOk   int64 // end of the last valid sample
}

// NewEpisodes returns a finder of episodes below limit percent, in samples
// interval apart, that counts episodes with at least minimum ns below.
func NewEpisodes(limit int, interval, minimum int64) *Episodes {
	start := episodeStart
	if interval >= 4*signal.Second {
		start = 1
	}
	return &Episodes{limit: limit, below: signal.Whole(limit), minimum: minimum, start: start,
		bridge: max(episodeBridge, interval*bridgeIntervals/2)}
}

// Open reports whether something is under way: the last samples were below the
// limit, or not above it for long enough.
func (e *Episodes) Open() bool { return e.onset > 0 }

// Add takes the next sample and passes an episode that it ends to out.
func (e *Episodes) Add(s signal.Sample, out func(Episode)) {
	if !s.Ok() || s.V >= e.below && !e.Open() {
		return
	}
	if e.onset > 0 && s.At-e.lastOk > e.bridge {
		e.truncate(out)
	}
	switch {
	case s.V < e.below:
		e.addBelow(s)
	case e.inside:
		e.addAbove(s, out)
	default:
		e.reset()
	}
	e.lastOk = s.At + s.Hold
}

func (e *Episodes) addBelow(s signal.Sample) {
	if e.onset == 0 {
		e.cur = Episode{Limit: e.limit, Start: s.At, Nadir: s.V, NadirAt: s.At}
	}
	e.recover = 0
	e.onset += s.Hold
	e.cur.Below += s.Hold
	e.cur.Area.Add(int64(e.below-s.V), s.Hold)
	if s.V < e.cur.Nadir {
		e.cur.Nadir, e.cur.NadirAt = s.V, s.At
	}
	if s.R.Doubted() {
		e.cur.Suspect += s.Hold
	}
	if e.onset >= e.start {
		e.inside = true
	}
}

func (e *Episodes) addAbove(s signal.Sample, out func(Episode)) {
	if s.V < e.below+hysteresis {
		e.recover = 0
		return
	}
	if e.recover == 0 {
		e.recovers = s.At
	}
	if e.recover += s.Hold; e.recover < episodeEnd {
		return
	}
	e.cur.End = e.recovers
	e.finish(out)
}

func (e *Episodes) truncate(out func(Episode)) {
	if e.inside {
		if e.recover > 0 {
			// It was on its way out; the end is where that began.
			e.cur.End = e.recovers
		} else {
			e.cur.End = e.lastOk
		}
		e.cur.Truncated = true
		e.finish(out)
		return
	}
	e.reset()
}

// Flush ends an open episode as truncated; the session ends.
func (e *Episodes) Flush(out func(Episode)) { e.truncate(out) }

func (e *Episodes) finish(out func(Episode)) {
	if e.cur.Below >= e.minimum {
		out(e.cur)
	}
	e.reset()
}

func (e *Episodes) reset() {
	e.cur, e.onset, e.inside, e.recover = Episode{}, 0, false, 0
}
