package ward

import (
	"container/heap"
	"math/rand/v2"
	"time"

	"pleth"
	"pleth/internal/reading"
)

// Reading is what a device of the ward says at one instant.
type Reading struct {
	At     int64 // event time by the device's clock, nanoseconds UTC
	Seq    int64 // from 1, in the order of measuring
	Values [len(Metrics)]pleth.Value
}

// Metrics are the values of a Reading in their order. The battery is stated
// once in sixty readings.
var Metrics = [...]pleth.Metric{pleth.SpO2, pleth.PulseRate, pleth.PerfusionIndex, pleth.SignalQuality, pleth.Battery}

// Firmware is what every device of a ward says it runs.
const Firmware = "2.4.1"

// Send is one reading to be sent.
type Send struct {
	Due     int64 // when, nanoseconds after the start of the ward by a true clock
	Again   bool  // it was sent before
	Reading Reading
}

// Device is the stream of one device. It is not safe for concurrent use.
type Device struct {
	ID   string
	Role Role
	Skew time.Duration // of its clock; positive: ahead

	p       *Params
	index   int
	fall    int           // of a Desaturating one, points
	from    time.Duration // when its trouble begins first
	random  *rand.Rand
	tick    int64 // of the next reading
	block   int   // of rows; -1: none
	rows    []row // by second of the block
	pending sends
}

// row is one second of a device; spo2 0 is a value that is missing, a pulse
// of 0 likewise, absent means that nothing is sent.
type row struct {
	spo2, pulse, quality uint8
	absent               bool
	perfusion            uint16 // hundredths
}

// sends is a heap by due time; of equal ones the lower sequence number and the
// first sending come first.
type sends []Send

func (h sends) Len() int { return len(h) }
func (h sends) Less(i, j int) bool {
	if h[i].Due != h[j].Due {
		return h[i].Due < h[j].Due
	}
	if h[i].Reading.Seq != h[j].Reading.Seq {
		return h[i].Reading.Seq < h[j].Reading.Seq
	}
	return !h[i].Again
}
func (h sends) Swap(i, j int) { h[i], h[j] = h[j], h[i] }
func (h *sends) Push(x any)   { *h = append(*h, x.(Send)) }
func (h *sends) Pop() any {
	old := *h
	s := old[len(old)-1]
	*h = old[:len(old)-1]
	return s
}

// Next returns the next send in the order of time, false after the last one.
// What would come after the end of the ward comes at its end.
func (d *Device) Next() (Send, bool, error) {
	end := int64(d.p.Length / d.p.Interval)
	for d.tick < end && (len(d.pending) == 0 || d.pending[0].Due >= d.due(d.tick)) {
		if err := d.measure(); err != nil {
			return Send{}, false, err
		}
	}
	if len(d.pending) == 0 {
		return Send{}, false, nil
	}
	return heap.Pop(&d.pending).(Send), true, nil
}

// due is when reading k is measured. Devices are spread over the interval.
func (d *Device) due(k int64) int64 {
	return k*int64(d.p.Interval) + int64(d.index)*int64(d.p.Interval)/int64(d.p.Devices)
}

// measure makes the next reading and plans its sends.
func (d *Device) measure() error {
	k := d.tick
	d.tick++
	due := d.due(k)
	late, again, delay, after := d.random.Float64(), d.random.Float64(), d.random.Int64N(int64(5*time.Minute)), d.random.Int64N(int64(time.Minute))
	r, err := d.rowAt(k * int64(d.p.Interval))
	if err != nil {
		return err
	}
	if r.absent || d.silent(due) {
		return nil
	}
	s := Send{Due: due, Reading: Reading{At: d.p.Start.UnixNano() + due + int64(d.Skew), Seq: k + 1, Values: d.values(r, k)}}
	last := int64(d.p.Length)
	if d.Role == Lagging { // the gateway hands on what it has every 40 s
		const hold = int64(40 * time.Second)
		s.Due = min((s.Due/hold+1)*hold, last)
	}
	if late < d.p.Late {
		s.Due = max(s.Due, min(s.Due+delay, last))
	}
	heap.Push(&d.pending, s)
	if again < d.p.Dup {
		s.Again = true
		s.Due = max(s.Due, min(s.Due+after, last))
		heap.Push(&d.pending, s)
	}
	return nil
}

// troubled reports whether it is time of a trouble that lasts so long and comes
// again every so often.
func (d *Device) troubled(due int64, long, every time.Duration) bool {
	since := due - int64(d.from)
	return since >= 0 && since%int64(every) < int64(long)
}

// silent reports whether a stale device says nothing: two of five minutes, and
// at the end for good.
func (d *Device) silent(due int64) bool {
	if d.Role != Stale {
		return false
	}
	return d.troubled(due, 2*time.Minute, 5*time.Minute) || due > int64(d.p.Length)*9/10
}

func (d *Device) values(r row, k int64) (v [len(Metrics)]pleth.Value) {
	number := func(x uint8) pleth.Value {
		if x == 0 {
			return pleth.Missing()
		}
		return pleth.Num(int64(x), 0)
	}
	off := d.Role == SensorOff && d.troubled(k*int64(d.p.Interval), time.Minute, 4*time.Minute)
	if off {
		r = row{}
	}
	v[0], v[1], v[3] = number(r.spo2), number(r.pulse), pleth.Num(int64(r.quality), 0)
	v[2] = pleth.Num(int64(r.perfusion), 2)
	if off {
		v[2] = pleth.Missing()
	}
	if k%60 == 0 {
		v[4] = pleth.Num(4150-k/3600%900, 0)
	}
	return v
}

// rowAt returns the row of the device ns after its start.
func (d *Device) rowAt(ns int64) (row, error) {
	b := int(ns / int64(blockLength))
	if b != d.block {
		if err := d.load(b); err != nil {
			return row{}, err
		}
	}
	i := int((ns % int64(blockLength)) / int64(time.Second))
	if i >= len(d.rows) {
		return row{absent: true}, nil
	}
	return d.rows[i], nil
}

func (d *Device) load(b int) error {
	n, err := d.night(b)
	if err != nil {
		return err
	}
	d.block = b
	d.rows = d.rows[:0]
	rows := n.Rows
	start := n.Truth.Night
	origin, err := time.Parse("2006-01-02T15:04:05", start.Start)
	if err != nil {
		return err
	}
	for range start.LengthS {
		d.rows = append(d.rows, row{absent: true})
	}
	whole := func(m pleth.Metric, i int) int64 {
		v := rows.Value(m, i)
		if !v.Ok() {
			return 0
		}
		mant, scale := v.Mantissa()
		return mant / pleth.Pow10(scale)
	}
	for i := range rows.Len() {
		s := (rows.Time(i) - origin.UnixNano()) / int64(time.Second)
		if s < 0 || s >= int64(len(d.rows)) {
			continue
		}
		pi := 0.0
		if v := rows.Value(pleth.PerfusionIndex, i); v.Ok() {
			pi = v.Float()
		}
		quality := max(5, 98-2*min(whole(pleth.Motion, i), 40))
		if pi < 0.3 {
			quality = min(quality, 40)
		}
		d.rows[s] = row{spo2: uint8(whole(pleth.SpO2, i)), pulse: uint8(min(whole(pleth.PulseRate, i), 255)), quality: uint8(quality), perfusion: uint16(pi*100 + 0.5)}
	}
	return nil
}

// leaveOutMissing makes values that are missing absent.
func (r *Reading) leaveOutMissing() {
	for i, v := range r.Values {
		if v.IsMissing() {
			r.Values[i] = pleth.Value{}
		}
	}
}

// appendTo appends r as a row to b.
func (r *Reading) appendTo(b *reading.Batch) {
	b.Rows.AddRow(r.At)
	for i, m := range Metrics {
		b.Rows.Set(m, r.Values[i])
	}
	b.Seq = append(b.Seq, r.Seq)
}
