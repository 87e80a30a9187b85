package font_test

import (
	"bytes"
	"encoding/binary"
	"testing"

	"pleth/internal/report/font"
)

// characters returns the characters that the cmap of a TrueType font maps.
func characters(t *testing.T, ttf []byte) map[rune]bool {
	t.Helper()
	u16 := func(at int) int { return int(binary.BigEndian.Uint16(ttf[at:])) }
	table := 0
	for i := range u16(4) {
		if at := 12 + 16*i; string(ttf[at:at+4]) == "cmap" {
			table = int(binary.BigEndian.Uint32(ttf[at+8:]))
		}
	}
	sub := table + int(binary.BigEndian.Uint32(ttf[table+8:]))
	if u16(table+2) != 1 || u16(sub) != 4 {
		t.Fatalf("%d character maps, the first of format %d; want one of format 4", u16(table+2), u16(sub))
	}
	has := map[rune]bool{}
	n := u16(sub+6) / 2
	for k := range n {
		end, start := u16(sub+14+2*k), u16(sub+16+2*n+2*k)
		for c := start; c <= end && c != 0xFFFF; c++ {
			has[rune(c)] = true
		}
	}
	return has
}

func TestCoveredIsWhatTheFontsHold(t *testing.T) {
	t.Parallel()
	for name, b := range map[string][]byte{"regular": font.Regular(), "semibold": font.SemiBold(), "bold": font.Bold()} {
		has := characters(t, b)
		for r := rune(0x20); r < 0xFFFF; r++ {
			if has[r] != font.Has(r) {
				t.Errorf("%s: U+%04X is in the file: %v, in covered: %v", name, r, has[r], font.Has(r))
			}
		}
	}
}

// The signs of the pages must be in the fonts.
func TestTheSignsOfThePagesAreThere(t *testing.T) {
	t.Parallel()
	for _, r := range "SpO₂ 0–9 ±−+≥≤<>·…’“”°µ×→ÄÖÜßéŽłΩλЖя\u202f\u00a0" {
		if !font.Has(r) {
			t.Errorf("the fonts lack %q (U+%04X)", r, r)
		}
	}
	if font.Has('心') || font.Has('\x1b') || font.Has(0x1F600) {
		t.Error("the fonts claim what they do not hold")
	}
	if !bytes.HasPrefix(font.Variable(), []byte("wOF2")) {
		t.Error("the font of the page is no WOFF2")
	}
}
