package bedside

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"pleth"
	"pleth/internal/device"
)

type discard struct{}

func (discard) Start(pleth.Header) error { return nil }
func (discard) Rows(*pleth.Batch) error  { return nil }

// A stream with more values than are kept gives those, and says so.
func TestMoreValuesThanAreKept(t *testing.T) {
	t.Parallel()
	var lines strings.Builder
	for n := 1; n <= 10; n++ {
		fmt.Fprintf(&lines, `{"devid":1,"type":"met","mname":"MDC_PULS_OXIM_SAT_O2","mtime":%d000000000,"uom":"MDC_DIM_PERCENT","freq":1,"val":"97"}`+"\n", n)
	}
	w := device.NewWriter(discard{})
	if err := readUpTo(context.Background(), &device.Source{R: strings.NewReader(lines.String())}, w, 7); err != nil {
		t.Fatal(err)
	}
	warnings, _ := w.Warnings()
	if w.RowCount() != 7 || len(warnings) != 1 || warnings[0].Code != "truncated" || warnings[0].At != "line 7" {
		t.Errorf("got %d rows and %v, want 7 and truncated at line 7", w.RowCount(), warnings)
	}
}
