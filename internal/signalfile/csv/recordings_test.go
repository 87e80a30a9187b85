package csv_test

import (
	"os"
	"strconv"
	"strings"
	"testing"

	"pleth"
	"pleth/internal/device"
	"pleth/internal/device/devicetest"
	"pleth/internal/plethtest"
	"pleth/internal/signalfile/csv"
)

// TestPhysioZoo reads the reference recordings and compares every digit.
func TestPhysioZoo(t *testing.T) {
	t.Parallel()
	for name, rows := range map[string]int{"physiozoo-304.csv": 27811, "physiozoo-example-spo2.csv": 3610} {
		b, err := os.ReadFile(plethtest.Shared(t, "reference/recordings/"+name))
		if err != nil {
			t.Fatal(err)
		}
		lines := strings.Split(strings.TrimSpace(string(b)), "\n")[1:]
		for _, columns := range []string{"", "time=t_s,spo2=spo2", "time=1,spo2=2"} {
			r := devicetest.ReadBytes(csv.Formats(), b, device.Given{Columns: columns})
			if r.Err != nil || len(r.Warnings) > 0 || r.Rows.Len() != rows || len(lines) != rows || r.Header.Clock != pleth.NoClock {
				t.Fatalf("%s with columns %q: %d rows, %v, %v", name, columns, r.Rows.Len(), r.Warnings, r.Err)
			}
			for i, line := range lines {
				at, text, _ := strings.Cut(line, ",")
				sec, err := strconv.ParseInt(at, 10, 64)
				if err != nil {
					t.Fatal(err)
				}
				want, err := strconv.ParseFloat(text, 64)
				if err != nil {
					t.Fatal(err)
				}
				if r.Rows.Time(i) != sec*1e9 || r.Rows.Value(pleth.SpO2, i).Float() != want {
					t.Fatalf("%s row %d: got %d, %s, want %s", name, i, r.Rows.Time(i), r.Rows.Value(pleth.SpO2, i), line)
				}
			}
		}
	}
}
