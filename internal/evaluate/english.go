package evaluate

// The words of the forms (format.go).
const (
	unitSecond     = "s"
	unitMinute     = "min"
	unitHour       = "h"
	perHour        = "per hour"
	perMinute      = "/min"
	percentMinutes = "%·min"
	wordUnder      = "under"
	wordOver       = "over"
	atTime         = "at"
	afterStart     = "after"
	unitYear       = "year|years"
	unitMonth      = "month|months"
	unitWeek       = "week|weeks"
	unitDay        = "day|days"
	and            = " and "
)

// english holds every text, by key. A text has no digits: numbers are slots
// (template.go). Findings are short and use the words of the field; headlines
// and sentences are for a parent as well. Another language is another such
// table with its own words above.
var english = map[string]string{
	"grade.good":       "good",
	"grade.adequate":   "adequate",
	"grade.limited":    "limited",
	"grade.inadequate": "inadequate",

	// the recording.
	"R-18.finding":            "A reading every {interval_s}, averaged by the device over {averaging_s}",
	"R-18.finding.unknown":    "Averaging time of the device not stated[; a reading every {interval_s}]",
	"R-18.interval.long":      "The device gave a reading every {interval_s}, averaged over {averaging_s}; averaging over more than {short.averaging_s} makes short dips look shallower and hides some.",
	"R-18.interval.known":     "The device gave a reading every {interval_s}, averaged over {averaging_s}.",
	"R-18.interval.averaging": "The device averaged over {averaging_s}.",
	"R-18.interval.unknown":   "The recording does not state over how long the device averages[ (it gave a reading every {interval_s})]; the longer it does, the fewer and the shallower short dips look.",
	"R-18.age.infant":         "Age given: {age.years}. Falls per hour, clusters and scores are shown without a level under one year of age.",
	"R-18.age.known":          "Age given: {age.years}.",
	"R-18.age.unknown":        "No age was given: the rules for ages from one year on were used, and nothing is compared with published figures.",
	"R-18.context":            "A recording does not hold whether oxygen was given, nor sleep, position, feeding, illness or medicines; please note them beside it.",

	// signal quality.
	"R-00.finding":           "Signal usable for {time.valid_pct}, {time.valid_s}; needs {need.valid_pct} and {need.valid_s}",
	"R-00.finding.none":      "No usable readings",
	"R-00.finding.hours":     "Only {time.valid_s} usable; at least {need.valid_s} needed to judge",
	"R-00.finding.share":     "Signal usable for only {time.valid_pct}; at least {need.valid_pct} needed to judge",
	"R-00.finding.score":     "Signal quality score {quality.score}; at least {need.score} needed to judge",
	"R-00.finding.low.hours": "Only {time.valid_s} usable, at least {need.valid_s} needed to judge; worth a clinician’s look all the same",
	"R-00.finding.low.share": "Signal usable for only {time.valid_pct}, at least {need.valid_pct} needed to judge; worth a clinician’s look all the same",
	"R-00.finding.low":       "Signal quality not good enough, or not known, to judge; worth a clinician’s look all the same",
	"R-00.finding.unknown":   "Signal quality not good enough, or not known, to judge",
	"R-00.span":              "The recording lasted {time.span_s} and is usable for {time.valid_s} ({time.valid_pct})[; its longest gap was {quality.longest_gap_s}][; the signal was doubtful for {quality.suspect_s}][; signal quality {quality.grade}, score {quality.score} on a scale to {scale.score}].",
	"R-00.none":              "No usable reading was found in this recording.",
	"R-00.enough":            "That is enough to judge by these rules, which need {need.valid_s} and {need.valid_pct}.",
	"R-00.enough.short":      "That is enough to judge by these rules, which need {need.valid_s} and {need.valid_pct}; many sleep laboratories ask for {want.valid_s}.",
	"R-00.little":            "That is not enough to judge; figures are shown as they were measured, without a level.",
	"R-00.little.none":       "Nothing can be judged.",
	"R-00.little.hours":      "At least {need.valid_s} of usable signal are needed to judge; figures are shown as they were measured, without a level.",
	"R-00.little.share":      "At least {need.valid_pct} of the recording must be usable to judge; figures are shown as they were measured, without a level.",

	// level.
	"R-01.finding":  "Mean SpO₂ {spo2.mean}[, usual {usual.spo2.mean}]",
	"R-01.sentence": "SpO₂ had a mean of {spo2.mean}[ and a median of {spo2.median}][; for nine tenths of usable time it was between {spo2.p5} and {spo2.p95}].",
	"R-01.headline": "mean oxygen saturation was {spo2.mean}",

	// time below limits.
	"R-02.finding":        "Below {limit.$q} for {below.$q.seconds}[, usual {usual.below.$q.seconds}][; doubtful signal for {doubted.below.$q.seconds} of it]",
	"R-02.finding.share":  "Below {limit.$q} for {below.$q.pct} of usable time",
	"R-02.finding.any":    "Below {limit.90} for {below.90.seconds}",
	"R-02.finding.never":  "No reading below {limit.$q}",
	"R-02.sentence":       "Time with SpO₂ < {limit.90}: {below.90.seconds}[ ({below.90.pct} of usable time)][; < {limit.88}: {below.88.seconds} ({below.88.pct})][; < {limit.85}: {below.85.seconds} ({below.85.pct})][; < {limit.80}: {below.80.seconds} ({below.80.pct})].[ Doubtful signal in the time below {limit.90}: {doubted.below.90.seconds}.]",
	"R-02.others":         "Time with SpO₂ < {limit.95}: {below.95.seconds} ({below.95.pct})[; < {limit.92}: {below.92.seconds} ({below.92.pct})].",
	"R-02.headline":       "oxygen saturation was below {limit.$q} for {below.$q.seconds}[, doubtful signal for {doubted.below.$q.seconds} of it][, more than on any of the {nights.which} {record.below.$q.seconds|night|nights}]",
	"R-02.headline.any":   "oxygen saturation was below {limit.90} for {below.90.seconds}",
	"R-02.headline.share": "oxygen saturation was below {limit.$q} for {below.$q.pct} of usable time",

	// dips.
	"R-03.finding":      "{dips.$q.count|dip|dips} below {limit.$q}[, lowest {episode.$dip.lowest} {episode.$dip.nadir_s}]",
	"R-03.finding.none": "No dips below {limit.90}",
	"R-03.sentence":     "Dips[ (each at least {episode_min_s} below the limit)]: {dips.90.count} below {limit.90}[, {dips.88.count} below {limit.88}][, {dips.85.count} below {limit.85}]; a deep dip counts at each limit it passes.[ The deepest went to {episode.$dip.lowest} {episode.$dip.nadir_s}.]",
	"R-03.none":         "No dips below {limit.90} were recorded[; a dip is at least {episode_min_s} below the limit].",
	"R-03.headline":     "{dips.$q.count|dip|dips} went below {limit.$q}",

	// prolonged dips.
	"R-04.finding":            "A dip below {limit.$q}[ {episode.$dip.start_s}] lasted {episode.$dip.length_s}[, lowest {episode.$dip.lowest}]",
	"R-04.finding.truncated":  "A dip below {limit.$q}[ {episode.$dip.start_s}] lasted at least {episode.$dip.length_s}[, lowest {episode.$dip.lowest}]",
	"R-04.sentence":           "Dips of a minute or more below {limit.$q}: {dips.$q.prolonged}; one[ {episode.$dip.start_s}] lasted {episode.$dip.length_s}[ and went to {episode.$dip.lowest}].",
	"R-04.sentence.truncated": "Dips of a minute or more below {limit.$q}: {dips.$q.prolonged}; one[ {episode.$dip.start_s}] lasted at least {episode.$dip.length_s}[ and went to {episode.$dip.lowest}]; its end was not recorded.",
	"R-04.headline":           "a dip below {limit.$q} lasted {episode.$dip.length_s}",
	"R-04.headline.truncated": "a dip below {limit.$q} lasted at least {episode.$dip.length_s}",

	// lowest reading.
	"R-05.finding":          "Lowest reading {spo2.min}[ {episode.$dip.nadir_s}][, usual {usual.spo2.min}]",
	"R-05.finding.doubted":  "Lowest reading {spo2.min} was doubtful signal; lowest of the others {spo2.min.clean}",
	"R-05.finding.doubtful": "Lowest reading {spo2.min} was doubtful signal",
	"R-05.sentence":         "The lowest single reading was {spo2.min}[ {episode.$dip.nadir_s}][; the lowest level held for {hold.min_s} was {spo2.min_3s}].",
	"R-05.doubted":          "The lowest single reading, {spo2.min}, was doubtful signal; the lowest of the others was {spo2.min.clean}.",
	"R-05.doubtful":         "The lowest single reading, {spo2.min}, was doubtful signal.",

	// stretches that are not called dips.
	"R-06.finding":  "Not counted as dips: {doubtful.$q.count|stretch|stretches} of mostly doubtful signal below {limit.$q}",
	"R-06.sentence": "Not counted as dips: {doubtful.$q.count|stretch|stretches} below {limit.$q} in which at least half of the low readings were doubtful signal (movement, a weak pulse signal, or a jump faster than blood can change); the readings are kept and shown.",

	// falls.
	"R-07.finding":  "Falls of {fall.large} or more: {odi4.per_h}[, usual {usual.odi4.per_h}]",
	"R-07.sentence": "Falls of {fall.large} or more from the level before: {odi4.per_h} of usable time (ODI{odi.large}[, {odi4.count|fall|falls}])[; of {fall.small} or more: {odi3.per_h} (ODI{odi.small}, {odi3.count|fall|falls})][; counted by the method “{odi.method}”; other methods give other counts].",
	"R-07.headline": "oxygen saturation fell by {fall.large} or more {odi4.per_h}",

	// burden.
	"R-08.finding":       "Deficit below {limit.90}: {below.90.area_pct_min_per_h}",
	"R-08.finding.falls": "Burden of falls: {burden.desat}",
	"R-08.finding.index": "Delta index {di12}",
	"R-08.sentence":      "The deficit below {limit.90} (depth times duration) was {below.90.area_pct_min_per_h} of usable time.",
	"R-08.falls":         "The burden of the falls, each below its own level before, was {burden.desat} of usable time (from oximetry alone).",
	"R-08.index":         "The delta index, the mean step between blocks of {block.di_s}, was {di12}.",

	// clusters.
	"R-11.finding":       "Falls came in {clusters.count|cluster|clusters}, the largest {cluster.$big.start_s} with {cluster.$big.n|fall|falls}",
	"R-11.finding.count": "Falls came in {clusters.count|cluster|clusters}",
	"R-11.sentence":      "Clusters of falls: {clusters.count}; the largest began {cluster.$big.start_s}, lasted {cluster.$big.length_s}, held {cluster.$big.n|fall|falls} and went to {cluster.$big.worst_nadir}.",
	"R-11.count":         "Clusters of falls: {clusters.count}.",
	"R-11.headline":      "falls came in {clusters.count|cluster|clusters}",

	// trend.
	"R-12.finding.down": "SpO₂ drifted down by {trend.change}",
	"R-12.finding.up":   "SpO₂ drifted up by {trend.change}",
	"R-12.down":         "Over the recording SpO₂ drifted down by {trend.change} (a steady trend of its medians over five minutes).",
	"R-12.up":           "Over the recording SpO₂ drifted up by {trend.change} (a steady trend of its medians over five minutes).",
	"R-12.headline":     "oxygen saturation drifted down by {trend.change} over the recording",

	// variability.
	"R-13.finding":  "SpO₂ swung widely for {variability.high_s}",
	"R-13.sentence": "SpO₂ swung widely, with a standard deviation over five minutes of {sd.high} or more, for {variability.high_s} in total.",
	"R-13.headline": "oxygen saturation swung widely for {variability.high_s}",

	// periodic pattern.
	"R-14.finding":  "SpO₂ rose and fell in a rhythm of about {psd.peak_hz}",
	"R-14.sentence": "Much of the movement of SpO₂ was a regular rise and fall, about every {psd.peak_hz}.",
	"R-14.headline": "oxygen saturation rose and fell in a rhythm of about {psd.peak_hz}",

	// pulse.
	"R-15.finding":      "Mean pulse {pulse.mean}[, between {pulse.min} and {pulse.max}]",
	"R-15.finding.dips": "Pulse rose with {dips.90.pulse_rises} of {dips.90.pulse|dip|dips}[; mean pulse {pulse.mean}]",
	"R-15.finding.none": "No pulse rate in this recording",
	"R-15.sentence":     "The pulse had a mean of {pulse.mean}[ and was between {pulse.min} and {pulse.max}][; rises of {rise.pulse} or more: {pulse.rises6.per_h}].",
	"R-15.none":         "The recording holds no pulse rate, which would help to tell real dips from doubtful ones.",
	"R-15.dips":         "The pulse rose by {rise.pulse} or more in {dips.90.pulse_rises} of {dips.90.pulse|dip|dips} below {limit.90} that had a pulse reading.",

	// thirds. The third is a bind, so its name is a template of its own.
	"third.1":       "first",
	"third.2":       "middle",
	"third.3":       "last",
	"R-10.finding":  "Most time below {limit.90} in the {>third.$third} third: {thirds.$third.below.90.seconds}",
	"R-10.sentence": "Of the {below.90.seconds} below {limit.90}, {thirds.$third.below.90.seconds} fell in the {>third.$third} third of the recording.",

	// the person's own other nights. Which they are is a word of its own.
	"nights.last":        "last",
	"nights.other":       "other",
	"R-09.finding.time":  "Below {limit.$q} for longer than on any of the {nights.which} {nights.below.$q.seconds|night|nights}",
	"R-09.finding.85":    "Below {limit.85} for longer than on any of the {nights.which} {nights.below.85.seconds|night|nights}",
	"R-09.finding.88":    "Below {limit.88} for longer than on any of the {nights.which} {nights.below.88.seconds|night|nights}",
	"R-09.finding.90":    "Below {limit.90} for longer than on any of the {nights.which} {nights.below.90.seconds|night|nights}",
	"R-09.finding.falls": "More falls per hour than on any of the {nights.which} {nights.odi4.per_h|night|nights}",
	"R-09.finding.mean":  "None of the {nights.which} {nights.spo2.mean|night|nights} had a lower mean SpO₂",
	"R-09.finding.few":   "Only {nights|other night|other nights} to compare with",
	"R-09.finding.like":  "Within what the {nights.which} {nights|night|nights} showed, or better",
	"R-09.usual":         "“Usual” is the median of the {nights.which} {nights|night|nights} of the same person.",
	"R-09.few":           "There is too little to compare with ({nights|other night|other nights}) to call anything usual.",
	"R-09.none":          "There was no other night of this person to compare with.",
	"R-09.85":            "Time below {limit.85} was longer than on any of the {nights.which} {nights.below.85.seconds|night|nights} (usual {usual.below.85.seconds}).",
	"R-09.88":            "Time below {limit.88} was longer than on any of the {nights.which} {nights.below.88.seconds|night|nights} (usual {usual.below.88.seconds}).",
	"R-09.90":            "Time below {limit.90} was longer than on any of the {nights.which} {nights.below.90.seconds|night|nights} (usual {usual.below.90.seconds}).",
	"R-09.falls":         "Falls of {fall.large} or more were more frequent than on any of the {nights.which} {nights.odi4.per_h|night|nights} (usual {usual.odi4.per_h}).",
	"R-09.mean":          "None of the {nights.which} {nights.spo2.mean|night|nights} had a lower mean SpO₂ (usual {usual.spo2.mean}).",
	"R-09.head.time":     "oxygen saturation was below {limit.$q} for longer than on any of the {nights.which} {nights.below.$q.seconds|night|nights}",
	"R-09.head.falls":    "falls were more frequent than on any of the {nights.which} {nights.odi4.per_h|night|nights}",
	"R-09.head.mean":     "none of the {nights.which} {nights.spo2.mean|night|nights} had a lower mean oxygen saturation",

	// McGill oximetry score.
	"R-16.finding":  "McGill oximetry score {mcgill.score} on its scale of {mcgill.low} to {mcgill.high}",
	"R-16.sentence": "The McGill oximetry score was {mcgill.score} on its scale of {mcgill.low} to {mcgill.high}; it is made for children from one year on, and a low score does not rule anything out.",
	"R-16.headline": "the McGill oximetry score was {mcgill.score} on its scale of {mcgill.low} to {mcgill.high}",

	// published figures. Group and source are quoted from the citation.
	"R-17.finding":        "{>label.$id} {$id}, published {band.$n.low} to {band.$n.high} ({band.$n.what}; {band.$n.source})",
	"R-17.finding.single": "{>label.$id} {$id}, published {band.$n.high} ({band.$n.what}; {band.$n.source})",
	"R-17.single":         "{>label.$id}: {$id}; published for {band.$n.group}: {band.$n.high} ({band.$n.what}; {band.$n.source}).",
	"R-17.outside":        "{>label.$id}: {$id}, outside the published {band.$n.low} to {band.$n.high} ({band.$n.what}) for {band.$n.group} ({band.$n.source}).",
	"R-17.inside":         "{>label.$id}: {$id}, within the published {band.$n.low} to {band.$n.high} ({band.$n.what}) for {band.$n.group} ({band.$n.source}).",
	"R-17.beside":         "{>label.$id}: {$id}; published for {band.$n.group}: {band.$n.low} to {band.$n.high} ({band.$n.what}; {band.$n.source}).",
	"R-17.headline":       "a figure lies outside the published range for this age",

	// not computed. The reason is quoted from the analysis.
	"R-19.finding":  "Not computed: {>label.$id} ({not_computed.$id})",
	"R-19.sentence": "Not computed: {>label.$id} ({not_computed.$id}).",

	// Names of figures.
	"label.spo2.mean":          "Mean SpO₂",
	"label.spo2.median":        "Median SpO₂",
	"label.spo2.min":           "Lowest SpO₂",
	"label.spo2.p5":            "Fifth centile of SpO₂",
	"label.spo2.p10":           "Tenth centile of SpO₂",
	"label.below.90.pct":       "Time below {limit.90}",
	"label.below.92.pct":       "Time below {limit.92}",
	"label.odi3.per_h":         "Falls of {fall.small} or more",
	"label.odi4.per_h":         "Falls of {fall.large} or more",
	"label.di12":               "Delta index",
	"label.clusters.count":     "Clusters of falls",
	"label.rate.cluster.per_h": "Clusters per hour",
	"label.mcgill.score":       "McGill oximetry score",
	"label.psd.band_ratio":     "Rhythm of SpO₂",

	// Headline: prefix, clauses joined by "and".
	"headline.urgent":    "Contact a clinician promptly: ",
	"headline.attention": "Worth a clinician’s look: ",
	"headline.note":      "Worth mentioning at the next visit: ",
	"headline.info":      "Nothing here asks for a clinician’s look by these rules: ",
	"headline.figures":   "oxygen saturation averaged {spo2.mean} and was below {limit.90} for {below.90.seconds}[, doubtful signal for {doubted.below.90.seconds} of it]",
	"headline.never":     "oxygen saturation averaged {spo2.mean} and was never below {limit.90}",
	"headline.nothing":   "see the findings below",
	"headline.low":       "Too little usable signal to judge, but what was measured is worth a clinician’s look",
	"headline.little":    "Too little usable signal to judge this recording",
	"headline.hours":     ": {time.valid_s} usable, at least {need.valid_s} needed",
	"headline.share":     ": usable for {time.valid_pct}, at least {need.valid_pct} needed",
	"headline.score":     ": signal quality score {quality.score}, at least {need.score} needed",
	"headline.none":      "No usable oxygen readings were found in this recording",

	// What to do, by level.
	"advice.urgent":    "Contact a clinician promptly, today if you can, and show this recording.",
	"advice.attention": "Show this recording to a clinician, and bring the notes of the night.",
	"advice.note":      "Mention this recording at the next visit.",
	"advice.info":      "No rule of this summary asks for action. How the person looks, breathes and behaves counts more than any figure; call a clinician when you are worried.",
	"advice.low":       "Show this recording to a clinician soon, and ask whether it should be repeated.",
	"advice.little":    "Nothing can be concluded from so little signal: a longer recording with a well-seated sensor says more. Call a clinician when you are worried.",

	"limits.accuracy": "Oximeters typically read within {accuracy.low} to {accuracy.high} of the true arterial value, and less exactly during movement, on cold skin, when blood flow is weak and with darker skin.",
	"limits.cannot":   "Oximetry alone cannot show sleep, carbon dioxide, breathing effort or the kind of an apnoea, and low readings do not tell their cause.",
	"emergency":       "If the person recorded looks blue or grey, is limp, does not respond or struggles to breathe, call the emergency services at once.",
	"disclaimer":      "pleth is not a medical device and is not meant for diagnosis or life support. This summary is made by fixed rules from what the sensor recorded; it does not replace watching the person, or the judgement of a clinician. Recording does not reduce the risk of SIDS (sudden infant death syndrome).",

	"question.repeat": "Should the recording be repeated, and how is the sensor best held in place?",
	"question.target": "What oxygen saturation should we aim for during sleep, and below what value should we call?",
	"question.long":   "What could the long dips come from, and what should we do when one is seen?",
	"question.why":    "Would another examination help to see why oxygen saturation falls again and again?",
	"question.differ": "What could explain that it changed, and should it be recorded again soon?",
	"question.age":    "What should we expect at this age, with this device?",
}
