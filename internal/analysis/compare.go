package analysis

import (
	"cmp"
	"slices"
	"strings"
)

// The numbers of the comparison. Source: docs/definitions/comparison.md.
const (
	referenceNights = 13       // most nights that one is compared with
	referenceValidS = 4 * 3600 // valid signal of a night fit for comparison
	referenceEnough = 3        // so many fit ones push unfit ones out
)

// Facts is what of a session takes part in comparisons.
type Facts struct {
	ID     string
	Start  *string
	Inputs []string // SHA-256
	Order  int      // of the recording in the run, for sessions without a clock
	group  string   // only nights of one group are compared
	ids    []string // shared between the facts of like sessions
	values []float64
}

// FactsOf returns the facts of the sessions of d.
func FactsOf(d *Document) []Facts {
	var out []Facts
	for _, s := range d.Sessions {
		f := Facts{ID: s.ID, Start: s.Start, ids: sortedIDs(s.Metrics)}
		f.values = make([]float64, len(f.ids))
		for i, id := range f.ids {
			f.values[i] = s.Metrics[id]
		}
		out = append(out, f)
	}
	Place(out, d)
	return out
}

// Place tells facts which document they are of: d has their sessions in the
// same order, of which it needs only the devices. It is for those who took the
// facts of each session alone, before its recording ended.
func Place(facts []Facts, d *Document) {
	inputs := make([]string, len(d.Inputs))
	for i, in := range d.Inputs {
		inputs[i] = in.SHA256
	}
	for k, group := range groupsOf(d) {
		facts[k].Inputs, facts[k].group = inputs, group
	}
}

// Share makes facts use the lists of ids in known where theirs are equal, and
// adds to known those that are new. Most sessions have the same ids.
func Share(known map[string][]string, facts []Facts) {
	for i := range facts {
		facts[i].ids = intern(known, facts[i].ids)
	}
}

// groupsOf returns the group of each session of d. It is empty, the same for
// all of a run, but for a recording of several devices: the beds of a ward are
// not one person.
func groupsOf(d *Document) []string {
	groups := make([]string, len(d.Sessions))
	several := false
	for _, s := range d.Sessions {
		several = several || serial(s) != serial(d.Sessions[0])
	}
	for i, s := range d.Sessions {
		if several && len(d.Inputs) > 0 {
			groups[i] = d.Inputs[0].SHA256 + " " + serial(s)
		}
	}
	return groups
}

// serial returns the serial number of the device of s, empty if not known.
func serial(s *Session) string {
	if s.Device.Serial == nil {
		return ""
	}
	return *s.Device.Serial
}

func sortedIDs(m map[string]float64) []string {
	ids := make([]string, 0, len(m))
	for id := range m {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	return ids
}

func (f *Facts) value(id string) (float64, bool) {
	i, ok := slices.BinarySearch(f.ids, id)
	if !ok {
		return 0, false
	}
	return f.values[i], true
}

// Nights are the sessions of one run, each once, in order of time; those
// without a clock come last, in the order of the run.
type Nights struct {
	all []Facts
	fit []bool
}

// NewNights orders the facts of a run. The same session from two files counts once.
func NewNights(facts []Facts) *Nights {
	n := &Nights{}
	seen := map[[2]string]bool{}
	shared := map[string][]string{}
	for _, f := range facts {
		if seen[[2]string{f.group, f.ID}] {
			continue
		}
		seen[[2]string{f.group, f.ID}] = true
		f.ids = intern(shared, f.ids)
		n.all = append(n.all, f)
	}
	slices.SortStableFunc(n.all, func(a, b Facts) int {
		switch {
		case a.Start == nil && b.Start == nil:
			return cmp.Compare(a.Order, b.Order)
		case a.Start == nil:
			return 1
		case b.Start == nil:
			return -1
		}
		return cmp.Or(cmp.Compare(*a.Start, *b.Start), cmp.Compare(a.ID, b.ID))
	})
	fit := map[string]int{}
	for i := range n.all {
		v, _ := n.all[i].value("time.valid_s")
		n.fit = append(n.fit, v >= referenceValidS)
		if n.fit[i] {
			fit[n.all[i].group]++
		}
	}
	for i := range n.fit {
		if fit[n.all[i].group] < referenceEnough+1 {
			n.fit[i] = true
		}
	}
	return n
}

// intern returns one list of ids for all equal ones.
func intern(shared map[string][]string, ids []string) []string {
	key := strings.Join(ids, " ")
	if have, ok := shared[key]; ok {
		return have
	}
	shared[key] = ids
	return ids
}

// Len returns the number of nights.
func (n *Nights) Len() int { return len(n.all) }

// trendIDs are the metrics of every night that the trend of a report shows.
var trendIDs = []string{"time.valid_s", "spo2.mean", "spo2.min", "below.90.seconds", "below.88.seconds", "below.85.seconds", "odi4.per_h"}

// Compare returns where the sessions of d stand among the nights of the run;
// nil if there is no other to compare with.
func (n *Nights) Compare(d *Document) *Comparison {
	if len(n.all) < 2 || len(d.Sessions) == 0 {
		return nil
	}
	c := &Comparison{Nights: []Night{}, Sessions: []SessionPosition{}}
	mention := map[int]bool{}
	groups := groupsOf(d)
	for k, s := range d.Sessions {
		at := slices.IndexFunc(n.all, func(f Facts) bool { return f.ID == s.ID && f.group == groups[k] })
		if at < 0 {
			continue
		}
		reference := n.reference(at)
		if len(reference) == 0 {
			continue
		}
		mention[at] = true
		p := SessionPosition{ID: s.ID, Reference: []string{}, Metrics: make(map[string]Position, len(n.all[at].ids))}
		for _, i := range reference {
			mention[i] = true
			p.Reference = append(p.Reference, n.all[i].ID)
		}
		others := make([]float64, 0, len(reference))
		for i, id := range n.all[at].ids {
			if pos, ok := n.position(at, i, reference, others); ok {
				p.Metrics[id] = pos
			}
		}
		c.Sessions = append(c.Sessions, p)
	}
	if len(c.Sessions) == 0 {
		return nil
	}
	for i := range n.all {
		if mention[i] {
			c.Nights = append(c.Nights, n.all[i].night())
		}
	}
	return c
}

// reference returns the nights that the one at index at is compared with, in
// order: the fit ones nearest in the order of nights, earlier ones first.
func (n *Nights) reference(at int) []int {
	var out []int
	for i := at - 1; i >= 0 && len(out) < referenceNights; i-- {
		if n.fit[i] && n.all[i].group == n.all[at].group {
			out = append(out, i)
		}
	}
	for i := at + 1; i < len(n.all) && len(out) < referenceNights; i++ {
		if n.fit[i] && n.all[i].group == n.all[at].group {
			out = append(out, i)
		}
	}
	slices.Sort(out)
	return out
}

// position returns where metric i of the night at index at stands. others is
// room for the values of the reference.
func (n *Nights) position(at, i int, reference []int, others []float64) (Position, bool) {
	own := &n.all[at]
	id, value := own.ids[i], own.values[i]
	for _, k := range reference {
		f := &n.all[k]
		if i < len(f.ids) && f.ids[i] == id { // most nights have the same metrics
			others = append(others, f.values[i])
		} else if v, ok := f.value(id); ok {
			others = append(others, v)
		}
	}
	if len(others) == 0 {
		return Position{}, false
	}
	slices.Sort(others)
	rank, _ := slices.BinarySearch(others, value)
	return Position{
		Value: value, Median: quantile(others, 0.5), Q1: quantile(others, 0.25), Q3: quantile(others, 0.75),
		Rank: rank + 1, Of: len(others) + 1,
	}, true
}

// quantile interpolates linearly between the values of a sorted list.
func quantile(sorted []float64, p float64) float64 {
	at := p * float64(len(sorted)-1)
	i := int(at)
	if i+1 >= len(sorted) {
		return sorted[len(sorted)-1]
	}
	return sorted[i] + (sorted[i+1]-sorted[i])*(at-float64(i))
}

func (f *Facts) night() Night {
	n := Night{ID: f.ID, Start: f.Start, Inputs: f.Inputs, Metrics: map[string]float64{}}
	for _, id := range trendIDs {
		if v, ok := f.value(id); ok {
			n.Metrics[id] = v
		}
	}
	return n
}
