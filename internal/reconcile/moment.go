package reconcile

import (
	"bytes"
	"errors"
	"time"
)

// localForms are how systems write a time without its zone.
var localForms = []string{"2006-01-02T15:04:05.999999999", "2006-01-02 15:04:05.999999999", "2006-01-02T15:04", "2006-01-02 15:04", "2006-01-02"}

// parseTime reads a time; zone is that of times without one, nil: such a time
// cannot be placed.
func parseTime(c Cell, zone *time.Location) (time.Time, error) {
	t, _, err := parseEither(c, zone)
	return t, err
}

// parseEither is parseTime for an hour that clocks show twice, too: a time
// without a zone in it may be early or late, which are the same elsewhere.
func parseEither(c Cell, zone *time.Location) (early, late time.Time, err error) {
	t, local, err := parsePlaced(c, zone)
	if err != nil || !local {
		return t, t, err
	}
	begin, end := t.ZoneBounds()
	_, is := t.Zone()
	if _, next := end.Zone(); !end.IsZero() && next < is {
		if back := time.Duration(is-next) * time.Second; !t.Before(end.Add(-back)) {
			return t, t.Add(back), nil
		}
	}
	if _, was := begin.Add(-1).In(zone).Zone(); !begin.IsZero() && was > is {
		if back := time.Duration(was-is) * time.Second; t.Before(begin.Add(back)) {
			return t.Add(-back), t, nil
		}
	}
	return t, t, nil
}

// parsePlaced reads a time, and says whether its zone is that of the side.
func parsePlaced(c Cell, zone *time.Location) (t time.Time, local bool, err error) {
	text := bytes.TrimSpace(c.Text)
	if c.Null || len(text) == 0 {
		return time.Time{}, false, errors.New("the record has no time")
	}
	if len(text) > 40 {
		return time.Time{}, false, errors.New("the time of the record cannot be read")
	}
	s := string(text)
	if len(text) > 10 && text[10] == ' ' {
		s = s[:10] + "T" + s[11:]
	}
	for _, form := range []string{time.RFC3339Nano, "2006-01-02T15:04:05.999999999Z0700", "2006-01-02T15:04:05.999999999Z07"} {
		if t, err := time.Parse(form, s); err == nil {
			return t, false, nil
		}
	}
	for _, form := range localForms {
		if _, err := time.Parse(form, string(text)); err != nil {
			continue
		}
		if zone == nil {
			return time.Time{}, false, errors.New("a time without a zone: say the zone of the system")
		}
		if t, err = time.ParseInLocation(form, string(text), zone); err == nil {
			return t, true, nil
		}
	}
	return time.Time{}, false, errors.New("the time of the record cannot be read")
}

// appendLocal appends a compared time in UTC; one without a zone is taken in
// that of its side. What is no time is compared as any cell.
func appendLocal(dst []byte, c Cell, zone *time.Location, fold bool) ([]byte, kind) {
	t, err := parseTime(c, zone)
	if err != nil {
		return canonical(dst, c, fold)
	}
	return t.UTC().Truncate(time.Millisecond).AppendFormat(dst, instantForm), instant
}

// instantForm is how an instant is written to be compared.
const instantForm = "2006-01-02T15:04:05.000Z"

// twice reports whether two canonical instants are an hour that the clocks of a
// zone show twice: a time without a zone in it may be either.
func twice(a, b []byte, zones [2]*time.Location) bool {
	x, err := time.Parse(instantForm, string(a))
	if err != nil {
		return false
	}
	y, err := time.Parse(instantForm, string(b))
	if err != nil || x.Equal(y) {
		return false
	}
	for _, zone := range zones {
		if zone != nil && x.In(zone).Format(time.DateTime) == y.In(zone).Format(time.DateTime) && x.Nanosecond() == y.Nanosecond() {
			return true
		}
	}
	return false
}
