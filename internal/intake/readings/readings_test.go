package readings_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"pleth"
	"pleth/internal/intake/readings"
	"pleth/internal/reading"
)

// people is an identity store that hides nothing.
type people struct{ fail error }

func (p people) Pseudonyms(_ context.Context, ids []string) ([]string, error) {
	var out []string
	for _, id := range ids {
		out = append(out, "of:"+id)
	}
	return out, p.fail
}

func (people) Seal(plain []byte) []byte { return append([]byte("sealed:"), plain...) }

func open(sealed []byte) ([]byte, error) { return sealed[len("sealed:"):], nil }

var received = time.Date(2025, 11, 28, 20, 16, 0, 0, time.UTC).UnixNano()

func options() readings.Options { return readings.Options{Door: "rest", Received: received} }

func decode(t *testing.T, body string) *readings.Result {
	t.Helper()
	r, err := readings.Decode(context.Background(), []byte(body), options(), people{})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// shown returns every reading of r as it would be read back.
func shown(t *testing.T, r *readings.Result) []string {
	t.Helper()
	var out []string
	for _, p := range r.Places {
		if p.Batch < 0 {
			var codes []string
			for _, q := range r.Refused[p.Row].Problems {
				codes = append(codes, q.Path+":"+string(q.Code))
			}
			out = append(out, strings.Join(codes, " "))
			continue
		}
		b := r.Batches[p.Batch]
		table := reading.Table{Partition: b.Partition, Rows: b.Rows, Seq: b.Seq, Origins: []reading.Origin{b.Origin}}
		line, err := readings.Encoder{Open: open}.Append(nil, &table, int(p.Row))
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, string(line))
	}
	return out
}

func TestReadings(t *testing.T) {
	t.Parallel()
	const stamp = `"timestamp":"2025-11-28T20:15:00Z"`
	for _, c := range []struct{ name, body, want string }{
		{"example", `{"device_id":"ECG-001","patient_id":"P-123","heart_rate":130,"spo2":90,"temperature_c":38.5,"timestamp":"2025-11-28T20:15:00Z"}`,
			`{"device_id":"ECG-001","subject_id":"of:P-123","timestamp":"2025-11-28T20:15:00Z","spo2":90,"heart_rate":130,"temperature_c":38.5}`},
		{"full set", `{"device_id":"d","spo2":97.1,"pulse_rate":63,"local_tissue_o2":36.5,"rso2":71,"perfusion_index":4.25,"resp_rate":14,"motion":0,"signal_quality":80,"battery_mv":3712,"firmware_version":"1.2.3","seq":17,` + stamp + `}`,
			`{"device_id":"d","timestamp":"2025-11-28T20:15:00Z","seq":17,"spo2":97.1,"pulse_rate":63,"local_tissue_o2":36.5,"rso2":71,"perfusion_index":4.25,"resp_rate":14,"motion":0,"signal_quality":80,"battery_mv":3712,"firmware_version":"1.2.3"}`},
		{"twin of the Avro record", `{"deviceId":"device-42","patientId":null,"timestamp_utc":1672531200000,"spo2":97.1,"local_tissue_o2":36.5,"battery_mv":null,"firmware_version":"1.2.3","signal_quality":80}`,
			`{"device_id":"device-42","timestamp":"2023-01-01T00:00:00Z","spo2":97.1,"local_tissue_o2":36.5,"signal_quality":80,"battery_mv":null,"firmware_version":"1.2.3"}`},
		{"seconds", `{"device_id":"d","spo2":1,"time":1672531200.25}`, `{"device_id":"d","timestamp":"2023-01-01T00:00:00.25Z","spo2":1}`},
		{"milliseconds", `{"device_id":"d","spo2":1,"time":1672531200000.5}`, `{"device_id":"d","timestamp":"2023-01-01T00:00:00.0005Z","spo2":1}`},
		{"microseconds", `{"device_id":"d","spo2":1,"time":1672531200000001}`, `{"device_id":"d","timestamp":"2023-01-01T00:00:00.000001Z","spo2":1}`},
		{"nanoseconds", `{"device_id":"d","spo2":1,"time":1672531200000000001}`, `{"device_id":"d","timestamp":"2023-01-01T00:00:00.000000001Z","spo2":1}`},
		{"zone and digits below the nanosecond", `{"device_id":"d","spo2":1,"timestamp":"2025-11-28T21:45:00.1234567899+01:30"}`, `{"device_id":"d","timestamp":"2025-11-28T20:15:00.123456789Z","spo2":1}`},
		{"exponents", `{"device_id":"d","spo2":9.71e1,"pulse_rate":630E-1,"temperature_c":-1.5e+0,` + stamp + `}`, `{"device_id":"d","timestamp":"2025-11-28T20:15:00Z","spo2":97.1,"pulse_rate":63,"temperature_c":-1.5}`},
		{"decimals of a float", `{"device_id":"d","spo2":97.10000000000001,"battery_mv":3712.12345678901234567,` + stamp + `}`, `{"device_id":"d","timestamp":"2025-11-28T20:15:00Z","spo2":97.10000000000001,"battery_mv":3712.1234567890123}`},
		{"missing and absent", `{"device_id":"d","spo2":null,` + stamp + `}`, `{"device_id":"d","timestamp":"2025-11-28T20:15:00Z","spo2":null}`},
		{"marks", `{"device_id":"d","spo2":80,"marks":["motion","sensor_fault"],` + stamp + `}`, `{"device_id":"d","timestamp":"2025-11-28T20:15:00Z","spo2":80,"marks":["motion","sensor_fault"]}`},
		{"other text is tags, in the order of names", `{"device_id":"d","ward":"Böhme \u00e9\"","spo2":80,"awake":true,"bed":null,"tags":{"a":"1"},` + stamp + `}`,
			`{"device_id":"d","timestamp":"2025-11-28T20:15:00Z","spo2":80,"tags":{"a":"1","awake":"true","ward":"Böhme é\""}}`},
		{"what was read can be sent", `{"device_id":"d","subject_id":"p-abcdefghijklmnopqrstuvwxyz","timestamp":"2025-11-28T20:15:00Z","seq":3,"spo2":80,"flags":["late"],"tags":{"a":"1"}}`,
			`{"device_id":"d","subject_id":"p-abcdefghijklmnopqrstuvwxyz","timestamp":"2025-11-28T20:15:00Z","seq":3,"spo2":80,"tags":{"a":"1"}}`},
		{"a firmware that may be a name is a tag", `{"device_id":"d","spo2":80,"firmware":"Erika Muster 1",` + stamp + `}`, `{"device_id":"d","timestamp":"2025-11-28T20:15:00Z","spo2":80,"tags":{"firmware_version":"Erika Muster 1"}}`},
		{"numbers for names", `{"device_id":7,"patient_id":12345,"spo2":80,` + stamp + `}`, `{"device_id":"7","subject_id":"of:12345","timestamp":"2025-11-28T20:15:00Z","spo2":80}`},
		{"all that is wrong together", `{"device_id":"a b","spo2":120,"pulse_rate":"63","heart_rate":NaN,"rso2":-Infinity,"temperature_c":[1],"sp02":90,"vitals":{"x":[1,{}]},"seq":1.5,"marks":["bad",3]}`,
			"device_id:bad_device spo2:out_of_range pulse_rate:wrong_type heart_rate:not_finite rso2:not_finite temperature_c:wrong_type sp02:unknown_field vitals:unknown_field seq:out_of_range marks:unknown_mark marks:wrong_type timestamp:missing_timestamp"},
		{"no zone", `{"device_id":"d","spo2":80,"timestamp":"2025-11-28T20:15:00"}`, "timestamp:bad_timestamp"},
		{"no such day", `{"device_id":"d","spo2":80,"timestamp":"2025-02-29T20:15:00Z"}`, "timestamp:bad_timestamp"},
		{"before 1970", `{"device_id":"d","spo2":80,"timestamp":"1969-12-31T23:59:59Z"}`, "timestamp:bad_timestamp"},
		{"small number for a stamp", `{"device_id":"d","spo2":80,"timestamp":5}`, "timestamp:bad_timestamp"},
		{"future", `{"device_id":"d","spo2":80,"timestamp":"2025-11-28T20:21:01Z"}`, "timestamp:future_timestamp"},
		{"within tolerance", `{"device_id":"d","spo2":80,"timestamp":"2025-11-28T20:21:00Z"}`, `{"device_id":"d","timestamp":"2025-11-28T20:21:00Z","spo2":80}`},
		{"twice", `{"device_id":"d","spo2":80,"spo2":81,` + stamp + `,"time":5}`, "spo2:duplicate_field time:duplicate_field"},
		{"nothing measured", `{"device_id":"d",` + stamp + `}`, ":no_values"},
		{"no device", `{"spo2":80,` + stamp + `}`, "device_id:missing_device"},
		{"misspelt and missing", `{"device_id":"d","spo2":80,"pulserate":null,` + stamp + `}`, "pulserate:unknown_field"},
		{"enormous", `{"device_id":"d","spo2":1e400,"pulse_rate":99999999999999999999,` + stamp + `}`, "spo2:out_of_range pulse_rate:out_of_range"},
		{"long", `{"device_id":"d","spo2":80,"patient_id":"` + strings.Repeat("x", 257) + `","note":"` + strings.Repeat("y", 257) + `",` + stamp + `}`, "patient_id:too_long note:too_long"},
		{"not an object", `7`, ":wrong_type"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got := shown(t, decode(t, c.body))
			if len(got) != 1 || got[0] != c.want {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
		})
	}
}

// Everything a problem says, once.
func TestProblemSaysWhatToDo(t *testing.T) {
	t.Parallel()
	r := decode(t, `[{"device_id":"d","timestamp":"2025-11-28T20:15:00Z","spo2":101,"SpO2":3}]`)
	want := []readings.Problem{
		{Path: "spo2", Value: "101", Code: readings.OutOfRange, Allowed: "0..100 %", Detail: "send spo2 in %; null where nothing was measured"},
		{Path: "SpO2", Value: "3", Code: readings.UnknownField, Detail: "did you mean spo2? Text is kept as a tag, numbers are not"},
	}
	if got := r.Refused[0]; !reflect.DeepEqual(got.Problems, want) || got.From != 1 || got.Device != "d" {
		t.Errorf("got %+v", got)
	}
}

// Readings keep the order of the input, whatever batch they are in.
func TestOrigins(t *testing.T) {
	t.Parallel()
	var lines []string
	origins := map[[4]int]bool{}
	for i := range 60 {
		origins[[4]int{i % 2, i % 3, i % 5 / 4, i % 7 / 6}] = true
		lines = append(lines, fmt.Sprintf(`{"device_id":"d%d","patient_id":"n%d","firmware":"%d","tags":{"t":"%d"},"timestamp":%d,"spo2":%d}`, i%2, i%3, i%5/4, i%7/6, 1672531200+i, i))
		if i%10 == 0 {
			lines = append(lines, `{"device_id":"d","spo2":1}`)
		}
	}
	r := decode(t, "["+strings.Join(lines, ",\n")+"]")
	if len(r.Batches) != len(origins) || len(r.Refused) != 6 {
		t.Fatalf("%d batches, %d refused", len(r.Batches), len(r.Refused))
	}
	next := int64(0)
	for i, p := range r.Places {
		if p.Batch < 0 {
			if r.Refused[p.Row].Index != i {
				t.Errorf("refusal %d says it is %d", i, r.Refused[p.Row].Index)
			}
			continue
		}
		b := r.Batches[p.Batch]
		if m, _ := b.Rows.Value(pleth.SpO2, int(p.Row)).Mantissa(); m != next || b.Device != fmt.Sprintf("d%d", next%2) || b.Subject != fmt.Sprintf("of:n%d", next%3) {
			t.Errorf("reading %d: %d of %s, %s", i, m, b.Device, b.Subject)
		}
		next++
	}
	if next != 60 {
		t.Errorf("%d readings", next)
	}
}

func TestMalformed(t *testing.T) {
	t.Parallel()
	deep := strings.Repeat("[", 70) + strings.Repeat("]", 70)
	for _, c := range []struct {
		body         string
		line, column int
	}{
		{"", 1, 1},
		{"  \n ", 2, 2},
		{"[", 1, 2},
		{"[{}\n,{]", 2, 3},
		{`{"a" 1}`, 1, 6},
		{`{"a":1,}`, 1, 8},
		{`{"a":01}`, 1, 7},
		{`{"a":1.}`, 1, 6},
		{`{"a":+1}`, 1, 6},
		{`{"a":.5}`, 1, 6},
		{`{"a":1e}`, 1, 6},
		{`{"a":-}`, 1, 6},
		{`{"a":"\x"}`, 1, 7},
		{`{"a":"\ud800"}`, 1, 7},
		{"{\"a\":\"\xff\"}", 1, 7},
		{"{\"a\":\"\x01\"}", 1, 7},
		{`{} {}`, 1, 4},
		{`{"a":nul}`, 1, 6},
		{`{"a":` + deep + `}`, 1, 69},
	} {
		_, err := readings.Decode(context.Background(), []byte(c.body), options(), people{})
		var syntax *readings.SyntaxError
		if !errors.As(err, &syntax) {
			t.Errorf("%q: %v", c.body, err)
		} else if syntax.Line != c.line || syntax.Column != c.column {
			t.Errorf("%q: %v, want line %d column %d", c.body, err, c.line, c.column)
		}
	}
}

// A line that breaks off adds nothing, and takes nothing away.
func TestMalformedLineAddsNothing(t *testing.T) {
	t.Parallel()
	b := readings.New(options())
	good := `{"device_id":"%s","timestamp":1672531200,"spo2":%d,"seq":%d}`
	lines := []string{
		fmt.Sprintf("["+good+","+good+"]", "a", 1, 1, "b", 2, 2),
		fmt.Sprintf("["+good+","+good+`,{"spo2":3},`+good+",]", "a", 3, 3, "c", 4, 4, "b", 5, 5),
		fmt.Sprintf(good, "a", 6, 6),
	}
	for i, line := range lines {
		if err := b.JSON([]byte(line)); (err != nil) != (i == 1) {
			t.Fatal(err)
		}
	}
	r, err := b.Result(context.Background(), people{})
	if err != nil {
		t.Fatal(err)
	}
	want := []string{
		`{"device_id":"a","timestamp":"2023-01-01T00:00:00Z","seq":1,"spo2":1}`,
		`{"device_id":"b","timestamp":"2023-01-01T00:00:00Z","seq":2,"spo2":2}`,
		`{"device_id":"a","timestamp":"2023-01-01T00:00:00Z","seq":6,"spo2":6}`,
	}
	if got := shown(t, r); !reflect.DeepEqual(got, want) || len(r.Batches) != 2 {
		t.Errorf("got %s in %d batches", got, len(r.Batches))
	}
}

func TestAddress(t *testing.T) {
	t.Parallel()
	opts := options()
	opts.Device = "d"
	opts.Known = func(d string) bool { return d != "stranger" }
	r, err := readings.Decode(context.Background(), []byte(`[{"spo2":1,"time":1672531200},{"device_id":"e","spo2":1,"time":1672531200}]`), opts, nil)
	if err != nil {
		t.Fatal(err)
	}
	if got := shown(t, r); r.Batches[0].Device != "d" || got[1] != "device_id:device_mismatch" {
		t.Errorf("got %s", got)
	}
	opts.Device = "stranger"
	if r, _ = readings.Decode(context.Background(), []byte(`{"spo2":1,"time":1672531200}`), opts, nil); len(r.Refused) != 1 || r.Refused[0].Problems[0].Code != readings.UnknownDevice {
		t.Errorf("got %+v", r)
	}
}

func TestLimits(t *testing.T) {
	t.Parallel()
	opts := options()
	opts.Limit = 3
	var many *readings.TooManyError
	if _, err := readings.Decode(context.Background(), []byte(`[1,2,3,4]`), opts, nil); !errors.As(err, &many) {
		t.Errorf("4 readings: %v", err)
	}
	if _, err := readings.Decode(context.Background(), []byte(`[1,2,3]`), opts, nil); err != nil {
		t.Errorf("3 readings: %v", err)
	}
	b := readings.New(opts)
	for range 1000 {
		b.Start()
		b.Finish(0, 0)
		b.Refuse("", 0, 0)
	}
	if _, err := b.Result(context.Background(), nil); !errors.As(err, &many) || b.Len() != 3 {
		t.Errorf("2000 readings: %v, %d kept", err, b.Len())
	}
	b.Reset(opts)
	if b.JSON([]byte(`[1,2]`)) != nil || b.JSON([]byte(`[1,2]`)) == nil || b.JSON([]byte(`1`)) != nil || b.JSON([]byte(`1`)) == nil || b.Len() != 3 {
		t.Errorf("in parts: %d", b.Len())
	}
	var body strings.Builder
	body.WriteString(`{"device_id":"d"`)
	for i := range 10000 {
		fmt.Fprintf(&body, `,"t%d":"x","n%d":%d`, i, i, i)
	}
	body.WriteString("}")
	if r := decode(t, body.String()); len(r.Refused[0].Problems) != readings.MaxProblems {
		t.Errorf("%d problems", len(r.Refused[0].Problems))
	}
}

// Nothing is decided when the identity store fails.
func TestPeopleFail(t *testing.T) {
	t.Parallel()
	down := errors.New("disk full")
	body := []byte(`{"device_id":"d","patient_id":"x","spo2":1,"time":1672531200}`)
	if _, err := readings.Decode(context.Background(), body, options(), people{down}); !errors.Is(err, down) {
		t.Errorf("got %v", err)
	}
	if _, err := readings.Decode(context.Background(), body, options(), nil); err == nil {
		t.Error("a person without an identity store was taken")
	}
}

// A door that does not speak JSON gets the same answers.
func TestBuilder(t *testing.T) {
	t.Parallel()
	b := readings.New(readings.Options{Door: "line"})
	b.Start()
	b.Text([]byte("host"), []byte("pi"))
	b.Device([]byte("device-42"))
	b.Text([]byte("firmware"), []byte("1.2.3"))
	b.Number([]byte("local_tissue_o2"), []byte("36.5"))
	b.Number([]byte("spo2"), []byte("97.1"))
	b.Value(pleth.SignalQuality, pleth.Num(80, 0))
	b.Time(1672531200000000000)
	if !b.Finish(0, 0) {
		t.Error("refused")
	}
	b.Start()
	b.Number([]byte("spo2"), []byte("nan"))
	b.Number([]byte("pulse_rate"), []byte("0x1"))
	b.Number([]byte("rso2"), []byte("1e500"))
	b.Bool([]byte("heart_rate"), true)
	b.Bool([]byte("awake"), true)
	b.Null([]byte("motion"))
	b.Seq(-1)
	b.Time(-1)
	b.Finish(0, 0)
	r, err := b.Result(context.Background(), people{})
	if err != nil {
		t.Fatal(err)
	}
	want := []string{
		`{"device_id":"device-42","timestamp":"2023-01-01T00:00:00Z","spo2":97.1,"local_tissue_o2":36.5,"signal_quality":80,"firmware_version":"1.2.3","tags":{"host":"pi"}}`,
		"spo2:not_finite pulse_rate:wrong_type rso2:out_of_range heart_rate:wrong_type seq:out_of_range timestamp:bad_timestamp device_id:missing_device",
	}
	if got := shown(t, r); !reflect.DeepEqual(got, want) {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	if b.Len() != 0 {
		t.Error("the builder is not empty")
	}
}

func TestEncoderClocks(t *testing.T) {
	t.Parallel()
	table := reading.Table{Partition: reading.Partition{Device: "d", Recording: "r"}, Origins: make([]reading.Origin, 1), Flags: []reading.Flags{reading.IsLate | reading.IsConflict}}
	table.Rows.AddRow(1672531200500000000)
	table.Rows.SetInt(pleth.SpO2, 97)
	for clock, want := range map[pleth.Clock]string{
		pleth.LocalClock: `{"device_id":"d","recording":"r","local_time":"2023-01-01T00:00:00.5","spo2":97,"flags":["late","conflict"]}`,
		pleth.UTCClock:   `{"device_id":"d","recording":"r","timestamp":"2023-01-01T00:00:00.5Z","spo2":97,"flags":["late","conflict"]}`,
		pleth.NoClock:    `{"device_id":"d","recording":"r","elapsed_s":1672531200.5,"spo2":97,"flags":["late","conflict"]}`,
	} {
		got, err := readings.Encoder{Clock: func(reading.Partition) pleth.Clock { return clock }}.Append(nil, &table, 0)
		if err != nil || string(got) != want || !json.Valid(got) {
			t.Errorf("got %s %v, want %s", got, err, want)
		}
	}
}

// What readings say alike is kept once, and says the same as said each time.
func TestCommon(t *testing.T) {
	t.Parallel()
	fill := func(b *readings.Builder, like bool) *readings.Result {
		t.Helper()
		say := func() {
			b.Device([]byte("d"))
			b.Text([]byte("bed"), []byte("7"))
			b.Text([]byte("patient_id"), []byte("P"))
		}
		var k *readings.Common
		for i := range 6 {
			switch {
			case !like:
				b.Start()
				say()
			case k == nil:
				b.Start()
				say()
				if k = b.Keep(); k == nil {
					t.Fatal("nothing was kept")
				}
				fallthrough
			default:
				b.StartLike(k)
			}
			if i == 2 {
				b.Text([]byte("posture"), []byte("left")) // says more
			}
			if i == 4 {
				b.Text([]byte("patient_id"), []byte("Q")) // says it twice
			}
			b.Number([]byte("spo2"), []byte("97.1"))
			b.Time(int64(i) * 1e9)
			b.Finish(i, i+1)
		}
		got, err := b.Result(t.Context(), plainPeople{})
		if err != nil {
			t.Fatal(err)
		}
		return got
	}
	b := readings.New(readings.Options{Door: "test"})
	want, got := fill(b, false), fill(b, true)
	if !reflect.DeepEqual(got, want) || len(want.Batches) != 2 || len(want.Refused) != 1 {
		t.Errorf("got %+v, want %+v", got, want)
	}
	b.Start()
	b.Device([]byte("no device"))
	if b.Keep() != nil {
		t.Error("kept what is wrong")
	}
}

// plainPeople calls people by their identifiers.
type plainPeople struct{}

func (plainPeople) Pseudonyms(_ context.Context, ids []string) ([]string, error) { return ids, nil }
func (plainPeople) Seal(plain []byte) []byte                                     { return plain }
