package app

import (
	"bytes"
	"encoding/gob"
	"encoding/json"
	"fmt"
	"io"
	"iter"

	"pleth"
	"pleth/internal/analysis"
	"pleth/internal/report"
	"pleth/internal/report/chart"
	"pleth/internal/session"
	"pleth/internal/stream"
)

// long is a recording of many sessions whose results wait in the spool: of
// each, memory holds only what comparisons and joining ask for.
type long struct {
	a        *Analyzer
	head     *analysis.Document // without sessions
	nights   []spooled
	light    []*analysis.Session // id, start and device only
	facts    []analysis.Facts
	ids      map[string][]string
	strips   map[string]*chart.Strip
	first    *analysis.Analysed // without rows and traces
	last     *analysis.Analysed
	compared *analysis.Comparison
}

// spooled is one session of a long recording.
type spooled struct {
	start   int64
	result  piece
	session *session.Session // without its rows; nil where nobody will draw it
	rows    piece
}

// add puts a session into the spool.
func (l *long) add(night *analysis.Analysed) error {
	body, err := json.Marshal(analysis.Document{Sessions: []*analysis.Session{night.Result}})
	if err != nil {
		panic(err) // results hold finite numbers and text only
	}
	n := spooled{start: night.Session.Start}
	if n.result, err = l.a.spool.add(body); err != nil {
		return err
	}
	if night.Derived != nil {
		bare := *night.Session
		bare.Rows = nil
		l.last = &analysis.Analysed{Session: &bare, Derived: &stream.Derived{Span: night.Derived.Span}}
		if l.first == nil {
			l.first = l.last
		}
		if !l.a.lean {
			n.session = &bare
			if n.rows, err = l.a.spool.add(packRows(night.Session.Rows)); err != nil {
				return err
			}
		}
		if l.a.strips {
			if l.strips == nil {
				l.strips = map[string]*chart.Strip{}
			}
			l.strips[night.Result.ID] = report.StripOf(night.Derived)
		}
	}
	l.nights = append(l.nights, n)
	r := night.Result
	l.light = append(l.light, &analysis.Session{ID: r.ID, Start: r.Start, Device: r.Device})
	facts := analysis.FactsOf(&analysis.Document{Sessions: []*analysis.Session{r}})
	analysis.Share(l.ids, facts)
	l.facts = append(l.facts, facts...)
	return nil
}

// finish tells the sessions what recording they belong to.
func (l *long) finish(head *analysis.Document) {
	l.head = head
	analysis.Place(l.facts, l.whole())
}

// whole returns the document with as much of each session as a comparison needs.
func (l *long) whole() *analysis.Document {
	d := *l.head
	d.Sessions = l.light
	return &d
}

// compare sets the sessions beside the nights of the run.
func (l *long) compare(nights *analysis.Nights) { l.compared = nights.Compare(l.whole()) }

// night returns session i with its findings, in a document with no other
// session, and with its traces if they are wanted.
func (l *long) night(i int, traces bool) (*analysis.Document, *analysis.Analysed, error) {
	n := &l.nights[i]
	out := &analysis.Analysed{}
	if traces && n.session != nil {
		body, err := l.a.spool.read(n.rows)
		if err != nil {
			return nil, nil, err
		}
		s := *n.session
		if s.Rows, err = unpackRows(body); err != nil {
			return nil, nil, err
		}
		out = analysis.Analyse(&s, "", l.a.settings)
	} else {
		body, err := l.a.spool.read(n.result)
		if err != nil {
			return nil, nil, err
		}
		var one analysis.Document
		if err := analysis.Decode(body, &one); err != nil {
			return nil, nil, fmt.Errorf("read a session of the spool: %w", err)
		}
		out.Result = one.Sessions[0]
	}
	out.Result.Key = keyOf(l.head, n.start)
	d := *l.head
	d.Sessions, d.Comparison = []*analysis.Session{out.Result}, l.compared
	analysis.Evaluate(&d)
	return &d, out, nil
}

// packed are the rows of a session in the spool.
type packed struct {
	Times []int64
	Marks []pleth.Reasons
	Cols  []packedColumn
}

type packedColumn struct {
	Metric pleth.Metric
	Scale  uint8
	Digits []int64
}

func packRows(b *pleth.Batch) []byte {
	p := packed{Times: b.Times(), Marks: b.AllMarks()}
	for _, m := range pleth.Metrics() {
		if c := b.Column(m); b.Has(m) {
			p.Cols = append(p.Cols, packedColumn{m, c.Scale(), c.Mantissas()})
		}
	}
	var out bytes.Buffer
	if err := gob.NewEncoder(&out).Encode(p); err != nil {
		panic(err) // slices of numbers always encode
	}
	return out.Bytes()
}

func unpackRows(body []byte) (*pleth.Batch, error) {
	var p packed
	if err := gob.NewDecoder(bytes.NewReader(body)).Decode(&p); err != nil {
		return nil, fmt.Errorf("read the rows of a session of the spool: %w", err)
	}
	b := new(pleth.Batch)
	b.SetRows(p.Times, p.Marks)
	for _, c := range p.Cols {
		b.SetColumn(c.Metric, c.Scale, c.Digits)
	}
	return b, nil
}

// Len returns the number of sessions.
func (r *Recording) Len() int {
	switch {
	case r.long != nil:
		return len(r.long.nights)
	case r.Doc == nil:
		return 0
	}
	return len(r.Doc.Sessions)
}

// Long reports whether the recording has so many sessions that they are not
// held in memory: Doc.Sessions and Traces are empty then, and Night gives one
// after the other.
func (r *Recording) Long() bool { return r.long != nil }

// Night returns session i and a document that holds it, with its traces if they
// are wanted and the run has them. It may be used until the run ends.
func (r *Recording) Night(i int, traces bool) (*analysis.Document, *analysis.Analysed, error) {
	switch {
	case r.long != nil:
		return r.long.night(i, traces)
	case traces && len(r.Traces) == len(r.Doc.Sessions):
		return r.Doc, r.Traces[i], nil
	}
	return r.Doc, &analysis.Analysed{Result: r.Doc.Sessions[i]}, nil
}

// Encode writes the document as one line of JSON with a line end.
func (r *Recording) Encode(w io.Writer) error {
	if r.long == nil {
		b, err := analysis.Encode(r.Doc)
		if err != nil {
			return err
		}
		_, err = w.Write(b)
		return err
	}
	d := *r.long.head
	d.Comparison = r.long.compared
	return analysis.EncodeTo(w, &d, r.sessions())
}

// sessions returns the sessions of a long recording one by one.
func (r *Recording) sessions() iter.Seq2[*analysis.Session, error] {
	return func(yield func(*analysis.Session, error) bool) {
		for i := range r.Len() {
			_, night, err := r.Night(i, false)
			if err != nil {
				yield(nil, err)
				return
			}
			if !yield(night.Result, nil) {
				return
			}
		}
	}
}

// all returns the document with all sessions, and all traces if they are wanted.
func (r *Recording) all(traces bool) (*analysis.Document, []*analysis.Analysed, error) {
	if r.long == nil {
		return r.Doc, r.Traces, nil
	}
	d := *r.long.head
	d.Comparison = r.long.compared
	var nights []*analysis.Analysed
	for i := range r.Len() {
		_, night, err := r.Night(i, traces)
		if err != nil {
			return nil, nil, err
		}
		d.Sessions, nights = append(d.Sessions, night.Result), append(nights, night)
	}
	return &d, nights, nil
}
