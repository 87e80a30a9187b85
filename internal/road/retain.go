package road

import (
	"context"
	"errors"
	"fmt"

	"pleth/internal/eventlog"
	"pleth/internal/reading"
)

// dropper is a Log that can forget records, as package eventlog/pebble can.
type dropper interface {
	// Drop forgets the records of p below an offset, for good, when it returns.
	Drop(p reading.Partition, before eventlog.Offset) error
}

// Retained says what Retain did with one partition.
type Retained struct {
	reading.Partition
	Records int             // dropped
	First   eventlog.Offset // of the first record kept
}

// Retain drops log records written before loggedBefore (nanoseconds UTC), and
// calls f for every partition that lost some; f may be nil. A record goes only
// when all its rows are in chunks, and when confirm, asked with the offset of
// the first record that would stay, returns nil: the place that keeps the log
// from then on has the rest. Logs of no device stay whole. confirm nil: chunks are enough. Rows, sessions and
// what controls said stay; a replay begins at the first record kept.
func (r *Road) Retain(ctx context.Context, loggedBefore int64, confirm func(reading.Partition, eventlog.Offset) error, f func(Retained)) error {
	log, ok := r.cfg.Log.(dropper)
	if !ok {
		return errors.New("this log keeps all records")
	}
	for _, h := range r.all() {
		if h.partition.Device == "" {
			continue // settings: few records, which a replay of any device needs
		}
		_, position, err := r.cfg.Series.State(h.partition)
		if err != nil {
			return err
		}
		one := Retained{Partition: h.partition}
		err = r.cfg.Log.Read(h.partition, 0, func(rec *eventlog.Record) error {
			if err := ctx.Err(); err != nil {
				return err
			}
			if rec.Offset >= position || rec.LoggedAt >= loggedBefore {
				return errKept
			}
			one.Records++
			one.First = rec.Offset + 1
			return nil
		})
		if err != nil && !errors.Is(err, errKept) {
			return fmt.Errorf("read the log of device %s: %w", h.partition.Device, err)
		}
		if one.Records == 0 {
			continue
		}
		if confirm != nil {
			if err := confirm(one.Partition, one.First); err != nil {
				return fmt.Errorf("the log of device %s stays: %w", h.partition.Device, err)
			}
		}
		// The commit of the chunks came before in the same store, so it is on
		// disk when this is.
		if err := log.Drop(one.Partition, one.First); err != nil {
			return fmt.Errorf("drop the log of device %s: %w", h.partition.Device, err)
		}
		if f != nil {
			f(one)
		}
	}
	return nil
}

// errKept ends the search at the first record that stays.
var errKept = errors.New("kept")
