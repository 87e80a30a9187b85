package format

// German returns the words of the reports in German.
func German() *Words {
	return &Words{
		Lang: "de",

		Title: "Oximetrie einer Nacht, Übersicht", TitleDay: "Oximetrie, Übersicht",
		NightOf: "Nacht vom %s", NightTo: "Nacht zum %s", RecordingOf: "Aufzeichnung vom %s",
		NoClock: "Aufzeichnung ohne Uhr: Zeiten zählen ab ihrem Beginn",
		Patient: "Person", Recording: "Aufzeichnung", Device: "Gerät", Conditions: "Umstände",
		Age: "Alter %s",
		AgeUnits: map[string][2]string{
			"y": {"Jahr", "Jahre"}, "yr": {"Jahr", "Jahre"}, "year": {"Jahr", "Jahre"}, "years": {"Jahr", "Jahre"},
			"m": {"Monat", "Monate"}, "mo": {"Monat", "Monate"}, "month": {"Monat", "Monate"}, "months": {"Monat", "Monate"},
			"w": {"Woche", "Wochen"}, "week": {"Woche", "Wochen"}, "weeks": {"Woche", "Wochen"},
			"d": {"Tag", "Tage"}, "day": {"Tag", "Tage"}, "days": {"Tag", "Tage"},
		},
		AgeNotGiven: "Alter nicht angegeben", NotStated: "nicht angegeben", ConditionsDetail: "Luft oder Sauerstoff, Ort, Lage",
		NoClockDetail: "keine Uhr in der Aufzeichnung", ZoneUnknown: "Zeitzone unbekannt, Uhr des Geräts",
		Zone: "Zeitzone %s", Firmware: "Firmware %s", Serial: "Seriennummer %s",
		Averaging: "%s Mittelung", Interval: "ein Wert je %s", AveragingUnknown: "Mittelung unbekannt",

		Levels:       [4]string{"Hinweis", "Notiz", "beachten", "dringend"},
		NotEvaluated: "Nicht beurteilt",
		OnlyUsable:   "Nur %s nutzbar; für ein Urteil sind mindestens %s nötig.",
		Evaluation:   "Auswertung", RulesVersion: "Regelwerk %s",
		NoFindings: "Keine Regel hatte etwas zu sagen.", MoreFindings: "und %d weitere im vollen Dokument",
		NotInDocument: "nicht im Dokument",

		Below90: "Unter 90 %", Below88: "Unter 88 %", Lowest: "Tiefste SpO₂", Dips4: "Abfälle ab 4 %",
		Mean: "Mittlere SpO₂", Usable: "Nutzbares Signal", PerHour: "pro h",
		UsualIs: "sonst %s", MedianIs: "Median %s", OfUsable: "%s der nutzbaren Zeit", InAll: "%s insgesamt", At: "um %s",

		SpO2: "SpO₂", SpO2Pre: "SpO₂ (präduktal)", SpO2Post: "SpO₂ (postduktal)", Pulse: "Puls",
		TraceAndPulse: "%s und Puls",
		TraceLabel:    "%s von %s bis %s: im Mittel %s %%, tiefster Wert %s %%, %s Abfälle ab 4 %%, %s Lücken ohne Signal.",
		TraceKey:      "dünn: jeder Wert · dick: Mittel über 11 s · schraffiert: kein Signal",
		NoPulse:       "kein Puls in der Aufzeichnung", FromStart: "Zeit ab dem Beginn",

		TimeInRange: "Zeit je Bereich", OfUsableTime: "der nutzbaren Zeit",
		Ranges:     [4]string{"90 % und darüber", "88 bis unter 90 %", "85 bis unter 88 %", "unter 85 %"},
		HourByHour: "Stunde für Stunde", NoHours: "Keine Stunden im Dokument.",
		HourHeads:   [6]string{"Ab", "Mittel", "Tiefste", "Unter 90", "Abfälle", "Puls"},
		DeepestDips: "Tiefste Abfälle", NoDips: "Keine Abfälle ab 4 %.", Of: "von %s",
		DipHeads:    [5]string{"Beginn", "Dauer", "Tiefste", "Fall", "Puls"},
		AtEachLevel: "Zeit bei jeder SpO₂, %", TrendTitle: "Minuten unter 90 %%, %d Nächte", TrendTitleLast: "Minuten unter 90 %%, letzte %d Nächte",
		ClinicianNote: "Ärztliche Notiz",

		Disclaimer: "Kein Medizinprodukt. Nicht zur Diagnose oder Lebenserhaltung. Ersetzt kein Beobachten. " +
			"Senkt das Risiko des plötzlichen Kindstods (SIDS) nicht.",
		DefineTime: "Unter: echt kleiner. Anteile und Raten beziehen sich auf die nutzbare Zeit.",
		DefineDip:  "Abfall: Fall um 4 % oder mehr vom Wert davor.", DefineDipBy: "Abfall: Fall um 4 %% oder mehr vom Wert davor (Verfahren %s).",
		DefineUsual: "Sonst: Median von %d anderen Nächten.", DefineUsualOne: "Sonst: der Wert der anderen Nacht.",
		Program: "Programm", Commit: "Commit", RuleSet: "Regelwerk", ConfigDigest: "SHA-256 der Einstellungen",
		Session: "Sitzung", Data: "SHA-256 der Daten", AndMore: "und %d weitere", PageOf: "Seite %d von %d",

		CompareTitle: "%s gegen %s", OtherNight: "%d andere Nacht", OtherNights: "%d andere Nächte", NightNumber: "Nacht %d",
		ComparedByClock: "Nach der Uhrzeit ausgerichtet", ComparedFromStart: "Nach dem Beginn jeder Aufzeichnung ausgerichtet",
		ThisNight:       "Diese Aufzeichnung",
		ThroughTheNight: "SpO₂ durch die Nacht, tiefster Wert in je 5 Minuten",
		RibbonKey:       [4]string{"diese Nacht", "sonst", "mittlere Hälfte", "5 – 95 %"},
		FiguresCompared: "Zahlen", PlaceMeaning: "Platz: 1 ist der kleinste Wert",
		PlaceHeads:       [5]string{"Zahl", "Diese Nacht", "Sonst", "Mittlere Hälfte", "Platz"},
		Place:            "%d von %d",
		NightsOnOneClock: "Die Nächte auf einer Uhr", NightsFromStart: "Die Nächte ab ihrem Beginn",
		BelowAndLowest: "Zeit unter 90 %", LowestShort: "tiefste %s", NoTrace: "Verlauf nicht zur Hand",
		metrics: map[string]string{
			"below.90.seconds": "Unter 90 %", "below.88.seconds": "Unter 88 %", "below.85.seconds": "Unter 85 %",
			"odi4.per_h": "Abfälle ab 4 % pro Stunde", "odi3.per_h": "Abfälle ab 3 % pro Stunde",
			"spo2.min": "Tiefste SpO₂", "spo2.mean": "Mittlere SpO₂", "spo2.median": "Median der SpO₂", "spo2.p5": "5. Perzentil der SpO₂",
			"pulse.mean": "Mittlerer Puls pro Minute", "time.valid_s": "Nutzbares Signal",
		},

		Grade:        "%s (%s von 100)",
		Grades:       map[string]string{"good": "gut", "adequate": "ausreichend", "limited": "eingeschränkt", "inadequate": "unzureichend"},
		QualityGrade: "Signalqualität", LongestGap: "Längste Lücke", Suspect: "Zweifelhaft", Interpolated: "Nur für Ereignisse überbrückt",
		UsableOf: "%s von %s",
		reasons: map[string]string{
			"no_value": "das Gerät sandte keinen Wert", "out_of_range": "außerhalb dessen, was SpO₂ sein kann", "no_row": "kein Messwert",
			"motion": "Bewegung", "low_perfusion": "schwache Durchblutung", "rate_of_change": "fiel schneller, als Blut es kann",
			"lone_spike": "einzelner Ausreißer", "flatline": "weder SpO₂ noch Puls bewegten sich", "pulse_missing": "kein Puls",
			"pulse_jump": "Puls und SpO₂ sprangen zugleich", "low_confidence": "vom Gerät bezweifelt",
			"sensor_fault": "Sensor ab oder gestört",
		},

		HTML: HTML{
			Help: "Tasten und Gesten",
			KeysHelp: "Pfeiltasten bewegen den Zeiger, mit Umschalt um eine Minute, mit Alt den Ausschnitt. Plus und Minus vergrößern und verkleinern, 0 zeigt die ganze Nacht, " +
				"n und p gehen zum nächsten und vorigen Abfall. Ziehen vergrößert einen Teil, Ziehen mit Umschalt verschiebt, Doppelklick zeigt die ganze Nacht; " +
				"zwei Finger vergrößern und verschieben.",
			ZoomIn: "Vergrößern", ZoomOut: "Verkleinern", Whole: "Ganze Nacht", Previous: "Voriger Abfall", Next: "Nächster Abfall",
			Readout: "Auf den Verlauf zeigen oder die Pfeiltasten nehmen, um einen Wert zu lesen.", None: "kein Signal",
			Dip:         "fiel um %s Punkte auf %s in %s",
			RibbonLabel: "Tiefste SpO₂ in je 5 Minuten dieser Nacht gegen %d andere Nächte.",
			More:        "Im Einzelnen", Events: "Alle Abfälle", AsTable: "Als Tabelle", Night: "Nacht", Below: "Unter 90 %",
			Quality: "Signalqualität", Reasons: "Gründe für Zweifel", AllFigures: "Jede Zahl des Dokuments", Missing: "Nicht berechnet",
			Warnings: "Warnungen zu den Daten", Origin: "Woher dies kommt",
			ID: "Kennung", Value: "Wert", Why: "Grund", Where: "Wo", What: "Was",
			Words:    "In Worten",
			NoScript: "Der Verlauf zeigt die ganze Nacht. Zum Vergrößern braucht es einen Browser, der Skripte ausführt.",
		},

		weekdays: [7]string{"Sonntag", "Montag", "Dienstag", "Mittwoch", "Donnerstag", "Freitag", "Samstag"},
		months: [12]string{"Januar", "Februar", "März", "April", "Mai", "Juni", "Juli", "August", "September", "Oktober",
			"November", "Dezember"},
		date: "%s, %d. %s %d", shortDate: "%.2s %d. %.3s", point: ",",
	}
}
