package validation

import (
	"fmt"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"pleth"
	"pleth/internal/intake"
	"pleth/internal/oximetry"
	"pleth/internal/session"
	"pleth/internal/signal"
	"pleth/internal/simulate"
	"pleth/internal/stream"
)

// night is a simulated night as it was recorded, and as it came out.
type night struct {
	truth    *simulate.Truth
	derived  []*stream.Derived
	offset   []int  // of each session, seconds after the start of the night
	pristine series // what an undisturbed device shows where there are rows
	interval time.Duration
	delay    int   // of the device at most, seconds
	start    int64 // of the night, which may lie before its first row
	minimum  int   // of an episode, seconds below
}

// The devices of the campaign: every interval with every averaging.
var (
	intervals = [...]time.Duration{time.Second, 2 * time.Second, 4 * time.Second}
	averaging = [...]time.Duration{2 * time.Second, 4 * time.Second, 8 * time.Second}
)

// device returns the interval and averaging of the i-th night of a campaign.
func device(i int) (interval, average time.Duration) {
	return intervals[i%len(intervals)], averaging[i/len(intervals)%len(averaging)]
}

// derive runs rows through intake, sessions and the stream.
func derive(tb testing.TB, h pleth.Header, rows *pleth.Batch, cfg stream.Config) ([]*session.Session, []*stream.Derived) {
	tb.Helper()
	in := intake.New(intake.Options{})
	if err := in.Start(h); err != nil {
		tb.Fatal(err)
	}
	if err := in.Rows(rows); err != nil {
		tb.Fatal(err)
	}
	sessions := in.Close()
	derived := make([]*stream.Derived, len(sessions))
	for i, s := range sessions {
		derived[i] = stream.Derive(s, cfg)
	}
	return sessions, derived
}

// simulated makes a night and runs it through the whole road.
func simulated(tb testing.TB, p simulate.Params) *night {
	tb.Helper()
	made, err := simulate.Night(p)
	if err != nil {
		tb.Fatal(err)
	}
	p.Pristine = true
	pristine, err := simulate.Night(p)
	if err != nil {
		tb.Fatal(err)
	}
	minimum := oximetry.EpisodeMinimum
	if p.Profile == simulate.Infant || p.Profile == simulate.Preterm {
		minimum = oximetry.InfantMinimum
	}
	n := &night{truth: &made.Truth, interval: p.Interval, delay: int((p.Averaging + p.Interval) / time.Second), minimum: int(minimum / signal.Second)}
	n.start = pristine.Rows.Time(0)
	n.pristine = overlay(pristine.Rows, made.Rows, p.Interval)
	var sessions []*session.Session
	sessions, n.derived = derive(tb, made.Header, made.Rows, stream.Config{EpisodeMinimum: minimum})
	for _, s := range sessions {
		n.offset = append(n.offset, int((s.Start-pristine.Rows.Time(0))/signal.Second))
	}
	return n
}

// lost reports whether the recording does not show what happened in a time: no
// rows or values for longer than is bridged, or a value held as long.
func (n *night) lost(start, end int) bool {
	bridge := bridgeOf(n.interval)
	for _, g := range n.truth.Gaps {
		if g.End-g.Start > bridge && g.Start < end && start < g.End {
			return true
		}
	}
	for _, a := range n.truth.Artefacts {
		if a.Kind == simulate.Held && a.End-a.Start > bridge && a.Start < end && start < a.End {
			return true
		}
	}
	return false
}

// cell is one profile with one activity.
type cell struct {
	profile  simulate.Profile
	activity simulate.Activity
}

func (c cell) String() string { return fmt.Sprintf("%s, %s", c.profile, c.activity) }

// goal returns the least sensitivity and positive predictive value of a cell.
func (c cell) goal() float64 {
	if c.activity == simulate.Quiet && (c.profile == simulate.Adult || c.profile == simulate.Child) {
		return cleanGoal
	}
	return harsherGoal
}

func cells() []cell {
	var all []cell
	for _, a := range simulate.Activities() {
		for _, p := range simulate.Profiles() {
			all = append(all, cell{p, a})
		}
	}
	return all
}

// result is what came out of one cell: falls, episodes by limit, and the falls
// by device.
type result struct {
	falls    tally
	episodes [len(stream.EpisodeLimits)]tally
	byDevice [len(intervals) * len(averaging)]tally
}

// measure runs the nights of a cell; first is the seed of the first one.
func (c cell) measure(t *testing.T, first uint64, nights int) *result {
	type judged struct {
		falls    tally
		episodes [len(stream.EpisodeLimits)]tally
	}
	each := make([]judged, nights)
	var wait sync.WaitGroup
	for worker := range runtime.GOMAXPROCS(0) {
		wait.Go(func() {
			for i := worker; i < nights; i += runtime.GOMAXPROCS(0) {
				interval, average := device(i)
				n := simulated(t, simulate.Params{Seed: first + uint64(i), Profile: c.profile, Activity: c.activity, Interval: interval, Averaging: average})
				each[i].falls.judge(n.trueFalls(), n.foundFalls())
				for k, limit := range stream.EpisodeLimits {
					each[i].episodes[k].judge(n.trueEpisodes(limit), n.foundEpisodes(limit))
				}
			}
		})
	}
	wait.Wait()
	r := &result{}
	for i := range each {
		r.falls.join(each[i].falls)
		r.byDevice[i%len(r.byDevice)].join(each[i].falls)
		for k := range r.episodes {
			r.episodes[k].join(each[i].episodes[k])
		}
	}
	return r
}

// TestSimulatedNights plants events into simulated nights and holds the goals.
func TestSimulatedNights(t *testing.T) {
	nights, _ := full()
	var falls, episodes strings.Builder
	falls.WriteString("| Profile | Planted | Detectable | Found | Sensitivity | PPV | Strict PPV | Sensitivity, all planted |\n|---|---|---|---|---|---|---|---|\n")
	episodes.WriteString("| Profile | Below | True | Detectable | Found | Sensitivity | PPV | Strict PPV |\n|---|---|---|---|---|---|---|---|\n")
	var devices [2][len(intervals) * len(averaging)]tally
	for i, c := range cells() {
		r := c.measure(t, uint64(1+i*1_000_000), nights)
		_, detectable := r.falls.sensitivity.total()
		_, found := r.falls.precision.total()
		fmt.Fprintf(&falls, "| %s | %d | %d | %d | %s | %s | %s | %s |\n", c, r.falls.planted, detectable, found,
			&r.falls.sensitivity, &r.falls.precision, &r.falls.strict, &r.falls.anyway)
		hold(t, c, "falls", &r.falls)
		for k, limit := range stream.EpisodeLimits {
			e := &r.episodes[k]
			_, detectable := e.sensitivity.total()
			_, found := e.precision.total()
			fmt.Fprintf(&episodes, "| %s | %d | %d | %d | %d | %s | %s | %s |\n", c, limit, e.planted, detectable, found,
				&e.sensitivity, &e.precision, &e.strict)
			hold(t, c, fmt.Sprintf("episodes below %d", limit), e)
		}
		for k := range r.byDevice {
			devices[i/len(simulate.Profiles())][k].join(r.byDevice[k])
		}
	}
	compare(t, "falls", falls.String())
	compare(t, "episodes", episodes.String())
	compare(t, "devices", deviceTable(&devices))
}

func deviceTable(devices *[2][len(intervals) * len(averaging)]tally) string {
	var b strings.Builder
	b.WriteString("| Interval | Averaging | Sensitivity, quiet | PPV, quiet | Sensitivity, restless | PPV, restless |\n|---|---|---|---|---|---|\n")
	for k := range devices[0] {
		interval, average := device(k)
		fmt.Fprintf(&b, "| %v | %v | %.3f | %.3f | %.3f | %.3f |\n", interval, average,
			devices[0][k].sensitivity.value(), devices[0][k].precision.value(), devices[1][k].sensitivity.value(), devices[1][k].precision.value())
	}
	return b.String()
}

// hold reports a goal that was missed: by the proportion itself in the full
// campaign, by its whole confidence interval in the reduced one.
func hold(t *testing.T, c cell, what string, r *tally) {
	t.Helper()
	for name, s := range map[string]*share{"sensitivity": &r.sensitivity, "positive predictive value": &r.precision} {
		hits, of := s.total()
		reached := s.value()
		if _, whole := full(); !whole {
			_, reached = s.interval()
		}
		if of == 0 || reached < c.goal() {
			t.Errorf("%s, %s: %s %d of %d = %v, goal %.2f", c, what, name, hits, of, s, c.goal())
		}
	}
}
