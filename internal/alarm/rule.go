package alarm

import (
	"fmt"

	"pleth"
	"pleth/internal/signal"
)

// Kind is what a rule looks at.
type Kind string

// The kinds of rules.
const (
	Below      Kind = "below"       // the value is below Limit
	Above      Kind = "above"       // the value is above Limit
	SatSeconds Kind = "sat_seconds" // depth times time below Limit reaches Amount
	Cluster    Kind = "cluster"     // Count stretches below Limit of at least Delay within Window
	Fall       Kind = "fall"        // the value is below (100 - Amount) % of its own baseline
	NoData     Kind = "no_data"     // no valid value for Delay; Medium after Second
	ProbeOff   Kind = "probe_off"   // the device sends, but without a value, for Delay
	Windowed   Kind = "windowed"    // the Aggregate of a window is beyond Limit
	GivenUp    Kind = "given_up"    // of the server: a message to people was given up; in no profile
)

// Rule is one condition and how it becomes an alarm. Times are nanoseconds.
type Rule struct {
	ID       string       `json:"id"` // "spo2.low"; unique in a profile
	Kind     Kind         `json:"kind"`
	Metric   pleth.Metric `json:"metric"`
	Limit    signal.Fixed `json:"limit,omitempty"`
	Amount   signal.Fixed `json:"amount,omitempty"` // percent.seconds of SatSeconds, percent of Fall
	Count    int          `json:"count,omitempty"`  // of Cluster
	Priority Priority     `json:"priority"`
	// Delay is how long the condition must hold in valid time; DoubtDelay the
	// same where every sample is doubted, 0: as Delay. A sample counts in
	// proportion. A Delay of 0 alarms with the second reading in a row, or where
	// they are doubted after DoubtDelay.
	Delay      int64 `json:"delay,omitempty"`
	DoubtDelay int64 `json:"doubt_delay,omitempty"`
	// Window is how far back valid time below the limit counts; 0: 4/3 of the
	// delay. For Cluster: how close together the stretches are.
	Window int64 `json:"window,omitempty"`
	// Margin is how far back beyond the limit the value must be for Hold of
	// valid time until the alarm is over.
	Margin signal.Fixed `json:"margin,omitempty"`
	Hold   int64        `json:"hold,omitempty"`
	// Latch keeps an alarm that nobody has acknowledged when it is over.
	Latch bool `json:"latch,omitempty"`
	// Escalate raises the priority by one step where nobody acknowledges for so
	// long; 0: never.
	Escalate int64 `json:"escalate,omitempty"`
	// Second is the time after which NoData is of medium priority; 0: never.
	Second int64 `json:"second,omitempty"`
	// Remind brings an acknowledged alarm back that still holds after so long;
	// 0: never.
	Remind int64 `json:"remind,omitempty"`
	// Aggregate makes one number of a window of length Window, Sliding or one
	// after the other; High: the rule holds above Limit. For Windowed only.
	Aggregate Aggregate `json:"aggregate,omitempty"`
	Sliding   bool      `json:"sliding,omitempty"`
	High      bool      `json:"high,omitempty"`
	// Technical alarms tell of the device, not of the patient.
	Technical bool `json:"technical,omitempty"`
	// Off keeps the rule in the profile without its effect.
	Off bool `json:"off,omitempty"`
}

// window returns how far back valid time counts.
func (r *Rule) window() int64 {
	switch {
	case r.Window != 0:
		return r.Window
	case r.Delay > 0:
		return (r.Delay*4/3 + signal.Second - 1) / signal.Second * signal.Second
	}
	return (r.DoubtDelay*4/3 + signal.Second - 1) / signal.Second * signal.Second
}

// share is the rate of a rule's clock while nothing speaks against the signal.
const share = 60

// rate returns how fast the clock of the rule runs, doubted or not.
func (r *Rule) rate(doubted bool) int64 {
	if !doubted || r.Delay == 0 || r.DoubtDelay <= r.Delay {
		return share
	}
	return max(1, share*r.Delay/r.DoubtDelay)
}

// need returns the time of its clock after which the delay is over.
func (r *Rule) need() int64 {
	if r.Delay == 0 {
		return share * r.DoubtDelay
	}
	return share * r.Delay
}

// recovered reports whether v is back beyond the margin.
func (r *Rule) recovered(v, limit signal.Fixed) bool {
	if r.Kind == Above {
		return v <= limit-r.Margin
	}
	return v >= limit+r.Margin
}

// Profile is a named, versioned set of rules.
type Profile struct {
	Name    string `json:"name"`
	Version int    `json:"version"`
	Rules   []Rule `json:"rules"`
}

// Limits of what a rule may say.
const (
	maxRules  = 32
	maxDelay  = 3600 * signal.Second
	maxWindow = 24 * 3600 * signal.Second
)

// Check returns every fault of p: the rule, what is wrong and what to write.
func (p *Profile) Check() []error {
	var faults []error
	fault := func(r *Rule, format string, args ...any) {
		faults = append(faults, fmt.Errorf("rule %q: %s", r.ID, fmt.Sprintf(format, args...)))
	}
	if len(p.Rules) > maxRules {
		faults = append(faults, fmt.Errorf("%d rules: a profile has at most %d", len(p.Rules), maxRules))
	}
	seen := map[string]bool{}
	for i := range p.Rules {
		r := &p.Rules[i]
		switch {
		case r.ID == "":
			fault(r, "has no id")
		case seen[r.ID]:
			fault(r, "stands twice in the profile; keep one")
		}
		seen[r.ID] = true
		if r.Priority < Low || r.Priority > High {
			fault(r, "has no priority: write low, medium or high")
		}
		if r.Delay < 0 || r.Delay > maxDelay || r.DoubtDelay < 0 || r.DoubtDelay > maxDelay {
			fault(r, "its delay must be between 0 and 1 h")
		}
		if r.Window < 0 || r.Window > maxWindow || r.Window != 0 && r.Kind != Cluster && r.Window < r.Delay {
			fault(r, "its window must be at least its delay and at most 24 h")
		}
		if r.Margin < 0 || r.Hold < 0 || r.Hold > maxDelay || r.Escalate < 0 || r.Remind < 0 {
			fault(r, "margin and times must not be negative")
		}
		if int(r.Metric) > len(pleth.Metrics()) || r.Metric == 0 && r.Kind != NoData {
			fault(r, "names no metric")
			continue
		}
		p.checkKind(r, fault)
	}
	p.checkPairs(fault)
	return faults
}

func (p *Profile) checkKind(r *Rule, fault func(*Rule, string, ...any)) {
	switch r.Kind {
	case Below, Above, SatSeconds, Cluster:
		info := r.Metric.Info()
		if r.Limit < signal.Whole(int(info.Low)) || r.Limit > signal.Whole(int(info.High)) {
			fault(r, "its limit %g is outside %d to %d %s, which %s can be", r.Limit.Float(), info.Low, info.High, info.Unit, info.Name)
		}
	case Fall:
		if r.Amount <= 0 || r.Amount >= signal.Whole(100) {
			fault(r, "the fall must be between 0 and 100 %%")
		}
	case NoData, ProbeOff:
	case Windowed:
		if r.Aggregate == noWindow || r.Window < second {
			fault(r, "a window needs an aggregate and a length")
		}
	default:
		fault(r, "kind %q is unknown", string(r.Kind))
	}
	if r.Kind == Cluster && (r.Count < 2 || r.Count > maxEvents || r.Window == 0) {
		fault(r, "a cluster has 2 to %d stretches and a window", maxEvents)
	}
	if r.Kind == SatSeconds && r.Amount <= 0 {
		fault(r, "the amount must be positive")
	}
	if (r.Kind == NoData || r.Kind == ProbeOff) && r.Delay == 0 {
		fault(r, "the delay must be positive")
	}
}

// checkPairs finds a lower limit above the upper one of the same metric.
func (p *Profile) checkPairs(fault func(*Rule, string, ...any)) {
	for i := range p.Rules {
		low := &p.Rules[i]
		if low.Kind != Below || low.Off {
			continue
		}
		for k := range p.Rules {
			if high := &p.Rules[k]; high.Kind == Above && !high.Off && high.Metric == low.Metric && high.Limit <= low.Limit {
				fault(low, "its lower limit %g is not below the upper limit %g of %q: every value would alarm", low.Limit.Float(), high.Limit.Float(), high.ID)
			}
		}
	}
}
