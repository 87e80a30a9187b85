package choicemmed_test

import (
	"encoding/binary"
	"testing"
	"time"

	"pgregory.net/rapid"

	"pleth"
	"pleth/internal/device"
	"pleth/internal/device/choicemmed"
	"pleth/internal/device/devicetest"
)

func TestCases(t *testing.T) { devicetest.Run(t, choicemmed.Formats()) }

func FuzzRead(f *testing.F) { devicetest.Fuzz(f, choicemmed.Formats()) }

func appendRecord(b []byte, at time.Time, spo2, pulse byte) []byte {
	return append(b, 0xa5, 0x5a, 0, byte(at.Year()-2000), byte(at.Month()), byte(at.Day()),
		byte(at.Hour()), byte(at.Minute()), byte(at.Second()), spo2, pulse)
}

func TestReadsWhatWasWritten(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		at := time.Unix(rapid.Int64Range(1_000_000_000, 4_000_000_000).Draw(t, "start"), 0).UTC()
		values := rapid.SliceOfN(rapid.Uint16(), 1, 200).Draw(t, "values")
		steps := rapid.SliceOfN(rapid.IntRange(1, 9000), len(values), len(values)).Draw(t, "steps") // s
		b := binary.LittleEndian.AppendUint16([]byte{7}, uint16(len(values)))
		want := new(pleth.Batch)
		for i, v := range values {
			spo2, pulse := byte(v), byte(v>>8)
			b = appendRecord(b, at, spo2, pulse)
			want.AddRow(at.UnixNano())
			want.SetInt(pleth.SpO2, int64(spo2))
			want.SetInt(pleth.PulseRate, int64(pulse))
			if spo2 == 0 || spo2 == 127 || spo2 == 255 {
				want.SetMissing(pleth.SpO2)
			}
			if pulse == 0 || pulse == 255 {
				want.SetMissing(pleth.PulseRate)
			}
			at = at.Add(time.Duration(steps[i]) * time.Second)
		}
		b = append(b, rapid.SliceOfN(rapid.Byte(), 0, 20).Draw(t, "after")...)
		r := devicetest.ReadBytes(choicemmed.Formats(), b, device.Given{})
		w := devicetest.Result{Format: "choicemmed-dat", Header: r.Header, Rows: want}
		if got, want := r.Dump(), w.Dump(); got != want {
			t.Fatalf("read other rows than were written\ngot:\n%s\nwant:\n%s", got, want)
		}
	})
}

// Without a signature, what else begins with a plausible count must not match.
func TestOthersAreNotRecognised(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		b := rapid.SliceOfN(rapid.ByteRange(' ', '~'), 0, 400).Draw(t, "text")
		h := device.Head{Bytes: b, Whole: true, Size: int64(len(b))}
		if m := choicemmed.Formats()[0].Sniff(h); m != device.No {
			t.Fatalf("text matches with grade %d", m)
		}
	})
}

func BenchmarkDat(b *testing.B) {
	const rows = 60_000
	text := binary.LittleEndian.AppendUint16([]byte{0}, rows)
	start := time.Date(2024, 2, 28, 22, 0, 0, 0, time.UTC)
	for i := range rows {
		text = appendRecord(text, start.Add(time.Duration(i)*time.Second), byte(85+i%15), byte(50+i%70))
	}
	devicetest.Bench(b, choicemmed.Formats(), text, device.Given{}, rows)
}
