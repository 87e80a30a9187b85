package csv_test

import (
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"pleth"
	"pleth/internal/device"
	"pleth/internal/device/devicetest"
	"pleth/internal/signalfile/csv"
)

// stampForm is one way to write a time.
type stampForm struct {
	name   string
	clock  pleth.Clock
	finest time.Duration // what it can write
	write  func(t time.Time) string
}

func layoutForm(name string, clock pleth.Clock, finest time.Duration, layout string) stampForm {
	return stampForm{name, clock, finest, func(t time.Time) string { return t.Format(layout) }}
}

var stampForms = []stampForm{
	layoutForm("ISO", pleth.LocalClock, time.Second, "2006-01-02T15:04:05"),
	layoutForm("ISO with fraction", pleth.LocalClock, time.Millisecond, "2006-01-02 15:04:05.000"),
	layoutForm("ISO with nanoseconds", pleth.LocalClock, time.Nanosecond, "2006-01-02 15:04:05.999999999"),
	layoutForm("ISO in UTC", pleth.UTCClock, time.Second, "2006-01-02T15:04:05Z"),
	{"ISO with zone", pleth.UTCClock, time.Second, func(t time.Time) string {
		return t.In(time.FixedZone("", -4*3600-1800)).Format("2006-01-02 15:04:05 -0700")
	}},
	layoutForm("slashes, year first", pleth.LocalClock, time.Second, "2006/1/2 15:04:05"),
	layoutForm("dots", pleth.LocalClock, time.Second, "02.01.2006 15:04:05"),
	layoutForm("dots, minutes", pleth.LocalClock, time.Minute, "2.1.2006 15:04"),
	layoutForm("day first", pleth.LocalClock, time.Second, "02/01/2006 15:04:05"),
	layoutForm("month first", pleth.LocalClock, time.Second, "01/02/2006 15:04:05"),
	layoutForm("month first, 12 hours", pleth.LocalClock, time.Second, "1/2/2006 3:04:05 PM"),
	layoutForm("compact", pleth.LocalClock, time.Second, "20060102150405"),
	{"epoch seconds", pleth.UTCClock, time.Millisecond, func(t time.Time) string {
		return strconv.FormatFloat(float64(t.UnixMilli())/1000, 'f', -1, 64)
	}},
	{"epoch milliseconds", pleth.UTCClock, time.Millisecond, func(t time.Time) string { return strconv.FormatInt(t.UnixMilli(), 10) }},
}

// table is a file as a test writes it.
type table struct {
	text    string
	columns string
	clock   pleth.Clock
	times   []int64
	spo2    []string // plain decimal, "missing"
	pulse   []string
}

// drawTable draws a file and what is in it.
func drawTable(t *rapid.T) table {
	var f table
	sep := rapid.SampledFrom([]string{",", ";", "\t", "|"}).Draw(t, "sep")
	end := rapid.SampledFrom([]string{"\n", "\r\n"}).Draw(t, "end")
	form := rapid.SampledFrom(stampForms).Draw(t, "form")
	f.clock = form.clock
	plainNames := rapid.Bool().Draw(t, "plain names")
	names := []string{"Time", "SpO2 (%)", "Pulse Rate", "Note"}
	if !plainNames {
		names = []string{"wann", "was", "wie schnell", "wozu"}
		f.columns = rapid.SampledFrom([]string{"time=wann,spo2=WAS,pulse=wie schnell", "time=1,spo2=2,pulse=3", "spo2=was,time=1,pulse=3"}).Draw(t, "columns")
	}
	quote := func(s string) string {
		if strings.Contains(s, sep) || rapid.Bool().Draw(t, "quote") {
			return `"` + strings.ReplaceAll(s, `"`, `""`) + `"`
		}
		return s
	}
	for i := range names {
		names[i] = quote(names[i])
	}
	number := func(label string, low, high int) (string, string) {
		if rapid.IntRange(0, 5).Draw(t, label+" missing") == 0 {
			return rapid.SampledFrom([]string{"", "--", "-", "NaN", "null", "NA"}).Draw(t, label), "missing"
		}
		scale := rapid.IntRange(0, 3).Draw(t, label+" decimals")
		m := rapid.Int64Range(int64(low)*pleth.Pow10(uint8(scale)), int64(high)*pleth.Pow10(uint8(scale))).Draw(t, label)
		s := pleth.Num(m, uint8(scale)).String()
		if sep != "," && rapid.Bool().Draw(t, label+" comma") {
			return strings.Replace(s, ".", ",", 1), s
		}
		return s, s
	}
	// A day past the 12th: the order of day and month can be told.
	at := time.Date(2025, 3, 13, 0, 0, 0, 0, time.UTC).Add(time.Duration(rapid.Int64Range(0, int64(24*time.Hour)).Draw(t, "start"))).Truncate(form.finest)
	lines := []string{strings.Join(names, sep)}
	for range rapid.IntRange(1, 40).Draw(t, "rows") {
		f.times = append(f.times, at.UnixNano())
		spo2, wantSpO2 := number("spo2", 2, 100)
		pulse, wantPulse := number("pulse", 0, 255)
		f.spo2, f.pulse = append(f.spo2, wantSpO2), append(f.pulse, wantPulse)
		note := rapid.SampledFrom([]string{"", "x", `said "no"`, "a" + sep + "b"}).Draw(t, "note")
		lines = append(lines, strings.Join([]string{quote(form.write(at)), quote(spo2), quote(pulse), quote(note)}, sep))
		at = at.Add(form.finest * time.Duration(rapid.IntRange(1, 5000).Draw(t, "step")))
	}
	if rapid.Bool().Draw(t, "metadata") {
		lines = append([]string{"Name", "Recorded at home", ""}, lines...)
	}
	f.text = strings.Join(lines, end)
	if rapid.Bool().Draw(t, "end at end") {
		f.text += end
	}
	return f
}

func TestTablesWrittenAreTablesRead(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		f := drawTable(t)
		r := devicetest.ReadBytes(csv.Formats(), []byte(f.text), device.Given{Columns: f.columns})
		check(t, f, r)
	})
}

func check(t *rapid.T, f table, r devicetest.Result) {
	t.Helper()
	if r.Err != nil || r.Header.Clock != f.clock || r.Rows.Len() != len(f.times) {
		t.Fatalf("got %d rows, clock %d, %v, warnings %v, want %d rows, clock %d of\n%s",
			r.Rows.Len(), r.Header.Clock, r.Err, r.Warnings, len(f.times), f.clock, f.text)
	}
	for i := range f.times {
		if r.Rows.Time(i) != f.times[i] {
			t.Fatalf("row %d: got time %d, want %d of\n%s", i, r.Rows.Time(i), f.times[i], f.text)
		}
		same(t, f, r.Rows.Value(pleth.SpO2, i), f.spo2[i])
		same(t, f, r.Rows.Value(pleth.PulseRate, i), f.pulse[i])
	}
}

// same checks that got is the number want, however many zeros stand behind it.
func same(t *rapid.T, f table, got pleth.Value, want string) {
	t.Helper()
	v, ok := pleth.ParseValue([]byte(want))
	if got.Ok() != ok || ok && got.Float() != v.Float() {
		t.Fatalf("got %s, want %s of\n%s", got, want, f.text)
	}
}

// TestNewestFirstIsTheSameInReverse turns the rows of a file around.
func TestNewestFirstIsTheSameInReverse(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(2, 200).Draw(t, "rows")
		form := rapid.SampledFrom(stampForms[:5]).Draw(t, "form")
		at := time.Date(2025, 10, 25, 0, 0, 0, 0, time.UTC)
		var up, down strings.Builder
		rows := make([]string, n)
		for i := range rows {
			at = at.Add(time.Second * time.Duration(rapid.IntRange(1, 9999).Draw(t, "step")))
			rows[i] = fmt.Sprintf("%s,%d\n", form.write(at), rapid.IntRange(2, 100).Draw(t, "spo2"))
		}
		up.WriteString("time,spo2\n")
		down.WriteString("time,spo2\n")
		for i := range rows {
			up.WriteString(rows[i])
			down.WriteString(rows[n-1-i])
		}
		a := devicetest.ReadBytes(csv.Formats(), []byte(up.String()), device.Given{})
		b := devicetest.ReadBytes(csv.Formats(), []byte(down.String()), device.Given{})
		if len(b.Warnings) != 1 || b.Warnings[0].Code != "reversed" {
			t.Fatalf("warnings %v", b.Warnings)
		}
		a.Warnings, b.Warnings = nil, nil
		if a.Dump() != b.Dump() {
			t.Fatalf("got\n%s\nwant\n%s", b.Dump(), a.Dump())
		}
	})
}
