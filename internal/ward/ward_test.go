package ward_test

import (
	"bytes"
	"encoding/json"
	"testing"
	"time"

	"pleth/internal/ward"
)

var start = time.Date(2026, 1, 14, 22, 0, 0, 0, time.UTC)

func mixed() ward.Params {
	return ward.Params{Devices: 24, Length: 20 * time.Minute, Seed: 7, Start: start, Late: 0.02, Dup: 0.03, Skew: 2 * time.Second, Mixed: true}
}

func collect(t *testing.T, w *ward.Ward, i int) []ward.Send {
	t.Helper()
	d := w.Device(i)
	var out []ward.Send
	for {
		s, more, err := d.Next()
		if err != nil {
			t.Fatal(err)
		}
		if !more {
			return out
		}
		out = append(out, s)
	}
}

func newWard(t *testing.T, p ward.Params) *ward.Ward {
	t.Helper()
	w, err := ward.New(p)
	if err != nil {
		t.Fatal(err)
	}
	return w
}

func TestDevicesAreDeterministicAndInOrder(t *testing.T) {
	t.Parallel()
	a, b := newWard(t, mixed()), newWard(t, mixed())
	for i := range a.Devices() {
		x, y := collect(t, a, i), collect(t, b, i)
		if len(x) != len(y) || len(x) == 0 {
			t.Fatalf("device %d: %d and %d sends", i, len(x), len(y))
		}
		seen := map[int64]ward.Reading{}
		for j := range x {
			if x[j] != y[j] {
				t.Fatalf("device %d, send %d: %+v and %+v", i, j, x[j], y[j])
			}
			if j > 0 && x[j].Due < x[j-1].Due {
				t.Fatalf("device %d: send %d is due before the one before it", i, j)
			}
			r, again := seen[x[j].Reading.Seq]
			if again != x[j].Again || again && r != x[j].Reading {
				t.Fatalf("device %d: send %d of seq %d: again %v, %+v after %+v", i, j, x[j].Reading.Seq, x[j].Again, x[j].Reading, r)
			}
			seen[x[j].Reading.Seq] = x[j].Reading
		}
	}
}

func TestAMixedWardHasTheFaults(t *testing.T) {
	t.Parallel()
	w := newWard(t, mixed())
	found := map[ward.Role]int{}
	for i := range w.Devices() {
		d := w.Device(i)
		found[d.Role]++
		all := collect(t, w, i)
		var missing, low, again, late int
		gap := int64(0)
		newest := int64(0)
		for j, s := range all {
			v := s.Reading.Values[0]
			if v.IsMissing() {
				missing++
			}
			if m, _ := v.Mantissa(); v.Ok() && m < 92 {
				low++
			}
			if s.Again {
				again++
			}
			if s.Reading.At < newest {
				late++
			}
			newest = max(newest, s.Reading.At)
			if j > 0 {
				gap = max(gap, s.Due-all[j-1].Due)
			}
		}
		if again == 0 || late == 0 {
			t.Errorf("%s: %d resent, %d late", d.ID, again, late)
		}
		switch d.Role {
		case ward.SensorOff:
			if missing < 200 {
				t.Errorf("%s: the probe is off for %d s only", d.ID, missing)
			}
		case ward.Desaturating:
			if low < 60 {
				t.Errorf("%s desaturates for %d s only", d.ID, low)
			}
		case ward.Stale:
			if gap < int64(50*time.Second) {
				t.Errorf("%s is never silent", d.ID)
			}
		case ward.Lagging:
			if gap < int64(30*time.Second) {
				t.Errorf("%s hands on without delay", d.ID)
			}
		case ward.Skewed:
			if d.Skew > -time.Minute && d.Skew < 30*time.Second {
				t.Errorf("%s has a good clock: %s", d.ID, d.Skew)
			}
		}
	}
	for r := ward.Plain; r <= ward.Skewed; r++ {
		if found[r] < 2 {
			t.Errorf("%d devices are %s", found[r], r)
		}
	}
}

func TestTruthHasALinePerDevice(t *testing.T) {
	t.Parallel()
	var b bytes.Buffer
	if err := newWard(t, mixed()).WriteTruth(&b); err != nil {
		t.Fatal(err)
	}
	lines := bytes.Split(bytes.TrimSpace(b.Bytes()), []byte("\n"))
	var first struct {
		Device, Role string
		Night        struct{ Format string }
	}
	if err := json.Unmarshal(lines[0], &first); err != nil || len(lines) != 24 || first.Device != "bed-00001" || first.Role != "desaturating" || first.Night.Format != "pleth.truth/1" {
		t.Errorf("%d lines, first %+v, %v", len(lines), first, err)
	}
}

func TestWhatIsNoWard(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*ward.Params){
		"devices":  func(p *ward.Params) { p.Devices = -1 },
		"interval": func(p *ward.Params) { p.Interval = time.Microsecond },
		"length":   func(p *ward.Params) { p.Length = 0 },
		"late":     func(p *ward.Params) { p.Late = 1.5 },
		"start":    func(p *ward.Params) { p.Start = time.Time{} },
	} {
		p := mixed()
		change(&p)
		if _, err := ward.New(p); err == nil {
			t.Errorf("%s: taken", name)
		}
	}
}
