package oximetry

import "pleth/internal/signal"

// RunMinimums are the lengths in seconds that runs are counted by.
var RunMinimums = [...]int64{1, 5, 10, 15, 30, 60, 120}

// Below counts the unbroken runs of time below a limit, strictly; any missing
// time breaks a run. Use NewBelow.
type Below struct {
	limit signal.Fixed
	at    int64 // end of the run so far
	run   int64 // its length, ns
	in    bool

	Runs    int64
	Longest int64 // ns
	ByMin   [len(RunMinimums)]struct{ Count, Time int64 }
}

// NewBelow returns a counter of runs below limit percent.
func NewBelow(limit int) *Below { return &Below{limit: signal.Whole(limit)} }

// Add takes the next sample.
func (b *Below) Add(s signal.Sample) {
	if b.in && s.At > b.at {
		b.end()
	}
	if !s.Ok() || s.V >= b.limit {
		b.end()
		return
	}
	b.in = true
	b.run += s.Hold
	b.at = s.At + s.Hold
}

// Flush ends the run that is open; the session ends.
func (b *Below) Flush() { b.end() }

func (b *Below) end() {
	if !b.in {
		return
	}
	b.Runs++
	b.Longest = max(b.Longest, b.run)
	for i, m := range RunMinimums {
		if b.run >= m*signal.Second {
			b.ByMin[i].Count++
			b.ByMin[i].Time += b.run
		}
	}
	b.in, b.run = false, 0
}
