package app

import (
	"pleth/internal/analysis"
	"pleth/internal/session"
)

// keepSessions is the number of sessions up to which a recording of a run
// stays in memory. More of them, years of a watch, go to the spool one by one.
const keepSessions = 8

// gathered are the sessions of one recording: each is analysed when it is
// closed, so that its rows can go.
type gathered struct {
	a       *Analyzer
	counts  []session.Counts   // of all sessions
	kept    []*session.Session // all of them where the analyzer has a keep, to be analysed at the end
	results []*analysis.Session
	starts  []int64
	traces  []*analysis.Analysed
	long    *long // the results, once there are too many
	err     error // of the spool
}

// take takes the next session.
func (g *gathered) take(s *session.Session) {
	g.counts = append(g.counts, s.Counts)
	if g.a.keep != nil {
		g.kept = append(g.kept, s)
		return
	}
	g.analyse(s)
}

// analyse measures s and keeps what its document and its pages need.
func (g *gathered) analyse(s *session.Session) {
	night := analysis.Analyse(s, "", g.a.settings) // the key needs the digest of the whole input
	if night.Derived.Valid == 0 || g.err != nil {
		return
	}
	if g.long != nil {
		g.err = g.long.add(night)
		return
	}
	g.results, g.starts = append(g.results, night.Result), append(g.starts, s.Start)
	if g.a.lean && len(g.traces) > 1 {
		g.traces = g.traces[:1]
	}
	g.traces = append(g.traces, night)
	if g.a.spool != nil && len(g.results) > keepSessions {
		g.spill()
	}
}

// spill moves everything so far to the spool.
func (g *gathered) spill() {
	if g.a.heap != nil {
		g.a.heap.hold()
	}
	g.long = &long{a: g.a, ids: map[string][]string{}}
	for i, r := range g.results {
		night := &analysis.Analysed{Session: &session.Session{Start: g.starts[i]}, Result: r}
		switch {
		case !g.a.lean:
			night = g.traces[i]
		case i == 0:
			night = g.traces[0]
		case i == len(g.results)-1:
			night = g.traces[1]
		}
		if g.err = g.long.add(night); g.err != nil {
			break
		}
	}
	g.results, g.starts, g.traces = nil, nil, nil
}

// finish puts the sessions into out, whose document has its inputs.
func (g *gathered) finish(out *Recording) {
	for i, s := range g.kept {
		g.kept[i] = nil // years of days are too much to keep
		g.analyse(s)
	}
	if g.err != nil {
		out.Err = g.err
		return
	}
	if g.long != nil {
		g.long.finish(out.Doc)
		out.long = g.long
		return
	}
	for i, r := range g.results {
		r.Key = keyOf(out.Doc, g.starts[i])
	}
	out.Doc.Sessions, out.Traces = append(out.Doc.Sessions, g.results...), g.traces
}

// keyOf names a session of d that starts at start nanoseconds.
func keyOf(d *analysis.Document, start int64) string {
	return session.Key("import-"+d.Inputs[0].SHA256[:8], "", start)
}
