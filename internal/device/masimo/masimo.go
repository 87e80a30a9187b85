// Package masimo reads recordings of Masimo oximeters: the text of
// Visi-Download and captures of the serial port. Layouts:
// docs/formats/masimo-visi.md and masimo-serial.md.
package masimo

import "pleth/internal/device"

const maker = "Masimo"

// Formats lists the readers of this package.
func Formats() []device.Format {
	return []device.Format{serialCapture, visiText}
}

// noSentinel says that nothing measured is dashes or an empty field.
const noSentinel = -1
