// Package viatom reads the recordings of Viatom and Wellue oximeters: the CSV
// files of the mobile app and of the desktop program, and the raw records of
// the rings. Layouts: docs/formats/viatom-csv.md, docs/formats/viatom-record.md.
package viatom

import "pleth/internal/device"

const maker = "Viatom"

// Formats lists the readers of this package.
func Formats() []device.Format {
	return []device.Format{mobileCSV}
}
