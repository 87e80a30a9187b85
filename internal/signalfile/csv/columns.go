package csv

import (
	"fmt"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"pleth"
	"pleth/internal/device"
)

// role is what a column is read as: the time, the date, or a metric.
type role struct {
	kind   roleKind
	metric pleth.Metric
}

type roleKind uint8

const (
	ofTime roleKind = iota + 1
	ofDate
	ofMetric
)

var (
	timeRole = role{kind: ofTime}
	dateRole = role{kind: ofDate}
	spo2Role = role{ofMetric, pleth.SpO2}
)

// shortKeys are the words of --columns beside the wire names of the metrics.
var shortKeys = map[string]role{
	"time":  timeRole,
	"date":  dateRole,
	"pulse": {ofMetric, pleth.PulseRate},
	"pi":    {ofMetric, pleth.PerfusionIndex},
}

// wish is one part of --columns: this role is in the column of that name.
type wish struct {
	role role
	name string
}

const columnsForm = "write --columns time=NAME,spo2=NAME with the names of the header or numbers from 1; " +
	"further ones are date=, pulse=, motion=, pi= and temperature="

// CheckColumns returns an error that says the form if s is no --columns. A
// command calls it before it opens any file.
func CheckColumns(s string) error {
	_, err := parseColumns(s)
	return err
}

// parseColumns reads --columns. Its errors are of the command, not of the file.
func parseColumns(s string) ([]wish, error) {
	bad := func(what string) error { return &device.Error{What: "--columns " + what, Do: columnsForm} }
	var wishes []wish
	taken := map[role]bool{}
	for part := range strings.SplitSeq(s, ",") {
		key, name, ok := strings.Cut(part, "=")
		key, name = strings.ToLower(strings.TrimSpace(key)), plainName([]byte(name))
		if !ok || key == "" || name == "" {
			return nil, bad(fmt.Sprintf("holds %q, which has not the form key=column", part))
		}
		r, ok := shortKeys[key]
		if m, metric := pleth.ParseMetric(key); metric {
			r, ok = role{ofMetric, m}, true
		}
		if !ok {
			return nil, bad(fmt.Sprintf("has the key %q, which there is not", key))
		}
		if taken[r] {
			return nil, bad(fmt.Sprintf("has %q twice", key))
		}
		taken[r] = true
		wishes = append(wishes, wish{r, name})
	}
	if !taken[spo2Role] {
		return nil, bad("names no column of SpO2")
	}
	if taken[dateRole] && !taken[timeRole] {
		return nil, bad("names a column of dates but none of times")
	}
	return wishes, nil
}

// number returns the 0-based index that the name is as a column number.
func (w wish) number() (int, bool) {
	n, err := strconv.Atoi(w.name)
	return n - 1, err == nil && n > 0
}

// selfExplaining are the names that say what a column holds, in lower case
// letters and digits alone.
var selfExplaining = map[string]role{
	"time": timeRole, "timestamp": timeRole, "datetime": timeRole, "datetimestamp": timeRole, "t": timeRole, "ts": timeRole,
	"sec": timeRole, "secs": timeRole, "second": timeRole, "seconds": timeRole, "elapsed": timeRole, "elapsedtime": timeRole,
	"elapsedseconds": timeRole, "epoch": timeRole, "unixtime": timeRole,
	"date": dateRole, "day": dateRole,
	"spo2": spo2Role, "oxygen": spo2Role, "oxygenlevel": spo2Role, "oxygensaturation": spo2Role, "bloodoxygen": spo2Role,
	"o2sat": spo2Role, "o2saturation": spo2Role, "saturation": spo2Role, "spo2value": spo2Role,
	"pulse": {ofMetric, pleth.PulseRate}, "pulserate": {ofMetric, pleth.PulseRate}, "pr": {ofMetric, pleth.PulseRate},
	"hr": {ofMetric, pleth.PulseRate}, "heartrate": {ofMetric, pleth.PulseRate}, "bpm": {ofMetric, pleth.PulseRate},
	"motion": {ofMetric, pleth.Motion}, "movement": {ofMetric, pleth.Motion},
	"pi": {ofMetric, pleth.PerfusionIndex}, "perfusionindex": {ofMetric, pleth.PerfusionIndex},
	"temperature": {ofMetric, pleth.Temperature}, "temp": {ofMetric, pleth.Temperature},
}

// units are what may stand behind a name, as in "t_s", "SpO2(%)", "PR [bpm]".
var units = map[string]bool{
	"%": true, "s": true, "sec": true, "seconds": true, "ms": true, "msec": true, "min": true, "bpm": true, "/min": true,
	"1/min": true, "c": true, "°c": true, "pct": true, "percent": true, "utc": true, "local": true, "unix": true,
}

// splitUnit returns a plain name in lower case without the unit behind it,
// and the unit.
func splitUnit(name string) (string, string) {
	name = strings.ToLower(name)
	if open := strings.IndexAny(name, "(["); open > 0 {
		if unit := strings.Trim(name[open:], "()[] "); units[unit] {
			return strings.TrimRight(name[:open], " _"), unit
		}
	}
	if i := strings.LastIndexAny(name, "_ "); i > 0 && units[name[i+1:]] {
		return strings.TrimRight(name[:i], " _"), name[i+1:]
	}
	return name, ""
}

// explained returns what a column of that name holds, if the name says so.
func explained(name string) (role, bool) {
	name, unit := splitUnit(name)
	r, ok := selfExplaining[strings.Map(func(r rune) rune {
		switch {
		case r == '₂':
			return '2'
		case unicode.IsLetter(r) || unicode.IsDigit(r):
			return r
		}
		return -1
	}, name)]
	// "spo2_min" is the lowest SpO2 of something, no SpO2 in minutes.
	return r, ok && (unit != "min" || r == timeRole)
}

// plainName returns a header name without quotes and blanks around it, in
// UTF-8: bytes that are not are taken as Latin-1.
func plainName(b []byte) string {
	s := string(b)
	if !utf8.Valid(b) {
		runes := make([]rune, len(b))
		for i, c := range b {
			runes[i] = rune(c)
		}
		s = string(runes)
	}
	return strings.TrimFunc(s, func(r rune) bool { return unicode.IsSpace(r) || r == '"' || r == '\'' || r == '\uFEFF' })
}

// columnUnit returns the nanoseconds that 1 in a column of elapsed time of
// that name stands for.
func columnUnit(name string) int64 {
	_, unit := splitUnit(name)
	switch unit {
	case "ms", "msec":
		return device.Second / 1000
	case "min":
		return 60 * device.Second
	}
	return device.Second
}
