package watch

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"pleth"
	"pleth/internal/alarm"
	"pleth/internal/analysis"
	"pleth/internal/eventlog"
	"pleth/internal/reading"
	"pleth/internal/road"
	"pleth/internal/signal"
)

// Report counts alarms of one log, as they were and as other settings would
// have made them.
type Report struct {
	Devices     int       `json:"devices"`      // with readings
	DeviceHours float64   `json:"device_hours"` // in which readings came, breaks of up to a minute included
	Settings    []Outcome `json:"settings"`     // as they were first
}

// Outcome is what some settings come to.
type Outcome struct {
	Settings      string   `json:"settings"` // "as it was", or what differs
	Alarms        int      `json:"alarms"`   // that sounded
	PerDeviceHour float64  `json:"per_device_hour"`
	Conditions    []Counts `json:"conditions"` // by alarms, the most first
}

// Counts are the alarms of one rule. Times are seconds; missing without any.
type Counts struct {
	Rule          string   `json:"rule"`
	Priority      string   `json:"priority"`
	Alarms        int      `json:"alarms"`
	PerDeviceHour float64  `json:"per_device_hour"`
	Acknowledged  int      `json:"acknowledged"`
	AckMedianS    *float64 `json:"time_to_acknowledge_median_s,omitempty"`
	AckP90S       *float64 `json:"time_to_acknowledge_p90_s,omitempty"`
}

// ParseWhatIf reads a setting that was not in force: delay=15s for every level
// of a patient's value, spo2.low.delay=20s, spo2.low.limit=88, spo2.low.off, or
// name: and a rule in words.
func ParseWhatIf(text string) (alarm.Edit, error) {
	bad := func(why string) (alarm.Edit, error) {
		return alarm.Edit{}, fmt.Errorf("%q: %s: write delay=15s, spo2.low.delay=20s, spo2.low.limit=88, spo2.low.off, or a name, a colon and a rule in words", text, why)
	}
	if name, rule, ok := strings.Cut(text, ":"); ok {
		name, rule = strings.TrimSpace(name), strings.TrimSpace(rule)
		_, err := alarm.ParseRule(name, rule)
		return alarm.Edit{Rule: name, Text: rule}, err
	}
	if rule, ok := strings.CutSuffix(text, ".off"); ok {
		off := true
		return alarm.Edit{Rule: rule, Off: &off}, nil
	}
	what, value, ok := strings.Cut(text, "=")
	if !ok {
		return bad("this is no setting")
	}
	rule, what := what[:max(0, strings.LastIndexByte(what, '.'))], what[strings.LastIndexByte(what, '.')+1:]
	e := alarm.Edit{Rule: rule}
	switch what {
	case "delay":
		d, err := time.ParseDuration(value)
		if err != nil || d < 0 || d > time.Hour {
			return bad("a delay is a time such as 15s, at most 1h")
		}
		ns := int64(d)
		e.Delay = &ns
	case "limit":
		v, err := strconv.ParseFloat(value, 64)
		if err != nil || rule == "" {
			return bad("a limit is a number, and that of one rule")
		}
		limit := signal.Fixed(pleth.DivRound(int64(v*1e9), 1000) * 1000)
		e.Limit = &limit
	default:
		return bad("only delay, limit and off can be tried")
	}
	return e, nil
}

// MakeReport replays a log, as it was and once with each of whatIf. Alarms are
// counted whose onset lies in from <= t < to; to 0: no end. Nothing is written.
func MakeReport(ctx context.Context, log road.Log, lateness int64, whatIf []string, from, to int64) (*Report, error) {
	adult, err := alarm.Named("adult")
	if err != nil {
		return nil, err
	}
	edits := []alarm.Edit{{}}
	for _, text := range whatIf {
		e, err := ParseWhatIf(text)
		if err == nil {
			if _, faults := adult.Edited([]alarm.Edit{e}); len(faults) > 0 {
				err = fmt.Errorf("%q: %w", text, alarm.Faults(faults))
			}
		}
		if err != nil {
			return nil, err
		}
		edits = append(edits, e)
	}
	out := &Report{}
	for i, e := range edits {
		store := &Memory{}
		cfg := Config{Store: store, Lateness: lateness}
		name := "as it was"
		if i > 0 {
			cfg.WhatIf, name = []alarm.Edit{e}, whatIf[i-1]
		}
		w := New(cfg)
		settings := analysis.Settings{Config: analysis.Config{ODI: "abosa"}}
		if err := settings.Resolve(); err != nil {
			return nil, err
		}
		r, err := road.Open(road.Config{Log: readOnly{log, ctx}, Series: nowhere{}, Lateness: lateness, Follow: w.Follow, Settings: settings})
		if err != nil {
			return nil, err
		}
		if err := r.Close(ctx); err != nil {
			return nil, err
		}
		if i == 0 {
			out.Devices, out.DeviceHours = w.covered()
		}
		all, _, err := w.Alerts(Query{From: from, To: to})
		if err != nil {
			return nil, err
		}
		out.Settings = append(out.Settings, outcome(name, all, out.DeviceHours))
	}
	return out, nil
}

// covered returns how many devices have readings, and for how many hours.
func (w *Watch) covered() (int, float64) {
	devices := map[string]bool{}
	var total int64
	for p, f := range w.followers {
		if f.newest != minTime {
			devices[p.Device] = true
			total += f.covered
		}
	}
	return len(devices), float64(total/signal.Second) / 3600
}

// outcome counts alerts that sounded.
func outcome(name string, all []*Alert, hours float64) Outcome {
	out := Outcome{Settings: name, Conditions: []Counts{}}
	by := map[string]*Counts{}
	waits := map[string][]float64{}
	per := func(n int) float64 {
		if hours == 0 {
			return 0
		}
		return float64(n) / hours
	}
	for _, a := range all {
		if a.Sounded() == 0 {
			continue
		}
		c := by[a.Rule.ID]
		if c == nil {
			c = &Counts{Rule: a.Rule.ID, Priority: a.Rule.Priority.String()}
			by[a.Rule.ID] = c
		}
		out.Alarms++
		c.Alarms++
		if t := a.Acknowledged(); t != 0 {
			c.Acknowledged++
			waits[a.Rule.ID] = append(waits[a.Rule.ID], float64(t-a.Sounded())/1e9)
		}
	}
	for id, c := range by {
		c.PerDeviceHour = per(c.Alarms)
		if w := waits[id]; len(w) > 0 {
			slices.Sort(w)
			median, p90 := w[(len(w)-1)/2], w[(len(w)-1)*9/10]
			c.AckMedianS, c.AckP90S = &median, &p90
		}
		out.Conditions = append(out.Conditions, *c)
	}
	slices.SortFunc(out.Conditions, func(a, b Counts) int {
		if a.Alarms != b.Alarms {
			return b.Alarms - a.Alarms
		}
		return strings.Compare(a.Rule, b.Rule)
	})
	out.PerDeviceHour = per(out.Alarms)
	return out
}

// readOnly is a log that takes nothing and ends with ctx.
type readOnly struct {
	road.Log
	ctx context.Context
}

// Append implements road.Log.
func (readOnly) Append([]eventlog.Record) error { return fmt.Errorf("a report writes nothing") }

// Read implements road.Log.
func (l readOnly) Read(p reading.Partition, from eventlog.Offset, f func(*eventlog.Record) error) error {
	return l.Log.Read(p, from, func(r *eventlog.Record) error {
		if err := l.ctx.Err(); err != nil {
			return err
		}
		return f(r)
	})
}

// nowhere is a series that keeps nothing.
type nowhere struct{}

// Commit implements road.Series.
func (nowhere) Commit(*road.Sealed) error { return nil }

// State implements road.Series.
func (nowhere) State(reading.Partition) ([]byte, eventlog.Offset, error) { return nil, 0, nil }

// Scan implements road.Series.
func (nowhere) Scan(reading.Partition, int64, int64, []pleth.Metric, func(*reading.Table) (bool, error)) error {
	return nil
}
