package watch_test

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"pleth"
	"pleth/internal/alarm"
	"pleth/internal/eventlog"
	"pleth/internal/road/roadtest"
	"pleth/internal/watch"
)

const none, cleared = "signal.no_data active low", "signal.no_data cleared low"

// gateway puts three devices behind gw-1 and one behind gw-2, and has all of
// them send for a minute.
func (w *ward) gateway() []string {
	w.t.Helper()
	devices := []string{"a", "b", "c", "d"}
	for i, d := range devices {
		l := watch.Limits{Device: d, Gateway: "gw-1", Bed: "Bed " + d}
		if i == 3 {
			l.Gateway = "gw-2"
		}
		time.Sleep(time.Millisecond)
		if _, err := w.watch.PutLimits(context.Background(), "key", "", l); err != nil {
			w.t.Fatal(err)
		}
	}
	w.sendAll(60, devices...)
	return devices
}

func (w *ward) sendAll(seconds int, devices ...string) {
	for range seconds {
		for _, d := range devices {
			w.send(d, time.Now(), values{pleth.SpO2: 97})
		}
		time.Sleep(time.Second)
	}
}

// causes returns why each step of an alert came about.
func causes(a *watch.Alert) (out []string) {
	for i := range a.Steps {
		out = append(out, a.Steps[i].Cause)
	}
	return out
}

// storm returns the one alarm of a gateway.
func (w *ward) storm() *watch.Alert {
	w.t.Helper()
	list := slices.DeleteFunc(w.alerts(watch.Query{}), func(a *watch.Alert) bool { return a.Device != "" })
	if len(list) != 1 {
		w.t.Fatalf("%d alarms of gateways, want 1", len(list))
	}
	return list[0]
}

// TestAGatewayFallsSilent: the devices of one gateway are one technical alarm
// that lists their beds, and each keeps its own.
func TestAGatewayFallsSilent(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var mu sync.Mutex
		var told []watch.Change
		store := &watch.Memory{}
		w := start(t, roadtest.NewMemory(), store, func(c *watch.Config) {
			c.Changed = func(c watch.Change) {
				mu.Lock()
				defer mu.Unlock()
				told = append(told, c)
			}
		})
		defer func() { w.stop() }()
		devices := w.gateway()
		time.Sleep(35 * time.Second)
		list := w.want(watch.Query{}, none, none, none, none, "gateway.silent active medium")
		under := 0
		for _, a := range list {
			if a.Under {
				under++
			}
		}
		if under != 3 {
			t.Errorf("%d alarms are under the gateway, want 3", under)
		}
		a := w.storm()
		if len(a.Devices) != 3 || a.Devices[0] != "Bed a (a)" || a.Gateway != "gw-1" || a.Steps[0].Since == 0 {
			t.Errorf("%+v", a)
		}
		if kept, err := store.Get(a.ID); err != nil || kept == nil {
			t.Errorf("the alarm is not in the store: %v", err)
		}
		w.sendAll(3, devices[:2]...)
		w.want(watch.Query{}, none, none, cleared, cleared, "gateway.silent cleared medium")
		var of []string
		marked := map[bool]int{}
		mu.Lock()
		defer mu.Unlock()
		for _, c := range told {
			if c.Alert.ID == a.ID {
				for _, s := range c.Steps {
					of = append(of, s.To)
				}
			} else if len(c.Steps) == 0 && !c.Withdrawn {
				marked[c.Alert.Under]++
			}
		}
		if !slices.Equal(of, []string{"active", "cleared"}) {
			t.Errorf("told %q of the gateway", of)
		}
		if marked[true] != 3 || marked[false] != 1 { // c alone is silent when it is over
			t.Errorf("told %v that the gateway stands for them", marked)
		}
	})
}

// TestStormAndActions: the alarm of a gateway can be acknowledged, silenced and
// noted, each a record with its actor; two people at once are told of each other.
func TestStormAndActions(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := start(t, roadtest.NewMemory(), &watch.Memory{})
		defer func() { w.stop() }()
		devices := w.gateway()
		time.Sleep(35 * time.Second)
		a := w.storm()
		act := func(kind string, change func(*watch.Action)) error {
			one := watch.Action{Alert: a.ID, Actor: "nurse"}
			change(&one)
			_, err := w.watch.Act(context.Background(), kind, "key", one)
			return err
		}
		nothing := func(*watch.Action) {}
		if err := act(eventlog.KindSilence, func(one *watch.Action) { one.Until = time.Now().Add(5 * time.Hour).UnixNano() }); err == nil {
			t.Error("a silence of five hours was taken")
		}
		if err := act(eventlog.KindSilence, func(one *watch.Action) { one.Until = time.Now().Add(time.Minute).UnixNano() }); err != nil {
			t.Error(err)
		}
		if w.storm().SilencedUntil() == 0 {
			t.Error("it is not silenced")
		}
		time.Sleep(62 * time.Second)
		if w.storm().SilencedUntil() != 0 {
			t.Error("the silence does not end")
		}
		var second *alarm.ActionError
		if err := errors.Join(act(eventlog.KindAcknowledge, nothing), act(eventlog.KindNote, func(one *watch.Action) { one.Note = "the switch is off" })); err != nil {
			t.Error(err)
		}
		if err := act(eventlog.KindAcknowledge, nothing); !errors.As(err, &second) || second.Code != "acknowledged" {
			t.Errorf("a second acknowledgement: %v", err)
		}
		w.sendAll(3, devices...)
		if err := act(eventlog.KindAcknowledge, nothing); !errors.As(err, &second) || second.Code != "cleared" {
			t.Errorf("an acknowledgement of what is over: %v", err)
		}
		if err := act(eventlog.KindNote, func(one *watch.Action) { one.Note = "it is on again" }); err != nil {
			t.Error(err)
		}
		got := w.storm()
		if want := []string{"delay", "silenced", "sounded", "ack", "recovered"}; !slices.Equal(causes(got), want) || len(got.Notes) != 2 || got.Steps[3].Actor != "nurse" {
			t.Errorf("steps %q, want %q; %d notes", causes(got), want, len(got.Notes))
		}
	})
}

// TestAStormOutlivesTheProcess: a restart neither ends nor repeats the alarm of
// a gateway, and a replay of the log gives the same one.
func TestAStormOutlivesTheProcess(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		log, store := roadtest.NewMemory(), &watch.Memory{}
		w := start(t, log, store)
		devices := w.gateway()
		time.Sleep(35 * time.Second)
		a := w.storm()
		if _, err := w.watch.Act(context.Background(), eventlog.KindAcknowledge, "key", watch.Action{Alert: a.ID, Actor: "nurse"}); err != nil {
			t.Fatal(err)
		}
		w.stop()
		time.Sleep(time.Minute)
		w = start(t, log, store)
		time.Sleep(10 * time.Second) // nothing is said to be silent yet
		if b := w.storm(); b.ID != a.ID || b.State() != "acknowledged" || !b.Open {
			t.Errorf("after the restart: %s %s", b.ID, b.State())
		}
		time.Sleep(time.Minute)
		w.sendAll(3, devices...)
		b := w.storm()
		if want := []string{"delay", "ack", "recovered"}; b.ID != a.ID || !slices.Equal(causes(b), want) {
			t.Errorf("%s: %q, want %q", b.ID, causes(b), want)
		}
		w.stop()
		want, _ := json.Marshal(b)
		again := start(t, log.Crash(func(int) int { return 0 }), &watch.Memory{})
		defer func() { again.stop() }()
		if got, _ := json.Marshal(again.storm()); string(got) != string(want) {
			t.Errorf("replayed\n%s\nfirst\n%s", got, want)
		}
	})
}

// TestPeopleCannotBeReached: a channel that gives messages up is a technical
// alarm until it takes one again.
func TestPeopleCannotBeReached(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		log, store := roadtest.NewMemory(), &watch.Memory{}
		w := start(t, log, store)
		defer func() { w.stop() }()
		time.Sleep(time.Second)
		say := func(can bool) {
			t.Helper()
			if err := w.watch.Reached(context.Background(), "phone", can); err != nil {
				t.Error(err)
			}
		}
		say(true)
		w.want(watch.Query{})
		say(false)
		say(false)
		list := w.want(watch.Query{}, "notify.given_up active medium")
		if list[0].Channel != "phone" || !list[0].Rule.Technical || list[0].Onset == 0 {
			t.Errorf("%+v", list[0])
		}
		if _, err := w.watch.Act(context.Background(), eventlog.KindAcknowledge, "key", watch.Action{Alert: list[0].ID, Actor: "nurse"}); err != nil {
			t.Error(err)
		}
		w.stop()
		w = start(t, log, store)
		time.Sleep(time.Minute)
		w.want(watch.Query{}, "notify.given_up acknowledged medium")
		say(true)
		w.want(watch.Query{}, "notify.given_up cleared medium")
	})
}

// TestNotesOutliveWhatTheyAreOf: a device that was not silent after all takes
// its alarm back, and not what somebody noted of it.
func TestNotesOutliveWhatTheyAreOf(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		log := roadtest.NewMemory()
		w := start(t, log, &watch.Memory{})
		w.sendAll(60, "a")
		begin := time.Now()
		time.Sleep(50 * time.Second)
		list := w.want(watch.Query{}, none)
		if _, err := w.watch.Act(context.Background(), eventlog.KindNote, "key", watch.Action{Alert: list[0].ID, Actor: "nurse", Note: "the network is slow"}); err != nil {
			t.Fatal(err)
		}
		for i := range 50 { // what was on its way
			w.send("a", begin.Add(time.Duration(i)*time.Second), values{pleth.SpO2: 97})
		}
		w.sendAll(90, "a")
		list = w.want(watch.Query{}, cleared)
		if len(list[0].Notes) != 1 || list[0].Steps[0].Cause != "withdrawn" || list[0].Sounded() != 0 {
			t.Errorf("%+v", list[0])
		}
		want, _ := json.Marshal(list[0])
		w.stop()
		again := start(t, log.Crash(func(int) int { return 0 }), &watch.Memory{})
		defer func() { again.stop() }()
		list = again.want(watch.Query{}, cleared)
		if got, _ := json.Marshal(list[0]); string(got) != string(want) {
			t.Errorf("replayed\n%s\nfirst\n%s", got, want)
		}
	})
}
