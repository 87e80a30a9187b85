package pebble

import (
	"errors"
	"math"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"

	"pleth"
	"pleth/internal/pebbledb"
	"pleth/internal/reading/readingtest"
	"pleth/internal/series"
)

func TestDelete(t *testing.T) {
	t.Parallel()
	const hour = series.Hour
	for _, c := range []struct {
		name      string
		before    int64
		confirmed func(*series.Chunk) (bool, error)
		deleted   int
		from      int64 // first time that is left
	}{
		{"two hours", 2*hour + hour/2, all, 12, 2 * hour},
		{"nothing", hour / 2, all, 0, 0},
		{"everything", 10 * hour, all, 24, math.MaxInt64},
		{"up to the first that is not confirmed", 4 * hour, func(c *series.Chunk) (bool, error) {
			return c.Rows.Rows.Time(0) < hour+hour/2, nil
		}, 6, hour},
	} {
		_, s := open(t, vfs.NewMem())
		seal(t, s, bedOne, readingtest.Bed(1, 0, 4*3600))
		n, _, err := s.Delete(bedOne, c.before, c.confirmed)
		if err != nil || n != c.deleted {
			t.Errorf("%s: %d chunks, %v, want %d", c.name, n, err, c.deleted)
		}
		first, last := int64(math.MaxInt64), int64(0)
		if left := scan(t, s, math.MinInt64, math.MaxInt64); left.Rows.Len() > 0 {
			first, last = left.Rows.Time(0), left.Rows.Time(left.Rows.Len()-1)
		}
		if first != c.from || first < math.MaxInt64 && last != (4*3600-1)*1e9 {
			t.Errorf("%s: rows from %d to %d are left, want from %d", c.name, first, last, c.from)
		}
		earliest := int64(math.MaxInt64)
		if err := s.Rollups(bedOne, pleth.SpO2, math.MinInt64, math.MaxInt64, func(h int64, _ *series.Rollup) error {
			earliest = min(earliest, h)
			return nil
		}); err != nil || earliest != c.from {
			t.Errorf("%s: rollups from %d, %v, want %d", c.name, earliest, err, c.from)
		}
		if _, err := s.Check(nil, nil, func(f pebbledb.Flaw) error { t.Errorf("%s: %s", c.name, f.What); return nil }); err != nil {
			t.Error(err)
		}
	}
}

func all(*series.Chunk) (bool, error) { return true, nil }

func TestDeleteStopsAtAnError(t *testing.T) {
	t.Parallel()
	_, s := open(t, vfs.NewMem())
	seal(t, s, bedOne, readingtest.Bed(1, 0, 7200))
	down := errors.New("archive is down")
	if n, _, err := s.Delete(bedOne, math.MaxInt64, func(*series.Chunk) (bool, error) { return false, down }); n != 0 || !errors.Is(err, down) {
		t.Errorf("%d deleted, %v", n, err)
	}
	if n := scan(t, s, 0, math.MaxInt64).Rows.Len(); n != 7200 {
		t.Errorf("%d rows are left", n)
	}
}
