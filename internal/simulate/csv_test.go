package simulate_test

import (
	"encoding/csv"
	"encoding/json"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"pleth"
	"pleth/internal/simulate"
)

func TestCSVHoldsTheRows(t *testing.T) {
	t.Parallel()
	for name, p := range map[string]simulate.Params{
		"sample":   simulate.Sample(),
		"decimals": {Seed: 2, Activity: simulate.Restless, Length: 3 * time.Hour, Interval: 4 * time.Second, Decimals: 1, Perfusion: true},
		"fast":     {Seed: 3, Activity: simulate.Restless, Length: 10 * time.Minute, Interval: 250 * time.Millisecond, Start: time.Date(2028, 2, 28, 23, 55, 0, 0, time.UTC)},
	} {
		r := night(t, p)
		all, err := csv.NewReader(strings.NewReader(csvOf(t, r))).ReadAll()
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		heading := []string{"time", "spo2", "pulse_rate", "motion"}
		metrics := []pleth.Metric{pleth.SpO2, pleth.PulseRate, pleth.Motion}
		if p.Perfusion {
			heading, metrics = append(heading, "perfusion_index"), append(metrics, pleth.PerfusionIndex)
		}
		if !slices.Equal(all[0], heading) || len(all) != r.Rows.Len()+1 {
			t.Fatalf("%s: heading %v, %d lines for %d rows", name, all[0], len(all), r.Rows.Len())
		}
		for i, line := range all[1:] {
			stamp, err := time.Parse("2006-01-02T15:04:05.999", line[0])
			if err != nil || stamp.UnixNano() != r.Rows.Time(i) {
				t.Fatalf("%s: row %d has the stamp %s, %v", name, i, line[0], err)
			}
			for k, m := range metrics {
				want := r.Rows.Value(m, i)
				if text := string(want.Append(nil)); line[1+k] != text {
					t.Fatalf("%s: row %d has %s %q, want %q", name, i, m, line[1+k], text)
				}
			}
		}
	}
}

func TestStamps(t *testing.T) {
	t.Parallel()
	r := night(t, simulate.Params{Length: 2 * time.Second, Interval: 500 * time.Millisecond, Start: time.Date(2027, 12, 31, 23, 59, 59, 0, time.UTC)})
	lines := strings.Split(csvOf(t, r), "\n")
	for i, want := range []string{"time,", "2027-12-31T23:59:59.000,", "2027-12-31T23:59:59.500,", "2028-01-01T00:00:00.000,", "2028-01-01T00:00:00.500,"} {
		if !strings.HasPrefix(lines[i], want) {
			t.Errorf("line %d is %q, want %s...", i, lines[i], want)
		}
	}
	if len(lines) != 6 || lines[5] != "" {
		t.Errorf("%d lines, want 5 that end", len(lines))
	}
}

func TestTruthComesBack(t *testing.T) {
	t.Parallel()
	r := night(t, simulate.Sample())
	text := truthOf(t, r)
	var back simulate.Truth
	if err := json.Unmarshal([]byte(text), &back); err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	if err := back.WriteJSON(&b); err != nil {
		t.Fatal(err)
	}
	if b.String() != text {
		t.Error("the truth differs after being read and written again")
	}
	if back.Format != "pleth.truth/1" || len(back.SpO2) != 30000 || len(back.Events) != len(r.Truth.Events) {
		t.Errorf("read back: %s, %d seconds, %d events", back.Format, len(back.SpO2), len(back.Events))
	}
}

type broken struct{}

func (broken) Write([]byte) (int, error) { return 0, io.ErrShortWrite }

func TestWriteErrorsAreReported(t *testing.T) {
	t.Parallel()
	r := night(t, simulate.Params{Length: time.Hour})
	if err := r.WriteCSV(broken{}); !errors.Is(err, io.ErrShortWrite) {
		t.Errorf("got %v", err)
	}
	if err := r.Truth.WriteJSON(broken{}); !errors.Is(err, io.ErrShortWrite) {
		t.Errorf("got %v", err)
	}
}
