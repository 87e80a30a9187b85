package format

// English returns the words of the reports in English.
func English() *Words {
	return &Words{
		Lang: "en",

		Title: "Overnight oximetry summary", TitleDay: "Oximetry summary",
		NightOf: "Night of %s", NightTo: "Night to %s", RecordingOf: "Recording of %s",
		NoClock: "Recording without a clock: times count from its start",
		Patient: "Patient", Recording: "Recording", Device: "Device", Conditions: "Conditions",
		Age: "age %s",
		AgeUnits: map[string][2]string{
			"y": {"year", "years"}, "yr": {"year", "years"}, "year": {"year", "years"}, "years": {"year", "years"},
			"m": {"month", "months"}, "mo": {"month", "months"}, "month": {"month", "months"}, "months": {"month", "months"},
			"w": {"week", "weeks"}, "week": {"week", "weeks"}, "weeks": {"week", "weeks"},
			"d": {"day", "days"}, "day": {"day", "days"}, "days": {"day", "days"},
		},
		AgeNotGiven: "age not given", NotStated: "not stated", ConditionsDetail: "air or oxygen, place, position",
		NoClockDetail: "no clock in the recording", ZoneUnknown: "time zone unknown, device clock",
		Zone: "time zone %s", Firmware: "firmware %s", Serial: "serial %s",
		Averaging: "%s averaging", Interval: "a value every %s", AveragingUnknown: "averaging not stated",

		Levels:       [4]string{"info", "note", "attention", "urgent"},
		NotEvaluated: "Not evaluated",
		OnlyUsable:   "Only %s usable; at least %s needed to judge.",
		Evaluation:   "Evaluation", RulesVersion: "rule set %s",
		NoFindings: "No rule had anything to say.", MoreFindings: "and %d more in the full document",
		NotInDocument: "not in the document",

		Below90: "Below 90 %", Below88: "Below 88 %", Lowest: "Lowest SpO₂", Dips4: "Dips of 4 % or more",
		Mean: "Mean SpO₂", Usable: "Usable signal", PerHour: "per h",
		UsualIs: "usual %s", MedianIs: "median %s", OfUsable: "%s of usable time", InAll: "%s in all", At: "at %s",

		SpO2: "SpO₂", SpO2Pre: "SpO₂ (pre-ductal)", SpO2Post: "SpO₂ (post-ductal)", Pulse: "Pulse",
		TraceAndPulse: "%s and pulse",
		TraceLabel:    "%s from %s to %s: mean %s %%, lowest %s %%, %s dips of 4 %% or more, %s gaps without signal.",
		TraceKey:      "thin line: every value · thick line: 11 s average · hatched: no signal",
		NoPulse:       "no pulse in the recording", FromStart: "time since the start",

		TimeInRange: "Time in range", OfUsableTime: "of usable time",
		Ranges:     [4]string{"90 % and above", "88 to below 90 %", "85 to below 88 %", "below 85 %"},
		HourByHour: "Hour by hour", NoHours: "No hours in the document.",
		HourHeads:   [6]string{"From", "Mean", "Lowest", "Below 90", "Dips", "Pulse"},
		DeepestDips: "Deepest dips", NoDips: "No dips of 4 % or more.", Of: "of %s",
		DipHeads:    [5]string{"Start", "Length", "Lowest", "Drop", "Pulse"},
		AtEachLevel: "Time at each SpO₂, %", TrendTitle: "Minutes below 90 %%, %d nights", TrendTitleLast: "Minutes below 90 %%, last %d nights",
		ClinicianNote: "Clinician’s note",

		Disclaimer: "Not a medical device. Not for diagnosis or life support. Does not replace observation. " +
			"Does not reduce the risk of SIDS.",
		DefineTime: "Below: strictly below. Shares and rates are of usable time.",
		DefineDip:  "Dip: fall of 4 % or more from the level before it.", DefineDipBy: "Dip: fall of 4 %% or more from the level before it (method %s).",
		DefineUsual: "Usual: median of %d other nights.", DefineUsualOne: "Usual: the value of the other night.",
		Program: "program", Commit: "commit", RuleSet: "rule set", ConfigDigest: "configuration SHA-256",
		Session: "session", Data: "data SHA-256", AndMore: "and %d more", PageOf: "page %d of %d",

		CompareTitle: "%s against %s", OtherNight: "%d other night", OtherNights: "%d other nights", NightNumber: "Night %d",
		ComparedByClock: "Aligned by the time of day", ComparedFromStart: "Aligned by the start of each recording",
		ThisNight:       "This recording",
		ThroughTheNight: "SpO₂ through the night, lowest in each 5 minutes",
		RibbonKey:       [4]string{"this night", "usual", "middle half", "5 – 95 %"},
		FiguresCompared: "Figures", PlaceMeaning: "place: 1 is the lowest value",
		PlaceHeads:       [5]string{"Figure", "This night", "Usual", "Middle half", "Place"},
		Place:            "%d of %d",
		NightsOnOneClock: "The nights on one clock", NightsFromStart: "The nights from their start",
		BelowAndLowest: "time below 90 %", LowestShort: "lowest %s", NoTrace: "trace not at hand",
		metrics: map[string]string{
			"below.90.seconds": "Below 90 %", "below.88.seconds": "Below 88 %", "below.85.seconds": "Below 85 %",
			"odi4.per_h": "Dips of 4 % or more per hour", "odi3.per_h": "Dips of 3 % or more per hour",
			"spo2.min": "Lowest SpO₂", "spo2.mean": "Mean SpO₂", "spo2.median": "Median SpO₂", "spo2.p5": "5th percentile of SpO₂",
			"pulse.mean": "Mean pulse per minute", "time.valid_s": "Usable signal",
		},

		Grade:        "%s (%s of 100)",
		Grades:       map[string]string{"good": "good", "adequate": "adequate", "limited": "limited", "inadequate": "inadequate"},
		QualityGrade: "Signal quality", LongestGap: "Longest gap", Suspect: "Suspect", Interpolated: "Bridged for events only",
		UsableOf: "%s of %s",
		reasons: map[string]string{
			"no_value": "the device sent no value", "out_of_range": "outside what SpO₂ can be", "no_row": "no sample",
			"motion": "motion", "low_perfusion": "low perfusion", "rate_of_change": "fell faster than blood can",
			"lone_spike": "lone spike", "flatline": "neither SpO₂ nor pulse moved", "pulse_missing": "no pulse",
			"pulse_jump": "pulse and SpO₂ jumped together", "low_confidence": "doubted by the device",
			"sensor_fault": "sensor off or faulty",
		},

		HTML: HTML{
			Help: "Keys and gestures",
			KeysHelp: "Arrow keys move the cursor, with shift by a minute, with alt they move the view. Plus and minus zoom, 0 shows the whole night, " +
				"n and p go to the next and the previous dip. Drag to zoom into a part, drag with shift to move, double-click for the whole night; " +
				"two fingers zoom and move.",
			ZoomIn: "Zoom in", ZoomOut: "Zoom out", Whole: "Whole night", Previous: "Previous dip", Next: "Next dip",
			Readout: "Point at the chart, or use the arrow keys, to read a value.", None: "no signal",
			Dip:         "fell %s points to %s in %s",
			RibbonLabel: "Lowest SpO₂ in each 5 minutes of this night against %d other nights.",
			More:        "In detail", Events: "All dips", AsTable: "As a table", Night: "Night", Below: "Below 90 %",
			Quality: "Signal quality", Reasons: "Reasons for doubt", AllFigures: "Every figure of the document", Missing: "Not computed",
			Warnings: "Warnings about the data", Origin: "Where this comes from",
			ID: "Id", Value: "Value", Why: "Why", Where: "Where", What: "What",
			Words:    "In words",
			NoScript: "The chart shows the whole night. Zooming needs a browser that runs scripts.",
		},

		Terminal: Terminal{
			Quality: "Quality", Recording: "Recording", Findings: "Findings", Written: "Written", Warnings: "Warnings",
			Heads: [8]string{"file", "start", "usable", "mean", "lowest", "below 90", "dips/h", "quality"},
			Night: "%d night", Nights: "%d nights", Failed: "%d not read", NoSession: "no SpO₂ in this file",
		},

		weekdays: [7]string{"Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"},
		months: [12]string{"January", "February", "March", "April", "May", "June", "July", "August", "September", "October",
			"November", "December"},
		date: "%s %d %s %d", shortDate: "%.3s %d %.3s", point: ".",
	}
}
