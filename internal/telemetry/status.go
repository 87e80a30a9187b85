package telemetry

import (
	"math"
	"slices"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"
)

// Windows of a Status.
const (
	// RateWindow is what rates and delays are taken over.
	RateWindow = 5 * time.Minute
	// BurnWindow is what the use of a budget is taken over.
	BurnWindow = time.Hour
	// SampleEvery is how far apart samples are taken.
	SampleEvery = 15 * time.Second
)

// Status is how the server does, for the people who run it. What is taken over
// a window is taken over the time since the start where that is shorter, and is
// null where nothing happened in it: nothing is not zero.
type Status struct {
	At         time.Time   `json:"at"`
	Since      time.Time   `json:"since"` // when counting began
	Over       float64     `json:"over_s"`
	Burned     float64     `json:"burn_over_s"`
	Doors      []Door      `json:"doors"`
	Readings   []Share     `json:"readings"` // by what became of them
	Refused    []Share     `json:"refused"`  // by reason, those that ever happened
	Objectives []Objective `json:"objectives"`
	Waiting    int64       `json:"queue_readings"`
	Letters    int64       `json:"dead_letters"`
	LetterRows int64       `json:"dead_letter_readings"`
	Messages   int64       `json:"messages_waiting"`
	GivenUp    int64       `json:"messages_given_up"`
	Clients    int         `json:"live_clients"`
	Alarms     int         `json:"alarms"`
	Devices    int         `json:"devices"` // heard of in the last ten minutes
	// Lag is how far the watermark of the device that is furthest behind lies
	// behind the clock, seconds; null: no device was heard of.
	Lag *float64 `json:"watermark_lag_s"`
	// SyncP50 and SyncP99 are the seconds that half and 99 of 100 syncs of the log
	// did not exceed since the start; null: there were none.
	SyncP50 *float64 `json:"sync_p50_s"`
	SyncP99 *float64 `json:"sync_p99_s"`
	Storage uint64   `json:"storage_bytes"`
	Debt    int64    `json:"compaction_debt_bytes"`
}

// Door is how one door does.
type Door struct {
	Name    string   `json:"door"`
	Batches uint64   `json:"batches"` // acknowledged since the start
	Rate    float64  `json:"batches_per_s"`
	P50     *float64 `json:"p50_s"` // from receipt to acknowledgement
	P99     *float64 `json:"p99_s"`
}

// Share is a count of readings.
type Share struct {
	Name  string  `json:"name"`
	Total int64   `json:"total"` // since the start; of readings: since the data began
	Rate  float64 `json:"per_s"`
}

// Objective is how much of what was promised was kept.
type Objective struct {
	Name   string   `json:"name"` // acknowledgement, freshness, push, alarm or loss
	Goal   float64  `json:"goal"` // share that must be good
	Within float64  `json:"within_s,omitempty"`
	Count  uint64   `json:"count"` // since the start
	Good   *float64 `json:"good"`  // share of them that were
	// Left is the share of the budget since the start that is not used, below 0
	// where more was.
	Left *float64 `json:"budget_left"`
	// Burn is how many times too fast the budget was used in the last hour; 1
	// lasts just as long as it should.
	Burn *float64 `json:"burn"`
}

// doorNames are the doors whose acknowledgements are measured, in the order of
// a Status.
var doorNames = []string{"rest", "ndjson", "line", "mqtt", "bedside"}

// goals are the objectives of docs/operations.md.
var goals = []struct {
	name         string
	goal, within float64
}{{"acknowledgement", .99, 1}, {"freshness", .99, 2}, {"push", .99, .1}, {"alarm", .99, 1}, {"loss", .9999, 0}}

// tally is how often something happened, and how often well.
type tally struct{ all, good uint64 }

// sample is what stood at one moment.
type sample struct {
	at       int64
	doors    [][]uint64 // by door: cumulative counts by bound, and of all
	outcomes [4]int64
	refused  map[string]int64
	goals    []tally
}

// past is the samples of the last hour.
type past struct {
	mu      sync.Mutex
	began   int64
	samples []sample
}

// early is how much less than SampleEvery may lie between two samples: timers
// are not exact.
const early = time.Second

// Sample notes what stands now, about once every SampleEvery however often it is
// called. Where the clock was set back, what was noted is forgotten.
func (t *Telemetry) Sample() {
	now := t.clock()
	t.past.mu.Lock()
	defer t.past.mu.Unlock()
	list := slices.DeleteFunc(t.past.samples, func(s sample) bool {
		return s.at > now || now-s.at > int64(BurnWindow+SampleEvery)
	})
	if n := len(list); n == 0 || now-list[n-1].at >= int64(SampleEvery-early) {
		list = append(list, t.look(now))
	}
	t.past.samples = list
}

// look takes a sample.
func (t *Telemetry) look(now int64) sample {
	s := sample{at: now, refused: map[string]int64{}}
	acks := tally{}
	for _, name := range doorNames {
		all, good := counts(t.acknowledged.WithLabelValues(name).(prometheus.Metric), goals[0].within)
		s.doors = append(s.doors, all)
		acks.all, acks.good = acks.all+all[len(all)-1], acks.good+good
	}
	s.goals = append(s.goals, acks)
	for i, m := range []prometheus.Metric{t.fresh, t.push, t.alarm} {
		all, good := counts(m, goals[1+i].within)
		s.goals = append(s.goals, tally{all[len(all)-1], good})
	}
	expected := uint64(value(t.expected))
	s.goals = append(s.goals, tally{expected, min(expected, uint64(value(t.arrived)))})
	for _, reason := range t.reasons {
		s.refused[reason] = int64(value(t.refused.WithLabelValues(reason)))
	}
	n := t.from.Totals()
	s.outcomes = [4]int64{n.Accepted, n.Late, n.Conflicts, n.Duplicates}
	return s
}

// counts returns the cumulative counts of a histogram by the bounds of seconds,
// and of all, and how many lie within.
func counts(m prometheus.Metric, within float64) (out []uint64, good uint64) {
	var d dto.Metric
	out = make([]uint64, len(seconds)+1)
	if err := m.Write(&d); err != nil || d.Histogram == nil {
		return out, 0
	}
	for i, b := range d.Histogram.Bucket {
		if i < len(seconds) {
			out[i] = b.GetCumulativeCount()
		}
		if b.GetUpperBound() == within {
			good = b.GetCumulativeCount()
		}
	}
	out[len(seconds)] = d.Histogram.GetSampleCount()
	return out, good
}

func value(m prometheus.Metric) float64 {
	var d dto.Metric
	if err := m.Write(&d); err != nil {
		return 0
	}
	return d.Counter.GetValue()
}

// before returns the newest sample that is at least so old, or the oldest.
func (p *past) before(now int64, ago time.Duration) (sample, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.samples) == 0 {
		return sample{}, false
	}
	k := 0
	for k+1 < len(p.samples) && now-p.samples[k+1].at >= int64(ago) {
		k++
	}
	return p.samples[k], true
}

// percentile returns the value that share of what was counted between two
// samples did not exceed, as far as the bounds tell: by the line between them.
// nil: nothing was counted. Beyond the last bound it is that bound.
func percentile(from, to []uint64, share float64) *float64 {
	n := len(seconds)
	all := float64(to[n] - from[n])
	if all == 0 {
		return nil
	}
	want, below, low := share*all, 0.0, 0.0
	for i, bound := range seconds {
		c := float64(to[i] - from[i])
		if c >= want && c > below {
			v := low + (bound-low)*(want-below)/(c-below)
			return &v
		}
		below, low = c, bound
	}
	v := seconds[n-1]
	return &v
}

// Status returns how the server does now. Watch was called.
func (t *Telemetry) Status() Status {
	t.Sample() // first: what is taken now is not older than any sample
	now := t.look(t.clock())
	from, _ := t.past.before(now.at, RateWindow)
	hour, _ := t.past.before(now.at, BurnWindow)
	over := math.Max(float64(now.at-from.at)/1e9, 1)
	s := Status{Refused: []Share{}, At: time.Unix(0, now.at).UTC(), Since: time.Unix(0, t.past.began).UTC(), Over: float64(now.at-from.at) / 1e9, Burned: float64(now.at-hour.at) / 1e9}
	for i, name := range doorNames {
		n := len(seconds)
		s.Doors = append(s.Doors, Door{Name: name, Batches: now.doors[i][n], Rate: float64(now.doors[i][n]-from.doors[i][n]) / over,
			P50: percentile(from.doors[i], now.doors[i], .5), P99: percentile(from.doors[i], now.doors[i], .99)})
	}
	for i, name := range []string{"accepted", "late", "conflict", "duplicate"} {
		s.Readings = append(s.Readings, Share{name, now.outcomes[i], float64(now.outcomes[i]-from.outcomes[i]) / over})
	}
	for _, reason := range t.reasons {
		if n := now.refused[reason]; n > 0 {
			s.Refused = append(s.Refused, Share{reason, n, float64(n-from.refused[reason]) / over})
		}
	}
	for i, g := range goals {
		o := Objective{Name: g.name, Goal: g.goal, Within: g.within, Count: now.goals[i].all}
		if n := now.goals[i]; n.all > 0 {
			bad := float64(n.all-n.good) / float64(n.all)
			good, left := 1-bad, 1-bad/(1-g.goal)
			o.Good, o.Left = &good, &left
		}
		if all := now.goals[i].all - hour.goals[i].all; all > 0 {
			// A reading that was missed before may have come in this hour.
			bad := max(0, int64(all)-int64(now.goals[i].good-hour.goals[i].good))
			burn := float64(bad) / float64(all) / (1 - g.goal)
			o.Burn = &burn
		}
		s.Objectives = append(s.Objectives, o)
	}
	t.ask(&s, now.at)
	return s
}

// ask fills in what the sources know.
func (t *Telemetry) ask(s *Status, now int64) {
	from := t.from
	s.Letters, s.LetterRows, _ = from.Letters()
	s.Waiting = from.Waiting()
	s.Clients, s.Alarms = from.Clients()
	s.Messages, s.GivenUp = from.Messages()
	s.Storage, s.Debt = from.Disk()
	for _, d := range from.Devices() {
		if d.Watermark == 0 || now-d.Received >= int64(heard) {
			continue
		}
		s.Devices++
		if lag := max(0, time.Duration(now-d.Watermark).Seconds()); s.Lag == nil || lag > *s.Lag {
			s.Lag = &lag
		}
	}
	if all, _ := syncs(from.Sync()); all != nil {
		none := make([]uint64, len(all))
		s.SyncP50, s.SyncP99 = percentile(none, all, .5), percentile(none, all, .99)
	}
}
