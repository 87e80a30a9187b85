package evaluate

import (
	"math"
	"strconv"
	"strings"
)

// facts answers references: a metric id, or one of the derived references that
// docs/definitions/rules.md lists. It is made once for an evaluation.
type facts struct {
	in     *Input
	lang   *language
	dips   [len(episodeLimits)]dips
	judged bool
	others Level // worst level of the other rules, before the gate; for R-00
}

// episodeLimits are the limits of the episodes, from shallow to deep.
var episodeLimits = [...]int{90, 88, 85}

func newFacts(in *Input) *facts {
	f := &facts{in: in, lang: languageOf(in.Language)}
	floor, doubted := f.metric("spo2.min.clean")
	var deep []*Episode
	for i := len(episodeLimits) - 1; i >= 0; i-- {
		f.dips[i] = gather(in.Episodes, episodeLimits[i], deep, floor, doubted)
		deep = f.dips[i].trusted
	}
	grade := in.Quality.Grade
	valid, okS := f.shown("time.valid_s")
	share, okPct := f.shown("time.valid_pct")
	f.judged = (grade == "good" || grade == "adequate") && okS && okPct && valid >= needValidS && share >= needValidPct
	return f
}

// Value returns the number that ref stands for in in, and whether there is
// one. References are metric ids and the derived ones of rules.md.
func (in *Input) Value(ref string) (float64, bool) {
	v, _, ok := newFacts(in).number(ref)
	return v, ok
}

// Text returns ref as texts print it, and whether it can be printed.
func (in *Input) Text(ref string) (string, bool) { return newFacts(in).text(ref) }

// text prints a reference to a number or to words.
func (f *facts) text(ref string) (string, bool) {
	if v, k, ok := f.number(ref); ok {
		s := k.text(v, f.in.Start)
		return s, s != ""
	}
	return f.words(ref)
}

// shown returns the number of ref as it prints.
func (f *facts) shown(ref string) (float64, bool) {
	v, k, ok := f.number(ref)
	return k.round(v), ok
}

// number returns the value of ref and its kind.
func (f *facts) number(ref string) (float64, kind, bool) {
	head, rest, _ := strings.Cut(ref, ".")
	k := kindOf(ref)
	var v float64
	var ok bool
	switch head {
	case "trusted":
		if v, ok = f.metric(rest + ".clean"); !ok {
			v, ok = f.metric(rest)
		}
	case "doubted":
		v, ok = f.doubted(rest)
	case "usual", "nights", "highest", "lowest", "record":
		v, ok = f.position(head, rest)
	case "excess":
		v, ok = f.excess(rest)
		return v, k, ok && finite(v) // may be negative
	case "dips", "doubtful":
		v, ok = f.group(head, rest)
	case "episode", "cluster":
		v, ok = f.item(head, rest)
	case "band":
		return f.band(rest)
	default:
		v, ok = f.plain(ref)
	}
	if !ok || !finite(v) || !k.possible(v) {
		return 0, k, false
	}
	return v, k, true
}

// metric returns a finite metric of the document.
func (f *facts) metric(id string) (float64, bool) {
	v, ok := f.in.Metrics[id]
	return v, ok && finite(v) && kindOf(id).possible(v)
}

// plain returns what needs no name inside its reference.
func (f *facts) plain(ref string) (float64, bool) {
	if v, ok := constants[ref]; ok {
		return v, true
	}
	q := &f.in.Quality
	switch ref {
	case "quality.score":
		return q.Score, q.Grade != ""
	case "quality.longest_gap_s":
		return q.LongestGapS, q.Grade != "" && q.LongestGapS > 0
	case "quality.suspect_s":
		return q.SuspectS, q.Grade != "" && q.SuspectS > 0
	case "quality.judged":
		return truth(f.judged), true
	case "others.level":
		return float64(f.others), true
	case "interval_s":
		return f.in.IntervalS, f.in.IntervalS > 0
	case "averaging_s":
		return f.in.AveragingS, f.in.AveragingS > 0
	case "episode_min_s":
		return f.in.EpisodeMinS, f.in.EpisodeMinS > 0
	case "age.years":
		return value(f.in.AgeYears)
	case "age.infant":
		return truth(f.infant()), true
	case "min.doubted":
		return truth(f.minDoubted()), true
	}
	return f.metric(ref)
}

func (f *facts) infant() bool {
	years, ok := value(f.in.AgeYears)
	return ok && years >= 0 && years < infantBelow
}

// minDoubted reports whether the lowest reading was doubtful signal.
func (f *facts) minDoubted() bool {
	lowest, ok := f.metric("spo2.min")
	if clean, known := f.metric("spo2.min.clean"); ok && known {
		return kindReading.round(clean) > kindReading.round(lowest)
	}
	for i := range f.dips {
		for _, e := range f.dips[i].doubtful {
			if ok && e.Nadir <= lowest {
				return true
			}
		}
	}
	return false
}

// doubted returns how much of a time was doubtful signal, if any was.
func (f *facts) doubted(id string) (float64, bool) {
	all, ok := f.metric(id)
	clean, known := f.metric(id + ".clean")
	return all - clean, ok && known && all > clean
}

// position returns where a metric stands among the reference nights. Usual
// and record need usualNights of them and a signal that can be judged. Without
// a metric id, nights is the most that any metric has.
func (f *facts) position(what, id string) (float64, bool) {
	if id == "" {
		most := 0
		for _, p := range f.in.Comparison {
			most = max(most, p.Of-1)
		}
		return float64(most), what == "nights" && most > 0
	}
	p := f.in.Comparison[id] // of 0 nights if it is not there
	nights := p.Of - 1
	highest := p.Rank == p.Of // of equals Rank is the lowest, so it is above all others
	enough := nights >= usualNights && f.judged
	switch what {
	case "usual":
		return p.Median, enough
	case "record":
		return float64(nights), enough && highest
	case "highest":
		return truth(highest), nights > 0
	case "lowest": // no other is lower; others may be equal
		return truth(p.Rank == 1), nights > 0
	}
	return float64(nights), nights > 0
}

// excess returns this night less the median of the others, both as printed.
func (f *facts) excess(id string) (float64, bool) {
	p, ok := f.in.Comparison[id]
	k := kindOf(id)
	return k.round(p.Value) - k.round(p.Median), ok
}

// words returns the text of a reference that is not a number.
func (f *facts) words(ref string) (string, bool) {
	head, rest, _ := strings.Cut(ref, ".")
	var s string
	switch {
	case ref == "quality.grade":
		s = f.lang.texts["grade."+f.in.Quality.Grade]
	case ref == "nights.which" && f.in.Earlier:
		s = f.lang.texts["nights.last"]
	case ref == "nights.which":
		s = f.lang.texts["nights.other"]
	case ref == "odi.method":
		s = f.in.ODIMethod
	case head == "not_computed":
		s = Told(f.in.Language, f.in.NotComputed[rest])
	case head == "band":
		s = f.citation(rest)
	}
	return s, s != ""
}

// citation returns the words of a band: "N.what", "N.group" or "N.source".
func (f *facts) citation(rest string) string {
	b, field := f.bandAt(rest)
	switch {
	case b == nil:
		return ""
	case field == "what":
		return b.What
	case field == "group":
		return b.Group
	case field == "source":
		return b.Source
	}
	return ""
}

// band returns "N.low", "N.high", and how the metric lies to them if they are
// bounds.
func (f *facts) band(rest string) (float64, kind, bool) {
	b, field := f.bandAt(rest)
	if b == nil {
		return 0, 0, false
	}
	unit := kindQuotedPercent
	if kindOf(b.Metric) == kindPerHour {
		unit = kindQuotedRate
	}
	v, ok := f.shown(b.Metric)
	ok = ok && b.Bounds
	switch field {
	case "low":
		return b.Low, kindQuoted, true
	case "high":
		return b.High, unit, true
	case "single":
		return truth(b.Low == b.High), kindFlag, true
	case "outside":
		return truth(v < b.Low || v > b.High), kindFlag, ok
	case "worse":
		if strings.HasPrefix(b.Metric, "spo2.") {
			return truth(v < b.Low), kindFlag, ok
		}
		return truth(v > b.High), kindFlag, ok
	}
	return 0, 0, false
}

// bandAt splits "N.field" and returns band N; nil if there is none that can
// be quoted.
func (f *facts) bandAt(rest string) (*Band, string) {
	n, field, _ := strings.Cut(rest, ".")
	i, err := strconv.Atoi(n)
	if err != nil || i < 0 || i >= len(f.in.Bands) {
		return nil, ""
	}
	b := &f.in.Bands[i]
	quotable := b.What != "" && b.Group != "" && b.Source != "" && f.lang.texts["label."+b.Metric] != ""
	if !quotable || !finite(b.Low) || !finite(b.High) || b.Low > b.High {
		return nil, ""
	}
	return b, field
}

func value(p *float64) (float64, bool) {
	if p == nil {
		return 0, false
	}
	return *p, true
}

func truth(b bool) float64 {
	if b {
		return 1
	}
	return 0
}

func finite(v float64) bool { return !math.IsNaN(v) && !math.IsInf(v, 0) }
