package oximetry

import (
	"fmt"
	"maps"
	"strings"

	"pleth/internal/signal"
)

// Method is a way to find falls. A session is measured by one method, never by
// a mixture, and its document names the method with its parameters. The zero
// Method is the default, ABOSA. Definitions: docs/definitions/odi-methods.md.
type Method uint8

// The methods.
const (
	ABOSA Method = iota // descents of the smoothed signal: Falls
	Luna                // time below the median of the two minutes before
	OSCAR               // time below a level taken from the first hour
	Pobm                // the relative detector of pobm, after Jung 2018
)

// Detector finds the falls of one session in its values held at 1 Hz.
type Detector interface {
	// Add takes the next seconds, at least one, which all have the value v, ok
	// if they were measured, and passes the falls that are certain to out, in
	// order of their start. It is the same in how many calls equal seconds come.
	Add(v signal.Fixed, ok bool, seconds int, out func(Fall))
	// Flush ends the session and passes the falls still owed to out.
	Flush(out func(Fall))
}

// methods holds what a Method stands for, by its number. build returns the
// detector of falls of at least points; it is not asked for four if the falls
// of four points are those falls of three that are deep enough.
var methods = [...]struct {
	name       string
	nested     bool
	build      func(points int, interval int64) Detector
	parameters map[string]float64
}{
	ABOSA: {"abosa", true, func(_ int, interval int64) Detector { return NewFalls(interval) }, map[string]float64{
		"odi3_drop": FallDrop.Float(), "odi4_drop": 4, "min_s": FallMinimum, "max_s": FallMaximum,
		"slope_pct_per_s": fallSlope.Float(), "end_slope_pct_per_s": fallEndSlope.Float(), "plateau_s": FallPlateau,
		"rise": fallRise.Float(), "recovered": fallRecovered.Float(), "snap_s": FallSnap,
		"mean_rate_min_pct_per_s": fallMeanMin.Float(), "mean_rate_max_pct_per_s": fallMeanMax.Float(),
		"step_max": fallStep.Float(), "smooth_taps": 2*SmoothLag + 1}},
	Luna: {"luna", false, func(points int, _ int64) Detector { return newLunaFalls(points) }, map[string]float64{
		"odi3_drop": 3, "odi4_drop": 4, "min_s": lunaMinimum, "baseline_s": lunaBaseline, "baseline_min_s": lunaBaselineLeast,
		"recovery": lunaRecovery.Float(), "spike": lunaSpike.Float()}},
	OSCAR: {"oscar", false, func(points int, _ int64) Detector { return newOscarFalls(points) }, map[string]float64{
		"odi3_drop": 3, "odi4_drop": 4, "odi3_min_s": oscarMinimum3, "odi4_min_s": oscarMinimum4,
		"baseline_first_s": oscarFirst, "baseline_percentile": oscarPercentile}},
	Pobm: {"pobm", false, func(points int, _ int64) Detector { return newPobmFalls(points) }, map[string]float64{
		"odi3_drop": 3, "odi4_drop": 4, "max_s": RelativeMaximum, "min_s": 0, "merge_s": 0}},
}

// ParseMethod returns the method of a name; the empty name is the default.
func ParseMethod(name string) (Method, error) {
	if name == "" {
		return ABOSA, nil
	}
	names := make([]string, len(methods))
	for i := range methods {
		if methods[i].name == name {
			return Method(i), nil
		}
		names[i] = methods[i].name
	}
	return ABOSA, fmt.Errorf("no detector of falls is called %q; choose one of %s", name, strings.Join(names, ", "))
}

// String returns the name of the method.
func (m Method) String() string { return methods[m].name }

// Parameters returns the numbers of the method by name; the caller owns them.
// A name that ends in "_s" is in seconds, one without a unit in points or, for
// shares and counts, in 1.
func (m Method) Parameters() map[string]float64 { return maps.Clone(methods[m].parameters) }

// Finder finds the falls of a session by one method: those of at least three
// points, which ODI3 counts, and those of at least four, which ODI4 counts.
// Each list is in order of the start. Use NewFinder.
type Finder struct {
	three, four       Detector // four is nil for a nested method
	outThree, outFour func(Fall)
}

// NewFinder returns a Finder for a grid of samples interval ns apart that
// passes the falls of three and of four points to three and four.
func NewFinder(m Method, interval int64, three, four func(Fall)) *Finder {
	f := &Finder{three: methods[m].build(3, interval), outThree: three, outFour: four}
	if !methods[m].nested {
		f.four = methods[m].build(4, interval)
		return f
	}
	f.outThree = func(fall Fall) {
		three(fall)
		if fall.Drop() >= 4*signal.One {
			four(fall)
		}
	}
	return f
}

// Add takes the next seconds of the grid, at least one, which are all equal.
func (f *Finder) Add(v signal.Fixed, ok bool, seconds int) {
	f.three.Add(v, ok, seconds, f.outThree)
	if f.four != nil {
		f.four.Add(v, ok, seconds, f.outFour)
	}
}

// Flush ends the session.
func (f *Finder) Flush() {
	f.three.Flush(f.outThree)
	if f.four != nil {
		f.four.Flush(f.outFour)
	}
}
