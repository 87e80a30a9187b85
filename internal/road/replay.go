package road

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"pleth/internal/analysis"
	"pleth/internal/eventlog"
	"pleth/internal/reading"
)

// ErrReadOnly is what a replayed road answers to what would change it.
var ErrReadOnly = errors.New("this is a replay: it takes nothing new")

// Replay builds everything behind the log again, from cfg.Log into the empty
// cfg.Series, by the configuration given, and returns a road that can be asked
// and takes nothing new. The caller closes it. Log and Series of a running road
// are not touched when cfg.Log only reads.
func Replay(ctx context.Context, cfg Config) (*Road, error) {
	if cfg.Log == nil {
		return nil, errors.New("a replay needs a log")
	}
	cfg.Log = readOnly{ctx, cfg.Log}
	return Open(cfg)
}

// readOnly is a log that is not written.
type readOnly struct {
	ctx context.Context // ends the reading
	Log
}

// Append implements Log.
func (readOnly) Append([]eventlog.Record) error { return ErrReadOnly }

// Read implements Log.
func (l readOnly) Read(p reading.Partition, from eventlog.Offset, f func(*eventlog.Record) error) error {
	return l.Log.Read(p, from, func(r *eventlog.Record) error {
		if err := l.ctx.Err(); err != nil {
			return err
		}
		return f(r)
	})
}

// Difference is the first thing in which two roads differ.
type Difference struct {
	reading.Partition
	What      string // "row 17", "session s-...", "assignments"
	Have, Got string // as JSON, "" where there is nothing; rows without their values
}

// String says what differs, for people.
func (d *Difference) String() string {
	return fmt.Sprintf("device %q recording %q: %s: %s, rebuilt %s", d.Device, d.Recording, d.What, d.Have, d.Got)
}

// Compare returns the first difference between what two roads say of the event
// times from <= t < to (to 0: no end): rows, control records and the documents
// of sessions that begin there, byte for byte. nil: they are equal.
func Compare(ctx context.Context, a, b *Road, from, to int64) (*Difference, error) {
	x, y := a.all(), b.all()
	for i := range max(len(x), len(y)) {
		switch {
		case i >= len(x) || i < len(y) && comparePartitions(y[i].partition, x[i].partition) < 0:
			return &Difference{y[i].partition, "recording", "", "there"}, nil
		case i >= len(y) || x[i].partition != y[i].partition:
			return &Difference{x[i].partition, "recording", "there", ""}, nil
		}
		d, err := compareHeads(ctx, a, b, x[i], y[i], from, to)
		if d != nil || err != nil {
			return d, err
		}
	}
	return nil, nil
}

func compareHeads(ctx context.Context, a, b *Road, x, y *head, from, to int64) (*Difference, error) {
	p := x.partition
	for _, c := range []struct {
		what string
		of   func(*state) any
	}{
		{"assignments", func(s *state) any { return s.Assignments }},
		{"calibrations", func(s *state) any { return s.Calibrations }},
		{"annotations", func(s *state) any { return s.Annotations }},
		{"import", func(s *state) any { return s.Import }},
		{"ends", func(s *state) any { return s.Ends }},
	} {
		have, err := asJSON(x, c.of)
		if err != nil {
			return nil, err
		}
		got, err := asJSON(y, c.of)
		if err != nil {
			return nil, err
		}
		if !bytes.Equal(have, got) {
			return &Difference{p, c.what, string(have), string(got)}, nil
		}
	}
	if d, err := compareAllRows(ctx, a, b, x, y, from, to); d != nil || err != nil {
		return d, err
	}
	q := SessionQuery{Device: p.Device, From: from, To: to}
	have, err := documentsOf(ctx, a, p, q)
	if err != nil {
		return nil, err
	}
	got, err := documentsOf(ctx, b, p, q)
	if err != nil {
		return nil, err
	}
	for i := range max(len(have), len(got)) {
		var one, other []byte
		what := "sessions"
		if i < len(have) {
			one, what = have[i].body, "session "+have[i].key
		}
		if i < len(got) {
			other = got[i].body
		}
		if !bytes.Equal(one, other) {
			h, g := difference(one, other)
			return &Difference{p, what, h, g}, nil
		}
	}
	return nil, nil
}

func asJSON(h *head, of func(*state) any) ([]byte, error) {
	h.mu.RLock()
	defer h.mu.RUnlock()
	return json.Marshal(of(&h.state))
}

// difference returns the places where a and b begin to differ.
func difference(a, b []byte) (string, string) {
	i := 0
	for i < len(a) && i < len(b) && a[i] == b[i] {
		i++
	}
	cut := func(s []byte) string { return string(s[min(len(s), max(0, i-40)):min(len(s), i+40)]) }
	return cut(a), cut(b)
}

type keyed struct {
	key  string
	body []byte
}

// documentsOf returns the documents of the sessions of one partition.
func documentsOf(ctx context.Context, r *Road, p reading.Partition, q SessionQuery) ([]keyed, error) {
	list, _, err := r.Sessions(ctx, q)
	if err != nil {
		return nil, err
	}
	var out []keyed
	for _, s := range list {
		if s.Partition != p {
			continue
		}
		doc, err := r.Analysis(ctx, s.Key)
		if err != nil {
			return nil, err
		}
		body, err := analysis.Encode(doc)
		if err != nil {
			return nil, err
		}
		out = append(out, keyed{s.Key, body})
	}
	return out, nil
}

// compareAllRows compares the rows of two heads, flags and origins included.
func compareAllRows(ctx context.Context, a, b *Road, x, y *head, from, to int64) (*Difference, error) {
	q := Query{From: from, To: to}
	have, stopA := pull(ctx, a, x, &q)
	defer stopA()
	got, stopB := pull(ctx, b, y, &q)
	defer stopB()
	for n := 0; ; n++ {
		one, err := have()
		if err != nil {
			return nil, err
		}
		other, err := got()
		if err != nil {
			return nil, err
		}
		switch {
		case one == nil && other == nil:
			return nil, nil
		case one == nil || other == nil || !sameRow(one, other):
			return &Difference{x.partition, fmt.Sprintf("row %d", n), one.String(), other.String()}, nil
		}
	}
}

// tableRow is row i of t.
type tableRow struct {
	t *reading.Table
	i int
}

// String says when the row is of, not what it says.
func (r *tableRow) String() string {
	if r == nil {
		return "none"
	}
	return fmt.Sprintf(`{"time":%d,"seq":%d,"flags":%d}`, r.t.Rows.Time(r.i), r.t.SeqOf(r.i), r.t.FlagsOf(r.i))
}

func sameRow(a, b *tableRow) bool {
	return reading.Compare(a.t, a.i, b.t, b.i) == 0 && a.t.FlagsOf(a.i) == b.t.FlagsOf(b.i) && a.t.OriginOf(a.i).Equal(b.t.OriginOf(b.i))
}

// pull returns a function that returns the rows of h one by one, nil behind
// the last, and one that ends it.
func pull(ctx context.Context, r *Road, h *head, q *Query) (next func() (*tableRow, error), stop func()) {
	tables := make(chan *reading.Table)
	done := make(chan error, 1)
	ctx, stop = context.WithCancel(ctx)
	go func() {
		err := r.rows(ctx, h, q, func(t *reading.Table) (bool, error) {
			select {
			case tables <- t:
				return true, nil
			case <-ctx.Done():
				return false, ctx.Err()
			}
		})
		done <- err
		close(tables)
	}()
	at := &tableRow{}
	return func() (*tableRow, error) {
		for at.t == nil || at.i >= at.t.Rows.Len() {
			t, ok := <-tables
			if !ok {
				err := <-done
				done <- err
				return nil, err
			}
			*at = tableRow{t: t}
		}
		one := *at
		at.i++
		return &one, nil
	}, stop
}
