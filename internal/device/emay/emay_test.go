package emay_test

import (
	"fmt"
	"testing"
	"time"

	"pgregory.net/rapid"

	"pleth"
	"pleth/internal/device"
	"pleth/internal/device/devicetest"
	"pleth/internal/device/emay"
	"pleth/internal/intake"
)

func TestCases(t *testing.T) { devicetest.Run(t, emay.Formats()) }

func FuzzRead(f *testing.F) { devicetest.Fuzz(f, emay.Formats()) }

const header = "Date,Time,SpO2(%),PR(bpm)\n"

func TestReadsWhatWasWritten(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		start := time.Unix(rapid.Int64Range(1_500_000_000, 4_000_000_000).Draw(t, "start"), 0).UTC()
		values := rapid.SliceOfN(rapid.IntRange(0, 9999), 1, 100).Draw(t, "values") // of both, 99xx without SpO2, xx00 without pulse
		text, want := []byte(header), new(pleth.Batch)
		for i, v := range values {
			at := start.Add(time.Duration(i) * 17 * time.Minute)
			text = at.AppendFormat(text, "1/2/2006,3:04:05 PM,")
			want.AddRow(at.UnixNano())
			if spo2 := int64(v / 100); spo2 < 99 && spo2 > 0 {
				text = fmt.Append(text, spo2)
				want.SetInt(pleth.SpO2, spo2)
			} else {
				want.SetMissing(pleth.SpO2)
			}
			text = append(text, ',')
			if pulse := int64(v % 100); pulse > 0 {
				text = fmt.Append(text, pulse)
				want.SetInt(pleth.PulseRate, pulse)
			} else {
				want.SetMissing(pleth.PulseRate)
			}
			text = append(text, '\n')
		}
		r := devicetest.ReadBytes(emay.Formats(), text, device.Given{})
		w := devicetest.Result{Format: "emay-csv", Header: r.Header, Rows: want}
		if got, want := r.Dump(), w.Dump(); got != want {
			t.Fatalf("read other rows than were written\ngot:\n%s\nwant:\n%s", got, want)
		}
	})
}

// The night of 2 November 2025: the clock goes back from 2:00 to 1:00. All
// rows come through, a second apart.
func TestRepeatedHourSurvivesIntake(t *testing.T) {
	t.Parallel()
	text := []byte(header)
	first := time.Date(2025, 11, 2, 0, 59, 0, 0, time.UTC)
	const rows = 2*3600 + 120 // one minute before, the hour twice, one minute after
	for i := range rows {
		at := first.Add(time.Duration(i) * time.Second)
		if i >= 60+3600 {
			at = at.Add(-time.Hour)
		}
		text = at.AppendFormat(text, "1/2/2006,3:04:05 PM,97,60\n")
	}
	r := devicetest.ReadBytes(emay.Formats(), text, device.Given{})
	in := intake.New(intake.Options{})
	if err := in.Start(r.Header); err != nil {
		t.Fatal(err)
	}
	if err := in.Rows(r.Rows); err != nil {
		t.Fatal(err)
	}
	sessions := in.Close()
	if len(sessions) != 1 || sessions[0].Rows.Len() != rows || sessions[0].Counts.RepeatedHour != 1 {
		t.Fatalf("%d sessions, %+v; want one with %d rows and one repeated hour", len(sessions), sessions[0].Counts, rows)
	}
	for i := range rows {
		if got := sessions[0].Rows.Time(i); got != int64(i)*1e9 {
			t.Fatalf("row %d stands at %v", i, time.Duration(got))
		}
	}
}

func BenchmarkCSV(b *testing.B) {
	const rows = 100_000
	text := []byte(header)
	start := time.Date(2026, 5, 8, 16, 46, 58, 0, time.UTC)
	for i := range rows {
		text = start.Add(time.Duration(i)*time.Second).AppendFormat(text, "1/2/2006,3:04:05 PM,")
		if i%50 == 49 {
			text = append(text, ",58\n"...)
			continue
		}
		text = fmt.Appendf(text, "%d,%d\n", 85+i%15, 50+i%70)
	}
	devicetest.Bench(b, emay.Formats(), text, device.Given{}, rows)
}
