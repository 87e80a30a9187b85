// Package edf reads the SpO2 and pulse channels of EDF and EDF+ files:
// polysomnography, and the oximetry files of ResMed machines (SAD, SA2).
// Layout and traps: docs/formats/edf.md.
package edf

import (
	"bytes"

	"pleth/internal/device"
)

// Formats lists the readers of this package.
func Formats() []device.Format {
	return []device.Format{{
		Name:       "edf",
		Maker:      "any; ResMed",
		Models:     "polysomnographs; AirSense 10 and 11, AirCurve 10 (SAD, SA2)",
		Extensions: ".edf",
		Reads:      "SpO2, pulse rate, heart rate of EDF, EDF+C and EDF+D",
		Sniff:      sniff,
		Read:       read,
	}}
}

// sniff knows EDF by its version field, and is certain where the header also
// says its own length as EDF does.
func sniff(h device.Head) device.Match {
	if !bytes.HasPrefix(h.Bytes, []byte("0       ")) {
		return device.No
	}
	if len(h.Bytes) < fixedBytes {
		if h.Whole {
			return device.Possible // cut off inside the header
		}
		return device.No
	}
	f := fields(h.Bytes[:fixedBytes])
	signals, ok1 := number(f.signals)
	length, ok2 := number(f.headerBytes)
	if ok1 && ok2 && length == (signals+1)*256 {
		return device.Certain
	}
	return device.Possible
}
