package chart

import "math"

// Scale is the range of a value axis and where its lines are.
type Scale struct {
	Low, High float64
	Ticks     []float64
}

// Pos returns where v lies, 0 at High and 1 at Low, cut to that range.
func (s Scale) Pos(v float64) float64 {
	return min(1, max(0, (s.High-v)/(s.High-s.Low)))
}

// SpO2Scale returns the axis of SpO2 for a session whose lowest value is low;
// NaN if there is none. Nights share one axis unless one goes deeper.
func SpO2Scale(low float64) Scale {
	s := Scale{Low: 78.5, High: 100.5, Ticks: []float64{100, 95, 80}}
	if low < 79.5 {
		s.Low = math.Floor(low) - 1.5
		for t := 70.0; t > s.Low; t -= 10 {
			s.Ticks = append(s.Ticks, t)
		}
	}
	return s
}

// PulseScale returns the axis of a pulse between low and high.
func PulseScale(low, high float64) Scale {
	s := Scale{Low: min(45, math.Floor(low/5)*5-5), High: max(105, math.Ceil(high/5)*5+5)}
	step := 20.0
	if s.High-s.Low > 110 {
		step = 40
	}
	for t := math.Ceil(s.Low/step+0.1) * step; t < s.High-step/4; t += step {
		s.Ticks = append(s.Ticks, t)
	}
	return s
}

// CountScale returns an axis from 0 for counts or minutes up to high, with
// whole steps: at most four lines above zero.
func CountScale(high float64) Scale {
	high = max(high, 1)
	step := math.Pow(10, math.Floor(math.Log10(high)))
	for _, f := range []float64{0.1, 0.2, 0.25, 0.5, 1, 2, 2.5, 5} {
		if s := step * f; high/s <= 4 && (s >= 1 && s == math.Floor(s)) {
			step = s
			break
		}
	}
	step = max(1, step)
	s := Scale{Low: 0, High: high * 1.08}
	for t := 0.0; t <= high*1.001; t += step {
		s.Ticks = append(s.Ticks, t)
	}
	return s
}

// timeSteps are the distances between marks of a time axis, in seconds.
var timeSteps = [...]int{1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10800, 14400, 21600}

// TimeStep returns the shortest step that puts at most most marks on span seconds.
func TimeStep(span float64, most int) int {
	for _, s := range timeSteps {
		if span/float64(s) <= float64(most) {
			return s
		}
	}
	return timeSteps[len(timeSteps)-1]
}

// TimeTicks returns the offsets in seconds since the start of the marks every
// step seconds of a clock that stood at daySeconds at the start.
func TimeTicks(daySeconds, span float64, step int) []float64 {
	var ticks []float64
	first := math.Ceil(daySeconds/float64(step))*float64(step) - daySeconds
	for t := first; t < span; t += float64(step) {
		ticks = append(ticks, t)
	}
	return ticks
}
