package oximetry

import (
	"slices"

	"pleth"
	"pleth/internal/signal"
	"pleth/internal/window"
)

// The numbers of the pulse measures. Source: docs/definitions/pulse.md.
const (
	RiseLeast      = 6 * signal.One // /min
	risePause      = 10             // seconds without a pulse after which a rise begins anew
	responseAfter  = 20             // seconds from the nadir on that are searched for the highest pulse
	responseBefore = 30             // seconds before the onset whose median is the level
	responseLeast  = responseBefore / 2
)

// Rises returns how often the pulse rate rises by RiseLeast or more from its
// lowest value since the last fall of as much: the upward legs of a zigzag.
func Rises(pulse *window.Grid) int {
	n := 0
	var low, high signal.Fixed
	up, any, gap := false, false, 0
	for k, v := range pulse.V {
		if !pulse.Ok(k) {
			if gap++; gap > risePause {
				any = false
			}
			continue
		}
		gap = 0
		switch {
		case !any:
			low, high, up, any = v, v, false, true
		case up:
			high = max(high, v)
			if high-v >= RiseLeast {
				up, low = false, v
			}
		default:
			low = min(low, v)
			if v-low >= RiseLeast {
				n++
				up, high = true, v
			}
		}
	}
	return n
}

// PulseResponse returns by how much the pulse rate in the 20 s from the nadir
// on exceeds its median of the 30 s before the onset, at most, in /min. Times
// are seconds since the start of the session. It returns false if fewer than
// half of the seconds before, or none after, have a pulse rate.
func PulseResponse(pulse *window.Grid, onset, nadir int) (signal.Fixed, bool) {
	before := make([]signal.Fixed, 0, responseBefore)
	for k := max(onset-responseBefore, 0); k < min(onset, pulse.Len()); k++ {
		if pulse.Ok(k) {
			before = append(before, pulse.V[k])
		}
	}
	if len(before) < responseLeast {
		return 0, false
	}
	highest, ok := signal.Fixed(0), false
	for k := max(nadir, 0); k <= min(nadir+responseAfter, pulse.Len()-1); k++ {
		if pulse.Ok(k) && (!ok || pulse.V[k] > highest) {
			highest, ok = pulse.V[k], true
		}
	}
	return highest - median(before), ok
}

// median sorts values, of which there is at least one, and returns the middle
// one or the mean of the two middle ones, rounded half to even to 1e-9.
func median(values []signal.Fixed) signal.Fixed {
	slices.Sort(values)
	n := len(values)
	if n%2 == 1 {
		return values[n/2]
	}
	return signal.Fixed(pleth.DivRound(int64(values[n/2-1]+values[n/2]), 2))
}
