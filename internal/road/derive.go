package road

import (
	"context"
	"math"
	"slices"
	"strconv"
	"strings"

	"pleth"
	"pleth/internal/reading"
	"pleth/internal/session"
	"pleth/internal/signal"
	"pleth/internal/stream"
	"pleth/internal/window"
)

// Derived calls f for what is derived from the rows that q selects, by device,
// recording, metric and time, until f returns false or an error: one sample for
// every row that carries the metric. SpO2 is marked by the rules of quality
// over its whole session, so a sample of an open session may change until its
// session has ended. Other metrics are marked by their range and by what the
// device said; their values stand until the next one, at most stands.
func (r *Road) Derived(ctx context.Context, q Query, f func(Sample) (bool, error)) error {
	wanted := q.Metrics
	if wanted == nil {
		wanted = metrics
	}
	wanted = slices.Clone(wanted)
	slices.Sort(wanted)
	for _, h := range r.selected(&q) {
		d := deriver{road: r, h: h, q: &q, f: f, who: r.worn(h)}
		d.from, d.to = q.From, forever
		if q.To != 0 {
			d.to = q.To
		}
		if a := q.After; a != nil && a.Device == h.partition.Device && a.Recording == h.partition.Recording {
			d.from = max(d.from, a.Time)
		}
		for _, m := range wanted {
			h.mu.RLock()
			there := h.state.Latest[m].Metric != 0
			h.mu.RUnlock()
			if !there {
				continue
			}
			var err error
			if slices.Contains(timelines[:], m) {
				err = d.saturation(ctx, m)
			} else {
				err = d.plain(ctx, m)
			}
			if err != nil || d.stopped {
				return err
			}
		}
	}
	return nil
}

// stands is how long a value of a metric other than SpO2 stands at most.
const stands = 30 * signal.Second

// deriver derives from the rows of one partition.
type deriver struct {
	road     *Road
	h        *head
	q        *Query
	f        func(Sample) (bool, error)
	who      []worn
	from, to int64
	stopped  bool
}

// give hands out a sample if it is in range.
func (d *deriver) give(s *Sample) error {
	if s.At < d.from || s.At >= d.to || d.stopped {
		return nil
	}
	more, err := d.f(*s)
	d.stopped = d.stopped || !more
	return err
}

// saturation derives from the sessions of metric m.
func (d *deriver) saturation(ctx context.Context, m pleth.Metric) error {
	spans, err := d.road.tracked(ctx, d.h, m)
	if err != nil {
		return err
	}
	d.h.mu.RLock()
	correct := newCalibrator(d.h.state.Calibrations)
	d.h.mu.RUnlock()
	for i := range spans {
		if spans[i].Last < d.from || spans[i].Start >= d.to {
			continue
		}
		s, err := d.road.derivation(ctx, d.h, m, spans, i)
		if err != nil {
			return err
		}
		if d.q.Subject != "" && d.road.info(d.h, m, spans, i).Subject != d.q.Subject {
			continue
		}
		if err := d.session(s, m, correct); err != nil || d.stopped {
			return err
		}
	}
	return nil
}

// keptDerived is how many derived sessions stay in memory: a night that somebody
// looks into is asked for again and again.
const keptDerived = 8

// mostKept is how many rows a session has at most that stays.
const mostKept = 100_000

// derivation is a session with what is derived from it.
type derivation struct {
	*session.Session
	derived *stream.Derived
}

// derivation derives span i, or returns what was derived of it before.
func (r *Road) derivation(ctx context.Context, h *head, m pleth.Metric, spans []span, i int) (*derivation, error) {
	s := &spans[i]
	key := strings.Join([]string{h.partition.Device, h.partition.Recording, m.String(), strconv.FormatInt(s.Start, 36)}, "\x00")
	if have, ok := r.derived.get(key, s.Revision); ok {
		return have, nil
	}
	if i == len(spans)-1 {
		if so, err := r.soFar(ctx, h, m, s.Start, true, true); so != nil || err != nil {
			r.remember(key, s.Revision, so)
			return so, err
		}
	}
	whole, err := r.whole(ctx, h, m, spans, i)
	if err != nil {
		return nil, err
	}
	out := &derivation{whole, stream.Derive(whole, r.cfg.Settings.Stream)}
	r.remember(key, s.Revision, out)
	return out, nil
}

func (r *Road) remember(key string, revision uint64, d *derivation) {
	if d != nil && d.Rows.Len() <= mostKept {
		r.derived.put(key, revision, d)
	}
}

func (d *deriver) session(s *derivation, m pleth.Metric, correct *calibrator) error {
	derived := s.derived
	limit := max(s.Interval, signal.Second) * 5 / 2
	times := s.Rows.Times()
	first, before, t, next := d.begin(s, m)
	for i := first; i < len(times); i++ {
		at := times[i]
		reasons, own := derived.Marks(i)
		if !own {
			continue
		}
		for ; next < derived.Grid.Len() && int64(next)*signal.Second <= at; next++ {
			t.push(derived.Grid.V[next], derived.Grid.Ok(next))
		}
		one := Sample{Partition: d.h.partition, Metric: m, At: s.Start + at, Value: trimmed(s.Rows.Value(m, i)), Reasons: reasons}
		if reasons.Missing() {
			one.Value = pleth.Missing()
		}
		one.Rate = before.to(at, one.Value, limit)
		t.fill(&one)
		one.Deficit = t.index()
		_, one.Calibration = correct.value(m, one.At, one.Value)
		if err := d.give(&one); err != nil || d.stopped || one.At >= d.to {
			return err
		}
	}
	return nil
}

// begin returns where to begin with what is asked of s: its first row, the
// value before it, the windows there, and the second of the grid behind them.
func (d *deriver) begin(s *derivation, m pleth.Metric) (first int, before rate, t *trailing, next int) {
	t = newTrailing()
	times, grid := s.Rows.Times(), &s.derived.Grid
	if d.from > s.Start {
		first, _ = slices.BinarySearch(times, d.from-s.Start)
	}
	for i := first - 1; i >= 0; i-- {
		if reasons, own := s.derived.Marks(i); own {
			v := s.Rows.Value(m, i)
			if reasons.Missing() {
				v = pleth.Missing()
			}
			before = rate{v.Ok(), times[i], trimmed(v).Float()}
			break
		}
	}
	if first == 0 || first == len(times) {
		return first, before, t, 0
	}
	// The windows see no second before next; the index counts all of them.
	next = max(0, min(int(times[first]/signal.Second), grid.Len())-int(longest/signal.Second)-1)
	for k := range next {
		t.count(grid.V[k], grid.Ok(k))
	}
	return first, before, t, next
}

// plain derives from the values of a metric other than SpO2.
func (d *deriver) plain(ctx context.Context, m pleth.Metric) error {
	// What lies before the range fills the windows.
	from := d.from
	if from > math.MinInt64+2*longest {
		from -= longest + stands
	}
	d.h.mu.RLock()
	correct := newCalibrator(d.h.state.Calibrations)
	d.h.mu.RUnlock()
	info := m.Info()
	t := newTrailing()
	var before rate
	var held signal.Sample
	var any bool
	second := int64(0) // next second for the windows
	return d.road.merged(d.h, from, d.to, func(tab *reading.Table) (bool, error) {
		for i, at := range tab.Rows.Times() {
			raw := tab.Rows.Value(m, i)
			if raw.IsAbsent() || tab.FlagsOf(i)&reading.IsConflict != 0 {
				continue
			}
			one := Sample{Partition: d.h.partition, Metric: m, At: at, Reasons: tab.Rows.Marks(i), Deficit: math.NaN()}
			one.Value, one.Calibration = correct.value(m, at, raw)
			one.Value = trimmed(one.Value)
			v, ok := signal.FromValue(one.Value)
			switch {
			case !ok:
				one.Reasons |= pleth.NoValue
			case v < signal.Whole(int(info.Low)) || v > signal.Whole(int(info.High)):
				one.Reasons |= pleth.OutOfRange
			}
			if one.Reasons.Missing() {
				one.Value = pleth.Missing()
			}
			// The seconds up to this one have the value before it.
			if !any || at-second*signal.Second > longest+stands {
				second = floor(at+signal.Second-1, signal.Second) / signal.Second
				if any {
					t = newTrailing()
				}
			}
			for ; second*signal.Second < at; second++ {
				t.push(held.V, any && held.Ok() && second*signal.Second-held.At < stands)
			}
			held, any = signal.Sample{At: at, V: v, R: one.Reasons}, true
			if second*signal.Second == at {
				t.push(v, held.Ok())
				second++
			}
			one.Rate = before.to(at, one.Value, stands)
			t.fill(&one)
			if d.q.Subject != "" && subjectAt(d.who, tab.OriginOf(i).Subject, at) != d.q.Subject {
				continue
			}
			if err := d.give(&one); err != nil || d.stopped {
				return false, err
			}
		}
		return true, ctx.Err()
	})
}

// longest is the longest trailing window.
const longest = int64(300) * signal.Second

// rate is the change per second against the value before.
type rate struct {
	any bool
	at  int64
	v   float64
}

// to returns the change per second to v at time at; NaN where one of the two
// is missing or the one before lies more than limit back.
func (r *rate) to(at int64, v pleth.Value, limit int64) float64 {
	was := *r
	*r = rate{v.Ok(), at, v.Float()}
	if !was.any || !v.Ok() || at <= was.at || at-was.at > limit {
		return math.NaN()
	}
	return (v.Float() - was.v) / (float64(at-was.at) / float64(signal.Second))
}

// trailing are the trailing windows of a series, and its oxygen deficit.
type trailing struct {
	short, long *window.Rolling
	valid, area int64 // seconds; units of signal.Fixed times seconds
}

// deficitLimit is the level below which oxygen is in deficit, in percent.
var deficitLimit = signal.Whole(90)

func newTrailing() *trailing {
	return &trailing{short: window.NewRolling(stream.RollingSpans[0]), long: window.NewRolling(stream.RollingSpans[1])}
}

// push moves on by one second.
func (t *trailing) push(v signal.Fixed, ok bool) {
	t.short.Push(v, ok)
	t.long.Push(v, ok)
	t.count(v, ok)
}

// count counts a second for the index.
func (t *trailing) count(v signal.Fixed, ok bool) {
	if ok {
		t.valid++
		t.area += int64(max(0, deficitLimit-v))
	}
}

// fill sets the means and deviations of s.
func (t *trailing) fill(s *Sample) {
	s.Mean60, s.SD60, s.Mean300, s.SD300 = math.NaN(), math.NaN(), math.NaN(), math.NaN()
	if t.short.Exists() {
		s.Mean60, s.SD60 = t.short.Mean(), t.short.SD()
	}
	if t.long.Exists() {
		s.Mean300, s.SD300 = t.long.Mean(), t.long.SD()
	}
}

// index returns the oxygen deficit index so far: %·min below 90 % per hour of
// valid time.
func (t *trailing) index() float64 {
	if t.valid == 0 {
		return math.NaN()
	}
	return float64(t.area) / float64(signal.One) / 60 / (float64(t.valid) / 3600)
}
