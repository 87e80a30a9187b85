package mqtt

import (
	"context"
	"math"
	"testing"

	"github.com/bufbuild/protocompile"
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/dynamicpb"

	"pleth"
	"pleth/internal/intake/readings"
	"pleth/internal/reading"
)

// schema compiles pleth.proto.
func schema(tb testing.TB) protoreflect.FileDescriptor {
	tb.Helper()
	c := protocompile.Compiler{Resolver: &protocompile.SourceResolver{}}
	files, err := c.Compile(context.Background(), "pleth.proto")
	if err != nil {
		tb.Fatal(err)
	}
	return files[0]
}

// sample is a message as another implementation encodes it.
func sample(tb testing.TB) []byte {
	tb.Helper()
	file := schema(tb)
	of := func(name protoreflect.Name) *dynamicpb.Message {
		return dynamicpb.NewMessage(file.Messages().ByName(name))
	}
	set := func(m *dynamicpb.Message, name protoreflect.Name, v any) {
		m.Set(m.Descriptor().Fields().ByName(name), protoreflect.ValueOf(v))
	}
	all := of("Readings")
	set(all, "patient_id", "P-123")
	set(all, "firmware_version", "1.2.3")
	list := all.Mutable(all.Descriptor().Fields().ByName("readings")).List()
	one := of("Reading")
	set(one, "time", int64(1672531200000000001))
	set(one, "seq", uint64(7))
	for i, f := range reading.Fields() {
		set(one, protoreflect.Name(f.Name), 20+float64(i)/10)
	}
	list.Append(protoreflect.ValueOf(one))
	two := of("Reading")
	set(two, "time", int64(1672531201000000000))
	missing := two.Mutable(two.Descriptor().Fields().ByName("missing")).List()
	missing.Append(protoreflect.ValueOf(uint32(10)))
	missing.Append(protoreflect.ValueOf(uint32(13)))
	list.Append(protoreflect.ValueOf(two))
	b, err := proto.Marshal(all)
	if err != nil {
		tb.Fatal(err)
	}
	return b
}

type nobody struct{}

func (nobody) Pseudonyms(_ context.Context, ids []string) ([]string, error) { return ids, nil }
func (nobody) Seal(plain []byte) []byte                                     { return plain }

func decoded(tb testing.TB, data []byte) (*readings.Result, string) {
	tb.Helper()
	b := readings.New(readings.Options{Door: doorName, Device: "d"})
	fault := decodeProtobuf(b, data)
	got, err := b.Result(context.Background(), nobody{})
	if err != nil {
		tb.Fatal(err)
	}
	return got, fault
}

// What another implementation encodes by pleth.proto is read as it was meant,
// digit by digit.
func TestProtobuf(t *testing.T) {
	t.Parallel()
	got, fault := decoded(t, sample(t))
	if fault != "" || len(got.Refused) != 0 || len(got.Batches) != 1 {
		t.Fatalf("got %q, %+v", fault, got)
	}
	b := got.Batches[0]
	if b.Subject != "P-123" || b.Firmware != "1.2.3" || b.Rows.Len() != 2 || b.Rows.Time(0) != 1672531200000000001 || b.SeqOf(0) != 7 || b.SeqOf(1) != reading.NoSeq {
		t.Errorf("got %+v", b)
	}
	for i, f := range reading.Fields() {
		want := pleth.FloatValue(20 + float64(i)/10)
		if v := b.Rows.Value(f.Metric, 0); v.String() != want.String() && v.Float() != want.Float() {
			t.Errorf("%s: got %v, want %v", f.Name, v, want)
		}
		missing := f.Metric == pleth.SpO2 || f.Metric == pleth.PulseRate
		if v := b.Rows.Value(f.Metric, 1); v.IsMissing() != missing || v.IsAbsent() == missing {
			t.Errorf("%s of the second: got %v", f.Name, v)
		}
	}
	if len(valueFields) != len(reading.Fields()) {
		t.Errorf("%d values in the schema, %d fields of a reading", len(valueFields), len(reading.Fields()))
	}
}

func TestBadProtobuf(t *testing.T) {
	t.Parallel()
	message := func(reading []byte) []byte {
		return protowire.AppendBytes(protowire.AppendTag(nil, fieldReadings, protowire.BytesType), reading)
	}
	stamp := protowire.AppendFixed64(protowire.AppendTag(nil, fieldTime, protowire.Fixed64Type), 1672531200000000001)
	value := func(field protowire.Number, f float64) []byte {
		return protowire.AppendFixed64(protowire.AppendTag(stamp[:len(stamp):len(stamp)], field, protowire.Fixed64Type), math.Float64bits(f))
	}
	for _, c := range []struct {
		name string
		data []byte
		code readings.Code // of the first problem; empty: a fault of the whole
	}{
		{"empty", nil, ""},
		{"no readings", protowire.AppendString(protowire.AppendTag(nil, fieldPatient, protowire.BytesType), "P"), ""},
		{"cut", sample(t)[:50], ""},
		{"a reading that is none", message([]byte{0xff}), ""},
		{"no time", message(value(10, 97)[len(stamp):]), readings.MissingTimestamp},
		{"no value", message(stamp), readings.NoValues},
		{"not a number", message(value(10, math.NaN())), readings.NotFinite},
		{"infinite", message(value(10, math.Inf(-1))), readings.NotFinite},
		{"out of range", message(value(10, 1e300)), readings.OutOfRange},
		{"a field nobody knows", message(value(99, 97)), readings.UnknownField},
		{"another type", message(protowire.AppendVarint(protowire.AppendTag(stamp[:len(stamp):len(stamp)], 10, protowire.VarintType), 97)), readings.UnknownField},
		{"twice", message(append(value(10, 97), value(10, 97)[len(stamp):]...)), readings.DuplicateField},
		{"missing what nobody knows", message(protowire.AppendVarint(protowire.AppendTag(stamp[:len(stamp):len(stamp)], fieldMissing, protowire.VarintType), 99)), readings.UnknownField},
		{"a sequence number past counting", message(protowire.AppendVarint(protowire.AppendTag(value(10, 97), fieldSeq, protowire.VarintType), math.MaxUint64)), readings.WrongType},
	} {
		got, fault := decoded(t, c.data)
		code := readings.Code("")
		if len(got.Refused) > 0 {
			code = got.Refused[0].Problems[0].Code
		}
		if (fault == "") != (c.code != "") || code != c.code || len(got.Batches) != 0 {
			t.Errorf("%s: got %q %q", c.name, fault, code)
		}
	}
}

func FuzzProtobuf(f *testing.F) {
	f.Add(sample(f))
	f.Add([]byte{0x12, 2, 0x51, 1})
	f.Fuzz(func(t *testing.T, data []byte) {
		got, fault := decoded(t, data)
		if fault != "" && len(got.Places) > 0 {
			t.Fatal("a bad message added readings")
		}
		for _, r := range got.Refused {
			if r.From < 0 || r.To > len(data) || r.From > r.To {
				t.Fatalf("refused %d to %d of %d bytes", r.From, r.To, len(data))
			}
		}
	})
}
