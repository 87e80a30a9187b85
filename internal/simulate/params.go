package simulate

import (
	"fmt"
	"time"
)

// Profile is a kind of patient.
type Profile string

// The profiles. Preterm is a preterm infant near term age.
const (
	Adult   Profile = "adult"
	Child   Profile = "child"
	Infant  Profile = "infant"
	Preterm Profile = "preterm"
)

// Profiles returns every profile in its fixed order.
func Profiles() []Profile { return []Profile{Adult, Child, Infant, Preterm} }

// Activity is how much the patient moves.
type Activity string

// The activities: Quiet as adults were recorded at home, Restless with motion
// in much of the night, false readings in it, and signal lost by it.
const (
	Quiet    Activity = "quiet"
	Restless Activity = "restless"
)

// Activities returns every activity in its fixed order.
func Activities() []Activity { return []Activity{Quiet, Restless} }

// Bounds of a night. A year at one row a second takes gigabytes: the bounds
// keep a slip of the pen from asking for it.
const (
	MaxLength    = 31 * 24 * time.Hour
	MinInterval  = 10 * time.Millisecond
	MaxInterval  = time.Minute
	MaxAveraging = time.Minute
	maxRows      = 16 << 20
)

const (
	day   = 24 * time.Hour
	month = 30 * day
	year  = 365 * day
)

// DefaultStart is when a night begins unless Params say otherwise.
var DefaultStart = time.Date(2026, 1, 14, 22, 0, 0, 0, time.UTC)

// Params say what night to make. The zero Params are a quiet adult's eight
// hours at one row a second.
type Params struct {
	Seed     uint64
	Profile  Profile       // "": by Age, or Adult
	Age      time.Duration // 0: the usual age of the profile; whole days count, and a newborn is a day old
	Activity Activity      // "": Quiet

	Start    time.Time     // its wall clock; the zone is not kept. Zero: 2026-01-14 22:00:00
	Length   time.Duration // whole seconds, at most MaxLength; 0: 8 h
	Interval time.Duration // between rows, whole milliseconds, MinInterval..MaxInterval; 0: 1 s

	// Averaging is how long the oximeter averages, in whole seconds of at most
	// MaxAveraging; 0: 4 s. Lag is how long it takes to show it beyond that.
	Averaging time.Duration
	Lag       time.Duration
	Decimals  uint8 // of SpO2 as it is shown: 0, 1 or 2
	Perfusion bool  // the device states the perfusion index

	// Events are written as docs/simulator.md says: exactly these happen, and
	// nothing is lost or disturbed besides. Empty: they are drawn from Profile
	// and Activity by Seed.
	Events string

	// Pristine leaves out noise, artefacts and losses: the same night as an
	// undisturbed device shows it.
	Pristine bool
}

// settled returns p with its defaults filled in, or what is wrong with it.
func (p Params) settled() (Params, error) {
	if p.Profile == "" {
		p.Profile = profileOf(p.Age)
	}
	body, ok := physiologies[p.Profile]
	if !ok {
		return p, fmt.Errorf("profile %q is not known: choose one of %v", p.Profile, Profiles())
	}
	if p.Activity == "" {
		p.Activity = Quiet
	}
	if _, ok := disturbances[p.Activity]; !ok {
		return p, fmt.Errorf("activity %q is not known: choose one of %v", p.Activity, Activities())
	}
	if p.Age > 0 {
		p.Age = max(p.Age.Truncate(day), day)
	}
	fill(&p.Age, body.age)
	fill(&p.Length, 8*time.Hour)
	fill(&p.Interval, time.Second)
	fill(&p.Averaging, 4*time.Second)
	if p.Start.IsZero() {
		p.Start = DefaultStart
	}
	y, m, d := p.Start.Date()
	p.Start = time.Date(y, m, d, p.Start.Hour(), p.Start.Minute(), p.Start.Second(), 0, time.UTC)
	return p, p.check()
}

func fill(d *time.Duration, usual time.Duration) {
	if *d == 0 {
		*d = usual
	}
}

func (p Params) check() error {
	for _, c := range []struct {
		what           string
		is             time.Duration
		low, high, per time.Duration
	}{
		{"age", p.Age, 0, 120 * year, 1},
		{"length", p.Length, time.Second, MaxLength, time.Second},
		{"interval", p.Interval, MinInterval, MaxInterval, time.Millisecond},
		{"averaging", p.Averaging, time.Second, MaxAveraging, time.Second},
		{"lag", p.Lag, 0, MaxAveraging, time.Second},
	} {
		if c.is < c.low || c.is > c.high {
			return fmt.Errorf("%s %v is not possible: it goes from %v to %v", c.what, c.is, c.low, c.high)
		}
		if c.is%c.per != 0 {
			return fmt.Errorf("%s %v is not possible: it goes in steps of %v", c.what, c.is, c.per)
		}
	}
	if p.Decimals > 2 {
		return fmt.Errorf("%d decimals are not possible: SpO2 is shown with 0, 1 or 2", p.Decimals)
	}
	if rows := p.Length / p.Interval; rows > maxRows {
		return fmt.Errorf("%d rows are too many: make the night shorter or the interval longer, at most %d", rows, maxRows)
	}
	if y := p.Start.Year(); y < 1970 || y > 2200 {
		return fmt.Errorf("the year %d is not possible: choose one from 1970 to 2200", y)
	}
	return nil
}

// profileOf returns the profile of an age; 0 is an unknown age.
func profileOf(age time.Duration) Profile {
	switch {
	case age <= 0 || age >= 16*year:
		return Adult
	case age >= year:
		return Child
	}
	return Infant
}
