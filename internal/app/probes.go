package app

import (
	"context"
	"fmt"
	"sync"
	"time"

	"pleth/internal/notify"
	"pleth/internal/reconcile"
	"pleth/internal/reconcile/desk"
	"pleth/internal/road"
)

// probes are the pipes of this server: doors, log, series, archive, messages,
// devices.
func (s *Server) probes(p *parts) []*desk.Probe {
	var mu sync.Mutex
	list := []*desk.Probe{
		{Name: "devices", Title: "Devices", About: "oximeters that send live", Group: "Devices", Cadence: 10 * time.Second, Look: s.lookAtDevices(p)},
		{Name: "doors", Title: "Doors", About: "readings taken and refused", Group: "Pipes of this server", Cadence: 15 * time.Second, Look: s.lookAtDoors(p)},
		{Name: "log", Title: "Log", About: "what is acknowledged, on disk", Group: "Pipes of this server", Cadence: 15 * time.Second, Look: s.lookAtLog(p)},
		{Name: "series", Title: "Series", About: "every reading of the log can be asked for", Group: "Pipes of this server", Cadence: 10 * time.Second, Look: followLog(p, &mu)},
		{Name: "archive", Title: "Archive", About: "this server writes no archive; what pleth export and pleth backup write is not watched", Group: "Data out", Cadence: time.Minute, Look: func(context.Context, time.Time) (*desk.Pulse, error) {
			return &desk.Pulse{NotSetUp: true, Rate: -1}, nil
		}},
		{Name: "messages", Title: "Messages to people", About: "alarms and incidents", Group: "Alerts", Cadence: 15 * time.Second, Look: lookAtMessages(p)},
	}
	return list
}

// rate counts how many came a second since the last look.
type rate struct {
	n    int64
	last time.Time
}

func (r *rate) of(n int64, now time.Time) float64 {
	defer func() { r.n, r.last = n, now }()
	if r.last.IsZero() || !now.After(r.last) {
		return 0
	}
	return float64(max(0, n-r.n)) / now.Sub(r.last).Seconds()
}

// Bounds of a live device.
const (
	deviceGone   = 24 * time.Hour  // not heard of for so long, it is put away
	deviceSilent = 5 * time.Minute // and for so long, it is silent
	deviceLate   = 2 * time.Minute // its readings come so long after they were made
	deviceTwice  = 0.05            // so many of its readings are resends
	deviceEnough = 100             // readings, to say so
)

// lookAtDevices finds devices that are silent, late, or send twice.
func (s *Server) lookAtDevices(p *parts) func(context.Context, time.Time) (*desk.Pulse, error) {
	w := deviceWatch{counted: map[string]*counted{}}
	return func(_ context.Context, now time.Time) (*desk.Pulse, error) {
		return w.look(p.road.Devices(), now), nil
	}
}

// deviceWatch is what is known of devices between looks.
type deviceWatch struct {
	all     rate
	counted map[string]*counted
}

// counted is how many readings of a device there were when they were judged
// last, and what came of it; empty: nothing. That stands until there are enough
// of them to judge again.
type counted struct {
	road.Counts
	twice string
}

func (w *deviceWatch) look(devices []road.DeviceState, now time.Time) *desk.Pulse {
	out := &desk.Pulse{}
	var taken int64
	live := 0
	for _, d := range devices {
		taken += d.Counts.Accepted
		if d.Watermark == 0 || d.Received == 0 || now.Sub(time.Unix(0, d.Received)) > deviceGone {
			delete(w.counted, d.Device)
			continue
		}
		live++
		came := time.Unix(0, d.Received)
		if came.After(out.Last) {
			out.Last = came
		}
		add := func(class reconcile.Class, text string) {
			out.Findings = append(out.Findings, reconcile.Finding{Class: class, Key: []string{d.Device}, At: came.UTC(), Text: text})
		}
		if silent := now.Sub(came); silent > deviceSilent && !d.Ended {
			add(reconcile.Stale, fmt.Sprintf("a device is silent since %s", came.UTC().Format("15:04 UTC")))
		} else if delay := time.Duration(d.Skew); d.SkewOf > 0 && delay > deviceLate {
			add(reconcile.Late, fmt.Sprintf("readings of a device come %s after they were made", delay.Round(time.Second)))
		} else if d.SkewOf > 0 {
			out.Delay = max(out.Delay, delay)
		}
		was := w.counted[d.Device]
		if was == nil {
			w.counted[d.Device] = &counted{Counts: d.Counts}
			continue
		}
		if fresh, again := d.Counts.Accepted-was.Accepted, d.Counts.Duplicates-was.Duplicates; fresh+again >= deviceEnough {
			*was = counted{Counts: d.Counts}
			if float64(again) > deviceTwice*float64(fresh+again) {
				was.twice = fmt.Sprintf("%d of %d readings of a device were sent twice", again, fresh+again)
			}
		}
		if was.twice != "" {
			add(reconcile.Duplicate, was.twice)
		}
	}
	out.Rate = w.all.of(taken, now)
	out.Note = fmt.Sprintf("%d devices", live)
	if live == 1 {
		out.Note = "1 device"
	}
	out.NotSetUp = live == 0
	return out
}

// lookAtDoors finds readings that were refused.
func (s *Server) lookAtDoors(p *parts) func(context.Context, time.Time) (*desk.Pulse, error) {
	var taken rate
	letters := int64(-1)
	var refusedUntil time.Time
	return func(_ context.Context, now time.Time) (*desk.Pulse, error) {
		out := &desk.Pulse{Note: "HTTP, line protocol, NDJSON, import"}
		if s.settings.MQTT.Listen != "" {
			out.Note += ", MQTT"
		}
		n := p.road.Totals()
		out.Rate = taken.of(n.Accepted+n.Late+n.Conflicts+n.Duplicates, now)
		for _, d := range p.road.Devices() {
			if came := time.Unix(0, d.Received); d.Received != 0 && came.After(out.Last) {
				out.Last = came
			}
		}
		state := p.aside.State()
		if letters >= 0 && state.Readings > letters {
			refusedUntil = now.Add(10 * time.Minute)
		}
		letters = state.Readings
		if now.Before(refusedUntil) {
			out.Findings = append(out.Findings, reconcile.Finding{Class: reconcile.Rejected, Key: []string{"readings"}, Text: "readings were refused; the dead letters say why"})
		}
		return out, nil
	}
}

// lookAtLog finds a log that cannot be written or falls behind.
func (s *Server) lookAtLog(p *parts) func(context.Context, time.Time) (*desk.Pulse, error) {
	var taken rate
	return func(_ context.Context, now time.Time) (*desk.Pulse, error) {
		st := p.road.Stats()
		if st.Failed != nil {
			return nil, fmt.Errorf("the log cannot be written: %w", st.Failed)
		}
		out := &desk.Pulse{Rate: taken.of(st.Totals.Accepted+st.Totals.Late, now), Note: fmt.Sprintf("%d readings wait", st.Queued)}
		if st.Queued > 100_000 {
			out.Findings = append(out.Findings, reconcile.Finding{Class: reconcile.Late, Key: []string{"log"}, Text: "the log falls behind the doors"})
		}
		if st.SealFailures > 0 {
			out.Findings = append(out.Findings, reconcile.Finding{Class: reconcile.Rejected, Key: []string{"series"}, At: now.UTC(), Text: fmt.Sprintf("%d times what was read could not be written to the series", st.SealFailures)})
		}
		for _, d := range p.road.Devices() {
			if came := time.Unix(0, d.Received); d.Received != 0 && came.After(out.Last) {
				out.Last = came
			}
		}
		return out, nil
	}
}

// Bounds of a channel.
const (
	messageWaits = 2 * time.Minute // so long a message may wait to be taken
	messageTold  = time.Hour       // and so long it is told that one was given up
)

// lookAtMessages finds messages that reach nobody, by channel. What was given up
// before a restart counts as well.
func lookAtMessages(p *parts) func(context.Context, time.Time) (*desk.Pulse, error) {
	return func(ctx context.Context, now time.Time) (*desk.Pulse, error) {
		if p.outbox == nil {
			return &desk.Pulse{NotSetUp: true, Rate: -1}, nil
		}
		channels, err := p.outbox.Health(ctx, now.Add(-messageTold))
		if err != nil {
			return nil, fmt.Errorf("the outbox cannot be read: %w", err)
		}
		return channelPulse(channels, now), nil
	}
}

func channelPulse(channels []notify.Health, now time.Time) *desk.Pulse {
	out := &desk.Pulse{Rate: -1}
	waiting := int64(0)
	for _, c := range channels {
		waiting += c.Waiting
		if c.Delivered.After(out.Last) {
			out.Last = c.Delivered
		}
		if c.GivenUp > 0 {
			out.Findings = append(out.Findings, reconcile.Finding{Class: reconcile.Missing, Key: []string{c.Channel}, At: now.UTC(), Text: fmt.Sprintf("%d messages by %s were given up in the last hour", c.GivenUp, c.Channel)})
		}
		if wait := now.Sub(c.Oldest); c.Waiting > 0 && wait > messageWaits {
			out.Delay = max(out.Delay, wait)
			out.Findings = append(out.Findings, reconcile.Finding{Class: reconcile.Late, Key: []string{c.Channel}, At: c.Oldest.UTC(), Text: fmt.Sprintf("%d messages by %s wait to be taken, the oldest for %s", c.Waiting, c.Channel, wait.Round(time.Second))})
		}
	}
	out.Note = fmt.Sprintf("%d wait", waiting)
	if len(channels) == 0 {
		out.Note = "no message was sent yet"
	}
	return out
}
