package vital

import (
	"bytes"
	"context"
	"encoding/binary"
	"math"
	"testing"

	"pleth"
	"pleth/internal/device"
)

type discard struct{}

func (discard) Start(pleth.Header) error { return nil }
func (discard) Rows(*pleth.Batch) error  { return nil }

// A file with more values than are kept gives those, and says so.
func TestMoreValuesThanAreKept(t *testing.T) {
	t.Parallel()
	b := append([]byte("VITA\x03\x00\x00\x00\x0a\x00"), make([]byte, 10)...)
	packet := func(kind byte, content []byte) {
		b = append(b, kind)
		b = binary.LittleEndian.AppendUint32(b, uint32(len(content)))
		b = append(b, content...)
	}
	packet(trackPacket, []byte("\x01\x00\x02\x04\x04\x00\x00\x00SPO2"))
	for n := range 10 {
		at := binary.LittleEndian.AppendUint64([]byte{10, 0}, math.Float64bits(1e9+float64(n)))
		packet(recordPacket, append(at, 1, 0, 97))
	}
	w := device.NewWriter(discard{})
	if err := readUpTo(context.Background(), &device.Source{R: bytes.NewReader(b)}, w, 7); err != nil {
		t.Fatal(err)
	}
	warnings, _ := w.Warnings()
	if w.RowCount() != 7 || len(warnings) != 1 || warnings[0].Code != "truncated" {
		t.Errorf("got %d rows and %v, want 7 and truncated", w.RowCount(), warnings)
	}
}
