package notify

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"pleth/internal/alarm"
	"pleth/internal/sealed"
)

// desk is a channel that refuses as often as it is told to.
type desk struct {
	mu     sync.Mutex
	got    []string
	faults []error
}

func (d *desk) Send(_ context.Context, m *Message) (string, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if len(d.faults) > 0 {
		err := d.faults[0]
		d.faults = d.faults[1:]
		if err != nil {
			return "", err
		}
	}
	d.got = append(d.got, fmt.Sprint(m.Event, " ", m.Alarm, " ", m.Priority))
	return "r-" + m.ID, nil
}

func (d *desk) seen() []string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return slices.Clone(d.got)
}

var key = sealed.NewKey()

func open(t *testing.T, path string, channels map[string]Channel, givenUp func(Delivery)) *Outbox {
	t.Helper()
	o, err := OpenOutbox(t.Context(), path, key, channels, slog.New(slog.DiscardHandler), givenUp)
	if err != nil {
		t.Fatal(err)
	}
	o.first = time.Millisecond
	return o
}

func until(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for range 2000 {
		if ok() {
			return
		}
		time.Sleep(5 * time.Millisecond)
	}
	t.Fatalf("%s never came", what)
}

func message(id string, e Event) Message {
	return Message{ID: id, Alarm: "a1", Event: e, At: time.Unix(1763683200, 0), Priority: alarm.High, Bed: "Bed 4", Condition: "SpO2 below 85 %", Value: "81 %"}
}

// TestMessagesOfAnAlarmKeepTheirOrder: the trigger fails twice, and the resolve
// waits for it.
func TestMessagesOfAnAlarmKeepTheirOrder(t *testing.T) {
	t.Parallel()
	d := &desk{faults: []error{errors.New("away"), &Refusal{Text: "busy"}}}
	o := open(t, filepath.Join(t.TempDir(), "outbox.db"), map[string]Channel{"desk": d}, nil)
	defer o.Close()
	for _, m := range []Message{message("m1", Trigger), message("m2", Resolve), message("m1", Trigger)} {
		if err := o.Put(t.Context(), m, "desk"); err != nil {
			t.Fatal(err)
		}
	}
	until(t, "the resolve", func() bool { return len(d.seen()) == 2 })
	if got := d.seen(); got[0] != "trigger a1 high" || got[1] != "resolve a1 high" {
		t.Error(got)
	}
	var all []Delivery
	until(t, "the record", func() bool {
		var err error
		if all, err = o.Deliveries(t.Context(), "a1", 10); err != nil {
			t.Fatal(err)
		}
		return all[1].State == "delivered"
	})
	if len(all) != 2 || len(all[0].Attempts) != 3 || all[0].Attempts[0].Error != "away" || all[0].Attempts[2].Error != "" || all[0].Receipt != "r-m1" {
		t.Errorf("%+v", all)
	}
	if err := o.Put(t.Context(), message("m3", Trigger), "nobody"); err == nil {
		t.Error("a channel that does not exist takes a message")
	}
}

// TestWhatWaitsSurvives: messages that were not delivered are, after a restart.
func TestWhatWaitsSurvives(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "outbox.db")
	away := &desk{}
	for range 1000 {
		away.faults = append(away.faults, &Refusal{Text: "away", After: time.Hour})
	}
	o := open(t, path, map[string]Channel{"desk": away}, nil)
	if err := o.Put(t.Context(), message("m1", Trigger), "desk"); err != nil {
		t.Fatal(err)
	}
	until(t, "the first attempt", func() bool {
		all, err := o.Deliveries(t.Context(), "", 10)
		return err == nil && len(all[0].Attempts) == 1
	})
	if all, _ := o.Deliveries(t.Context(), "", 10); time.Until(all[0].Due) < 50*time.Minute {
		t.Errorf("the other side asked for an hour, the next attempt is at %v", all[0].Due)
	}
	if _, err := o.file.Write.Exec(`UPDATE deliveries SET due = 0`); err != nil {
		t.Fatal(err)
	}
	if err := o.Close(); err != nil {
		t.Fatal(err)
	}
	back := &desk{}
	o = open(t, path, map[string]Channel{"desk": back}, nil)
	defer o.Close()
	until(t, "the message", func() bool { return len(back.seen()) == 1 })
}

// TestAFinalNoIsGivenUp: and somebody is told.
func TestAFinalNoIsGivenUp(t *testing.T) {
	t.Parallel()
	told := make(chan Delivery, 1)
	d := &desk{faults: []error{&Refusal{Text: "bad key", Final: true}}}
	o := open(t, filepath.Join(t.TempDir(), "outbox.db"), map[string]Channel{"desk": d}, func(d Delivery) {
		if d.State == "given_up" {
			told <- d
		}
	})
	defer o.Close()
	if err := o.Put(t.Context(), message("m1", Trigger), "desk"); err != nil {
		t.Fatal(err)
	}
	if got := <-told; got.Channel != "desk" || got.Message.ID != "m1" {
		t.Errorf("%+v", got)
	}
	if err := o.Put(t.Context(), message("m2", Resolve), "desk"); err != nil {
		t.Fatal(err)
	}
	until(t, "the next message", func() bool { return len(d.seen()) == 1 })
	until(t, "the count", func() bool {
		list, err := o.Health(t.Context(), time.Now().Add(-time.Hour))
		return err == nil && len(list) == 1 && list[0].Channel == "desk" && list[0].Waiting == 0 && list[0].Oldest.IsZero() && list[0].GivenUp == 1 && !list[0].Delivered.IsZero()
	})
}

// TestTheOutboxIsSealed: nothing of a message can be read in the file, whether
// it was written by this version or found in plain text.
func TestTheOutboxIsSealed(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "outbox.db")
	d := &desk{faults: []error{errors.New("no way to Bed 4")}}
	o := open(t, path, map[string]Channel{"desk": d}, nil)
	m := message("m1", Trigger)
	if err := o.Put(t.Context(), m, "desk"); err != nil {
		t.Fatal(err)
	}
	until(t, "the message", func() bool {
		list, err := o.Health(t.Context(), time.Time{})
		return err == nil && len(list) == 1 && list[0].Waiting == 0
	})
	if _, err := o.file.Write.Exec(`UPDATE deliveries SET body = ?`, `{"id":"m1","alarm":"a1","event":"trigger","bed":"Bed 4","condition":"SpO2 below 85 %","level":3}`); err != nil {
		t.Fatal(err)
	}
	if err := o.Close(); err != nil {
		t.Fatal(err)
	}
	o = open(t, path, map[string]Channel{"desk": d}, nil)
	all, err := o.Deliveries(t.Context(), "a1", 10)
	if err != nil || len(all) != 1 || all[0].Message.Bed != "Bed 4" || all[0].Message.Priority != alarm.High || all[0].Attempts[0].Error != "no way to Bed 4" || all[0].Receipt != "r-m1" {
		t.Errorf("%+v, %v", all, err)
	}
	if err := o.Close(); err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob(path + "*")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range files {
		b, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, word := range []string{"Bed 4", "SpO2 below", "r-m1"} {
			if bytes.Contains(b, []byte(word)) {
				t.Errorf("%s holds %q", filepath.Base(name), word)
			}
		}
	}
}
