package watch

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"sync"

	"pleth/internal/alarm"
	"pleth/internal/eventlog"
)

// gateways returns how the devices of every gateway are.
func (w *Watch) gateways() map[string]*gatewayState {
	out := map[string]*gatewayState{}
	for _, f := range w.all() {
		f.mu.Lock()
		in, alert, unheard, known := f.rules[len(f.rules)-1], f.silent, f.received < w.started, f.newest != minTime
		f.mu.Unlock()
		if !known || in.Gateway == "" {
			continue
		}
		g := out[in.Gateway]
		if g == nil {
			g = &gatewayState{}
			out[in.Gateway] = g
		}
		g.connected++
		if alert != nil || unheard {
			g.silent = append(g.silent, silent{f.partition.Device, in.Bed, alert})
		}
	}
	return out
}

// together returns those of a gateway whose silence makes one alarm: most of its
// devices, within a minute of each other; nil: it makes none.
func (g *gatewayState) together() []silent {
	list := slices.DeleteFunc(slices.Clone(g.silent), func(s silent) bool { return s.alert == nil })
	need := g.need()
	slices.SortFunc(list, func(a, b silent) int {
		return cmp.Or(cmp.Compare(a.alert.Onset, b.alert.Onset), strings.Compare(a.device, b.device))
	})
	for len(list) >= need {
		if list[need-1].alert.Onset-list[0].alert.Onset <= togetherNs {
			return list
		}
		list = list[1:]
	}
	return nil
}

// need returns how many silent devices make an alarm.
func (g *gatewayState) need() int { return max(gatewayLeast, g.connected/2+1) }

// due returns the records that are due, by what the devices say now.
func (s *storms) due(now int64) []eventlog.Control {
	states := s.w.gateways()
	s.mu.RLock()
	defer s.mu.RUnlock()
	var out []eventlog.Control
	add := func(p Storm) {
		out = append(out, eventlog.Control{Kind: eventlog.KindStorm, Actor: "pleth", Payload: encode(p)})
	}
	for gateway, g := range states {
		if s.open[gateway] != nil {
			continue
		}
		if list := g.together(); list != nil {
			last := list[g.need()-1].alert
			p := Storm{Gateway: gateway, Onset: last.Onset, Profile: last.Profile, Version: last.Version,
				Step: Step{From: alarm.Inactive.String(), To: alarm.Active.String(), Cause: string(alarm.Delayed), Priority: alarm.Medium.String(), Since: list[0].alert.Onset}}
			p.name(list)
			add(p)
		}
	}
	for gateway, a := range s.open {
		if a.Channel != "" {
			if a.SilencedUntil() != 0 && a.SilencedUntil() <= now {
				add(Storm{Alert: a.ID, Channel: a.Channel, Step: Step{From: a.State(), To: a.State(), Priority: a.Priority(), Cause: string(alarm.Sounded)}})
			}
			continue
		}
		g := states[gateway]
		if g == nil {
			g = &gatewayState{}
		}
		// What is heard of no more since a restart stays silent.
		list := slices.DeleteFunc(slices.Clone(g.silent), func(one silent) bool { return one.alert == nil && !slices.Contains(a.Members, one.device) })
		p := Storm{Alert: a.ID, Gateway: gateway, Step: Step{From: a.State(), To: a.State(), Priority: a.Priority()}}
		p.name(list)
		switch {
		case len(list) < g.need():
			p.Members, p.Devices = a.Members, a.Devices
			p.To, p.Cause = alarm.Cleared.String(), string(alarm.Recovered)
			add(p)
		case !slices.Equal(p.Members, a.Members):
			if now >= a.last().At+changeNs {
				p.Cause = membersChanged
				add(p)
			}
		case a.SilencedUntil() != 0 && a.SilencedUntil() <= now:
			p.Cause = string(alarm.Sounded)
			add(p)
		}
	}
	slices.SortFunc(out, func(a, b eventlog.Control) int { return strings.Compare(string(a.Payload), string(b.Payload)) })
	return out
}

// name gives a step its devices.
func (p *Storm) name(list []silent) {
	p.Members, p.Devices = nil, nil
	for _, one := range list {
		bed := one.device
		if one.bed != "" {
			bed = one.bed + " (" + one.device + ")"
		}
		p.Members, p.Devices = append(p.Members, one.device), append(p.Devices, bed)
	}
	slices.Sort(p.Members)
	slices.Sort(p.Devices)
}

// ask has what is due written into the log; one at a time.
func (s *storms) ask(ctx context.Context, under *sync.WaitGroup, now int64) {
	if s.asking.Load() {
		return
	}
	due := s.due(now)
	if len(due) == 0 {
		return
	}
	s.asking.Store(true)
	under.Go(func() {
		defer s.asking.Store(false)
		for _, c := range due {
			if err := s.w.log(ctx, Storms, c); err != nil && ctx.Err() == nil {
				s.w.cfg.Logger.Warn("the alarm of a gateway waits to be written", "error", err)
				return // a later tick tries anew
			}
		}
	})
}
