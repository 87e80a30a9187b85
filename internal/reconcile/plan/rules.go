package plan

import (
	"fmt"
	"math/big"
	"regexp"
	"slices"
	"strings"
	"time"

	"pleth/internal/reconcile"
)

// Threshold is how far the sides of a bucket may differ.
type Threshold struct {
	Text    string
	Measure int // in Spec.Measures; -1: the number of records
	Limit   *big.Rat
	Percent bool
}

var thresholdForm = regexp.MustCompile(`^(.+?) differs? by > ?([0-9]+(?:\.[0-9]+)?) ?(%?)$`)

// ParseThreshold reads "orders differ by > 2 %" or "total differs by > 10". The
// first word is that of the records, or a measure.
func ParseThreshold(text, records string, measures []reconcile.Column) (Threshold, error) {
	m := thresholdForm.FindStringSubmatch(strings.TrimSpace(text))
	if m == nil {
		return Threshold{}, fmt.Errorf("%q: write \"%s differ by > 2 %%\"", text, records)
	}
	t := Threshold{Text: text, Measure: -1, Percent: m[3] == "%"}
	t.Limit, _ = new(big.Rat).SetString(m[2])
	if m[1] == records || m[1] == "records" {
		return t, nil
	}
	if t.Measure = slices.IndexFunc(measures, func(c reconcile.Column) bool { return c.A == m[1] }); t.Measure < 0 {
		return t, fmt.Errorf("%q: %q is neither %s nor a measure", text, m[1], records)
	}
	return t, nil
}

// Exceeded reports whether two numbers differ by more than the threshold, with
// the difference in percent of a; a bucket that is empty on one side alone
// differs by 100 %.
func (t *Threshold) Exceeded(a, b *big.Rat) (percent float64, exceeded bool) {
	diff := new(big.Rat).Sub(a, b)
	diff.Abs(diff)
	share := new(big.Rat)
	switch {
	case diff.Sign() == 0:
	case a.Sign() == 0:
		share.SetInt64(100)
	default:
		share.Quo(diff, new(big.Rat).Abs(a))
		share.Mul(share, big.NewRat(100, 1))
	}
	percent, _ = share.Float64()
	if t.Percent {
		return percent, share.Cmp(t.Limit) > 0
	}
	return percent, diff.Cmp(t.Limit) > 0
}

// Calendar says when a system is at work.
type Calendar struct {
	zone     *time.Location
	days     [7]bool
	from, to time.Duration // since midnight
	holidays map[string]bool
}

var weekdays = []string{"sun", "mon", "tue", "wed", "thu", "fri", "sat"}

func (c *CalendarSettings) calendar(zone *time.Location) (*Calendar, error) {
	out := &Calendar{zone: zone, to: 24 * time.Hour, holidays: map[string]bool{}}
	if zone == nil {
		out.zone = time.UTC
	}
	for _, d := range c.Days {
		i := slices.Index(weekdays, strings.ToLower(d))
		if i < 0 {
			return nil, fmt.Errorf("%q is no day: mon, tue, wed, thu, fri, sat, sun", d)
		}
		out.days[i] = true
	}
	if len(c.Days) == 0 {
		out.days = [7]bool{true, true, true, true, true, true, true}
	}
	for _, t := range []struct {
		text string
		to   *time.Duration
	}{{c.From, &out.from}, {c.To, &out.to}} {
		if t.text == "" {
			continue
		}
		at, err := time.Parse("15:04", t.text)
		if err != nil {
			return nil, fmt.Errorf("%q is no time of day: write 08:00", t.text)
		}
		*t.to = time.Duration(at.Hour())*time.Hour + time.Duration(at.Minute())*time.Minute
	}
	if out.from >= out.to {
		return nil, fmt.Errorf("the working hours end before they begin")
	}
	for _, h := range c.Holidays {
		if _, err := time.Parse(time.DateOnly, h); err != nil {
			return nil, fmt.Errorf("%q is no date: write 2026-12-25", h)
		}
		out.holidays[h] = true
	}
	return out, nil
}

// Works reports whether the system works on a day at all.
func (c *Calendar) Works(day string) bool {
	if c == nil {
		return true
	}
	t, err := time.Parse(time.DateOnly, day)
	return err == nil && c.days[t.Weekday()] && !c.holidays[day]
}

// Between returns how much working time lies between two instants, at most
// about 60 days of it.
func (c *Calendar) Between(from, to time.Time) time.Duration {
	if c == nil || !from.Before(to) {
		return max(0, to.Sub(from))
	}
	var sum time.Duration
	y, m, d := from.In(c.zone).Date()
	for i := range 60 {
		day := time.Date(y, m, d+i, 0, 0, 0, 0, c.zone)
		if !day.Before(to) {
			break
		}
		if !c.Works(day.Format(time.DateOnly)) {
			continue
		}
		clock := func(of time.Duration) time.Time {
			return time.Date(day.Year(), day.Month(), day.Day(), int(of.Hours()), int(of.Minutes())%60, 0, 0, c.zone)
		}
		begin, end := clock(c.from), clock(c.to)
		if begin.Before(from) {
			begin = from
		}
		if end.After(to) {
			end = to
		}
		sum += max(0, end.Sub(begin))
	}
	return sum
}
