package analysis

import (
	"maps"
	"slices"
	"strings"
	"time"

	"pleth/internal/evaluate"
	"pleth/internal/oximetry"
)

// Evaluate adds the findings and the summary to every session of d. It comes
// last, when the comparison with other nights is known, and rests on what the
// document says alone, so that a document that was read back gives the same.
//
// Every number that a finding rests on stands in the metrics of its session:
// those that the rules derive (the longest dip, a usual value) are added there
// under the reference that the finding lists, as docs/definitions/rules.md says.
//
// Moments in the texts count from the start of the session, as everything in
// it does: a zone that is set right later changes no word. ByClock tells them
// by the clock.
func Evaluate(d *Document) {
	for _, s := range d.Sessions {
		e := evaluate.Of(evaluationInput(d, s))
		s.Findings = findings(e, func(refs []string) []string { return s.keep(e, refs) })
		s.Summary = summary(e)
	}
}

// ByClock returns the findings and the summary of session s of d as a page
// shows them: moments as times of the session's clock. They are those of the
// document where it has no clock, or says something else than Evaluate would.
func ByClock(d *Document, s *Session) ([]Finding, Summary) {
	start := wallTime(s.Start)
	if start.IsZero() || len(s.Findings) == 0 {
		return s.Findings, s.Summary
	}
	in := evaluationInput(d, s)
	e := evaluate.Of(in)
	if e.Summary.Headline != s.Summary.Headline || !slices.Equal(e.Summary.Sentences, s.Summary.Sentences) ||
		!slices.EqualFunc(e.Findings, s.Findings, func(a evaluate.Finding, b Finding) bool { return a.Rule == b.Rule && a.Text == b.Text }) {
		return s.Findings, s.Summary
	}
	in.Start = start
	e = evaluate.Of(in)
	return findings(e, listed), summary(e)
}

// In returns the findings and the summary of session s of d in a language, by
// its code, with moments as times of the session's clock where it has one. They
// say what those of the document say.
func In(d *Document, s *Session, language string) ([]Finding, Summary) {
	in := evaluationInput(d, s)
	in.Start, in.Language = wallTime(s.Start), language
	e := evaluate.Of(in)
	return findings(e, listed), summary(e)
}

func findings(e *evaluate.Evaluation, metrics func([]string) []string) []Finding {
	out := make([]Finding, len(e.Findings))
	for i, f := range e.Findings {
		out[i] = Finding{Rule: f.Rule, Level: f.Level.String(), Text: f.Text, Metrics: metrics(f.Metrics), Evidence: listed(f.Evidence)}
	}
	return out
}

func summary(e *evaluate.Evaluation) Summary {
	return Summary{
		Headline: e.Summary.Headline, Sentences: listed(e.Summary.Sentences), Questions: listed(e.Summary.Questions),
		Disclaimer: e.Summary.Disclaimer,
	}
}

// keep returns the references that stand for numbers, and puts those that are
// no metrics yet among the metrics of the session. A metric that was not
// computed is listed by its id: the reason, with its numbers, stands under it.
func (s *Session) keep(e *evaluate.Evaluation, refs []string) []string {
	out := []string{}
	for _, ref := range refs {
		if id, ok := strings.CutPrefix(ref, "not_computed."); ok && s.NotComputed[id] != "" {
			out = append(out, id)
			continue
		}
		v, ok := e.Value(ref)
		if !ok {
			continue // a word, such as the name of a method
		}
		if _, have := s.Metrics[ref]; !have {
			s.Metrics[ref] = v
		}
		out = append(out, ref)
	}
	return out
}

// listed returns l, never nil: lists of a document are never null.
func listed(l []string) []string {
	if l == nil {
		return []string{}
	}
	return l
}

// evaluationInput is what the evaluation reads of session s of d.
func evaluationInput(d *Document, s *Session) *evaluate.Input {
	in := &evaluate.Input{
		Metrics: maps.Clone(s.Metrics), NotComputed: s.NotComputed,
		Quality:     evaluate.Quality{Grade: s.Quality.Grade, Score: s.Quality.Score, LongestGapS: s.Quality.LongestGapS, SuspectS: s.Quality.SuspectS},
		IntervalS:   s.IntervalS,
		ODIMethod:   s.ODI.Method,
		EpisodeMinS: float64(oximetry.EpisodeMinimum) / 1e9,
	}
	if s.AveragingS != nil {
		in.AveragingS = *s.AveragingS
	}
	if text := d.Generator.Config.Age; text != nil {
		if age, err := oximetry.ParseAge(*text); err == nil {
			years := age.Years()
			in.AgeYears = &years
			if age.Infant() {
				in.EpisodeMinS = float64(oximetry.InfantMinimum) / 1e9
			}
		}
	}
	for _, e := range s.Episodes {
		in.Episodes = append(in.Episodes, evaluate.Episode{
			ID: e.ID, Limit: e.Limit, StartS: e.StartS, EndS: e.EndS, BelowS: e.BelowS, Nadir: e.Nadir, NadirS: e.NadirS,
			Truncated: e.Truncated, SuspectPct: e.SuspectPct, PulseResponse: e.PulseResponse,
		})
	}
	for _, f := range s.Falls {
		in.Falls = append(in.Falls, evaluate.Fall{ID: f.ID, StartS: f.StartS, EndS: f.EndS, Nadir: f.Nadir, Drop: f.Drop})
	}
	for _, c := range s.Clusters {
		in.Clusters = append(in.Clusters, evaluate.Cluster{ID: c.ID, StartS: c.StartS, EndS: c.EndS, N: c.N, WorstNadir: c.WorstNadir})
	}
	for _, b := range s.Bands {
		in.Bands = append(in.Bands, evaluate.Band{Metric: b.Metric, Low: b.Low, High: b.High, What: b.What, Bounds: b.Bounds, Group: b.Group, Source: b.Source})
	}
	in.Comparison, in.Earlier = positions(d.Comparison, s)
	return in
}

// positions returns where s stands among its reference nights, and whether all
// of those lie before it.
func positions(c *Comparison, s *Session) (map[string]evaluate.Position, bool) {
	if c == nil {
		return nil, false
	}
	i := slices.IndexFunc(c.Sessions, func(p SessionPosition) bool { return p.ID == s.ID })
	if i < 0 {
		return nil, false
	}
	out := map[string]evaluate.Position{}
	for id, p := range c.Sessions[i].Metrics {
		out[id] = evaluate.Position{Value: p.Value, Median: p.Median, Q1: p.Q1, Q3: p.Q3, Rank: p.Rank, Of: p.Of}
	}
	earlier := s.Start != nil
	for _, n := range c.Nights {
		if slices.Contains(c.Sessions[i].Reference, n.ID) {
			earlier = earlier && n.Start != nil && wallTime(n.Start).Before(wallTime(s.Start))
		}
	}
	return out, earlier
}

// wallTime reads the start of a session; the zero time without a clock.
func wallTime(start *string) time.Time {
	if start == nil {
		return time.Time{}
	}
	for _, form := range []string{time.RFC3339Nano, "2006-01-02T15:04:05.999999999"} {
		if t, err := time.Parse(form, *start); err == nil {
			return t
		}
	}
	return time.Time{}
}
