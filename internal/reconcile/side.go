package reconcile

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// side is one side while it is compared.
type side struct {
	Source
	b       bool
	engine  Tallier // the Source, where it counts by itself
	strange int64   // rows that the engine can not compare
	zone    *time.Location
	index   []int    // of the columns of the spec, keys first, in the source
	used    []string // columns that are looked at
	roles   roles    // of the columns that are not compared
	parts   []part
	buckets map[BucketID]*Tally
	keys    [256][]uint64 // digests of the keys, one per row, by their first byte
	kinds   [][4]int64    // what the cells were, by column
	out     *Side
	keyless []Finding // rows that cannot be compared, as many as may be kept
	others  map[Class]int64
	unknown map[string]map[string]int64 // words without an image, by column
	last    time.Time
	// unread are the keys of rows that could not be compared, as many as may be
	// kept: what has them is not missing on this side.
	unread map[string]bool
}

// roles are the places of columns that say something of a record and are not
// compared; -1: there is none.
type roles struct {
	time, channel, updated, arrived int
	measures                        []int
}

// part is the checksum of the records whose keys fall into it.
type part struct {
	rows int64
	sum  uint64 // of the digests of key and compared columns, mod 2^64
}

// resolve finds the columns of the spec in a side.
func (d *diff) resolve(ctx context.Context, s *side) error {
	names, err := s.Columns(ctx)
	if err != nil {
		return err
	}
	find := func(c Column) (int, error) {
		name := c.A
		if s.b {
			name = c.B
		}
		if name == "" {
			return -1, nil
		}
		i := slices.Index(names, name)
		if i < 0 {
			return -1, &ColumnError{Side: s.Name(), Column: name, Has: names}
		}
		s.used = append(s.used, name)
		return i, nil
	}
	var errs []error
	for _, c := range slices.Concat(d.spec.Key, d.spec.Compare) {
		i, err := find(c)
		s.index, errs = append(s.index, i), append(errs, err)
	}
	for _, one := range []struct {
		c  Column
		to *int
	}{{d.spec.Time, &s.roles.time}, {d.spec.Channel, &s.roles.channel}, {d.spec.Updated, &s.roles.updated}, {Column{"", d.spec.Arrived}, &s.roles.arrived}} {
		*one.to, err = find(one.c)
		errs = append(errs, err)
	}
	for _, c := range d.spec.Measures {
		i, err := find(c)
		s.roles.measures, errs = append(s.roles.measures, i), append(errs, err)
	}
	s.kinds = make([][4]int64, len(s.index))
	return errors.Join(errs...)
}

// ColumnError says that a side lacks a column.
type ColumnError struct {
	Side, Column string
	Has          []string
}

// Error names the side, the column and what there is instead.
func (e *ColumnError) Error() string {
	has := e.Has
	if len(has) > mostNames {
		has = has[:mostNames]
	}
	text := fmt.Sprintf("%s has no column %q; it has %q", e.Side, e.Column, has)
	if len(has) < len(e.Has) {
		text += fmt.Sprintf(" and %d more", len(e.Has)-len(has))
	}
	for _, name := range e.Has {
		if plainName(name) == plainName(e.Column) {
			return text + fmt.Sprintf("; %s=%s says that it is called otherwise there", e.Column, name)
		}
	}
	return text
}

// mostNames bounds the columns that an error lists.
const mostNames = 40

// plainName returns a name without what people write differently.
func plainName(name string) string {
	return strings.NewReplacer(" ", "", "_", "", "-", "", ".", "").Replace(strings.ToLower(name))
}

// reader turns rows into records.
type reader struct {
	d     *diff
	s     *side
	buf   []byte
	ends  []int  // of the canonical cells in buf
	nulls []bool // by column
	count bool   // the kinds of cells, and words without an image

	at      time.Time // when the record is from,
	late    time.Time // and when, if clocks showed that hour twice and it was the second
	bucket  BucketID
	outside bool // of the window
	scratch []byte
	days    dayNamer
}

func (d *diff) reader(s *side) *reader {
	return &reader{d: d, s: s, days: dayNamer{zone: d.spec.Day}}
}

// read makes the canonical form of a row and returns the digest of its key,
// and why it cannot be compared: NoKey, Rejected or nothing.
func (r *reader) read(cells []Cell) (key uint64, cannot Class, why string) {
	r.buf, r.ends, r.nulls = r.buf[:0], r.ends[:0], r.nulls[:0]
	spec := &r.d.spec
	for k, i := range r.s.index {
		from := len(r.buf)
		var was kind
		if k < len(spec.Key) {
			r.buf, was = canonicalKey(r.buf, cells[i], spec.Fold, spec.Numbers[spec.Key[k].A])
		} else if spec.Times[spec.Compare[k-len(spec.Key)].A] && !cells[i].Null {
			r.buf, was = appendLocal(r.buf, cells[i], r.s.zone, spec.Fold)
		} else {
			r.buf, was = canonical(r.buf, r.plain(cells[i]), spec.Fold)
		}
		if was == null && k < len(spec.Key) {
			cannot = NoKey
		}
		if cells[i].Long {
			cannot, why = Rejected, tooLong(r.s.column(k, spec))
		}
		if was == words && !cells[i].Long && !utf8.Valid(cells[i].Text) {
			cannot, why = Rejected, fmt.Sprintf("column %q: the bytes are no UTF-8; save the side in UTF-8", r.s.column(k, spec))
		}
		if k >= len(spec.Key) && was != null && !cells[i].Long {
			from := r.mapped(spec.Compare[k-len(spec.Key)], cells[i], from)
			r.buf = r.buf[:from]
		}
		if r.count {
			r.s.kinds[k][was]++
		}
		r.ends, r.nulls = append(r.ends, len(r.buf)), append(r.nulls, was == null)
	}
	if nowhere := r.place(cells); nowhere != "" {
		cannot, why = Rejected, nowhere
	}
	r.scratch = r.appendName(r.scratch[:0])
	digest := sha256.Sum256(r.scratch)
	return binary.BigEndian.Uint64(digest[:]), cannot, why
}

// column returns what the side calls the column k of keys and compared ones.
func (s *side) column(k int, spec *Spec) string {
	c := Column{}
	if k < len(spec.Key) {
		c = spec.Key[k]
	} else {
		c = spec.Compare[k-len(spec.Key)]
	}
	if s.b {
		return c.B
	}
	return c.A
}

// mapped puts the image of a word in the place of what stands in the buffer
// since from, and returns where the buffer ends. It notes words without one.
func (r *reader) mapped(c Column, cell Cell, from int) int {
	m := r.d.spec.Status[c.A]
	if m == nil {
		return len(r.buf)
	}
	text := bytes.TrimSpace(cell.Text)
	if r.s.b {
		if r.count && !r.d.images[c.A][string(text)] {
			r.unmapped(c.B, text)
		}
		return len(r.buf)
	}
	to, ok := m[string(text)]
	if !ok {
		if r.count && !r.d.images[c.A][string(text)] {
			r.unmapped(c.A, text)
		}
		return len(r.buf)
	}
	r.buf, _ = canonical(r.buf[:from], Cell{Text: []byte(to)}, r.d.spec.Fold)
	return len(r.buf)
}

// mostWords bounds the words without an image that are told apart.
const mostWords = 100

func (r *reader) unmapped(column string, word []byte) {
	if r.s.unknown == nil {
		r.s.unknown = map[string]map[string]int64{}
	}
	of := r.s.unknown[column]
	if of == nil {
		of = map[string]int64{}
		r.s.unknown[column] = of
	}
	if _, known := of[string(word)]; known || len(of) < mostWords {
		of[string(word)]++
	}
}

// place finds the bucket of a row, and says why it has none.
func (r *reader) place(cells []Cell) string {
	r.bucket, r.outside, r.at, r.late = BucketID{}, false, time.Time{}, time.Time{}
	if i := r.s.roles.channel; i >= 0 {
		text := bytes.TrimSpace(cells[i].Text)
		if cells[i].Long {
			return tooLong("channel")
		}
		if !utf8.Valid(text) {
			return "the channel is no UTF-8; save the side in UTF-8"
		}
		r.bucket.Channel = string(text)
	}
	i := r.s.roles.time
	if i < 0 {
		return ""
	}
	at, late, err := parseEither(cells[i], r.s.zone)
	if err != nil {
		return err.Error()
	}
	r.at, r.late = at, late
	r.bucket.Day = r.days.name(at)
	spec := &r.d.spec
	r.outside = !spec.From.IsZero() && at.Before(spec.From) || !spec.To.IsZero() && !at.Before(spec.To)
	return ""
}

// dayNamer names the days of instants, remembering the last one: records of a
// day stand together.
type dayNamer struct {
	zone     *time.Location
	from, to int64
	day      string
}

func (n *dayNamer) name(at time.Time) string {
	u := at.Unix()
	if u >= n.from && u < n.to {
		return n.day
	}
	zone := n.zone
	if zone == nil {
		zone = time.UTC
	}
	y, m, d := at.In(zone).Date()
	n.from, n.to = time.Date(y, m, d, 0, 0, 0, 0, zone).Unix(), time.Date(y, m, d+1, 0, 0, 0, 0, zone).Unix()
	n.day = at.In(zone).Format(time.DateOnly)
	return n.day
}

// appendName appends the canonical key, its parts with their lengths.
func (r *reader) appendName(dst []byte) []byte { return r.appendCells(dst, 0, len(r.d.spec.Key)) }

// appendCells appends columns in the form whose SHA-256 is taken: the length in
// bytes, a colon and the text; a dash for null.
func (r *reader) appendCells(dst []byte, k, to int) []byte {
	from := 0
	if k > 0 {
		from = r.ends[k-1]
	}
	for ; k < to; k++ {
		end := r.ends[k]
		if r.nulls[k] {
			dst = append(dst, '-')
		} else {
			dst = append(strconv.AppendInt(dst, int64(end-from), 10), ':')
			dst = append(dst, r.buf[from:end]...)
		}
		from = end
	}
	return dst
}

// digest returns the digest of the row that was read last.
func (r *reader) digest() uint64 {
	r.scratch = r.appendCells(r.scratch[:0], 0, len(r.ends))
	digest := sha256.Sum256(r.scratch)
	return binary.BigEndian.Uint64(digest[:])
}

// stream reads a side once: its checksums, the digests of its keys, and the
// rows that cannot be compared.
func (d *diff) stream(ctx context.Context, s *side) error {
	s.parts = make([]part, d.parts)
	s.buckets = map[BucketID]*Tally{}
	r := d.reader(s)
	r.count = true
	var last BucketID
	var tally *Tally
	src := d.narrowed(s)
	err := src.Scan(ctx, func(place int64, cells []Cell) error {
		key, cannot, why := r.read(cells)
		if r.outside {
			return nil
		}
		s.out.Rows++
		if cannot != "" {
			f := Finding{Class: cannot, Text: why}
			if cannot == NoKey {
				s.out.NoKey++
			} else {
				s.out.Rejected++
			}
			f.Key = d.shown(s, cells)
			r.stamp(&f)
			d.cannot(s, f, place)
			s.notRead(r, cannot)
			return nil
		}
		sum := r.digest()
		p := &s.parts[key%uint64(d.parts)]
		p.rows++
		p.sum += sum
		s.keys[key>>56] = append(s.keys[key>>56], key)
		if tally == nil || r.bucket != last {
			last = r.bucket
			if tally = s.buckets[last]; tally == nil {
				tally = &Tally{Sums: make([]Sum, len(d.spec.Measures))}
				s.buckets[last] = tally
			}
		}
		tally.Rows++
		tally.Digest += sum
		for k, i := range s.roles.measures {
			tally.Sums[k].add(r.plain(cells[i]))
		}
		if r.late.After(s.last) {
			s.last = r.late
		}
		return nil
	}, func(place int64, why string) error {
		s.out.Rows++
		s.out.Rejected++
		d.cannot(s, Finding{Class: Rejected, Text: why}, place)
		return nil
	})
	if err != nil {
		return err
	}
	if doubter, ok := src.(Doubter); ok {
		s.out.Doubt = doubter.Doubt()
	}
	for n, some := range s.keys {
		slices.Sort(some)
		s.out.Keys += int64(len(slices.Compact(some)))
		s.keys[n] = nil
	}
	return nil
}

// stamp says when and where the row that was read last is from.
func (r *reader) stamp(f *Finding) {
	f.Day, f.Channel, f.At = r.bucket.Day, r.bucket.Channel, r.at
}

// mostUnread bounds the keys of rows that could not be compared.
const mostUnread = 100_000

// notRead notes the key of the row that was read last.
func (s *side) notRead(r *reader, cannot Class) {
	if cannot != Rejected || len(s.unread) == mostUnread {
		return
	}
	if s.unread == nil {
		s.unread = map[string]bool{}
	}
	s.unread[string(r.appendName(nil))] = true
}

// cannot notes a row that cannot be compared.
func (d *diff) cannot(s *side, f Finding, place int64) {
	if s.others == nil {
		s.others = map[Class]int64{}
	}
	s.others[f.Class]++
	if len(s.keyless) == d.spec.Limit {
		return
	}
	if s.b {
		f.B = append(f.B, place)
	} else {
		f.A = append(f.A, place)
	}
	s.keyless = append(s.keyless, f)
}

// shown returns the key of a row as it stands there.
func (d *diff) shown(s *side, cells []Cell) []string {
	var key []string
	for _, i := range s.index[:len(d.spec.Key)] {
		key = append(key, shownKey(cells[i]))
	}
	return key
}

// narrowed returns the side without what lies outside the window and without
// the columns that nobody looks at, as far as its engine can leave them out.
func (d *diff) narrowed(s *side) Source {
	n, ok := s.Source.(Narrower)
	if !ok {
		return s.Source
	}
	w := Want{Columns: s.used}
	if !d.spec.From.IsZero() || !d.spec.To.IsZero() {
		w.Time, w.From, w.To, w.Zone = d.timeOf(s), d.spec.From, d.spec.To, s.zone
	}
	return n.Narrow(w)
}

func (d *diff) timeOf(s *side) string {
	if s.b {
		return d.spec.Time.B
	}
	return d.spec.Time.A
}
