package pdf

import (
	"fmt"
	"strings"

	"pleth/internal/report/page"
)

// footer draws disclaimer, definitions and provenance at the foot of the page
// and returns how high it is.
func (s *sheet) footer(p *page.Page, number, pages int) float64 {
	w := p.Words
	const lineHeight, tinyHeight = 12.8, 10.6
	who := []string{p.Maker + " · " + p.Rules, fmt.Sprintf(w.PageOf, number, pages)}
	aside := 0.0
	for _, line := range who {
		aside = max(aside, s.width(smallStyle, line))
	}
	strong := smallStyle
	strong.weight = semibold
	lines := s.wrap(strong, p.Disclaimer, right-left-aside-24, 3)
	defined := s.wrap(smallStyle, strings.Join(p.Definitions, " "), right-left-aside-24, 3)
	var facts []string
	for _, r := range p.Facts {
		facts = append(facts, r.Label+" "+r.Value)
	}
	proof := s.wrap(tinyStyle, strings.Join(facts, " · "), right-left, 2)
	h := 8 + lineHeight*float64(len(lines)+len(defined)) + tinyHeight*float64(len(proof)) + 2
	y := bottom - h
	s.line(left, y, right, y, 1, border)
	y += 8
	for i, line := range who {
		s.text(right, y+lineHeight*(float64(i)+0.5), fromRight, smallStyle, line)
	}
	for i, line := range append(lines, defined...) {
		st := strong
		if i >= len(lines) {
			st = smallStyle
		}
		s.text(left, y+lineHeight*(float64(i)+0.5), fromLeft, st, line)
	}
	y += lineHeight*float64(len(lines)+len(defined)) + 2
	for i, line := range proof {
		s.text(left, y+tinyHeight*(float64(i)+0.5), fromLeft, tinyStyle, line)
	}
	return h
}
