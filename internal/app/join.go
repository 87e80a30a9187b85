package app

import (
	"cmp"
	"context"
	"maps"
	"slices"

	"pleth"
	"pleth/internal/analysis"
	"pleth/internal/session"
)

// edge is what decides whether two files are one recording: who wrote them,
// and when they begin and end.
type edge struct {
	ok         bool
	format     string
	device     pleth.Device
	clock      pleth.Clock
	zone       string
	origin     int64
	timeline   pleth.Metric
	start, end int64 // nanoseconds of the clock
	gap        int64 // that ends a session of this interval
}

func edgeOf(r *Recording) edge {
	var first, last *analysis.Analysed
	switch {
	case r.long != nil:
		first, last = r.long.first, r.long.last
	case len(r.Traces) > 0:
		first, last = r.Traces[0], r.Traces[len(r.Traces)-1]
	default:
		return edge{}
	}
	h := first.Session.Header
	return edge{
		ok: h.Clock != pleth.NoClock, format: r.Doc.Inputs[0].Format, device: h.Device, clock: h.Clock,
		zone: h.Zone, origin: h.Origin, timeline: h.Timeline(),
		start: first.Session.Start, end: last.Session.Start + last.Derived.Span,
		gap: max(int64(session.Gap), last.Session.Interval*5/2) - last.Session.Interval,
	}
}

// compare orders edges by everything but time, then by start.
func (a *edge) compare(b *edge) int {
	return cmp.Or(
		cmp.Compare(a.format, b.format), cmp.Compare(a.device.Maker, b.device.Maker), cmp.Compare(a.device.Model, b.device.Model),
		cmp.Compare(a.device.Serial, b.device.Serial), cmp.Compare(a.device.Firmware, b.device.Firmware),
		cmp.Compare(a.clock, b.clock), cmp.Compare(a.zone, b.zone), cmp.Compare(a.origin, b.origin), cmp.Compare(a.timeline, b.timeline))
}

// follows reports whether the recording with edge b goes on where a ended: the
// same device, and no more time between than inside a session.
func (a *edge) follows(b *edge) bool {
	return a.ok && b.ok && a.compare(b) == 0 && b.start >= a.end && b.start-a.end <= a.gap
}

// join makes one recording of those that continue each other: a night that the
// device split at its limit, or where the mask came off.
func (m *measured) join(ctx context.Context, r *Run) error {
	order := make([]int, len(m.list))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int {
		x, y := &m.list[a].edge, &m.list[b].edge
		return cmp.Or(x.compare(y), cmp.Compare(x.start, y.start))
	})
	gone := map[int]bool{}
	for at := 0; at < len(order); {
		chain := order[at : at+1]
		for at++; at < len(order) && m.list[chain[len(chain)-1]].edge.follows(&m.list[order[at]].edge); at++ {
			chain = chain[:len(chain)+1]
		}
		if len(chain) == 1 {
			continue
		}
		var parts []Part
		for _, i := range chain {
			parts = append(parts, m.list[i].rec.Parts...)
			gone[i] = true
		}
		first := slices.Min(chain)
		gone[first] = false
		rec := r.analyzer(m).Parts(ctx, parts)
		e := r.entry(rec)
		for k := range e.facts {
			e.facts[k].Order = first
		}
		maps.Copy(m.strips, e.strips)
		m.list[first] = e
	}
	kept := m.list[:0]
	for i := range m.list {
		if !gone[i] {
			kept = append(kept, m.list[i])
		}
	}
	m.list = kept
	return ctx.Err()
}

// Parts analyses recordings that follow each other as one; a single one by itself.
func (a *Analyzer) Parts(ctx context.Context, parts []Part) *Recording {
	if len(parts) == 1 {
		all := a.readFile(ctx, parts[0].Path, selection{})
		return a.analyse(parts, all[min(parts[0].Index, len(all)-1)])
	}
	rows, nights := a.gather()
	var read []*recording
	for i := 0; i < len(parts); {
		path := parts[i].Path
		sel := selection{into: rows}
		for ; i < len(parts) && parts[i].Path == path; i++ {
			sel.only = append(sel.only, parts[i].Index)
		}
		all := a.readFile(ctx, path, sel)
		for _, k := range sel.only {
			read = append(read, all[min(k, len(all)-1)])
		}
	}
	read[len(read)-1].take(rows, nights)
	return a.analyse(parts, read...)
}
