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

// delayOf returns the shortest delay that can be between two times that may each
// be either of two; one that came before it happened took none.
func delayOf(from, came [2]time.Time) time.Duration {
	out := time.Duration(-1)
	for _, x := range from {
		for _, y := range came {
			if d := y.Sub(x); d >= 0 && (out < 0 || d < out) {
				out = d
			}
		}
	}
	return max(0, out)
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
		late     time.Time // came, where clocks showed the hour twice and it was the second
		delay    time.Duration
		channel  string
		sequence Sum
		key      []string
		place    int64
	}
	out := &Arrivals{Counts: map[Class]int64{}}
	var all []arrival
	err = src.Scan(ctx, func(place int64, cells []Cell) error {
		from, fromLate, err := parseEither(cells[index[0]], spec.Zone)
		if err != nil {
			out.Unsettled++
			return nil
		}
		if !spec.From.IsZero() && from.Before(spec.From) || !spec.To.IsZero() && !from.Before(spec.To) {
			return nil
		}
		came, late, err := parseEither(cells[index[1]], spec.Zone)
		if err != nil {
			out.Unsettled++
			return nil
		}
		out.Rows++
		one := arrival{at: from, came: came, late: late, place: place}
		one.delay = delayOf([2]time.Time{from, fromLate}, [2]time.Time{came, late})
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
		if late.After(out.NewestAt) {
			out.NewestAt = late
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
		if spec.Deadline > 0 && one.delay > spec.Deadline {
			add(Late, one, fmt.Sprintf("came %s after it happened; the deadline is %s", one.delay.Round(time.Second), spec.Deadline))
		}
	}
	if spec.Sequence != "" {
		// before are those that came before for certain, whichever of two equal
		// hours it was.
		before := make([]int, len(all))
		for i := range before {
			before[i] = i
		}
		slices.SortStableFunc(before, func(x, y int) int {
			return cmp.Or(cmp.Compare(all[x].channel, all[y].channel), all[x].late.Compare(all[y].late))
		})
		next, high := 0, -1
		for i := range all {
			one := &all[i]
			if high >= 0 && all[high].channel != one.channel {
				high = -1
			}
			for ; next < len(all); next++ {
				o := &all[before[next]]
				if o.channel > one.channel || o.channel == one.channel && !o.late.Before(one.came) {
					break
				}
				if o.channel == one.channel && (high < 0 || o.sequence.Rat().Cmp(all[high].sequence.Rat()) > 0) {
					high = before[next]
				}
			}
			if high >= 0 && one.sequence.Rat().Cmp(all[high].sequence.Rat()) < 0 {
				add(OutOfOrder, one, fmt.Sprintf("came after %s", all[high].sequence))
			}
		}
	}
	slices.SortFunc(all, func(x, y arrival) int { return cmp.Compare(x.delay, y.delay) })
	out.P50, out.P99 = all[len(all)/2].delay, all[len(all)*99/100].delay
	return out, nil
}
