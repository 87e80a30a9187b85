package session

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"hash"
	"math"

	"pleth"
)

// ID returns the digest of the interval, the offsets and the samples: the same
// samples give the same id whatever file or stream they came in. It does not
// depend on the start, the zone, the device, or the number of decimals a
// value was written with. 32 hexadecimal digits; "" where it cannot be known:
// rows were let go, and then the interval changed.
func (s *Session) ID() string {
	d := s.shed.clone()
	if d == nil {
		d = newDigest(s.Interval)
	}
	if d.interval != s.Interval {
		return ""
	}
	d.add(s.Rows, s.Rows.Len())
	return hex.EncodeToString(d.hash.Sum(nil)[:16])
}

// Len returns the number of rows, with those that were let go.
func (s *Session) Len() int64 {
	n := int64(s.Rows.Len())
	if s.shed != nil {
		n += s.shed.rows
	}
	return n
}

// Shed digests the rows of the open session up to the last with the metric of
// the timeline, and lets them go: what is left is good for its ID, its Len and
// its interval, not for its samples. It returns false, and nothing is good any
// more, where the interval has changed since rows were let go, or a number is
// so large that the decimals of others depend on it.
func (c *Cutter) Shed() bool {
	if c.cur == nil {
		return true
	}
	rows, interval := c.cur.Rows, c.Open().Interval
	if c.cur.shed == nil {
		c.cur.shed = newDigest(interval)
	}
	if c.cur.shed.interval != interval {
		return false
	}
	// The last row stays in any case: another may come for its time.
	n := rows.Len() - 1
	for n > 0 && rows.Value(c.metric, n).IsAbsent() {
		n--
	}
	if n <= 0 {
		return true
	}
	for _, m := range metrics {
		column := rows.Column(m)
		most := math.MaxInt64 / pleth.Pow10(pleth.MaxScale-column.Scale())
		for _, v := range column.Mantissas() {
			if v > most || v < -most && v > pleth.AbsentMantissa {
				return false
			}
		}
	}
	c.cur.shed.add(rows, n)
	left := rows.Slice(n, rows.Len())
	c.cur.Rows = left.Clone(64)
	return true
}

// digest is the ID of a session as far as rows were added. Use newDigest.
type digest struct {
	hash     hash.Hash
	interval int64
	rows     int64
	last     int64 // time of the last row
}

func newDigest(interval int64) *digest {
	d := &digest{hash: sha256.New(), interval: interval}
	d.hash.Write(binary.AppendVarint([]byte("pleth.session/1\n"), interval))
	return d
}

// clone returns a copy that goes on by itself; nil of nil.
func (d *digest) clone() *digest {
	if d == nil {
		return nil
	}
	out := *d
	c, err := d.hash.(hash.Cloner).Clone()
	if err != nil {
		panic(err) // the hashes of Go can be copied
	}
	out.hash = c
	return &out
}

// add adds the first n rows of b.
func (d *digest) add(b *pleth.Batch, n int) {
	const block = 16 << 10
	buf := make([]byte, 0, min(block+1<<10, 256*n+64))
	var metrics []column
	for _, m := range pleth.Metrics() {
		if b.Has(m) {
			of := b.Column(m)
			metrics = append(metrics, column{metric: m, scale: of.Scale(), digits: of.Mantissas()})
		}
	}
	last, step := d.last, int64(-1)
	var stepBytes []byte // of step, which is the same for most rows
	for i, t := range b.Times()[:n] {
		if t-last != step {
			step = t - last
			stepBytes = binary.AppendVarint(stepBytes[:0], step)
		}
		last = t
		buf = append(buf, stepBytes...)
		for k := range metrics {
			buf = metrics[k].append(buf, i)
		}
		buf = append(buf, 0)
		if len(buf) >= block {
			d.hash.Write(buf)
			buf = buf[:0]
		}
	}
	d.hash.Write(buf)
	d.last, d.rows = last, d.rows+int64(n)
}

// column is one metric of the samples that an ID digests.
type column struct {
	metric pleth.Metric
	scale  uint8
	digits []int64
	// What small numbers are encoded as, which is at most seven bytes: the
	// first one in the lowest bits, their count in the highest; 0: not known yet.
	small [256]uint64
}

// append appends the number in row i; nothing where there is none.
func (c *column) append(buf []byte, i int) []byte {
	if i >= len(c.digits) {
		return buf
	}
	m := c.digits[i]
	if uint64(m) < uint64(len(c.small)) {
		text := c.small[m]
		if text == 0 {
			var b [8]byte
			n := len(c.encode(b[:0], m))
			text = binary.LittleEndian.Uint64(b[:]) | uint64(n)<<56
			c.small[m] = text
		}
		end := len(buf) + int(text>>56)
		return binary.LittleEndian.AppendUint64(buf, text)[:end]
	}
	if m == pleth.MissingMantissa || m == pleth.AbsentMantissa {
		return buf
	}
	return c.encode(buf, m)
}

// encode appends a number without trailing zeros.
func (c *column) encode(buf []byte, m int64) []byte {
	scale := c.scale
	for scale > 0 && m%10 == 0 {
		m, scale = m/10, scale-1
	}
	return binary.AppendVarint(append(buf, byte(c.metric)<<4|scale), m)
}
