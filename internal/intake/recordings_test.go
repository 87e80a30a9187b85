package intake_test

import (
	"testing"

	"pleth"
	"pleth/internal/intake"
)

// An export of several beds, each sorted by time, loses none of them.
func TestRecordingsSortedByTimeFollowEachOther(t *testing.T) {
	t.Parallel()
	s := intake.New(intake.Options{})
	for _, bed := range []string{"1", "2", "3"} {
		if err := s.Start(pleth.Header{Clock: pleth.UTCClock, ByTime: true, Device: pleth.Device{Serial: bed}}); err != nil {
			t.Fatal(err)
		}
		var b pleth.Batch
		for _, at := range []int64{2e9, 0, 1e9} {
			b.AddRow(at)
			b.SetInt(pleth.SpO2, 97)
		}
		if err := s.Rows(&b); err != nil {
			t.Fatal(err)
		}
	}
	sessions := s.Close()
	if len(sessions) != 3 {
		t.Fatalf("got %d sessions, want one per bed", len(sessions))
	}
	for i, one := range sessions {
		if one.Header.Device.Serial != string(rune('1'+i)) || one.Rows.Len() != 3 || one.Interval != 1e9 {
			t.Errorf("session %d: bed %s, %d rows, interval %d", i, one.Header.Device.Serial, one.Rows.Len(), one.Interval)
		}
	}
}
