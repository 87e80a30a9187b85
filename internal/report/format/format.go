// Package format turns numbers, durations and times of day into what a person
// reads, and holds every word of the reports, so that the page, the PDF and
// the terminal say the same thing the same way. It computes nothing: it
// rounds what the analysis document says.
//
// A number and its unit are joined by a narrow no-break space, the parts of a
// duration by a no-break space, so that no line breaks inside a quantity.
package format

import (
	"math"
	"strconv"
	"strings"
	"unicode"
)

// The signs that join and mark numbers.
const (
	Dash   = "–"      // stands where there is no number
	Minus  = "−"      // U+2212
	Thin   = "\u202f" // between a number and its unit
	Joined = "\u00a0" // between the parts of a duration
)

// Number returns v with so many decimals, rounded to the nearest, with a
// minus sign and thousands set apart from 10000 on; Dash if v is not finite.
func Number(v float64, decimals int) string {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return Dash
	}
	s := strconv.FormatFloat(math.Abs(v), 'f', decimals, 64)
	whole, rest, _ := strings.Cut(s, ".")
	if len(whole) > 4 {
		for i := len(whole) - 3; i > 0; i -= 3 {
			whole = whole[:i] + Thin + whole[i:]
		}
	}
	if rest != "" {
		whole += "." + rest
	}
	if v < 0 && strings.Trim(s, "0.") != "" {
		return Minus + whole
	}
	return whole
}

// Level returns an SpO2 or pulse value with the decimals it was recorded
// with, at most two: "80", "94.5".
func Level(v float64) string {
	for d := range 2 {
		p := math.Pow10(d)
		if math.Abs(v*p-math.Round(v*p)) < 1e-6 {
			return Number(v, d)
		}
	}
	return Number(v, 2)
}

// Signed returns v like Level with its sign: "+18", "−17", "0".
func Signed(v float64) string {
	s := Level(v)
	if v > 0 && strings.Trim(s, "0.") != "" {
		return "+" + s
	}
	return s
}

// SignedNumber returns v like Number with its sign.
func SignedNumber(v float64, decimals int) string {
	s := Number(v, decimals)
	if v > 0 && strings.Trim(s, "0."+Thin) != "" {
		return "+" + s
	}
	return s
}

// With returns number and unit, joined.
func With(number, unit string) string { return number + Thin + unit }

// Percent returns v with so many decimals and the percent sign.
func Percent(v float64, decimals int) string { return With(Number(v, decimals), "%") }

// Share returns a percentage of time with one decimal. Only nothing reads 0,
// and only the whole reads 100.
func Share(pct float64) string {
	switch {
	case pct == 0:
		return Percent(0, 0)
	case pct > 0 && pct < 0.05:
		return "<" + Thin + Percent(0.1, 1)
	case pct < 100 && pct >= 99.95:
		return ">" + Thin + Percent(99.9, 1)
	case pct == 100:
		return Percent(100, 0)
	}
	return Percent(pct, 1)
}

// Clean returns s, which came from a file, as one line that is safe to show:
// control and formatting characters (line ends, escapes, marks that turn the
// direction of text) are blanks, blanks are not repeated, and what is longer
// than limit characters is cut and marked. Blanks that join stay.
func Clean(s string, limit int) string {
	s = strings.Map(func(r rune) rune {
		switch {
		case string(r) == Thin || string(r) == Joined:
			return r
		case r == unicode.ReplacementChar || unicode.IsSpace(r) || unicode.IsControl(r) ||
			unicode.In(r, unicode.Cf, unicode.Co, unicode.Zl, unicode.Zp):
			return ' '
		}
		return r
	}, strings.ToValidUTF8(s, " "))
	s = strings.Join(strings.FieldsFunc(s, func(r rune) bool { return r == ' ' }), " ")
	r := []rune(s)
	if len(r) > limit {
		return strings.TrimSpace(string(r[:limit-1])) + "…"
	}
	return s
}

// Bind returns text with every number and the unit after it joined, so that no
// line breaks between them.
func Bind(text string) string {
	words := strings.Split(text, " ")
	var b strings.Builder
	for i, word := range words {
		if i > 0 {
			joint := " "
			if numeric(words[i-1]) && isUnit(word) {
				joint = Thin
			}
			b.WriteString(joint)
		}
		b.WriteString(word)
	}
	return b.String()
}

func numeric(s string) bool { return s != "" && s[len(s)-1] >= '0' && s[len(s)-1] <= '9' }

// isUnit reports whether s is a unit, alone or before a punctuation mark.
func isUnit(s string) bool {
	switch strings.TrimRight(s, ".,;:)") {
	case "%", "s", "min", "h":
		return true
	}
	return false
}

// Digest returns the ends of a hexadecimal digest: "9c1f52e1…0b3de27a".
func Digest(s string) string {
	if len(s) <= 20 {
		return s
	}
	return s[:8] + "…" + s[len(s)-8:]
}
