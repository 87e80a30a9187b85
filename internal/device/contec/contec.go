// Package contec reads the recordings of Contec oximeters: the binary files of
// the maker's programs, their CSV, and the log of a live stream with one row
// per beat. Layouts: docs/formats/contec-spo2.md, contec-spo.md, contec-csv.md
// and contec-beats.md.
//
// The files hold names of patients and users. No reader of this package reads
// them, whatever they hold.
package contec

import (
	"pleth"
	"pleth/internal/device"
)

const maker = "Contec"

// noSpO2 and noPulse stand for nothing measured, in every form.
const (
	noSpO2  = 127
	noPulse = 255
)

// maxFile bounds a binary file; a week of samples of 4 bytes is 2.4 MB.
const maxFile = 16 << 20

// Formats lists the readers of this package.
func Formats() []device.Format {
	return []device.Format{spo2File, csvFile, spoFile, beatLog}
}

// setReadings gives the current row SpO2 and pulse as the device writes them.
func setReadings(w *device.Writer, spo2, pulse byte) {
	w.Set(pleth.SpO2, device.VitalInt(int(spo2), noSpO2))
	w.Set(pleth.PulseRate, device.VitalInt(int(pulse), noPulse))
}
