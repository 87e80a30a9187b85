package dispatch_test

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"pleth/internal/alarm"
	"pleth/internal/dispatch"
	"pleth/internal/notify"
	"pleth/internal/watch"
)

// outbox keeps what is put, once by id and channel, as the real one does.
type outbox struct {
	mu  sync.Mutex
	put []notify.Delivery
}

// all returns what was put.
func (o *outbox) all() []notify.Delivery {
	o.mu.Lock()
	defer o.mu.Unlock()
	return slices.Clone(o.put)
}

func (o *outbox) Put(_ context.Context, m notify.Message, channels ...string) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, c := range channels {
		if !slices.ContainsFunc(o.put, func(d notify.Delivery) bool { return d.Message.ID == m.ID && d.Channel == c }) {
			o.put = append(o.put, notify.Delivery{Message: m, Channel: c})
		}
	}
	return nil
}

func (o *outbox) Deliveries(_ context.Context, id string, _ int) ([]notify.Delivery, error) {
	return slices.DeleteFunc(o.all(), func(d notify.Delivery) bool { return d.Message.Alarm != id }), nil
}

// ward is a dispatcher with its alerts.
type ward struct {
	*dispatch.Dispatcher
	outbox
	known  sync.Mutex
	alerts map[string]*watch.Alert
}

func start(t *testing.T, routes ...dispatch.Route) *ward {
	w := &ward{alerts: map[string]*watch.Alert{}}
	w.Dispatcher = dispatch.New(dispatch.Config{Outbox: &w.outbox, Routes: routes, Log: slog.New(slog.DiscardHandler), Link: "http://house",
		Alert: func(id string) (*watch.Alert, error) {
			w.known.Lock()
			defer w.known.Unlock()
			return w.alerts[id], nil
		},
		Alerts: func(watch.Query) ([]*watch.Alert, *watch.Cursor, error) { return nil, nil, nil }})
	w.run(t)
	return w
}

// run runs the dispatcher until the test ends.
func (w *ward) run(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	go w.Run(ctx)
	t.Cleanup(cancel)
}

// step adds a step to an alert and says so.
func (w *ward) step(id string, change func(*watch.Alert), s watch.Step) {
	a := w.alerts[id]
	if a == nil {
		rule := alarm.Rule{ID: "spo2.severe", Kind: alarm.Below, Metric: 1, Limit: 85e9}
		a = &watch.Alert{ID: id, Device: "o2-" + id, Rule: rule, Profile: "adult"}
	}
	c := *a
	change(&c)
	c.Steps = append(slices.Clone(a.Steps), s)
	w.known.Lock()
	w.alerts[id] = &c
	w.known.Unlock()
	w.Changed(watch.Change{Alert: &c, Steps: []watch.Step{s}})
	synctest.Wait()
}

func sounds() watch.Step {
	return watch.Step{At: time.Now().UnixNano(), From: "pending", To: "active", Cause: "delay", Priority: "high", Value: 81e9, HasValue: true}
}

func same(*watch.Alert) {}

func (w *ward) want(t *testing.T, want ...string) {
	t.Helper()
	var got []string
	for _, d := range w.all() {
		got = append(got, d.Channel+": "+d.Message.Summary())
	}
	if !slices.Equal(got, want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
}

func TestFromTriggerToResolve(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := start(t, dispatch.Route{Priorities: []alarm.Priority{alarm.High}, Channels: []string{"phone"}, Then: []string{"doctor"}, After: 3 * time.Minute},
			dispatch.Route{Profiles: []string{"infant"}, Channels: []string{"nobody"}},
			dispatch.Route{From: 20 * time.Hour, To: 6 * time.Hour, Channels: []string{"night"}})
		w.step("1", func(a *watch.Alert) { a.Bed = "Bed 4" }, sounds()) // midnight
		time.Sleep(4 * time.Minute)
		w.step("1", same, watch.Step{At: time.Now().UnixNano(), From: "active", To: "acknowledged", Cause: "ack", Priority: "high"})
		w.step("1", same, watch.Step{At: time.Now().UnixNano(), From: "acknowledged", To: "cleared", Cause: "recovered", Priority: "high"})
		trigger := "*** Bed 4: SpO2 below 85 %, 81 %"
		w.want(t, "phone: "+trigger, "night: "+trigger, "doctor: "+trigger+", not acknowledged in time",
			"phone: Acknowledged: Bed 4: SpO2 below 85 %", "night: Acknowledged: Bed 4: SpO2 below 85 %", "doctor: Acknowledged: Bed 4: SpO2 below 85 %",
			"phone: Over: Bed 4: SpO2 below 85 %", "night: Over: Bed 4: SpO2 below 85 %", "doctor: Over: Bed 4: SpO2 below 85 %")
	})
}

// TestBack: readings that come late show that an alarm is not over, that it
// never was, and that it is. People are told each time, and once.
func TestBack(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := start(t, dispatch.Route{Channels: []string{"phone"}})
		cleared := func() watch.Step {
			return watch.Step{At: time.Now().UnixNano(), From: "active", To: "cleared", Cause: "recovered", Priority: "high"}
		}
		w.step("1", same, sounds())
		stood := w.alerts["1"]
		w.step("1", same, cleared())
		for range 2 { // as after a restart
			w.Changed(watch.Change{Alert: stood, Back: true})
			synctest.Wait()
		}
		trigger, over := "phone: *** o2-1: SpO2 below 85 %, 81 %", "phone: Over: o2-1: SpO2 below 85 %"
		w.want(t, trigger, over, trigger)
		for range 2 {
			w.Changed(watch.Change{Alert: stood, Withdrawn: true})
			synctest.Wait()
		}
		w.want(t, trigger, over, trigger, over+", 81 %")
		w.alerts["1"] = nil
		w.step("1", same, sounds())
		w.step("1", same, cleared())
		w.want(t, trigger, over, trigger, over+", 81 %", trigger, over)
	})
}

func TestWhatIsOldWakesNobody(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := start(t, dispatch.Route{Channels: []string{"phone"}})
		s := sounds()
		s.At -= int64(3 * time.Minute)
		w.step("1", same, s)
		w.step("1", same, watch.Step{At: time.Now().UnixNano(), From: "active", To: "cleared", Cause: "recovered", Priority: "high"})
		w.want(t)
	})
}

func TestAGatewayIsOneMessage(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := start(t, dispatch.Route{Channels: []string{"phone"}})
		silent := func(a *watch.Alert) {
			a.Rule, a.Gateway, a.Bed = alarm.Rule{ID: "signal.no_data", Kind: alarm.NoData, Technical: true}, "gw-1", "Bed "+a.ID
		}
		for i := range 200 {
			s := sounds()
			s.HasValue, s.Priority = false, "low"
			w.step(fmt.Sprint(i), silent, s)
		}
		time.Sleep(6 * time.Second)
		w.want(t, "phone: * gateway gw-1: 200 devices fell silent together (200 beds)")
		for i := range 200 {
			w.step(fmt.Sprint(i), same, watch.Step{At: time.Now().UnixNano(), From: "active", To: "cleared", Cause: "recovered", Priority: "low"})
		}
		if len(w.all()) != 2 || w.all()[1].Message.Event != notify.Resolve {
			t.Errorf("%d messages", len(w.all()))
		}
	})
}

// TestACrashLosesNoMessage: what was not put into the outbox before a crash is
// put there at the start, what was is not put again.
func TestACrashLosesNoMessage(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := start(t, dispatch.Route{Channels: []string{"phone"}})
		w.step("1", same, sounds())
		w.step("2", same, sounds())
		// The process dies; meanwhile 1 clears, 3 sounds.
		cleared := *w.alerts["1"]
		cleared.Steps = append(slices.Clone(cleared.Steps), watch.Step{At: time.Now().UnixNano(), From: "active", To: "cleared", Cause: "recovered", Priority: "high"})
		third := cleared
		third.ID, third.Device, third.Steps = "3", "o2-3", []watch.Step{sounds()}
		now := []*watch.Alert{&third, w.alerts["2"], &cleared}
		again := dispatch.New(dispatch.Config{Outbox: &w.outbox, Routes: []dispatch.Route{{Channels: []string{"phone"}}}, Log: slog.New(slog.DiscardHandler),
			Alerts: func(watch.Query) ([]*watch.Alert, *watch.Cursor, error) { return now, nil, nil }})
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		go again.Run(ctx)
		synctest.Wait()
		w.want(t, "phone: *** o2-1: SpO2 below 85 %, 81 %", "phone: *** o2-2: SpO2 below 85 %, 81 %", "phone: *** o2-3: SpO2 below 85 %, 81 %", "phone: Over: o2-1: SpO2 below 85 %")
	})
}

// TestTheAlarmOfAGateway stands for those of its devices: one message, and when
// it is over one for each device that is silent yet.
func TestTheAlarmOfAGateway(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := start(t, dispatch.Route{Channels: []string{"phone"}})
		silent := func(a *watch.Alert) {
			a.Rule, a.Gateway, a.Bed = alarm.Rule{ID: "signal.no_data", Kind: alarm.NoData, Metric: 1, Technical: true}, "gw-1", "Bed "+a.ID
		}
		quiet := func() watch.Step {
			s := sounds()
			s.HasValue, s.Value, s.Priority = false, 0, "low"
			return s
		}
		for i := range 3 {
			w.step(fmt.Sprint(i), silent, quiet())
		}
		storm := func(a *watch.Alert) {
			a.Device, a.Gateway = "", "gw-1"
			a.Rule = alarm.Rule{ID: "gateway.silent", Kind: alarm.NoData, Technical: true}
			a.Members, a.Devices = []string{"o2-0", "o2-1", "o2-2", "o2-3"}, []string{"Bed 0", "Bed 1", "Bed 2", "Bed 3"}
		}
		s := quiet()
		s.Priority = "medium"
		w.step("gw", storm, s)
		w.step("3", func(a *watch.Alert) { silent(a); a.Under = true }, quiet())
		time.Sleep(10 * time.Second)
		w.step("gw", same, watch.Step{At: time.Now().UnixNano(), From: "active", To: "acknowledged", Cause: "ack", Priority: "medium"})
		for i := range 2 {
			w.step(fmt.Sprint(i), same, watch.Step{At: time.Now().UnixNano(), From: "active", To: "cleared", Cause: "recovered", Priority: "low"})
		}
		w.known.Lock()
		free := *w.alerts["3"]
		free.Under = false
		w.alerts["3"] = &free
		w.known.Unlock()
		time.Sleep(3 * time.Minute)
		w.step("gw", same, watch.Step{At: time.Now().UnixNano(), From: "acknowledged", To: "cleared", Cause: "recovered", Priority: "medium"})
		w.want(t, "phone: ** gateway gw-1: 4 devices fell silent together (4 beds)", "phone: Acknowledged: gateway gw-1: 4 devices fell silent together (4 beds)",
			"phone: * Bed 2: no valid SpO2", "phone: * Bed 3: no valid SpO2", "phone: Over: gateway gw-1: 4 devices fell silent together (4 beds)")
	})
}

// TestAWrongClockStillTells: an alarm that is old by the clock of its device is
// told of once it is known that the clock is wrong, while the alarm stands.
func TestAWrongClockStillTells(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var known atomic.Bool
		hour := int64(time.Hour)
		w := &ward{alerts: map[string]*watch.Alert{}}
		w.Dispatcher = dispatch.New(dispatch.Config{Outbox: &w.outbox, Routes: []dispatch.Route{{Channels: []string{"phone"}}}, Log: slog.New(slog.DiscardHandler),
			Skew: func(device string) (int64, bool) { return hour, known.Load() && device != "o2-3" },
			Alert: func(id string) (*watch.Alert, error) {
				w.known.Lock()
				defer w.known.Unlock()
				return w.alerts[id], nil
			},
			Alerts: func(watch.Query) ([]*watch.Alert, *watch.Cursor, error) { return nil, nil, nil }})
		w.run(t)
		old := sounds()
		old.At -= hour
		w.step("1", same, old)
		w.step("2", same, old)
		w.step("3", same, old) // its clock is never known to be wrong
		w.step("2", same, watch.Step{At: old.At, From: "active", To: "cleared", Cause: "recovered", Priority: "high"})
		time.Sleep(time.Minute)
		w.want(t)
		known.Store(true)
		time.Sleep(5 * time.Minute)
		w.want(t, "phone: *** o2-1: SpO2 below 85 %, 81 %")
	})
}
