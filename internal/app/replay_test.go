package app

import (
	"context"
	"fmt"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"pleth/internal/alarm"
	"pleth/internal/pebbledb"
	"pleth/internal/watch"
	alerts "pleth/internal/watch/pebble"
)

// TestReplayComparesAlarms: the alarms of a server follow from its log; one that
// is changed, one that is gone and one that never was are each named.
func TestReplayComparesAlarms(t *testing.T) {
	t.Parallel()
	dir, side := filepath.Join(t.TempDir(), "data"), filepath.Join(t.TempDir(), "side")
	s, stop := serving(t, func(set *Settings) { set.Data = dir })
	var rows []string
	begin := time.Now().Add(-time.Hour).UTC().Truncate(time.Second)
	for k := range 600 {
		spo2 := 97
		if k/60%3 == 1 {
			spo2 = 82
		}
		rows = append(rows, fmt.Sprintf(`{"device_id":"bed-1","timestamp":%q,"spo2":%d,"rso2":%d}`, begin.Add(time.Duration(k)*time.Second).Format(time.RFC3339), spo2, 70-k/20))
	}
	send(t, s, "["+strings.Join(rows, ",")+"]", http.StatusCreated)
	if err := stop(); err != nil {
		t.Fatal(err)
	}
	ctx := context.Background()
	if _, err := Replay(ctx, s.program, ReplayOptions{Data: dir, Side: side}); err != nil {
		t.Fatal(err)
	}
	compare := func(want string) {
		t.Helper()
		d, err := VerifyReplay(ctx, s.program, dir, side, "")
		if err != nil {
			t.Fatal(err)
		}
		if text := fmt.Sprint(d); d == nil && want != "" || d != nil && (want == "" || !strings.Contains(text, want)) {
			t.Errorf("%v, want %q", d, want)
		}
	}
	compare("")
	// change lets f change an alarm in the stores of a folder.
	change := func(dir string, f func(*alerts.Store, *watch.Alert) error) {
		t.Helper()
		db, err := pebbledb.Open(filepath.Join(dir, "store"), pebbledb.Options{})
		if err != nil {
			t.Fatal(err)
		}
		defer db.Close()
		store := alerts.Open(db)
		var first *watch.Alert
		if err := store.List("", 0, "", func(a *watch.Alert) (bool, error) {
			first = a
			return a.Rule.ID != "rso2.low", nil
		}); err != nil || first == nil {
			t.Fatal("no alarms", err)
		}
		if err := f(store, first); err != nil {
			t.Fatal(err)
		}
	}
	change(dir, func(s *alerts.Store, a *watch.Alert) error {
		a.Steps[len(a.Steps)-1].At++
		return s.Put(a)
	})
	compare("of the alarm)")
	change(dir, func(s *alerts.Store, a *watch.Alert) error {
		a.Steps[len(a.Steps)-1].At--
		return s.Put(a)
	})
	compare("")
	more := func(s *alerts.Store, a *watch.Alert) error {
		a.ID, a.Rule.ID = "al-00000000000000000000", "spo2.other"
		a.Steps[len(a.Steps)-1].To = alarm.Latched.String()
		return s.Put(a)
	}
	change(dir, more)
	compare("(spo2.other)")
	change(side, more)
	compare("")
}
