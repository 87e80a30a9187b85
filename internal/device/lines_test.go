package device_test

import (
	"bytes"
	"errors"
	"io"
	"runtime"
	"slices"
	"strings"
	"testing"
	"testing/iotest"

	"pgregory.net/rapid"

	"pleth/internal/device"
)

// readLines returns all lines of r and the error that stopped them.
func readLines(r io.Reader) ([]string, error) {
	l := device.NewLines(r)
	var all []string
	for l.Next() {
		all = append(all, string(l.Bytes()))
	}
	return all, l.Err()
}

// splitLines is the definition that Lines must meet, for texts below MaxLine.
func splitLines(text string) []string {
	sep := "\n"
	if !strings.Contains(text, sep) && strings.Contains(strings.TrimRight(text, "\r"), "\r") {
		sep = "\r"
	}
	all := strings.Split(text, sep)
	if all[len(all)-1] == "" {
		all = all[:len(all)-1]
	}
	for i := range all {
		all[i] = strings.TrimRight(all[i], "\r")
	}
	return all
}

func TestLinesEnds(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, text string
		want       []string
	}{
		{"empty", "", nil},
		{"LF", "a\nb\n", []string{"a", "b"}},
		{"no end", "a\nb", []string{"a", "b"}},
		{"CRLF", "a\r\nb\r\n", []string{"a", "b"}},
		{"CRCRLF", "a\r\r\nb\r\r\n", []string{"a", "b"}},
		{"CR alone", "a\rb\rc", []string{"a", "b", "c"}},
		{"CR alone with end", "a\rb\r", []string{"a", "b"}},
		{"CR inside where LF ends", "a\rb\nc", []string{"a\rb", "c"}},
		{"CRLF cut between", "a\r\nb\r", []string{"a", "b"}},
		{"blank lines", "\n\na\n", []string{"", "", "a"}},
		{"NUL", "a\x00\nb\n", []string{"a\x00", "b"}},
	} {
		got, err := readLines(strings.NewReader(c.text))
		if err != nil || !slices.Equal(got, c.want) {
			t.Errorf("%s: got %q, %v, want %q", c.name, got, err, c.want)
		}
	}
}

func TestLinesPlaces(t *testing.T) {
	t.Parallel()
	l := device.NewLines(strings.NewReader("ab\r\n\ncd"))
	for _, want := range []struct {
		n      int
		offset int64
		ended  bool
	}{{1, 0, true}, {2, 4, true}, {3, 5, false}} {
		if !l.Next() || l.N() != want.n || l.Offset() != want.offset || l.Ended() != want.ended {
			t.Errorf("got line %d at %d, ended %t, want %+v", l.N(), l.Offset(), l.Ended(), want)
		}
	}
}

// chunkReader hands out data in pieces of the sizes given, and then err.
type chunkReader struct {
	data  []byte
	sizes []int
	err   error
}

func (c *chunkReader) Read(p []byte) (int, error) {
	if len(c.data) == 0 {
		return 0, c.err
	}
	n := len(c.data)
	if len(c.sizes) > 0 {
		n, c.sizes = min(n, c.sizes[0]), c.sizes[1:]
	}
	n = copy(p, c.data[:n])
	c.data = c.data[n:]
	return n, nil
}

var textGen = rapid.StringOfN(rapid.SampledFrom([]rune("ab,\"\n\r\x00é")), 0, 200, -1)

func TestLinesAreTheDefinitionHoweverTheyArrive(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		text := textGen.Draw(t, "text")
		sizes := rapid.SliceOf(rapid.IntRange(0, 9)).Draw(t, "sizes")
		got, err := readLines(&chunkReader{[]byte(text), sizes, io.EOF})
		if err != nil || !slices.Equal(got, splitLines(text)) {
			t.Fatalf("got %q, %v, want %q", got, err, splitLines(text))
		}
		var inMemory []string
		for l := device.LinesOf([]byte(text)); l.Next(); {
			inMemory = append(inMemory, string(l.Bytes()))
		}
		if !slices.Equal(inMemory, got) {
			t.Fatalf("in memory %q, from a stream %q", inMemory, got)
		}
	})
}

func TestLinesAcrossTheBuffer(t *testing.T) {
	t.Parallel()
	for _, end := range []string{"\n", "\r\n", "\r"} {
		line := strings.Repeat("x", 1000)
		text := strings.Repeat(line+end, 3000)
		got, err := readLines(strings.NewReader(text))
		if err != nil || len(got) != 3000 || slices.ContainsFunc(got, func(s string) bool { return s != line }) {
			t.Errorf("end %q: %d lines, %v", end, len(got), err)
		}
	}
}

func TestLongestLine(t *testing.T) {
	t.Parallel()
	line := strings.Repeat("x", device.MaxLine)
	for _, text := range []string{line, line + "\n", line + "\r\n", "a\n" + line + "\nb"} {
		got, err := readLines(strings.NewReader(text))
		if err != nil || !slices.Contains(got, line) {
			t.Errorf("%d bytes: %d lines, %v", len(text), len(got), err)
		}
	}
	var own *device.Error
	if _, err := readLines(strings.NewReader(line + "xxx\n")); !errors.As(err, &own) || own.At != "line 1" {
		t.Errorf("got %v, want an error at line 1", err)
	}
}

// endless gives b for ever and counts what was taken.
type endless struct {
	b byte
	n int64
}

func (e *endless) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = e.b
	}
	e.n += int64(len(p))
	return len(p), nil
}

func TestEndlessLineStopsEarly(t *testing.T) {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	src := &endless{b: '7'}
	l := device.NewLines(io.MultiReader(strings.NewReader("Time,SpO2\n"), src))
	for l.Next() {
	}
	runtime.ReadMemStats(&after)
	var own *device.Error
	if !errors.As(l.Err(), &own) || own.At != "line 2" || own.Do == "" {
		t.Errorf("got %v, want an error at line 2 with advice", l.Err())
	}
	if used := after.TotalAlloc - before.TotalAlloc; used > 4<<20 {
		t.Errorf("%d bytes allocated for a line without end", used)
	}
	if src.n > 2*device.MaxLine {
		t.Errorf("%d bytes taken from a line without end", src.n)
	}
}

func TestLinesBeforeAnErrorAreRead(t *testing.T) {
	t.Parallel()
	broken := errors.New("unplugged")
	for _, c := range []struct {
		text string
		want []string
	}{
		{"", nil},
		{"a\nb\nhalf", []string{"a", "b"}},
		{"a\rb\rhalf", []string{"a", "b"}},
		{"half", nil},
	} {
		got, err := readLines(&chunkReader{[]byte(c.text), nil, broken})
		if !errors.Is(err, broken) || !slices.Equal(got, c.want) {
			t.Errorf("%q: got %q, %v, want %q", c.text, got, err, c.want)
		}
	}
}

func TestLinesOfAReaderThatGivesNothing(t *testing.T) {
	t.Parallel()
	var own *device.Error
	if got, err := readLines(iotest.TimeoutReader(&chunkReader{err: nil})); len(got) > 0 || err == nil {
		t.Errorf("got %q, %v, want an error", got, err)
	}
	if _, err := readLines(&chunkReader{err: nil}); !errors.As(err, &own) {
		t.Errorf("got %v, want an error of device", err)
	}
}

func FuzzLines(f *testing.F) {
	for _, s := range []string{"", "a,b\n1,2\n", "a\rb", "a\r\nb\r", "\x00\n"} {
		f.Add([]byte(s), 3)
	}
	f.Fuzz(func(t *testing.T, text []byte, size int) {
		if len(text) > device.MaxLine {
			return
		}
		sizes := slices.Repeat([]int{max(size&0xff, 1)}, min(len(text), 1000))
		got, err := readLines(&chunkReader{bytes.Clone(text), sizes, io.EOF})
		if err != nil || !slices.Equal(got, splitLines(string(text))) {
			t.Fatalf("got %q, %v, want %q", got, err, splitLines(string(text)))
		}
	})
}
