package analysis_test

import (
	"fmt"
	"testing"

	"pleth/internal/analysis"
)

// TestBedsAreNotOnePerson: a session of a recording of several devices is
// compared with those of its own device only, and no other recording with it.
func TestBedsAreNotOnePerson(t *testing.T) {
	t.Parallel()
	night := func(serial string, hour int, mean float64) *analysis.Session {
		start := fmt.Sprintf("2026-01-14T%02d:00:00Z", hour)
		s := &analysis.Session{ID: fmt.Sprintf("%032x", int(mean)), Start: &start, Metrics: map[string]float64{"spo2.mean": mean}}
		if serial != "" {
			s.Device.Serial = &serial
		}
		return s
	}
	doc := func(sha string, all ...*analysis.Session) *analysis.Document {
		return &analysis.Document{Inputs: []analysis.Input{{SHA256: sha}}, Sessions: all}
	}
	ward := doc("a", night("110", 1, 100), night("111", 2, 85), night("110", 3, 98), night("112", 4, 100))
	one := doc("b", night("", 5, 96))
	two := doc("c", night("", 6, 94))
	var facts []analysis.Facts
	for _, d := range []*analysis.Document{ward, one, two} {
		facts = append(facts, analysis.FactsOf(d)...)
	}
	nights := analysis.NewNights(facts)
	c := nights.Compare(ward)
	if c == nil || len(c.Sessions) != 2 || len(c.Nights) != 2 {
		t.Fatalf("the ward: got %+v, want the two sessions of bed 110", c)
	}
	for i, other := range []float64{98, 100} {
		if p := c.Sessions[i].Metrics["spo2.mean"]; p.Median != other || p.Of != 2 {
			t.Errorf("session %d: got %+v, want %v beside it", i, p, other)
		}
	}
	if c := nights.Compare(one); c == nil || len(c.Sessions) != 1 || len(c.Sessions[0].Reference) != 1 || c.Sessions[0].Metrics["spo2.mean"].Median != 94 {
		t.Errorf("a night: got %+v, want the other night", c)
	}
	if c := analysis.NewNights(analysis.FactsOf(doc("a", night("110", 1, 100), night("111", 2, 85)))).Compare(ward); c != nil {
		t.Errorf("beds alone: got %+v, want nothing", c)
	}
}
