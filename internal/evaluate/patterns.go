package evaluate

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
)

// The rules on patterns, comparison and what could not be computed.

var clustersRule = &rule{
	id: "R-11", name: "clusters of falls", version: 1,
	shown: []cond{atLeast("clusters.count", 1)},
	criteria: []criterion{
		{level: Attention, when: []cond{is("age.infant", 0), atLeast("clusters.count", 3), atLeast("dips.90.count", 3)}, source: srcCluster},
		{level: Note, when: []cond{is("age.infant", 0), atLeast("clusters.count", 1)}, source: own},
	},
	pick: func(f *facts, b binds) []string {
		order := largest(f.in.Clusters)
		if len(order) == 0 {
			return nil
		}
		b["big"] = order[0]
		return order
	},
	finding:   []variant{say("R-11.finding"), say("R-11.finding.count")},
	sentences: [][]variant{{say("R-11.sentence"), say("R-11.count")}},
	headline:  []variant{say("R-11.headline")},
	question:  "question.why",
}

var trendRule = &rule{
	id: "R-12", name: "trend", version: 1,
	shown: []cond{under("trend.mann_kendall_p", 0.01)},
	criteria: []criterion{
		{level: Attention, when: []cond{atMost("trend.change", -4)}, source: own},
		{level: Note, when: []cond{atMost("trend.change", -2)}, source: srcTrend},
	},
	finding:   []variant{sayIf("R-12.finding.down", atMost("trend.change", -2)), sayIf("R-12.finding.up", atLeast("trend.change", 2))},
	sentences: [][]variant{{sayIf("R-12.down", atMost("trend.change", -2)), sayIf("R-12.up", atLeast("trend.change", 2))}},
	headline:  []variant{sayIf("R-12.headline", atMost("trend.change", -2))},
	question:  "question.differ",
}

var variabilityRule = &rule{
	id: "R-13", name: "variability", version: 1,
	quiet:     true,
	criteria:  []criterion{{level: Note, when: []cond{atLeast("variability.high_s", 600)}, source: srcVar}},
	finding:   []variant{say("R-13.finding")},
	sentences: [][]variant{{say("R-13.sentence")}},
	headline:  []variant{say("R-13.headline")},
	question:  "question.why",
}

var rhythmRule = &rule{
	id: "R-14", name: "periodic pattern", version: 1,
	quiet: true,
	criteria: []criterion{{level: Note, when: []cond{atLeast("psd.band_ratio", 0.5), atLeast("psd.peak_hz", 0.014), atMost("psd.peak_hz", 0.033), atLeast("odi3.per_h", 5)},
		source: "own: half of the power in the band of 30 to 70 s (pobm); five falls an hour keep ripple out"}},
	finding:   []variant{say("R-14.finding")},
	sentences: [][]variant{{say("R-14.sentence")}},
	headline:  []variant{say("R-14.headline")},
	question:  "question.why",
}

var pulseRule = &rule{
	id: "R-15", name: "pulse", version: 1,
	finding: []variant{
		sayIf("R-15.finding.dips", atLeast("dips.90.pulse", 1)),
		say("R-15.finding"),
		sayIf("R-15.finding.none", over("time.valid_s", 0)),
	},
	sentences: [][]variant{
		{say("R-15.sentence"), sayIf("R-15.none", over("time.valid_s", 0))},
		{sayIf("R-15.dips", atLeast("dips.90.pulse", 1))},
	},
}

var thirdsRule = &rule{
	id: "R-10", name: "thirds of the recording", version: 1,
	shown: []cond{atLeast("below.90.seconds", 60)},
	each: func(f *facts) []binds {
		whole, _ := f.metric("below.90.seconds")
		for _, t := range []string{"1", "2", "3"} {
			if part, ok := f.metric("thirds." + t + ".below.90.seconds"); ok && part > whole/2 {
				return []binds{{"third": t}}
			}
		}
		return nil
	},
	finding:   []variant{say("R-10.finding")},
	sentences: [][]variant{{say("R-10.sentence")}},
}

var nightsRule = &rule{
	id: "R-09", name: "own other nights", version: 1,
	shown: []cond{is("quality.judged", 1)},
	criteria: []criterion{
		longerThanEver("85"), longerThanEver("88"), longerThanEver("90"),
		{level: Note, when: []cond{atLeast("nights.odi4.per_h", 5), is("highest.odi4.per_h", 1), atLeast("excess.odi4.per_h", 2)}, source: srcNights},
		{level: Note, when: []cond{atLeast("nights.spo2.mean", 5), is("lowest.spo2.mean", 1), atMost("excess.spo2.mean", -1)}, source: srcNights},
	},
	finding: []variant{
		say("R-09.finding.time"),
		sayIf("R-09.finding.85", enough("below.85.seconds"), is("highest.below.85.seconds", 1)),
		sayIf("R-09.finding.88", enough("below.88.seconds"), is("highest.below.88.seconds", 1)),
		sayIf("R-09.finding.90", enough("below.90.seconds"), is("highest.below.90.seconds", 1)),
		sayIf("R-09.finding.falls", enough("odi4.per_h"), is("highest.odi4.per_h", 1)),
		sayIf("R-09.finding.mean", enough("spo2.mean"), is("lowest.spo2.mean", 1)),
		sayIf("R-09.finding.few", under("nights", usualNights)),
		say("R-09.finding.like"),
	},
	sentences: [][]variant{
		{sayIf("R-09.usual", atLeast("nights", usualNights)), say("R-09.few"), say("R-09.none")},
		{sayIf("R-09.85", enough("below.85.seconds"), is("highest.below.85.seconds", 1))},
		{sayIf("R-09.88", enough("below.88.seconds"), is("highest.below.88.seconds", 1))},
		{sayIf("R-09.90", enough("below.90.seconds"), is("highest.below.90.seconds", 1))},
		{sayIf("R-09.falls", enough("odi4.per_h"), is("highest.odi4.per_h", 1))},
		{sayIf("R-09.mean", enough("spo2.mean"), is("lowest.spo2.mean", 1))},
	},
	headline: []variant{say("R-09.head.time"), sayIf("R-09.head.falls", is("highest.odi4.per_h", 1)), say("R-09.head.mean")},
	question: "question.differ",
}

// enough asks for as many reference nights as a comparison in words needs.
func enough(id string) cond { return atLeast("nights."+id, usualNights) }

// longerThanEver is the criterion on the time below limit q.
func longerThanEver(q string) criterion {
	id := "below." + q + ".seconds"
	return criterion{level: Note, limit: q, source: srcNights,
		when: []cond{atLeast("nights."+id, 5), is("highest."+id, 1), atLeast("excess."+id, 60)}}
}

var mcgillRule = &rule{
	id: "R-16", name: "McGill oximetry score", version: 1,
	shown: []cond{is("quality.judged", 1), atLeast("age.years", infantBelow), known("mcgill.score")},
	criteria: []criterion{
		{level: Attention, when: []cond{atLeast("mcgill.score", 3)}, source: "Nixon 2004, general knowledge: moderate and severe"},
		{level: Note, when: []cond{atLeast("mcgill.score", 2)}, source: "Nixon 2004, general knowledge: mild"},
	},
	finding:   []variant{say("R-16.finding")},
	sentences: [][]variant{{say("R-16.sentence")}},
	headline:  []variant{say("R-16.headline")},
	question:  "question.why",
}

var publishedRule = &rule{
	id: "R-17", name: "published figures by age", version: 1,
	shown: []cond{is("quality.judged", 1), known("age.years")},
	criteria: []criterion{
		{level: Note, when: []cond{is("band.$n.worse", 1)}, source: "the citation in the text; the level is own"},
	},
	each: func(f *facts) []binds {
		var out []binds
		for i := range f.in.Bands {
			n := strconv.Itoa(i)
			if b, _ := f.bandAt(n); b != nil {
				if _, ok := f.metric(b.Metric); ok {
					out = append(out, binds{"n": n, "id": b.Metric})
				}
			}
		}
		return out
	},
	finding:   []variant{sayIf("R-17.finding.single", is("band.$n.single", 1)), say("R-17.finding")},
	sentences: [][]variant{{sayIf("R-17.outside", is("band.$n.outside", 1)), sayIf("R-17.inside", is("band.$n.outside", 0)), sayIf("R-17.single", is("band.$n.single", 1)), say("R-17.beside")}},
	headline:  []variant{say("R-17.headline")},
	question:  "question.age",
}

// missingIDs are the figures whose absence is worth a word.
var missingIDs = []string{"spo2.mean", "odi4.per_h", "clusters.count", "rate.cluster.per_h", "mcgill.score", "psd.band_ratio", "di12"}

var missingRule = &rule{
	id: "R-19", name: "not computed", version: 1,
	shown: []cond{over("time.valid_s", 0)},
	each: func(f *facts) []binds {
		var out []binds
		for _, id := range missingIDs {
			if _, ok := f.metric(id); !ok && f.in.NotComputed[id] != "" {
				out = append(out, binds{"id": id})
			}
		}
		return out
	},
	finding:   []variant{say("R-19.finding")},
	sentences: [][]variant{{say("R-19.sentence")}},
}

func episodeIDs(list []*Episode) []string {
	ids := make([]string, len(list))
	for i, e := range list {
		ids[i] = e.ID
	}
	return ids
}

// fallIDs returns the ids of the falls that ODI4 counts, the deepest first.
func fallIDs(falls []Fall) []string {
	order := slices.DeleteFunc(slices.Clone(falls), func(f Fall) bool { return !(f.Drop >= constants["fall.large"]) })
	slices.SortStableFunc(order, func(a, b Fall) int {
		return cmp.Or(cmp.Compare(b.Drop, a.Drop), cmp.Compare(a.StartS, b.StartS), strings.Compare(a.ID, b.ID))
	})
	var ids []string
	for i := 0; i < len(order) && i < maxEvidence; i++ {
		ids = append(ids, order[i].ID)
	}
	return ids
}

// largest returns the ids of the clusters, most falls first.
func largest(clusters []Cluster) []string {
	order := slices.Clone(clusters)
	slices.SortStableFunc(order, func(a, b Cluster) int {
		return cmp.Or(cmp.Compare(b.N, a.N), cmp.Compare(a.WorstNadir, b.WorstNadir), cmp.Compare(a.StartS, b.StartS), strings.Compare(a.ID, b.ID))
	})
	var ids []string
	for i := range order {
		ids = append(ids, order[i].ID)
	}
	return ids
}
