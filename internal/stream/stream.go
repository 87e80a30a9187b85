// Package stream is the pure core: it takes the rows of one session in event
// time, one by one, through calibration, quality, windows and events, and
// holds what they come to. There is no I/O, no clock and no randomness in it.
//
// A Pipeline is that road for one session of known timing; Derive runs one
// over a whole session. Both the file and the live path use them, so that the
// same rows give the same results to the bit.
package stream

import (
	"math/bits"

	"pleth"
	"pleth/internal/oximetry"
	"pleth/internal/quality"
	"pleth/internal/session"
	"pleth/internal/signal"
	"pleth/internal/window"
)

// Config is what the results depend on besides the rows.
type Config struct {
	// Quantize rounds SpO2 half to even to whole percent first.
	Quantize bool
	// Clean leaves suspect and artefact samples out as if they were missing.
	Clean bool
	// EpisodeMinimum is the time below the limit that makes an episode count,
	// in nanoseconds; 0 means oximetry.EpisodeMinimum.
	EpisodeMinimum int64
	// Method finds the falls; the zero value is the default.
	Method oximetry.Method
}

// BelowLimits are the limits that time below is measured against, in percent.
var BelowLimits = [...]int{95, 94, 93, 92, 90, 88, 85, 80, 70}

// EpisodeLimits are the limits of the absolute episodes, in percent.
var EpisodeLimits = [...]int{90, 88, 85}

// Segment is a stretch of a session without long gaps, in ns since its start.
type Segment struct{ Start, End int64 }

// Derived is what the rows of one session come to.
type Derived struct {
	Interval int64 // ns that the samples are apart; 1 s where rows came faster
	Minimum  int64 // ns below its limit that make an episode count
	Span     int64 // ns of all row slots
	Valid    int64 // ns of valid samples
	Doubted  int64 // ns of suspect and artefact samples
	Bridged  int64 // ns between valid samples that are interpolated for continuity
	Longest  int64 // ns of the longest gap, leading and trailing ones included
	// Reasons is the time in ns of each single reason; a sample with two
	// counts in both. The missing ones explain all time that is not Valid.
	Reasons map[pleth.Reasons]int64

	All   window.Distribution // ns at each value
	Clean window.Distribution // the same without suspect and artefact samples
	Below []oximetry.Below    // by BelowLimits

	Grid     window.Grid         // SpO2 held at 1 Hz
	Seconds  window.Distribution // of the grid
	Rolling  [len(RollingSpans)]window.Extremes
	HighSD   int // seconds at which the SD of the last 300 s is 2 points or more
	DI12     *window.Delta
	Segments []Segment
	Episodes []oximetry.Episode // in order of their end
	Falls    []oximetry.Fall    // of at least three points, by Config.Method
	Falls4   []oximetry.Fall    // of at least four; another list, not a part of Falls, for some methods

	Pulse      window.Grid // pulse rate held at 1 Hz; V in 1e-9 /min
	PulseAll   window.Distribution
	PulseValid int64

	marks []pleth.Reasons // by row; rides for a row without the metric of the timeline
}

// rides is no reason: it marks a row that only rides along.
const rides pleth.Reasons = 1 << 15

// Marks returns the reasons to doubt the SpO2 value of row i of the session,
// or why it has none; own is false for a row that does not carry SpO2.
func (d *Derived) Marks(i int) (reasons pleth.Reasons, own bool) {
	if i >= len(d.marks) || d.marks[i] == rides {
		return 0, false
	}
	return d.marks[i], true
}

// RollingSpans are the trailing windows, in seconds.
var RollingSpans = [...]int{60, 300}

// LongSpan is the index of the window of 300 s in RollingSpans.
const LongSpan = 1

// Derive runs all rows of s through a Pipeline.
func Derive(s *session.Session, cfg Config) *Derived {
	p := NewPipeline(s, cfg)
	p.all(s.Rows)
	return p.Finish()
}

// Pipeline takes the rows of one session in order. What a row comes to is
// known when the next one comes: only then is the time it stands for certain,
// and while a lone spike may be under way up to 3 s later. Use NewPipeline.
type Pipeline struct {
	cfg      Config
	columns  *columns
	decimate *decimator
	marker   quality.Marker
	hold     holder
	pulse    holder
	runs     *oximetry.Runs
	episodes [len(EpisodeLimits)]*oximetry.Episodes
	falls    *oximetry.Finder
	trails   [len(RollingSpans)]*window.Trail
	whole    bool             // all rows are there: equal samples that follow each other may come as one
	open     bool             // one of episodes is under way
	bare     bool             // marks and the grid of SpO2 are all that is asked for
	kept     *[]signal.Sample // the samples, if DeriveBoth asks for them
	doubted  []signal.Sample  // and those of the pulse that came with a doubted sample
	rowEnd   int64
	lastEnd  int64
	anyValid bool
	gapLimit int64
	bridge   int64
	reasons  [16]int64 // ns, by the bit of the reason
	row      quality.Row
	d        *Derived

	// Bound once, so that the hot path makes no closures.
	rowOut     func(*quality.Row)
	markOut    func(*quality.Row)
	sampleOut  func(signal.Sample)
	pulseOut   func(signal.Sample)
	episodeOut func(oximetry.Episode)
}

var noRowBit = bits.TrailingZeros16(uint16(pleth.NoRow))

// Gap limits. Source: docs/definitions/time.md.
const (
	segmentGap   = 30 * signal.Second
	fastInterval = signal.Second / 2
)

// NewPipeline returns the road for a session with the timing of s; its rows
// are not looked at.
func NewPipeline(s *session.Session, cfg Config) *Pipeline {
	interval, regular := s.Interval, s.Regular
	pulseInterval, pulseRegular := s.PulseInterval, s.PulseRegular
	p := &Pipeline{cfg: cfg, columns: newColumns(s.Header.Timeline())}
	if interval <= fastInterval {
		p.decimate = &decimator{}
		interval, regular, pulseInterval, pulseRegular = signal.Second, true, signal.Second, true
	}
	p.gapLimit = max(segmentGap, interval*5/2)
	p.bridge = int64(oximetry.BridgeSeconds(interval)) * signal.Second
	p.hold = holder{interval: interval, limit: holdLimit(interval, regular)}
	p.pulse = holder{interval: pulseInterval, limit: holdLimit(pulseInterval, pulseRegular)}
	p.d = &Derived{Interval: interval, DI12: window.NewDelta(12), Reasons: map[pleth.Reasons]int64{}}
	p.runs = oximetry.NewRuns(BelowLimits[:])
	minimum := cfg.EpisodeMinimum
	if minimum == 0 {
		minimum = oximetry.EpisodeMinimum
	}
	p.d.Minimum = minimum
	for i, q := range EpisodeLimits {
		p.episodes[i] = oximetry.NewEpisodes(q, interval, minimum)
	}
	p.falls = oximetry.NewFinder(cfg.Method, interval,
		func(f oximetry.Fall) { p.d.Falls = append(p.d.Falls, f) },
		func(f oximetry.Fall) { p.d.Falls4 = append(p.d.Falls4, f) })
	for i, seconds := range RollingSpans {
		p.trails[i] = window.NewTrail(seconds, &p.d.Rolling[i])
	}
	p.d.Rolling[LongSpan].Limit = oximetry.HighSD
	p.rowOut, p.markOut, p.sampleOut, p.pulseOut = p.take, p.marked, p.sample, p.pulseSample
	p.episodeOut = func(e oximetry.Episode) { p.d.Episodes = append(p.d.Episodes, e) }
	return p
}

// all takes all rows of a session.
func (p *Pipeline) all(rows *pleth.Batch) {
	n := rows.Len()
	if n == 0 {
		return
	}
	p.whole = true
	p.d.marks = make([]pleth.Reasons, 0, n)
	seconds := int((rows.Time(n-1)+p.hold.interval)/signal.Second) + 1
	p.d.Grid.Grow(seconds)
	if rows.HasNumber(pleth.PulseRate) {
		p.d.Pulse.Grow(seconds)
	}
	p.columns.attach(rows)
	for i := range n {
		p.push(i)
	}
}

// Push takes row i of b, whose times count from the start of the session.
func (p *Pipeline) Push(b *pleth.Batch, i int) {
	p.columns.attach(b)
	p.push(i)
}

func (p *Pipeline) push(i int) {
	use := p.columns.read(&p.row, i)
	p.row.First, p.row.Last = len(p.d.marks), len(p.d.marks)
	p.d.marks = append(p.d.marks, 0)
	if p.row.Rides {
		p.d.marks[p.row.First] = rides
	}
	if !use {
		return
	}
	if p.decimate != nil {
		p.decimate.push(&p.row, p.rowOut)
		return
	}
	p.take(&p.row)
}

// take takes one row of the session's final rate.
func (p *Pipeline) take(r *quality.Row) {
	if p.cfg.Quantize {
		r.SpO2 = r.SpO2.Round()
	}
	p.marker.Push(r, p.markOut)
}

// marked takes one row with its final marks.
func (p *Pipeline) marked(r *quality.Row) {
	doubted := r.Reasons.Doubted()
	clean := p.cfg.Clean && doubted
	if !p.bare && (r.Pulse.Ok || r.Pulse.Missing) {
		s := signal.Sample{At: r.At, V: r.Pulse.V}
		switch {
		case !r.Pulse.Ok || clean:
			s.V, s.R = 0, pleth.NoValue
		case doubted:
			s.R = besideDoubted
		}
		p.pulse.push(s, p.whole, p.pulseOut)
	}
	if r.Rides {
		return
	}
	for i := r.First; i <= r.Last && r.Reasons != 0; i++ {
		if p.d.marks[i] != rides {
			p.d.marks[i] = r.Reasons
		}
	}
	if clean {
		r.SpO2, r.Reasons = 0, r.Reasons|pleth.NoValue
	}
	s := signal.Sample{At: r.At, V: r.SpO2, R: r.Reasons}
	p.hold.push(s, p.whole && !p.concernsEpisodes(&s), p.sampleOut)
}

// besideDoubted is no reason: it stands in samples of the pulse on their way
// through the pipeline, where the SpO2 of the same row is doubted.
const besideDoubted pleth.Reasons = 1 << 14

func (p *Pipeline) pulseSample(s signal.Sample) {
	if s.R == besideDoubted {
		s.R = 0
		if p.kept != nil {
			p.doubted = append(p.doubted, s)
		}
	}
	p.d.Pulse.Add(s)
	if s.Ok() {
		p.d.PulseAll.Add(s.V, s.Hold)
		p.d.PulseValid += s.Hold
	}
}

// concernsEpisodes reports whether s may begin, go on with or end an episode.
// Such samples come one by one: episodes are in order of the sample they end with.
func (p *Pipeline) concernsEpisodes(s *signal.Sample) bool {
	return s.Ok() && (p.open || s.V < signal.One*signal.Fixed(EpisodeLimits[0]))
}

// sample takes one held sample, or several equal ones that follow each other
// as one: everything that counts time by samples.
func (p *Pipeline) sample(s signal.Sample) {
	if p.kept != nil {
		*p.kept = append(*p.kept, s)
	}
	d := p.d
	if p.bare {
		d.Grid.Add(s)
		return
	}
	d.Span = s.At + s.Hold
	p.reasons[noRowBit] += s.At - p.rowEnd
	p.rowEnd = s.At + s.Hold
	if s.R != 0 {
		s.R.Each(func(r pleth.Reasons) { p.reasons[bits.TrailingZeros16(uint16(r))] += s.Hold })
	}
	if s.Ok() {
		p.valid(s)
	}
	p.runs.Add(s)
	if p.concernsEpisodes(&s) {
		p.open = false
		for _, e := range p.episodes {
			e.Add(s, p.episodeOut)
			p.open = p.open || e.Open()
		}
	}
	gap, seconds := d.Grid.Add(s)
	if gap > 0 {
		p.seconds(0, false, gap)
	}
	if seconds > 0 {
		p.seconds(s.V, s.Ok(), seconds)
	}
}

// seconds takes the next seconds of the grid, which are all equal: everything
// that counts time by them.
func (p *Pipeline) seconds(v signal.Fixed, ok bool, n int) {
	if ok {
		p.d.Seconds.Add(v, int64(n))
	}
	p.falls.Add(v, ok, n)
	p.d.DI12.Add(v, ok, n)
	for _, t := range p.trails {
		t.Add(v, ok, n)
	}
}

func (p *Pipeline) valid(s signal.Sample) {
	d := p.d
	d.Valid += s.Hold
	d.All.Add(s.V, s.Hold)
	if s.R == 0 {
		d.Clean.Add(s.V, s.Hold)
	} else {
		d.Doubted += s.Hold
	}
	gap := s.At - p.lastEnd
	d.Longest = max(d.Longest, gap)
	switch {
	case !p.anyValid || gap > p.gapLimit:
		d.Segments = append(d.Segments, Segment{s.At, s.At + s.Hold})
	default:
		d.Segments[len(d.Segments)-1].End = s.At + s.Hold
		if gap > 0 && gap <= p.bridge {
			d.Bridged += gap
		}
	}
	p.lastEnd, p.anyValid = s.At+s.Hold, true
}

// Finish ends the session and returns what it came to. The Pipeline is used up.
func (p *Pipeline) Finish() *Derived {
	if p.decimate != nil {
		p.decimate.flush(p.rowOut)
	}
	p.marker.Flush(p.markOut)
	p.hold.flush(p.sampleOut)
	p.pulse.flush(p.pulseOut)
	p.runs.Flush()
	for _, e := range p.episodes {
		e.Flush(p.episodeOut)
	}
	p.falls.Flush()
	d := p.d
	d.Below = p.runs.Below
	d.HighSD = d.Rolling[LongSpan].Wide
	d.Longest = max(d.Longest, d.Span-p.lastEnd)
	for bit, ns := range p.reasons {
		if ns > 0 {
			d.Reasons[1<<bit] = ns
		}
	}
	return d
}
