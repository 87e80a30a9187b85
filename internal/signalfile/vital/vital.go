// Package vital reads the oximetry of Vital Recorder files: SpO2, pulse rate,
// perfusion, heart and respiration rate from the numeric tracks of a bedside
// monitor. Layout and traps: docs/formats/vital.md.
package vital

import (
	"encoding/binary"

	"pleth/internal/device"
)

// Formats lists the readers of this package.
func Formats() []device.Format {
	return []device.Format{{
		Name:       "vital",
		Maker:      "VitalDB; Philips and other monitors",
		Models:     "Vital Recorder on IntelliVue, Solar, Root and others",
		Extensions: ".vital",
		Reads:      "SpO2, pulse rate, perfusion index, heart rate, respiration rate",
		Sniff:      sniff,
		Read:       read,
	}}
}

// Lengths of the header: up to the field of its length, and with that field.
const (
	magicBytes = 4
	fixedBytes = 10
	minHeader  = 10
	maxHeader  = 4096
)

func sniff(h device.Head) device.Match {
	b := h.Bytes
	switch {
	case len(b) < magicBytes || string(b[:magicBytes]) != "VITA":
		return device.No
	case len(b) < fixedBytes:
		return device.Possible // cut off inside the header
	}
	if n := binary.LittleEndian.Uint16(b[8:]); n >= minHeader && n <= maxHeader && b[6] == 0 && b[7] == 0 {
		return device.Certain
	}
	return device.Possible
}
