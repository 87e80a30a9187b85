package vital

import (
	"encoding/binary"
	"math"
	"strconv"

	"pleth"
	"pleth/internal/device"
	"pleth/internal/signalfile"
)

// Types of packets that are read.
const (
	trackPacket  = 0
	recordPacket = 1
	devicePacket = 9
)

// kinds of track.
const numericTrack = 2

// fields takes the fields of a packet one after the other. After a field that
// is not there, ok is false and every further one is zero.
type fields struct {
	b  []byte
	ok bool
}

func newFields(b []byte) *fields { return &fields{b, true} }

// rangeBytes are the fields of a track between its unit and its device: range,
// colour, rate, gain, offset, monitor type.
const rangeBytes = 4 + 4 + 4 + 4 + 8 + 8 + 1

// take takes n bytes, at most rangeBytes where they are not of a text.
func (f *fields) take(n int) []byte {
	if !f.ok || n > len(f.b) {
		f.ok = false
		return make([]byte, min(n, rangeBytes))
	}
	b := f.b[:n]
	f.b = f.b[n:]
	return b
}

func (f *fields) u8() byte     { return f.take(1)[0] }
func (f *fields) u16() uint16  { return binary.LittleEndian.Uint16(f.take(2)) }
func (f *fields) u32() uint32  { return binary.LittleEndian.Uint32(f.take(4)) }
func (f *fields) f64() float64 { return math.Float64frombits(binary.LittleEndian.Uint64(f.take(8))) }

// text takes a text with its length.
func (f *fields) text() string {
	n := f.u32()
	if !f.ok || uint64(n) > uint64(len(f.b)) {
		f.ok = false
		return ""
	}
	return signalfile.Text(f.take(int(n)))
}

// track is what a file says of one of its tracks.
type track struct {
	numeric bool
	format  byte // of samples
	name    string
	device  uint32
	metric  pleth.Metric // 0: of no interest
}

// parseTrack reads a track packet. It returns false if not even its name is there.
func parseTrack(b []byte) (id uint16, t track, ok bool) {
	f := newFields(b)
	id = f.u16()
	t.numeric = f.u8() == numericTrack
	t.format = f.u8()
	t.name = f.text()
	if !f.ok {
		return 0, track{}, false
	}
	f.text() // unit
	f.take(rangeBytes)
	if id := f.u32(); f.ok {
		t.device = id
	}
	if t.numeric {
		t.metric = metric(t.name)
	}
	return id, t, true
}

// parseDevice reads a device packet. The name that somebody may have typed is
// not kept.
func parseDevice(b []byte) (id uint32, d pleth.Device, ok bool) {
	f := newFields(b)
	id = f.u32()
	d.Model = f.text()
	ok = f.ok
	f.text() // name
	f.text() // port
	d.Maker = f.text()
	return id, d, ok
}

// stamp returns the time of a record in ns since 1970, rounded to whole
// microseconds, and whether a file can have been recorded then.
func stamp(seconds float64) (int64, bool) {
	const latest = 9e9 // the year 2255
	if !(seconds > 0 && seconds < latest) {
		return 0, false
	}
	return int64(math.Round(seconds*1e6)) * 1000, true
}

// notAvailable is the mark of ISO/IEEE 11073 for a value that is not there.
const notAvailable = 8388607

// value returns the numeric in b, stored in the format of t, for its metric;
// Missing where it is a mark, and false where b is too short or the format unknown.
func (t track) value(b []byte) (pleth.Value, bool) {
	f := newFields(b)
	v := pleth.Missing()
	switch t.format {
	case 1:
		single := math.Float32frombits(f.u32())
		v = decimal(float64(single), 32)
	case 2:
		v = decimal(f.f64(), 64)
	case 3:
		v = pleth.Num(int64(int8(f.u8())), 0)
	case 4:
		v = pleth.Num(int64(f.u8()), 0)
	case 5:
		v = pleth.Num(int64(int16(f.u16())), 0)
	case 6:
		v = pleth.Num(int64(f.u16()), 0)
	case 7:
		v = pleth.Num(int64(int32(f.u32())), 0)
	case 8:
		v = pleth.Num(int64(f.u32()), 0)
	default:
		return v, false
	}
	if x := v.Float(); t.metric != pleth.PerfusionIndex && x < 1 || x >= notAvailable {
		v = pleth.Missing()
	}
	return v, f.ok
}

// decimal returns the shortest decimal that reads back as x in a float of the
// given bits, Missing if x is no finite number.
func decimal(x float64, bits int) pleth.Value {
	var buf [32]byte
	v, ok := pleth.ParseValue(strconv.AppendFloat(buf[:0], x, 'g', -1, bits))
	if !ok {
		return pleth.Missing()
	}
	return v
}

// damaged returns the error of a file in which nothing can be read.
func damaged(at int64, what string) error {
	return &device.Error{At: device.Byte(at), What: "the Vital Recorder file is damaged: " + what, Do: "copy the file again, or save it again with Vital Recorder"}
}
