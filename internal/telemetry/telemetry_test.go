package telemetry

import (
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"pleth"
	"pleth/internal/analysis"
	"pleth/internal/eventlog"
	"pleth/internal/reading"
	"pleth/internal/road"
)

// silent follows nothing.
type silent struct{}

func (silent) Row(road.FollowedRow)                                   {}
func (silent) Prepare(c *eventlog.Control) (*eventlog.Control, error) { return c, nil }
func (silent) Control(*eventlog.Control)                              {}
func (silent) Drop()                                                  {}
func (silent) Settle()                                                {}
func (silent) Snapshot() ([]byte, error)                              { return nil, nil }

func exposed(t *testing.T, tel *Telemetry) string {
	t.Helper()
	w := httptest.NewRecorder()
	tel.Handler().ServeHTTP(w, httptest.NewRequest("GET", "/metrics", nil))
	return w.Body.String()
}

// What was read back from the log, backfill, and devices that count anew are
// no loss, no delay and no late alarm.
func TestCounts(t *testing.T) {
	t.Parallel()
	now := int64(1_000 * time.Second)
	tel := New(func() int64 { return now }, analysis.Program{})
	follow := tel.Follow(func(reading.Partition, road.Place, []byte) (road.Follower, error) { return silent{}, nil })
	f, err := follow(reading.Partition{Device: "d"}, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	say := func(seq, at int64, v pleth.Value) {
		var b pleth.Batch
		b.AddRow(at)
		b.Set(pleth.SpO2, v)
		f.Row(road.FollowedRow{Rows: &b, Seq: seq, Received: now})
		f.Settle()
	}
	say(5, now, pleth.Num(97, 0)) // before Arm
	tel.Sounded(now)
	tel.Arm()
	say(6, now-int64(300*time.Millisecond), pleth.Num(97, 0))
	say(9, now, pleth.Missing())
	say(8, now, pleth.Num(97, 0))                        // out of order
	say(1<<40, now, pleth.Num(97, 0))                    // counts anew
	say(1<<40+1, now-int64(time.Hour), pleth.Num(97, 0)) // backfill
	say(reading.NoSeq, now, pleth.Num(97, 0))
	tel.Sounded(now - int64(500*time.Millisecond))
	tel.Sounded(now - int64(time.Hour))
	text := exposed(t, tel)
	for _, line := range []string{
		"pleth_sequence_expected_total 6", "pleth_sequence_arrived_total 5", "pleth_freshness_seconds_count 5", `pleth_freshness_seconds_bucket{le="0.2"} 4`,
		`pleth_saturation_readings_total{state="missing"} 1`, `pleth_saturation_readings_total{state="measured"} 5`, "pleth_alarm_seconds_count 1",
	} {
		if !strings.Contains(text, "\n"+line+"\n") {
			t.Errorf("no line %q in\n%s", line, text)
		}
	}
}
