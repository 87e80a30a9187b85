package evaluate

import (
	"strings"
	"time"
)

// kind is how the value of a reference is rounded and printed. A reference has
// one kind, so a value reads the same wherever it stands.
type kind uint8

const (
	kindCount kind = iota
	kindDuration
	kindSeconds
	kindPercent
	kindShare
	kindWholePercent
	kindReading
	kindHundredth
	kindPerHour
	kindPerMinute
	kindDeficit
	kindPeriod
	kindMagnitude
	kindProbability
	kindMoment
	kindAge
	kindFlag
	kindQuoted
	kindQuotedPercent
	kindQuotedRate
)

// kindInfo describes a kind: what it prints (for the page of rules) and the
// values that can be.
type kindInfo struct {
	name   string
	print  string // rounding and an example
	signed bool   // below zero is possible
}

var kinds = [...]kindInfo{
	kindCount:        {"count", "whole number", false},
	kindDuration:     {"duration", "nearest second, from an hour on whole minutes rounded down: 12 s, 10 min 02 s, 8 h 01 min", false},
	kindSeconds:      {"seconds", "nearest millisecond: 4 s, 1.024 s", false},
	kindPercent:      {"percent", "nearest tenth: 95.4 %", false},
	kindShare:        {"share", "nearest tenth: 3.5 %, under 0.1 %", false},
	kindWholePercent: {"whole percent", "nearest whole: 98 %, over 99 %", false},
	kindReading:      {"reading", "rounded down to a tenth: 80 %, 84.9 %", false},
	kindHundredth:    {"index", "nearest hundredth: 0.96 %", false},
	kindPerHour:      {"per hour", "nearest tenth: 6.0 per hour", false},
	kindPerMinute:    {"per minute", "nearest whole: 63/min", false},
	kindDeficit:      {"deficit", "nearest tenth: 1.2 %·min per hour", false},
	kindPeriod:       {"period", "1/Hz, nearest second: 45 s", false},
	kindMagnitude:    {"change", "without sign, nearest tenth: 3.2 %", true},
	kindProbability:  {"probability", "not printed", false},
	kindMoment:       {"moment", "after 3 h 10 min; a page with a clock says at 03:22", false},
	kindAge:          {"age", "rounded down: 6 years, 7 months, 10 days", false},
	kindFlag:         {"flag", "1 if it holds, not printed", false},

	kindQuoted:        {"quoted", "as published: 96.59", false},
	kindQuotedPercent: {"quoted percent", "as published: 97.52 %", false},
	kindQuotedRate:    {"quoted rate", "as published: 18.6 per hour", false},
}

// farthest bounds a moment: past 30 years after the start no clock is meant.
const farthest = 1e9

// kindRules finds the kind of a reference: the first entry whose pattern is
// the reference or, if it begins with "*", its end, or, if it ends with "*",
// its beginning.
var kindRules = []struct {
	pattern string
	kind    kind
}{
	{"highest.*", kindFlag},
	{"lowest.*", kindFlag},
	{"nights.*", kindCount},
	{"record.*", kindCount},
	{"time.valid_pct", kindWholePercent},
	{"need.valid_pct", kindWholePercent},
	{"interval_s", kindSeconds},
	{"averaging_s", kindSeconds},
	{"short.averaging_s", kindSeconds},
	{"spo2.mean", kindPercent},
	{"sd.high", kindReading},
	{"di12", kindHundredth},
	{"burden.desat", kindDeficit},
	{"*.area_pct_min_per_h", kindDeficit},
	{"psd.band_ratio", kindHundredth},
	{"psd.peak_hz", kindPeriod},
	{"trend.mann_kendall_p", kindProbability},
	{"trend.change", kindMagnitude},
	{"age.years", kindAge},
	{"limit.*", kindReading},
	{"fall.small", kindReading},
	{"fall.large", kindReading},
	{"accuracy.*", kindReading},
	{"rise.pulse", kindPerMinute},
	{"pulse.rises6.per_h", kindPerHour},
	{"pulse.*", kindPerMinute},
	{"spo2.*", kindReading},
	{"*.start_s", kindMoment},
	{"*.nadir_s", kindMoment},
	{"*_s", kindDuration},
	{"*.seconds", kindDuration},
	{"*.seconds_le", kindDuration},
	{"*.pct", kindShare},
	{"*.pct_le", kindShare},
	{"*_pct", kindShare},
	{"*.per_h", kindPerHour},
	{"*.lowest", kindReading},
	{"*.worst_nadir", kindReading},
	{"*.judged", kindFlag},
	{"*.infant", kindFlag},
	{"*.doubted", kindFlag},
	{"*.truncated", kindFlag},
	{"*.outside", kindFlag},
	{"*.single", kindFlag},
	{"*.worse", kindFlag},
}

// samePrefixes stand before a metric id and keep its kind.
var samePrefixes = [...]string{"trusted.", "doubted.", "usual.", "excess."}

// kindOf returns the kind of a reference; a count where no rule matches.
func kindOf(ref string) kind {
	ref = strings.TrimSuffix(ref, ".clean")
	for _, p := range samePrefixes {
		ref = strings.TrimPrefix(ref, p)
	}
	for _, r := range kindRules {
		switch {
		case r.pattern == ref,
			strings.HasPrefix(r.pattern, "*") && strings.HasSuffix(ref, r.pattern[1:]),
			strings.HasSuffix(r.pattern, "*") && strings.HasPrefix(ref, r.pattern[:len(r.pattern)-1]):
			return r.kind
		}
	}
	return kindCount
}

// possible reports whether v can be a value of kind k.
func (k kind) possible(v float64) bool {
	switch {
	case k == kindMoment:
		return v >= 0 && v <= farthest
	case k == kindPeriod:
		return v > 0 && finite(1/v)
	}
	return v >= 0 || kinds[k].signed
}

// round returns v as it prints. Rules compare what is printed, so that a text
// and its level never disagree.
func (k kind) round(v float64) float64 {
	switch k {
	case kindDuration:
		return roundDuration(v)
	case kindSeconds:
		return nearest(v, 3)
	case kindPercent, kindShare, kindPerHour, kindDeficit, kindMagnitude:
		return nearest(v, 1)
	case kindCount:
		return down(v, 1)
	case kindReading:
		return down(v, 10)
	case kindHundredth:
		return nearest(v, 2)
	case kindPerMinute, kindWholePercent:
		return nearest(v, 0)
	}
	return v
}

// text prints v; start is the clock for moments. Flags and probabilities are
// not printed.
func (k kind) text(v float64, start time.Time) string {
	switch k {
	case kindCount:
		return Count(down(v, 1))
	case kindDuration:
		return Duration(v)
	case kindSeconds:
		return Seconds(v)
	case kindPercent:
		return Percent(v)
	case kindShare:
		return Share(v)
	case kindWholePercent:
		return WholePercent(v)
	case kindReading:
		return Reading(v)
	case kindHundredth:
		return fixed(v, 2) + nbsp + "%"
	case kindPerHour:
		return PerHour(v)
	case kindPerMinute:
		return PerMinute(v)
	case kindDeficit:
		return fixed(v, 1) + nbsp + percentMinutes + " " + perHour
	case kindPeriod:
		return fixed(1/v, 0) + nbsp + unitSecond
	case kindMagnitude:
		if v < 0 {
			v = -v
		}
		return Percent(v)
	case kindMoment:
		return Moment(start, v)
	case kindAge:
		return Age(v)
	case kindQuoted:
		return quoted(v)
	case kindQuotedPercent:
		return quoted(v) + nbsp + "%"
	case kindQuotedRate:
		return quoted(v) + " " + perHour
	}
	return ""
}
