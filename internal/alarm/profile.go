package alarm

import (
	"fmt"

	"pleth"
	"pleth/internal/oximetry"
	"pleth/internal/signal"
)

const second = signal.Second

// bounds are the limits that differ by age. Sources: docs/definitions/alarms.md.
type bounds struct {
	pulseLow, pulseHigh int
	tempLow, tempHigh   signal.Fixed
	// Delays of low, moderate and severe SpO2 in seconds.
	low, moderate, severe int64
}

var ages = map[string]bounds{
	"infant": {80, 200, 36 * signal.One, 38 * signal.One, 10, 10, 5},
	"child":  {60, 160, 355 * signal.One / 10, 38 * signal.One, 15, 10, 5},
	"adult":  {50, 120, 35 * signal.One, 38 * signal.One, 15, 10, 5},
}

// Named returns the built-in profile "infant", "child" or "adult".
func Named(name string) (*Profile, error) {
	b, ok := ages[name]
	if !ok {
		return nil, fmt.Errorf("there is no profile %q: write infant, child or adult", name)
	}
	p := &Profile{Name: name, Version: 1}
	add := func(r Rule) {
		if r.Hold == 0 && r.Kind != NoData && r.Kind != ProbeOff {
			r.Hold = 10 * second
		}
		if r.Remind == 0 && !r.Technical {
			r.Remind = 15 * 60 * second
		}
		p.Rules = append(p.Rules, r)
	}
	percent := func(id string, m pleth.Metric) {
		add(Rule{ID: id + ".low", Kind: Below, Metric: m, Limit: signal.Whole(90), Priority: Low, Delay: b.low * second, DoubtDelay: 6 * b.low * second, Margin: 2 * signal.One})
		add(Rule{ID: id + ".moderate", Kind: Below, Metric: m, Limit: signal.Whole(88), Priority: Medium, Delay: b.moderate * second, DoubtDelay: 5 * b.moderate * second, Margin: 2 * signal.One, Escalate: 60 * second})
		add(Rule{ID: id + ".severe", Kind: Below, Metric: m, Limit: signal.Whole(85), Priority: High, Delay: b.severe * second, DoubtDelay: 2 * b.severe * second, Margin: 2 * signal.One, Latch: true})
		add(Rule{ID: id + ".rapid", Kind: Below, Metric: m, Limit: signal.Whole(80), Priority: High, Delay: 0, DoubtDelay: 8 * second, Margin: 2 * signal.One, Latch: true})
	}
	percent("spo2", pleth.SpO2)
	add(Rule{ID: "spo2.satseconds", Kind: SatSeconds, Metric: pleth.SpO2, Limit: signal.Whole(90), Amount: 50 * signal.One, Priority: Medium, Margin: 2 * signal.One, Off: true})
	add(Rule{ID: "spo2.cluster", Kind: Cluster, Metric: pleth.SpO2, Limit: signal.Whole(90), Count: 3, Delay: oximetry.EpisodeMinimum, Window: 600 * second, Priority: Medium})
	percent("spo2_preductal", pleth.SpO2PreDuctal)
	percent("spo2_postductal", pleth.SpO2PostDuctal)
	for _, m := range []pleth.Metric{pleth.PulseRate, pleth.HeartRate} {
		add(Rule{ID: m.String() + ".low", Kind: Below, Metric: m, Limit: signal.Whole(b.pulseLow), Priority: Medium, Delay: 10 * second, DoubtDelay: 30 * second, Margin: 5 * signal.One, Escalate: 60 * second})
		add(Rule{ID: m.String() + ".high", Kind: Above, Metric: m, Limit: signal.Whole(b.pulseHigh), Priority: Medium, Delay: 15 * second, DoubtDelay: 45 * second, Margin: 5 * signal.One, Escalate: 60 * second})
	}
	add(Rule{ID: "temperature.low", Kind: Below, Metric: pleth.Temperature, Limit: b.tempLow, Priority: Low, Delay: 60 * second, Margin: signal.One / 5})
	add(Rule{ID: "temperature.high", Kind: Above, Metric: pleth.Temperature, Limit: b.tempHigh, Priority: Low, Delay: 60 * second, Margin: signal.One / 5})
	add(Rule{ID: "tissue_po2.fall", Kind: Fall, Metric: pleth.TissuePO2, Amount: 20 * signal.One, Priority: Low, Delay: 30 * second, Margin: signal.One})
	add(Rule{ID: "tissue_po2.deep_fall", Kind: Fall, Metric: pleth.TissuePO2, Amount: 40 * signal.One, Priority: Medium, Delay: 15 * second, Margin: signal.One, Escalate: 60 * second})
	add(Rule{ID: "rso2.low", Kind: Below, Metric: pleth.RSO2, Limit: signal.Whole(50), Priority: Medium, Delay: 15 * second, Margin: 2 * signal.One, Escalate: 60 * second})
	add(Rule{ID: "rso2.fall", Kind: Fall, Metric: pleth.RSO2, Amount: 20 * signal.One, Priority: Low, Delay: 30 * second, Margin: 2 * signal.One})
	add(Rule{ID: "signal.no_data", Kind: NoData, Metric: pleth.SpO2, Priority: Low, Delay: 30 * second, Second: 120 * second, Technical: true})
	add(Rule{ID: "signal.probe_off", Kind: ProbeOff, Metric: pleth.SpO2, Priority: Low, Delay: 10 * second, Technical: true})
	add(Rule{ID: "signal.low_perfusion", Kind: Below, Metric: pleth.PerfusionIndex, Limit: 3 * signal.One / 10, Priority: Low, Delay: 30 * second, Margin: signal.One / 10, Technical: true})
	return p, nil
}
