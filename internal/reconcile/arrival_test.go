package reconcile_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"pleth/internal/reconcile"
)

// TestArrivalsInTheHourThatOccursTwice: where times have no zone, records of the
// two equal hours are neither out of order nor late because of them; what is out
// of order in any reading is found.
func TestArrivalsInTheHourThatOccursTwice(t *testing.T) {
	t.Parallel()
	zone, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	m := &memory{"erp", []string{"id", "at", "came", "seq"}, [][]string{
		{"a", "2026-10-25 01:50:00", "2026-10-25 01:55:00", "100"},
		{"b", "2026-10-25 02:10:00", "2026-10-25 02:15:00", "200"}, // of summer
		{"c", "2026-10-25 02:55:00", "2026-10-25 02:05:00", "300"}, // came in winter, ten minutes later
		{"d", "2026-10-25 02:10:00", "2026-10-25 02:12:00", "400"}, // of winter
		{"e", "2026-10-25 02:30:00", "2026-10-25 02:31:00", "50"},  // out of order whichever it was
		{"f", "2026-10-25 03:05:00", "2026-10-25 03:06:00", "500"},
		{"g", "2026-10-25 03:10:00", "2026-10-25 03:11:00", "450"}, // after f
		{"h", "2026-10-25 01:00:00", "2026-10-25 02:40:00", "600"}, // late whichever it was
	}}
	r, err := reconcile.ReadArrivals(context.Background(), m, reconcile.ArrivalSpec{Key: []string{"id"}, Time: "at", Arrived: "came", Sequence: "seq", Deadline: 30 * time.Minute, Zone: zone, Limit: 100})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, f := range r.Findings {
		got = append(got, string(f.Class)+" "+f.Key[0])
	}
	if s := strings.Join(got, ", "); s != "late h, out_of_order e, out_of_order f, out_of_order g" {
		t.Errorf("%s", s)
	}
	if r.P99 != 100*time.Minute || r.P50 != 5*time.Minute {
		t.Errorf("delays %s %s", r.P50, r.P99)
	}
}
