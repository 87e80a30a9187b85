package reconcile

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"
)

// ArrivalSpec says how the order and the delay of arrivals are judged.
type ArrivalSpec struct {
	Key      []string
	Time     string // when a record is from
	Arrived  string // when it came
	Channel  string // empty: all are one
	Sequence string // must not go back in the order of arrival; empty: no order is kept
	Deadline time.Duration
	Zone     *time.Location
	From, To time.Time
	Day      *time.Location // of the days of findings
	Limit    int
}

// Arrivals are what came how late.
type Arrivals struct {
	Rows      int64
	Counts    map[Class]int64
	Findings  []Finding // late and out_of_order, at most Limit
	P50, P99  time.Duration
	NewestAt  time.Time
	Unsettled int64 // rows whose times cannot be read
}

// mostDelays bounds the arrivals that are held to be put in order.
const mostDelays = 1 << 20

// ReadArrivals reads when the records of a side came.
func ReadArrivals(ctx context.Context, src Source, spec ArrivalSpec) (*Arrivals, error) {
	names, err := src.Columns(ctx)
	if err != nil {
		return nil, err
	}
	at := func(name string) (int, error) {
		if name == "" {
			return -1, nil
		}
		if i := slices.Index(names, name); i >= 0 {
			return i, nil
		}
		return -1, &ColumnError{src.Name(), name, names}
	}
	var index [4]int
	for k, name := range []string{spec.Time, spec.Arrived, spec.Channel, spec.Sequence} {
		if index[k], err = at(name); err != nil {
			return nil, err
		}
	}
	var keys []int
	for _, name := range spec.Key {
		i, err := at(name)
		if err != nil {
			return nil, err
		}
		keys = append(keys, i)
	}
	if n, ok := src.(Narrower); ok {
		src = n.Narrow(Want{Time: spec.Time, From: spec.From, To: spec.To, Zone: spec.Zone})
	}
	type arrival struct {
		at, came time.Time
		channel  string
		sequence Sum
		key      []string
		place    int64
	}
	out := &Arrivals{Counts: map[Class]int64{}}
	var all []arrival
	err = src.Scan(ctx, func(place int64, cells []Cell) error {
		from, err := parseTime(cells[index[0]], spec.Zone)
		if err != nil {
			out.Unsettled++
			return nil
		}
		if !spec.From.IsZero() && from.Before(spec.From) || !spec.To.IsZero() && !from.Before(spec.To) {
			return nil
		}
		came, err := parseTime(cells[index[1]], spec.Zone)
		if err != nil {
			out.Unsettled++
			return nil
		}
		out.Rows++
		one := arrival{at: from, came: came, place: place}
		if index[2] >= 0 {
			one.channel = string(cells[index[2]].Text)
		}
		if index[3] >= 0 {
			one.sequence.add(cells[index[3]])
		}
		for _, i := range keys {
			one.key = append(one.key, shownKey(cells[i]))
		}
		if len(all) < mostDelays {
			all = append(all, one)
		}
		if came.After(out.NewestAt) {
			out.NewestAt = came
		}
		return nil
	}, func(int64, string) error { return nil })
	if err != nil || len(all) == 0 {
		return out, err
	}
	days := dayNamer{zone: spec.Day}
	add := func(class Class, one *arrival, text string) {
		out.Counts[class]++
		if len(out.Findings) < spec.Limit {
			out.Findings = append(out.Findings, Finding{Class: class, Key: one.key, B: []int64{one.place}, Text: text, Day: days.name(one.at), Channel: one.channel, At: one.at, Arrived: one.came})
		}
	}
	slices.SortStableFunc(all, func(x, y arrival) int {
		return cmp.Or(cmp.Compare(x.channel, y.channel), x.came.Compare(y.came), x.sequence.Rat().Cmp(y.sequence.Rat()))
	})
	for i := range all {
		one := &all[i]
		if delay := one.came.Sub(one.at); spec.Deadline > 0 && delay > spec.Deadline {
			add(Late, one, fmt.Sprintf("came %s after it happened; the deadline is %s", delay.Round(time.Second), spec.Deadline))
		}
	}
	if spec.Sequence != "" {
		high := 0
		for i := 1; i < len(all); i++ {
			if all[i].channel != all[high].channel || all[i].sequence.Rat().Cmp(all[high].sequence.Rat()) >= 0 {
				high = i
				continue
			}
			add(OutOfOrder, &all[i], fmt.Sprintf("came after %s", all[high].sequence))
		}
	}
	slices.SortFunc(all, func(x, y arrival) int { return cmp.Compare(x.came.Sub(x.at), y.came.Sub(y.at)) })
	delay := func(i int) time.Duration { return max(0, all[i].came.Sub(all[i].at)) }
	out.P50, out.P99 = delay(len(all)/2), delay(len(all)*99/100)
	return out, nil
}
