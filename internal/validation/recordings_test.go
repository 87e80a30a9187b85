package validation

import (
	"bytes"
	"os"
	"testing"
	"time"

	"pleth"
	"pleth/internal/plethtest"
)

// recording is a real recording as its rows of whole-number columns: what the
// tests need of it, without the readers of the program.
type recording struct {
	name     string
	path     string // below the shared folder
	spo2     int    // column
	motion   int    // column, -1: none
	interval time.Duration
}

// recordings are the real ones with a comma-separated form.
var recordings = []recording{
	{"Viatom O2Ring", "data/oximetry/viatom-o2ring/O2Ring _20250306222056.csv", 1, 3, 4 * time.Second},
	{"Viatom Checkme O2 Max", "data/oximetry/viatom-checkme-o2-max/checkme-o2-max-20260310.csv", 1, 3, 2 * time.Second},
	{"Viatom Checkme O2 Max, short", "data/oximetry/viatom-checkme-o2-max/checkme-o2-max-20260220-short.csv", 1, 3, 2 * time.Second},
	{"Contec CMS50E", "data/oximetry/contec-cms50e/auto/20210515120642.csv", 2, -1, time.Second},
	{"Masimo Radical-7, child", "data/oximetry/masimo-radical7-paediatric/ExampleData.txt", 0, -1, 2 * time.Second},
	{"PhysioZoo 304, severe", "reference/recordings/physiozoo-304.csv", 1, -1, time.Second},
	{"PhysioZoo example, fractional", "reference/recordings/physiozoo-example-spo2.csv", 1, -1, time.Second},
}

// load returns the rows on a grid of the interval; what is no number from 50
// to 100 is missing.
func (r *recording) load(t *testing.T) (pleth.Header, *pleth.Batch) {
	t.Helper()
	file, err := os.ReadFile(plethtest.Shared(t, r.path))
	if err != nil {
		t.Fatal(err)
	}
	b := new(pleth.Batch)
	lines := bytes.Split(bytes.TrimSpace(file), []byte("\n"))
	for i, line := range lines[1:] {
		fields := bytes.Split(line, []byte(","))
		if len(fields) <= max(r.spo2, r.motion) {
			t.Fatalf("%s: line %d has %d fields", r.name, i+2, len(fields))
		}
		b.AddRow(int64(i) * int64(r.interval))
		b.Set(pleth.SpO2, number(fields[r.spo2]))
		if r.motion >= 0 {
			b.Set(pleth.Motion, number(fields[r.motion]))
		}
	}
	if b.Len() < 1000 || !b.HasNumber(pleth.SpO2) {
		t.Fatalf("%s: %d rows were read", r.name, b.Len())
	}
	return pleth.Header{Interval: r.interval}, b
}

func number(field []byte) pleth.Value {
	if v, ok := pleth.ParseValue(bytes.TrimSpace(field)); ok {
		return v
	}
	return pleth.Missing()
}
