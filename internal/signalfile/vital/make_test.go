package vital_test

import (
	"bytes"
	"encoding/binary"
	"math"

	"github.com/klauspost/compress/gzip"
)

// file builds a Vital Recorder file packet by packet.
type file []byte

func begin(bias int16) file {
	f := file("VITA\x03\x00\x00\x00\x0a\x00")
	f = binary.LittleEndian.AppendUint16(f, uint16(bias))
	return append(f, make([]byte, 8)...)
}

func (f *file) packet(kind byte, content []byte) {
	*f = append(*f, kind)
	*f = binary.LittleEndian.AppendUint32(*f, uint32(len(content)))
	*f = append(*f, content...)
}

func text(b []byte, s string) []byte {
	return append(binary.LittleEndian.AppendUint32(b, uint32(len(s))), s...)
}

func (f *file) device(id uint32, texts ...string) {
	b := binary.LittleEndian.AppendUint32(nil, id)
	for _, s := range texts {
		b = text(b, s)
	}
	f.packet(9, b)
}

const (
	wave    = 1
	numeric = 2
	remark  = 5
)

func (f *file) track(id uint16, kind, format byte, name, unit string, device uint32) {
	b := append(binary.LittleEndian.AppendUint16(nil, id), kind, format)
	b = text(text(b, name), unit)
	b = append(b, make([]byte, 16)...)
	b = binary.LittleEndian.AppendUint64(b, math.Float64bits(1))
	b = append(b, make([]byte, 9)...)
	f.packet(0, binary.LittleEndian.AppendUint32(b, device))
}

// record adds a record whose value is written after ten bytes of information.
func (f *file) record(id uint16, at float64, value any) {
	b := binary.LittleEndian.AppendUint16(nil, 10)
	b = binary.LittleEndian.AppendUint64(b, math.Float64bits(at))
	b = binary.LittleEndian.AppendUint16(b, id)
	b, err := binary.Append(b, binary.LittleEndian, value)
	if err != nil {
		panic(err)
	}
	f.packet(1, b)
}

// t0 is 2019-06-27T11:14:16.8920002Z, as a real file has it.
const t0 = 1561634056.8920002

// made are the inputs of the testcases.
func made() map[string][]byte {
	philips := begin(-120)
	philips.device(7, "Intellivue", "Bed of Do_Not_Print", "COM1", "Philips")
	philips.track(1, numeric, 1, "PLETH_SAT_O2", "%", 7)
	philips.track(2, numeric, 1, "PLETH_HR", "/min", 7)
	philips.packet(6, []byte{5, 1, 0, 1, 0}) // a command
	philips.track(3, numeric, 1, "PLETH_PERF_REL", "", 7)
	philips.track(4, numeric, 1, "HR", "/min", 7)
	philips.track(5, numeric, 1, "ECG_HR", "/min", 7)
	philips.track(6, numeric, 1, "RR", "/min", 7)
	philips.track(7, wave, 6, "PLETH", "", 7)
	philips.track(8, remark, 1, "EVENT", "", 0)
	philips.record(8, t0, []byte("\x00\x00\x00\x00\x0c\x00\x00\x00Do_Not_Print"))
	for i, spo2 := range []float32{97, float32(math.NaN()), 96.5, 8388607, 0} {
		at := t0 + 1.024*float64(i)
		philips.record(7, at, []uint16{2, 0, 8, 9})
		for _, v := range []struct {
			id    uint16
			value float32
		}{{1, spo2}, {2, 60 + float32(i)}, {3, 0.31}, {4, 70}, {5, 61}, {6, 15}} {
			philips.record(v.id, at, v.value)
		}
	}
	philips.packet(200, []byte("a kind of packet that nobody knows"))
	philips.record(1, math.NaN(), float32(99))
	philips.record(99, t0, float32(99)) // of no track

	// Track after track, as programs write; every sample format.
	formats := begin(0)
	for i, name := range []string{"SPO2", "PULS", "PI", "HR", "RR"} {
		formats.track(uint16(i), numeric, []byte{4, 6, 2, 8, 3}[i], name, "", 0)
	}
	for i := range 3 {
		formats.record(0, t0+float64(2-i), uint8(95+i)) // backwards
	}
	for i := range 3 {
		formats.record(1, t0+float64(i), uint16(60+i))
	}
	formats.record(2, t0+1, 1.25)
	formats.record(3, t0+1.5, uint32(61))
	formats.record(4, t0+2, int8(15))
	formats.record(0, t0, uint8(97)) // again
	formats.record(0, t0, uint8(90)) // and with other content

	// A newborn with two oximeters, and a second name for one of them.
	ductal := begin(300)
	ductal.device(1, "Root")
	ductal.device(2, "Intellivue", "x", "COM1", "Philips")
	ductal.track(1, numeric, 5, "SPO2_POST_DUCTAL", "%", 1)
	ductal.track(2, numeric, 7, "PLETH_SAT_O2_PRE_DUCTAL", "%", 2)
	ductal.track(3, numeric, 5, "PR", "/min", 1)
	ductal.track(4, numeric, 5, "PLETH_HR", "/min", 2)
	ductal.track(5, numeric, 5, "HR", "/min", 2)
	ductal.track(6, numeric, 5, "SAT_O2_POST_DUCTAL", "%", 1)
	for i := range 2 {
		at := t0 + float64(i)
		ductal.record(1, at, int16(90+i))
		ductal.record(2, at, int32(97+i))
		ductal.record(3, at, int16(140+i))
		ductal.record(4, at, int16(150+i))
		ductal.record(5, at, int16(160+i))
		ductal.record(6, at, int16(50))
	}

	waves := begin(-540)
	waves.track(1, wave, 6, "PLETH", "", 0)
	waves.track(2, numeric, 1, "ART_MBP", "mmHg", 0)

	silent := begin(-540)
	silent.track(1, numeric, 1, "PLETH_SPO2", "%", 0)
	silent.record(1, t0, float32(math.NaN()))

	promise := append(file{}, philips...)
	promise = append(promise, 1, 0xff, 0xff, 0xff, 0xff, 1, 2, 3)

	short := begin(-540) // track packets may end after the name
	short.packet(0, text([]byte{1, 0, numeric, 4}, "SPO2"))
	short.record(1, t0, uint8(97))

	return map[string][]byte{
		"philips-numerics/input.vital":   philips,
		"gzip/input.vital":               packed(philips),
		"gzip-cut-off/input.vital":       packed(philips)[:500],
		"formats-and-order/input.vital":  formats,
		"two-oximeters/input.vital":      ductal,
		"waves-only/input.vital":         waves,
		"no-value/input.vital":           silent,
		"length-without-end/input.vital": promise,
		"short-track/input.vital":        short,
		"header-only/input.vital":        begin(0),
		"cut-in-the-header/input.vital":  begin(0)[:11],
	}
}

func packed(b []byte) []byte {
	var out bytes.Buffer
	z := gzip.NewWriter(&out)
	if _, err := z.Write(b); err != nil {
		panic(err)
	}
	if err := z.Close(); err != nil {
		panic(err)
	}
	return out.Bytes()
}
