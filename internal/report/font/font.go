// Package font holds the fonts of the reports: Inter, cut to the characters a
// report can hold. Where they come from and how they are made is in README.md;
// their licence, the SIL Open Font License, is OFL.txt.
package font

import _ "embed"

// The weights of the PDF, as TrueType with figures of one width.
var (
	//go:embed Inter-Regular.ttf
	regular []byte
	//go:embed Inter-SemiBold.ttf
	semibold []byte
	//go:embed Inter-Bold.ttf
	bold []byte
	//go:embed Inter-Variable.woff2
	variable []byte
)

// Regular returns the font of weight 400. The bytes must not be changed.
func Regular() []byte { return regular }

// SemiBold returns the font of weight 600. The bytes must not be changed.
func SemiBold() []byte { return semibold }

// Bold returns the font of weight 700. The bytes must not be changed.
func Bold() []byte { return bold }

// Variable returns the font of the HTML in WOFF2, weight 400 to 700. The bytes
// must not be changed.
func Variable() []byte { return variable }

// Has reports whether the fonts of the PDF can draw r.
func Has(r rune) bool {
	for _, c := range covered {
		if r >= c[0] && r <= c[1] {
			return true
		}
	}
	return false
}
