package alarm

import (
	"errors"
	"fmt"
	"slices"

	"pleth/internal/signal"
)

// Edit changes one rule of a profile, or adds one. What is nil or empty stays.
type Edit struct {
	Rule     string        `json:"rule"`           // id; empty: every level of a patient's value that has a delay
	Text     string        `json:"text,omitempty"` // the whole rule in words, as ParseRule reads it
	Limit    *signal.Fixed `json:"limit,omitempty"`
	Delay    *int64        `json:"delay,omitempty"`    // nanoseconds
	Escalate *int64        `json:"escalate,omitempty"` // nanoseconds; 0: never
	Priority Priority      `json:"priority,omitempty"`
	Off      *bool         `json:"off,omitempty"`
}

// Edited returns a copy of p with the edits made, and every fault of it. Faults
// of rules in words are *SyntaxError.
func (p *Profile) Edited(edits []Edit) (*Profile, []error) {
	out := &Profile{Name: p.Name, Version: p.Version, Rules: slices.Clone(p.Rules)}
	var faults []error
	for i := range edits {
		e := &edits[i]
		if e.Text != "" {
			r, err := ParseRule(e.Rule, e.Text)
			if err != nil {
				faults = append(faults, fmt.Errorf("rule %q: %w", e.Rule, err))
				continue
			}
			if k := out.index(e.Rule); k >= 0 {
				out.Rules[k] = r
			} else {
				out.Rules = append(out.Rules, r)
			}
		}
		found := false
		for k := range out.Rules {
			r := &out.Rules[k]
			level := (r.Kind == Below || r.Kind == Above) && !r.Technical && r.Delay > 0
			if r.ID == e.Rule || e.Rule == "" && level {
				e.apply(r)
				found = true
			}
		}
		if !found {
			faults = append(faults, fmt.Errorf("there is no rule %q in profile %q: write one of its ids, or the rule in words", e.Rule, p.Name))
		}
	}
	return out, append(faults, out.Check()...)
}

func (p *Profile) index(id string) int {
	return slices.IndexFunc(p.Rules, func(r Rule) bool { return r.ID == id })
}

func (e *Edit) apply(r *Rule) {
	if e.Limit != nil {
		r.Limit = *e.Limit
	}
	if e.Delay != nil {
		if r.DoubtDelay > 0 && r.Delay > 0 {
			r.DoubtDelay = max(*e.Delay, r.DoubtDelay)
		}
		r.Delay = *e.Delay
	}
	if e.Escalate != nil {
		r.Escalate = *e.Escalate
	}
	if e.Priority != 0 {
		r.Priority = e.Priority
	}
	if e.Off != nil {
		r.Off = *e.Off
	}
}

// Faults is every fault of a profile as one error.
type Faults []error

// Error returns the faults, one a line.
func (f Faults) Error() string { return errors.Join(f...).Error() }
