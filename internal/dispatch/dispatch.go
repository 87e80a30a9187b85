// Package dispatch decides who hears of an alarm: it takes what the watch says
// of live alarms, and puts messages for the channels of the routes that fit
// into the outbox. Nobody is told of what is no longer fresh. It asks nobody
// twice: the id of a message says which step of which alarm it tells of.
package dispatch

import (
	"context"
	"fmt"
	"log/slog"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"sync"
	"time"

	"pleth/internal/alarm"
	"pleth/internal/notify"
	"pleth/internal/watch"
)

// Route says which alarms go to which channels.
type Route struct {
	Priorities []alarm.Priority // nil: all
	Profiles   []string         // names; nil: all
	// From and To bound the time of day, since midnight, in the zone of the
	// Config. Equal: all day. To may be before From: over midnight.
	From, To time.Duration
	Channels []string
	// Then are the channels of the second contact, who hears of an alarm that
	// nobody has acknowledged After it sounded; nil: there is none.
	Then  []string
	After time.Duration
}

// Outbox takes messages; notify.Outbox is one.
type Outbox interface {
	Put(ctx context.Context, m notify.Message, channels ...string) error
	Deliveries(ctx context.Context, alarm string, limit int) ([]notify.Delivery, error)
}

// Config is what a Dispatcher is made of.
type Config struct {
	Outbox Outbox // required
	Routes []Route
	Fresh  time.Duration // how old what is told may be; 0: 2 minutes
	// Skew returns how far the clock of the server is ahead of that of a device,
	// nanoseconds, false where that is not known; nil: it never is.
	Skew   func(device string) (int64, bool)
	Group  time.Duration  // how long silent devices of a gateway are waited for; 0: 5 s
	Zone   *time.Location // of times of day; nil: UTC
	Link   string         // address of the server, for links; empty: none
	Clock  func() time.Time
	Log    *slog.Logger
	Alert  func(id string) (*watch.Alert, error) // the watch
	Alerts func(q watch.Query) ([]*watch.Alert, *watch.Cursor, error)
}

// Dispatcher follows the changes of alarms. Use New, then Run.
type Dispatcher struct {
	cfg  Config
	mu   sync.Mutex
	todo []watch.Change
	wake chan struct{} // holds one
	// By the goroutine of Run alone:
	later  []later
	silent map[string][]*watch.Alert // by gateway: what waits to be grouped
	due    map[string]time.Time      // when it is sent
	groups map[string]group          // of alarms that were told together, by alert
	stale  []stale                   // what seems too old by the clock of its device
	under  map[string]*watch.Alert   // silent devices that the alarm of a gateway stands for, by alert
}

// later is a second contact to be told.
type later struct {
	at    time.Time
	alert string
	route int
}

// stale is a step that seemed too old, or to lie ahead, by the clock of its
// device. It is looked at again until then: the clock may turn out to be wrong.
type stale struct {
	alert, what string
	step        watch.Step
	until       time.Time
}

// group is a message that stands for several alarms.
type group struct {
	id       string
	open     map[string]bool // alerts
	channels []string
	message  notify.Message
}

// Several is how many devices of a gateway have to fall silent together to be
// told of as one.
const Several = 3

// New returns a dispatcher.
func New(cfg Config) *Dispatcher {
	if cfg.Fresh == 0 {
		cfg.Fresh = 2 * time.Minute
	}
	if cfg.Group == 0 {
		cfg.Group = 5 * time.Second
	}
	if cfg.Zone == nil {
		cfg.Zone = time.UTC
	}
	if cfg.Clock == nil {
		cfg.Clock = time.Now
	}
	return &Dispatcher{cfg: cfg, wake: make(chan struct{}, 1), silent: map[string][]*watch.Alert{}, due: map[string]time.Time{}, groups: map[string]group{}, under: map[string]*watch.Alert{}}
}

// Changed takes a change. It does not block.
func (d *Dispatcher) Changed(c watch.Change) {
	d.mu.Lock()
	d.todo = append(d.todo, c)
	d.mu.Unlock()
	select {
	case d.wake <- struct{}{}:
	default:
	}
}

// Run dispatches until ctx ends. It begins with what is open: a change that was
// not put into the outbox before a crash is put there now.
func (d *Dispatcher) Run(ctx context.Context) {
	d.catchUp(ctx)
	every := time.NewTicker(time.Second)
	defer every.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-d.wake:
		case <-every.C:
		}
		d.mu.Lock()
		todo := d.todo
		d.todo = nil
		d.mu.Unlock()
		for i := range todo {
			d.change(ctx, &todo[i])
		}
		d.timers(ctx)
	}
}

// catchUp puts into the outbox what a crash kept from it: steps of alarms that
// stand, and the end of those that people were told of. What is there already
// stays as it is.
func (d *Dispatcher) catchUp(ctx context.Context) {
	all, _, err := d.cfg.Alerts(watch.Query{From: d.cfg.Clock().Add(-behind).UnixNano()})
	if err != nil {
		d.cfg.Log.Error("the alarms that stand cannot be read", "error", err)
		return
	}
	for _, a := range all {
		switch {
		case a.Recording != "":
		case a.Under:
			d.under[a.ID] = a
		case a.State() == alarm.Cleared.String():
			d.end(ctx, a, notify.Resolve, "")
		default:
			d.change(ctx, &watch.Change{Alert: a, Steps: a.Steps})
		}
	}
}

// behind is how far back catchUp looks: no delivery waits longer.
const behind = 24 * time.Hour

// change puts the messages of one change into the outbox.
func (d *Dispatcher) change(ctx context.Context, c *watch.Change) {
	if c.Withdrawn {
		d.end(ctx, c.Alert, notify.Resolve, "")
		return
	}
	if c.Back {
		at := c.Alert.Steps[len(c.Alert.Steps)-1].At
		d.trigger(ctx, c.Alert, &watch.Step{At: at, Priority: c.Alert.Priority()}, "trigger")
	}
	for i := range c.Steps {
		s := &c.Steps[i]
		switch alarm.Cause(s.Cause) {
		case alarm.Delayed, alarm.Spot:
			d.trigger(ctx, c.Alert, s, "trigger")
		case alarm.Escalated:
			d.trigger(ctx, c.Alert, s, "escalated."+s.Priority)
		case alarm.Reminder:
			d.trigger(ctx, c.Alert, s, "reminder."+strconv.FormatInt(s.At, 36))
		case alarm.Ack:
			if s.To != alarm.Cleared.String() {
				d.end(ctx, c.Alert, notify.Acknowledge, s.Actor)
				continue
			}
			d.end(ctx, c.Alert, notify.Resolve, s.Actor)
		default:
			if s.To == alarm.Cleared.String() {
				d.end(ctx, c.Alert, notify.Resolve, "")
			}
		}
	}
}

// trigger tells of an alarm that sounds.
func (d *Dispatcher) trigger(ctx context.Context, a *watch.Alert, s *watch.Step, what string) {
	now := d.cfg.Clock()
	if age := now.Sub(d.when(a, s.At)); age > d.cfg.Fresh || age < -d.cfg.Fresh {
		if !slices.ContainsFunc(d.stale, func(one stale) bool { return one.alert == a.ID && one.what == what }) {
			d.cfg.Log.Info("nobody is told of an alarm that is not fresh", "alarm", a.ID, "step", what, "age", age.Round(time.Second).String())
			d.stale = append(d.stale, stale{a.ID, what, *s, now.Add(d.cfg.Fresh)})
		}
		return
	}
	if a.Device == "" { // it stands for those that wait to be grouped
		for _, one := range d.silent[a.Gateway] {
			if slices.Contains(a.Members, one.Device) {
				d.under[one.ID] = one
			}
		}
		d.silent[a.Gateway] = slices.DeleteFunc(d.silent[a.Gateway], func(one *watch.Alert) bool { return slices.Contains(a.Members, one.Device) })
	}
	if a.State() == alarm.Cleared.String() || a.SilencedUntil() > s.At {
		return
	}
	if a.Under {
		d.under[a.ID] = a
		return
	}
	if a.Rule.Kind == alarm.NoData && a.Gateway != "" && a.Device != "" && what == "trigger" {
		if d.due[a.Gateway].IsZero() {
			d.due[a.Gateway] = now.Add(d.cfg.Group)
		}
		d.silent[a.Gateway] = append(d.silent[a.Gateway], a)
		return
	}
	d.tell(ctx, a, s.Priority, what)
}

// when returns the time of the server at an event time of a's device. The
// record keeps the time of the device; whether it is fresh is judged by the
// clock of the server, once it is known how the two stand to each other.
func (d *Dispatcher) when(a *watch.Alert, at int64) time.Time {
	if a.Device != "" && d.cfg.Skew != nil {
		if skew, ok := d.cfg.Skew(a.Device); ok {
			at += skew
		}
	}
	return time.Unix(0, at)
}

// again looks once more at what seemed not to be fresh, as long as its alarm
// stands.
func (d *Dispatcher) again(ctx context.Context, now time.Time) {
	list := d.stale
	d.stale = nil
	for _, one := range list {
		a, err := d.cfg.Alert(one.alert)
		if err != nil || a == nil || !now.Before(one.until) || a.State() != alarm.Active.String() && a.State() != alarm.Latched.String() {
			continue
		}
		if age := now.Sub(d.when(a, one.step.At)); age > d.cfg.Fresh || age < -d.cfg.Fresh {
			d.stale = append(d.stale, one)
			continue
		}
		d.trigger(ctx, a, &one.step, one.what)
	}
}

// tell puts the message of an alarm into the outbox for every route that fits.
func (d *Dispatcher) tell(ctx context.Context, a *watch.Alert, priority, what string) {
	_, round := d.told(ctx, a)
	m := d.message(a, a.ID+"."+what+round, notify.Trigger)
	m.Priority, _ = alarm.ParsePriority(priority)
	m.Escalated = what != "trigger"
	channels := d.routes(&m, a, func(i int) {
		if r := &d.cfg.Routes[i]; len(r.Then) > 0 && what == "trigger" {
			d.later = append(d.later, later{d.when(a, a.Sounded()).Add(r.After), a.ID, i})
		}
	})
	d.put(ctx, m, channels)
}

// routes returns the channels of the routes that fit, and calls f for each route.
func (d *Dispatcher) routes(m *notify.Message, a *watch.Alert, f func(i int)) []string {
	var out []string
	now := d.cfg.Clock().In(d.cfg.Zone)
	day := time.Duration(now.Hour())*time.Hour + time.Duration(now.Minute())*time.Minute + time.Duration(now.Second())*time.Second
	for i := range d.cfg.Routes {
		r := &d.cfg.Routes[i]
		if r.Priorities != nil && !slices.Contains(r.Priorities, m.Priority) || r.Profiles != nil && !slices.Contains(r.Profiles, a.Profile) || !r.at(day) {
			continue
		}
		f(i)
		for _, c := range r.Channels {
			if !slices.Contains(out, c) {
				out = append(out, c)
			}
		}
	}
	return out
}

// at reports whether the route holds at a time of day.
func (r *Route) at(day time.Duration) bool {
	switch {
	case r.From == r.To:
		return true
	case r.From < r.To:
		return day >= r.From && day < r.To
	}
	return day >= r.From || day < r.To
}

func (d *Dispatcher) put(ctx context.Context, m notify.Message, channels []string) {
	if len(channels) == 0 {
		return
	}
	if err := d.cfg.Outbox.Put(ctx, m, channels...); err != nil {
		d.cfg.Log.Error("a message cannot be put into the outbox", "alarm", m.Alarm, "error", err)
	}
}

// message returns a message of an alarm.
func (d *Dispatcher) message(a *watch.Alert, id string, e notify.Event) notify.Message {
	m := notify.Message{ID: id, Alarm: a.ID, Event: e, At: time.Unix(0, a.Steps[len(a.Steps)-1].At).UTC(), Bed: a.Bed, Device: a.Device, Condition: a.Rule.Text(), Delays: a.Delays()}
	m.Priority, _ = alarm.ParsePriority(a.Priority())
	if a.Channel != "" {
		m.Bed = "channel " + a.Channel
	} else if a.Device == "" {
		m.Bed, m.Beds, m.Delays = "gateway "+a.Gateway, slices.Clone(a.Devices), ""
		m.Condition = fmt.Sprintf("%d devices fell silent together", len(a.Devices))
	}
	if m.Bed == "" {
		m.Bed = a.Device
	}
	if v, ok := a.Value(); ok {
		m.Value = a.Rule.Quantity(v)
	}
	if d.cfg.Link != "" {
		m.Link = d.cfg.Link + "/api/v1/alerts/" + a.ID
	}
	return m
}

// end tells those who were told that somebody cares, or that it is over.
func (d *Dispatcher) end(ctx context.Context, a *watch.Alert, e notify.Event, _ string) {
	if e == notify.Resolve {
		delete(d.under, a.ID)
		if a.Device == "" {
			d.released(ctx, a)
		}
	}
	if list := d.silent[a.Gateway]; e == notify.Resolve && a.Gateway != "" {
		d.silent[a.Gateway] = slices.DeleteFunc(list, func(o *watch.Alert) bool { return o.ID == a.ID })
	}
	if g, ok := d.groups[a.ID]; ok && e == notify.Resolve {
		delete(d.groups, a.ID)
		delete(g.open, a.ID)
		if len(g.open) == 0 {
			g.message.ID, g.message.Event = g.id+".resolve", notify.Resolve
			d.put(ctx, g.message, g.channels)
		}
		return
	}
	channels, round := d.told(ctx, a)
	d.put(ctx, d.message(a, a.ID+"."+string(e)+round, e), channels)
}

// told returns the channels that were told of a and not that it is over, and
// what the ids of its messages end in: nothing, or the number of times that it
// was over and a late reading brought it back.
func (d *Dispatcher) told(ctx context.Context, a *watch.Alert) (channels []string, round string) {
	all, err := d.cfg.Outbox.Deliveries(ctx, a.ID, 1000)
	if err != nil {
		d.cfg.Log.Error("the outbox cannot be read", "error", err)
		return nil, ""
	}
	over := map[string]bool{}
	for i := range all {
		if m := &all[i].Message; m.Event == notify.Resolve {
			over[m.ID] = true
		}
	}
	if len(over) > 0 {
		round = fmt.Sprintf(".again%d", len(over))
	}
	for i := range all {
		if m := &all[i].Message; m.Event == notify.Trigger && again.FindString(m.ID) == round && !slices.Contains(channels, all[i].Channel) {
			channels = append(channels, all[i].Channel)
		}
	}
	return channels, round
}

// again finds the round in the id of a message.
var again = regexp.MustCompile(`\.again[0-9]+$`)

// released tells of those devices that are silent yet when the alarm of their
// gateway is over: until now it stood for them.
func (d *Dispatcher) released(ctx context.Context, storm *watch.Alert) {
	for _, id := range slices.Sorted(maps.Keys(d.under)) {
		if d.under[id].Gateway != storm.Gateway {
			continue
		}
		delete(d.under, id)
		if a, err := d.cfg.Alert(id); err == nil && a != nil && a.State() == alarm.Active.String() && !a.Under && a.SilencedUntil() <= a.Steps[len(a.Steps)-1].At {
			d.tell(ctx, a, a.Priority(), "trigger")
		}
	}
}

// timers does what time alone brings: second contacts and grouped silence.
func (d *Dispatcher) timers(ctx context.Context) {
	now := d.cfg.Clock()
	d.again(ctx, now)
	rest := d.later[:0]
	for _, l := range d.later {
		if now.Before(l.at) {
			rest = append(rest, l)
			continue
		}
		if a, err := d.cfg.Alert(l.alert); err == nil && (a.State() == alarm.Active.String() || a.State() == alarm.Latched.String()) && a.Acknowledged() == 0 {
			m := d.message(a, a.ID+".second", notify.Trigger)
			m.Escalated = true
			d.put(ctx, m, d.cfg.Routes[l.route].Then)
		}
	}
	d.later = rest
	for gateway, at := range d.due {
		if now.Before(at) {
			continue
		}
		list := d.silent[gateway]
		delete(d.due, gateway)
		delete(d.silent, gateway)
		if len(list) < Several {
			for _, a := range list {
				d.tell(ctx, a, a.Priority(), "trigger")
			}
			continue
		}
		d.together(ctx, gateway, list)
	}
}

// together tells of silent devices of one gateway in one message.
func (d *Dispatcher) together(ctx context.Context, gateway string, list []*watch.Alert) {
	first := list[0]
	m := d.message(first, "", notify.Trigger)
	m.Alarm = "gw-" + first.ID
	m.ID = m.Alarm + ".trigger"
	m.Bed, m.Device, m.Value, m.Link = "gateway "+gateway, "", "", ""
	m.Condition = fmt.Sprintf("%d devices fell silent together", len(list))
	g := group{id: m.Alarm, open: map[string]bool{}}
	for _, a := range list {
		bed := a.Bed
		if bed == "" {
			bed = a.Device
		}
		m.Beds = append(m.Beds, bed)
		g.open[a.ID] = true
	}
	slices.Sort(m.Beds)
	g.channels = d.routes(&m, first, func(int) {})
	g.message = m
	for _, a := range list {
		d.groups[a.ID] = g
	}
	d.put(ctx, m, g.channels)
}
