package road_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"pleth"
	"pleth/internal/eventlog"
	"pleth/internal/pebbledb"
	"pleth/internal/plethtest"
	"pleth/internal/reading"
	"pleth/internal/road"
	onpebble "pleth/internal/road/pebble"
	"pleth/internal/series"
	chunks "pleth/internal/series/pebble"
)

// planted changes what a series is given.
type planted struct {
	onpebble.Series
	change func(*road.Sealed)
}

func (p planted) Commit(c *road.Sealed) error {
	if p.change != nil {
		p.change(c)
	}
	return p.Series.Commit(c)
}

// readOnly is a series that takes nothing.
type readOnly struct{ onpebble.Series }

func (readOnly) Commit(*road.Sealed) error { return road.ErrReadOnly }

// fill makes a stream with everything in it: numbers, firmware, people, late
// rows, one that comes twice, one that contradicts, a calibration, two sessions.
func fill(t *testing.T, r *road.Road) {
	night := plethtest.Night(3000, 9, 3)
	for i := range night.Len() {
		at := night.Time(i) + epoch
		if i >= 2500 {
			at += 3600e9 // another session
		}
		night.SetTime(i, at)
	}
	send := func(from, to int, edit func(*reading.Batch)) {
		b := batch("a", night, from, to)
		b.Firmware, b.Subject = "1.0", "person-1"
		for i := from; i < to; i++ {
			b.Seq = append(b.Seq, int64(i))
		}
		if edit != nil {
			edit(b)
		}
		submit(t, r, b)
	}
	calibration := []byte(`{"device":"a","metric":"spo2","from":1700000900000000000,"offset":"-1","reason":"test"}`)
	if _, err := r.Control(context.Background(), reading.Partition{Device: "a"}, eventlog.Control{Kind: eventlog.KindCalibration, Payload: calibration}); err != nil {
		t.Fatal(err)
	}
	send(0, 700, nil)
	send(900, 2000, nil)
	send(700, 800, nil) // late
	send(650, 660, nil) // again
	send(1000, 1001, func(b *reading.Batch) {
		b.Rows = pleth.Batch{}
		b.Rows.AddRow(night.Time(1000))
		b.Rows.SetInt(pleth.SpO2, 40)
	})
	send(2000, 3000, func(b *reading.Batch) { b.Firmware = "1.1" })
	send(800, 900, nil)
}

// stored fills a series in a new folder, with what is planted there.
func stored(t *testing.T, change func(*road.Sealed), sealRows int) string {
	t.Helper()
	return storedBy(t, fill, change, sealRows)
}

func storedBy(t *testing.T, fill func(*testing.T, *road.Road), change func(*road.Sealed), sealRows int) string {
	t.Helper()
	dir := t.TempDir()
	cfg, end := onDisk(t, dir)
	cfg.Series, cfg.SealRows = planted{cfg.Series.(onpebble.Series), change}, sealRows
	r, err := road.Open(cfg)
	if err != nil {
		t.Fatal(err)
	}
	fill(t, r)
	if err := r.Close(context.Background()); err != nil {
		t.Fatal(err)
	}
	end()
	return dir
}

// compared compares what lies in dir with what its log comes to.
func compared(t *testing.T, dir string, from, to int64) *road.Difference {
	t.Helper()
	cfg, end := onDisk(t, dir)
	defer end()
	again, endAgain := onDisk(t, t.TempDir())
	defer endAgain()
	side, kept := cfg, cfg.Series
	side.Series, side.SealRows = again.Series, 600
	b, err := road.Replay(context.Background(), side, kept)
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close(context.Background())
	cfg.Series, cfg.SealRows = readOnly{cfg.Series.(onpebble.Series)}, 1<<30
	a, err := road.Replay(context.Background(), cfg, kept)
	if err != nil {
		t.Fatal(err)
	}
	defer a.Close(context.Background())
	d, err := road.Compare(context.Background(), a, b, from, to)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// TestCompareEqual: chunks that are cut in other places come to the same.
func TestCompareEqual(t *testing.T) {
	t.Parallel()
	for _, rows := range []int{50, 600, 1 << 20} {
		if d := compared(t, stored(t, nil, rows), 0, 0); d != nil {
			t.Errorf("sealed by %d: %v", rows, d)
		}
	}
	dir := stored(t, nil, 50)
	db, err := pebbledb.Open(dir, pebbledb.Options{})
	if err != nil {
		t.Fatal(err)
	}
	// How many chunks there are depends on when rows were sealed.
	if _, err = chunks.Open(db).Merge(reading.Partition{Device: "a"}, 0, epoch+3000e9, 2); err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	if d := compared(t, dir, 0, 0); d != nil {
		t.Errorf("merged: %v", d)
	}
}

// TestCompareSpread: rows that lie months apart come in turns, and a night whose
// halves come one after the other is merged into more rows than a chunk has.
func TestCompareSpread(t *testing.T) {
	t.Parallel()
	const month, part, parts = 30 * 86400, 2000, 18
	spread := func(t *testing.T, r *road.Road) {
		for i := range int64(40) {
			for k := range int64(3) {
				submit(t, r, wardBatch("a", k*month+i*30, 30))
			}
		}
		for _, first := range []int64{0, 1} {
			for i := first; i < parts; i += 2 {
				submit(t, r, wardBatch("a", 4*month+i*part, part+1)) // the last one comes twice
			}
		}
	}
	for _, rows := range []int{50, 600, 1 << 20} {
		dir := storedBy(t, spread, nil, rows)
		if d := compared(t, dir, 0, 0); d != nil {
			t.Errorf("sealed by %d: %v", rows, d)
		}
		db, err := pebbledb.Open(dir, pebbledb.Options{})
		if err != nil {
			t.Fatal(err)
		}
		store := chunks.Open(db)
		for range 3 { // what was cut apart is merged with what follows
			if _, err = store.Merge(reading.Partition{Device: "a"}, 0, epoch+(4*month+parts*part/2)*1e9, 2); err == nil {
				_, err = store.Merge(reading.Partition{Device: "a"}, 0, epoch+5*month*1e9, 2)
			}
			if err != nil {
				t.Fatal(err)
			}
		}
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
		if d := compared(t, dir, 0, 0); d != nil {
			t.Errorf("sealed by %d, merged: %v", rows, d)
		}
	}
}

// TestCompareFindsWhatIsPlanted plants one difference of every kind.
func TestCompareFindsWhatIsPlanted(t *testing.T) {
	t.Parallel()
	// edit changes row n of the first commit with more rows.
	edit := func(n int, f func(t *reading.Table, i int)) func(*road.Sealed) {
		done := false
		return func(c *road.Sealed) {
			if !done && len(c.Chunks) > 0 && c.Chunks[0].Table.Rows.Len() > n {
				done = true
				f(c.Chunks[0].Table, n)
			}
		}
	}
	column := func(m pleth.Metric, f func(v []int64)) func(*reading.Table, int) {
		return func(t *reading.Table, i int) {
			c := t.Rows.Column(m)
			v := append([]int64{}, c.Mantissas()...)
			f(v[i:])
			t.Rows.SetColumn(m, c.Scale(), v)
		}
	}
	state := func(f func(map[string]any)) func(*road.Sealed) {
		return func(c *road.Sealed) { c.State = road.EditState(c.State, f) }
	}
	for _, c := range []struct {
		name  string
		plant func(*road.Sealed)
		want  []string
	}{
		{"value", edit(17, column(pleth.SpO2, func(v []int64) { v[0] = 12 })), []string{`device "a"`, "row 17, spo2 at 2023-11-14T22:", "stored 12, rebuilt 9", "(byte ", "the hour from 2023-11-14T22:00:00Z)"}},
		{"missing value", edit(17, column(pleth.SpO2, func(v []int64) { v[0] = pleth.MissingMantissa })), []string{"row 17, spo2", "stored missing, rebuilt"}},
		{"no value", edit(17, column(pleth.PulseRate, func(v []int64) { v[0] = pleth.AbsentMantissa })), []string{"row 17, pulse_rate", "stored nothing, rebuilt"}},
		{"row taken away", func(c *road.Sealed) {
			if len(c.Chunks) > 0 {
				c.Chunks[0].Table = c.Chunks[0].Table.Slice(1, c.Chunks[0].Table.Rows.Len())
			}
		}, []string{"row 0 at 2023", "stored nothing, rebuilt a reading of number 0 spo2="}},
		{"chunk taken away", func(c *road.Sealed) { c.Chunks = c.Chunks[:0] }, []string{"row 0 at", "stored nothing"}},
		{"number", edit(17, func(t *reading.Table, i int) { t.Seq[i] = 18 }), []string{"row 17 at", "stored nothing, rebuilt a reading of number 17 spo2="}},
		{"flags", edit(17, func(t *reading.Table, i int) { t.Flags = make([]reading.Flags, i+1); t.Flags[i] = reading.IsLate }), []string{"row 17, flags at", "stored 1, rebuilt 0"}},
		{"firmware", func(c *road.Sealed) {
			for _, one := range c.Chunks {
				one.Table.Origins[0].Firmware = "6.6"
			}
		}, []string{"row 0, firmware at", "stored 6.6, rebuilt 1.0"}},
		{"marks", edit(17, func(t *reading.Table, i int) {
			marks := make([]pleth.Reasons, i+1)
			marks[i] = pleth.InMotion
			t.Rows.SetRows(t.Rows.Times(), marks)
		}), []string{"row 17, what the device said against it at"}},
		{"record", func(c *road.Sealed) {
			for i := range c.Chunks {
				c.Chunks[i].Last++
			}
		}, []string{"origin of the chunk at", "of records 1 to"}},
		{"delay", func(c *road.Sealed) {
			for i := range c.Chunks {
				c.Chunks[i].DelayMax++
			}
		}, []string{"origin of the chunk at", "ns after their times"}},
		{"calibration", state(func(m map[string]any) { m["calibrations"].([]any)[0].(map[string]any)["offset"] = "-2" }), []string{"calibrations: stored", `"offset":"-2"`, `"offset":"-1"`, "(byte "}},
		{"counts", state(func(m map[string]any) { m["counts"] = []int{1, 2, 3} }), []string{"counts: stored", `"Accepted":1`}},
		{"latest", state(func(m map[string]any) { m["latest"].([]any)[0].(map[string]any)["v"] = "33" }), []string{"latest value, spo2 at", "stored 33 of"}},
		{"key", state(func(m map[string]any) {
			m["tracks"].([]any)[0].(map[string]any)["s"].([]any)[0].(map[string]any)["k"] = 1
		}), []string{"session s-", "what the list says of it"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			holds(t, compared(t, stored(t, c.plant, 100), 0, 0), c.want)
		})
	}
}

func holds(t *testing.T, d *road.Difference, want []string) {
	t.Helper()
	if d == nil {
		t.Fatal("no difference is found")
	}
	for _, w := range want {
		if !strings.Contains(d.String(), w) {
			t.Errorf("%s\nlacks %q", d, w)
		}
	}
}

// TestCompareFindsRollups changes, deletes and adds rollups in the store.
func TestCompareFindsRollups(t *testing.T) {
	t.Parallel()
	clean := stored(t, nil, 100)
	change := func(name string, want []string, from int64, f func(db *pebbledb.DB, key, value []byte) error) {
		t.Helper()
		dir := t.TempDir()
		db, err := pebbledb.Open(clean, pebbledb.Options{})
		if err != nil {
			t.Fatal(err)
		}
		err = db.Checkpoint(dir + "/copy")
		if err = errors.Join(err, db.Close()); err != nil {
			t.Fatal(err)
		}
		if db, err = pebbledb.Open(dir+"/copy", pebbledb.Options{}); err != nil {
			t.Fatal(err)
		}
		var key, value []byte
		err = db.Walk([]byte{byte(pebbledb.SeriesRollup)}, func(k, v []byte) error {
			if key == nil {
				key, value = append(key, k...), append(value, v...)
			}
			return nil
		}, func(_, _ []byte, err error) error { return err })
		if err = errors.Join(err, f(db, key, value), db.Close()); err != nil {
			t.Fatal(err)
		}
		d := compared(t, dir+"/copy", from, 0)
		if want == nil {
			if d != nil {
				t.Errorf("%s: %v", name, d)
			}
			return
		}
		holds(t, d, want)
	}
	taken := func(db *pebbledb.DB, key, _ []byte) error { return db.Delete(key, nil) }
	change("deleted", []string{`rollup, spo2 at 2023-11-14T22:00:00Z: stored nothing, rebuilt`, "numbers from"}, 0, taken)
	change("before what is asked for", nil, epoch+3600e9, taken)
	change("changed", []string{"rollup, spo2 at 2023-11-14T22:00:00Z: stored", "(byte "}, 0, func(db *pebbledb.DB, key, value []byte) error {
		var r series.Rollup
		if err := series.DecodeRollup(value, &r); err != nil {
			return err
		}
		r.Bins[0].Count++
		return db.Set(key, series.AppendRollup(nil, &r), nil)
	})
	change("added", []string{"rollup, spo2 at 2023-11-14T21:00:00Z", "rebuilt nothing"}, 0, func(db *pebbledb.DB, key, value []byte) error {
		return db.Set(pebbledb.AppendTime(append([]byte{}, key[:6]...), pebbledb.Time(key[6:])-series.Hour), value, nil)
	})
}

// TestCompareBehindTheRetention: a calibration, a note and a wearer whose records
// the retention has dropped still hold for what came after them.
func TestCompareBehindTheRetention(t *testing.T) {
	t.Parallel()
	night := plethtest.Night(1500, 9, 3)
	later := int64(0)
	dir := storedBy(t, func(t *testing.T, r *road.Road) {
		control := func(kind, payload string) {
			t.Helper()
			if _, err := r.Control(context.Background(), reading.Partition{Device: "a"}, eventlog.Control{Kind: kind, Payload: []byte(payload)}); err != nil {
				t.Fatal(err)
			}
		}
		send := func(hours int64) {
			for i := range night.Len() {
				at := int64(i)*1e9 + epoch + hours*3600e9
				night.SetTime(i, at)
			}
			submit(t, r, batch("a", night, 0, night.Len()))
		}
		control(eventlog.KindAssignment, `{"device":"a","subject":"person-2","from":1700000900000000000}`)
		control(eventlog.KindAnnotation, `{"device":"a","from":1700000900000000000,"text":"sealed","author":"x"}`)
		fill(t, r)
		send(20)
		// Rows are sealed once nothing has come for a moment.
		for first := eventlog.Offset(0); first < 4; time.Sleep(time.Millisecond) {
			if err := r.Retain(context.Background(), 1<<62, nil, func(one road.Retained) { first = one.First }); err != nil {
				t.Fatal(err)
			}
		}
		later = epoch + 40*3600e9
		control(eventlog.KindCalibration, `{"device":"a","metric":"pulse_rate","from":1700000900000000000,"offset":"1","reason":"test"}`)
		send(40)
	}, nil, 50)
	if d := compared(t, dir, later, 0); d != nil {
		t.Error(d)
	}
	if d := compared(t, dir, 0, 0); d == nil { // what was dropped cannot be built again
		t.Error("nothing differs")
	}
}

// TestCompareFindsDocuments: a document made by other rules is named with the place in it.
func TestCompareFindsDocuments(t *testing.T) {
	t.Parallel()
	dir := stored(t, nil, 100)
	cfg, end := onDisk(t, dir)
	defer end()
	cfg.Series, cfg.SealRows = readOnly{cfg.Series.(onpebble.Series)}, 1<<30
	other := cfg
	other.Program.Version = "other"
	a, err := road.Replay(context.Background(), cfg, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer a.Close(context.Background())
	b, err := road.Replay(context.Background(), other, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close(context.Background())
	d, err := road.Compare(context.Background(), a, b, 0, 0)
	if err != nil {
		t.Fatal(err)
	}
	holds(t, d, []string{"session s-", "generator.version", `stored "test", rebuilt "other"`, "of its document)"})
}
