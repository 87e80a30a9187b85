package device_test

import (
	"errors"
	"testing"

	"pleth"
	"pleth/internal/device"
)

// sink notes what it gets and fails when told.
type sink struct {
	headers []pleth.Header
	counts  []int // rows of each recording
	err     error
}

func (r *sink) Start(h pleth.Header) error {
	r.headers, r.counts = append(r.headers, h), append(r.counts, 0)
	return nil
}

func (r *sink) Rows(b *pleth.Batch) error {
	r.counts[len(r.counts)-1] += b.Len()
	return r.err
}

func TestWriterBeginsRecordings(t *testing.T) {
	t.Parallel()
	to := &sink{}
	w := device.NewWriter(to)
	for i, n := range []int{0, 3, 10000, 0, 1} {
		w.Begin(pleth.Header{Origin: int64(i)})
		for k := range n {
			w.Row(int64(k))
			w.SetInt(pleth.SpO2, 97)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if len(to.counts) != 3 || to.counts[0] != 3 || to.counts[1] != 10000 || to.counts[2] != 1 || to.headers[1].Origin != 2 {
		t.Errorf("got recordings of %v rows with headers %+v", to.counts, to.headers)
	}
}

func TestWriterIgnoresEverythingAfterAnError(t *testing.T) {
	t.Parallel()
	full := errors.New("full")
	w := device.NewWriter(&sink{err: full})
	refused := 0
	for i := range 100000 {
		if !w.Row(int64(i)) {
			refused++
		}
		w.SetInt(pleth.SpO2, 97)
		w.SetMissing(pleth.PulseRate)
		w.Mark(pleth.InMotion)
	}
	if refused == 0 || !errors.Is(w.Err(), full) || !errors.Is(w.Close(), full) {
		t.Errorf("%d rows refused, error %v", refused, w.Err())
	}
}

func TestWriterCountsWhatItDoesNotKeep(t *testing.T) {
	t.Parallel()
	w := device.NewWriter(&sink{})
	for range 250 {
		w.Warn("", "x", "y")
	}
	if kept, more := w.Warnings(); len(kept) != 100 || more != 150 {
		t.Errorf("%d kept, %d more", len(kept), more)
	}
}
