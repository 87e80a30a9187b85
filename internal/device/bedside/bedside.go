// Package bedside reads the stream of bedside monitors that a gateway stores
// as JSON lines: the oximetry of several beds in one file, as a recording per
// bed and oximeter. Layout and traps: docs/formats/bedside-jsonl.md.
package bedside

import (
	"bytes"

	"pleth/internal/device"
)

// Formats lists the readers of this package.
func Formats() []device.Format {
	return []device.Format{{
		Name:       "bedside-jsonl",
		Maker:      "Philips and other monitors behind a gateway",
		Models:     "IntelliVue",
		Extensions: ".jsonl",
		Reads:      "SpO2, pre- and post-ductal SpO2, pulse rate, perfusion index, heart rate, respiration rate of several beds",
		Sniff:      sniff,
		Read:       read,
	}}
}

// sniff knows the stream by the keys of its first line.
func sniff(h device.Head) device.Match {
	b := bytes.TrimLeft(h.Bytes, " \t\r\n")
	if len(b) == 0 || b[0] != '{' {
		return device.No
	}
	line, _, ended := bytes.Cut(b, []byte("\n"))
	found := 0
	for _, key := range []string{`"devid"`, `"mname"`, `"mtime"`} {
		if bytes.Contains(line, []byte(key)) {
			found++
		}
	}
	switch {
	case found == 3:
		return device.Certain
	case !ended && (found > 0 || bytes.HasPrefix(line, []byte(`{"srcid"`))):
		return device.Likely // cut off in the first line
	}
	return device.No
}
