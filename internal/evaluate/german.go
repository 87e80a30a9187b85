package evaluate

import "strings"

// german are the texts in German: those of english by their keys, with the same
// slots. What is quoted (groups, sources, reasons) stays as it was published.
var german = language{
	and:   " und ",
	local: toGerman,
	texts: map[string]string{
		"grade.good":       "gut",
		"grade.adequate":   "ausreichend",
		"grade.limited":    "eingeschränkt",
		"grade.inadequate": "unzureichend",

		"R-18.finding":            "Ein Wert alle {interval_s}, vom Gerät über {averaging_s} gemittelt",
		"R-18.finding.unknown":    "Mittelungszeit des Geräts nicht angegeben[; ein Wert alle {interval_s}]",
		"R-18.interval.long":      "Das Gerät gab alle {interval_s} einen Wert, gemittelt über {averaging_s}; eine Mittelung über mehr als {short.averaging_s} lässt kurze Abfälle flacher aussehen und verbirgt manche.",
		"R-18.interval.known":     "Das Gerät gab alle {interval_s} einen Wert, gemittelt über {averaging_s}.",
		"R-18.interval.averaging": "Das Gerät mittelte über {averaging_s}.",
		"R-18.interval.unknown":   "Die Aufzeichnung gibt nicht an, über welche Zeit das Gerät mittelt[ (es gab alle {interval_s} einen Wert)]; je länger, desto seltener und flacher sehen kurze Abfälle aus.",
		"R-18.age.infant":         "Angegebenes Alter: {age.years}. Abfälle pro Stunde, Häufungen und Punktzahlen werden unter einem Jahr ohne Stufe gezeigt.",
		"R-18.age.known":          "Angegebenes Alter: {age.years}.",
		"R-18.age.unknown":        "Es wurde kein Alter angegeben: Es galten die Regeln für ein Alter ab einem Jahr, und mit veröffentlichten Zahlen wird nichts verglichen.",
		"R-18.context":            "Eine Aufzeichnung enthält nicht, ob Sauerstoff gegeben wurde, und nichts über Schlaf, Lage, Mahlzeiten, Erkrankung oder Medikamente; bitte notieren Sie es daneben.",

		"R-00.finding":           "Signal zu {time.valid_pct} nutzbar, {time.valid_s}; nötig sind {need.valid_pct} und {need.valid_s}",
		"R-00.finding.none":      "Keine nutzbaren Werte",
		"R-00.finding.hours":     "Nur {time.valid_s} nutzbar; für ein Urteil sind mindestens {need.valid_s} nötig",
		"R-00.finding.share":     "Signal nur zu {time.valid_pct} nutzbar; für ein Urteil sind mindestens {need.valid_pct} nötig",
		"R-00.finding.score":     "Punktzahl der Signalqualität {quality.score}; für ein Urteil sind mindestens {need.score} nötig",
		"R-00.finding.low.hours": "Nur {time.valid_s} nutzbar, für ein Urteil sind mindestens {need.valid_s} nötig; trotzdem einen ärztlichen Blick wert",
		"R-00.finding.low.share": "Signal nur zu {time.valid_pct} nutzbar, für ein Urteil sind mindestens {need.valid_pct} nötig; trotzdem einen ärztlichen Blick wert",
		"R-00.finding.low":       "Signalqualität reicht für ein Urteil nicht aus oder ist unbekannt; trotzdem einen ärztlichen Blick wert",
		"R-00.finding.unknown":   "Signalqualität reicht für ein Urteil nicht aus oder ist unbekannt",
		"R-00.span":              "Die Aufzeichnung dauerte {time.span_s} und ist für {time.valid_s} nutzbar ({time.valid_pct})[; ihre längste Lücke war {quality.longest_gap_s}][; das Signal war für {quality.suspect_s} zweifelhaft][; Signalqualität {quality.grade}, Punktzahl {quality.score} auf einer Skala bis {scale.score}].",
		"R-00.none":              "In dieser Aufzeichnung fand sich kein nutzbarer Wert.",
		"R-00.enough":            "Das reicht für ein Urteil nach diesen Regeln, die {need.valid_s} und {need.valid_pct} brauchen.",
		"R-00.enough.short":      "Das reicht für ein Urteil nach diesen Regeln, die {need.valid_s} und {need.valid_pct} brauchen; viele Schlaflabore verlangen {want.valid_s}.",
		"R-00.little":            "Das reicht für ein Urteil nicht; Zahlen werden gezeigt, wie sie gemessen wurden, ohne Stufe.",
		"R-00.little.none":       "Nichts lässt sich beurteilen.",
		"R-00.little.hours":      "Für ein Urteil sind mindestens {need.valid_s} nutzbares Signal nötig; Zahlen werden gezeigt, wie sie gemessen wurden, ohne Stufe.",
		"R-00.little.share":      "Für ein Urteil müssen mindestens {need.valid_pct} der Aufzeichnung nutzbar sein; Zahlen werden gezeigt, wie sie gemessen wurden, ohne Stufe.",

		"R-01.finding":  "Mittleres SpO₂ {spo2.mean}[, üblich {usual.spo2.mean}]",
		"R-01.sentence": "SpO₂ hatte einen Mittelwert von {spo2.mean}[ und einen Median von {spo2.median}][; in neun Zehnteln der nutzbaren Zeit lag es zwischen {spo2.p5} und {spo2.p95}].",
		"R-01.headline": "die mittlere Sauerstoffsättigung war {spo2.mean}",

		"R-02.finding":        "Unter {limit.$q} für {below.$q.seconds}[, üblich {usual.below.$q.seconds}][; davon {doubted.below.$q.seconds} zweifelhaftes Signal]",
		"R-02.finding.share":  "Unter {limit.$q} in {below.$q.pct} der nutzbaren Zeit",
		"R-02.finding.any":    "Unter {limit.90} für {below.90.seconds}",
		"R-02.finding.never":  "Kein Wert unter {limit.$q}",
		"R-02.sentence":       "Zeit mit SpO₂ < {limit.90}: {below.90.seconds}[ ({below.90.pct} der nutzbaren Zeit)][; < {limit.88}: {below.88.seconds} ({below.88.pct})][; < {limit.85}: {below.85.seconds} ({below.85.pct})][; < {limit.80}: {below.80.seconds} ({below.80.pct})].[ Zweifelhaftes Signal in der Zeit unter {limit.90}: {doubted.below.90.seconds}.]",
		"R-02.others":         "Zeit mit SpO₂ < {limit.95}: {below.95.seconds} ({below.95.pct})[; < {limit.92}: {below.92.seconds} ({below.92.pct})].",
		"R-02.headline":       "die Sauerstoffsättigung lag für {below.$q.seconds} unter {limit.$q}[, davon {doubted.below.$q.seconds} zweifelhaftes Signal][, mehr als in jeder der {nights.which} {record.below.$q.seconds|Nacht|Nächte}]",
		"R-02.headline.any":   "die Sauerstoffsättigung lag für {below.90.seconds} unter {limit.90}",
		"R-02.headline.share": "die Sauerstoffsättigung lag in {below.$q.pct} der nutzbaren Zeit unter {limit.$q}",

		"R-03.finding":      "{dips.$q.count|Abfall|Abfälle} unter {limit.$q}[, tiefster Wert {episode.$dip.lowest} {episode.$dip.nadir_s}]",
		"R-03.finding.none": "Keine Abfälle unter {limit.90}",
		"R-03.sentence":     "Abfälle[ (jeder mindestens {episode_min_s} unter der Grenze)]: {dips.90.count} unter {limit.90}[, {dips.88.count} unter {limit.88}][, {dips.85.count} unter {limit.85}]; ein tiefer Abfall zählt bei jeder Grenze, die er unterschreitet.[ Der tiefste ging {episode.$dip.nadir_s} auf {episode.$dip.lowest}.]",
		"R-03.none":         "Es wurden keine Abfälle unter {limit.90} aufgezeichnet[; ein Abfall liegt mindestens {episode_min_s} unter der Grenze].",
		"R-03.headline":     "{dips.$q.count|Abfall ging|Abfälle gingen} unter {limit.$q}",

		"R-04.finding":            "Ein Abfall unter {limit.$q}[ {episode.$dip.start_s}] dauerte {episode.$dip.length_s}[, tiefster Wert {episode.$dip.lowest}]",
		"R-04.finding.truncated":  "Ein Abfall unter {limit.$q}[ {episode.$dip.start_s}] dauerte mindestens {episode.$dip.length_s}[, tiefster Wert {episode.$dip.lowest}]",
		"R-04.sentence":           "Abfälle von einer Minute oder länger unter {limit.$q}: {dips.$q.prolonged}; einer[ {episode.$dip.start_s}] dauerte {episode.$dip.length_s}[ und ging auf {episode.$dip.lowest}].",
		"R-04.sentence.truncated": "Abfälle von einer Minute oder länger unter {limit.$q}: {dips.$q.prolonged}; einer[ {episode.$dip.start_s}] dauerte mindestens {episode.$dip.length_s}[ und ging auf {episode.$dip.lowest}]; sein Ende wurde nicht aufgezeichnet.",
		"R-04.headline":           "ein Abfall unter {limit.$q} dauerte {episode.$dip.length_s}",
		"R-04.headline.truncated": "ein Abfall unter {limit.$q} dauerte mindestens {episode.$dip.length_s}",

		"R-05.finding":          "Tiefster Wert {spo2.min}[ {episode.$dip.nadir_s}][, üblich {usual.spo2.min}]",
		"R-05.finding.doubted":  "Der tiefste Wert {spo2.min} war zweifelhaftes Signal; der tiefste der anderen ist {spo2.min.clean}",
		"R-05.finding.doubtful": "Der tiefste Wert {spo2.min} war zweifelhaftes Signal",
		"R-05.sentence":         "Der tiefste einzelne Wert war {spo2.min}[ {episode.$dip.nadir_s}][; der tiefste über {hold.min_s} gehaltene war {spo2.min_3s}].",
		"R-05.doubted":          "Der tiefste einzelne Wert, {spo2.min}, war zweifelhaftes Signal; der tiefste der anderen war {spo2.min.clean}.",
		"R-05.doubtful":         "Der tiefste einzelne Wert, {spo2.min}, war zweifelhaftes Signal.",

		"R-06.finding":  "Nicht als Abfälle gezählt: {doubtful.$q.count|Stück|Stücke} mit meist zweifelhaftem Signal unter {limit.$q}",
		"R-06.sentence": "Nicht als Abfälle gezählt: {doubtful.$q.count|Stück|Stücke} unter {limit.$q}, in denen mindestens die Hälfte der tiefen Werte zweifelhaftes Signal war (Bewegung, schwaches Pulssignal oder ein Sprung, schneller als Blut sich ändern kann); die Werte bleiben erhalten und werden gezeigt.",

		"R-07.finding":  "Abfälle um {fall.large} oder mehr: {odi4.per_h}[, üblich {usual.odi4.per_h}]",
		"R-07.sentence": "Abfälle um {fall.large} oder mehr vom Niveau davor: {odi4.per_h} der nutzbaren Zeit (ODI{odi.large}[, {odi4.count|Abfall|Abfälle}])[; um {fall.small} oder mehr: {odi3.per_h} (ODI{odi.small}, {odi3.count|Abfall|Abfälle})][; gezählt nach dem Verfahren „{odi.method}“; andere Verfahren zählen anders].",
		"R-07.headline": "die Sauerstoffsättigung fiel {odi4.per_h} um {fall.large} oder mehr",

		"R-08.finding":       "Defizit unter {limit.90}: {below.90.area_pct_min_per_h}",
		"R-08.finding.falls": "Last der Abfälle: {burden.desat}",
		"R-08.finding.index": "Delta-Index {di12}",
		"R-08.sentence":      "Das Defizit unter {limit.90} (Tiefe mal Dauer) betrug {below.90.area_pct_min_per_h} nutzbarer Zeit.",
		"R-08.falls":         "Die Last der Abfälle, jeder unter seinem eigenen Niveau davor, betrug {burden.desat} nutzbarer Zeit (aus der Oximetrie allein).",
		"R-08.index":         "Der Delta-Index, der mittlere Schritt zwischen Blöcken von {block.di_s}, war {di12}.",

		"R-11.finding":       "Abfälle kamen in {clusters.count|Häufung|Häufungen}, die größte {cluster.$big.start_s} mit {cluster.$big.n|Abfall|Abfällen}",
		"R-11.finding.count": "Abfälle kamen in {clusters.count|Häufung|Häufungen}",
		"R-11.sentence":      "Häufungen von Abfällen: {clusters.count}; die größte begann {cluster.$big.start_s}, dauerte {cluster.$big.length_s}, hatte {cluster.$big.n|Abfall|Abfälle} und ging auf {cluster.$big.worst_nadir}.",
		"R-11.count":         "Häufungen von Abfällen: {clusters.count}.",
		"R-11.headline":      "Abfälle kamen in {clusters.count|Häufung|Häufungen}",

		"R-12.finding.down": "SpO₂ sank allmählich um {trend.change}",
		"R-12.finding.up":   "SpO₂ stieg allmählich um {trend.change}",
		"R-12.down":         "Über die Aufzeichnung sank SpO₂ allmählich um {trend.change} (ein stetiger Gang seiner Mediane über fünf Minuten).",
		"R-12.up":           "Über die Aufzeichnung stieg SpO₂ allmählich um {trend.change} (ein stetiger Gang seiner Mediane über fünf Minuten).",
		"R-12.headline":     "die Sauerstoffsättigung sank über die Aufzeichnung allmählich um {trend.change}",

		"R-13.finding":  "SpO₂ schwankte für {variability.high_s} stark",
		"R-13.sentence": "SpO₂ schwankte, mit einer Standardabweichung über fünf Minuten von {sd.high} oder mehr, insgesamt {variability.high_s} stark.",
		"R-13.headline": "die Sauerstoffsättigung schwankte für {variability.high_s} stark",

		"R-14.finding":  "SpO₂ stieg und fiel in einem Rhythmus von etwa {psd.peak_hz}",
		"R-14.sentence": "Ein großer Teil der Bewegung von SpO₂ war ein regelmäßiges Steigen und Fallen, etwa alle {psd.peak_hz}.",
		"R-14.headline": "die Sauerstoffsättigung stieg und fiel in einem Rhythmus von etwa {psd.peak_hz}",

		"R-15.finding":      "Mittlerer Puls {pulse.mean}[, zwischen {pulse.min} und {pulse.max}]",
		"R-15.finding.dips": "Der Puls stieg bei {dips.90.pulse_rises} von {dips.90.pulse|Abfall|Abfällen}[; mittlerer Puls {pulse.mean}]",
		"R-15.finding.none": "Kein Puls in dieser Aufzeichnung",
		"R-15.sentence":     "Der Puls hatte einen Mittelwert von {pulse.mean}[ und lag zwischen {pulse.min} und {pulse.max}][; Anstiege um {rise.pulse} oder mehr: {pulse.rises6.per_h}].",
		"R-15.none":         "Die Aufzeichnung enthält keinen Puls; er würde helfen, echte von zweifelhaften Abfällen zu unterscheiden.",
		"R-15.dips":         "Der Puls stieg bei {dips.90.pulse_rises} von {dips.90.pulse|Abfall|Abfällen} unter {limit.90}, zu denen es einen Puls gab, um {rise.pulse} oder mehr.",

		"third.1":       "ersten",
		"third.2":       "mittleren",
		"third.3":       "letzten",
		"R-10.finding":  "Die meiste Zeit unter {limit.90} im {>third.$third} Drittel: {thirds.$third.below.90.seconds}",
		"R-10.sentence": "Von den {below.90.seconds} unter {limit.90} lagen {thirds.$third.below.90.seconds} im {>third.$third} Drittel der Aufzeichnung.",

		"nights.last":        "letzten",
		"nights.other":       "anderen",
		"R-09.finding.time":  "Länger unter {limit.$q} als in jeder der {nights.which} {nights.below.$q.seconds|Nacht|Nächte}",
		"R-09.finding.85":    "Länger unter {limit.85} als in jeder der {nights.which} {nights.below.85.seconds|Nacht|Nächte}",
		"R-09.finding.88":    "Länger unter {limit.88} als in jeder der {nights.which} {nights.below.88.seconds|Nacht|Nächte}",
		"R-09.finding.90":    "Länger unter {limit.90} als in jeder der {nights.which} {nights.below.90.seconds|Nacht|Nächte}",
		"R-09.finding.falls": "Mehr Abfälle pro Stunde als in jeder der {nights.which} {nights.odi4.per_h|Nacht|Nächte}",
		"R-09.finding.mean":  "Keine der {nights.which} {nights.spo2.mean|Nacht|Nächte} hatte ein tieferes mittleres SpO₂",
		"R-09.finding.few":   "Nur {nights|andere Nacht|andere Nächte} zum Vergleich",
		"R-09.finding.like":  "Im Rahmen dessen, was die {nights.which} {nights|Nacht|Nächte} zeigten, oder besser",
		"R-09.usual":         "„Üblich“ ist der Median der {nights.which} {nights|Nacht|Nächte} derselben Person.",
		"R-09.few":           "Es gibt zu wenig zum Vergleich ({nights|andere Nacht|andere Nächte}), um etwas üblich zu nennen.",
		"R-09.none":          "Es gab keine andere Nacht dieser Person zum Vergleich.",
		"R-09.85":            "Die Zeit unter {limit.85} war länger als in jeder der {nights.which} {nights.below.85.seconds|Nacht|Nächte} (üblich {usual.below.85.seconds}).",
		"R-09.88":            "Die Zeit unter {limit.88} war länger als in jeder der {nights.which} {nights.below.88.seconds|Nacht|Nächte} (üblich {usual.below.88.seconds}).",
		"R-09.90":            "Die Zeit unter {limit.90} war länger als in jeder der {nights.which} {nights.below.90.seconds|Nacht|Nächte} (üblich {usual.below.90.seconds}).",
		"R-09.falls":         "Abfälle um {fall.large} oder mehr waren häufiger als in jeder der {nights.which} {nights.odi4.per_h|Nacht|Nächte} (üblich {usual.odi4.per_h}).",
		"R-09.mean":          "Keine der {nights.which} {nights.spo2.mean|Nacht|Nächte} hatte ein tieferes mittleres SpO₂ (üblich {usual.spo2.mean}).",
		"R-09.head.time":     "die Sauerstoffsättigung lag länger unter {limit.$q} als in jeder der {nights.which} {nights.below.$q.seconds|Nacht|Nächte}",
		"R-09.head.falls":    "Abfälle waren häufiger als in jeder der {nights.which} {nights.odi4.per_h|Nacht|Nächte}",
		"R-09.head.mean":     "keine der {nights.which} {nights.spo2.mean|Nacht|Nächte} hatte eine tiefere mittlere Sauerstoffsättigung",

		"R-16.finding":  "McGill-Oximetriewert {mcgill.score} auf seiner Skala von {mcgill.low} bis {mcgill.high}",
		"R-16.sentence": "Der McGill-Oximetriewert war {mcgill.score} auf seiner Skala von {mcgill.low} bis {mcgill.high}; er gilt für Kinder ab einem Jahr, und ein niedriger Wert schließt nichts aus.",
		"R-16.headline": "der McGill-Oximetriewert war {mcgill.score} auf seiner Skala von {mcgill.low} bis {mcgill.high}",

		"R-17.finding":        "{>label.$id} {$id}, veröffentlicht {band.$n.low} bis {band.$n.high} ({band.$n.what}; {band.$n.source})",
		"R-17.finding.single": "{>label.$id} {$id}, veröffentlicht {band.$n.high} ({band.$n.what}; {band.$n.source})",
		"R-17.single":         "{>label.$id}: {$id}; veröffentlicht für {band.$n.group}: {band.$n.high} ({band.$n.what}; {band.$n.source}).",
		"R-17.outside":        "{>label.$id}: {$id}, außerhalb der veröffentlichten {band.$n.low} bis {band.$n.high} ({band.$n.what}) für {band.$n.group} ({band.$n.source}).",
		"R-17.inside":         "{>label.$id}: {$id}, innerhalb der veröffentlichten {band.$n.low} bis {band.$n.high} ({band.$n.what}) für {band.$n.group} ({band.$n.source}).",
		"R-17.beside":         "{>label.$id}: {$id}; veröffentlicht für {band.$n.group}: {band.$n.low} bis {band.$n.high} ({band.$n.what}; {band.$n.source}).",
		"R-17.headline":       "eine Zahl liegt außerhalb des für dieses Alter veröffentlichten Bereichs",

		"R-19.finding":  "Nicht berechnet: {>label.$id} ({not_computed.$id})",
		"R-19.sentence": "Nicht berechnet: {>label.$id} ({not_computed.$id}).",

		"label.spo2.mean":          "Mittleres SpO₂",
		"label.spo2.median":        "Median von SpO₂",
		"label.spo2.min":           "Tiefstes SpO₂",
		"label.spo2.p5":            "Fünfte Perzentile von SpO₂",
		"label.spo2.p10":           "Zehnte Perzentile von SpO₂",
		"label.below.90.pct":       "Zeit unter {limit.90}",
		"label.below.92.pct":       "Zeit unter {limit.92}",
		"label.odi3.per_h":         "Abfälle um {fall.small} oder mehr",
		"label.odi4.per_h":         "Abfälle um {fall.large} oder mehr",
		"label.di12":               "Delta-Index",
		"label.clusters.count":     "Häufungen von Abfällen",
		"label.rate.cluster.per_h": "Häufungen pro Stunde",
		"label.mcgill.score":       "McGill-Oximetriewert",
		"label.psd.band_ratio":     "Rhythmus von SpO₂",

		"headline.urgent":    "Bitte umgehend ärztlichen Rat holen: ",
		"headline.attention": "Einen ärztlichen Blick wert: ",
		"headline.note":      "Beim nächsten Termin erwähnen: ",
		"headline.info":      "Nach diesen Regeln verlangt hier nichts einen ärztlichen Blick: ",
		"headline.figures":   "die Sauerstoffsättigung betrug im Mittel {spo2.mean} und lag für {below.90.seconds} unter {limit.90}[, davon {doubted.below.90.seconds} zweifelhaftes Signal]",
		"headline.never":     "die Sauerstoffsättigung betrug im Mittel {spo2.mean} und lag nie unter {limit.90}",
		"headline.nothing":   "siehe die Befunde unten",
		"headline.low":       "Zu wenig nutzbares Signal für ein Urteil, aber was gemessen wurde, ist einen ärztlichen Blick wert",
		"headline.little":    "Zu wenig nutzbares Signal, um diese Aufzeichnung zu beurteilen",
		"headline.hours":     ": {time.valid_s} nutzbar, mindestens {need.valid_s} nötig",
		"headline.share":     ": zu {time.valid_pct} nutzbar, mindestens {need.valid_pct} nötig",
		"headline.score":     ": Punktzahl der Signalqualität {quality.score}, mindestens {need.score} nötig",
		"headline.none":      "In dieser Aufzeichnung fanden sich keine nutzbaren Sauerstoffwerte",

		"advice.urgent":    "Holen Sie umgehend ärztlichen Rat, wenn möglich heute, und zeigen Sie diese Aufzeichnung.",
		"advice.attention": "Zeigen Sie diese Aufzeichnung ärztlich, und bringen Sie die Notizen der Nacht mit.",
		"advice.note":      "Erwähnen Sie diese Aufzeichnung beim nächsten Termin.",
		"advice.info":      "Keine Regel dieser Übersicht verlangt etwas. Wie die Person aussieht, atmet und sich verhält, zählt mehr als jede Zahl; holen Sie ärztlichen Rat, wenn Sie sich sorgen.",
		"advice.low":       "Zeigen Sie diese Aufzeichnung bald ärztlich, und fragen Sie, ob sie wiederholt werden soll.",
		"advice.little":    "Aus so wenig Signal lässt sich nichts schließen: Eine längere Aufzeichnung mit gut sitzendem Sensor sagt mehr. Holen Sie ärztlichen Rat, wenn Sie sich sorgen.",

		"limits.accuracy": "Oximeter messen meist auf {accuracy.low} bis {accuracy.high} des wahren arteriellen Wertes genau, weniger genau bei Bewegung, auf kalter Haut, bei schwacher Durchblutung und bei dunklerer Haut.",
		"limits.cannot":   "Oximetrie allein kann weder Schlaf noch Kohlendioxid, Atemanstrengung oder die Art einer Apnoe zeigen, und tiefe Werte sagen nicht, woher sie kommen.",
		"emergency":       "Wenn die aufgezeichnete Person blau oder grau aussieht, schlaff ist, nicht reagiert oder um Atem ringt, rufen Sie sofort den Notruf.",
		"disclaimer":      "pleth ist kein Medizinprodukt und nicht zur Diagnose oder Lebenserhaltung gedacht. Diese Übersicht entsteht nach festen Regeln aus dem, was der Sensor aufgezeichnet hat; sie ersetzt weder das Beobachten der Person noch ein ärztliches Urteil. Aufzeichnen senkt das Risiko des plötzlichen Kindstods (SIDS) nicht.",

		"question.repeat": "Soll die Aufzeichnung wiederholt werden, und wie hält der Sensor am besten?",
		"question.target": "Welche Sauerstoffsättigung sollen wir im Schlaf anstreben, und unter welchem Wert sollen wir anrufen?",
		"question.long":   "Woher könnten die langen Abfälle kommen, und was sollen wir tun, wenn wir einen sehen?",
		"question.why":    "Würde eine weitere Untersuchung helfen zu sehen, warum die Sauerstoffsättigung immer wieder fällt?",
		"question.differ": "Was könnte erklären, dass es sich geändert hat, und soll bald wieder aufgezeichnet werden?",
		"question.age":    "Was ist in diesem Alter und mit diesem Gerät zu erwarten?",
	},
}

// germanWords are the words of the forms (english.go) in German.
var germanWords = strings.NewReplacer(
	wordUnder+" ", "unter ", wordOver+" ", "über ", " "+perHour, " pro Stunde", afterStart+" ", "nach ", atTime+" ", "um ",
	nbsp+"years", nbsp+"Jahre", nbsp+"year", nbsp+"Jahr", nbsp+"months", nbsp+"Monate", nbsp+"month", nbsp+"Monat",
	nbsp+"weeks", nbsp+"Wochen", nbsp+"week", nbsp+"Woche", nbsp+"days", nbsp+"Tage", nbsp+"day", nbsp+"Tag",
)

// toGerman returns a printed number with its words and its decimal sign in German.
func toGerman(text string) string {
	b := []byte(germanWords.Replace(text))
	for i := 1; i+1 < len(b); i++ {
		if b[i] == '.' && digit(b[i-1]) && digit(b[i+1]) {
			b[i] = ','
		}
	}
	return string(b)
}

func digit(c byte) bool { return c >= '0' && c <= '9' }
