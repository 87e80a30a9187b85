package garmin

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"pleth"
	"pleth/internal/device"
)

// maxEntry is the longest entry that is read; real ones have 250 bytes.
const maxEntry = 1 << 20

// entry is one element of an array, of either kind.
type entry struct {
	Stamp    json.RawMessage `json:"epochTimestamp"`
	Duration json.RawMessage `json:"epochDuration"`
	SpO2     json.RawMessage `json:"spo2Reading"`

	Start json.RawMessage `json:"startGMT"`
	Value json.RawMessage `json:"value"`
}

// budget hands out the bytes of r up to a limit that moves with the entries,
// so that no entry makes the decoder hold more.
type budget struct {
	r     io.Reader
	n     int64 // handed out
	limit int64
}

var errLong = &device.Error{What: "an entry is longer than 1 MB", Do: "export the night again"}

func (b *budget) Read(p []byte) (int, error) {
	if b.n >= b.limit {
		return 0, errLong
	}
	if left := b.limit - b.n; int64(len(p)) > left {
		p = p[:left]
	}
	n, err := b.r.Read(p)
	b.n += int64(n)
	return n, err
}

func read(ctx context.Context, src *device.Source, w *device.Writer) error {
	w.Header = pleth.Header{Device: pleth.Device{Maker: "Garmin"}, Clock: pleth.UTCClock, Zone: "UTC", ByTime: true}
	r := &reader{w: w, in: &budget{r: src.R, limit: maxEntry}}
	r.dec = json.NewDecoder(r.in)
	err := r.entries(ctx)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if err != nil {
		var syntax *json.SyntaxError
		if errors.As(err, &syntax) {
			err = nil // that it is damaged says the text
		}
		return device.CutOff(ctx, w, device.Byte(r.dec.InputOffset()), fmt.Sprintf("the array is cut off or damaged here; entries read: %d", r.n), err)
	}
	return nil
}

// reader reads one array.
type reader struct {
	w     *device.Writer
	in    *budget
	dec   *json.Decoder
	n     int   // entries
	at    int64 // offset of the byte after the entry before
	mixed bool
}

// entries reads the array to its end.
func (r *reader) entries(ctx context.Context) error {
	if _, err := r.dec.Token(); err != nil {
		return err
	}
	for r.dec.More() {
		if r.n%1024 == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		var e entry
		r.at = r.dec.InputOffset()
		if err := r.dec.Decode(&e); err != nil {
			var wrong *json.UnmarshalTypeError
			if !errors.As(err, &wrong) {
				return err
			}
			e = entry{} // no object
		}
		r.n++
		r.in.limit = r.dec.InputOffset() + maxEntry
		if !r.entry(&e) {
			return nil
		}
	}
	_, err := r.dec.Token()
	return err
}

// entry writes one row. It returns false when the Writer wants no more.
func (r *reader) entry(e *entry) bool {
	if at, ok := stamp(e.Stamp); ok && e.SpO2 != nil {
		r.interval(e.Duration)
		if !r.w.Row(at) {
			return false
		}
		r.w.Set(pleth.SpO2, value(e.SpO2))
		return true
	}
	if at, ok := start(e.Start); ok && e.Value != nil {
		if !r.w.Row(at) {
			return false
		}
		r.w.Set(pleth.PulseRate, value(e.Value))
		return true
	}
	r.w.Warn(device.Byte(r.at), "bad-entry", "the entry that begins here is neither SpO2 nor pulse with its time; it is left out")
	return true
}

// interval takes the duration of an entry in seconds: that of the first is the
// interval of the recording.
func (r *reader) interval(raw []byte) {
	n, ok := device.Int(raw)
	if !ok || n < 1 || n > 86400 {
		n = 0
	}
	d := time.Duration(n) * time.Second
	switch {
	case r.w.RowCount() == 0:
		r.w.Header.Interval = d
	case d != r.w.Header.Interval && !r.mixed:
		r.mixed = true
		r.w.Warn(device.Byte(r.at), "mixed-interval", "the entry that begins here stands for another time than the first; the interval of the first is taken")
	}
}

// value returns a number of at least 1, or Missing: null, 0, a text.
func value(raw []byte) pleth.Value {
	v, ok := pleth.ParseValue(raw)
	if !ok || v.Float() < 1 {
		return pleth.Missing()
	}
	return v
}

// start reads milliseconds since 1970 UTC, or a stamp.
func start(raw []byte) (int64, bool) {
	if v, ok := pleth.ParseValue(raw); ok {
		ms, scale := v.Mantissa()
		const latest = 1 << 42 // the year 2109
		if scale != 0 || ms <= 0 || ms > latest {
			return 0, false
		}
		return ms * 1e6, true
	}
	return stamp(raw)
}

// stamp reads "2025-03-07T00:05:00.0" in GMT, with or without a fraction or Z.
func stamp(raw []byte) (int64, bool) {
	if len(raw) < 21 || raw[0] != '"' || raw[5] != '-' || raw[8] != '-' || raw[11] != 'T' && raw[11] != ' ' {
		return 0, false
	}
	b := raw[1 : len(raw)-1]
	year, ok1 := device.Int(b[:4])
	month, ok2 := device.Int(b[5:7])
	day, ok3 := device.Int(b[8:10])
	tod, ok4 := device.HMS(b[11:19])
	midnight, ok5 := device.Date(year, month, day)
	if !ok1 || !ok2 || !ok3 || !ok4 || !ok5 {
		return 0, false
	}
	rest := bytes.TrimSuffix(b[19:], []byte("Z"))
	if len(rest) == 0 {
		return midnight + tod, true
	}
	fraction, ok := pleth.ParseValue(rest)
	if !ok || rest[0] != '.' {
		return 0, false
	}
	m, scale := fraction.Mantissa()
	if scale > 9 {
		return 0, false
	}
	return midnight + tod + m*pleth.Pow10(9-scale), true
}
