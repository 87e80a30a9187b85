// Package garmin reads the SpO2 and pulse arrays of Garmin Connect.
// Layout and traps: docs/formats/garmin-json.md.
package garmin

import (
	"bytes"

	"pleth/internal/device"
)

// Formats lists the readers of this package.
func Formats() []device.Format {
	return []device.Format{{
		Name:       "garmin-json",
		Maker:      "Garmin",
		Models:     "watches with Pulse Ox, through Garmin Connect",
		Extensions: ".json",
		Reads:      "SpO2 by the minute; pulse rate of the sleep service",
		Sniff:      sniff,
		Read:       read,
	}}
}

// sniff knows an array of objects by the keys of its entries.
func sniff(h device.Head) device.Match {
	b := bytes.TrimLeft(h.Bytes, " \t\r\n")
	if len(b) == 0 || b[0] != '[' {
		return device.No
	}
	if b = bytes.TrimLeft(b[1:], " \t\r\n"); len(b) == 0 || b[0] != '{' {
		return device.No
	}
	entry, _, ended := bytes.Cut(b, []byte("}"))
	has := func(key string) bool { return bytes.Contains(entry, []byte(key)) }
	switch {
	case has(`"spo2Reading"`) && has(`"epochTimestamp"`):
		return device.Certain
	case has(`"startGMT"`) && has(`"value"`):
		return device.Likely
	case !ended && (has(`"epochTimestamp"`) || has(`"userProfilePK"`) || has(`"startGMT"`) || has(`"spo2Reading"`)):
		return device.Possible // cut off in the first entry
	}
	return device.No
}
