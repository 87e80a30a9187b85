package reporttest

import (
	"fmt"
	"math"

	"pleth/internal/analysis"
	"pleth/internal/signal"
)

// complete fills the parts of a document that reports show, by plain sums over
// the derived signal, where they are empty.
func complete(a *analysis.Analysed) {
	r, d := a.Result, a.Derived
	valid := r.Metrics["time.valid_s"]
	if len(r.Hours) == 0 {
		r.Hours = hours(a)
	}
	if r.ODI.Method == "" {
		r.ODI = analysis.ODI{Method: "abosa", Parameters: map[string]float64{}}
	}
	if r.Quality.Grade == "" {
		grade, score := "good", 92.0
		switch {
		case valid < 2*3600:
			grade, score = "inadequate", 12
		case valid < 4*3600:
			grade, score = "limited", 41
		case valid < 6*3600:
			grade, score = "adequate", 71
		}
		r.Quality = analysis.Quality{Score: score, Grade: grade, ValidS: valid, ValidPct: r.Metrics["time.valid_pct"],
			LongestGapS: float64(d.Longest) / 1e9, SuspectS: float64(d.Doubted) / 1e9, InterpolatedS: float64(d.Bridged) / 1e9,
			Reasons: map[string]float64{}}
		for reason, ns := range d.Reasons {
			r.Quality.Reasons[reason.String()] = float64(ns) / 1e9
		}
	}
	if _, ok := r.Metrics["pulse.mean"]; !ok {
		if d.PulseValid > 0 {
			r.Metrics["pulse.mean"] = meanOf(d.Pulse.V, func(k int) bool { return d.Pulse.Ok(k) }, 0, d.Pulse.Len())
		} else {
			r.NotComputed["pulse.mean"] = "no pulse in the recording"
		}
	}
	for i := range r.Episodes {
		if e := &r.Episodes[i]; e.PulseResponse == nil && d.PulseValid > 0 {
			rise := 3 + math.Floor(e.AreaPctS/40)
			e.PulseResponse = &rise
		}
	}
	if r.Summary.Headline == "" {
		evaluate(r, valid)
	}
}

func hours(a *analysis.Analysed) []analysis.Hour {
	var out []analysis.Hour
	day := 0
	if start := a.Result.Start; start != nil {
		var h, m, s int
		if _, err := fmt.Sscanf((*start)[11:19], "%d:%d:%d", &h, &m, &s); err != nil {
			panic(err)
		}
		day = m*60 + s
	}
	n := a.Derived.Grid.Len()
	for from := 0; from < n; {
		to := min(n, from+3600-(day+from)%3600)
		out = append(out, hour(a, from, to))
		from = to
	}
	return out
}

func hour(a *analysis.Analysed, from, to int) analysis.Hour {
	g, p := &a.Derived.Grid, &a.Derived.Pulse
	h := analysis.Hour{StartS: float64(from), EndS: float64(to)}
	for k := from; k < to; k++ {
		if !g.Ok(k) {
			continue
		}
		v := g.V[k].Float()
		h.ValidS++
		if h.Min == nil || v < *h.Min {
			h.Min = &v
		}
		if v < 90 {
			h.Below90S++
		}
	}
	if h.ValidS > 0 {
		mean := meanOf(g.V, g.Ok, from, to)
		h.Mean = &mean
	}
	if mean := meanOf(p.V, p.Ok, from, min(to, p.Len())); !math.IsNaN(mean) {
		h.PulseMean = &mean
	}
	for i := range a.Result.Falls {
		if f := &a.Result.Falls[i]; f.Drop >= 4 && f.StartS >= h.StartS && f.StartS < h.EndS {
			h.Falls4++
		}
	}
	return h
}

func meanOf(v []signal.Fixed, ok func(int) bool, from, to int) float64 {
	sum, n := 0.0, 0.0
	for k := from; k < to; k++ {
		if ok(k) {
			sum, n = sum+v[k].Float(), n+1
		}
	}
	return sum / n
}

// evaluate writes what the evaluation of such a night could say: a headline in
// two parts, findings from the worst, and sentences.
func evaluate(r *analysis.Session, valid float64) {
	m := r.Metrics
	add := func(level, rule, text string, args ...any) {
		r.Findings = append(r.Findings, analysis.Finding{Rule: rule, Level: level, Text: fmt.Sprintf(text, args...), Metrics: []string{}, Evidence: []string{}})
	}
	say := func(text string, args ...any) {
		r.Summary.Sentences = append(r.Summary.Sentences, fmt.Sprintf(text, args...))
	}
	say("The recording does not state over how long the device averages (it gave a reading every %g s); the longer it does, the fewer and the shallower short dips look.", r.IntervalS)
	say("The recording is usable for %.0f s (%.1f %%).", valid, m["time.valid_pct"])
	if valid < 4*3600 {
		r.Summary.Headline = fmt.Sprintf("Too little usable signal to judge this recording: %.0f s usable, at least 4 h needed.", valid)
		add("note", "R-00", "Only %.0f s usable; at least 4 h needed to judge", valid)
		return
	}
	calm := m["episodes.85.count"] == 0
	if calm {
		r.Summary.Headline = fmt.Sprintf("Nothing here asks for a clinician’s look by these rules: oxygen saturation averaged %.1f %%.", m["spo2.mean"])
	} else {
		r.Summary.Headline = fmt.Sprintf("Worth a clinician’s look: oxygen saturation was below 88 %% for %.0f s, more than on any of the last 13 nights, and %.0f dips went below 85 %%.",
			m["below.88.seconds"], m["episodes.85.count"])
		add("attention", "R-02", "Below 88 %% for %.0f s, usual 57 s", m["below.88.seconds"])
		add("attention", "R-03", "%.0f dips below 85 %%, lowest %.0f %% in the fourth hour", m["episodes.85.count"], m["spo2.min"])
		add("attention", "R-11", "Falls came in 3 clusters, the largest after 4 h 28 min with 18 falls")
		add("note", "R-09", "Below 85 %% for longer than on any of the last 13 nights")
	}
	add("info", "R-00", "Signal usable for %.0f %%; needs 80 %% and 4 h", m["time.valid_pct"])
	add("info", "R-01", "Mean SpO₂ %.1f %%", m["spo2.mean"])
	add("info", "R-05", "Lowest reading %.0f %%", m["spo2.min"])
	add("info", "R-07", "Falls of 4 %% or more: %.1f per hour", m["odi4.per_h"])
	add("info", "R-08", "Deficit below 90 %%: %.1f %%·min per hour", m["below.90.area_pct_min_per_h"])
	add("info", "R-18", "Averaging time of the device not stated; a reading every %g s", r.IntervalS)
	say("That is enough to judge by these rules, which need 4 h and 80 %%.")
	say("SpO₂ had a mean of %.1f %% and a median of %.0f %%.", m["spo2.mean"], m["spo2.median"])
	say("Time with SpO₂ < 90 %%: %.0f s; < 88 %%: %.0f s; < 85 %%: %.0f s.", m["below.90.seconds"], m["below.88.seconds"], m["below.85.seconds"])
	say("Oximetry alone cannot show sleep, carbon dioxide, breathing effort or the kind of an apnoea, and low readings do not tell their cause.")
	r.Summary.Disclaimer = "pleth is not a medical device and is not meant for diagnosis or life support. This summary is made by fixed rules from what the sensor recorded; " +
		"it does not replace watching the person, or the judgement of a clinician. Recording does not reduce the risk of SIDS (sudden infant death syndrome)."
}

// Digest is the SHA-256 that the documents give for their input.
const Digest = "9c1f52e10a7b4c8d93e6f1a2b5c4d7e80f1e2d3c4b5a69788796a5b4c3d2e27a"

// Document returns the document of night, compared with others if there are
// any, which must be in order of time and may include night itself.
func Document(night *analysis.Analysed, others ...*analysis.Analysed) *analysis.Document {
	doc := alone(night)
	if len(others) > 0 {
		var facts []analysis.Facts
		for i, o := range others {
			for _, f := range analysis.FactsOf(alone(o)) {
				f.Order = i
				facts = append(facts, f)
			}
		}
		doc.Comparison = analysis.NewNights(facts).Compare(doc)
	}
	return doc
}

// alone returns the document of one night.
func alone(night *analysis.Analysed) *analysis.Document {
	doc := analysis.NewDocument(analysis.Program{Version: "1.0.0", Commit: "0123abcd4567"}, analysis.Settings{},
		[]analysis.Input{{Name: "sample.csv", SHA256: Digest, Bytes: 1 << 19, Format: "sample", Rows: 29460}})
	doc.Sessions = append(doc.Sessions, night.Result)
	return doc
}
