package contec_test

import (
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"
	"unicode/utf16"

	"pgregory.net/rapid"

	"pleth"
	"pleth/internal/device"
	"pleth/internal/device/contec"
	"pleth/internal/device/devicetest"
)

// reading is what one sample says; 127 and 255 are nothing.
type reading struct {
	spo2, pulse uint8
	index       uint16 // perfusion, in 0.01 %
}

var readings = rapid.SliceOfN(rapid.Custom(func(t *rapid.T) reading {
	r := reading{
		spo2:  rapid.Uint8Range(50, 100).Draw(t, "spo2"),
		pulse: rapid.Uint8Range(20, 254).Draw(t, "pulse"),
		index: rapid.Uint16Range(1, 2000).Draw(t, "index"),
	}
	switch rapid.IntRange(0, 9).Draw(t, "off") {
	case 0:
		r.spo2, r.pulse = 127, 255
	case 1:
		r.pulse = 255
	}
	return r
}), 1, 200)

var starts = rapid.Custom(func(t *rapid.T) time.Time {
	return time.Unix(rapid.Int64Range(1_000_000_000, 4_000_000_000).Draw(t, "start"), 0).UTC()
})

func appendText(b []byte, s string, size int) []byte {
	end := len(b) + size
	for _, c := range utf16.Encode([]rune(s)) {
		b = binary.LittleEndian.AppendUint16(b, c)
	}
	return append(b, make([]byte, end-len(b))...)
}

// spo2Bytes writes a .SpO2 file as docs/formats/contec-spo2.md says, with a
// patient and a user of that name.
func spo2Bytes(start time.Time, samples []reading, width int, model, maker, name string) []byte {
	b := binary.LittleEndian.AppendUint32(nil, 0x358)
	b = binary.LittleEndian.AppendUint32(b, 1)
	b = append(b, make([]byte, 0x18-len(b))...)
	b = appendText(b, name, 0x358-0x18)
	b = binary.LittleEndian.AppendUint32(b, 1)
	b = append(b, 0, 0, 0, 0)
	b = appendText(b, model, 0x40)
	b = appendText(b, name, 0x40)
	b = appendText(b, maker, 0x40)
	for _, v := range []int{start.Year(), int(start.Month()), start.Day(), start.Hour(), start.Minute(), start.Second(), len(samples)} {
		b = binary.LittleEndian.AppendUint32(b, uint32(v))
	}
	for _, r := range samples {
		if width == 4 {
			b = binary.LittleEndian.AppendUint16(b, r.index)
		}
		b = append(b, r.spo2, r.pulse)
	}
	return b
}

// spoBytes writes a .spo file as docs/formats/contec-spo.md says.
func spoBytes(start time.Time, samples []reading, header int) []byte {
	b := binary.LittleEndian.AppendUint16(nil, uint16(header))
	b = binary.LittleEndian.AppendUint16(b, 2)
	b = binary.LittleEndian.AppendUint16(b, uint16(len(samples)))
	b = append(b, 0, 0)
	b = appendText(b, start.Format("01/02/06 15:04:05"), header-8)
	for _, r := range samples {
		b = append(b, r.pulse, r.spo2)
	}
	return b
}

// wantRows fails unless r holds exactly the samples, a second apart.
func wantRows(t *rapid.T, r devicetest.Result, start int64, samples []reading, perfusion bool) {
	t.Helper()
	if r.Err != nil || len(r.Warnings) > 0 {
		t.Fatalf("error %v, warnings %v; want none", r.Err, r.Warnings)
	}
	want := new(pleth.Batch)
	for i, s := range samples {
		want.AddRow(start + int64(i)*1e9)
		set := func(m pleth.Metric, n int64, scale uint8, ok bool) {
			if !ok {
				want.SetMissing(m)
				return
			}
			want.Set(m, pleth.Num(n, scale))
		}
		set(pleth.SpO2, int64(s.spo2), 0, s.spo2 != 127)
		set(pleth.PulseRate, int64(s.pulse), 0, s.pulse != 255)
		if perfusion {
			set(pleth.PerfusionIndex, int64(s.index), 2, s.spo2 != 127 || s.pulse != 255)
		}
	}
	w := devicetest.Result{Format: r.Format, Header: r.Header, Rows: want}
	if got, want := r.Dump(), w.Dump(); got != want {
		t.Fatalf("read other rows than were written\ngot:\n%s\nwant:\n%s", got, want)
	}
}

func TestSpO2ReadsWhatWasWritten(t *testing.T) {
	t.Parallel()
	const name = "NAME-OF-A-PERSON"
	rapid.Check(t, func(t *rapid.T) {
		start, samples := starts.Draw(t, "start"), readings.Draw(t, "samples")
		width := rapid.SampledFrom([]int{2, 4}).Draw(t, "width")
		model := rapid.SampledFrom([]string{"BLE", "CMS60CW", "CMS50H"}).Draw(t, "model")
		maker := rapid.SampledFrom([]string{"Contec", ""}).Draw(t, "maker")
		r := devicetest.ReadBytes(contec.Formats(), spo2Bytes(start, samples, width, model, maker, name), device.Given{})
		wantRows(t, r, start.UnixNano(), samples, width == 4)
		if want := (pleth.Device{Maker: "Contec", Model: model}); r.Header.Device != want {
			t.Fatalf("device %+v, want %+v", r.Header.Device, want)
		}
		if strings.Contains(fmt.Sprintf("%+v %s", r.Header, r.Dump()), name) {
			t.Fatalf("the name of a person is in the result:\n%s", r.Dump())
		}
	})
}

// Cut off anywhere after the first ten samples, the size of a sample is still
// known and the whole samples before the cut are read.
func TestSpO2CutOff(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		samples := rapid.Custom(func(t *rapid.T) []reading {
			return append(readings.Draw(t, "some"), readings.Draw(t, "more")...)
		}).Filter(func(s []reading) bool { return len(s) > 12 }).Draw(t, "samples")
		width := rapid.SampledFrom([]int{2, 4}).Draw(t, "width")
		left := rapid.IntRange(10*width, len(samples)*width-1).Draw(t, "left")
		b := spo2Bytes(starts.Draw(t, "start"), samples, width, "", "", "")
		r := devicetest.ReadBytes(contec.Formats(), b[:0x43C+left], device.Given{})
		if r.Err != nil || r.Rows.Len() != left/width || len(r.Warnings) != 1 || r.Warnings[0].Code != "truncated" {
			t.Fatalf("%d bytes of %d-byte samples: %d rows, warnings %v, error %v", left, width, r.Rows.Len(), r.Warnings, r.Err)
		}
	})
}

// A gzip file that breaks off gives the rows before, and says that it does.
func TestGzipCutOff(t *testing.T) {
	t.Parallel()
	start := time.Date(2021, 5, 15, 12, 6, 42, 0, time.UTC)
	rng := rand.New(rand.NewPCG(1, 2))
	samples := make([]reading, 2000)
	csv := []byte("DATE,TIME,SPO2,PULSE\r\n")
	for i := range samples {
		samples[i] = reading{spo2: uint8(85 + rng.IntN(15)), pulse: uint8(50 + rng.IntN(70)), index: 300}
		csv = start.Add(time.Duration(i)*time.Second).AppendFormat(csv, "2006-01-02, 15:04:05, ")
		csv = fmt.Appendf(csv, "%d, %d\r\n", samples[i].spo2, samples[i].pulse)
	}
	for name, whole := range map[string][]byte{"csv": csv, "SpO2": spo2Bytes(start, samples, 4, "BLE", "", "")} {
		var packed bytes.Buffer
		z := gzip.NewWriter(&packed)
		if _, err := z.Write(whole); err != nil {
			t.Fatal(err)
		}
		if err := z.Close(); err != nil {
			t.Fatal(err)
		}
		r := devicetest.ReadBytes(contec.Formats(), packed.Bytes()[:packed.Len()/2], device.Given{})
		n := r.Rows.Len()
		if r.Err != nil || n < 100 || n >= len(samples) || len(r.Warnings) != 1 || r.Warnings[0].Code != "truncated" {
			t.Fatalf("%s: %d rows, warnings %v, error %v; want some rows and that the rest is missing", name, n, r.Warnings, r.Err)
		}
		for i := range n {
			if spo2, pulse := r.Rows.Value(pleth.SpO2, i), r.Rows.Value(pleth.PulseRate, i); spo2 != pleth.Num(int64(samples[i].spo2), 0) || pulse != pleth.Num(int64(samples[i].pulse), 0) {
				t.Fatalf("%s: row %d is %s %s", name, i, spo2, pulse)
			}
		}
	}
}

func TestSpoReadsWhatWasWritten(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		start, samples := starts.Draw(t, "start"), readings.Draw(t, "samples")
		header := rapid.IntRange(44, 200).Draw(t, "header")
		r := devicetest.ReadBytes(contec.Formats(), spoBytes(start, samples, header), device.Given{})
		wantRows(t, r, start.UnixNano(), samples, false)
	})
}

func TestCSVReadsWhatWasWritten(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		start, samples := starts.Draw(t, "start"), readings.Draw(t, "samples")
		b := []byte("DATE,TIME,SPO2,PULSE\r\n")
		for i, s := range samples {
			b = start.Add(time.Duration(i)*time.Second).AppendFormat(b, "2006-01-02, 15:04:05, ")
			b = fmt.Appendf(b, "%d, %d\r\n", s.spo2, s.pulse)
		}
		r := devicetest.ReadBytes(contec.Formats(), b, device.Given{})
		wantRows(t, r, start.UnixNano(), samples, false)
	})
}

func TestBeatsReadWhatWasWritten(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		samples := readings.Draw(t, "samples")
		steps := rapid.SliceOfN(rapid.Int64Range(1, 60_000_000), len(samples), len(samples)).Draw(t, "steps") // us
		b := []byte{}
		for i, s := range samples {
			b = fmt.Appendf(b, "%d.%06d,%d,%d,80,43.6,0,27,20.4,16\r\n", steps[i]/1e6, steps[i]%1e6, s.spo2, s.pulse)
		}
		r := devicetest.ReadBytes(contec.Formats(), b, device.Given{})
		if r.Err != nil || len(r.Warnings) > 0 || r.Rows.Len() != len(samples) {
			t.Fatalf("%d rows, warnings %v, error %v; want %d rows", r.Rows.Len(), r.Warnings, r.Err, len(samples))
		}
		at := int64(0)
		for i, s := range samples {
			if i > 0 {
				at += steps[i] * 1000
			}
			spo2, pulse := pleth.Num(int64(s.spo2), 0), pleth.Num(int64(s.pulse), 0)
			if s.spo2 == 127 {
				spo2, pulse = pleth.Missing(), pleth.Missing()
			}
			if s.pulse == 255 {
				pulse = pleth.Missing()
			}
			if r.Rows.Time(i) != at || r.Rows.Value(pleth.SpO2, i) != spo2 || r.Rows.Value(pleth.PulseRate, i) != pulse {
				t.Fatalf("row %d: %d %v %v; want %d %v %v", i, r.Rows.Time(i), r.Rows.Value(pleth.SpO2, i), r.Rows.Value(pleth.PulseRate, i), at, spo2, pulse)
			}
		}
	})
}
