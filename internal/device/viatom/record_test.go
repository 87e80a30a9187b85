package viatom_test

import (
	"encoding/binary"
	"fmt"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"pleth"
	"pleth/internal/device"
	"pleth/internal/device/devicetest"
	"pleth/internal/device/viatom"
)

// ringSample is a sample as a ring measured it; 255 and 65535 are nothing.
type ringSample struct {
	spo2   uint8
	pulse  uint16
	motion uint8
}

var ringSamples = rapid.Custom(func(t *rapid.T) ringSample {
	s := ringSample{
		spo2:   rapid.Uint8Range(1, 100).Draw(t, "spo2"),
		pulse:  rapid.Uint16Range(1, 254).Draw(t, "pulse"),
		motion: rapid.Uint8Range(0, 63).Draw(t, "motion"),
	}
	if rapid.IntRange(0, 9).Draw(t, "off") == 0 {
		s.spo2, s.pulse = 255, 65535
	}
	return s
})

var nights = rapid.SliceOfN(ringSamples, 1, 200)

var starts = rapid.Custom(func(t *rapid.T) time.Time {
	return time.Unix(rapid.Int64Range(1_300_000_000, 4_000_000_000).Draw(t, "start"), 0).UTC()
})

// recordFile writes a raw record of version 3 or 5 as docs/formats/viatom-record.md says.
type recordFile struct {
	version  uint8
	start    time.Time
	interval int // s
	samples  []ringSample
}

func (f recordFile) bytes() []byte {
	if f.start.IsZero() {
		f.start = time.Date(2025, 3, 6, 22, 20, 56, 0, time.UTC)
	}
	b := []byte{f.version, 0}
	b = binary.LittleEndian.AppendUint16(b, uint16(f.start.Year()))
	b = append(b, byte(f.start.Month()), byte(f.start.Day()), byte(f.start.Hour()), byte(f.start.Minute()), byte(f.start.Second()))
	b = binary.LittleEndian.AppendUint32(b, uint32(40+5*len(f.samples)))
	b = binary.LittleEndian.AppendUint16(b, uint16(f.interval*len(f.samples)))
	b = append(b, make([]byte, 40-len(b))...)
	for _, s := range f.samples {
		b = append(b, s.spo2)
		b = binary.LittleEndian.AppendUint16(b, s.pulse)
		b = append(b, s.motion, 0)
	}
	return b
}

// ringFile writes an O2Ring S record as docs/formats/viatom-o2ring-s.md says.
type ringFile struct {
	start    time.Time
	interval uint8
	motion   bool
	samples  []ringSample
}

func (f ringFile) bytes() []byte {
	b := []byte{1, 3, 0, 0, 0, 0, 0, 0, 4, 0}
	for i, s := range f.samples {
		b = append(b, s.spo2, byte(s.pulse))
		if f.motion {
			b = append(b, s.motion|byte(i%4)<<6)
		}
	}
	sum := uint32(0)
	for _, c := range b {
		sum += uint32(c)
	}
	b = binary.LittleEndian.AppendUint32(b, sum)
	b = binary.LittleEndian.AppendUint32(b, 0xDA5A1248)
	b = binary.LittleEndian.AppendUint32(b, uint32(f.start.Unix()))
	b = binary.LittleEndian.AppendUint32(b, uint32(len(f.samples)))
	b = append(b, f.interval, 0, 2)
	if f.motion {
		b[len(b)-2], b[len(b)-1] = 1, 3
	}
	return append(b, make([]byte, 48-19)...)
}

// csvFile writes the table of the app or, where desktop is set, of the
// desktop program, as docs/formats/viatom-csv.md says.
func csvFile(start time.Time, interval int, samples []ringSample, form string, desktop bool) []byte {
	var s strings.Builder
	none, end := "--", ",0,0\n"
	s.WriteString("Time,Oxygen Level,Pulse Rate,Motion,O2 Reminder,PR Reminder\n")
	if desktop {
		s.Reset()
		none, end = "", ",0,0,\r\n"
		s.WriteString("Time,SpO2(%),Pulse Rate(bpm),Motion,SpO2 Reminder,PR Reminder,\r\n")
	}
	for i, r := range samples {
		s.WriteString(start.Add(time.Duration(i*interval) * time.Second).Format(form))
		switch {
		case r.spo2 != 255:
			fmt.Fprintf(&s, ",%d,%d,%d", r.spo2, r.pulse, r.motion)
		case none != "":
			fmt.Fprintf(&s, ",%s,%s,%d", none, none, r.motion)
		default:
			fmt.Fprintf(&s, ",255,65535,%d", r.motion)
		}
		s.WriteString(end)
	}
	return []byte(s.String())
}

// wantRows fails unless r holds exactly the samples, interval seconds apart.
func wantRows(t *rapid.T, r devicetest.Result, start int64, interval int, samples []ringSample, motion bool) {
	t.Helper()
	if r.Err != nil || len(r.Warnings) > 0 {
		t.Fatalf("error %v, warnings %v; want none", r.Err, r.Warnings)
	}
	want := new(pleth.Batch)
	for i, s := range samples {
		want.AddRow(start + int64(i*interval)*1e9)
		if s.spo2 == 255 {
			want.SetMissing(pleth.SpO2)
			want.SetMissing(pleth.PulseRate)
		} else {
			want.SetInt(pleth.SpO2, int64(s.spo2))
			want.SetInt(pleth.PulseRate, int64(s.pulse))
		}
		if motion {
			want.SetInt(pleth.Motion, int64(s.motion))
		}
	}
	w := devicetest.Result{Format: r.Format, Header: r.Header, Rows: want}
	if got, want := r.Dump(), w.Dump(); got != want {
		t.Fatalf("read other rows than were written\ngot:\n%s\nwant:\n%s", got, want)
	}
}

func TestRecordReadsWhatWasWritten(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		f := recordFile{
			version:  rapid.SampledFrom([]uint8{3, 5}).Draw(t, "version"),
			start:    starts.Draw(t, "start"),
			interval: rapid.SampledFrom([]int{1, 2, 4}).Draw(t, "interval"),
			samples:  nights.Draw(t, "samples"),
		}
		if f.version == 3 && f.interval == 2 {
			f.interval = 4
		}
		r := devicetest.ReadBytes(viatom.Formats(), f.bytes(), device.Given{})
		wantRows(t, r, f.start.UnixNano(), f.interval, f.samples, true)
		if got, want := r.Header.Interval, time.Duration(f.interval)*time.Second; got != want {
			t.Fatalf("interval %v, want %v", got, want)
		}
	})
}

func TestDoubledSamplesAreMerged(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		once := nights.Draw(t, "samples")
		f := recordFile{version: 3, start: starts.Draw(t, "start"), interval: 2}
		for _, s := range once {
			f.samples = append(f.samples, s, s)
		}
		r := devicetest.ReadBytes(viatom.Formats(), f.bytes(), device.Given{})
		wantRows(t, r, f.start.UnixNano(), 4, once, true)
		if r.Header.Interval != 4*time.Second {
			t.Fatalf("interval %v, want 4s", r.Header.Interval)
		}
	})
}

func TestRingReadsWhatWasWritten(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		f := ringFile{
			start:    starts.Draw(t, "start"),
			interval: rapid.SampledFrom([]uint8{1, 2, 4}).Draw(t, "interval"),
			motion:   rapid.Bool().Draw(t, "motion"),
			samples:  nights.Draw(t, "samples"),
		}
		r := devicetest.ReadBytes(viatom.Formats(), f.bytes(), device.Given{})
		wantRows(t, r, f.start.UnixNano(), int(f.interval), f.samples, f.motion)
	})
}

// A record that is cut anywhere in its samples gives exactly the whole samples
// before the cut; cut in its trailer, from the third byte on, all of them and
// no byte of the trailer.
func TestRingCutInTrailer(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		f := ringFile{start: starts.Draw(t, "start"), interval: 1, motion: true, samples: nights.Draw(t, "samples")}
		b := f.bytes()
		cut := rapid.IntRange(3, 47).Draw(t, "cut")
		r := devicetest.ReadBytes(viatom.Formats(), b[:len(b)-48+cut], device.Given{})
		if r.Err != nil || r.Rows.Len() != len(f.samples) {
			t.Fatalf("got %d rows and error %v, want %d rows", r.Rows.Len(), r.Err, len(f.samples))
		}
		if r.Header.Clock != pleth.NoClock || r.Header.Interval != time.Second {
			t.Fatalf("clock %d, interval %v; want none and 1s", r.Header.Clock, r.Header.Interval)
		}
		if got := codes(r); got != "no-trailer interval-assumed truncated" {
			t.Fatalf("warnings %q", got)
		}
	})
}

func TestCSVReadsWhatWasWritten(t *testing.T) {
	t.Parallel()
	forms := []struct {
		form    string
		desktop bool
	}{
		{"15:04:05 Jan 02 2006", false},
		{"15:04:05 02/01/2006", false},
		{"15:04:05 01/02/2006", false},
		{"03:04:05 PM Jan 2 2006", false},
		{`"03:04:05PM Jan 2, 2006"`, true},
	}
	rapid.Check(t, func(t *rapid.T) {
		form := rapid.SampledFrom(forms).Draw(t, "form")
		start := starts.Draw(t, "start")
		interval := rapid.SampledFrom([]int{1, 2, 4, 7200}).Draw(t, "interval")
		samples := nights.Draw(t, "samples")
		name := start.Format("O2Ring _20060102150405.csv") // as the app names it: it tells the order of the date
		r := devicetest.ReadFolder(viatom.Formats(), map[string][]byte{name: csvFile(start, interval, samples, form.form, form.desktop)}, name)
		wantRows(t, r, start.UnixNano(), interval, samples, true)
	})
}

func codes(r devicetest.Result) string {
	var s []string
	for _, w := range r.Warnings {
		s = append(s, w.Code)
	}
	return strings.Join(s, " ")
}
