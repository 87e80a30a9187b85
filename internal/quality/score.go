package quality

import "pleth/internal/signal"

// The numbers of the score. Source: docs/definitions/quality-score.md.
const (
	fullHours     = 6
	adequateHours = 4
	limitedHours  = 2
	shareZero     = 0.5 // valid share at which nothing is left
	shareSpan     = 0.4 // and how much more of it gives the full score
	gapNone       = 10 * 60 * signal.Second
	gapMost       = 60 * 60 * signal.Second
)

// Score says how far a recording can be judged: 100 times the product of its
// factors, which are 0..1 each.
type Score struct {
	Value float64 // 0..100
	Grade string  // good, adequate, limited, inadequate

	Hours   float64 // valid hours of six
	Share   float64 // of the span that is valid
	Gap     float64 // the longest gap
	Suspect float64 // the share of valid time that is suspect or an artefact
}

// ScoreOf returns the score of a session, all times in ns. It decides nothing
// about the results: it is printed beside them.
func ScoreOf(span, valid, longestGap, doubted int64) Score {
	hours := float64(valid) / float64(signal.Second) / 3600
	s := Score{Hours: min(1, hours/fullHours), Gap: gapFactor(longestGap), Suspect: 1}
	if span > 0 {
		s.Share = min(1, max(0, (float64(valid)/float64(span)-shareZero)/shareSpan))
	}
	if valid > 0 {
		s.Suspect = 1 - min(0.5, float64(doubted)/float64(valid))
	}
	s.Value = 100 * s.Hours * s.Share * s.Gap * s.Suspect
	switch {
	case s.Value >= 80 && hours >= fullHours:
		s.Grade = "good"
	case s.Value >= 60 && hours >= adequateHours:
		s.Grade = "adequate"
	case hours >= limitedHours:
		s.Grade = "limited"
	default:
		s.Grade = "inadequate"
	}
	return s
}

// gapFactor is 1 up to ten minutes and falls in a line to 1/2 at an hour.
func gapFactor(gap int64) float64 {
	over := min(1, max(0, float64(gap-gapNone)/float64(gapMost-gapNone)))
	return 1 - over/2
}
