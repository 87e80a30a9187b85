package watch

import (
	"cmp"
	"slices"
	"strings"

	"pleth/internal/alarm"
	"pleth/internal/reading"
)

// Bounds of the alarm of a gateway.
const (
	gatewayLeast = 3 // silent devices at least
	gatewayRule  = "gateway.silent"
	togetherNs   = int64(60e9) // their silence begins within so long
)

// gatewayRuleOf is the rule of the alarm of a gateway.
var gatewayRuleOf = alarm.Rule{ID: gatewayRule, Kind: alarm.NoData, Priority: alarm.Medium, Technical: true}

// gateways returns one alarm for every gateway most of whose devices have fallen
// silent together, with the ids of the alarms that it stands for. It begins when
// the last of as many fell silent as are most, and is over when they are not.
func gateways(views []*Alert, connected map[string]int) ([]*Alert, map[string]bool) {
	silent := map[string][]*Alert{}
	for _, a := range views {
		if a.Gateway != "" && a.Rule.Kind == alarm.NoData && (a.State() == "active" || a.State() == "acknowledged") {
			silent[a.Gateway] = append(silent[a.Gateway], a)
		}
	}
	var out []*Alert
	under := map[string]bool{}
	for gateway, list := range silent {
		need := max(gatewayLeast, connected[gateway]/2+1)
		if len(list) < need {
			continue
		}
		slices.SortFunc(list, func(a, b *Alert) int {
			return cmp.Or(cmp.Compare(a.Onset, b.Onset), strings.Compare(a.Device, b.Device))
		})
		from := 0
		for from+need <= len(list) && list[from+need-1].Onset-list[from].Onset > togetherNs {
			from++
		}
		if from+need > len(list) {
			continue
		}
		list = list[from:]
		last := list[need-1]
		sounded := int64(0)
		for _, a := range list[:need] {
			sounded = max(sounded, a.Sounded())
		}
		g := &Alert{ID: name(reading.Partition{Recording: gateway}, gatewayRule, last.Onset), Gateway: gateway, Rule: gatewayRuleOf, Profile: last.Profile, Version: last.Version, Onset: last.Onset, Open: true,
			Steps: []Step{{At: sounded, From: "inactive", To: "active", Cause: string(alarm.Delayed), Priority: alarm.Medium.String(), Since: list[0].Onset}}}
		for _, a := range list {
			bed := a.Device
			if a.Bed != "" {
				bed = a.Bed + " (" + a.Device + ")"
			}
			g.Devices = append(g.Devices, bed)
			under[a.ID] = true
		}
		slices.Sort(g.Devices)
		out = append(out, g)
	}
	return out, under
}

// connected returns how many devices of a live stream are set to each gateway.
func (w *Watch) connected() map[string]int {
	out := map[string]int{}
	for _, f := range w.all() {
		f.mu.Lock()
		if g := f.rules[len(f.rules)-1].Gateway; g != "" && f.newest != minTime {
			out[g]++
		}
		f.mu.Unlock()
	}
	return out
}
