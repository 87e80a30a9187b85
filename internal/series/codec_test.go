package series

import (
	"bytes"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"math"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"pleth"
	"pleth/internal/eventlog"
	"pleth/internal/reading"
	"pleth/internal/reading/readingtest"
)

// same names the first difference between two tables; empty: none.
func same(a, b *reading.Table) string {
	if d := readingtest.Diff(&a.Rows, &b.Rows); d != "" {
		return d
	}
	for i := range a.Rows.Len() {
		if a.SeqOf(i) != b.SeqOf(i) {
			return "sequence number"
		}
		if a.FlagsOf(i) != b.FlagsOf(i) {
			return "flags"
		}
		if !a.OriginOf(i).Equal(b.OriginOf(i)) {
			return "origin"
		}
	}
	return ""
}

func chunk(t *rapid.T, max int) *Chunk {
	x := readingtest.Table(t, max)
	for i, s := range x.Seq {
		if s == pleth.AbsentMantissa {
			x.Seq[i] = 0
		}
	}
	c := &Chunk{Rows: x, Source: Source{LagMin: rapid.Int64().Draw(t, "lag"), LagMedian: 5, LagMax: -7, Parted: rapid.Bool().Draw(t, "parted")}}
	c.First = eventlog.Offset(rapid.Uint64().Draw(t, "first"))
	c.Last = c.First + 9
	return &c.Cut()[0]
}

func TestRoundTrip(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		c := chunk(t, 60)
		for _, effort := range []Effort{Quick, Small} {
			b, err := Append([]byte("x"), c, effort)
			if err != nil {
				t.Fatal(err)
			}
			got, err := Decode(b[1:], c.Rows.Partition, nil)
			if err != nil {
				t.Fatal(err)
			}
			if d := same(c.Rows, got.Rows); d != "" || got.Source != c.Source || got.Rows.Partition != c.Rows.Partition {
				t.Fatalf("difference: %s; %+v and %+v", d, got.Source, c.Source)
			}
			again, err := Append([]byte("x"), got, effort)
			if err != nil || !bytes.Equal(again, b) {
				t.Fatalf("written again: %x, %v, first %x", again, err, b)
			}
			one, err := Decode(b[1:], c.Rows.Partition, []pleth.Metric{pleth.PulseRate})
			if err != nil {
				t.Fatal(err)
			}
			for _, m := range pleth.Metrics() {
				want := m == pleth.PulseRate && got.Rows.Rows.Has(m)
				if one.Rows.Rows.Has(m) != want || want && one.Rows.Rows.Value(m, 0) != got.Rows.Rows.Value(m, 0) {
					t.Fatalf("asked for the pulse rate, got %v", m)
				}
			}
		}
	})
}

// TestDecodeIn: chunks that are read into one memory are what was written, the
// last one and the one before it.
func TestDecodeIn(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		var room Room
		var before *reading.Table // as it was written
		var held *reading.Table   // as it was read
		for range rapid.IntRange(1, 6).Draw(t, "chunks") {
			c := chunk(t, 60)
			b, err := Append(nil, c, rapid.SampledFrom([]Effort{Quick, Small}).Draw(t, "effort"))
			if err != nil {
				t.Fatal(err)
			}
			got, err := DecodeIn(&room, b, c.Rows.Partition, nil)
			if err != nil {
				t.Fatal(err)
			}
			if d := same(c.Rows, got.Rows); d != "" {
				t.Fatalf("difference: %s", d)
			}
			if before != nil {
				if d := same(before, held); d != "" {
					t.Fatalf("the one before has changed: %s", d)
				}
			}
			before, held = c.Rows, got.Rows
		}
	})
}

func TestDecodeRefuses(t *testing.T) {
	t.Parallel()
	bed := readingtest.Bed(1, 1e18, 100)
	good, err := Append(nil, &Chunk{Rows: &reading.Table{Rows: bed.Rows, Origins: []reading.Origin{bed.Origin}}}, Quick)
	if err != nil {
		t.Fatal(err)
	}
	for i := range good {
		bad := bytes.Clone(good)
		bad[i] ^= 1
		if _, err := Decode(bad, reading.Partition{}, nil); !errors.Is(err, ErrCorrupt) {
			t.Fatalf("byte %d changed: %v", i, err)
		}
		if _, err := Decode(good[:i], reading.Partition{}, nil); !errors.Is(err, ErrCorrupt) {
			t.Fatalf("cut at %d: %v", i, err)
		}
	}
	newer := bytes.Clone(good)
	newer[0] = 3
	if _, err := Decode(sealed(newer[:len(newer)-4]), reading.Partition{}, nil); !errors.Is(err, ErrNewer) {
		t.Errorf("format 3: %v", err)
	}
}

func TestAppendRefuses(t *testing.T) {
	t.Parallel()
	origins := []reading.Origin{{}}
	for name, x := range map[string]*reading.Table{
		"no rows":      {Origins: origins},
		"no origin":    {Rows: readingtest.Bed(1, 0, 2).Rows},
		"wrong origin": {Rows: readingtest.Bed(1, 0, 2).Rows, Origins: origins, Of: []uint32{1}},
		"disorder":     {Rows: *disordered(), Origins: origins},
		"too many":     {Rows: readingtest.Bed(1, 0, MaxRows+1).Rows, Origins: origins},
	} {
		if b, err := Append([]byte("x"), &Chunk{Rows: x}, Quick); err == nil || string(b) != "x" {
			t.Errorf("%s is taken", name)
		}
	}
}

func disordered() *pleth.Batch {
	var b pleth.Batch
	b.AddRow(2)
	b.AddRow(1)
	return &b
}

// sealed returns body with its checksum.
func sealed(body []byte) []byte {
	return binary.LittleEndian.AppendUint32(bytes.Clone(body), crc32.Checksum(body, castagnoli))
}

func FuzzDecode(f *testing.F) {
	bed := readingtest.Bed(1, 1e18, 300)
	bed.Seq = []int64{1, reading.NoSeq, 4}
	bed.Rows.SetMissing(pleth.Motion)
	t := &reading.Table{Rows: bed.Rows, Seq: bed.Seq, Flags: []reading.Flags{0, 1}, Of: []uint32{0, 1}, Origins: []reading.Origin{bed.Origin, {Tags: []byte("x")}}}
	for _, e := range []Effort{Quick, Small} {
		b, err := Append(nil, &Chunk{Rows: t}, e)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b[1 : len(b)-4])
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		c, err := Decode(sealed(append([]byte{version}, body...)), reading.Partition{}, nil)
		if err != nil {
			return
		}
		b, err := Append(nil, c, Quick)
		if err != nil {
			t.Fatalf("read but cannot be written: %v", err)
		}
		back, err := Decode(b, reading.Partition{}, nil)
		if err != nil {
			t.Fatal(err)
		}
		if d := same(c.Rows, back.Rows); d != "" {
			t.Fatal(d)
		}
	})
}

func FuzzDecodeRollup(f *testing.F) {
	f.Add(AppendRollup(nil, &Rollup{1, []Bin{{-5, 2}, {900, 7}}, nil})[1:10])
	f.Fuzz(func(t *testing.T, body []byte) {
		var r, back Rollup
		if DecodeRollup(sealed(append([]byte{rollupVersion}, body...)), &r) != nil {
			return
		}
		b := AppendRollup(nil, &r)
		if err := DecodeRollup(b, &back); err != nil {
			t.Fatal(err)
		}
		if r.Count() != back.Count() || r.Min().Compare(back.Min()) != 0 || r.Max().Compare(back.Max()) != 0 {
			t.Fatalf("%+v became %+v", r, back)
		}
		r.Mean()
		r.Quantile(0.5)
	})
}

func TestRollup(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		v := rapid.SliceOfN(rapid.OneOf(rapid.Int64Range(0, 100), rapid.Int64Range(-1e6, 1e6)), 1, 50).Draw(t, "v")
		scales := rapid.SliceOfN(rapid.SampledFrom([]uint8{0, 0, 1, 2}), len(v), len(v)).Draw(t, "scales")
		var whole Rollup
		var parts [2]Rollup
		var sorted []pleth.Value
		for i, x := range v {
			var b pleth.Batch
			b.AddRow(0)
			b.Set(pleth.SpO2, pleth.Num(x, scales[i]))
			one := &reading.Table{Rows: b}
			whole.AddRows(one, pleth.SpO2, 0, 1)
			parts[i%2].AddRows(one, pleth.SpO2, 0, 1)
			sorted = append(sorted, pleth.Num(x, scales[i]))
		}
		slices.SortFunc(sorted, pleth.Value.Compare)
		parts[0].Add(&parts[1])
		if !bytes.Equal(AppendRollup(nil, &whole), AppendRollup(nil, &parts[0])) {
			t.Fatalf("the whole is %+v, the parts %+v", whole, parts[0])
		}
		var back Rollup
		if err := DecodeRollup(AppendRollup(nil, &whole), &back); err != nil {
			t.Fatal(err)
		}
		sum := 0.0
		for _, x := range sorted {
			sum += x.Float()
		}
		n := len(sorted)
		if back.Count() != int64(n) || back.Min().Compare(sorted[0]) != 0 || back.Max().Compare(sorted[n-1]) != 0 ||
			math.Abs(back.Mean()-sum/float64(n)) > 1e-9*(1+math.Abs(sum)) {
			t.Fatalf("%+v of %v", back, sorted)
		}
		for _, p := range []float64{0, 0.05, 0.5, 0.95, 1} {
			at := p * float64(n-1)
			k := int(at)
			want := sorted[k].Float()
			if k+1 < n {
				want += (at - float64(k)) * (sorted[k+1].Float() - want)
			}
			if got := back.Quantile(p); math.Abs(got-want) > 1e-9*(1+math.Abs(want)) {
				t.Fatalf("quantile %v of %v is %v, want %v", p, sorted, got, want)
			}
		}
	})
}

func TestRollupLeavesOutConflictsAndMissing(t *testing.T) {
	t.Parallel()
	x := &reading.Table{Flags: []reading.Flags{0, reading.IsConflict, reading.IsLate}}
	for i := range 5 {
		x.Rows.AddRow(int64(i))
		if i < 3 {
			x.Rows.SetInt(pleth.SpO2, int64(90+i))
		} else if i == 3 {
			x.Rows.SetMissing(pleth.SpO2)
		}
	}
	var r Rollup
	r.AddRows(x, pleth.SpO2, 0, 5)
	if r.Count() != 2 || r.Mean() != 91 {
		t.Errorf("%+v: want 90 and 92", r)
	}
}

func TestHourOf(t *testing.T) {
	t.Parallel()
	for at, want := range map[int64]int64{0: 0, -1: -Hour, Hour: Hour, Hour - 1: 0, -Hour: -Hour} {
		if got := HourOf(at); got != want {
			t.Errorf("hour of %d is %d, want %d", at, got, want)
		}
	}
}
