package road_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"pleth"
	"pleth/internal/eventlog"
	"pleth/internal/reading"
	"pleth/internal/road"
	"pleth/internal/road/roadtest"
)

const epoch = int64(1_700_000_000_000_000_000)

// drawReadings draws the readings of a device in order of time: values of
// several metrics, gaps that end sessions, contradictions, and companions that
// say something else of the same time.
func drawReadings(t *rapid.T) *reading.Batch {
	b := &reading.Batch{}
	at, level := epoch, int64(96)
	add := func(seq int64) {
		b.Rows.AddRow(at)
		b.Seq = append(b.Seq, seq)
	}
	for range rapid.IntRange(1, 120).Draw(t, "readings") {
		switch what := rapid.IntRange(0, 40).Draw(t, "what"); {
		case what == 0:
			at += rapid.Int64Range(1, 5000).Draw(t, "gap") * 1e9
		case what == 1: // contradicts the one before
			if n := b.Rows.Len(); n > 0 {
				seq := b.SeqOf(n - 1)
				add(seq)
				b.Rows.SetInt(pleth.SpO2, 40)
			}
			continue
		case what == 2: // the pulse of the one before, by itself
			if n := b.Rows.Len(); n > 0 && b.Rows.Value(pleth.PulseRate, n-1).IsAbsent() {
				seq := b.SeqOf(n - 1)
				add(seq)
				b.Rows.SetInt(pleth.PulseRate, 60)
			}
			continue
		default:
			at += 1e9 * rapid.Int64Range(1, 3).Draw(t, "step")
		}
		seq := reading.NoSeq
		if rapid.IntRange(0, 5).Draw(t, "numbered") == 0 {
			seq = rapid.Int64Range(0, 3).Draw(t, "seq")
		}
		add(seq)
		level = min(100, max(70, level+rapid.Int64Range(-3, 3).Draw(t, "change")))
		switch rapid.IntRange(0, 9).Draw(t, "value") {
		case 0:
			b.Rows.SetMissing(pleth.SpO2)
		case 1:
			b.Rows.Set(pleth.SpO2, pleth.Num(level*10-3, 1))
		case 2:
			b.Rows.SetInt(pleth.PulseRate, 60+level%7)
			continue
		default:
			b.Rows.SetInt(pleth.SpO2, level)
		}
		if rapid.IntRange(0, 3).Draw(t, "temperature") == 0 {
			b.Rows.Set(pleth.Temperature, pleth.Num(3700+level, 2))
		}
	}
	return b
}

// disturb returns the indices of n rows in an order of arrival in which none is
// more than lateness behind another before it, some of them twice.
func disturb(t *rapid.T, b *reading.Batch, lateness int64) []int {
	n := b.Rows.Len()
	key := make([]int64, n)
	order := make([]int, n)
	for i := range n {
		order[i] = i
		key[i] = b.Rows.Time(i) + rapid.Int64Range(0, lateness).Draw(t, "delay")
	}
	slices.SortStableFunc(order, func(x, y int) int { return int(max(-1, min(1, key[x]-key[y]))) })
	var out []int
	for _, i := range order {
		out = append(out, i)
		if rapid.IntRange(0, 4).Draw(t, "resend") == 0 {
			out = append(out, out[rapid.IntRange(0, len(out)-1).Draw(t, "which")])
		}
	}
	return out
}

// send submits the rows of b in the order given, in batches of random sizes.
func send(t *rapid.T, r *road.Road, b *reading.Batch, order []int) (counts [4]int) {
	for len(order) > 0 {
		n := rapid.IntRange(1, len(order)).Draw(t, "batch")
		one := &reading.Batch{Partition: b.Partition, Origin: b.Origin, Received: epoch}
		for _, i := range order[:n] {
			one.Rows.AppendRow(&b.Rows, i)
			one.Seq = append(one.Seq, b.SeqOf(i))
		}
		order = order[n:]
		out, err := r.Submit(context.Background(), one)
		if err != nil {
			t.Fatal(err)
		}
		for _, o := range out[0] {
			counts[o]++
		}
	}
	return counts
}

// told is all that a road tells of its rows and sessions.
func told(t interface{ Fatal(...any) }, r *road.Road) string {
	var w strings.Builder
	err := r.Rows(context.Background(), road.Query{}, func(tab *reading.Table) (bool, error) {
		for i := range tab.Rows.Len() {
			fmt.Fprintf(&w, "%s/%s %d %d %v:", tab.Device, tab.Recording, tab.Rows.Time(i)-epoch, tab.SeqOf(i), tab.FlagsOf(i)&reading.IsConflict)
			for _, m := range pleth.Metrics() {
				if v := tab.Rows.Value(m, i); v.Ok() {
					fmt.Fprintf(&w, " %s %g", m, v.Float())
				} else if v.IsMissing() {
					fmt.Fprintf(&w, " %s missing", m)
				}
			}
			w.WriteByte('\n')
		}
		return true, nil
	})
	if err != nil {
		t.Fatal(err)
	}
	list, _, err := r.Sessions(context.Background(), road.SessionQuery{})
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range list {
		fmt.Fprintf(&w, "%s %s %s %d..%d rows %d open %v\n", s.Key, s.ID, s.Metric, s.Start-epoch, s.End-epoch, s.Rows, s.Open)
		doc, err := r.Analysis(context.Background(), s.Key)
		if err != nil {
			t.Fatal(err)
		}
		if len(doc.Sessions) > 0 && doc.Sessions[0].ID != s.ID {
			t.Fatal("session " + s.Key + " is listed as " + s.ID + ", its document says " + doc.Sessions[0].ID)
		}
		j, err := json.Marshal(doc.Sessions)
		if err != nil {
			t.Fatal(err)
		}
		w.Write(j)
		w.WriteByte('\n')
	}
	return w.String()
}

func firstDifference(a, b string) string {
	x, y := strings.Split(a, "\n"), strings.Split(b, "\n")
	for i := range min(len(x), len(y)) {
		if x[i] != y[i] {
			return fmt.Sprintf("line %d:\n%s\n%s", i, x[i], y[i])
		}
	}
	return fmt.Sprintf("%d and %d lines", len(x), len(y))
}

// opened starts a road that the caller closes.
func opened(t interface{ Fatal(...any) }, m *roadtest.Memory, sealRows int) *road.Road {
	cfg := config(m)
	cfg.SealRows = sealRows
	r, err := road.Open(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func closed(t interface{ Fatal(...any) }, r *road.Road) {
	if err := r.Close(context.Background()); err != nil {
		t.Fatal(err)
	}
}

// TestOrderAndResendsChangeNothing: however readings arrive within the lateness
// bound, with resends and in whatever batches, rows, sessions and documents are
// the same; so they are after a crash at any point that loses commits of the
// series, and when all is built again from the log.
func TestOrderAndResendsChangeNothing(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		sealRows := rapid.SampledFrom([]int{1, 2, 7, 40, 600}).Draw(t, "seal")
		plain, other := roadtest.NewMemory(), roadtest.NewMemory()
		r, q := opened(t, plain, 600), opened(t, other, sealRows)
		for d := range rapid.IntRange(1, 2).Draw(t, "devices") {
			b := drawReadings(t)
			b.Partition = reading.Partition{Device: fmt.Sprintf("dev-%d", d)}
			straight := make([]int, b.Rows.Len())
			for i := range straight {
				straight[i] = i
			}
			want := send(t, r, b, straight)
			order := disturb(t, b, road.DefaultLateness)
			cut := rapid.IntRange(0, len(order)).Draw(t, "crash after")
			got := send(t, q, b, order[:cut])
			closed(t, q)
			other = other.Crash(func(n int) int { return rapid.IntRange(0, n).Draw(t, "commits kept") })
			q = opened(t, other, sealRows)
			// What was on its way may come again.
			again := send(t, q, b, order[max(0, cut-5):cut])
			if kept := again[reading.Accepted] + again[reading.Late] + again[reading.Conflict]; kept != 0 {
				t.Fatalf("%d of the readings acknowledged before the crash are taken again", kept)
			}
			rest := send(t, q, b, order[cut:])
			kept := got[0] + got[1] + got[3] + rest[0] + rest[1] + rest[3]
			if n := want[0] + want[1] + want[3]; kept != n || got[1]+rest[1] != 0 {
				t.Fatalf("%d readings kept, %d of them late, want %d and none", kept, got[1]+rest[1], n)
			}
		}
		a, b := told(t, r), told(t, q)
		if a != b {
			t.Fatalf("in order and disturbed: %s", firstDifference(a, b))
		}
		again := opened(t, other.Crash(func(int) int { return 0 }), sealRows)
		if c := told(t, again); c != b {
			t.Fatalf("kept and built again: %s", firstDifference(b, c))
		}
		if d, err := road.Compare(context.Background(), q, again, 0, 0); d != nil || err != nil {
			t.Fatalf("kept and built again: %v, %v", d, err)
		}
		closed(t, r)
		closed(t, q)
		closed(t, again)
	})
}

// keys are keys of sessions: a late row does not change them.
var keys = regexp.MustCompile(`s-[0-9a-f]{16}`)

// TestLateRows: rows far behind are kept, marked and part of the sessions.
func TestLateRows(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		sealRows := rapid.SampledFrom([]int{1, 5, 30}).Draw(t, "seal")
		b := drawReadings(t)
		b.Partition = reading.Partition{Device: "a"}
		straight := make([]int, b.Rows.Len())
		for i := range straight {
			straight[i] = i
		}
		r, q := opened(t, roadtest.NewMemory(), sealRows), opened(t, roadtest.NewMemory(), sealRows)
		send(t, r, b, straight)
		send(t, q, b, rapid.Permutation(straight).Draw(t, "order"))
		x, y := keys.ReplaceAllString(told(t, r), ""), keys.ReplaceAllString(told(t, q), "")
		if x != y {
			t.Fatalf("in order and late: %s", firstDifference(x, y))
		}
		closed(t, r)
		closed(t, q)
	})
}

// TestLogFails: nothing of a batch that could not be logged is seen, and the
// road takes readings again when the log does.
func TestLogFails(t *testing.T) {
	t.Parallel()
	m := roadtest.NewMemory()
	r := open(t, m)
	b := &reading.Batch{Partition: reading.Partition{Device: "a"}}
	b.Rows.AddRow(epoch)
	b.Rows.SetInt(pleth.SpO2, 97)
	m.SetFail(errors.New("no space left on device"))
	if _, err := r.Submit(context.Background(), b); !errors.Is(err, road.ErrStore) {
		t.Fatalf("%v", err)
	}
	if r.Failed() == nil || rows(t, r, road.Query{}).Rows.Len() != 0 || len(r.Latest()) != 0 {
		t.Error("a batch that is not on disk is seen")
	}
	if _, err := r.Control(context.Background(), b.Partition, eventlog.Control{Kind: eventlog.KindEnd, Payload: []byte(`{}`)}); !errors.Is(err, road.ErrStore) {
		t.Errorf("%v", err)
	}
	m.SetFail(nil)
	if o := submit(t, r, b); o[0] != reading.Accepted || r.Failed() != nil {
		t.Errorf("%s, %v", o[0], r.Failed())
	}
	if o := submit(t, r, b); o[0] != reading.Duplicate {
		t.Errorf("%s", o[0])
	}
}

// TestCursors: pages of any size make the whole.
func TestCursors(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		r := opened(t, roadtest.NewMemory(), rapid.SampledFrom([]int{1, 20, 600}).Draw(t, "seal"))
		defer closed(t, r)
		for d := range 2 {
			b := drawReadings(t)
			b.Partition = reading.Partition{Device: fmt.Sprint(d)}
			order := make([]int, b.Rows.Len())
			for i := range order {
				order[i] = i
			}
			send(t, r, b, order)
		}
		page := rapid.IntRange(1, 50).Draw(t, "page")
		pageOf := func(q road.Query, most int) (lines []string, next *road.Cursor) {
			next = q.After
			err := r.Rows(context.Background(), q, func(tab *reading.Table) (bool, error) {
				for i := range tab.Rows.Len() {
					if len(lines) == most {
						return false, nil
					}
					lines = append(lines, fmt.Sprint(tab.Device, tab.Rows.Time(i), tab.SeqOf(i), tab.Rows.Value(pleth.SpO2, i), tab.Rows.Value(pleth.PulseRate, i)))
					next = next.Behind(tab, i)
				}
				return true, nil
			})
			if err != nil {
				t.Fatal(err)
			}
			return lines, next
		}
		want, _ := pageOf(road.Query{}, 1<<30)
		var got []string
		var q road.Query
		for {
			lines, next := pageOf(q, page)
			got = append(got, lines...)
			if len(lines) < page {
				break
			}
			q.After = next
		}
		if !slices.Equal(got, want) {
			t.Fatalf("%d rows in pages, want %d", len(got), len(want))
		}
	})
}
