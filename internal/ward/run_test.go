package ward

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"pleth/internal/reading"
)

// server keeps rows as pleth does, and breaks now and then.
type server struct {
	mu    sync.Mutex
	rows  map[string][]Row
	fails int // every so many sends fails before and after it was kept; 0: none
	n     int
}

func (s *server) keep(device string, r Row) Outcome {
	for _, old := range s.rows[device] {
		if old == r {
			return Duplicate
		}
	}
	if s.rows == nil {
		s.rows = map[string][]Row{}
	}
	s.rows[device] = append(s.rows[device], r)
	return Accepted
}

func (s *server) Send(_ context.Context, device string, readings []Send) ([]Outcome, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.n++
	if s.fails > 0 && s.n%s.fails == 0 {
		return nil, errors.New("broken before")
	}
	var out []Outcome
	for i := range readings {
		r := &readings[i].Reading
		out = append(out, s.keep(device, Row{r.At, r.Seq, r.hash()}))
	}
	if s.fails > 0 && s.n%s.fails == 1 {
		return nil, &Busy{time.Microsecond, errors.New("broken after")}
	}
	return out, nil
}

func (s *server) Close() error { return nil }

func (s *server) Rows(_ context.Context, device string, f func(Row) error) error {
	rows := slices.Clone(s.rows[device])
	slices.SortFunc(rows, func(a, b Row) int { return cmp.Or(cmp.Compare(a.At, b.At), cmp.Compare(a.Seq, b.Seq)) })
	for _, r := range rows {
		if err := f(r); err != nil {
			return err
		}
	}
	return nil
}

func params(n int) Params {
	return Params{Devices: n, Length: 5 * time.Minute, Seed: 3, Start: time.Date(2026, 1, 14, 22, 0, 0, 0, time.UTC), Late: 0.05, Dup: 0.05, Mixed: true}
}

func runInto(t *testing.T, s *server, p Params, batch int) (string, Counts) {
	t.Helper()
	w, err := New(p)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "ledger")
	l, err := OpenLedger(path)
	if err != nil {
		t.Fatal(err)
	}
	counts, err := Run(t.Context(), w, Options{Batch: batch, Workers: 3, Ledger: l, Connect: func() (Sender, error) { return s, nil }})
	if err != nil {
		t.Fatal(err)
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	return path, counts
}

func TestLedgerAgreesWithABrokenServer(t *testing.T) {
	t.Parallel()
	s := &server{fails: 50}
	path, counts := runInto(t, s, params(12), 7)
	for _, inMemory := range []int{1 << 20, 100} { // once in memory, once in files
		v, err := verify(t.Context(), path, s, inMemory)
		if err != nil {
			t.Fatal(err)
		}
		if !v.Good() || v.Acknowledged != v.Sent || v.Unanswered+v.Unknown != 0 || v.Sent < 2000 {
			t.Errorf("%s; %+v", v, v)
		}
		if counts.Acknowledged != counts.Sent || counts.Retries == 0 || counts.Duplicates == 0 || counts.Sent < v.Sent+50 {
			t.Errorf("%+v of %d readings", counts, v.Sent)
		}
	}
}

func TestVerifyNamesWhatIsWrong(t *testing.T) {
	t.Parallel()
	s := &server{}
	path, _ := runInto(t, s, params(4), 3)
	rows := s.rows["bed-00002"]
	lost := rows[10]
	rows = append(rows[:10], rows[11:]...)
	rows[20].Hash++                                                       // altered
	rows = append(rows, rows[30], Row{At: 5, Seq: 5}, Row{At: 5, Seq: 5}) // twice there, and two that nobody sent
	s.rows["bed-00002"] = rows
	v, err := Verify(t.Context(), path, s)
	if err != nil {
		t.Fatal(err)
	}
	if v.Lost != 1 || v.Altered != 1 || v.Duplicated != 1 || v.Unknown != 2 || v.Good() || len(v.First) != 3 {
		t.Errorf("%s; %+v", v, v)
	}
	want := Difference{"lost", "bed-00002", lost.At, lost.Seq}
	if !slices.Contains(v.First, want) {
		t.Errorf("%v is not named in %v", want, v.First)
	}
	if got := want.String(); !strings.Contains(got, "lost: bed-00002 at 2026-01-14T22:00:") {
		t.Error(got)
	}
}

// TestLedgerIsTrueWhereverItEnds cuts the ledger anywhere, as the death of the
// writer does, and goes on writing.
func TestLedgerIsTrueWhereverItEnds(t *testing.T) {
	t.Parallel()
	s := &server{}
	path, _ := runInto(t, s, params(3), 2)
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	random := rand.New(rand.NewPCG(1, 2))
	for range 30 {
		cut := filepath.Join(t.TempDir(), "ledger")
		if err := os.WriteFile(cut, whole[:8+random.IntN(len(whole)-8)], 0o644); err != nil {
			t.Fatal(err)
		}
		v, err := Verify(t.Context(), cut, s)
		if err != nil || !v.Good() {
			t.Fatalf("%v, %v", v, err)
		}
		l, err := OpenLedger(cut)
		if err != nil {
			t.Fatal(err)
		}
		more := []Send{{Reading: Reading{At: 9, Seq: 9}}}
		if err := errors.Join(l.Sent("new", more), l.Answered("new", more, []Outcome{Accepted}), l.Close()); err != nil {
			t.Fatal(err)
		}
		after, err := Verify(t.Context(), cut, s)
		if err != nil || after.Lost != 1 || after.Acknowledged != v.Acknowledged+1 {
			t.Fatalf("%v, %v", after, err)
		}
	}
	damaged := slices.Clone(whole)
	damaged[len(damaged)/2] ^= 1
	if err := os.WriteFile(path, damaged, 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := Verify(t.Context(), path, s); !errors.Is(err, errBlock) {
		t.Errorf("a damaged ledger: %v", err)
	}
}

// TestWireFormsCarryTheSame sends a ward as JSON and as lines to a server that
// reads them, and verifies over its API.
func TestWireFormsCarryTheSame(t *testing.T) {
	t.Parallel()
	for _, p := range []Protocol{REST, Line} {
		s := &server{}
		lines := map[string][]string{} // stored rows as the API writes them
		srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			s.mu.Lock()
			defer s.mu.Unlock()
			if r.Header.Get("Authorization") != "Bearer secret" {
				w.WriteHeader(http.StatusUnauthorized)
				return
			}
			if r.Method == http.MethodGet {
				rows := lines[r.URL.Query().Get("device_id")]
				slices.SortFunc(rows, func(a, b string) int {
					x, _ := parseRow([]byte(a))
					y, _ := parseRow([]byte(b))
					return cmp.Or(cmp.Compare(x.At, y.At), cmp.Compare(x.Seq, y.Seq))
				})
				io.WriteString(w, strings.Join(rows, "\n"))
				return
			}
			body, _ := io.ReadAll(r.Body)
			add := func(device, text string) {
				row, err := parseRow([]byte(text))
				if err != nil {
					t.Error(err)
				}
				if s.keep(device, row) == Accepted {
					lines[device] = append(lines[device], text)
				}
			}
			if p == Line {
				for l := range strings.Lines(string(body)) {
					parts := strings.Fields(l)
					text := `{"timestamp":"` + stamp(t, parts[2]) + `"`
					for f := range strings.SplitSeq(parts[1], ",") {
						name, v, _ := strings.Cut(f, "=")
						text += `,"` + name + `":` + strings.TrimSuffix(v, "i")
					}
					add(strings.TrimPrefix(strings.Split(parts[0], ",")[1], "device_id="), text+"}")
				}
				w.WriteHeader(http.StatusNoContent)
				return
			}
			var objects []json.RawMessage
			if err := json.Unmarshal(body, &objects); err != nil {
				t.Error(err)
			}
			for _, o := range objects {
				add(strings.Split(r.URL.Path, "/")[4], string(o))
			}
			w.WriteHeader(http.StatusCreated)
			io.WriteString(w, `{"accepted":1}`)
		}))
		defer srv.Close()
		target := Target{srv.URL, "secret"}
		connect, err := Connector(target, p)
		if err != nil {
			t.Fatal(err)
		}
		w, err := New(params(4))
		if err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(t.TempDir(), "ledger")
		l, err := OpenLedger(path)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := Run(t.Context(), w, Options{Batch: 20, Ledger: l, Connect: connect, Protocol: p}); err != nil {
			t.Fatal(err)
		}
		l.Close()
		for _, store := range []Store{s, StoreAt(target)} {
			v, err := Verify(t.Context(), path, store)
			if err != nil || !v.Good() || v.Acknowledged < 700 || v.Unknown != 0 {
				t.Errorf("%s: %v, %+v, %v", p, v, v, err)
			}
		}
	}
}

func stamp(t *testing.T, ns string) string {
	t.Helper()
	d, err := time.ParseDuration(ns + "ns")
	if err != nil {
		t.Fatal(err)
	}
	return time.Unix(0, int64(d)).UTC().Format(time.RFC3339Nano)
}

// memoryRoad is a Road that keeps batches.
type memoryRoad struct {
	mu sync.Mutex
	n  map[string]int
}

func (m *memoryRoad) Submit(_ context.Context, batches ...*reading.Batch) ([][]reading.Outcome, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	var out [][]reading.Outcome
	for _, b := range batches {
		m.n[b.Device] += b.Rows.Len()
		out = append(out, make([]reading.Outcome, b.Rows.Len()))
	}
	return out, nil
}

func TestDemoFillsTheBeds(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	m := &memoryRoad{n: map[string]int{}}
	done := make(chan error)
	go func() { done <- Demo(ctx, m, func() int64 { return time.Now().UnixNano() }) }()
	for len(func() map[string]int { m.mu.Lock(); defer m.mu.Unlock(); return maps.Clone(m.n) }()) < 22 {
		time.Sleep(10 * time.Millisecond)
	}
	cancel()
	if err := <-done; err != nil {
		t.Error(err)
	}
}
