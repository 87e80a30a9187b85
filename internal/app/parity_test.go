package app_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"
	"testing"

	"pleth"
	"pleth/internal/analysis"
	"pleth/internal/app"
	"pleth/internal/intake"
	"pleth/internal/plethtest"
	"pleth/internal/reading"
	"pleth/internal/road"
	"pleth/internal/road/roadtest"
)

// recordings returns the files of the shared data that may hold oximetry.
func recordings(t *testing.T) []string {
	t.Helper()
	var paths []string
	for _, dir := range []string{"data/oximetry", "data/device-streams", "reference/recordings"} {
		err := filepath.WalkDir(plethtest.Shared(t, dir), func(path string, d fs.DirEntry, err error) error {
			if err == nil && d.Type().IsRegular() {
				paths = append(paths, path)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return paths
}

// arrival returns the order in which n rows at times arrive: none more than the
// lateness bound behind another before it, some of them twice.
func arrival(times []int64, r *plethtest.Random) []int {
	type late struct {
		row int
		at  int64
	}
	list := make([]late, len(times))
	for i, t := range times {
		list[i] = late{i, t + int64(r.Intn(int(road.DefaultLateness)))}
	}
	slices.SortStableFunc(list, func(a, b late) int { return int(max(-1, min(1, a.at-b.at))) })
	var out []int
	for _, l := range list {
		out = append(out, l.row)
		if r.Intn(10) == 0 {
			out = append(out, out[r.Intn(len(out))])
		}
	}
	return out
}

// bare returns the documents of sessions without what only a file or only a
// stream can know.
func bare(t *testing.T, all []*analysis.Session) []byte {
	t.Helper()
	var out bytes.Buffer
	for _, s := range all {
		one := *s
		one.Key, one.Device, one.Start, one.End, one.Zone, one.ZoneSource = "", analysis.Device{}, nil, nil, nil, ""
		b, err := json.Marshal(&one)
		if err != nil {
			t.Fatal(err)
		}
		out.Write(append(b, '\n'))
	}
	return out.Bytes()
}

// TestStreamsEqualFiles streams every real recording through the road in
// batches of random sizes, out of order within the lateness bound and with
// resends, and compares the documents of its sessions with those of the file,
// byte for byte. Recordings without a clock are streamed from some start.
func TestStreamsEqualFiles(t *testing.T) {
	t.Parallel()
	a, err := app.NewAnalyzer(app.Options{}, program, nil)
	if err != nil {
		t.Fatal(err)
	}
	random := plethtest.NewRandom(3)
	n := 0
	for _, path := range recordings(t) {
		for i, rec := range a.File(context.Background(), path) {
			if !rec.Usable() {
				continue
			}
			n++
			seed := uint64(random.Intn(1 << 30))
			t.Run(fmt.Sprintf("%s-%d", filepath.Base(path), i), func(t *testing.T) {
				t.Parallel()
				streamed(t, rec, plethtest.NewRandom(seed))
			})
		}
	}
	if n < 15 {
		t.Errorf("only %d recordings to compare", n)
	}
}

// streamed sends the rows of a recording and compares.
func streamed(t *testing.T, rec *app.Recording, r *plethtest.Random) {
	const start = int64(1_700_000_000_000_000_000)
	set := analysis.Settings{Config: rec.Doc.Generator.Config}
	if err := set.Resolve(); err != nil {
		t.Fatal(err)
	}
	m := roadtest.NewMemory()
	open, err := road.Open(road.Config{Log: m, Series: m, Program: program, Settings: set})
	if err != nil {
		t.Fatal(err)
	}
	defer open.Close(context.Background())
	p := reading.Partition{Device: "device"}
	var rows pleth.Batch
	for _, night := range rec.Traces {
		s := night.Session
		at := s.Start
		if s.Header.Clock == pleth.NoClock || s.Header.Origin != 0 || at < 0 {
			at += start
		}
		for i := range s.Rows.Len() {
			rows.AppendRowAt(s.Rows, i, at+s.Rows.Time(i))
		}
	}
	metric := rec.Traces[0].Session.Header.Timeline()
	// What the file would give if it ended after so many rows, while the
	// stream goes on.
	end := 1 + r.Intn(rows.Len())
	var part pleth.Batch
	for i := range end {
		part.AppendRow(&rows, i)
	}
	kept := sent(t, open, p, &part, r)
	header := rec.Traces[0].Session.Header
	// A stream does not know what the head of a file states.
	header = pleth.Header{Clock: pleth.UTCClock, Metric: header.Metric}
	compare(t, "an open session", ended(t, header, &part, set), open, metric)
	// And all of it; what was sent before is known.
	kept += sent(t, open, p, &rows, r)
	if kept != rows.Len() {
		t.Errorf("%d readings kept, want %d", kept, rows.Len())
	}
	want := rec.Doc
	analysis.Evaluate(evaluated(want))
	compare(t, "the recording", want, open, metric)
}

// sent submits rows in some order of arrival and returns how many were kept.
func sent(t *testing.T, to *road.Road, p reading.Partition, rows *pleth.Batch, r *plethtest.Random) int {
	order := arrival(rows.Times(), r)
	kept := 0
	for len(order) > 0 {
		size := min(len(order), 1+r.Intn(1500))
		b := &reading.Batch{Partition: p, Origin: reading.Origin{Door: "test"}, Received: rows.Time(0)}
		for _, i := range order[:size] {
			b.Rows.AppendRow(rows, i)
		}
		order = order[size:]
		out, err := to.Submit(context.Background(), b)
		if err != nil {
			t.Fatal(err)
		}
		for _, o := range out[0] {
			if o.Kept() {
				kept++
			}
		}
	}
	return kept
}

// ended returns the document of a recording that holds rows alone.
func ended(t *testing.T, h pleth.Header, rows *pleth.Batch, set analysis.Settings) *analysis.Document {
	in := intake.New(intake.Options{})
	if err := in.Start(h); err != nil {
		t.Fatal(err)
	}
	if err := in.Rows(rows); err != nil {
		t.Fatal(err)
	}
	doc := analysis.NewDocument(program, set, nil)
	for _, s := range in.Close() {
		if one := analysis.Analyse(s, "", set); one.Derived.Valid > 0 {
			doc.Sessions = append(doc.Sessions, one.Result)
		}
	}
	analysis.Evaluate(evaluated(doc))
	return doc
}

// compare compares the documents of all sessions of a road with those wanted.
func compare(t *testing.T, what string, want *analysis.Document, r *road.Road, metric pleth.Metric) {
	t.Helper()
	list, _, err := r.Sessions(context.Background(), road.SessionQuery{})
	if err != nil {
		t.Fatal(err)
	}
	var got []*analysis.Session
	for _, one := range list {
		if one.Metric != metric {
			continue
		}
		doc, err := r.Analysis(context.Background(), one.Key)
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, doc.Sessions...)
	}
	x, y := bare(t, want.Sessions), bare(t, got)
	if !bytes.Equal(x, y) {
		t.Errorf("%s: %d sessions, want %d; first difference: %s", what, len(got), len(want.Sessions), difference(x, y))
	}
}

// evaluated gives d the comparison that a run over its file alone gives it.
func evaluated(d *analysis.Document) *analysis.Document {
	d.Comparison = analysis.NewNights(analysis.FactsOf(d)).Compare(d)
	return d
}

func difference(x, y []byte) string {
	for i := range min(len(x), len(y)) {
		if x[i] != y[i] {
			lo := max(0, i-120)
			return fmt.Sprintf("\n%s\n%s", x[lo:min(len(x), i+80)], y[lo:min(len(y), i+80)])
		}
	}
	return fmt.Sprintf("%d and %d bytes", len(x), len(y))
}
