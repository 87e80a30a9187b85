package analysis

import (
	"pleth/internal/quality"
	"pleth/internal/stream"
)

// qualityOf returns how far a session can be judged.
func qualityOf(d *stream.Derived) Quality {
	s := quality.ScoreOf(d.Span, d.Valid, d.Longest, d.Doubted)
	q := Quality{
		Score: s.Value, Grade: s.Grade,
		ValidS: seconds(d.Valid), ValidPct: 100 * float64(d.Valid) / float64(d.Span),
		LongestGapS: seconds(d.Longest), SuspectS: seconds(d.Doubted), InterpolatedS: seconds(d.Bridged),
		Reasons: make(map[string]float64, len(d.Reasons)),
		Factors: map[string]float64{"hours": s.Hours, "valid_share": s.Share, "gap": s.Gap, "suspect": s.Suspect},
	}
	for r, ns := range d.Reasons {
		q.Reasons[r.String()] = seconds(ns)
	}
	return q
}
