package app

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"runtime"

	"pleth/internal/analysis"
	"pleth/internal/report"
	"pleth/internal/report/chart"
)

// Run is one call of analyze over any number of files.
type Run struct {
	Analyzer *Analyzer
	Jobs     int // files at a time; 0: as many as there are processors
	// Traces says that the recordings need all their traces, not only their documents.
	Traces bool
	// Strips says that reports will compare nights.
	Strips bool
	// Progress is called after each file, by one goroutine at a time; nil: not called.
	Progress func(done, of int)
}

// keepAll is the number of files up to which everything stays in memory.
const keepAll = 4

// Each analyses the files of paths and calls each for every recording, with
// its findings and, where there are several nights, the comparison. each runs
// on several goroutines; what it returns is passed to emit in order. A file
// that cannot be read is a Recording with an Err and never stops the others.
// The error is one of emit, of the context, or of the temporary file.
func (r *Run) Each(ctx context.Context, paths []string, each func(*Recording) any, emit func(any) error) error {
	jobs := r.Jobs
	if jobs <= 0 {
		jobs = runtime.GOMAXPROCS(0)
	}
	m := &measured{}
	m.heap.most = heapFor(min(jobs, len(paths)))
	defer m.heap.free()
	defer m.spool.close()
	if err := r.measure(ctx, m, paths, jobs); err != nil {
		return err
	}
	var facts []analysis.Facts
	names := namer{}
	for i := range m.list {
		m.list[i].rec.Name = names.name(m.list[i].rec.Parts[0])
		facts = append(facts, m.list[i].facts...)
		m.list[i].facts = nil
	}
	nights := analysis.NewNights(facts)
	type result struct {
		value any
		err   error
	}
	return ordered(ctx, len(m.list), jobs,
		func(i int) result {
			rec, err := m.load(ctx, r, i)
			if err != nil {
				return result{nil, err}
			}
			rec.Strips = m.strips
			if rec.long != nil {
				rec.long.compare(nights)
				return result{each(rec), nil}
			}
			rec.Doc.Comparison = nights.Compare(rec.Doc)
			analysis.Evaluate(rec.Doc)
			return result{each(rec), nil}
		},
		func(_ int, res result) error {
			if res.err != nil {
				return res.err
			}
			return emit(res.value)
		})
}

// measured are the recordings of a run between its two passes.
type measured struct {
	list   []entry
	spool  spool
	heap   heap
	strips map[string]*chart.Strip
	ids    map[string][]string // shared by the facts of list
}

// entry is one recording: its document in memory or in the spool.
type entry struct {
	rec    *Recording // Doc is nil if it is in the spool
	body   []byte     // the document on its way there
	at     piece
	facts  []analysis.Facts
	edge   edge
	strips map[string]*chart.Strip
}

// measure is the first pass: every file by itself, then those that join.
func (r *Run) measure(ctx context.Context, m *measured, paths []string, jobs int) error {
	done := 0
	err := ordered(ctx, len(paths), jobs,
		func(i int) []entry { return r.entries(ctx, m, paths[i], len(paths) > keepAll) },
		func(_ int, found []entry) error {
			for _, e := range found {
				if err := m.add(e); err != nil {
					return err
				}
			}
			done++
			if r.Progress != nil {
				r.Progress(done, len(paths))
			}
			return nil
		})
	if err != nil {
		return err
	}
	return m.join(ctx, r)
}

// analyzer returns the Analyzer of r for the first pass.
func (r *Run) analyzer(m *measured) *Analyzer {
	a := *r.Analyzer
	a.lean, a.strips, a.spool = !r.Traces && !r.Strips, r.Strips, &m.spool
	a.heap = &m.heap
	return &a
}

// entries analyses one file; slim ones let go of all but the encoded document.
func (r *Run) entries(ctx context.Context, m *measured, path string, slim bool) []entry {
	var out []entry
	for _, rec := range r.analyzer(m).File(ctx, path) {
		e := r.entry(rec)
		if slim && rec.long == nil {
			body, err := json.Marshal(rec.Doc)
			if err != nil {
				panic(err) // documents hold finite numbers and text only
			}
			e.body = body
			for _, t := range rec.Traces {
				t.Free()
			}
			rec.Doc, rec.Traces = nil, nil
		}
		out = append(out, e)
	}
	return out
}

// entry takes from a recording what its run needs to know.
func (r *Run) entry(rec *Recording) entry {
	e := entry{rec: rec, edge: edgeOf(rec)}
	if rec.long != nil {
		e.facts, e.strips = rec.long.facts, rec.long.strips
		rec.long.facts, rec.long.strips = nil, nil
		return e
	}
	e.facts = analysis.FactsOf(rec.Doc)
	if r.Strips {
		e.strips = map[string]*chart.Strip{}
		for _, t := range rec.Traces {
			e.strips[t.Result.ID] = report.StripOf(t.Derived)
		}
	}
	return e
}

// add keeps an entry and puts its encoded document into the spool.
func (m *measured) add(e entry) error {
	for i := range e.facts {
		e.facts[i].Order = len(m.list)
	}
	if m.strips == nil {
		m.strips, m.ids = map[string]*chart.Strip{}, map[string][]string{}
	}
	analysis.Share(m.ids, e.facts)
	maps.Copy(m.strips, e.strips)
	e.strips = nil
	if e.body != nil {
		at, err := m.spool.add(e.body)
		if err != nil {
			return err
		}
		e.at, e.body = at, nil
	}
	m.list = append(m.list, e)
	return nil
}

// load returns the recording at index i, with its traces if the run needs them.
func (m *measured) load(ctx context.Context, r *Run, i int) (*Recording, error) {
	e := &m.list[i]
	rec := e.rec
	e.rec = nil
	if rec.Doc != nil {
		return rec, nil
	}
	body, err := m.spool.read(e.at)
	if err != nil {
		return nil, err
	}
	rec.Doc = new(analysis.Document)
	if err := analysis.Decode(body, rec.Doc); err != nil {
		return nil, fmt.Errorf("read a document of the spool: %w", err)
	}
	if r.Traces && rec.Usable() {
		again := r.Analyzer.Parts(ctx, rec.Parts)
		if len(again.Traces) != len(rec.Doc.Sessions) {
			return nil, fmt.Errorf("%s changed while it was read", rec.Parts[0].Path)
		}
		rec.Doc.Sessions, rec.Traces = again.Doc.Sessions, again.Traces
	}
	return rec, nil
}
