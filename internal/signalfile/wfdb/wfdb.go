// Package wfdb reads the numerics of WFDB records (PhysioNet, MIMIC): SpO2,
// pulse, heart and respiration rate. A record is a text header and the signal
// files that it names. Layout and traps: docs/formats/wfdb.md.
package wfdb

import (
	"bytes"
	"encoding/binary"
	"strings"

	"pleth/internal/device"
)

// Formats lists the readers of this package. The second takes a signal file
// that was given instead of its header; as the files have no signature of
// their own, it belongs at the end of all formats.
func Formats() []device.Format {
	return []device.Format{{
		Name:       "wfdb",
		Maker:      "PhysioNet",
		Models:     "MIMIC numerics and other WFDB records",
		Extensions: ".hea with .dat, .mat",
		Reads:      "SpO2, pulse rate, heart rate, respiration rate; signal formats 16 and 212",
		Sniff:      sniffHeader,
		Read:       readHeaderFile,
	}, {
		Name:       "wfdb-signals",
		Maker:      "PhysioNet",
		Models:     "signal files of WFDB records",
		Extensions: ".dat, .mat",
		Reads:      "the record whose .hea beside it names the file",
		Sniff:      sniffSignals,
		Read:       readSignalFile,
	}}
}

// sniffHeader knows a header by the shape of its record line and its first
// signal line.
func sniffHeader(h device.Head) device.Match {
	lines := device.LinesOf(h.Bytes[:min(len(h.Bytes), 8<<10)])
	var p parser
	for lines.Next() {
		if !p.line(lines.Bytes()) {
			return device.No
		}
		switch {
		case len(p.signals) > 0 && lines.Ended():
			return device.Certain
		case len(p.signals) > 0 || len(p.parts) > 0:
			return device.Likely
		}
	}
	if p.found && p.fields > 2 {
		return device.Possible
	}
	return device.No
}

// sniffSignals knows MATLAB level 4 files of int16 as WFDB writes them, and
// takes binary files called .dat that nothing else knows.
func sniffSignals(h device.Head) device.Match {
	b := h.Bytes
	if len(b) >= 24 && binary.LittleEndian.Uint32(b) == matlabInt16 && binary.LittleEndian.Uint32(b[12:]) == 0 && string(b[16:24]) == "\x04\x00\x00\x00val\x00" {
		return device.Likely
	}
	if strings.HasSuffix(strings.ToLower(h.Name), ".dat") && bytes.IndexFunc(b[:min(len(b), 512)], binaryRune) >= 0 {
		return device.Possible
	}
	return device.No
}

// matlabInt16 is the type field of a level 4 matrix of little endian int16.
const matlabInt16 = 30

// binaryRune reports whether r does not occur in text.
func binaryRune(r rune) bool { return r < ' ' && r != '\t' && r != '\r' && r != '\n' }
