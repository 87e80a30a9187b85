// Package desk watches integrations: it checks each on its cadence, keeps what
// is wrong from the first sight until a check of the same buckets is clean,
// opens one incident for each integration, channel and class, tells people, and
// mends what it may. Everything it knows lies in one SQLite file; contents of
// records are sealed in it.
//
// The nouns: an integration is a pair of two systems or a probe of one pipe; a
// check is one look at it; a finding is one thing that is wrong; an incident is
// what people deal with; a mend is a change that makes it right.
package desk

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"time"

	"pleth/internal/reconcile"
	"pleth/internal/reconcile/plan"
	"pleth/internal/sealed"
)

// Config is what a Desk is made of.
type Config struct {
	Path   string     // of the SQLite file
	Key    sealed.Key // contents of records are sealed with it; the zero Key: they lie in plain
	Pairs  []*plan.Pair
	Probes []*Probe
	// Dashboard is the address of a board that pages lead to, with {integration}
	// in the place of a name; empty: there is none.
	Dashboard string
	Clock     func() time.Time
	Log       *slog.Logger
	// Tell is called after an incident was opened, reopened, acknowledged or
	// resolved; nil: nobody wants to know. It must not block for long.
	Tell func(News)
	// Parallel is how many checks run at once; 0: 2. One that takes longer than
	// Patience, 0: 30 s, does not count any more, so that systems that hang do not
	// keep the checks of others.
	Parallel int
	Patience time.Duration
	// MostRead is how long somebody waits for records of both sides, 0: a minute.
	MostRead time.Duration
}

// Probe watches one pipe that has no records to compare.
type Probe struct {
	Name, Title, About, Group string
	Cadence                   time.Duration
	// Look says how the pipe is. An error is a check that failed.
	Look func(ctx context.Context, now time.Time) (*Pulse, error)
}

// Pulse is how a pipe is.
type Pulse struct {
	NotSetUp bool    // there is nothing to watch
	Note     string  // in a line
	Rate     float64 // messages a second; below 0: unknown
	Delay    time.Duration
	Last     time.Time // of the newest message; zero: none
	Findings []reconcile.Finding
}

// News is what happened to an incident.
type News struct {
	Incident Incident
	Title    string   // of the integration
	Channels []string // that the pair names; nil: all
	Event    string   // trigger, acknowledge, resolve
}

// Desk watches integrations. It is safe for concurrent use.
type Desk struct {
	cfg    Config
	store  *store
	all    []*integration
	byName map[string]*integration
	wake   chan struct{}
	gate   *gate
	index  index
}

// integration is one thing that is watched.
type integration struct {
	pair  *plan.Pair // nil: it is a probe
	probe *Probe

	run  sync.Mutex             // held while it is checked, and guards what follows
	kept map[string]BucketState // what is stored of recent buckets, by day and channel
	// swept says that mends which were cut off before this start are known.
	swept bool

	mending turn // taken while something is mended
	reading turn // a place for each read of both sides that somebody waits for

	// write is held while what is stored of it is read and written again. Nobody
	// holds it while a system is read: people act also where one is slow.
	write sync.Mutex

	mu       sync.Mutex
	state    state
	progress *Progress // nil: it is not being checked
	next     time.Time
	asked    bool  // a full check was asked for
	applying int64 // the mend that is under way; 0: none
	// unwritten are mends whose end could not be stored, by number.
	unwritten map[int64]*ended
	// mended is when a mend of an incident ended last: what a check saw that began
	// before says nothing of it.
	mended map[int64]time.Time
}

func (i *integration) name() string {
	if i.pair != nil {
		return i.pair.Name
	}
	return i.probe.Name
}

func (i *integration) title() string {
	if i.pair != nil {
		return i.pair.Title
	}
	return i.probe.Title
}

func (i *integration) group() string {
	if i.pair != nil {
		return i.pair.Group
	}
	return i.probe.Group
}

func (i *integration) cadence() time.Duration {
	if i.pair != nil {
		return i.pair.Cadence
	}
	return i.probe.Cadence
}

// Progress is how far a check is.
type Progress struct {
	Full    bool      `json:"full"`
	Started time.Time `json:"started"`
	Done    int       `json:"windows_done"`
	Of      int       `json:"windows"`
}

// ErrUnknown says that there is no such thing.
var ErrUnknown = errors.New("there is no such thing")

// Open opens the desk.
func Open(ctx context.Context, cfg Config) (*Desk, error) {
	if cfg.Clock == nil {
		cfg.Clock = time.Now
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	if cfg.Tell == nil {
		cfg.Tell = func(News) {}
	}
	if cfg.Parallel <= 0 {
		cfg.Parallel = 2
	}
	if cfg.Patience <= 0 {
		cfg.Patience = 30 * time.Second
	}
	if cfg.MostRead <= 0 {
		cfg.MostRead = time.Minute
	}
	s, err := openStore(ctx, cfg.Path, cfg.Key)
	if err != nil {
		return nil, fmt.Errorf("integrations: %w", err)
	}
	d := &Desk{cfg: cfg, store: s, byName: map[string]*integration{}, wake: make(chan struct{}, 1), gate: newGate(cfg.Parallel, cfg.Patience)}
	for _, p := range cfg.Pairs {
		d.all = append(d.all, &integration{pair: p})
	}
	for _, p := range cfg.Probes {
		d.all = append(d.all, &integration{probe: p})
	}
	for _, in := range d.all {
		if d.byName[in.name()] != nil {
			return nil, errors.Join(fmt.Errorf("integrations: the name %q is there twice", in.name()), s.close())
		}
		d.byName[in.name()] = in
		in.mending, in.reading = make(turn, 1), make(turn, mostReads)
		in.unwritten, in.mended = map[int64]*ended{}, map[int64]time.Time{}
		if err := s.load(ctx, in.name(), &in.state); err != nil {
			return nil, errors.Join(fmt.Errorf("integration %s: %w", in.name(), err), s.close())
		}
	}
	return d, nil
}

// Close closes the store. Run must have ended.
func (d *Desk) Close() error { return d.store.close() }

// Run checks every integration on its cadence until ctx ends.
func (d *Desk) Run(ctx context.Context) {
	var running sync.WaitGroup
	defer running.Wait()
	running.Go(func() { d.warm(ctx) })
	if err := d.sweep(ctx, nil); err != nil && ctx.Err() == nil {
		d.cfg.Log.Error("mends that were cut off are not known", "error", err)
	}
	now := d.cfg.Clock()
	for n, in := range d.all {
		// Spread over the cadence, so that they do not all ask at once.
		in.mu.Lock()
		in.next = now.Add(min(in.cadence(), time.Duration(len(d.all))*300*time.Millisecond) * time.Duration(n) / time.Duration(max(1, len(d.all))))
		in.mu.Unlock()
	}
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-d.wake:
		case <-timer.C:
		}
		now := d.cfg.Clock()
		soon := now.Add(time.Minute)
		for _, in := range d.all {
			in.mu.Lock()
			due, busy, full := !in.next.After(now) || in.asked, in.progress != nil, in.asked
			if due && !busy {
				in.next = now.Add(in.cadence())
				in.progress = &Progress{Started: now, Full: full}
				in.asked = false
				running.Go(func() {
					leave := d.gate.enter(ctx)
					if leave == nil {
						return
					}
					defer leave()
					_, _ = d.check(ctx, in, full)
				})
			}
			if in.next.Before(soon) {
				soon = in.next
			}
			in.mu.Unlock()
		}
		timer.Reset(max(10*time.Millisecond, soon.Sub(d.cfg.Clock())))
	}
}

// Ask has an integration checked soon, whole where full says so. Asking twice
// is asking once.
func (d *Desk) Ask(name string, full bool) error {
	in := d.byName[name]
	if in == nil {
		return ErrUnknown
	}
	in.mu.Lock()
	in.next = time.Time{}
	in.asked = in.asked || full
	in.mu.Unlock()
	select {
	case d.wake <- struct{}{}:
	default:
	}
	return nil
}

// Check checks an integration now and returns what came of it. A check that
// failed is a Check too; the error is that of storing it.
func (d *Desk) Check(ctx context.Context, name string, full bool) (*Check, error) {
	in := d.byName[name]
	if in == nil {
		return nil, ErrUnknown
	}
	return d.check(ctx, in, full)
}

// Names returns the names of all integrations in the order of the screen.
func (d *Desk) Names() []string {
	var out []string
	for _, in := range d.all {
		out = append(out, in.name())
	}
	return out
}

// Pause keeps an integration grey until a time; a zero time ends the pause.
func (d *Desk) Pause(ctx context.Context, name string, until time.Time) error {
	in := d.byName[name]
	if in == nil {
		return ErrUnknown
	}
	in.write.Lock()
	defer in.write.Unlock()
	return d.change(ctx, in, func(st *state) { st.PausedUntil = until })
}

// sortedClasses are all classes, the gravest first.
var sortedClasses = []reconcile.Class{reconcile.CheckFailed, reconcile.Stale, reconcile.SchemaDrift, reconcile.Missing, reconcile.NeverAttempted, reconcile.Rejected, reconcile.Duplicate, reconcile.MismatchStatus, reconcile.MismatchValue, reconcile.MismatchTotal, reconcile.MismatchCount, reconcile.Extra, reconcile.NoKey, reconcile.Late, reconcile.OutOfOrder, reconcile.Unmapped, reconcile.Volume}

// Known reports whether there is such a class.
func Known(c reconcile.Class) bool { return slices.Contains(sortedClasses, c) }

// Classes returns all classes, the gravest first.
func Classes() []reconcile.Class { return slices.Clone(sortedClasses) }
