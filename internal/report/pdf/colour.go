package pdf

import "pleth/internal/report/page"

// colour is 0xRRGGBB.
type colour uint32

func (c colour) rgb() (r, g, b int) { return int(c >> 16), int(c >> 8 & 255), int(c & 255) }

// The light palette of the design.
const (
	white        colour = 0xFFFFFF
	surface2     colour = 0xF0F3F6
	border       colour = 0xD6DDE4
	text         colour = 0x0F1D29
	text2        colour = 0x465766
	text3        colour = 0x5E6F7E
	spo2         colour = 0x0A7287
	spo2Raw      colour = 0x9DC7CF // spo2 at 40 % on white
	spo2Share    colour = 0x78B2BD // spo2 at 55 % on white
	pulse        colour = 0x3F6F12
	pulseRaw     colour = 0xBCCDAD // pulse at 35 % on white
	grid         colour = 0xE3E8ED
	axis         colour = 0x5E6F7E
	previous     colour = 0x8B98A5
	previousSoft colour = 0xD3D9DF
	previousFar  colour = 0xE9EDF0
	hatching     colour = 0xC3CCD5
	okColour     colour = 0x15703F
	okSoft       colour = 0xF1FAF5
	accent       colour = 0x0B5FA5
	accentSoft   colour = 0xE3EFF9
	warn         colour = 0x8A5A00
	warnSoft     colour = 0xFFF8E3
	bad          colour = 0xB00020
	badSoft      colour = 0xFDF1F2
)

// The colours of the bands: ground, ink of its number, and fill of a bar.
var (
	bandGround = map[page.Band]colour{90: 0xFFF3C4, 88: 0xFFDDB0, 85: 0xFBC9CC}
	bandInk    = map[page.Band]colour{90: 0x7A5B00, 88: 0x9A4300, 85: 0xB00020}
	bandFill   = map[page.Band]colour{0: spo2Share, 90: 0xB58B00, 88: 0xBF3B00, 85: 0x86091C}
	bandDashes = map[page.Band][]float64{90: {2, 3}, 88: {6, 3}, 85: nil}
)

// levelColour and levelGround are the ink and the ground of a level.
func levelColour(l page.Level) colour { return [...]colour{okColour, accent, warn, bad}[l] }

func levelGround(l page.Level) colour { return [...]colour{okSoft, accentSoft, warnSoft, badSoft}[l] }

// findingColour is the ink of a single finding: that one asks for nothing does
// not make its value a good one, so it is no green.
func findingColour(l page.Level) colour {
	if l == page.Info {
		return text3
	}
	return levelColour(l)
}
