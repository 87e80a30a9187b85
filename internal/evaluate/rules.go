package evaluate

// Sources of thresholds, as the reference page names them. "Own" is a rule of
// this project without a published threshold.
const (
	own        = "own"
	srcBTS     = "home oxygen target for children, BTS-derived (Starship/ADHB): mean at least 93 %, under 5 % of artefact-free time below 90 %"
	srcATS     = "ATS 2019 home oxygen for children (PMC6802853), general knowledge of the figure"
	srcAdult   = "adult home oxygen qualification: 5 min at 88 % or less in sleep, general knowledge; own use of the strict sign"
	srcMcGill  = "category boundary of the McGill oximetry score (Nixon 2004), general knowledge of the cells; own use outside the score"
	srcPoets   = "60 s below 80 % linked to later outcome in extremely preterm infants (Poets 2015), general knowledge; own use at 85 %"
	src3min    = "research on intermittent hypoxaemia ends an event at 3 min (PMC4433009); own use at 85 %"
	srcInfant  = "80 % is the limit of infant research (PMC4433009, PMC9892170); McGill category for dips below 80 %, general knowledge"
	srcChung   = "ODI of 5, 15, 30 tracks mild, moderate, severe in adults (Chung 2012); 5 is left out because counts depend on the method"
	srcCluster = "at least 3 clusters and 3 falls below 90 % (ADC 2016;101:1082)"
	srcHours   = "4 h: no child changed category with 4 h or more (ERS 461650), shorter ones excluded (ERS 157651); 80 % and the grade: own"
	srcVar     = "own: standard deviation over five minutes of 2 % or more, for 10 min in total"
	srcTrend   = "own: p < 0.01 and 2 points"
	srcNights  = "between-night variability is small in most children (ERS 157651); own thresholds"
)

// signalRule is the rule on the quality of the signal; it gates the others.
const signalRule = "R-00"

// rules are all rules in the order of the sentences: the recording, quality,
// level, time, events, burden, patterns, comparison, limits.
var rules = []*rule{
	recordingRule, qualityRule, levelRule, timeRule, dipsRule, prolongedRule, lowestRule, doubtfulRule, fallsRule, burdenRule,
	clustersRule, trendRule, variabilityRule, rhythmRule, pulseRule, thirdsRule, nightsRule, mcgillRule, publishedRule, missingRule,
}

var recordingRule = &rule{
	id: "R-18", name: "recording and age", version: 1,
	shown:   []cond{over("time.valid_s", 0)},
	finding: []variant{say("R-18.finding"), say("R-18.finding.unknown")},
	sentences: [][]variant{
		{sayIf("R-18.interval.long", over("averaging_s", shortAvgS)), say("R-18.interval.known"), say("R-18.interval.averaging"), say("R-18.interval.unknown")},
		{sayIf("R-18.age.infant", is("age.infant", 1)), say("R-18.age.known"), say("R-18.age.unknown")},
		{say("R-18.context")},
	},
}

var qualityRule = &rule{
	id: signalRule, name: "signal quality", version: 1,
	criteria: []criterion{
		{level: Note, when: []cond{is("quality.judged", 0)}, source: srcHours},
		{level: Attention, when: []cond{is("quality.judged", 0), atLeast("others.level", float64(Attention))}, source: "own: low values in a poor signal are not judged, but not passed over"},
	},
	finding: []variant{
		sayIf("R-00.finding.none", absent("time.valid_s")),
		sayIf("R-00.finding.none", is("time.valid_s", 0)),
		sayIf("R-00.finding.low.hours", atLeast("others.level", float64(Attention)), under("time.valid_s", needValidS)),
		sayIf("R-00.finding.low.share", atLeast("others.level", float64(Attention)), under("time.valid_pct", needValidPct)),
		sayIf("R-00.finding.low", atLeast("others.level", float64(Attention)), is("quality.judged", 0)),
		sayIf("R-00.finding.hours", under("time.valid_s", needValidS)),
		sayIf("R-00.finding.share", under("time.valid_pct", needValidPct)),
		sayIf("R-00.finding", is("quality.judged", 1)),
		sayIf("R-00.finding.score", under("quality.score", needScore)),
		say("R-00.finding.unknown"),
	},
	sentences: [][]variant{
		{sayIf("R-00.span", over("time.valid_s", 0)), sayIf("R-00.none", absent("time.valid_s")), sayIf("R-00.none", is("time.valid_s", 0))},
		{
			sayIf("R-00.little.none", absent("time.valid_s")),
			sayIf("R-00.little.none", is("time.valid_s", 0)),
			sayIf("R-00.enough.short", is("quality.judged", 1), under("time.valid_s", wantValidS)),
			sayIf("R-00.enough", is("quality.judged", 1)),
			sayIf("R-00.little.hours", under("time.valid_s", needValidS)),
			sayIf("R-00.little.share", under("time.valid_pct", needValidPct)),
			say("R-00.little"),
		},
	},
	headline: []variant{ // follows headline.little and headline.low
		sayIf("headline.hours", under("time.valid_s", needValidS)),
		sayIf("headline.share", under("time.valid_pct", needValidPct)),
		sayIf("headline.score", under("quality.score", needScore)),
	},
	question: "question.repeat",
}

var levelRule = &rule{
	id: "R-01", name: "level", version: 1,
	shown: []cond{known("spo2.mean")},
	criteria: []criterion{
		{level: Attention, when: []cond{under("spo2.mean", 90)}, source: own + ": below the mild limit on average"},
		{level: Note, when: []cond{under("spo2.mean", 93)}, source: srcBTS},
	},
	finding:   []variant{say("R-01.finding")},
	sentences: [][]variant{{say("R-01.sentence")}},
	headline:  []variant{say("R-01.headline")},
	question:  "question.target",
}

var timeRule = &rule{
	id: "R-02", name: "time below limits", version: 1, limit: "90",
	shown: []cond{known("below.90.seconds")},
	criteria: []criterion{
		{level: Urgent, limit: "85", when: []cond{atLeast("trusted.below.85.pct", 5)}, source: own + ": the 5 % of the BTS-derived target, at 85 %"},
		{level: Attention, limit: "88", when: []cond{atLeast("trusted.below.88.seconds", 300)}, source: srcAdult},
		{level: Attention, limit: "85", when: []cond{atLeast("trusted.below.85.seconds", 60)}, source: own},
		{level: Attention, limit: "90", when: []cond{atLeast("trusted.below.90.pct", 5)}, source: srcBTS},
		{level: Note, limit: "88", when: []cond{atLeast("trusted.below.88.seconds", 60)}, source: own},
		{level: Note, limit: "90", when: []cond{atLeast("trusted.below.90.pct", 1)}, source: own},
		{level: Note, limit: "88", when: []cond{atLeast("below.88.seconds", 300)}, source: own + ": as for attention, doubtful signal included"},
		{level: Note, limit: "85", when: []cond{atLeast("below.85.seconds", 60)}, source: own + ": as for attention, doubtful signal included"},
		{level: Note, limit: "90", when: []cond{atLeast("below.90.pct", 5)}, source: own + ": as for attention, doubtful signal included"},
		{level: Note, limit: "90", when: []cond{is("age.infant", 1), atLeast("below.90.pct_le", 5)}, source: srcATS},
	},
	finding: []variant{
		sayIf("R-02.finding.never", is("below.$q.seconds", 0)),
		say("R-02.finding"),
		say("R-02.finding.share"),
		say("R-02.finding.any"),
	},
	sentences: [][]variant{{say("R-02.sentence")}, {say("R-02.others")}},
	headline:  []variant{say("R-02.headline"), say("R-02.headline.share"), say("R-02.headline.any")},
	question:  "question.target",
}

var dipsRule = &rule{
	id: "R-03", name: "dips", version: 1, limit: "90",
	shown: []cond{known("dips.90.count")},
	criteria: []criterion{
		{level: Attention, limit: "85", when: []cond{over("dips.85.count", 3)}, source: srcMcGill},
		{level: Attention, limit: "85", when: []cond{under("dips.85.lowest", deepBelow)}, source: srcInfant},
		{level: Note, limit: "85", when: []cond{atLeast("dips.85.count", 1)}, source: own},
		{level: Note, limit: "88", when: []cond{atLeast("dips.88.count", 3)}, source: own},
		{level: Note, limit: "90", when: []cond{is("age.infant", 0), atLeast("dips.90.count", 3)}, source: srcMcGill},
	},
	pick: func(f *facts, b binds) []string {
		d := f.at(b["q"])
		if e := d.deepest(); e != nil {
			b["dip"] = e.ID
		}
		return episodeIDs(d.trusted)
	},
	finding:   []variant{sayIf("R-03.finding.none", is("dips.$q.count", 0)), say("R-03.finding")},
	sentences: [][]variant{{sayIf("R-03.none", is("dips.90.count", 0), is("dips.88.count", 0), is("dips.85.count", 0)), say("R-03.sentence")}},
	headline:  []variant{say("R-03.headline")},
	question:  "question.target",
}

var prolongedRule = &rule{
	id: "R-04", name: "prolonged dips", version: 1,
	quiet: true,
	criteria: []criterion{
		{level: Urgent, limit: "85", deep: true, when: []cond{atLeast("dips.85.deep_longest_s", prolongedS)}, source: srcPoets},
		{level: Urgent, limit: "85", when: []cond{atLeast("dips.85.longest_s", 180)}, source: src3min},
		{level: Attention, limit: "85", when: []cond{atLeast("dips.85.longest_s", prolongedS)}, source: own},
		{level: Attention, limit: "88", when: []cond{atLeast("dips.88.longest_s", prolongedS)}, source: own},
		{level: Note, limit: "90", when: []cond{atLeast("dips.90.longest_s", prolongedS)}, source: own},
	},
	pick: func(f *facts, b binds) []string {
		e := f.at(b["q"]).longest(b["deep"] != "")
		b["dip"] = e.ID
		return []string{e.ID}
	},
	finding:   []variant{sayIf("R-04.finding.truncated", is("episode.$dip.truncated", 1)), say("R-04.finding")},
	sentences: [][]variant{{sayIf("R-04.sentence.truncated", is("episode.$dip.truncated", 1)), say("R-04.sentence")}},
	headline:  []variant{sayIf("R-04.headline.truncated", is("episode.$dip.truncated", 1)), say("R-04.headline")},
	question:  "question.long",
}

var lowestRule = &rule{
	id: "R-05", name: "lowest reading", version: 1,
	shown: []cond{known("spo2.min")},
	pick: func(f *facts, b binds) []string {
		e := f.dips[0].deepest()
		lowest, _ := f.metric("spo2.min")
		if e == nil || e.Nadir != lowest {
			return nil
		}
		b["dip"] = e.ID
		return []string{e.ID}
	},
	finding: []variant{
		sayIf("R-05.finding.doubted", is("min.doubted", 1), known("spo2.min.clean")),
		sayIf("R-05.finding.doubtful", is("min.doubted", 1)),
		say("R-05.finding"),
	},
	sentences: [][]variant{{
		sayIf("R-05.doubted", is("min.doubted", 1), known("spo2.min.clean")),
		sayIf("R-05.doubtful", is("min.doubted", 1)),
		say("R-05.sentence"),
	}},
}

var doubtfulRule = &rule{
	id: "R-06", name: "doubtful stretches", version: 1,
	each: func(f *facts) []binds {
		for _, q := range []string{"90", "88", "85"} {
			if n, _ := f.group("doubtful", q+".count"); n > 0 {
				return []binds{{"q": q}}
			}
		}
		return nil
	},
	pick:      func(f *facts, b binds) []string { return episodeIDs(f.at(b["q"]).doubtful) },
	finding:   []variant{say("R-06.finding")},
	sentences: [][]variant{{say("R-06.sentence")}},
}

var fallsRule = &rule{
	id: "R-07", name: "falls", version: 1,
	shown: []cond{known("odi4.per_h")},
	criteria: []criterion{
		{level: Attention, when: []cond{is("age.infant", 0), atLeast("odi4.per_h", 30)}, source: srcChung},
		{level: Note, when: []cond{is("age.infant", 0), atLeast("odi4.per_h", 15)}, source: srcChung},
	},
	pick:      func(f *facts, _ binds) []string { return fallIDs(f.in.Falls) },
	finding:   []variant{say("R-07.finding")},
	sentences: [][]variant{{say("R-07.sentence")}},
	headline:  []variant{say("R-07.headline")},
	question:  "question.why",
}

var burdenRule = &rule{
	id: "R-08", name: "burden", version: 1,
	finding:   []variant{say("R-08.finding"), say("R-08.finding.falls"), say("R-08.finding.index")},
	sentences: [][]variant{{say("R-08.sentence")}, {say("R-08.falls")}, {say("R-08.index")}},
}
