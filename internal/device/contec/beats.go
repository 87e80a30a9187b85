package contec

import (
	"bytes"
	"context"
	"math"

	"pleth"
	"pleth/internal/device"
)

var beatLog = device.Format{
	Name:       "contec-beats",
	Maker:      maker,
	Models:     "CMS50D+ (live log)",
	Extensions: ".csv",
	Reads:      "SpO2, pulse rate; one row per beat, without a clock",
	Sniff:      sniffBeats,
	Read:       readBeats,
}

// Layout: docs/formats/contec-beats.md.
const (
	beatColumns = 9
	sniffedRows = 8
	// A beat takes a second; what claims to be the pause of an hour was misread.
	longestPause = 3600 * device.Second
)

// sniffBeats looks at the shape of the first whole rows: nine numbers of which
// the last six are two times greatest, mean and least of a wave.
func sniffBeats(h device.Head) device.Match {
	rest, rows := h.Bytes, 0
	for rows < sniffedRows && len(rest) > 0 {
		line, after, ended := bytes.Cut(rest, []byte("\n"))
		if !ended && (!h.Whole || rows > 0) {
			break // a line that may be cut says nothing
		}
		if !isBeat(line) {
			return device.No
		}
		rest = after
		rows++
	}
	if rows == 0 {
		return device.No
	}
	return device.Possible
}

func isBeat(line []byte) bool {
	f := device.Fields(nil, bytes.TrimSuffix(line, []byte("\r")), ',')
	if len(f) != beatColumns {
		return false
	}
	step, ok1 := seconds(f[0])
	spo2, ok2 := device.Int(f[1])
	pulse, ok3 := device.Int(f[2])
	if !ok1 || !ok2 || !ok3 || step > longestPause || spo2 > noSpO2 || pulse > noPulse {
		return false
	}
	var wave [6]float64
	for i := range wave {
		v, ok := pleth.ParseValue(f[3+i])
		if !ok {
			return false
		}
		wave[i] = v.Float()
	}
	return wave[0] >= wave[1] && wave[1] >= wave[2] && wave[3] >= wave[4] && wave[4] >= wave[5]
}

func readBeats(ctx context.Context, src *device.Source, w *device.Writer) error {
	w.Header = pleth.Header{Device: pleth.Device{Maker: maker}, Clock: pleth.NoClock}
	t := device.NewTable(src, ',')
	at, first, again := int64(0), true, 0
	for t.Next(ctx) {
		f, _ := t.Fields()
		step, ok := seconds(f[0])
		if !ok || step > longestPause || at > math.MaxInt64-step {
			t.Damaged()
			continue
		}
		if !first {
			at += step
		}
		spo2, pulse, ok := beatReadings(f)
		if !ok {
			t.Damaged()
			continue
		}
		if step == 0 && !first {
			again++
		}
		first = false
		if !w.Row(at) {
			break
		}
		setReadings(w, spo2, pulse)
	}
	if again > 0 {
		w.Warn("", "reconnected", device.Count(again, "row follows", "rows follow")+
			" a lost connection or beat; how long it lasted is not known and counts as no time")
	}
	return t.End(ctx, w)
}

// beatReadings returns SpO2 and pulse of a row, and whether it is one.
func beatReadings(f [][]byte) (spo2, pulse byte, ok bool) {
	if len(f) != beatColumns {
		return 0, 0, false
	}
	s, ok1 := device.Int(f[1])
	p, ok2 := device.Int(f[2])
	if !ok1 || !ok2 || s > 255 || p > 255 {
		return 0, 0, false
	}
	if s == noSpO2 {
		p = noPulse // the row is shifted: neither is a reading
	}
	return byte(s), byte(p), true
}

// seconds reads a number of seconds as nanoseconds, rounded half to even. It
// returns false for anything else, for what is negative, and for centuries.
func seconds(b []byte) (int64, bool) {
	v, ok := pleth.ParseValue(b)
	if !ok {
		return 0, false
	}
	m, scale := v.Mantissa()
	if m < 0 {
		return 0, false
	}
	if scale >= 9 {
		return pleth.DivRound(m, pleth.Pow10(scale-9)), true
	}
	f := pleth.Pow10(9 - scale)
	if m > (1<<62)/f {
		return 0, false
	}
	return m * f, true
}
