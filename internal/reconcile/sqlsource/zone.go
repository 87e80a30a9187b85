package sqlsource

import (
	"slices"
	"sync"
	"time"
)

// step is by how many seconds times are moved from a second on, up to the next
// step. Times that have no zone are counted as if they were in UTC.
type step struct{ from, shift int64 }

// Steps are known for these years; before and after the nearest holds.
const (
	firstYear = 1940
	lastYear  = 2100
)

type zones struct{ from, to string }

var known sync.Map // zones: []step

// localToUTC, utcToLocal and localToLocal return how to move times, the same
// way as package time does; an engine may not know the zone. nil is UTC.
func localToUTC(zone *time.Location) []step { return localToLocal(zone, time.UTC) }

func utcToLocal(zone *time.Location) []step { return localToLocal(time.UTC, zone) }

func localToLocal(from, to *time.Location) []step {
	from, to = orUTC(from), orUTC(to)
	id := zones{from.String(), to.String()}
	if s, ok := known.Load(id); ok {
		return s.([]step)
	}
	shift := func(sec int64) int64 {
		t := time.Unix(sec, 0).UTC()
		at := time.Date(t.Year(), t.Month(), t.Day(), t.Hour(), t.Minute(), t.Second(), 0, from)
		_, offset := at.In(to).Zone()
		return at.Unix() + int64(offset) - sec
	}
	var changes []int64
	for _, zone := range []*time.Location{from, to} {
		for t := time.Date(firstYear, 1, 1, 0, 0, 0, 0, time.UTC); t.Year() < lastYear; {
			_, end := t.In(zone).ZoneBounds()
			if end.IsZero() {
				break
			}
			if !end.After(t) { // so it is at the end of some years
				end = t.Add(time.Hour)
			}
			changes = append(changes, end.Unix())
			t = end
		}
	}
	slices.Sort(changes)
	start := time.Date(firstYear, 1, 1, 0, 0, 0, 0, time.UTC).Unix()
	steps := []step{{start, shift(start)}}
	at := start
	const grid, around = 900, 27 * 3600
	for _, c := range slices.Compact(changes) {
		for at = max(at, (c-around)/grid*grid); at < c+around; at += grid {
			last := steps[len(steps)-1].shift
			if shift(at) == last {
				continue
			}
			low, high := at-grid, at // the change lies after low, at the latest at high
			for high-low > 1 {
				if mid := (low + high) / 2; shift(mid) == last {
					low = mid
				} else {
					high = mid
				}
			}
			steps = append(steps, step{high, shift(at)})
		}
	}
	known.Store(id, steps)
	return steps
}

func orUTC(zone *time.Location) *time.Location {
	if zone == nil {
		return time.UTC
	}
	return zone
}
