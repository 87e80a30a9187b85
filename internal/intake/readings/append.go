package readings

import (
	"encoding/json"
	"fmt"
	"strconv"
	"unicode/utf8"

	"pleth"
	"pleth/internal/reading"
)

// Encoder writes stored readings as JSON under the names senders use, so that
// what was read can be sent again. The zero Encoder leaves tags out. It is
// safe for concurrent use if Open and Clock are.
type Encoder struct {
	Open func(sealed []byte) ([]byte, error) // opens tags; nil: they are left out
	// Clock says what the times of a recording count from; nil: a live stream
	// has UTC, an import the local time of its device.
	Clock func(reading.Partition) pleth.Clock
}

// Append appends row i of t as one JSON object without white space. Fields
// that the reading does not carry are left out, missing values are null. On an
// error it returns dst as it was.
func (e Encoder) Append(dst []byte, t *reading.Table, i int) ([]byte, error) {
	out := append(dst, `{"device_id":`...)
	out = appendString(out, []byte(t.Device))
	if t.Recording != "" {
		out = append(out, `,"recording":`...)
		out = appendString(out, []byte(t.Recording))
	}
	origin := t.OriginOf(i)
	if origin.Subject != "" {
		out = append(out, `,"subject_id":`...)
		out = appendString(out, []byte(origin.Subject))
	}
	out = e.appendTime(out, t.Partition, t.Rows.Time(i))
	if seq := t.SeqOf(i); seq != reading.NoSeq {
		out = append(out, `,"seq":`...)
		out = strconv.AppendInt(out, seq, 10)
	}
	for n := range values {
		v := t.Rows.Value(values[n].Metric, i)
		if v.IsAbsent() {
			continue
		}
		out = append(append(append(out, `,"`...), values[n].Name...), `":`...)
		if v.Ok() {
			out = appendNumber(out, v)
		} else {
			out = append(out, "null"...)
		}
	}
	out = appendNames(out, "marks", t.Rows.Marks(i))
	if origin.Firmware != "" {
		out = append(out, `,"firmware_version":`...)
		out = appendString(out, []byte(origin.Firmware))
	}
	out = appendFlags(out, t.FlagsOf(i))
	if len(origin.Tags) > 0 && e.Open != nil {
		tags, err := e.Open(origin.Tags)
		if err != nil || !json.Valid(tags) {
			return dst, fmt.Errorf("tags of a reading of %s do not open: the identity key is another, or the bytes are damaged", t.Device)
		}
		out = append(append(out, `,"tags":`...), tags...)
	}
	return append(out, '}'), nil
}

// appendTime appends the event time: a stamp in UTC, a stamp without zone
// under a name of its own where only the device's clock is known, or the
// seconds since the start.
func (e Encoder) appendTime(dst []byte, p reading.Partition, t int64) []byte {
	clock := pleth.UTCClock
	switch {
	case e.Clock != nil:
		clock = e.Clock(p)
	case p.Recording != "":
		clock = pleth.LocalClock
	}
	switch clock {
	case pleth.UTCClock:
		dst = append(dst, `,"timestamp":"`...)
		return append(appendStamp(dst, t), '"')
	case pleth.LocalClock:
		dst = append(dst, `,"local_time":"`...)
		dst = appendStamp(dst, t)
		return append(dst[:len(dst)-1], '"') // without its Z
	}
	dst = append(dst, `,"elapsed_s":`...)
	return appendNumber(dst, pleth.Num(t, 9))
}

// appendNumber appends v without the zeros at the end of its decimals: how
// many there are depends on what else is kept beside it.
func appendNumber(dst []byte, v pleth.Value) []byte {
	m, scale := v.Mantissa()
	for scale > 0 && m%10 == 0 {
		m, scale = m/10, scale-1
	}
	return pleth.Num(m, scale).Append(dst)
}

func appendNames(dst []byte, name string, set pleth.Reasons) []byte {
	if set == 0 {
		return dst
	}
	dst = append(append(append(dst, `,"`...), name...), `":[`...)
	set.Each(func(r pleth.Reasons) {
		dst = append(append(append(dst, '"'), r.String()...), `",`...)
	})
	dst[len(dst)-1] = ']'
	return dst
}

func appendFlags(dst []byte, f reading.Flags) []byte {
	if f == 0 {
		return dst
	}
	dst = append(dst, `,"flags":[`...)
	if f&reading.IsLate != 0 {
		dst = append(dst, `"late",`...)
	}
	if f&reading.IsConflict != 0 {
		dst = append(dst, `"conflict",`...)
	}
	dst[len(dst)-1] = ']'
	return dst
}

const hexDigits = "0123456789abcdef"

// appendString appends s in quotes as JSON. Bytes that are not UTF-8 become
// the replacement character.
func appendString(dst, s []byte) []byte {
	dst = append(dst, '"')
	for i := 0; i < len(s); {
		c := s[i]
		if plain[c] {
			dst = append(dst, c)
			i++
			continue
		}
		if c < utf8.RuneSelf {
			switch c {
			case '"', '\\':
				dst = append(dst, '\\', c)
			default:
				dst = append(dst, '\\', 'u', '0', '0', hexDigits[c>>4], hexDigits[c&15])
			}
			i++
			continue
		}
		r, n := utf8.DecodeRune(s[i:])
		dst = utf8.AppendRune(dst, r)
		i += n
	}
	return append(dst, '"')
}
