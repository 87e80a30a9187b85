// Package viatom reads the recordings of Viatom and Wellue oximeters: the CSV
// files of the mobile app and of the desktop program, and the raw records that
// the rings store. Layouts: docs/formats/viatom-csv.md, viatom-record.md and
// viatom-o2ring-s.md.
//
// The CSV and the raw record of one night hold the same samples, and the
// readers keep it so: the same rows, the same metrics, the same device.
package viatom

import (
	"encoding/binary"

	"pleth"
	"pleth/internal/device"
)

// viatom is all that every form says of the instrument. What only one of them
// states stays out, so that parts of a night join whatever form they came in.
var viatom = pleth.Device{Maker: "Viatom"}

// maxRecord bounds a raw record. The 16-bit duration bounds a real one to
// 65535 records of 5 bytes; a ring stops after 10 hours.
const maxRecord = 1 << 20

// Formats lists the readers of this package.
func Formats() []device.Format {
	return []device.Format{mobileCSV, desktopCSV, record, o2RingS}
}

// missing8 and missing16 stand for nothing measured.
const (
	missing8  = 255
	missing16 = 65535
)

// sample is one record of a ring, as it stores it.
type sample struct {
	spo2   uint8
	pulse  uint16
	motion uint8
	moves  bool // motion is recorded
}

func (s sample) write(w *device.Writer, at int64) bool {
	if !w.Row(at) {
		return false
	}
	w.Set(pleth.SpO2, device.VitalInt(int(s.spo2), missing8))
	w.Set(pleth.PulseRate, device.VitalInt(int(s.pulse), missing16))
	if s.moves {
		w.SetInt(pleth.Motion, int64(s.motion))
	}
	return true
}

// figures reads the vendor's own results and the steps, which header and
// trailer hold in the same 13 bytes.
func figures(b []byte) map[string]float64 {
	r := map[string]float64{
		"odi3.count":        float64(b[2]),
		"odi4.count":        float64(b[3]),
		"below.90.pct":      float64(b[4]),
		"below.90.seconds":  float64(binary.LittleEndian.Uint16(b[5:])),
		"episodes.90.count": float64(b[7]),
		"steps":             float64(binary.LittleEndian.Uint32(b[9:])),
	}
	measured := func(id string, v byte) {
		if v != 0 && v != missing8 {
			r[id] = float64(v)
		}
	}
	measured("spo2.mean", b[0])
	measured("spo2.min", b[1])
	if score := b[8]; score != missing8 {
		r["o2_score"] = float64(score) / 10
	}
	return r
}
