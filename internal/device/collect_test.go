package device_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"pleth"
	"pleth/internal/device"
)

// rows keeps what a Writer passes on as text, one line a row.
type rows []string

func (r *rows) Start(pleth.Header) error { return nil }

func (r *rows) Rows(b *pleth.Batch) error {
	for i := range b.Len() {
		s := fmt.Sprint(b.Time(i))
		for _, m := range pleth.Metrics() {
			if v := b.Value(m, i); !v.IsAbsent() {
				s += fmt.Sprintf(" %s=%s", m, v)
			}
		}
		*r = append(*r, s)
	}
	return nil
}

func TestCollectorSortsAndJoinsInstants(t *testing.T) {
	t.Parallel()
	var c device.Collector
	c.Add(20, pleth.PulseRate, pleth.Num(61, 0))
	c.Add(10, pleth.SpO2, pleth.Num(97, 0))
	c.Add(20, pleth.SpO2, pleth.Missing())
	c.Add(10, pleth.PulseRate, pleth.Num(60, 0))
	c.Add(10, pleth.SpO2, pleth.Num(97, 0)) // sent again
	c.Add(10, pleth.SpO2, pleth.Num(91, 0)) // same key, other content
	c.Add(5, pleth.SpO2, pleth.Value{})     // absent
	var got rows
	w := device.NewWriter(&got)
	repeated := c.Write(w)
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	want := rows{"10 spo2=97 pulse_rate=60", "10 spo2=91", "20 spo2=missing pulse_rate=61"}
	if !slices.Equal(got, want) || repeated != 1 || c.Len() != 0 {
		t.Errorf("got %q, %d repeated, %d left; want %q, 1, 0", got, repeated, c.Len(), want)
	}
}

// The rows do not depend on the order in which values came, as long as no key
// comes twice with different values.
func TestCollectorOrderDoesNotMatter(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		type key struct {
			at int64
			m  pleth.Metric
		}
		keys := rapid.SliceOfNDistinct(rapid.Custom(func(t *rapid.T) key {
			return key{rapid.Int64Range(0, 9).Draw(t, "at"), rapid.SampledFrom(pleth.Metrics()).Draw(t, "metric")}
		}), 0, 40, rapid.ID[key]).Draw(t, "keys")
		write := func(keys []key) rows {
			var c device.Collector
			for _, k := range keys {
				c.Add(k.at, k.m, pleth.Num(k.at*100+int64(k.m), 1))
			}
			var out rows
			w := device.NewWriter(&out)
			c.Write(w)
			_ = w.Close()
			return out
		}
		want := write(keys)
		if got := write(rapid.Permutation(keys).Draw(t, "order")); !slices.Equal(got, want) {
			t.Fatalf("got %q, want %q", got, want)
		}
	})
}

func TestCutOff(t *testing.T) {
	t.Parallel()
	broken := errors.New("the disk is gone")
	ended, cancel := context.WithCancel(context.Background())
	cancel()
	for _, c := range []struct {
		name    string
		ctx     context.Context
		rows    bool
		err     error
		want    string // the error
		warning string
	}{
		{"rows and a plain end", context.Background(), true, io.EOF, "", "half is missing"},
		{"rows and a broken disk", context.Background(), true, broken, "", "half is missing; reading stopped there: the disk is gone"},
		{"no rows and a plain end", context.Background(), false, io.ErrUnexpectedEOF, "byte 7: half is missing; copy the file again from the device", ""},
		{"no rows and a broken disk", context.Background(), false, broken, "the disk is gone", ""},
		{"stopped by the caller", ended, true, io.EOF, "context canceled", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			w := device.NewWriter(new(rows))
			if c.rows {
				w.Row(0)
			}
			err := device.CutOff(c.ctx, w, device.Byte(7), "half is missing", c.err)
			if got := fmt.Sprint(err); c.want != "" && got != c.want || c.want == "" && err != nil {
				t.Errorf("error: got %q, want %q", got, c.want)
			}
			warnings, _ := w.Warnings()
			switch {
			case c.warning == "" && len(warnings) > 0:
				t.Errorf("got the warnings %v, want none", warnings)
			case c.warning != "" && (len(warnings) != 1 || warnings[0] != device.Warning{At: "byte 7", Code: "truncated", Text: c.warning}):
				t.Errorf("got the warnings %v, want %q", warnings, c.warning)
			}
		})
	}
}
