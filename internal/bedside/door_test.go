package bedside_test

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"pleth"
	"pleth/internal/bedside"
	"pleth/internal/intake/readings"
	"pleth/internal/plethtest"
	"pleth/internal/reading"
)

var errBusy = errors.New("busy")

type key struct {
	bed    string
	metric pleth.Metric
	at     int64
}

// road says of a value what the real one says: the first of a bed, metric and
// instant is accepted, an equal one a duplicate, another one a conflict.
type road struct {
	mu       sync.Mutex
	values   map[key][]string
	received map[key]int64
	busy     int
}

func (r *road) Submit(_ context.Context, batches ...*reading.Batch) ([][]reading.Outcome, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	out := make([][]reading.Outcome, len(batches))
	for i, b := range batches {
		if r.busy > 0 && i%3 == 2 {
			r.busy--
			return out, errBusy
		}
		out[i] = make([]reading.Outcome, b.Rows.Len())
		for k := range out[i] {
			for _, m := range pleth.Metrics() {
				v := b.Rows.Value(m, k)
				if v.IsAbsent() {
					continue
				}
				at := key{b.Device, m, b.Rows.Time(k)}
				switch had := r.values[at]; {
				case slices.Contains(had, v.String()):
					out[i][k] = reading.Duplicate
				case len(had) > 0:
					out[i][k] = reading.Conflict
					fallthrough
				default:
					r.values[at] = append(had, v.String())
					r.received[at] = b.Received
				}
			}
		}
	}
	return out, nil
}

type people struct{}

func (people) Pseudonyms(_ context.Context, ids []string) ([]string, error) { return ids, nil }
func (people) Seal(plain []byte) []byte                                     { return plain }

// fixture is a door with what it writes to.
type fixture struct {
	*bedside.Door
	road  *road
	mu    sync.Mutex
	aside []string
}

func (f *fixture) Put(_ context.Context, _ string, _ int64, body []byte, refused []readings.Refusal) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, r := range refused {
		f.aside = append(f.aside, string(r.Problems[0].Code)+" "+string(body[r.From:r.To]))
	}
	return nil
}

func open(dir string, r *road) *fixture {
	f := &fixture{road: r}
	f.Door = bedside.New(bedside.Config{Road: r, People: people{}, Aside: f, Dir: dir, Poll: time.Millisecond, Clock: time.Now,
		Busy: func(err error) (time.Duration, bool) { return time.Millisecond, errors.Is(err, errBusy) }})
	return f
}

func newRoad() *road { return &road{values: map[key][]string{}, received: map[key]int64{}} }

// capture returns the lines of a capture, unpacked.
func capture(tb testing.TB, name string) []byte {
	tb.Helper()
	f, err := os.Open(plethtest.Shared(tb, "data/device-streams/atriumdb-cmf/"+name))
	if err != nil {
		tb.Fatal(err)
	}
	defer f.Close()
	var r io.Reader = f
	if strings.HasSuffix(name, ".gz") {
		if r, err = gzip.NewReader(f); err != nil {
			tb.Fatal(err)
		}
	}
	b, err := io.ReadAll(r)
	if err != nil {
		tb.Fatal(err)
	}
	return b
}

// wanted are the counts of the capture, from reading it with the standard library.
func wanted(tb testing.TB, lines []byte) bedside.Counts {
	tb.Helper()
	c := bedside.Counts{Reasons: map[readings.Code]int64{}}
	seen := map[string][]string{}
	scan := bufio.NewScanner(bytes.NewReader(lines))
	for scan.Scan() {
		var l struct {
			DevID, MTime     int64
			Type, MName, Val string
		}
		if err := json.Unmarshal(scan.Bytes(), &l); err != nil {
			tb.Fatal(err)
		}
		c.Lines++
		metric := ""
		for part, is := range map[string]string{"OXIM_SAT_O2": l.MName, "OXIM_PERF_REL": "perfusion", "MDC_PLETH_PULS_RATE": "pulse",
			"MDC_ECG_CARD_BEAT_RATE": "heart", "MDC_RESP_RATE": "respiration"} {
			if strings.Contains(l.MName, part) {
				metric = is
			}
		}
		k := fmt.Sprint(l.DevID, l.MTime, metric)
		switch {
		case l.Type == "wav":
			c.Reasons[bedside.Waveform]++
			c.Refused++
		case metric == "":
			c.Reasons[bedside.UnknownMeasure]++
			c.Refused++
		case slices.Contains(seen[k], l.Val):
			c.Duplicate++
		case len(seen[k]) > 0:
			c.Conflict++
			seen[k] = append(seen[k], l.Val)
		default:
			c.Accepted++
			seen[k] = []string{l.Val}
		}
	}
	return c
}

func equal(a, b bedside.Counts) bool {
	return maps.Equal(a.Reasons, b.Reasons) && a.Lines == b.Lines && a.Accepted == b.Accepted && a.Duplicate == b.Duplicate && a.Conflict == b.Conflict && a.Refused == b.Refused
}

// Every line of the captures is accounted for, pre- and post-ductal saturation
// stay apart, and times are those of the monitor and of the gateway.
func TestCaptures(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"cmf_test_data.jsonl.gz", "single_cmf_test_aperiodic_met.jsonl"} {
		body := capture(t, name)
		want := wanted(t, body)
		f := open(t.TempDir(), newRoad())
		f.road.busy = 5
		got, err := f.Stream(t.Context(), bytes.NewReader(body))
		if err != nil || !equal(got, want) || !equal(f.Counts(), want) {
			t.Errorf("%s: got %+v, %v, want %+v", name, got, err, want)
		}
		if got.Accepted+got.Duplicate+got.Conflict+got.Refused != got.Lines || int64(len(f.aside)) != got.Refused {
			t.Errorf("%s: %+v and %d dead letters do not come to the lines", name, got, len(f.aside))
		}
		if strings.HasSuffix(name, ".gz") {
			f := open(t.TempDir(), newRoad())
			if packed, err := f.Follow(t.Context(), plethtest.Shared(t, "data/device-streams/atriumdb-cmf/"+name)); err != nil || !equal(packed, want) {
				t.Errorf("%s, packed: got %+v, %v", name, packed, err)
			}
			count := map[pleth.Metric]int{}
			for k, v := range f.road.values {
				count[k.metric] += len(v)
				if d := f.road.received[k] - k.at; d < -18e9 || d > 9e9 {
					t.Errorf("%+v was received %d ns later", k, d)
				}
			}
			if count[pleth.SpO2] != 97 || count[pleth.SpO2PreDuctal] != 11 || count[pleth.SpO2PostDuctal] != 10 {
				t.Errorf("got %v", count)
			}
			if want.Reasons[bedside.Waveform] != 2420 || want.Lines != 3690 {
				t.Errorf("got %+v", want)
			}
		}
	}
}

func TestLines(t *testing.T) {
	t.Parallel()
	met := func(name, unit, val string) string {
		return fmt.Sprintf(`{"devid": 7, "systime": 1651124962000000000, "type": "met", "mname": %q, "mtime": 1651124962872000000, "uom": %q, "val": %s}`, name, unit, val)
	}
	const sat, percent = "MDC_PULS_OXIM_SAT_O2", "MDC_DIM_PERCENT"
	for _, c := range []struct{ name, line, value, aside string }{
		{"a value", met(sat, percent, `"97.10"`), "97.10", ""},
		{"a number", met(sat, percent, `97`), "97", ""},
		{"nothing", met(sat, percent, `""`), "missing", ""},
		{"null", met(sat, percent, `null`), "missing", ""},
		{"the mark for nothing", met(sat, percent, `"8388607"`), "missing", ""},
		{"below nothing", met(sat, percent, `"-100"`), "missing", ""},
		{"too high", met(sat, percent, `"140"`), "", "out_of_range"},
		{"two numbers", met(sat, percent, `"97^98"`), "", "wrong_type"},
		{"a fraction", met(sat, "MDC_DIM_DIMLESS", `"0.97"`), "", "wrong_unit"},
		{"a waveform", strings.Replace(met("MDC_PULS_OXIM_PLETH", "", `"1^2^3"`), "met", "wav", 1), "", "waveform"},
		{"another measure", met("MDC_PRESS_BLD_ART", "", `"80"`), "", "unknown_measure"},
		{"another type", strings.Replace(met(sat, percent, `"97"`), "met", "evt", 1), "", "unknown_measure"},
		{"no message", "nonsense", "", "malformed"},
		{"a bed that cannot be named", strings.Replace(met(sat, percent, `"97"`), "7", `"Anna S"`, 1), "", "bad_device"},
		{"the future", strings.Replace(met(sat, percent, `"97"`), "16511249628", "16511259628", 1), "", "future_timestamp"},
	} {
		f := open("", newRoad())
		got, err := f.Stream(t.Context(), strings.NewReader(c.line+"\r\n\n"))
		want := bedside.Counts{Lines: 1, Accepted: 1}
		aside := ""
		if c.aside != "" {
			want = bedside.Counts{Lines: 1, Refused: 1, Reasons: map[readings.Code]int64{readings.Code(c.aside): 1}}
			aside = c.aside + " " + c.line + "\r"
		}
		if err != nil || !equal(got, want) || strings.Join(f.aside, "|") != aside {
			t.Errorf("%s: got %+v, %v, %q", c.name, got, err, f.aside)
		}
		value := strings.Join(f.road.values[key{"7", pleth.SpO2, 1651124962872000000}], "|")
		if value != c.value {
			t.Errorf("%s: got the value %q", c.name, value)
		}
	}
}

// wait returns when the door has seen so many lines.
func (f *fixture) wait(t *testing.T, lines int64) {
	t.Helper()
	for end := time.Now().Add(2 * time.Minute); f.Counts().Lines < lines; time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("got %+v after two minutes, want %d lines", f.Counts(), lines)
		}
	}
}

// A file that grows is followed, by a door that comes and goes: no line is
// lost, none is counted twice, whatever part of a line is there when it looks.
func TestFollow(t *testing.T) {
	t.Parallel()
	body := capture(t, "cmf_test_data.jsonl.gz")
	want := wanted(t, body)
	dir := t.TempDir()
	path := filepath.Join(dir, "stream.jsonl")
	r := newRoad()
	var asides []string
	var last bedside.Counts
	for at, step := 0, len(body)/5+37; at < len(body); at += step {
		ctx, stop := context.WithCancel(t.Context())
		f := open(dir, r)
		done := make(chan error, 1)
		go func() {
			var err error
			last, err = f.Follow(ctx, path)
			done <- err
		}()
		part := body[at:min(at+step, len(body))]
		file, err := os.OpenFile(path, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
		if err != nil {
			t.Fatal(err)
		}
		for len(part) > 0 {
			n := min(len(part), 50_001)
			if _, err := file.Write(part[:n]); err != nil {
				t.Fatal(err)
			}
			part = part[n:]
		}
		_ = file.Close()
		total := int64(bytes.Count(body[:min(at+step, len(body))], []byte{'\n'}))
		if at+step >= len(body) {
			total = want.Lines // the last one has no end
		}
		f.wait(t, total)
		stop()
		if err := <-done; !errors.Is(err, context.Canceled) {
			t.Fatal(err)
		}
		asides = append(asides, f.aside...)
	}
	if !equal(last, want) || int64(len(asides)) != want.Refused {
		t.Errorf("got %+v and %d dead letters, want %+v", last, len(asides), want)
	}
}

// A file that is renamed and made anew is read to its end, then the new one
// from its start; so is one that is cut.
func TestRotation(t *testing.T) {
	t.Parallel()
	line := func(n int) string {
		return fmt.Sprintf(`{"devid":7,"systime":1651124962000000000,"type":"met","mname":"MDC_RESP_RATE","mtime":%d,"uom":"","val":"28"}`+"\n", 1651124962000000000+n)
	}
	dir := t.TempDir()
	path := filepath.Join(dir, "stream.jsonl")
	write := func(text string, flag int) {
		t.Helper()
		f, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY|flag, 0o600)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(f, text); err != nil {
			t.Fatal(err)
		}
		_ = f.Close()
	}
	f := open(dir, newRoad())
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() {
		_, err := f.Follow(ctx, path)
		done <- err
	}()
	write(line(1)+line(2), 0)
	f.wait(t, 2)
	write(strings.TrimSpace(line(3)), os.O_APPEND) // the end of the line does not come any more
	if err := os.Rename(path, path+".1"); err != nil {
		t.Fatal(err)
	}
	write(line(4), 0)
	f.wait(t, 4)
	write("", os.O_TRUNC)
	write(strings.TrimSpace(line(5))[:20], os.O_APPEND)
	write(strings.TrimSpace(line(5))[20:]+"\n", os.O_APPEND)
	f.wait(t, 5)
	stop()
	if err := <-done; !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	if got := f.Counts(); got.Accepted != 5 {
		t.Errorf("got %+v", got)
	}
}

func FuzzStream(f *testing.F) {
	f.Add([]byte(`{"devid":7,"systime":1,"type":"met","mname":"MDC_RESP_RATE","mtime":1651124962000000000,"uom":"","val":"28"}` + "\n\nx"))
	f.Fuzz(func(t *testing.T, data []byte) {
		d := open("", newRoad())
		got, err := d.Stream(t.Context(), bytes.NewReader(data))
		if err != nil || got.Accepted+got.Duplicate+got.Conflict+got.Refused != got.Lines {
			t.Fatalf("got %+v, %v", got, err)
		}
	})
}
