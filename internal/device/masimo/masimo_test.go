package masimo_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"pleth"
	"pleth/internal/device"
	"pleth/internal/device/devicetest"
	"pleth/internal/device/masimo"
	"pleth/internal/plethtest"
)

func TestCases(t *testing.T) { devicetest.Run(t, masimo.Formats()) }

func FuzzRead(f *testing.F) { devicetest.Fuzz(f, masimo.Formats()) }

func TestRealCaptures(t *testing.T) {
	path := plethtest.Shared(t, "data/oximetry/masimo-radical7-paediatric/ExampleData.txt")
	for _, given := range []time.Duration{0, time.Second} {
		r := devicetest.Read(masimo.Formats(), path, device.Given{Interval: given})
		if r.Err != nil || r.Format != "masimo-visi" || r.Header.Clock != pleth.NoClock {
			t.Fatalf("format %q, clock %d, error %v", r.Format, r.Header.Clock, r.Err)
		}
		const rows = 20773
		if r.Rows.Len() != rows {
			t.Fatalf("%d rows, want %d", r.Rows.Len(), rows)
		}
		interval := given
		if given == 0 {
			interval = 2 * time.Second
			if len(r.Warnings) != 1 || r.Warnings[0].Code != "interval-assumed" || !strings.Contains(r.Warnings[0].Text, "2s") {
				t.Errorf("warnings %v, want one that says that 2 s are assumed", r.Warnings)
			}
		} else if len(r.Warnings) > 0 {
			t.Errorf("warnings %v with an interval given, want none", r.Warnings)
		}
		if r.Header.Interval != interval {
			t.Errorf("interval %v, want %v", r.Header.Interval, interval)
		}
		low, high := [2]int64{999, 999}, [2]int64{}
		lone := 0
		for i := range rows {
			if at := r.Rows.Time(i); at != int64(i)*int64(interval) {
				t.Fatalf("row %d at %v", i, time.Duration(at))
			}
			for k, m := range []pleth.Metric{pleth.SpO2, pleth.PulseRate} {
				v, _ := r.Rows.Value(m, i).Mantissa()
				if !r.Rows.Value(m, i).Ok() {
					t.Fatalf("row %d has no %s", i, m)
				}
				low[k], high[k] = min(low[k], v), max(high[k], v)
			}
			if v, _ := r.Rows.Value(pleth.SpO2, i).Mantissa(); v == 82 {
				lone = i
			}
		}
		if low != [2]int64{82, 65} || high != [2]int64{100, 113} {
			t.Errorf("SpO2 and pulse %v..%v, want 82..100 and 65..113", low, high)
		}
		var around []string
		for i := lone - 1; i <= lone+1; i++ {
			around = append(around, r.Rows.Value(pleth.SpO2, i).String())
		}
		if got := strings.Join(around, " "); lone != 9937 || got != "94 82 97" {
			t.Errorf("the lone artefact is %s at row %d, want 94 82 97 at 9937", got, lone)
		}
	}
}

func TestVisiReadsWhatWasWritten(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		given := time.Duration(rapid.Int64Range(1, 3_600_000).Draw(t, "ms")) * time.Millisecond
		values := rapid.SliceOfN(rapid.IntRange(0, 10099), 1, 200).Draw(t, "values")
		text, want := []byte("Sats,Rate\n"), new(pleth.Batch)
		for i, v := range values {
			want.AddRow(int64(i) * int64(given))
			text = fmt.Appendf(text, "%d,%d\n", v/100, v%100)
			set(want, pleth.SpO2, int64(v/100), 0)
			set(want, pleth.PulseRate, int64(v%100), 0)
		}
		wantRows(t, devicetest.ReadBytes(masimo.Formats(), text, device.Given{Interval: given}), want)
	})
}

// set sets a value whose zero is none.
func set(b *pleth.Batch, m pleth.Metric, n int64, scale uint8) {
	if n == 0 {
		b.SetMissing(m)
		return
	}
	b.Set(m, pleth.Num(n, scale))
}

func wantRows(t *rapid.T, r devicetest.Result, rows *pleth.Batch) {
	t.Helper()
	w := devicetest.Result{Format: r.Format, Header: r.Header, Rows: rows}
	if got, want := r.Dump(), w.Dump(); got != want {
		t.Fatalf("read other rows than were written\ngot:\n%s\nwant:\n%s", got, want)
	}
}

// serialText writes a line as a Rad-8 or, where radical is set, a Radical-7
// sends it; 0 is nothing measured.
func serialText(b []byte, at time.Time, spo2, pulse, perfusion int, bits uint, radical bool) []byte {
	field := func(form, none string, v int) string {
		if v == 0 {
			return none
		}
		return fmt.Sprintf(form, v)
	}
	index := field("%04d", "----", perfusion)
	index = index[:2] + "." + index[2:]
	b = at.AppendFormat(b, "01/02/06 15:04:05 ")
	s, p := field("%03d", "---", spo2), field("%03d", "---", pulse)
	if radical {
		return fmt.Appendf(b, "SN=---------- SPO2=%s%% BPM=%s PI=%s  SPCO=--%% SPMET=--.-%% SPHB=--.- g/dL SPOC=-- RESVD=--- DESAT=-- PIDELTA=+-- PVI=--- ALARM=000000 EXC=%07X EXC1=00000000\r\n", s, p, index, bits)
	}
	return fmt.Appendf(b, "SN=0000056661 SPO2=%s%% BPM=%s PI=%s%% SPCO=--.-%% SPMET=--.-%% DESAT=-- PIDELTA=+-- ALARM=0000 EXC=%06X\r\n\r\n", s, p, index, bits)
}

func TestSerialReadsWhatWasWritten(t *testing.T) {
	t.Parallel()
	marks := map[uint]pleth.Reasons{
		0x001: pleth.SensorFault, 0x002: pleth.SensorFault, 0x004: pleth.LowPerfusion, 0x008: pleth.SensorFault,
		0x010: pleth.LowConfidence, 0x020: pleth.SensorFault, 0x040: pleth.LowConfidence, 0x080: pleth.SensorFault,
		0x100: 0, 0x200: 0, 0x400: pleth.LowConfidence, 0x800: 0,
	}
	rapid.Check(t, func(t *rapid.T) {
		start := time.Unix(rapid.Int64Range(1_000_000_000, 4_000_000_000).Draw(t, "start"), 0).UTC()
		radical := rapid.Bool().Draw(t, "radical")
		values := rapid.SliceOfN(rapid.Uint32(), 1, 60).Draw(t, "values")
		var text []byte
		want := new(pleth.Batch)
		for i, v := range values {
			at := start.Add(time.Duration(i) * time.Second)
			spo2, pulse, perfusion, bits := int(v%101), int(v>>7%240), int(v>>15%2000), uint(v>>20)
			text = serialText(text, at, spo2, pulse, perfusion, bits, radical)
			want.AddRow(at.UnixNano())
			set(want, pleth.SpO2, int64(spo2), 0)
			set(want, pleth.PulseRate, int64(pulse), 0)
			set(want, pleth.PerfusionIndex, int64(perfusion), 2)
			for bit, mark := range marks {
				if bits&bit != 0 {
					want.Mark(mark)
				}
			}
		}
		r := devicetest.ReadBytes(masimo.Formats(), text, device.Given{})
		wantRows(t, r, want)
		serial := "0000056661"
		if radical {
			serial = ""
		}
		if want := (pleth.Device{Maker: "Masimo", Serial: serial}); r.Header.Device != want {
			t.Fatalf("device %+v, want %+v", r.Header.Device, want)
		}
	})
}

// A character lost anywhere in a line costs at most that line and never gives
// another reading than one of the lines before and after hold.
func TestSerialLosesACharacter(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		start := time.Date(2016, 2, 22, 22, 47, 45, 0, time.UTC)
		var text []byte
		for i := range 5 {
			text = serialText(text, start.Add(time.Duration(i)*time.Second), 98, 97, 360, 0x800, true)
		}
		// Not in the first two lines, which say how many digits EXC has, and
		// not one of the digits of a value, which no reader can miss.
		at := rapid.IntRange(2*len(text)/5, len(text)-1).Draw(t, "at")
		if c := text[at]; c >= '0' && c <= '9' || c == '.' {
			return
		}
		r := devicetest.ReadBytes(masimo.Formats(), append(text[:at:at], text[at+1:]...), device.Given{})
		if r.Err != nil || r.Rows.Len() < 3 {
			t.Fatalf("%d rows, error %v", r.Rows.Len(), r.Err)
		}
		for i := range r.Rows.Len() {
			if got := r.Rows.Value(pleth.SpO2, i).String() + " " + r.Rows.Value(pleth.PulseRate, i).String(); got != "98 97" || r.Rows.Marks(i) != 0 {
				t.Fatalf("without byte %d row %d reads %s, marks %s", at, i, got, r.Rows.Marks(i))
			}
		}
	})
}

func BenchmarkVisi(b *testing.B) {
	const rows = 100_000
	text := []byte("Sats,Rate\n")
	for i := range rows {
		text = fmt.Appendf(text, "%d,%d\n", 85+i%15, 60+i%70)
	}
	devicetest.Bench(b, masimo.Formats(), text, device.Given{Interval: 2 * time.Second}, rows)
}

func BenchmarkSerial(b *testing.B) {
	const rows = 30_000
	var text []byte
	start := time.Date(2016, 2, 22, 22, 47, 45, 0, time.UTC)
	for i := range rows {
		text = serialText(text, start.Add(time.Duration(i)*time.Second), 85+i%15, 60+i%70, 50+i%900, 0x800, false)
	}
	devicetest.Bench(b, masimo.Formats(), text, device.Given{}, rows)
}
