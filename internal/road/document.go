package road

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"strconv"
	"strings"

	"pleth/internal/analysis"
	"pleth/internal/report/chart"
	"pleth/internal/session"
)

// nearNights is how many sessions before and behind one are looked at for its
// comparison: more than any comparison takes, with room for unfit ones.
const nearNights = 20

// keptDocuments is how many analysed sessions stay in memory.
const keptDocuments = 256

// analysed is one analysed session, before it was evaluated.
type analysed struct {
	session analysis.Session
	facts   []analysis.Facts // none where nothing was measured
	strip   *chart.Strip
}

// Analysis returns the document of one session, by its key or an id it has or
// had. An open session is analysed as if it ended now. The comparison is with
// the sessions of the same recording, and of the same person on any device. A
// session in which nothing was measured has a document without sessions, as its
// file would. It returns ErrNotFound.
func (r *Road) Analysis(ctx context.Context, keyOrID string) (doc *analysis.Document, err error) {
	err = settled(func() error {
		doc, err = r.analysis(ctx, keyOrID)
		return err
	})
	return doc, err
}

func (r *Road) analysis(ctx context.Context, keyOrID string) (*analysis.Document, error) {
	p, err := r.find(ctx, keyOrID)
	if err != nil {
		return nil, err
	}
	doc, _, err := r.compared(ctx, p)
	return doc, err
}

// compared returns the document of the session at p, and those that it was
// compared with by their ids.
func (r *Road) compared(ctx context.Context, p *place) (*analysis.Document, map[string]*analysed, error) {
	one, err := r.analysed(ctx, p, p.i)
	if err != nil {
		return nil, nil, err
	}
	var told told
	defer told.settle(ctx)
	told.id(r, p.h, p.m, p.spans[p.i].Start, one.session.ID)
	doc := r.emptyDocument(p.h)
	if len(one.facts) == 0 {
		return doc, nil, nil
	}
	nights, err := r.nights(ctx, p)
	if err != nil {
		return nil, nil, err
	}
	doc.Sessions = append(doc.Sessions, one.copied())
	by := map[string]*analysed{}
	for _, n := range nights.all {
		by[n.session.ID] = n
	}
	doc.Comparison = analysis.NewNights(nights.facts).Compare(doc)
	analysis.Evaluate(doc)
	return doc, by, nil
}

// copied returns the session of a; Evaluate changes it, and its metrics.
func (a *analysed) copied() *analysis.Session {
	s := a.session
	s.Metrics = maps.Clone(a.session.Metrics)
	return &s
}

// settings are those that sessions of h are analysed by. The caller holds mu.
func (r *Road) settings(h *head) analysis.Settings {
	set := r.cfg.Settings
	if i := h.state.Import; i != nil && i.Zone != "" {
		set.Zone = i.Zone
	}
	return set
}

func (r *Road) emptyDocument(h *head) *analysis.Document {
	h.mu.RLock()
	set := r.settings(h)
	h.mu.RUnlock()
	return r.documentOf(h, set)
}

// documentOf returns a document of h without sessions.
func (r *Road) documentOf(h *head, set analysis.Settings) *analysis.Document {
	h.mu.RLock()
	defer h.mu.RUnlock()
	var inputs []analysis.Input
	if i := h.state.Import; i != nil {
		inputs = slices.Clone(i.Inputs)
	}
	return analysis.NewDocument(r.cfg.Program, set, inputs)
}

// analysed returns span i of a place analysed, from memory if it is there.
func (r *Road) analysed(ctx context.Context, p *place, i int) (*analysed, error) {
	s := &p.spans[i]
	p.h.mu.RLock()
	key, set := p.h.key(p.m, s.KeyStart), r.settings(p.h)
	p.h.mu.RUnlock()
	// Recordings of one file may have sessions of one key.
	kept := strings.Join([]string{p.h.partition.Device, p.h.partition.Recording, p.m.String(), key}, "\x00")
	if have, ok := r.documents.get(kept, s.Revision); ok {
		return have, nil
	}
	var whole *session.Session
	if i == len(p.spans)-1 {
		so, err := r.soFar(ctx, p.h, p.m, s.Start, false, true)
		if err != nil {
			return nil, err
		}
		whole = so.session()
	}
	if whole == nil {
		var err error
		if whole, err = r.whole(ctx, p.h, p.m, p.spans, i); err != nil {
			return nil, err
		}
	}
	if s.IDAt != s.Revision {
		r.identified(p.h, p.m, s, whole)
	}
	night := analysis.Analyse(whole, key, set)
	out := &analysed{session: *night.Result}
	if night.Derived.Valid > 0 {
		doc := r.emptyDocument(p.h)
		doc.Sessions = append(doc.Sessions, night.Result)
		out.facts, out.strip = analysis.FactsOf(doc), chart.NewStrip(&night.Derived.Grid)
	}
	r.documents.put(kept, s.Revision, out)
	return out, nil
}

// gathering are the sessions that take part in a comparison.
type gathering struct {
	all   []*analysed
	facts []analysis.Facts
}

// nights returns what of the session and those around it takes part in the
// comparison. The recordings of one imported file count as one, and so do all
// recordings of one person, whatever device they are of.
func (r *Road) nights(ctx context.Context, p *place) (*gathering, error) {
	own := r.info(p.h, p.m, p.spans, p.i).Subject
	out := &gathering{}
	if err := r.near(ctx, p, p.i, own, out); err != nil {
		return nil, err
	}
	for _, h := range r.of(p.h.partition.Device) {
		if h == p.h || !sameFile(h.partition.Recording, p.h.partition.Recording) {
			continue
		}
		for _, m := range timelines {
			spans, err := r.tracked(ctx, h, m)
			if err != nil {
				return nil, err
			}
			near, _ := slices.BinarySearchFunc(spans, p.spans[p.i].Start, func(s span, start int64) int { return int(max(-1, min(1, s.Start-start))) })
			if err = r.near(ctx, &place{h, m, spans, -1}, near, own, out); err != nil {
				return nil, err
			}
		}
	}
	if own == "" {
		return out, nil
	}
	elsewhere, err := r.elsewhere(ctx, p, own)
	if err != nil {
		return nil, err
	}
	for _, one := range elsewhere {
		if err := r.join(ctx, one, one.i, out); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// elsewhere returns the sessions of a person in other recordings that are
// nearest to p: nearNights before it, and so many behind it.
func (r *Road) elsewhere(ctx context.Context, p *place, subject string) ([]*place, error) {
	start := p.spans[p.i].Start
	var before, after []*place
	for _, h := range r.all() {
		if h == p.h || h.partition.Device == p.h.partition.Device && sameFile(h.partition.Recording, p.h.partition.Recording) || !r.mayConcern(h, subject) {
			continue
		}
		spans, err := r.tracked(ctx, h, p.m)
		if err != nil {
			return nil, err
		}
		for i := range spans {
			switch {
			case r.info(h, p.m, spans, i).Subject != subject:
			case spans[i].Start < start:
				before = append(before, &place{h, p.m, spans, i})
			default:
				after = append(after, &place{h, p.m, spans, i})
			}
		}
	}
	order := func(a, b *place) int { return cmp.Compare(a.spans[a.i].Start, b.spans[b.i].Start) }
	slices.SortStableFunc(before, order)
	slices.SortStableFunc(after, order)
	return append(before[max(0, len(before)-nearNights):], after[:min(len(after), nearNights)]...), nil
}

// near gathers the sessions of a place near number i that are of the subject,
// and the one of the place itself.
func (r *Road) near(ctx context.Context, p *place, i int, subject string, out *gathering) error {
	for k := max(0, i-nearNights); k < min(len(p.spans), i+nearNights+1); k++ {
		if k != p.i && r.info(p.h, p.m, p.spans, k).Subject != subject {
			continue
		}
		if err := r.join(ctx, p, k, out); err != nil {
			return err
		}
	}
	return nil
}

// join gathers session k of a place.
func (r *Road) join(ctx context.Context, p *place, k int, out *gathering) error {
	one, err := r.analysed(ctx, p, k)
	if err != nil {
		return err
	}
	if len(one.facts) > 0 {
		out.all = append(out.all, one)
	}
	for _, f := range one.facts {
		f.Order = fileOrder(p.h.partition.Recording)
		out.facts = append(out.facts, f)
	}
	return nil
}

// Recordings of an imported file are named by its digest; those after the
// first have their number behind a point.

// sameFile reports whether two recordings are of one imported file.
func sameFile(a, b string) bool {
	a, _, _ = strings.Cut(a, ".")
	b, _, _ = strings.Cut(b, ".")
	return a != "" && a == b
}

// fileOrder returns the number of a recording in its file, from 1.
func fileOrder(recording string) int {
	_, number, _ := strings.Cut(recording, ".")
	if n, err := strconv.Atoi(number); err == nil {
		return n
	}
	return 1
}
