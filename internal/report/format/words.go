package format

import (
	"fmt"
	"strings"
	"time"
)

// Words is every text of the reports in one language. A text with verbs is a
// format; the comment says of what.
type Words struct {
	Lang string // BCP 47

	// The head of the page.
	Title, TitleDay                          string
	NightOf, NightTo, RecordingOf            string // date
	NoClock                                  string
	Patient, Recording, Device, Conditions   string
	Age                                      string               // age
	AgeUnits                                 map[string][2]string // short unit to one and many
	AgeNotGiven, NotStated, ConditionsDetail string
	NoClockDetail, ZoneUnknown               string
	Zone                                     string // zone
	Firmware, Serial                         string // text
	Averaging, Interval                      string // duration
	AveragingUnknown                         string

	// The evaluation.
	Levels        [4]string // info, note, attention, urgent
	NotEvaluated  string
	OnlyUsable    string // duration, duration
	Evaluation    string
	RulesVersion  string // version
	NoFindings    string
	MoreFindings  string // number
	NotInDocument string

	// The six figures.
	Below90, Below88, Lowest, Dips4, Mean, Usable string
	PerHour                                       string
	UsualIs, MedianIs, OfUsable                   string // value
	InAll                                         string // number
	At                                            string // time

	// The trace.
	SpO2, SpO2Pre, SpO2Post, Pulse string
	TraceAndPulse                  string // name
	TraceLabel                     string // name, start, end, mean, lowest, dips, gaps
	TraceKey, NoPulse, FromStart   string

	// The tables.
	TimeInRange, OfUsableTime  string
	Ranges                     [4]string
	HourByHour, NoHours        string
	HourHeads                  [6]string
	DeepestDips, NoDips        string
	Of                         string // number
	DipHeads                   [5]string
	AtEachLevel                string
	TrendTitle, TrendTitleLast string // nights
	ClinicianNote              string

	// The foot.
	Disclaimer                                            string
	DefineTime, DefineDip, DefineUsualOne                 string
	DefineDipBy                                           string // method
	DefineUsual                                           string // nights
	Program, Commit, RuleSet, ConfigDigest, Session, Data string
	AndMore                                               string // number
	PageOf                                                string // page, pages

	// The comparison.
	CompareTitle                                      string // night, other nights
	OtherNight, OtherNights, NightNumber              string // number
	ComparedByClock, ComparedFromStart, ThisNight     string
	ThroughTheNight                                   string
	RibbonKey                                         [4]string
	FiguresCompared, PlaceMeaning                     string
	PlaceHeads                                        [5]string
	Place                                             string // rank, of
	NightsOnOneClock, NightsFromStart, BelowAndLowest string
	LowestShort                                       string // value
	NoTrace                                           string
	metrics                                           map[string]string

	// The quality.
	Grade                                           string // grade, score
	Grades                                          map[string]string
	QualityGrade, LongestGap, Suspect, Interpolated string
	UsableOf                                        string // duration, duration
	reasons                                         map[string]string

	HTML     HTML
	Terminal Terminal

	weekdays  [7]string // Sunday first
	months    [12]string
	date      string // weekday, day, month, year
	shortDate string // weekday, day, month; it cuts the names
	point     string // between the whole and the decimals of a number
}

// Languages returns the codes of the languages that reports are written in.
func Languages() []string { return []string{"en", "de"} }

// In returns the words of the language with that code, English where there is
// none.
func In(lang string) *Words {
	if lang == "de" {
		return German()
	}
	return English()
}

// Local returns text with the decimal sign of the language in every number.
func (w *Words) Local(text string) string {
	if w.point == "." {
		return text
	}
	var b strings.Builder
	for i := range len(text) {
		if text[i] == '.' && i > 0 && i+1 < len(text) && digit(text[i-1]) && digit(text[i+1]) {
			b.WriteString(w.point)
		} else {
			b.WriteByte(text[i])
		}
	}
	return b.String()
}

func digit(c byte) bool { return c >= '0' && c <= '9' }

// HTML is the texts that only the page for the browser has.
type HTML struct {
	Help, KeysHelp                                  string
	ZoomIn, ZoomOut, Whole, Previous, Next          string
	Readout                                         string // what the readout shows before there is a cursor
	None                                            string // in the readout: nothing was measured
	Dip                                             string // drop, lowest, length
	RibbonLabel                                     string // other nights
	More, Events, AsTable, Night, Below             string
	Quality, Reasons, AllFigures, Missing, Warnings string
	Origin, ID, Value, Why, Where, What             string
	NoScript, Words                                 string
}

// Terminal is the texts that only the terminal has.
type Terminal struct {
	Quality, Recording, Findings, Written, Warnings string
	Heads                                           [8]string
	Night, Nights                                   string // number
	Failed                                          string // number
	NoSession                                       string
}

// Date returns the day of t in full: "Tuesday 17 November 2026".
func (w *Words) Date(t time.Time) string {
	return fmt.Sprintf(w.date, w.weekdays[t.Weekday()], t.Day(), w.months[t.Month()-1], t.Year())
}

// ShortDate returns the day of t without the year: "Tue 17 Nov".
func (w *Words) ShortDate(t time.Time) string {
	return fmt.Sprintf(w.shortDate, w.weekdays[t.Weekday()], t.Day(), w.months[t.Month()-1])
}

// Metric returns the name of a metric id, or the id itself.
func (w *Words) Metric(id string) string {
	if name, ok := w.metrics[id]; ok {
		return name
	}
	return id
}

// Reason returns the name of a reason of quality, or the reason itself.
func (w *Words) Reason(id string) string {
	if name, ok := w.reasons[id]; ok {
		return name
	}
	return id
}
