package oximetry

import "pleth/internal/signal"

// RunMinimums are the lengths in seconds that runs are counted by.
var RunMinimums = [...]int64{1, 5, 10, 15, 30, 60, 120}

// Below is what the unbroken runs of time strictly below one limit come to.
type Below struct {
	Limit   int // percent
	Runs    int64
	Longest int64 // ns
	ByMin   [len(RunMinimums)]struct{ Count, Time int64 }
}

func (b *Below) add(run int64) {
	b.Runs++
	b.Longest = max(b.Longest, run)
	for i, m := range RunMinimums {
		if run < m*signal.Second {
			return
		}
		b.ByMin[i].Count++
		b.ByMin[i].Time += run
	}
}

// Runs counts the runs below several limits at once; any missing time breaks a
// run. Use NewRuns.
type Runs struct {
	limits []signal.Fixed // falling
	starts []int64        // of the run below limits[i], for i < depth
	depth  int            // limits that the last sample was below
	end    int64          // of the last sample

	Below []Below // by falling limit
}

// NewRuns returns a counter of runs below the limits in percent, which fall.
func NewRuns(limits []int) *Runs {
	r := &Runs{starts: make([]int64, len(limits))}
	for _, q := range limits {
		r.limits = append(r.limits, signal.Whole(q))
		r.Below = append(r.Below, Below{Limit: q})
	}
	return r
}

// Add takes the next sample.
func (r *Runs) Add(s signal.Sample) {
	if r.depth > 0 && (s.At > r.end || !s.Ok()) {
		r.Flush()
	}
	if s.Ok() && (r.depth > 0 || s.V < r.limits[0]) {
		r.move(s)
	}
	r.end = s.At + s.Hold
}

// move begins and ends the runs that sample s begins and ends.
func (r *Runs) move(s signal.Sample) {
	depth := r.depth
	for depth < len(r.limits) && s.V < r.limits[depth] {
		r.starts[depth] = s.At
		depth++
	}
	for depth > 0 && s.V >= r.limits[depth-1] {
		depth--
		r.Below[depth].add(r.end - r.starts[depth])
	}
	r.depth = depth
}

// Flush ends the runs that are open; the session ends.
func (r *Runs) Flush() {
	for r.depth > 0 {
		r.depth--
		r.Below[r.depth].add(r.end - r.starts[r.depth])
	}
}
