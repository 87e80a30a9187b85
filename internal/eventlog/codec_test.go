package eventlog

import (
	"bytes"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"reflect"
	"testing"

	"pgregory.net/rapid"

	"pleth"
	"pleth/internal/reading"
	"pleth/internal/reading/readingtest"
)

func TestRoundTrip(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		b := readingtest.Batch(t, 40)
		r := &Record{Partition: b.Partition, Offset: 7, LoggedAt: rapid.Int64().Draw(t, "logged"), Readings: b}
		got, raw := roundTrip(t, r)
		if d := readingtest.Diff(&b.Rows, &got.Readings.Rows); d != "" {
			t.Fatal(d)
		}
		for i := range b.Rows.Len() {
			if b.SeqOf(i) != got.Readings.SeqOf(i) {
				t.Fatalf("sequence number of row %d is %d, want %d", i, got.Readings.SeqOf(i), b.SeqOf(i))
			}
		}
		if !reflect.DeepEqual(got.Readings.Origin, b.Origin) || got.Readings.Partition != b.Partition || got.Readings.Received != b.Received ||
			got.LoggedAt != r.LoggedAt || got.Offset != 7 || got.Partition != b.Partition {
			t.Fatalf("got %+v, want %+v", got, r)
		}
		// What was read writes the same bytes again, so that a record can be
		// compared and copied.
		if again, _ := Append(nil, got); !bytes.Equal(again, raw) {
			t.Fatalf("written again:\n%x, first\n%x", again, raw)
		}
	})
}

func TestRoundTripControl(t *testing.T) {
	t.Parallel()
	for _, c := range []Control{{Kind: KindTick}, {KindCalibration, "key 1", "new cap", []byte(`{"gain":"1.02"}`)}, {}} {
		r := &Record{LoggedAt: -5, Control: &c}
		got, _ := roundTrip(t, r)
		if !reflect.DeepEqual(got, r) {
			t.Errorf("got %+v, want %+v", got, r)
		}
	}
}

func roundTrip(t interface {
	Helper()
	Fatal(...any)
}, r *Record) (*Record, []byte) {
	t.Helper()
	raw, err := Append([]byte("before"), r)
	if err != nil {
		t.Fatal(err)
	}
	raw = raw[len("before"):]
	got, err := Decode(raw, r.Partition, r.Offset)
	if err != nil {
		t.Fatal(err)
	}
	return got, raw
}

func TestAppendRefuses(t *testing.T) {
	t.Parallel()
	b := readingtest.Bed(1, 0, 2)
	for _, r := range []*Record{{}, {Readings: &reading.Batch{}}, {Readings: b, Control: &Control{}}, {Readings: readingtest.Bed(1, 0, MaxRows+1)}} {
		if out, err := Append([]byte("x"), r); err == nil || string(out) != "x" {
			t.Errorf("%+v is taken", r)
		}
	}
}

func TestDecodeRefuses(t *testing.T) {
	t.Parallel()
	good, err := Append(nil, &Record{LoggedAt: 5, Readings: readingtest.Bed(1, 1e18, 50)})
	if err != nil {
		t.Fatal(err)
	}
	for i := range good {
		bad := bytes.Clone(good)
		bad[i] ^= 4
		if _, err := Decode(bad, reading.Partition{}, 0); !errors.Is(err, ErrCorrupt) {
			t.Fatalf("byte %d changed: %v", i, err)
		}
		if _, err := Decode(good[:i], reading.Partition{}, 0); !errors.Is(err, ErrCorrupt) {
			t.Fatalf("cut at %d: %v", i, err)
		}
	}
	newer := bytes.Clone(good)
	binary.BigEndian.PutUint32(newer[1:], 2)
	if _, err := Decode(sealed(newer), reading.Partition{Device: "d"}, 3); !errors.Is(err, ErrNewer) {
		t.Errorf("schema 2: %v", err)
	}
	unknown := append(bytes.Clone(good[:len(good)-trailer]), 14<<3, 1, 0, 0, 0, 0, 0)
	if _, err := Decode(sealed(unknown), reading.Partition{}, 0); !errors.Is(err, ErrNewer) {
		t.Errorf("unknown field: %v", err)
	}
}

// sealed returns b with the checksum that belongs to it.
func sealed(b []byte) []byte {
	body := b[:len(b)-trailer]
	b = append(bytes.Clone(body), fieldCRC<<3|5)
	return binary.LittleEndian.AppendUint32(b, crc32.Checksum(body, castagnoli))
}

func FuzzDecode(f *testing.F) {
	bed, _ := Append(nil, &Record{LoggedAt: 5, Readings: readingtest.Bed(1, 1e18, 50)})
	odd := readingtest.Bed(2, 1e18+5, 9)
	odd.Seq = []int64{1, reading.NoSeq, 3}
	odd.Rows.SetMissing(pleth.Motion)
	odd.Rows.Mark(pleth.InMotion)
	second, _ := Append(nil, &Record{Readings: odd})
	control, _ := Append(nil, &Record{Control: &Control{Kind: KindEnd, Payload: []byte(`{}`)}})
	for _, b := range [][]byte{bed, second, control} {
		f.Add(b[5 : len(b)-trailer])
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		b := sealed(append(append([]byte{0, 0, 0, 0, SchemaID}, body...), make([]byte, trailer)...))
		r, err := Decode(b, reading.Partition{}, 0)
		if err != nil {
			return
		}
		again, err := Append(nil, r)
		if err != nil {
			t.Fatalf("read but cannot be written: %v", err)
		}
		back, err := Decode(again, reading.Partition{}, 0)
		if err != nil {
			t.Fatal(err)
		}
		if r.Readings != nil {
			if d := readingtest.Diff(&r.Readings.Rows, &back.Readings.Rows); d != "" {
				t.Fatal(d)
			}
		}
	})
}

func BenchmarkAppend(b *testing.B) {
	r := &Record{LoggedAt: 1e18, Readings: readingtest.Bed(1, 1e18, 1000)}
	var buf []byte
	for b.Loop() {
		buf, _ = Append(buf[:0], r)
	}
	b.ReportMetric(float64(len(buf))/1000, "B/reading")
}

func BenchmarkDecode(b *testing.B) {
	raw, _ := Append(nil, &Record{LoggedAt: 1e18, Readings: readingtest.Bed(1, 1e18, 1000)})
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Decode(raw, reading.Partition{}, 0); err != nil {
			b.Fatal(err)
		}
	}
}
