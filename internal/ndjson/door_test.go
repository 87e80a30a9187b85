package ndjson_test

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"pleth/internal/intake/readings"
	"pleth/internal/ndjson"
	"pleth/internal/reading"
)

// now is what the clock of the doors in these tests says.
var now = time.Date(2025, 11, 28, 20, 15, 0, 0, time.UTC)

var errBusy, errFull = errors.New("busy"), errors.New("full")

// road counts what it takes: a sequence number that it had is a duplicate.
type road struct {
	mu    sync.Mutex
	rows  int
	seen  map[int64]bool
	full  bool
	busy  int // so often half of the batches are turned away
	fails int // from the so many-th submission on; 0: never
	calls int
	// failed is closed when it fails first; nil: it cannot.
	failed chan struct{}
}

func (r *road) Submit(_ context.Context, batches ...*reading.Batch) ([][]reading.Outcome, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.calls++
	if r.full {
		return make([][]reading.Outcome, len(batches)), errFull
	}
	if r.fails > 0 && r.calls >= r.fails {
		if r.calls == r.fails {
			close(r.failed)
		}
		return make([][]reading.Outcome, len(batches)), errors.New("disk")
	}
	out := make([][]reading.Outcome, len(batches))
	for i, b := range batches {
		if r.busy > 0 && i >= len(batches)/2 {
			r.busy--
			return out, errBusy
		}
		out[i] = make([]reading.Outcome, b.Rows.Len())
		for k := range out[i] {
			if seq := b.SeqOf(k); seq != reading.NoSeq {
				if r.seen[seq] {
					out[i][k] = reading.Duplicate
				}
				r.seen[seq] = true
			}
			r.rows++
		}
	}
	return out, nil
}

type people struct{}

func (people) Pseudonyms(_ context.Context, ids []string) ([]string, error) { return ids, nil }
func (people) Seal(plain []byte) []byte                                     { return plain }

type caller struct{}

func (caller) Take(time.Time, int) time.Duration { return 0 }

// door is a server with the door alone.
type door struct {
	*httptest.Server
	road  *road
	aside []string
}

func (d *door) Put(_ context.Context, _ string, _ int64, body []byte, refused []readings.Refusal) error {
	for _, r := range refused {
		d.aside = append(d.aside, string(body[r.From:r.To]))
	}
	return nil
}

func start(tb testing.TB) *door {
	tb.Helper()
	d := &door{road: &road{seen: map[int64]bool{}}}
	made := ndjson.New(ndjson.Config{
		Road: d.road, People: people{}, Aside: d, Clock: func() time.Time { return now }, Idle: 200 * time.Millisecond,
		Busy: func(err error) (time.Duration, bool) {
			if errors.Is(err, errFull) {
				return 5 * time.Second, true
			}
			return time.Second, errors.Is(err, errBusy)
		},
	})
	d.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { made.Handle(w, r, caller{}) }))
	tb.Cleanup(d.Close)
	return d
}

func (d *door) send(tb testing.TB, body io.Reader, headers ...string) (int, string) {
	tb.Helper()
	req, err := http.NewRequest("POST", d.URL, body)
	if err != nil {
		tb.Fatal(err)
	}
	for i := 0; i < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		tb.Fatal(err)
	}
	defer res.Body.Close()
	text, _ := io.ReadAll(res.Body)
	return res.StatusCode, string(text)
}

func line(seq int) string {
	return fmt.Sprintf(`{"device_id":"d%d","spo2":97.1,"pulse_rate":61,"seq":%d,"timestamp":"2025-11-28T20:14:00Z"}`+"\n", seq%7, seq)
}

func TestLines(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, body, want string
		status           int
		aside            string
	}{
		{"three", line(1) + line(2) + line(3), `{"lines":3,"accepted":3,"duplicate":0,"refused":0,"late":0,"conflict":0,"durable_through":3}`, 201, ""},
		{"blank lines, CR LF, no last end", "\r\n" + strings.Replace(line(1), "\n", "\r\n", 1) + "\n \n" + strings.TrimSpace(line(2)),
			`{"lines":2,"accepted":2,"duplicate":0,"refused":0,"late":0,"conflict":0,"durable_through":5}`, 201, ""},
		{"again", line(1) + line(1), `{"lines":2,"accepted":1,"duplicate":1,"refused":0,"late":0,"conflict":0,"durable_through":2}`, 201, ""},
		{"bad lines", line(1) + "nonsense\n\n" + `{"device_id":"d","spo2":140,"timestamp":"2025-11-28T20:14:00Z"}` + "\n" + line(2),
			`{"lines":4,"accepted":2,"duplicate":0,"refused":2,"late":0,"conflict":0,"durable_through":5,"refused_lines":[` +
				`{"line":2,"code":"malformed","errors":[{"path":"","code":"malformed","detail":"malformed JSON at byte 0 (line 1, column 1): this is neither a number nor another value"}]},` +
				`{"line":4,"code":"out_of_range","errors":[{"path":"spo2","value":"140","code":"out_of_range","allowed":"0..100 %","detail":"send spo2 in %; null where nothing was measured"}]}]}`,
			207, `nonsense|{"device_id":"d","spo2":140,"timestamp":"2025-11-28T20:14:00Z"}`},
		{"a list on a line", "[" + strings.TrimSpace(line(1)) + ",7]\n" + line(2), `"accepted":2`, 207, "7"},
		{"nothing", "", `"title":"Nothing was accepted"`, 422, ""},
		{"all bad", "x\n", `"durable_through":1`, 422, "x"},
		{"a line without an end", strings.Repeat("x", 3<<20) + "\n" + line(1), `"code":"too_long"`, 207, strings.Repeat("x", 1<<20)},
	} {
		d := start(t)
		status, got := d.send(t, strings.NewReader(c.body))
		if status != c.status || !strings.Contains(got, c.want) || strings.Join(d.aside, "|") != c.aside {
			t.Errorf("%s: got %d %.600s, %d aside", c.name, status, got, len(d.aside))
		}
		var zipped bytes.Buffer
		z := gzip.NewWriter(&zipped)
		_, _ = io.WriteString(z, c.body)
		_ = z.Close()
		d = start(t)
		if status, zgot := d.send(t, &zipped, "Content-Encoding", "gzip"); status != c.status || zgot != got {
			t.Errorf("%s, packed: got %d %.600s", c.name, status, zgot)
		}
	}
}

// What is busy is asked again, and counted once.
func TestBusy(t *testing.T) {
	t.Parallel()
	d := start(t)
	d.road.busy = 2
	var body strings.Builder
	for i := range 100 {
		body.WriteString(line(i))
	}
	status, got := d.send(t, strings.NewReader(body.String()))
	if status != 201 || !strings.Contains(got, `"accepted":100,"duplicate":0`) || d.road.rows != 100 {
		t.Errorf("got %d %s, %d rows", status, got, d.road.rows)
	}
}

// Where the disk fails, the answer says up to where lines are settled.
func TestFailure(t *testing.T) {
	t.Parallel()
	d := start(t)
	d.road.fails, d.road.failed = 3, make(chan struct{})
	reader, writer := io.Pipe()
	go func() {
		// Who goes on sending to a server that has answered and closed may see
		// the connection end before the answer.
		var err error
		for i := 0; err == nil; i++ {
			select {
			case <-d.road.failed:
				return
			default:
				_, err = io.WriteString(writer, line(i))
			}
		}
	}()
	status, got := d.send(t, reader)
	_ = reader.Close()
	var sum ndjson.Summary
	if err := json.Unmarshal([]byte(got), &sum); err != nil || status != 500 || sum.Through == 0 || sum.Accepted != sum.Through {
		t.Errorf("got %d %s, %v", status, got, err)
	}
}

// A sender who accepts NDJSON hears of a line before it sends the next.
func TestToldMeanwhile(t *testing.T) {
	t.Parallel()
	d := start(t)
	reader, writer := io.Pipe()
	req, err := http.NewRequest("POST", d.URL, reader)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Accept", "application/x-ndjson")
	go func() { _, _ = io.WriteString(writer, line(1)) }()
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	answer := bufio.NewScanner(res.Body)
	hear := func(want string) {
		t.Helper()
		if !answer.Scan() || !strings.Contains(answer.Text(), want) {
			t.Fatalf("got %q, want %q", answer.Text(), want)
		}
	}
	hear(`"accepted":1,`)
	_, _ = io.WriteString(writer, "nonsense\n")
	hear(`{"line":2,"code":"malformed"`)
	hear(`"refused":1,`)
	_, _ = io.WriteString(writer, line(2))
	hear(`"accepted":2,`)
	_ = writer.Close()
	hear(`"durable_through":3,"status":207`)
}

// A sender who says nothing is left; what came before is kept.
func TestSilence(t *testing.T) {
	t.Parallel()
	d := start(t)
	reader, writer := io.Pipe()
	defer writer.Close()
	go func() { _, _ = io.WriteString(writer, line(1)+`{"device_id":`) }()
	status, got := d.send(t, reader)
	if status != http.StatusRequestTimeout || !strings.Contains(got, `"durable_through":1`) || len(d.aside) > 0 {
		t.Errorf("got %d %s, aside %q", status, got, d.aside)
	}
}

// A body of any length takes the memory of a few groups.
func TestFlatMemory(t *testing.T) {
	const lines = 300_000
	d := start(t)
	reader, writer := io.Pipe()
	go func() {
		block := []byte(strings.Repeat(line(1), 1000))
		for range lines / 1000 {
			_, _ = writer.Write(block)
		}
		_ = writer.Close()
	}()
	done := make(chan struct{})
	peak := uint64(0)
	go func() {
		defer close(done)
		status, got := d.send(t, reader)
		if status != 201 || !strings.Contains(got, fmt.Sprintf(`"lines":%d`, lines)) {
			t.Errorf("got %d %s", status, got)
		}
	}()
	for tick := time.NewTicker(5 * time.Millisecond); ; {
		select {
		case <-done:
			if peak > 64<<20 {
				t.Errorf("%d MB of memory for a body of %d MB", peak>>20, lines*len(line(1))>>20)
			}
			return
		case <-tick.C:
			var m runtime.MemStats
			runtime.ReadMemStats(&m)
			peak = max(peak, m.HeapAlloc)
		}
	}
}

func BenchmarkHandle(b *testing.B) {
	var body bytes.Buffer
	for i := range 20_000 {
		body.WriteString(line(i))
	}
	d := start(b)
	b.SetBytes(int64(body.Len()))
	for b.Loop() {
		if status, got := d.send(b, bytes.NewReader(body.Bytes())); status != 201 {
			b.Fatal(status, got)
		}
	}
}

// A sender is not held for as long as a disk is full: it is told when to come
// again, and from which line on.
func TestFullDisk(t *testing.T) {
	t.Parallel()
	d := start(t)
	d.road.full = true
	status, text := d.send(t, strings.NewReader(line(1)+"\n"))
	if status != http.StatusServiceUnavailable || !strings.Contains(text, `"durable_through":0`) || d.road.calls < 2 {
		t.Errorf("%d %s after %d calls", status, text, d.road.calls)
	}
}
