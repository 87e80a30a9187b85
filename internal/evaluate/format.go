package evaluate

import (
	"math"
	"strconv"
	"strings"
	"time"
)

// nbsp keeps a number and its unit on one line.
const nbsp = "\u00a0"

// Duration prints seconds in the two largest units: "12 s", "10 min 02 s",
// "8 h 01 min". Seconds are rounded to nearest; beside hours only whole minutes
// count, so 3 h 59 min 40 s does not pass for 4 h. A second unit of zero is
// left out: "4 h". What is above zero and below a second is "under 1 s".
func Duration(seconds float64) string {
	switch s := roundDuration(seconds); {
	case s > 0 && s < 1:
		return wordUnder + " " + Seconds(1)
	case s < 60:
		return whole(s) + nbsp + unitSecond
	case s < 3600:
		return twoUnits(math.Floor(s/60), unitMinute, math.Mod(s, 60), unitSecond)
	default:
		return twoUnits(math.Floor(s/3600), unitHour, math.Floor(math.Mod(s, 3600)/60), unitMinute)
	}
}

func twoUnits(a float64, unitA string, b float64, unitB string) string {
	text := whole(a) + nbsp + unitA
	switch {
	case b >= 10:
		text += " " + whole(b) + nbsp + unitB
	case b > 0:
		text += " 0" + whole(b) + nbsp + unitB
	}
	return text
}

// roundDuration returns what Duration shows, in seconds; half a second for
// what is under one.
func roundDuration(s float64) float64 {
	if s > 0 && s < 1 {
		return 0.5
	}
	if s = math.Round(s); s >= 3600 {
		s = math.Floor(s/60) * 60
	}
	return s
}

// Seconds prints a short time to the millisecond: "4 s", "1.024 s".
func Seconds(s float64) string {
	return strconv.FormatFloat(nearest(s, 3), 'f', -1, 64) + nbsp + unitSecond
}

// Percent prints a percentage with one decimal, rounded to nearest: "95.4 %".
func Percent(v float64) string { return fixed(v, 1) + nbsp + "%" }

// Share prints a share of time as Percent does; what is above zero and rounds
// to zero is "under 0.1 %".
func Share(v float64) string {
	if v > 0 && nearest(v, 1) == 0 {
		return wordUnder + " " + Percent(0.1)
	}
	return Percent(v)
}

// WholePercent prints a percentage rounded to the nearest whole: "98 %". What
// is not all and rounds to it is "over 99 %".
func WholePercent(v float64) string {
	if v < 100 && nearest(v, 0) == 100 {
		return wordOver + " " + WholePercent(99)
	}
	return fixed(v, 0) + nbsp + "%"
}

// Reading prints one reading of SpO2, rounded down to a tenth and without a
// decimal where that is zero: "80 %", "84.9 %". A reading below a limit never
// prints as the limit.
func Reading(v float64) string {
	return strconv.FormatFloat(down(v, 10), 'f', -1, 64) + nbsp + "%"
}

// PerHour prints a rate with one decimal, rounded to nearest: "6.0 per hour".
func PerHour(v float64) string { return fixed(v, 1) + " " + perHour }

// PerMinute prints a pulse rate, rounded to nearest: "63/min".
func PerMinute(v float64) string { return fixed(v, 0) + perMinute }

// Count prints a whole number.
func Count(v float64) string { return whole(v) }

// Moment prints when something offset seconds after start happened: "at
// 03:22", or "after 3 h 10 min" where start is zero.
func Moment(start time.Time, offset float64) string {
	if start.IsZero() {
		return afterStart + " " + Duration(offset)
	}
	return atTime + " " + start.Add(time.Duration(offset*float64(time.Second))).Format("15:04")
}

// Age prints an age in years from two years on, in months from three months
// on, in weeks from one week on, else in days, each rounded down.
func Age(years float64) string {
	months, days := down(years*12, 1), down(years*365.25, 1)
	switch {
	case years >= 2:
		return plural(math.Floor(years), unitYear)
	case months >= 3:
		return plural(months, unitMonth)
	case days >= 7:
		return plural(math.Floor(days/7), unitWeek)
	}
	return plural(days, unitDay)
}

// plural prints n with its noun, given as "one|many".
func plural(n float64, forms string) string {
	one, many, _ := strings.Cut(forms, "|")
	if n == 1 {
		many = one
	}
	return whole(n) + nbsp + many
}

// quoted prints a figure as it was published.
func quoted(v float64) string { return strconv.FormatFloat(v, 'f', -1, 64) }

func whole(v float64) string { return strconv.FormatFloat(math.Floor(v), 'f', 0, 64) }

func fixed(v float64, decimals int) string {
	return strconv.FormatFloat(nearest(v, decimals), 'f', decimals, 64)
}

// nearest rounds v to decimals as it prints.
func nearest(v float64, decimals int) float64 {
	r, err := strconv.ParseFloat(strconv.FormatFloat(v, 'f', decimals, 64), 64)
	if err != nil {
		return v
	}
	return r + 0 // no minus before a zero
}

// down rounds v down to a multiple of 1/per. A value within 1e-7 below a
// multiple is that multiple: it is only so by the error of floats.
func down(v, per float64) float64 { return math.Floor(v*per+1e-7*per) / per }
