package simulate

import (
	"encoding/json"
	"io"
	"strconv"

	"pleth"
	"pleth/internal/signal"
)

// TruthFormat names the JSON of a Truth. docs/formats/truth.md describes it.
const TruthFormat = "pleth.truth/1"

// Truth is what was put into a night. All times are whole seconds since its
// start, whether the first row is there or not; ends are exclusive.
type Truth struct {
	Format string `json:"format"`
	Night  About  `json:"night"`
	// Events are the desaturations of the blood in the order of their start.
	Events    []Event    `json:"events"`
	Artefacts []Artefact `json:"artefacts"`
	Gaps      []Gap      `json:"gaps"`
	Sleep     []Stretch  `json:"sleep"`
	// SpO2 is the blood at the sensor, one value a second, without any noise.
	SpO2 Series `json:"spo2"`
}

// About says how a night was made; the same About makes the same night.
type About struct {
	Seed       uint64   `json:"seed"`
	Profile    Profile  `json:"profile"`
	Activity   Activity `json:"activity"`
	AgeDays    int64    `json:"age_days"`
	Start      string   `json:"start"`
	LengthS    int64    `json:"length_s"`
	IntervalMS int64    `json:"interval_ms"`
	AveragingS int64    `json:"averaging_s"`
	LagS       int64    `json:"lag_s"`
	Decimals   uint8    `json:"decimals"`
	Perfusion  bool     `json:"perfusion"`
	Pristine   bool     `json:"pristine"`
	Events     string   `json:"events,omitempty"`
}

// Event is one desaturation of the blood.
type Event struct {
	Kind    Kind    `json:"kind"`
	Cluster int     `json:"cluster,omitempty"` // number of its cluster or sawtooth; 0: it is alone
	Start   int     `json:"start_s"`           // the last second before it falls
	Nadir   int     `json:"nadir_s"`           // the first second of the lowest value
	End     int     `json:"end_s"`             // back within one point of From, or as far as it comes back
	From    Percent `json:"from"`
	Low     Percent `json:"nadir"`
	Drop    Percent `json:"drop"`
	// Shown is the event as an undisturbed device of this averaging, interval
	// and resolution shows it; nil where it shows no fall.
	Shown *Shown `json:"shown"`
}

// Shown is the fall of an event in the rows of an undisturbed device.
type Shown struct {
	Start int     `json:"start_s"` // the last row of the highest value
	Nadir int     `json:"nadir_s"` // the first row of the lowest value
	From  Percent `json:"from"`
	Low   Percent `json:"nadir"`
	Drop  Percent `json:"drop"`
}

// ArtefactKind is the kind of an Artefact.
type ArtefactKind string

// The kinds: motion, motion in which the oximeter holds the value it showed
// before, a reading that is low in motion and not in the blood, one row that is
// wrong, and low perfusion.
const (
	Motion       ArtefactKind = "motion"
	Held         ArtefactKind = "held"
	FalseDip     ArtefactKind = "false_dip"
	LoneSpike    ArtefactKind = "spike"
	LowPerfusion ArtefactKind = "low_perfusion"
)

// Artefact is something that disturbed the sensor.
type Artefact struct {
	Kind  ArtefactKind `json:"kind"`
	Start int          `json:"start_s"`
	End   int          `json:"end_s"`
	Depth Percent      `json:"depth,omitempty"` // points of a false dip or spike
}

// GapKind is the kind of a Gap.
type GapKind string

// The kinds: rows that are not there, rows without values because the probe is
// off, and rows without values while the sensor searches.
const (
	Absent  GapKind = "gap"
	Off     GapKind = "off"
	Dropout GapKind = "dropout"
)

// Gap is time without a measurement. Gaps may overlap.
type Gap struct {
	Kind  GapKind `json:"kind"`
	Start int     `json:"start_s"`
	End   int     `json:"end_s"`
}

// Stretch is time in one state of sleep.
type Stretch struct {
	State string `json:"state"`
	Start int    `json:"start_s"`
	End   int    `json:"end_s"`
}

// Percent is a number of percent or of percentage points. In JSON it is rounded
// half to even to two decimals.
type Percent signal.Fixed

// MarshalJSON implements json.Marshaler.
func (p Percent) MarshalJSON() ([]byte, error) { return p.append(nil), nil }

// UnmarshalJSON implements json.Unmarshaler.
func (p *Percent) UnmarshalJSON(b []byte) error {
	v, ok := pleth.ParseValue(b)
	if !ok {
		return strconv.ErrSyntax
	}
	f, _ := signal.FromValue(v)
	*p = Percent(f)
	return nil
}

func (p Percent) append(dst []byte) []byte {
	n, scale := pleth.DivRound(int64(p), int64(hundredth)), uint8(2)
	for scale > 0 && n%10 == 0 {
		n, scale = n/10, scale-1
	}
	return pleth.Num(n, scale).Append(dst)
}

// Series is a row of percent.
type Series []signal.Fixed

// MarshalJSON implements json.Marshaler.
func (s Series) MarshalJSON() ([]byte, error) {
	out := append(make([]byte, 0, 6*len(s)+2), '[')
	for i, v := range s {
		if i > 0 {
			out = append(out, ',')
		}
		out = Percent(v).append(out)
	}
	return append(out, ']'), nil
}

// UnmarshalJSON implements json.Unmarshaler.
func (s *Series) UnmarshalJSON(b []byte) error {
	var all []Percent
	if err := json.Unmarshal(b, &all); err != nil {
		return err
	}
	*s = make(Series, len(all))
	for i, p := range all {
		(*s)[i] = signal.Fixed(p)
	}
	return nil
}

// WriteJSON writes t as one line of JSON.
func (t *Truth) WriteJSON(w io.Writer) error { return json.NewEncoder(w).Encode(t) }
