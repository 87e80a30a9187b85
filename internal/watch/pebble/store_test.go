package pebble_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"

	db "github.com/cockroachdb/pebble/v2"

	"pleth/internal/alarm"
	"pleth/internal/pebbledb"
	"pleth/internal/watch"
	"pleth/internal/watch/pebble"
)

func open(t *testing.T, dir string) *pebbledb.DB {
	t.Helper()
	d, err := pebbledb.Open(dir, pebbledb.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func alert(i int, device string) *watch.Alert {
	return &watch.Alert{ID: fmt.Sprintf("al-%020x", i), Device: device, Rule: alarm.Rule{ID: "spo2.low"}, Onset: int64(i/2) - 3, Steps: []watch.Step{{To: "active"}}}
}

// TestStore: the same lists as in memory, after the folder is opened again too.
func TestStore(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	d := open(t, dir)
	s, m := pebble.Open(d), &watch.Memory{}
	for i := range 20 {
		a := alert(i, []string{"", "d1", "d2"}[i%3]) // "": of a gateway
		for range 2 {
			a.Notes = append(a.Notes, watch.Step{Cause: "note"})
			if err := errors.Join(s.Put(a), m.Put(a)); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	d = open(t, dir)
	defer d.Close()
	s = pebble.Open(d)
	list := func(st watch.Store, device string, before int64, id string) []string {
		var out []string
		err := st.List(device, before, id, func(a *watch.Alert) (bool, error) {
			out = append(out, fmt.Sprintf("%s %s %d %d", a.ID, a.Device, a.Onset, len(a.Notes)))
			return len(out) < 7, nil
		})
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
	for _, q := range []struct {
		device string
		before int64
		id     string
	}{{}, {device: "d1"}, {device: "none"}, {before: 4, id: alert(15, "").ID}, {before: -1, id: alert(4, "").ID}, {before: 3}} {
		got, want := list(s, q.device, q.before, q.id), list(m, q.device, q.before, q.id)
		if !slices.Equal(got, want) {
			t.Errorf("%+v: got %q, want %q", q, got, want)
		}
	}
	if a, err := s.Get(alert(3, "").ID); err != nil || a == nil || a.Device != "" {
		t.Errorf("%+v, %v", a, err)
	}
	for _, id := range []string{alert(99, "").ID, "al-", "x", ""} {
		if a, err := s.Get(id); err != nil || a != nil {
			t.Errorf("%q: %+v, %v", id, a, err)
		}
	}
}

// TestDamage: an alert that was damaged is an error, not another alert.
func TestDamage(t *testing.T) {
	t.Parallel()
	d := open(t, t.TempDir())
	defer d.Close()
	s := pebble.Open(d)
	a := alert(1, "d")
	if err := s.Put(a); err != nil {
		t.Fatal(err)
	}
	it, err := d.NewIter(&db.IterOptions{LowerBound: []byte{byte(pebbledb.AlertRecord)}, UpperBound: []byte{byte(pebbledb.AlertRecord) + 1}})
	if err != nil {
		t.Fatal(err)
	}
	it.First()
	k, v := slices.Clone(it.Key()), slices.Clone(it.Value())
	if err := it.Close(); err != nil {
		t.Fatal(err)
	}
	v[9] ^= 1
	if err := d.Set(k, v, db.NoSync); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Get(a.ID); !errors.Is(err, pebble.ErrCorrupt) {
		t.Errorf("%v", err)
	}
}

// TestForget: what was over before a time goes, of live streams alone.
func TestForget(t *testing.T) {
	t.Parallel()
	d := open(t, t.TempDir())
	defer d.Close()
	s := pebble.Open(d)
	put := func(i int, change func(*watch.Alert)) {
		a := alert(i, "d")
		a.Onset, a.Steps = int64(i)*10, []watch.Step{{At: int64(i)*10 + 5, To: "cleared"}}
		change(a)
		if err := s.Put(a); err != nil {
			t.Fatal(err)
		}
	}
	same := func(*watch.Alert) {}
	put(1, same)
	put(2, func(a *watch.Alert) { a.Recording = "r" })
	put(3, func(a *watch.Alert) { a.Steps[0].To = "latched" })
	put(4, func(a *watch.Alert) { a.Device = "" }) // of a gateway
	put(5, func(a *watch.Alert) { a.Steps[0].At = 101 })
	put(20, same)
	for _, want := range []int{2, 0} {
		if n, err := s.Forget(100); err != nil || n != want {
			t.Errorf("%d forgotten, want %d: %v", n, want, err)
		}
	}
	var left []string
	if err := s.List("", 0, "", func(a *watch.Alert) (bool, error) {
		left = append(left, a.ID)
		return true, nil
	}); err != nil {
		t.Fatal(err)
	}
	if want := []string{alert(20, "").ID, alert(5, "").ID, alert(3, "").ID, alert(2, "").ID}; !slices.Equal(left, want) {
		t.Errorf("left %q, want %q", left, want)
	}
	if a, err := s.Get(alert(1, "").ID); err != nil || a != nil {
		t.Errorf("%+v, %v", a, err)
	}
}
