package evaluate

import (
	"cmp"
	"slices"
	"strings"
)

// dips are the episodes below one limit, worst first, told apart by whether
// at least half of the time below was doubtful signal. Only the others are
// called dips; a doubtful one that holds a dip below a deeper limit is one too.
type dips struct {
	trusted  []*Episode
	doubtful []*Episode
	floor    float64 // lowest reading that was not doubtful
	known    bool    // floor is known
}

// gather finds the dips below limit; deep are those below the next deeper one.
func gather(episodes []Episode, limit int, deep []*Episode, floor float64, known bool) dips {
	d := dips{floor: floor, known: known}
	for i := range episodes {
		e := &episodes[i]
		switch {
		case e.Limit != limit || !finite(e.Nadir) || !finite(e.length()):
		case e.SuspectPct >= doubtfulPct && !slices.ContainsFunc(deep, e.holds):
			d.doubtful = append(d.doubtful, e)
		default:
			d.trusted = append(d.trusted, e)
		}
	}
	slices.SortStableFunc(d.trusted, deeper)
	slices.SortStableFunc(d.doubtful, deeper)
	return d
}

// deeper orders episodes by nadir, then longest first, then by start and id.
func deeper(a, b *Episode) int {
	return cmp.Or(cmp.Compare(a.Nadir, b.Nadir), longer(a, b))
}

// longer orders episodes longest first, then by nadir, start and id.
func longer(a, b *Episode) int {
	return cmp.Or(cmp.Compare(b.length(), a.length()), cmp.Compare(a.Nadir, b.Nadir), cmp.Compare(a.StartS, b.StartS), strings.Compare(a.ID, b.ID))
}

// holds reports whether other lies within e.
func (e *Episode) holds(other *Episode) bool {
	return other.StartS >= e.StartS && other.EndS <= e.EndS
}

func (e *Episode) length() float64 { return e.EndS - e.StartS }

func (e *Episode) prolonged() bool { return kindDuration.round(e.length()) >= prolongedS }

// trusts reports whether the nadir of e was not doubtful, as far as is known.
func (d *dips) trusts(e *Episode) bool { return !d.known || e.Nadir >= d.floor }

// low returns how low e went in trust: its nadir, or where that was doubtful
// the lowest reading of the recording that was not, which lies no higher than
// what e reached.
func (d *dips) low(e *Episode) float64 {
	if d.trusts(e) {
		return e.Nadir
	}
	return d.floor
}

// lowest returns the lowest that any dip went in trust.
func (d *dips) lowest() (float64, bool) {
	if len(d.trusted) == 0 {
		return 0, false
	}
	return d.low(d.trusted[0]), true // the deepest comes first
}

// deepest returns the deepest dip whose nadir was not doubtful; nil if none.
func (d *dips) deepest() *Episode {
	for _, e := range d.trusted {
		if d.trusts(e) {
			return e
		}
	}
	return nil
}

// longest returns the longest dip, or the longest deep one; nil if none.
func (d *dips) longest(deep bool) *Episode {
	var best *Episode
	for _, e := range d.trusted {
		if deep && kindReading.round(d.low(e)) >= deepBelow {
			continue
		}
		if best == nil || longer(e, best) < 0 {
			best = e
		}
	}
	return best
}

// at returns the dips below limit q.
func (f *facts) at(q string) *dips {
	for i, limit := range [...]string{"90", "88", "85"} {
		if q == limit {
			return &f.dips[i]
		}
	}
	return nil
}

// group returns a number of the dips, or of the doubtful stretches, below one
// limit: "90.count" and the like. Counts need the metric episodes.90.count:
// without it nobody has looked.
func (f *facts) group(head, rest string) (float64, bool) {
	q, field, _ := strings.Cut(rest, ".")
	d := f.at(q)
	if d == nil {
		return 0, false
	}
	_, looked := f.metric("episodes." + q + ".count")
	if !looked {
		return 0, false
	}
	if head == "doubtful" {
		return float64(len(d.doubtful)), field == "count"
	}
	switch field {
	case "count":
		return float64(len(d.trusted)), true
	case "prolonged":
		n := 0
		for _, e := range d.trusted {
			n += int(truth(e.prolonged()))
		}
		return float64(n), true
	case "lowest":
		return d.lowest()
	case "longest_s", "deep_longest_s":
		if e := d.longest(field == "deep_longest_s"); e != nil {
			return e.length(), true
		}
	case "pulse", "pulse_rises":
		n, rises := 0, 0
		for _, e := range d.trusted {
			if r, ok := value(e.PulseResponse); ok && finite(r) {
				n++
				rises += int(truth(r >= pulseRise))
			}
		}
		if field == "pulse" {
			return float64(n), true
		}
		return float64(rises), n > 0
	}
	return 0, false
}

// item returns a field of one episode or cluster: "ID.field".
func (f *facts) item(head, rest string) (float64, bool) {
	dot := strings.LastIndexByte(rest, '.')
	if dot < 0 {
		return 0, false
	}
	id, field := rest[:dot], rest[dot+1:]
	if head == "cluster" {
		i := slices.IndexFunc(f.in.Clusters, func(c Cluster) bool { return c.ID == id })
		if i < 0 {
			return 0, false
		}
		return f.in.Clusters[i].field(field)
	}
	i := slices.IndexFunc(f.in.Episodes, func(e Episode) bool { return e.ID == id })
	if i < 0 {
		return 0, false
	}
	e := &f.in.Episodes[i]
	switch field {
	case "start_s":
		return e.StartS, true
	case "length_s":
		return e.length(), true
	case "nadir_s":
		return e.NadirS, true
	case "truncated":
		return truth(e.Truncated), true
	case "lowest": // the nadir, if it was not doubtful
		for k := range f.dips {
			if episodeLimits[k] == e.Limit {
				return e.Nadir, f.dips[k].trusts(e)
			}
		}
	}
	return 0, false
}

func (c *Cluster) length() float64 { return c.EndS - c.StartS }

func (c *Cluster) field(name string) (float64, bool) {
	switch name {
	case "start_s":
		return c.StartS, true
	case "length_s":
		return c.length(), true
	case "n":
		return float64(c.N), true
	case "worst_nadir":
		return c.WorstNadir, true
	}
	return 0, false
}
