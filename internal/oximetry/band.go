package oximetry

import (
	"slices"
	"time"
)

// Study is a published series that bands come from.
type Study struct {
	Group                string // who was measured
	FromMonths, ToMonths int    // of age, the second exclusive
	Method               string // how
	Source               string // citation
}

// Band is a pair of published figures of one metric in the group of a study.
// It describes that group; it is no limit of health.
// Rule and sources: docs/definitions/bands.md.
type Band struct {
	Study
	Metric    string // id of ours that measures the same
	Low, High float64
	What      string // what the figures are
	Bounds    bool   // they bound most of the group; false for a mean and its confidence interval

	// Averaging is the longest averaging of an oximeter that fits the study.
	// Of two special values, notStated never fits: the study does not say, and
	// the metric depends on it; anyAveraging always does, but for infants.
	Averaging time.Duration
	// Falls is the method of the falls that the metric counts, by name; empty
	// for a metric that counts none. No study of infants used one of ours.
	Falls string
}

const (
	notStated    time.Duration = 0
	anyAveraging time.Duration = -1
)

const (
	interval95 = "95 % confidence interval of the mean"
	fromFifth  = "from the 5th centile up"
	toNinety5  = "up to the 95th centile"
	average    = "average of the group"
)

var (
	evans1   = Study{"45 healthy infants of 1 month", 1, 2, "Masimo at home, averaging not stated", "Evans 2018, Arch Dis Child 103:868"}
	evans3   = Study{"38 healthy infants of 3 to 4 months", 3, 5, evans1.Method, evans1.Source}
	terrill  = Study{"34 healthy infants seen from 2 weeks to 24 months", 1, 24, "Masimo, averaging 2 s", "Terrill 2015, Arch Dis Child 100:18"}
	ers      = Study{"29 healthy infants of 1 to 2 months", 1, 3, "software of the study, not described", "ERS abstract 160759, Respir Med 2025"}
	adc2021  = Study{"66 healthy children of 6 months to 12 years", 6, 144, "oximetry in sleep", "Arch Dis Child 2021;106:583"}
	urschitz = Study{"90 healthy children of 9 years", 108, 120, "oximetry at home", "Urschitz 2003, Chest 123:96"}
)

var bands = []Band{
	{evans1, "spo2.median", 96.59, 97.52, interval95, false, notStated, ""},
	{evans1, "spo2.min", 78.8, 82.0, interval95, false, notStated, ""},
	{evans1, "below.90.pct", 0.26, 0.55, interval95, false, notStated, ""},
	{evans1, "below.92.pct", 0.60, 1.23, interval95, false, notStated, ""},
	{evans1, "di12", 0.88, 1.04, interval95, false, notStated, ""},
	{evans1, "odi3.per_h", 22.0, 28.8, interval95, false, notStated, "evans2018"},
	{evans1, "odi4.per_h", 13.7, 18.6, interval95, false, notStated, "evans2018"},
	{evans3, "below.90.pct", 0.06, 0.20, interval95, false, notStated, ""},
	{evans3, "odi3.per_h", 11.4, 16.5, interval95, false, notStated, "evans2018"},
	{evans3, "odi4.per_h", 6.5, 9.8, interval95, false, notStated, "evans2018"},
	{terrill, "spo2.median", 98, 99, "range of the group's median over the visits", false, 2 * time.Second, ""},
	{ers, "odi3.per_h", 2.2, 15.9, "range as published", false, notStated, "ers160759"},
	{adc2021, "spo2.median", 97.57, 97.57, average, false, anyAveraging, ""},
	{adc2021, "odi3.per_h", 0, 6.43, toNinety5, true, notStated, "adc2021"},
	{urschitz, "spo2.median", 97, 100, fromFifth, true, anyAveraging, ""},
	{urschitz, "spo2.p5", 95, 100, fromFifth, true, anyAveraging, ""},
	{urschitz, "spo2.min", 87.5, 100, fromFifth, true, notStated, ""},
	{urschitz, "odi4.per_h", 0, 3.9, toNinety5, true, notStated, "urschitz2003"},
}

// Bands returns every published band that pleth knows, whether or not a
// session can match it.
func Bands() []Band { return slices.Clone(bands) }

// BandsFor returns the bands that a session may be set beside: the age lies in
// the group, the falls were found by the method of the source, and the
// averaging of the oximeter is stated and fits where the measure depends on
// it; below one year of age it must be stated always. Nil where the age is
// unknown or nothing fits.
func BandsFor(age Age, averaging time.Duration, method Method) []Band {
	var out []Band
	for _, b := range bands {
		if b.fits(age, averaging, method) {
			out = append(out, b)
		}
	}
	return out
}

func (b *Band) fits(age Age, averaging time.Duration, method Method) bool {
	if !age.AtLeast(b.FromMonths) || age.AtLeast(b.ToMonths) || b.Falls != "" && b.Falls != method.String() {
		return false
	}
	if b.Averaging == anyAveraging {
		return !age.Infant()
	}
	return averaging > 0 && averaging <= b.Averaging
}
