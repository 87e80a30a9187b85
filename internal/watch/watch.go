package watch

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"time"

	"pleth/internal/alarm"
	"pleth/internal/eventlog"
	"pleth/internal/reading"
	"pleth/internal/road"
)

// Times of the watch.
const (
	// IdleAfter is how long nothing may come after a lone reading until it is
	// judged as a spot check.
	IdleAfter = 3 * time.Second
	// tickEvery is how often time is told to the alarms.
	tickEvery = 250 * time.Millisecond
	// slack keeps the clock a little behind, so that readings on their way are
	// not taken for missing.
	slack = int64(250 * time.Millisecond)
)

// Road is the live engine as the watch needs it; package road is it.
type Road interface {
	Control(ctx context.Context, p reading.Partition, c eventlog.Control) (eventlog.Offset, error)
	Assignments(device string) []road.Assignment
}

// Config is what a watch is made of.
type Config struct {
	Store    Store                // required
	Clock    func() int64         // nanoseconds UTC; nil: the clock of the machine
	Lateness int64                // that of the road, nanoseconds; 0: road.DefaultLateness
	Logger   *slog.Logger         // nil: nothing is logged
	Default  string               // profile of who has no other; empty: adult
	WhatIf   []alarm.Edit         // made to all rules, for a replay with others; nil: none
	Changed  func(changes Change) // told of what is said of live alarms, in order for each; must not block; nil: nobody
}

// Change is what is newly said of an alarm of a live stream.
type Change struct {
	Alert *Alert // as it stands now; not to be changed
	Steps []Step // said now
	// Withdrawn says that nothing of the alarm is true any more: a reading that
	// came late shows otherwise. Alert is as it stood before.
	Withdrawn bool
	// Back says that the alarm stands, and was said to be over before: a reading
	// that came late shows otherwise.
	Back bool
}

// Watch keeps the alarms of all devices. Use New. It is safe for concurrent use.
type Watch struct {
	cfg     Config
	started int64

	mu        sync.RWMutex
	followers map[reading.Partition]*follower
	live      []*follower // of live streams, by device; nil: to be made again
	road      Road
	house     *settings
	storms    *storms
	first     *alarm.Profile // of a device until others are in force; all share it, and nobody changes it
}

// New returns a watch. Give its Follow to the road, and Start it on that road.
func New(cfg Config) *Watch {
	if cfg.Clock == nil {
		cfg.Clock = func() int64 { return time.Now().UnixNano() }
	}
	if cfg.Lateness == 0 {
		cfg.Lateness = road.DefaultLateness
	}
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.DiscardHandler)
	}
	if cfg.Default == "" {
		cfg.Default = "adult"
	}
	if cfg.Changed == nil {
		cfg.Changed = func(Change) {}
	}
	w := &Watch{cfg: cfg, started: cfg.Clock(), followers: map[reading.Partition]*follower{}}
	adult, err := alarm.Named("adult")
	if err != nil {
		panic(err) // it is built in
	}
	w.first = w.whatIf(adult)
	w.house, w.storms = newSettings(w), newStorms(w)
	return w
}

// Follow returns who follows a partition: give it to road.Config.
func (w *Watch) Follow(p reading.Partition, of road.Place, state []byte) (road.Follower, error) {
	if p == House {
		if state == nil {
			return w.house, nil
		}
		return w.house, w.house.restore(state)
	}
	if p == Storms {
		if state == nil {
			return w.storms, nil
		}
		return w.storms, w.storms.restore(state)
	}
	f, err := newFollower(w, p, of, state)
	if err != nil {
		return nil, err
	}
	w.mu.Lock()
	w.followers[p] = f
	w.live = nil
	w.mu.Unlock()
	return f, nil
}

// all returns the followers of live streams by device.
func (w *Watch) all() []*follower {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.live == nil {
		w.live = []*follower{}
		for p, f := range w.followers {
			if p.Recording == "" {
				w.live = append(w.live, f)
			}
		}
		slices.SortFunc(w.live, func(a, b *follower) int { return strings.Compare(a.partition.Device, b.partition.Device) })
	}
	return w.live
}

func (w *Watch) of(p reading.Partition) *follower {
	w.mu.RLock()
	defer w.mu.RUnlock()
	return w.followers[p]
}

// Start has the watch work on the road r, which must be open: from then on
// people can act, time is told, and what only the clock can tell is logged,
// until ctx ends. The returned function waits for the end; close the road after
// it has returned.
func (w *Watch) Start(ctx context.Context, r Road) (wait func()) {
	w.mu.Lock()
	w.road = r
	w.mu.Unlock()
	done := make(chan struct{})
	go func() {
		defer close(done)
		w.tellTime(ctx)
	}()
	return func() { <-done }
}

// tellTime ticks every follower until ctx ends.
func (w *Watch) tellTime(ctx context.Context) {
	every := time.NewTicker(tickEvery)
	defer every.Stop()
	var under sync.WaitGroup
	defer under.Wait()
	room := make(chan struct{}, 256)
	for {
		select {
		case <-ctx.Done():
			return
		case <-every.C:
		}
		now := w.cfg.Clock()
		for _, f := range w.all() {
			idle, check := f.tick(now)
			if !idle && !check {
				continue
			}
			select {
			case room <- struct{}{}:
			case <-ctx.Done():
				return
			}
			under.Go(func() {
				defer func() { <-room }()
				if check {
					w.reconcile(ctx, f)
				}
				if !idle {
					return
				}
				err := w.log(ctx, f.partition, eventlog.Control{Kind: eventlog.KindIdle, Actor: "pleth", Payload: encode(Idle{})})
				if err != nil && !errors.Is(err, errNotLone) {
					f.again() // a later tick tries anew
				}
			})
		}
		w.storms.ask(ctx, &under, now)
	}
}

// log appends a control record.
func (w *Watch) log(ctx context.Context, p reading.Partition, c eventlog.Control) error {
	w.mu.RLock()
	r := w.road
	w.mu.RUnlock()
	if r == nil {
		return errors.New("the alarms are not ready yet")
	}
	_, err := r.Control(ctx, p, c)
	return err
}

// reconcile puts the rules in force for a device that profiles, limits and its
// wearer call for.
func (w *Watch) reconcile(ctx context.Context, f *follower) {
	f.mu.Lock()
	now, subject := f.rules[len(f.rules)-1].Rules, f.subjectAt(max(f.newest, 0))
	f.mu.Unlock()
	want, actor, reason := w.house.resolve(f.partition.Device, subject)
	want.At = now.At
	if bytes.Equal(encode(want), encode(now)) {
		return
	}
	if err := w.log(ctx, f.partition, eventlog.Control{Kind: eventlog.KindRules, Actor: actor, Reason: reason, Payload: encode(want)}); err != nil {
		w.cfg.Logger.Warn("rules wait to come into force", "device", f.partition.Device, "error", err)
		f.checkRules()
	}
}

// checkAll has the rules of every device compared with what they should be.
func (w *Watch) checkAll() {
	for _, f := range w.all() {
		f.checkRules()
	}
}

// errNotLone says that a reading has come in the meantime.
var errNotLone = &alarm.ActionError{Code: "not_lone", Text: "more readings have come"}
