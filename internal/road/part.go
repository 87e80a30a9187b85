package road

import (
	"context"

	"pleth/internal/analysis"
	"pleth/internal/intake"
	"pleth/internal/report/chart"
	"pleth/internal/session"
)

// Part says which part of a session is meant, as --from and --to of pleth
// analyze do; offsets and times of day count from the first row of the
// session. The zero Part is all of it.
type Part struct{ From, To intake.Bound }

// whole reports whether p leaves nothing out.
func (p Part) whole() bool { return p.From.IsZero() && p.To.IsZero() }

// Night is one session with all that was derived from it.
type Night struct {
	// Document is what Analysis returns of it. Of a part it is what pleth analyze
	// makes of the same rows: without a comparison, as nobody knows the same part
	// of other nights.
	Document *analysis.Document
	// Traces are those of the sessions of the document, one each. A session in
	// which nothing was measured has none.
	Traces []*analysis.Analysed
	// Peers are the other sessions of the comparison by id, not to be changed;
	// nil for a part.
	Peers map[string]Peer
}

// Peer is a session that another one is compared with.
type Peer struct {
	Key     string
	Session *analysis.Session // without findings
	Strip   *chart.Strip
}

// Peer returns a session by its key or an id it has or had, without findings. Its
// strip is nil where nothing was measured. It returns ErrNotFound.
func (r *Road) Peer(ctx context.Context, keyOrID string) (out Peer, err error) {
	err = settled(func() error {
		p, err := r.find(ctx, keyOrID)
		if err != nil {
			return err
		}
		one, err := r.analysed(ctx, p, p.i)
		if err == nil {
			out = Peer{one.session.Key, &one.session, one.strip}
		}
		return err
	})
	return out, err
}

// Night returns a session, or a part of it, by its key or an id it has or had.
// It returns ErrNotFound.
func (r *Road) Night(ctx context.Context, keyOrID string, part Part) (n *Night, err error) {
	err = settled(func() error {
		n, err = r.night(ctx, keyOrID, part)
		return err
	})
	return n, err
}

func (r *Road) night(ctx context.Context, keyOrID string, part Part) (*Night, error) {
	p, err := r.find(ctx, keyOrID)
	if err != nil {
		return nil, err
	}
	if !part.whole() {
		return r.part(ctx, p, part)
	}
	doc, peers, err := r.compared(ctx, p)
	if err != nil {
		return nil, err
	}
	out := &Night{Document: doc, Peers: map[string]Peer{}}
	if len(doc.Sessions) == 0 {
		return out, nil
	}
	for id, one := range peers {
		out.Peers[id] = Peer{one.session.Key, &one.session, one.strip}
	}
	s, err := r.whole(ctx, p.h, p.m, p.spans, p.i)
	if err != nil {
		return nil, err
	}
	p.h.mu.RLock()
	set := r.settings(p.h)
	p.h.mu.RUnlock()
	trace := analysis.Analyse(s, doc.Sessions[0].Key, set)
	if trace.Result.ID != doc.Sessions[0].ID {
		return nil, errMoved
	}
	trace.Result = doc.Sessions[0]
	out.Traces = []*analysis.Analysed{trace}
	return out, nil
}

// part analyses the rows of the session at p that lie in part.
func (r *Road) part(ctx context.Context, p *place, part Part) (*Night, error) {
	s := &p.spans[p.i]
	from, to := s.Start, int64(forever)
	if p.i+1 < len(p.spans) {
		to = p.spans[p.i+1].Start - 1
	}
	p.h.mu.RLock()
	header, set := p.h.header(p.m), r.settings(p.h)
	p.h.mu.RUnlock()
	for _, b := range []struct {
		bound intake.Bound
		text  **string
		apply func(at int64)
	}{
		{part.From, &set.Config.From, func(at int64) { from = max(from, at) }},
		{part.To, &set.Config.To, func(at int64) { to = min(to, at-1) }},
	} {
		if b.bound.IsZero() {
			continue
		}
		text := b.bound.String()
		*b.text = &text
		b.apply(b.bound.At(s.Start, header))
	}
	if err := set.Resolve(); err != nil {
		return nil, err
	}
	var all []*session.Session
	if from <= to {
		var err error
		if all, err = r.cut(ctx, p.h, p.m, from, to, nil, nil); err != nil {
			return nil, err
		}
	}
	out := &Night{Document: r.documentOf(p.h, set)}
	for _, one := range all {
		p.h.mu.RLock()
		key := p.h.key(p.m, one.Start)
		p.h.mu.RUnlock()
		trace := analysis.Analyse(one, key, set)
		if trace.Derived.Valid == 0 {
			continue
		}
		out.Document.Sessions = append(out.Document.Sessions, trace.Result)
		out.Traces = append(out.Traces, trace)
	}
	analysis.Evaluate(out.Document)
	return out, nil
}
