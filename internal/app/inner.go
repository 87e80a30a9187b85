package app

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"strconv"
	"sync"
	"time"

	"pleth"
	"pleth/internal/eventlog"
	logs "pleth/internal/eventlog/pebble"
	"pleth/internal/reading"
	"pleth/internal/reconcile"
	"pleth/internal/reconcile/desk"
	"pleth/internal/road"
)

// innerTable returns a table inside of pleth, for pairs of the settings.
func innerTable(r *road.Road, table string) (reconcile.Source, error) {
	if table != "readings" {
		return nil, fmt.Errorf("pleth has no table %q: readings", table)
	}
	return &readingsTable{road: r}, nil
}

// readingsTable is what can be asked for: one row a reading, with device_id,
// recording, timestamp and the metrics by the names of their fields.
type readingsTable struct {
	road     *road.Road
	devices  []string
	from, to time.Time
}

// Name implements reconcile.Source.
func (*readingsTable) Name() string { return "pleth readings" }

// Columns implements reconcile.Source.
func (*readingsTable) Columns(context.Context) ([]string, error) {
	out := []string{"device_id", "recording", "timestamp"}
	for _, m := range pleth.Metrics() {
		out = append(out, reading.FieldOf(m).Name)
	}
	return out, nil
}

// Narrow implements reconcile.Narrower.
func (t *readingsTable) Narrow(w reconcile.Want) reconcile.Source {
	one := *t
	if w.Time == "timestamp" {
		one.from, one.to = w.From, w.To
	}
	return &one
}

// appendTime writes an instant to the millisecond.
func appendTime(dst []byte, ns int64) []byte {
	return time.Unix(0, ns).UTC().AppendFormat(dst, "2006-01-02T15:04:05.000Z")
}

// Scan implements reconcile.Source.
func (t *readingsTable) Scan(ctx context.Context, row func(int64, []reconcile.Cell) error, _ func(int64, string) error) error {
	q := road.Query{Devices: t.devices}
	if !t.from.IsZero() {
		q.From = t.from.UnixNano()
	}
	if !t.to.IsZero() {
		q.To = t.to.UnixNano()
	}
	metrics := pleth.Metrics()
	cells := make([]reconcile.Cell, 3+len(metrics))
	n := int64(0)
	return t.road.Rows(ctx, q, func(table *reading.Table) (bool, error) {
		for i := range table.Rows.Len() {
			n++
			cells[0].Text, cells[1].Text = []byte(table.Device), []byte(table.Recording)
			cells[2].Text = appendTime(cells[2].Text[:0], table.Rows.Time(i))
			for k, m := range metrics {
				v := table.Rows.Value(m, i)
				cells[3+k].Null = !v.Ok()
				if v.Ok() {
					cells[3+k].Text = append(cells[3+k].Text[:0], v.String()...)
				}
			}
			if err := row(n, cells); err != nil {
				return false, err
			}
		}
		return true, nil
	})
}

// instant is one reading by its place.
type instant struct {
	reading.Partition
	at int64
}

// instants are readings in memory as a source.
type instants struct {
	name string
	scan func(ctx context.Context, f func(instant) error) error
}

// Name implements reconcile.Source.
func (e *instants) Name() string { return e.name }

// Columns implements reconcile.Source.
func (*instants) Columns(context.Context) ([]string, error) {
	return []string{"device_id", "recording", "timestamp"}, nil
}

// Scan implements reconcile.Source.
func (e *instants) Scan(ctx context.Context, row func(int64, []reconcile.Cell) error, _ func(int64, string) error) error {
	n := int64(0)
	return e.scan(ctx, func(one instant) error {
		n++
		recording := one.Recording
		if recording == "" {
			recording = "live"
		}
		return row(n, []reconcile.Cell{{Text: []byte(one.Device)}, {Text: []byte(recording)}, {Text: strconv.AppendInt(nil, one.at, 10)}})
	})
}

// Bounds of one look at the log: a server under load has more to do than to
// watch itself. What a look leaves out is counted, and fsck compares all of it.
const (
	mostFollowed = 5_000 // readings
	mostRecords  = 500   // of one partition, the newest ones
)

// errEnough ends a reading of the log.
var errEnough = errors.New("enough for this look")

// followLog compares what came into the log since the last look with what can
// be asked for: every reading that was acknowledged is there.
func followLog(p *parts, mu *sync.Mutex) func(context.Context, time.Time) (*desk.Pulse, error) {
	upTo := map[reading.Partition]eventlog.Offset{}
	begun := false
	turn := 0 // the partition that a look begins with: none is left out for ever
	var taken rate
	// Of the looks before, until they are there. A reading on its way from the
	// log is there at the next look.
	missing := map[instant]bool{}
	return func(ctx context.Context, now time.Time) (*desk.Pulse, error) {
		mu.Lock()
		defer mu.Unlock()
		all := maps.Clone(missing)
		began := time.Now()
		fresh, err := news(p.log, upTo, begun)
		left := eventlog.Offset(0)
		for i := range fresh {
			if err != nil {
				break
			}
			one := &fresh[(turn+i)%len(fresh)]
			if len(all) >= mostFollowed {
				turn = (turn + i) % len(fresh)
				break
			}
			if n := one.next - one.from; n > mostRecords {
				left += n - mostRecords
				one.from = one.next - mostRecords
			}
			err = p.log.Read(one.Partition, one.from, func(r *eventlog.Record) error {
				upTo[one.Partition] = r.Offset + 1
				if r.Readings != nil {
					for i := range r.Readings.Rows.Len() {
						all[instant{one.Partition, r.Readings.Rows.Time(i)}] = true
					}
				}
				if len(all) >= mostFollowed {
					return errEnough
				}
				return nil
			})
			if errors.Is(err, errEnough) {
				err = nil
			}
		}
		begun = true
		if err != nil {
			return nil, fmt.Errorf("the log cannot be read: %w", err)
		}
		out := &desk.Pulse{Rate: taken.of(stored(p.road.Totals()), now), Last: now}
		if len(all) == 0 {
			out.Last = time.Time{}
			out.Note = "nothing new in the log"
			return out, nil
		}
		r, err := reconcile.Diff(ctx, reconcile.Spec{Key: []reconcile.Column{{A: "device_id", B: "device_id"}, {A: "recording", B: "recording"}, {A: "timestamp", B: "timestamp"}}, Limit: 10_000},
			&instants{"log", func(_ context.Context, f func(instant) error) error {
				for one := range all {
					if err := f(one); err != nil {
						return err
					}
				}
				return nil
			}}, &instants{"series", func(ctx context.Context, f func(instant) error) error { return asked(ctx, p.road, all, f) }})
		if err != nil {
			return nil, err
		}
		before := maps.Clone(missing)
		clear(missing)
		for i := range r.Findings {
			f := &r.Findings[i]
			if f.Class != reconcile.Missing {
				continue
			}
			at, _ := strconv.ParseInt(f.Key[2], 10, 64)
			part := reading.Partition{Device: f.Key[0], Recording: f.Key[1]}
			if part.Recording == "live" {
				part.Recording = ""
			}
			missing[instant{part, at}] = true
			if !before[instant{part, at}] {
				continue
			}
			f.At, f.Text = time.Unix(0, at).UTC(), "a reading of the log cannot be asked for"
			out.Findings = append(out.Findings, *f)
		}
		out.Delay = time.Since(began)
		out.Note = fmt.Sprintf("%d readings compared with the log", r.A.Rows)
		if left > 0 {
			out.Note += fmt.Sprintf(", %d of its records left to fsck", left)
		}
		return out, nil
	}
}

// stored counts the readings that were taken.
func stored(n road.Counts) int64 { return n.Accepted + n.Late + n.Conflicts }

// unseen is what a partition's log has got since the last look.
type unseen struct {
	reading.Partition
	from, next eventlog.Offset
}

// news returns the partitions that got records behind upTo. Before the first
// look, begun is false, it notes where all of them end: what was there before
// is that of fsck.
func news(log *logs.Log, upTo map[reading.Partition]eventlog.Offset, begun bool) ([]unseen, error) {
	var out []unseen
	err := log.Partitions(func(part reading.Partition, first, next eventlog.Offset) error {
		from, known := upTo[part]
		switch {
		case !known && !begun:
			upTo[part] = next
			return nil
		case !known:
			from = first
		}
		if next > from {
			out = append(out, unseen{part, max(from, first), next})
		}
		return nil
	})
	return out, err
}

// asked calls f for the readings of all that the road gives, once each.
func asked(ctx context.Context, r *road.Road, all map[instant]bool, f func(instant) error) error {
	bounds := map[reading.Partition][2]int64{}
	for one := range all {
		b, ok := bounds[one.Partition]
		if !ok {
			b = [2]int64{one.at, one.at}
		}
		bounds[one.Partition] = [2]int64{min(b[0], one.at), max(b[1], one.at)}
	}
	for part, b := range bounds {
		last := int64(-1)
		recording := part.Recording
		err := r.Rows(ctx, road.Query{Devices: []string{part.Device}, Recording: &recording, From: b[0], To: b[1] + 1}, func(t *reading.Table) (bool, error) {
			for i := range t.Rows.Len() {
				at := t.Rows.Time(i)
				if at == last || !all[instant{part, at}] {
					continue
				}
				last = at
				if err := f(instant{part, at}); err != nil {
					return false, err
				}
			}
			return true, nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}
