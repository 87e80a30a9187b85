package readings

import (
	"context"
	"errors"
	"sync"

	"pleth/internal/reading"
)

// Place says where a reading of the input is: row Row of batch Batch, or, if
// Batch is negative, number Row of the refused.
type Place struct{ Batch, Row int32 }

// Result is what became of an input.
type Result struct {
	Batches []*reading.Batch // one per device and origin, in order of first use
	Places  []Place          // by reading in the order of the input
	Refused []Refusal        // in the order of the input
}

// Memory of Results that were released.
var (
	results = sync.Pool{New: func() any { return new(Result) }}
	batches = sync.Pool{New: func() any { return new(reading.Batch) }}
)

// Bounds of what is kept of a Result that is released.
const (
	keepBatches = 16
	keepRows    = 64 // of each batch
)

// Release gives r and its batches back, for what comes next to be read into.
// Whoever has them, or a part of them, must not use them after. It is for
// doors that take many small inputs; the collector does it for the others.
func (r *Result) Release() {
	if len(r.Batches) > keepBatches || len(r.Places) > keepRows {
		return
	}
	for _, b := range r.Batches {
		if b.Rows.Len() <= keepRows {
			b.Rows.Reset()
			*b = reading.Batch{Rows: b.Rows}
			batches.Put(b)
		}
	}
	clear(r.Batches)
	*r = Result{Batches: r.Batches[:0], Places: r.Places[:0]}
	results.Put(r)
}

// Result exchanges the people's identifiers for pseudonyms and returns what
// was collected since the last call. It returns a *TooManyError where more came
// than Options.Limit. On another error nothing is lost, and it can be called
// again. people may be nil where no reading names a person or has tags.
func (b *Builder) Result(ctx context.Context, people People) (*Result, error) {
	if b.over {
		return nil, &TooManyError{b.opts.Limit}
	}
	r := &Result{Places: b.places, Refused: b.refused}
	if len(b.places) <= keepRows {
		r = results.Get().(*Result)
		r.Places, r.Refused = append(r.Places, b.places...), b.refused
	}
	var ids []string
	seen := map[string]int{}
	for i := range b.groups {
		g := &b.groups[i]
		if people == nil && (g.subject != "" || g.tags != "") {
			return nil, errors.New("readings: a reading names a person, and there is no identity store")
		}
		if g.tags != "" {
			g.batch.Tags = people.Seal([]byte(g.tags))
		}
		switch _, ok := seen[g.subject]; {
		case IsPseudonym(g.subject):
			g.batch.Subject = g.subject
		case g.subject != "" && !ok:
			seen[g.subject] = len(ids)
			ids = append(ids, g.subject)
		}
	}
	if len(ids) > 0 {
		names, err := people.Pseudonyms(ctx, ids)
		if err != nil {
			return nil, err
		}
		for i := range b.groups {
			if at, ok := seen[b.groups[i].subject]; ok {
				b.groups[i].batch.Subject = names[at]
			}
		}
	}
	b.compact(r)
	b.clear()
	return r, nil
}

// compact puts the batches that have rows into r; a broken input can leave
// empty ones.
func (b *Builder) compact(r *Result) {
	whole := true
	for i := range b.groups {
		whole = whole && b.groups[i].batch.Rows.Len() > 0
	}
	if whole {
		for i := range b.groups {
			r.Batches = append(r.Batches, b.groups[i].batch)
		}
		return
	}
	to := make([]int32, len(b.groups))
	for i := range b.groups {
		to[i] = int32(len(r.Batches))
		if b.groups[i].batch.Rows.Len() > 0 {
			r.Batches = append(r.Batches, b.groups[i].batch)
		}
	}
	for i, p := range r.Places {
		if p.Batch >= 0 {
			r.Places[i].Batch = to[p.Batch]
		}
	}
}
