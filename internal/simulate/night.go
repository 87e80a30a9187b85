package simulate

import (
	"cmp"
	"slices"
	"time"

	"pleth"
	"pleth/internal/signal"
)

// Result is a night: its rows as an oximeter recorded them, and what is true.
type Result struct {
	Header pleth.Header
	Rows   *pleth.Batch // SpO2, pulse rate, motion; perfusion index if the device states it
	Truth  Truth
}

// night is a night in the making.
type night struct {
	p       Params // settled
	seconds int
	body    *physiology
	act     *disturbance
	sleep   []stretch
	plan    *plan
	spo2    []signal.Fixed
	truth   Truth
}

// Night makes the night that p describes. The error says what is wrong with p.
func Night(p Params) (*Result, error) {
	p, err := p.settled()
	if err != nil {
		return nil, err
	}
	body, act := physiologies[p.Profile], disturbances[p.Activity]
	n := &night{p: p, seconds: int(p.Length / time.Second), body: &body, act: &act}
	n.sleep = sleep(newRandom(n.p.Seed, forSleep), n.body, n.seconds)
	if p.Events != "" {
		n.plan, err = parse(p.Events, clockSeconds(p.Start), n.seconds)
		if err != nil {
			return nil, err
		}
		n.plan.cut(n.seconds)
	} else {
		n.plan = draw(n.p.Seed, n.body, n.act, n.sleep, n.seconds)
	}
	n.plan.align(n)
	n.spo2 = n.blood()
	clean := average(n.spo2, int(p.Averaging/time.Second), int(p.Lag/time.Second))
	n.tell(clean)
	seen := clean
	if !p.Pristine {
		seen = average(n.measured(), int(p.Averaging/time.Second), int(p.Lag/time.Second))
		n.plan.hold(seen)
	}
	header := pleth.Header{Clock: pleth.LocalClock, Interval: p.Interval, Averaging: p.Averaging,
		Device: pleth.Device{Maker: "pleth", Model: "simulator"}}
	return &Result{header, n.record(seen), n.truth}, nil
}

// tell fills the truth; clean is what an undisturbed device shows.
func (n *night) tell(clean []signal.Fixed) {
	n.truth = Truth{Format: TruthFormat, Night: n.about(), Events: []Event{}, Artefacts: []Artefact{}, Gaps: []Gap{}, SpO2: n.spo2}
	for i := range n.plan.dips {
		e := n.trueEvent(&n.plan.dips[i])
		n.show(&e, clean)
		n.truth.Events = append(n.truth.Events, e)
	}
	slices.SortStableFunc(n.truth.Events, func(a, b Event) int { return cmp.Compare(a.Start, b.Start) })
	for _, s := range n.sleep {
		n.truth.Sleep = append(n.truth.Sleep, Stretch{s.state.String(), s.from, s.to})
	}
	if n.p.Pristine {
		return
	}
	n.truth.Artefacts = n.plan.artefacts()
	n.truth.Gaps = append(n.truth.Gaps, n.plan.losses...)
}

func (n *night) about() About {
	return About{Seed: n.p.Seed, Profile: n.p.Profile, Activity: n.p.Activity, AgeDays: int64(n.p.Age / day),
		Start: n.p.Start.Format("2006-01-02T15:04:05"), LengthS: int64(n.seconds), IntervalMS: n.p.Interval.Milliseconds(),
		AveragingS: int64(n.p.Averaging / time.Second), LagS: int64(n.p.Lag / time.Second), Decimals: n.p.Decimals,
		Perfusion: n.p.Perfusion, Pristine: n.p.Pristine, Events: n.p.Events}
}

// artefacts lists what disturbs the sensor in the order of their start.
func (p *plan) artefacts() []Artefact {
	out := []Artefact{}
	for _, b := range p.bouts {
		kind := Motion
		if b.held {
			kind = Held
		}
		out = append(out, Artefact{Kind: kind, Start: b.start, End: b.end})
	}
	for _, l := range p.lows {
		out = append(out, Artefact{Kind: FalseDip, Start: l.start, End: l.end(), Depth: Percent(l.depth)})
	}
	for _, s := range p.spikes {
		out = append(out, Artefact{Kind: LoneSpike, Start: s.at, End: s.at + 1, Depth: Percent(s.depth)})
	}
	for _, l := range p.poor {
		out = append(out, Artefact{Kind: LowPerfusion, Start: l.start, End: l.end})
	}
	slices.SortStableFunc(out, func(a, b Artefact) int { return cmp.Compare(a.Start, b.Start) })
	return out
}
