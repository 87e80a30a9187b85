package alarm

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"pleth/internal/signal"
)

// unitWords are the units as people read them.
var unitWords = map[string]string{"mm[Hg]": "mmHg", "Cel": "°C", "1": ""}

// titles are the metrics as people read them.
var titles = map[string]string{"spo2": "SpO2", "spo2_preductal": "SpO2 right hand", "spo2_postductal": "SpO2 foot", "pulse_rate": "pulse rate", "heart_rate": "heart rate",
	"tissue_po2": "tissue oxygen", "rso2": "regional oxygen", "temperature": "temperature", "perfusion_index": "perfusion index", "resp_rate": "respiration rate"}

// Quantity returns v with the unit of the rule's metric: "87 %".
func (r *Rule) Quantity(v signal.Fixed) string {
	text := strconv.FormatFloat(v.Float(), 'f', -1, 64)
	if r.Metric == 0 || r.Aggregate == CountOf {
		return text
	}
	unit := r.Metric.Info().Unit
	if w, ok := unitWords[unit]; ok {
		unit = w
	}
	return strings.TrimSpace(text + " " + unit)
}

// Text returns the condition in words: "SpO2 below 88 %".
func (r *Rule) Text() string {
	what := "any value"
	if r.Metric != 0 {
		if what = titles[r.Metric.String()]; what == "" {
			what = strings.ReplaceAll(r.Metric.String(), "_", " ")
		}
	}
	above := "below"
	if r.Kind == Above || r.High {
		above = "above"
	}
	switch r.Kind {
	case Below, Above:
		return fmt.Sprintf("%s %s %s", what, above, r.Quantity(r.Limit))
	case SatSeconds:
		return fmt.Sprintf("%s below %s by %g %%·s", what, r.Quantity(r.Limit), r.Amount.Float())
	case Cluster:
		return fmt.Sprintf("%s below %s %d times within %s", what, r.Quantity(r.Limit), r.Count, spoken(r.Window))
	case Fall:
		return fmt.Sprintf("%s more than %g %% below its baseline", what, r.Amount.Float())
	case NoData:
		if r.Metric == 0 {
			return "devices of one gateway fell silent together"
		}
		return fmt.Sprintf("no valid %s", what)
	case ProbeOff:
		return fmt.Sprintf("the device sends no %s: probe off", what)
	case Windowed:
		kind := "each"
		if r.Sliding {
			kind = "the last"
		}
		return fmt.Sprintf("%s of %s over %s %s %s %s", r.Aggregate, what, kind, spoken(r.Window), above, r.Quantity(r.Limit))
	case GivenUp:
		return "a message to people was given up"
	}
	return r.ID
}

// spoken returns a time in the shortest words.
func spoken(ns int64) string {
	text := time.Duration(ns).String()
	if s, ok := strings.CutSuffix(text, "m0s"); ok {
		text = s + "m"
	}
	if s, ok := strings.CutSuffix(text, "h0m"); ok {
		text = s + "h"
	}
	for _, u := range []string{"h", "m", "s"} {
		if n, ok := strings.CutSuffix(text, u); ok && strings.Trim(n, "0123456789.") == "" {
			return n + " " + map[string]string{"h": "h", "m": "min", "s": "s"}[u]
		}
	}
	return text
}

// Delays says what passes between the body and the alarm, of a device that
// averages for so long, nanoseconds; 0: unknown.
func (r *Rule) Delays(averaging int64) string {
	device := "device averaging unknown"
	if averaging > 0 {
		device = "device averaging " + spoken(averaging)
	}
	delay := "delay " + spoken(r.Delay)
	switch {
	case r.Kind == Windowed:
		delay = "window " + spoken(r.Window) + " + " + delay
	case r.Delay == 0:
		delay = "second reading in a row"
	case r.DoubtDelay > r.Delay:
		delay += fmt.Sprintf(" (up to %s while the signal is in doubt)", spoken(r.DoubtDelay))
	}
	return device + " + " + delay
}
