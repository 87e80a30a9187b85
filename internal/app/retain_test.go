package app

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"pleth/internal/pebbledb"
	"pleth/internal/reading"
	chunks "pleth/internal/series/pebble"
)

// TestRetention: alarms that were over long ago are dropped, and records of the
// log whose rows lie in chunks; readings stay.
func TestRetention(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "data")
	s, stop := serving(t, func(set *Settings) { set.Data = dir })
	begin := time.Now().Add(-2 * time.Hour).UTC()
	var rows []string
	for i := range 300 {
		v := 97
		if i >= 30 && i < 80 {
			v = 89
		}
		rows = append(rows, fmt.Sprintf(`{"spo2":%d,"timestamp":%q}`, v, begin.Add(time.Duration(i)*time.Second).Format(time.RFC3339)))
	}
	request(t, s, "POST", "/api/v1/devices/o2-1/readings", "["+strings.Join(rows, ",")+"]")
	has := func(s *Server, query string) bool {
		return strings.Contains(request(t, s, "GET", "/api/v1/alerts?device_id=o2-1&state="+query, ""), `"spo2.low"`)
	}
	eventually(t, "the alarm", func() bool { return has(s, "cleared") })
	if err := stop(); err != nil {
		t.Fatal(err)
	}
	s, _ = serving(t, func(set *Settings) {
		set.Data, set.Retention = dir, RetentionSettings{Log: Duration(time.Nanosecond), Alerts: Duration(time.Hour)}
	})
	eventually(t, "the end of the alarm", func() bool { return !has(s, "cleared") })
	if n := strings.Count(request(t, s, "GET", "/api/v1/readings?device_id=o2-1&limit=1000", ""), `"spo2":`); n != 300 {
		t.Errorf("%d readings, want 300", n)
	}
}

// TestSmallChunksAreMerged: what a stream left in many chunks lies in few, and
// is the same.
func TestSmallChunksAreMerged(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	begin := time.Now().Add(-5 * time.Hour).UTC().Truncate(time.Second)
	for part := range 12 {
		s, stop := serving(t, func(set *Settings) { set.Data = dir })
		var rows []string
		for i := part * 700; i < (part+1)*700; i++ {
			rows = append(rows, fmt.Sprintf(`{"spo2":%d,"timestamp":%q}`, 95+i%4, begin.Add(time.Duration(i)*time.Second).Format(time.RFC3339)))
		}
		request(t, s, "POST", "/api/v1/devices/o2-1/readings", "["+strings.Join(rows, ",")+"]")
		if err := stop(); err != nil { // which seals them
			t.Fatal(err)
		}
	}
	db, err := pebbledb.Open(filepath.Join(dir, "store"), pebbledb.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	store, p := chunks.Open(db), reading.Partition{Device: "o2-1"}
	before, err := store.SizeOf(p)
	if err != nil || before.Chunks < mergeLeast || before.Rows < 8000 {
		t.Fatalf("%+v, %v", before, err)
	}
	if n, err := mergeChunks(t.Context(), store, db.Partitions(), begin.Add(-time.Hour), time.Now().Add(-mergeBehind)); err != nil || n < mergeLeast {
		t.Errorf("%d chunks merged, %v", n, err)
	}
	after, err := store.SizeOf(p)
	if err != nil || after.Rows != before.Rows || after.Chunks > before.Chunks-mergeLeast+1 || after.ChunkBytes >= before.ChunkBytes {
		t.Errorf("%+v became %+v, %v", before, after, err)
	}
}
