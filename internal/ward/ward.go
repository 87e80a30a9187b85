package ward

import (
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"time"

	"pleth/internal/simulate"
)

// Params say what ward to make. The zero value of a field is its default.
type Params struct {
	// Profiles are those of the people, device by device in turn; nil: all.
	Profiles []simulate.Profile
	Devices  int           // 1..100,000; 0: 24
	Interval time.Duration // between two readings of a device, 1 ms..1 h; 0: 1 s
	Length   time.Duration // how long each device sends; must be given
	Seed     uint64
	Prefix   string    // of the devices' ids; empty: "bed-"
	Start    time.Time // event time of the first reading by a true clock; must be given
	Late     float64   // share of the readings that come up to 5 min late, 0..1
	Dup      float64   // share of the readings that are sent twice, 0..1
	// Skew is the largest error of the clocks of the devices; each has its own.
	Skew time.Duration
	// Mixed gives some devices the faults of a real ward: see Role. Otherwise
	// all are Plain.
	Mixed bool
	// Beds name the devices and say what is the matter with each, in the place
	// of Devices, Prefix and Mixed; nil: these do.
	Beds []Bed
}

// Bed is one device of a ward whose devices are named one by one.
type Bed struct {
	Device string // id
	Role   Role
	Fall   int // of a Desaturating one, points; 0: 9
	// From is when its trouble begins first, after the start of the ward; 0:
	// after two minutes, of a Stale one after three.
	From time.Duration
}

// Role is what is the matter with a device.
type Role uint8

// The roles of a mixed ward: a patient whose saturation falls again and again,
// a probe that is off for minutes, a device that falls silent, one whose
// gateway holds readings back, and one whose clock is wrong by more than a
// minute.
const (
	Plain Role = iota
	Desaturating
	SensorOff
	Stale
	Lagging
	Skewed
	roles
)

var roleNames = [roles]string{"plain", "desaturating", "sensor_off", "stale", "lagging", "skewed"}

// String returns the name of r as the truth has it.
func (r Role) String() string { return roleNames[r] }

// Ward is a number of devices. It is immutable; its devices are not.
type Ward struct{ p Params }

// New checks p and returns its ward.
func New(p Params) (*Ward, error) {
	if len(p.Beds) > 0 {
		p.Devices = len(p.Beds)
	}
	if p.Devices == 0 {
		p.Devices = 24
	}
	if p.Prefix == "" {
		p.Prefix = "bed-"
	}
	if p.Interval == 0 {
		p.Interval = time.Second
	}
	if len(p.Profiles) == 0 {
		p.Profiles = simulate.Profiles()
	}
	switch {
	case p.Devices < 1 || p.Devices > 100_000:
		return nil, fmt.Errorf("%d devices: from 1 to 100000", p.Devices)
	case p.Interval < time.Millisecond || p.Interval > time.Hour:
		return nil, fmt.Errorf("a reading every %s: from 1ms to 1h", p.Interval)
	case p.Length < p.Interval:
		return nil, fmt.Errorf("a length of %s: at least one reading, %s", p.Length, p.Interval)
	case p.Late < 0 || p.Late > 1 || p.Dup < 0 || p.Dup > 1:
		return nil, fmt.Errorf("shares of late %g and resent %g readings: from 0 to 1", p.Late, p.Dup)
	case p.Skew < 0 || p.Skew > 24*time.Hour:
		return nil, fmt.Errorf("clock errors up to %s: from 0 to 24h", p.Skew)
	case p.Start.IsZero():
		return nil, fmt.Errorf("the ward has no start")
	}
	return &Ward{p}, nil
}

// Devices returns how many devices the ward has.
func (w *Ward) Devices() int { return w.p.Devices }

// Length returns how long each device sends.
func (w *Ward) Length() time.Duration { return w.p.Length }

// Device returns device i, 0 <= i < Devices, at its first reading.
func (w *Ward) Device(i int) *Device {
	d := &Device{p: &w.p, index: i, ID: fmt.Sprintf("%s%05d", w.p.Prefix, i+1), block: -1,
		random: rand.New(rand.NewPCG(w.p.Seed, uint64(i)+1))}
	if w.p.Mixed {
		d.Role = [12]Role{0: Desaturating, 3: SensorOff, 5: Stale, 7: Lagging, 9: Skewed}[i%12]
	}
	d.fall, d.from = 9, 2*time.Minute
	if d.Role == Stale {
		d.from = 3 * time.Minute
	}
	if len(w.p.Beds) > 0 {
		b := w.p.Beds[i]
		d.ID, d.Role = b.Device, b.Role
		if b.Fall > 0 {
			d.fall = b.Fall
		}
		switch {
		case b.From > 0:
			d.from = b.From
		case b.Role == Stale:
			d.from = 3 * time.Minute
		}
	}
	// Drawn for every device, so that a role changes nothing else.
	u := d.random.Float64()
	if w.p.Skew > 0 {
		d.Skew = time.Duration((2*u - 1) * float64(w.p.Skew)).Round(time.Millisecond)
	}
	if d.Role == Skewed {
		d.Skew = -90 * time.Second
		if i%24 >= 12 {
			d.Skew = 45 * time.Second
		}
	}
	return d
}

// blockLength is how much of a device's life is made at a time; the person is
// another in the next.
const blockLength = 8 * time.Hour

// night makes block b of the device.
func (d *Device) night(b int) (*simulate.Result, error) {
	from := time.Duration(b) * blockLength
	length := min(blockLength, d.p.Length-from).Truncate(time.Second) + time.Second
	p := simulate.Params{
		Seed: d.p.Seed ^ uint64(d.index+1)*0x9e3779b97f4a7c15 + uint64(b), Perfusion: true,
		Profile: d.p.Profiles[d.index%len(d.p.Profiles)],
		Start:   d.p.Start.Add(from), Length: length,
	}
	if d.Role == Desaturating && length > 10*time.Minute {
		p.Events = fmt.Sprintf("+%s cluster %d fall %d every 75s", d.from, min(1000, int((length-d.from-2*time.Minute)/(75*time.Second))), d.fall)
	}
	return simulate.Night(p)
}

// truth is one line of the truth of a ward.
type truth struct {
	Device string           `json:"device"`
	Role   string           `json:"role"`
	SkewMS int64            `json:"skew_ms"`
	Block  int              `json:"block"`
	Night  *json.RawMessage `json:"night"`
}

// WriteTruth writes what is true of every device, one JSON object a line: its
// role, the error of its clock, and the night it is made of (pleth.truth/1),
// one line per 8 h.
func (w *Ward) WriteTruth(out io.Writer) error {
	enc := json.NewEncoder(out)
	for i := range w.p.Devices {
		d := w.Device(i)
		for b := 0; time.Duration(b)*blockLength < w.p.Length; b++ {
			n, err := d.night(b)
			if err != nil {
				return err
			}
			text, err := json.Marshal(n.Truth)
			if err != nil {
				return err
			}
			night := json.RawMessage(text)
			if err := enc.Encode(truth{d.ID, d.Role.String(), d.Skew.Milliseconds(), b, &night}); err != nil {
				return err
			}
		}
	}
	return nil
}
