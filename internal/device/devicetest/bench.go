package devicetest

import (
	"bytes"
	"testing"

	"pleth"
	"pleth/internal/device"
	"pleth/internal/plethtest"
)

// Bench measures how fast a reader of formats reads input, which it must
// recognise and read into so many rows without a warning.
func Bench(b *testing.B, formats []device.Format, input []byte, given device.Given, rows int) {
	b.Helper()
	if got := ReadBytes(formats, input, given); got.Err != nil || len(got.Warnings) > 0 || got.Rows.Len() != rows {
		b.Fatalf("got %d rows, want %d; warnings %v, error %v", got.Rows.Len(), rows, got.Warnings, got.Err)
	}
	format, _ := device.Detect(formats, device.Head{Bytes: input[:min(len(input), device.HeadBytes)], Size: int64(len(input)), Given: given})
	b.SetBytes(int64(len(input)))
	b.ReportAllocs()
	defer plethtest.Throughput(b, len(input))()
	for b.Loop() {
		w := device.NewWriter(discard{})
		src := &device.Source{R: bytes.NewReader(input), Size: int64(len(input)), Given: given}
		if err := format.Read(b.Context(), src, w); err != nil {
			b.Fatal(err)
		}
		if err := w.Close(); err != nil {
			b.Fatal(err)
		}
	}
}

type discard struct{}

func (discard) Start(pleth.Header) error { return nil }

func (discard) Rows(*pleth.Batch) error { return nil }
