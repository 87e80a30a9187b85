package plethtest

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"math"
	"os"
	"strconv"
	"strings"
	"testing"

	"pleth"
)

// Reference is a real recording for which other programs' figures exist.
type Reference struct {
	Name string
	SpO2 []float64    // at 1 Hz, held; as recorded, NaN where missing or outside 50..100
	Rows *pleth.Batch // at the interval of the recording, with the pulse rate where there is one
	json any
}

// references says where the recordings stand: the columns of SpO2 and of the
// pulse rate (-1 if there is none) and the seconds between rows. They are read by the simplest code that can, since what
// is tested by them is not the readers.
var references = [...]struct {
	name, file string
	column     int
	pulse      int
	seconds    int
}{
	{"contec-cms50e-auto-20210515120642", "data/oximetry/contec-cms50e/auto/20210515120642.csv", 2, 3, 1},
	{"masimo-radical7-paediatric", "data/oximetry/masimo-radical7-paediatric/ExampleData.txt", 0, 1, 1},
	{"physiozoo-304", "reference/recordings/physiozoo-304.csv", 1, -1, 1},
	{"physiozoo-example-spo2", "reference/recordings/physiozoo-example-spo2.csv", 1, -1, 1},
	{"viatom-checkme-o2-max-20260220-short", "data/oximetry/viatom-checkme-o2-max/checkme-o2-max-20260220-short.csv", 1, 2, 2},
	{"viatom-checkme-o2-max-20260310", "data/oximetry/viatom-checkme-o2-max/checkme-o2-max-20260310.csv", 1, 2, 2},
	{"viatom-o2ring-20250306222056", "data/oximetry/viatom-o2ring/O2Ring _20250306222056.csv", 1, 2, 4},
}

// EachReference runs f as a parallel subtest for each Reference.
func EachReference(t *testing.T, f func(t *testing.T, r *Reference)) {
	t.Helper()
	for i := range references {
		t.Run(references[i].name, func(t *testing.T) {
			t.Parallel()
			f(t, loadReference(t, i))
		})
	}
}

func loadReference(tb testing.TB, i int) *Reference {
	tb.Helper()
	ref := references[i]
	r := &Reference{Name: ref.name, Rows: new(pleth.Batch)}
	text, err := os.ReadFile(Shared(tb, ref.file))
	if err != nil {
		tb.Fatal(err)
	}
	for k, line := range strings.Split(strings.TrimSpace(string(text)), "\n")[1:] {
		fields := strings.FieldsFunc(line, func(c rune) bool { return c == ',' || c == '\t' || c == '\r' })
		r.Rows.AddRow(int64(k*ref.seconds) * 1e9)
		setField(r.Rows, pleth.SpO2, fields[ref.column])
		if ref.pulse >= 0 {
			setField(r.Rows, pleth.PulseRate, fields[ref.pulse])
		}
		v, err := strconv.ParseFloat(strings.TrimSpace(fields[ref.column]), 64)
		if err != nil || v < 50 || v > 100 {
			v = math.NaN()
		}
		for range ref.seconds {
			r.SpO2 = append(r.SpO2, v)
		}
	}
	text, err = os.ReadFile(Shared(tb, "reference/oracle/"+ref.name+".json"))
	if err != nil {
		tb.Fatal(err)
	}
	if err := json.Unmarshal(text, &r.json); err != nil {
		tb.Fatal(err)
	}
	return r
}

func setField(b *pleth.Batch, m pleth.Metric, field string) {
	if v, ok := pleth.ParseValue([]byte(strings.TrimSpace(field))); ok {
		b.Set(m, v)
		return
	}
	b.SetMissing(m)
}

// Number is At for a number.
func (r *Reference) Number(tb testing.TB, path ...string) float64 {
	tb.Helper()
	f, ok := r.At(tb, path...).(float64)
	if !ok {
		tb.Fatalf("%s of the reference of %s is no number", strings.Join(path, "/"), r.Name)
	}
	return f
}

// At returns the value at a path of keys of the reference file, which must be
// there: a map[string]any, []any, float64, string or nil.
func (r *Reference) At(tb testing.TB, path ...string) any {
	tb.Helper()
	v := r.json
	for _, key := range path {
		m, _ := v.(map[string]any)
		next, ok := m[key]
		if !ok {
			tb.Fatalf("the reference of %s has no %s", r.Name, strings.Join(path, "/"))
		}
		v = next
	}
	return v
}

// Digest returns the digest by which the reference files name a series: %g
// joined by commas, nothing for a missing value.
func Digest(x []float64) string {
	var text strings.Builder
	for i, v := range x {
		if i > 0 {
			text.WriteByte(',')
		}
		if !math.IsNaN(v) {
			text.WriteString(strconv.FormatFloat(v, 'g', -1, 64))
		}
	}
	sum := sha256.Sum256([]byte(text.String()))
	return hex.EncodeToString(sum[:])
}
