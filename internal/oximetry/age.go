package oximetry

import (
	"fmt"
	"strings"
)

// Age is the age of a person as it was given, in months and days that are not
// turned into each other. The zero Age is unknown. An age corrected for
// prematurity is given like any other.
type Age struct {
	months, days int
	known        bool
	text         string
}

const (
	maxAgeMonths = 130 * 12
	daysPerYear  = 365
	yearMonths   = 12
)

// ageUnits are the letters of an age in their order.
var ageUnits = [...]struct {
	letter       byte
	months, days int
}{{'y', 12, 0}, {'m', 1, 0}, {'w', 0, 7}, {'d', 0, 1}}

// ParseAge reads whole numbers with the units y, m, w and d in falling order:
// "6y", "4m", "3w", "10d", "2y6m".
func ParseAge(text string) (Age, error) {
	a := Age{known: true, text: text}
	bad := fmt.Errorf("%q is no age: write 6y, 4m, 3w, 10d or 2y6m, at most 130 years", text)
	rest, unit := text, 0
	for rest != "" {
		digits := strings.IndexFunc(rest, func(r rune) bool { return r < '0' || r > '9' })
		if digits < 1 || digits > 4 {
			return Age{}, bad
		}
		n := 0
		for _, c := range rest[:digits] {
			n = 10*n + int(c-'0')
		}
		for unit < len(ageUnits) && ageUnits[unit].letter != rest[digits] {
			unit++
		}
		if unit == len(ageUnits) {
			return Age{}, bad
		}
		a.months += n * ageUnits[unit].months
		a.days += n * ageUnits[unit].days
		rest, unit = rest[digits+1:], unit+1
	}
	if text == "" || a.Months() > maxAgeMonths {
		return Age{}, bad
	}
	return a, nil
}

// Known reports whether the age was given.
func (a Age) Known() bool { return a.known }

// String returns the age as it was given, empty if unknown.
func (a Age) String() string { return a.text }

// AtLeast reports whether the age is known and so many months or more. Days
// beside months count as 365/12 of them to the month.
func (a Age) AtLeast(months int) bool {
	return a.known && a.months*daysPerYear+a.days*yearMonths >= months*daysPerYear
}

// Infant reports whether the age is known and below one year.
func (a Age) Infant() bool { return a.known && !a.AtLeast(yearMonths) }

// Months returns the completed months, 0 if unknown.
func (a Age) Months() int { return a.months + a.days*yearMonths/daysPerYear }

// Years returns the age in years, 0 if unknown.
func (a Age) Years() float64 { return float64(a.months)/yearMonths + float64(a.days)/daysPerYear }
