package session

import (
	"maps"
	"slices"
)

// Timing measures the interval between rows from their stamps. The zero
// Timing has seen no rows.
type Timing struct {
	counts map[int64]int64
	// The step seen last and how often since it was last put into counts:
	// most recordings have one step only.
	step, run int64
	steps     int64

	median   int64 // as it was
	medianAt int64 // after so many steps
}

// clone returns a copy that goes on by itself.
func (t *Timing) clone() Timing {
	c := *t
	c.counts = maps.Clone(t.counts)
	return c
}

// Add counts one positive step between rows, in nanoseconds.
func (t *Timing) Add(step int64) {
	t.steps++
	if step == t.step {
		t.run++
		return
	}
	t.change(step)
}

func (t *Timing) change(step int64) {
	t.settle()
	t.step, t.run = step, 1
}

func (t *Timing) settle() {
	if t.run == 0 {
		return
	}
	if t.counts == nil {
		t.counts = map[int64]int64{}
	}
	t.counts[t.step] += t.run
	t.run = 0
}

// Interval returns the median step, the lower one of two; 0 without steps. It
// sorts the steps that differ, so it is not for every row of a recording.
func (t *Timing) Interval() int64 {
	if len(t.counts) == 0 || len(t.counts) == 1 && t.counts[t.step] > 0 {
		return t.step
	}
	if t.medianAt == t.steps {
		return t.median
	}
	t.settle()
	half := (t.steps + 1) / 2
	for _, step := range t.sorted() {
		if half -= t.counts[step]; half <= 0 {
			t.median, t.medianAt = step, t.steps
			break
		}
	}
	return t.median
}

// Usual returns the median of at least 15 in 16 of the steps so far, 0 without
// steps. It may be asked for after every row at little cost.
func (t *Timing) Usual() int64 {
	if t.medianAt > 0 && t.steps-t.medianAt <= t.medianAt/16 {
		return t.median
	}
	return t.Interval()
}

func (t *Timing) sorted() []int64 {
	all := make([]int64, 0, len(t.counts))
	for step := range t.counts {
		all = append(all, step)
	}
	slices.Sort(all)
	return all
}

// Regular reports whether at least nine in ten steps are whole multiples of
// the interval, so that rows stand on a grid and a missing row is a missing
// slot. Without steps a recording is regular.
func (t *Timing) Regular() bool {
	interval := t.Interval()
	if interval == 0 {
		return true
	}
	t.settle()
	on := int64(0)
	for step, n := range t.counts {
		if step%interval == 0 {
			on += n
		}
	}
	return on*10 >= t.steps*9
}

// Irregular returns the number of steps that differ from the interval.
func (t *Timing) Irregular() int64 {
	interval := t.Interval()
	t.settle()
	return t.steps - t.counts[interval]
}
