// Package devicetest is the suite that every reader runs: its testcases, and
// the promises of device.Format under truncated, damaged and random input.
//
// A testcase is a folder testcases/<what> with a file named input or
// input.<ext>, optionally given.txt with lines "columns=...", "interval=2s"
// and "whole=yes" (the end decides how the file is read, so that a part of it
// may read differently), and expected.out: the header, the rows and the warnings as
// Dump writes them, and the error if there is one. `go test -update` writes
// expected.out anew; read it before you commit it.
package devicetest

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"pleth"
	"pleth/internal/device"
)

var update = flag.Bool("update", false, "write expected.out of the testcases anew")

// Result is what a reader made of an input.
type Result struct {
	Format     string
	Header     pleth.Header // of the last recording
	Rows       *pleth.Batch // of all recordings, one after the other
	Recordings []Recording
	Warnings   []device.Warning
	Err        error
}

// Recording is one recording of an input: one patient's device and timeline.
type Recording struct {
	Header pleth.Header
	Rows   *pleth.Batch
}

// Read reads the file at path with the format of formats that its content
// matches, through device.Open, so compressed inputs work too. No match is an error.
func Read(formats []device.Format, path string, given device.Given) Result {
	f, err := os.Open(path)
	if err != nil {
		return Result{Err: err}
	}
	defer f.Close()
	return read(formats, path, f, given)
}

// ReadBytes is Read for bytes in memory.
func ReadBytes(formats []device.Format, b []byte, given device.Given) Result {
	return read(formats, "input", bytes.NewReader(b), given)
}

// ReadFolder is Read for the file of the given name in a folder in memory, for
// formats whose recordings are several files.
func ReadFolder(formats []device.Format, folder map[string][]byte, name string) Result {
	b := folder[name]
	return readSource(formats, &device.Source{
		Name: name, Size: int64(len(b)), R: bytes.NewReader(b),
		Sibling: func(name string) (io.ReadCloser, error) {
			b, ok := folder[name]
			if !ok {
				return nil, fs.ErrNotExist
			}
			return io.NopCloser(bytes.NewReader(b)), nil
		},
		Siblings: func() []string { return slices.Collect(maps.Keys(folder)) },
	})
}

func read(formats []device.Format, name string, file io.Reader, given device.Given) Result {
	var r Result
	_, err := device.Open(name, file, given, device.DefaultLimits, func(src *device.Source) error {
		r = readSource(formats, src)
		return nil
	})
	if r.Err == nil {
		r.Err = err
	}
	if r.Rows == nil {
		r.Rows = new(pleth.Batch)
	}
	return r
}

func readSource(formats []device.Format, src *device.Source) Result {
	r := Result{Rows: new(pleth.Batch)}
	head := make([]byte, device.HeadBytes)
	n, err := io.ReadFull(src.R, head)
	head = head[:n]
	format, ok := device.Detect(formats, device.Head{Bytes: head, Whole: err != nil, Name: src.Name, Size: src.Size, Given: src.Given})
	if !ok {
		r.Err = errors.New("not recognised")
		return r
	}
	r.Format = format.Name
	src.R = io.MultiReader(bytes.NewReader(head), src.R)
	w := device.NewWriter(collector{&r})
	r.Err = format.Read(context.Background(), src, w)
	if err := w.Close(); r.Err == nil {
		r.Err = err
	}
	r.Header = w.Header
	r.Warnings, _ = w.Warnings()
	return r
}

type collector struct{ r *Result }

func (c collector) Start(h pleth.Header) error {
	c.r.Recordings = append(c.r.Recordings, Recording{h, new(pleth.Batch)})
	return nil
}

func (c collector) Rows(b *pleth.Batch) error {
	one := c.r.Recordings[len(c.r.Recordings)-1].Rows
	for i := range b.Len() {
		c.r.Rows.AppendRow(b, i)
		one.AppendRow(b, i)
	}
	return nil
}

// Dump writes r as text: header fields that are set, one line a row with its
// time and every value the row carries, warnings, error. Where there are
// several recordings each has its own header, below a line with its number.
func (r *Result) Dump() string {
	var s strings.Builder
	fmt.Fprintf(&s, "format %s\n", r.Format)
	if len(r.Recordings) < 2 {
		dumpRecording(&s, Recording{r.Header, r.Rows})
	} else {
		for i, one := range r.Recordings {
			fmt.Fprintf(&s, "recording %d of %d\n", i+1, len(r.Recordings))
			dumpRecording(&s, one)
		}
	}
	for _, w := range r.Warnings {
		fmt.Fprintf(&s, "warning %s [%s] %s\n", w.Code, w.At, w.Text)
	}
	if r.Err != nil {
		fmt.Fprintf(&s, "error %s\n", r.Err)
	}
	return s.String()
}

func dumpRecording(s *strings.Builder, r Recording) {
	h := r.Header
	fmt.Fprintf(s, "device maker=%q model=%q serial=%q firmware=%q\n", h.Device.Maker, h.Device.Model, h.Device.Serial, h.Device.Firmware)
	fmt.Fprintf(s, "clock %s zone=%q interval=%s averaging=%s origin=%d bytime=%t\n",
		[]string{"none", "local", "utc"}[h.Clock], h.Zone, h.Interval, h.Averaging, h.Origin, h.ByTime)
	if h.Metric != 0 {
		fmt.Fprintf(s, "timeline %s\n", h.Metric)
	}
	for _, key := range sortedKeys(h.Reported) {
		fmt.Fprintf(s, "reported %s=%g\n", key, h.Reported[key])
	}
	for i := range r.Rows.Len() {
		s.WriteString(stamp(h, r.Rows.Time(i)))
		for _, m := range pleth.Metrics() {
			if v := r.Rows.Value(m, i); !v.IsAbsent() {
				fmt.Fprintf(s, " %s=%s", m, v)
			}
		}
		if marks := r.Rows.Marks(i); marks != 0 {
			fmt.Fprintf(s, " marks=%s", marks)
		}
		s.WriteString("\n")
	}
}

func stamp(h pleth.Header, t int64) string {
	if h.Clock == pleth.NoClock {
		return "+" + time.Duration(t).String()
	}
	return time.Unix(h.Origin, t).UTC().Format("2006-01-02T15:04:05.999999999")
}

func sortedKeys(m map[string]float64) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	for i := range keys {
		for j := i; j > 0 && keys[j] < keys[j-1]; j-- {
			keys[j], keys[j-1] = keys[j-1], keys[j]
		}
	}
	return keys
}

// Run runs the testcases beside the calling test and the promises on each of
// their inputs.
func Run(t *testing.T, formats []device.Format) {
	t.Helper()
	cases, err := filepath.Glob("testcases/*")
	if err != nil || len(cases) == 0 {
		t.Fatalf("no testcases beside the test: %v", err)
	}
	for _, dir := range cases {
		t.Run(filepath.Base(dir), func(t *testing.T) {
			input, given := Case(t, dir)
			got := Read(formats, input, given)
			golden(t, filepath.Join(dir, "expected.out"), got.Dump())
			b, err := os.ReadFile(input)
			if err != nil {
				t.Fatal(err)
			}
			promises(t, formats, b, given, !endDecides(dir))
		})
	}
}

// endDecides reports whether given.txt says that the end of the file decides.
func endDecides(dir string) bool {
	text, _ := os.ReadFile(filepath.Join(dir, "given.txt"))
	return strings.Contains("\n"+string(text), "\nwhole=yes")
}

// Case returns the input file of a testcase and what the user gives with it.
func Case(t testing.TB, dir string) (string, device.Given) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "input*"))
	if err != nil || len(files) != 1 {
		t.Fatalf("%s: want one input, got %d", dir, len(files))
	}
	var given device.Given
	text, _ := os.ReadFile(filepath.Join(dir, "given.txt"))
	for line := range strings.Lines(string(text)) {
		key, value, _ := strings.Cut(strings.TrimSpace(line), "=")
		switch key {
		case "columns":
			given.Columns = value
		case "interval":
			if given.Interval, err = time.ParseDuration(value); err != nil {
				t.Fatal(err)
			}
		}
	}
	return files[0], given
}

func golden(t *testing.T, path, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("read differently\ngot:\n%s\nwant:\n%s", clip(got), clip(string(want)))
	}
}

func clip(s string) string {
	if len(s) > 4000 {
		return s[:4000] + "..."
	}
	return s
}

// truncations is how many prefixes of an input are tried; small inputs are
// cut at every byte.
const truncations = 3000

// Promises checks what device.Format promises: cut anywhere or damaged
// anywhere, the reader ends without a panic, and what it reads from a prefix
// is, row by row, what it reads from the whole, except the last row, which may
// be cut. Rows beside the timeline, as of a pulse with a rate of its own, may
// be missing before that. Of a recording whose rows stand in any order (Header.ByTime) each
// row of the prefix is a row of the whole, or a part of one.
func Promises(t *testing.T, formats []device.Format, input []byte, given device.Given) {
	t.Helper()
	promises(t, formats, input, given, true)
}

// promises is Promises; without likeWhole, what is read from a prefix need not
// be what is read from the whole.
func promises(t *testing.T, formats []device.Format, input []byte, given device.Given, likeWhole bool) {
	t.Helper()
	whole := ReadBytes(formats, input, given)
	step := max(1, len(input)/truncations)
	for n := 0; n < len(input); n += step {
		got := ReadBytes(formats, input[:n], given)
		if got.Format != whole.Format || got.Header.Interval != whole.Header.Interval || got.Header.Clock != whole.Header.Clock {
			continue // too short to be recognised, or its timing stands at the end
		}
		most := whole.Rows.Len()
		if whole.Err != nil {
			most++ // a row that is an error in the whole may, cut, look like one
		}
		if got.Rows.Len() > most {
			t.Fatalf("cut at byte %d of %d: %d rows, the whole has %d", n, len(input), got.Rows.Len(), whole.Rows.Len())
		}
		if !likeWhole {
			continue
		}
		if whole.Header.ByTime {
			for _, one := range got.Recordings {
				partOf(t, n, one, whole.Recordings)
			}
			continue
		}
		a, b := timelineRows(got), timelineRows(whole)
		for i := range min(len(a)-1, len(b)) {
			if a[i] != b[i] {
				t.Fatalf("cut at byte %d: row %d differs from the whole", n, i)
			}
		}
	}
	rng := rand.New(rand.NewPCG(1, 2))
	for range 300 {
		b := bytes.Clone(input)
		for range 1 + rng.IntN(8) {
			if len(b) > 0 {
				b[rng.IntN(len(b))] = byte(rng.Uint32())
			}
		}
		ReadBytes(formats, b, given)
	}
}

// timelineRow is what one row says on the timeline of its recording.
type timelineRow struct {
	at    int64
	value string
}

// timelineRows returns the rows of r that carry the metric of the timeline;
// all of them where none does.
func timelineRows(r Result) []timelineRow {
	m := r.Header.Timeline()
	var rows []timelineRow
	for i := range r.Rows.Len() {
		if v := r.Rows.Value(m, i); !v.IsAbsent() || !r.Rows.Has(m) {
			rows = append(rows, timelineRow{r.Rows.Time(i), number(v)})
		}
	}
	return rows
}

// number returns v as text that does not depend on how many decimals its column keeps.
func number(v pleth.Value) string {
	if !v.Ok() {
		return v.String()
	}
	return strconv.FormatFloat(v.Float(), 'g', -1, 64)
}

// partOf checks that each row of got, read from n bytes, is a row of the same
// recording in whole, or a part of one.
func partOf(t *testing.T, n int, got Recording, whole []Recording) {
	t.Helper()
	for _, w := range whole {
		if w.Header.Device != got.Header.Device || w.Header.Timeline() != got.Header.Timeline() {
			continue
		}
		rows := map[timelineRow]bool{}
		for i := range w.Rows.Len() {
			rows[timelineRow{w.Rows.Time(i), number(w.Rows.Value(w.Header.Timeline(), i))}] = true
			rows[timelineRow{w.Rows.Time(i), "absent"}] = true
		}
		for i := range got.Rows.Len() {
			if !rows[timelineRow{got.Rows.Time(i), number(got.Rows.Value(got.Header.Timeline(), i))}] {
				t.Fatalf("cut at byte %d: row %d is no row of the whole", n, i)
			}
		}
		return
	}
	t.Fatalf("cut at byte %d: a recording that the whole has not", n)
}

// Fuzz adds the inputs of the testcases as seeds and fuzzes the readers: they
// must end without a panic, and every row count must be one the input can hold.
func Fuzz(f *testing.F, formats []device.Format) {
	dirs, _ := filepath.Glob("testcases/*")
	for _, dir := range dirs {
		input, given := Case(f, dir)
		b, err := os.ReadFile(input)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b, given.Columns, int64(given.Interval))
	}
	f.Fuzz(func(t *testing.T, b []byte, columns string, interval int64) {
		r := ReadBytes(formats, b, device.Given{Columns: columns, Interval: time.Duration(interval)})
		if r.Rows.Len() > len(b)*64+64 {
			t.Fatalf("%d rows from %d bytes", r.Rows.Len(), len(b))
		}
	})
}
