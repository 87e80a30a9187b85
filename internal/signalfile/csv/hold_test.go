package csv

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"pleth"
	"pleth/internal/device"
)

// take notes times and SpO2 of rows.
type take struct {
	h    pleth.Header
	rows []string
}

func (s *take) Start(h pleth.Header) error { s.h = h; return nil }

func (s *take) Rows(b *pleth.Batch) error {
	for i := range b.Len() {
		v, _ := b.Value(pleth.SpO2, i).Mantissa()
		s.rows = append(s.rows, fmt.Sprintf("%d=%d", b.Time(i)/device.Second, v))
	}
	return nil
}

// readKeeping reads text and keeps no more than keep rows back.
func readKeeping(t *testing.T, keep int, text string) (*take, *device.Writer, error) {
	t.Helper()
	l, err := findLayout(device.Head{Bytes: []byte(text), Whole: true})
	if err != nil {
		t.Fatal(err)
	}
	s := &take{}
	w := device.NewWriter(s)
	w.Header.Clock = l.stamps.clock()
	r := &rows{layout: l, split: device.NewSplitter(l.sep), out: newHold(l, w)}
	r.out.keep = keep
	err = r.read(context.Background(), device.NewLines(strings.NewReader(text)))
	r.out.close()
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return s, w, err
}

func TestWhatCanBeKeptBackIsBounded(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, text, want, err, warning string
	}{
		{"newest first", "t,spo2\n9,97\n8,96\n7,95\n6,94\n5,93\n", "0=95 1=96 2=97", "line 5: the rows stand newest first", "reversed"},
		{"newest first, just enough", "t,spo2\n9,97\n8,96\n7,95\n", "0=95 1=96 2=97", "", "reversed"},
		{"fractions", "t,spo2\n0,0.97\n1,0.96\n2,0.95\n3,0.94\n4,0.93\n", "0=97 1=96 2=95 3=94 4=93", "", "fractions"},
		{"fractions, then percent", "t,spo2\n0,0.97\n1,0.96\n2,0.95\n3,0.94\n4,93\n5,92\n", "0=97 1=96 2=95 3=94 4=0", "line 6: SpO2 is written as fractions", "fractions"},
		{"missing only, then percent", "t,spo2\n0,\n1,\n2,\n3,\n4,93\n", "0=0 1=0 2=0 3=0 4=93", "", ""},
		{"dates of either order", "time,spo2\n01/02/1970 00:00:00,97\n01/02/1970 00:00:01,96\n01/02/1970 00:00:02,95\n01/02/1970 00:00:03,94\n",
			"2678400=97 2678401=96 2678402=95 2678403=94", "", "date-order"},
	} {
		s, w, err := readKeeping(t, 3, c.text)
		if got := strings.Join(s.rows, " "); got != c.want {
			t.Errorf("%s: got rows %s, want %s", c.name, got, c.want)
		}
		if c.err == "" && err != nil || c.err != "" && (err == nil || !strings.HasPrefix(err.Error(), c.err)) {
			t.Errorf("%s: got error %v, want %q", c.name, err, c.err)
		}
		warnings, _ := w.Warnings()
		if c.warning == "" && len(warnings) > 0 || c.warning != "" && (len(warnings) != 1 || warnings[0].Code != c.warning) {
			t.Errorf("%s: got warnings %v, want %q", c.name, warnings, c.warning)
		}
	}
}

func TestSecondRowOpensTheWay(t *testing.T) {
	t.Parallel()
	l, err := findLayout(device.Head{Bytes: []byte("t,spo2\n0,97\n"), Whole: true})
	if err != nil {
		t.Fatal(err)
	}
	h := newHold(l, device.NewWriter(&take{}))
	for i, open := range []bool{false, true, true} {
		if err := h.row(int64(i)*device.Second, i); err != nil {
			t.Fatal(err)
		}
		if err := h.set(pleth.SpO2, pleth.Num(97, 0), i); err != nil {
			t.Fatal(err)
		}
		if h.open != open {
			t.Errorf("row %d: the way is open: %t, want %t", i, h.open, open)
		}
	}
}

func TestReadStopsWithItsContext(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	text := "t,spo2\n" + strings.Repeat("0,97\n", 2*every)
	src := &device.Source{R: strings.NewReader(text)}
	w := device.NewWriter(&take{})
	if err := read(ctx, src, w); !errors.Is(err, context.Canceled) || w.RowCount() > every {
		t.Errorf("got %v after %d rows", err, w.RowCount())
	}
}
