package applehealth

import (
	"bytes"
	"context"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"pgregory.net/rapid"

	"pleth"
	"pleth/internal/device"
)

func TestSeriesComesOutInOrder(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		var s series
		n := rapid.SampledFrom([]int{0, 1, 2, 100, blockRows - 1, blockRows, blockRows + 1, 5*blockRows + 7}).Draw(t, "rows")
		step := rapid.IntRange(-3, 3).Draw(t, "step")
		spread := rapid.IntRange(1, 1000).Draw(t, "spread")
		seed := rapid.IntRange(1, 1<<20).Draw(t, "seed")
		want := make([]uint64, 0, n)
		for i := range n {
			sec := uint32(1<<31 + i*step + (i*seed)%spread)
			s.add(sec, uint32(i))
			want = append(want, uint64(sec)<<32|uint64(i))
		}
		slices.Sort(want) // by time, then in the order of adding
		m := s.inOrder()
		for i, w := range want {
			sec, v, ok := m.next()
			if !ok || uint64(sec)<<32|uint64(v) != w {
				t.Fatalf("row %d of %d: got %d %d %t, want %d %d", i, n, sec, v, ok, w>>32, uint32(w))
			}
		}
		if _, _, ok := m.next(); ok {
			t.Fatal("rows after the last")
		}
	})
}

func TestValuesKeepTheirDigits(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		var tab values
		for range rapid.IntRange(1, 50).Draw(t, "values") {
			v := pleth.Num(rapid.Int64().Draw(t, "mantissa")>>rapid.IntRange(0, 63).Draw(t, "shift"), rapid.Uint8Range(0, pleth.MaxScale).Draw(t, "scale"))
			packed, _ := tab.pack(v)
			if got := tab.value(packed); got != v {
				t.Fatalf("got %s, want %s", got, v)
			}
		}
	})
	var tab values
	for range 10 {
		if _, added := tab.pack(pleth.Num(9700000286102295, 14)); added > 0 && len(tab.odd) > 1 {
			t.Error("the same number is kept twice")
		}
	}
}

func TestStamps(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		offset := rapid.IntRange(-15*60, 15*60).Draw(t, "offset") * 60
		at := time.Unix(rapid.Int64Range(54000, math.MaxUint32-54000).Draw(t, "sec"), 0)
		text := at.In(time.FixedZone("", offset)).Format("2006-01-02 15:04:05 -0700")
		got, ok := parseStamp([]byte(text))
		if !ok || int64(got.sec) != at.Unix() || int(got.offset) != offset {
			t.Fatalf("%s: got %+v, %t", text, got, ok)
		}
	})
	for _, text := range []string{"", "2025-07-01 22:12:00", "2025-07-01T22:12:00 -0400", "2025-07-01 22:12:00 -4000", "2025-02-29 22:12:00 -0400",
		"1969-12-31 22:12:00 +0000", "2107-01-01 22:12:00 +0000", "2025-07-01 24:12:00 -0400", "2025-07-01 22:12:00 -0460", "2025-07-01 22:12:00 Z0400"} {
		if got, ok := parseStamp([]byte(text)); ok {
			t.Errorf("%q is the stamp %+v", text, got)
		}
	}
}

func TestUnescapeUndoesWhatAWriterDoes(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		want := rapid.StringOf(rapid.SampledFrom([]rune("a&<>\"';#x血\t\n "))).Draw(t, "text")
		var b bytes.Buffer
		if err := xml.EscapeText(&b, []byte(want)); err != nil {
			t.Fatal(err)
		}
		if got := string(unescape(nil, b.Bytes())); got != want {
			t.Fatalf("got %q, want %q of %q", got, want, b.String())
		}
	})
	for in, want := range map[string]string{"&": "&", "&x": "&x", "&bomb;": "&bomb;", "&#;": "&#;", "&#x;": "&#x;", "&#xZZ;": "&#xZZ;",
		"&#x1F600;": "😀", "&#999999999;": "\uFFFD", "&lt": "&lt", "&&amp;": "&&"} {
		if got := string(unescape(nil, []byte(in))); got != want {
			t.Errorf("%q: got %q, want %q", in, got, want)
		}
	}
}

func TestDevices(t *testing.T) {
	t.Parallel()
	const watch = "&lt;&lt;HKDevice: 0x281f3c5a0&gt;, name:Apple Watch, manufacturer:Apple Inc., model:Watch, hardware:Watch6,2, software:9.1&gt;"
	for text, want := range map[string]pleth.Device{
		"":    {},
		watch: {Maker: "Apple Inc.", Model: "Apple Watch (Watch6,2)", Firmware: "9.1"},
		"<<HKDevice: 0x1>, name:Somebody's Ring, manufacturer:Viatom, model:O2Ring, firmware:1.2, localIdentifier:ABC>": {Maker: "Viatom", Model: "O2Ring"},
		"<<HKDevice: 0x1>, name:Somebody, hardware:R1>":                                                                 {Model: "R1"},
		"<<HKDevice: 0x1>, manufacturer:A &amp; B\x1b, Ltd., model:" + strings.Repeat("é", 100) + ">":                   {Maker: "A & B, Ltd.", Model: strings.Repeat("é", 32)},
		"nonsense": {},
	} {
		if got := parseDevice([]byte(text)); got != want {
			t.Errorf("%q: got %+v, want %+v", text, got, want)
		}
	}
}

func oxygenRecord(source string, sec int, value string) string {
	return fmt.Sprintf("<Record type=\"%s\" sourceName=\"%s\" unit=\"%%\" startDate=\"%s +0000\" value=\"%s\"/>\n", oxygenType, source,
		time.Unix(int64(sec), 0).UTC().Format(time.DateTime), value)
}

// readAll reads text and returns the number of rows, the codes of the warnings
// and the error.
func readAll(r io.Reader) (int, []string, error) {
	w := device.NewWriter(ignore{})
	err := read(context.Background(), &device.Source{R: r}, w)
	warnings, _ := w.Warnings()
	var codes []string
	for _, one := range warnings {
		codes = append(codes, one.Code)
	}
	return w.RowCount(), codes, err
}

type ignore struct{}

func (ignore) Start(pleth.Header) error { return nil }
func (ignore) Rows(*pleth.Batch) error  { return nil }

func TestTooManySources(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	b.WriteString("<HealthData>")
	for i := range maxSources + 1 {
		b.WriteString(oxygenRecord(fmt.Sprint("s", i), i, "0.97"))
	}
	rows, _, err := readAll(strings.NewReader(b.String()))
	var own *device.Error
	if !errors.As(err, &own) || rows != maxSources {
		t.Errorf("got %d rows, %v", rows, err)
	}
}

func TestDamagedInTooManyPlaces(t *testing.T) {
	t.Parallel()
	begin := time.Now()
	text := "<HealthData>" + oxygenRecord("a", 5, "0.97") + strings.Repeat("<Record '", 4<<20)
	rows, codes, err := readAll(strings.NewReader(text))
	var own *device.Error
	if !errors.As(err, &own) || rows != 1 || !slices.Contains(codes, "damaged-records") {
		t.Errorf("got %d rows, %v", rows, err)
	}
	if took := time.Since(begin); took > 10*time.Second {
		t.Errorf("it took %s", took)
	}
}

func TestOtherEnds(t *testing.T) {
	t.Parallel()
	one := "<HealthData>\n" + oxygenRecord("a", 5, "0.97")
	broken := errors.New("unplugged")
	for _, c := range []struct {
		name string
		r    io.Reader
		rows int
		code string
		err  error
	}{
		{"whole", strings.NewReader(one + "</HealthData>"), 1, "", nil},
		{"without end tag", strings.NewReader(one), 1, "truncated", nil},
		{"inside a comment", strings.NewReader(one + "<!-- "), 1, "truncated", nil},
		{"inside a tag", strings.NewReader(one + "<Record type=\"HK"), 1, "truncated", nil},
		{"after the sign", strings.NewReader(one + "<"), 1, "truncated", nil},
		{"unplugged", io.MultiReader(strings.NewReader(one+"<Rec"), iotest.ErrReader(broken)), 1, "truncated", nil},
		{"unplugged before the first", io.MultiReader(strings.NewReader("<HealthData>"), iotest.ErrReader(broken)), 0, "", broken},
		{"what follows the end", strings.NewReader(one + "</HealthData>" + oxygenRecord("a", 6, "0.97")), 1, "", nil},
		{"a tag of megabytes", strings.NewReader(one + "<Record a=\"" + strings.Repeat("x", 3<<20) + "\"/>" + oxygenRecord("a", 6, "0.97") + "</HealthData>"), 2, "damaged-records", nil},
	} {
		rows, codes, err := readAll(c.r)
		if rows != c.rows || !errors.Is(err, c.err) || c.code != "" && !slices.Contains(codes, c.code) || c.code == "" && len(codes) > 0 {
			t.Errorf("%s: got %d rows, %v, %v", c.name, rows, codes, err)
		}
	}
}

// TestNothingBeforeTheEnd has exports that break off before any SpO2.
func TestNothingBeforeTheEnd(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"<HealthData/>", "<HealthData>", oxygenRecord("a", 5, "0.97"), "<HealthData><Record type=\"HK"} {
		rows, _, err := readAll(strings.NewReader(text))
		var own *device.Error
		if rows > 0 || !errors.As(err, &own) || own.Do == "" {
			t.Errorf("%q: got %d rows, %v", text, rows, err)
		}
	}
}

func TestReadStopsWithItsContext(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	w := device.NewWriter(ignore{})
	src := &device.Source{R: io.MultiReader(strings.NewReader("<HealthData>"), &endless{})}
	if err := read(ctx, src, w); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

// endless is an export that never ends.
type endless struct{}

func (*endless) Read(p []byte) (int, error) {
	n := 0
	for n+4 <= len(p) {
		n += copy(p[n:], "<a/>")
	}
	return max(n, copy(p, "<")), nil
}

func TestSniff(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]device.Match{
		"<HealthData locale=\"en\">": device.Certain, "<HealthData>": device.Certain,
		"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<!DOCTYPE HealthData [": device.Certain, "\n <HealthData\n": device.Certain,
		"": device.No, "<HealthData": device.No, "<HealthDataX>": device.No, "<!DOCTYPE HealthDataX>": device.No, "HealthData": device.No,
		"Note: <HealthData> is a tag": device.No, "<?xml version=\"1.0\"?><ClinicalDocument>": device.No,
	} {
		if got := sniff(device.Head{Bytes: []byte(text)}); got != want {
			t.Errorf("%q: got match %d, want %d", text, got, want)
		}
	}
}
