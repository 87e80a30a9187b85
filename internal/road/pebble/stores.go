// Package pebble is the log and the series in Pebble as the road needs them.
package pebble

import (
	"errors"
	"fmt"
	"math"

	"pleth"
	"pleth/internal/eventlog"
	logs "pleth/internal/eventlog/pebble"
	"pleth/internal/pebbledb"
	"pleth/internal/reading"
	"pleth/internal/road"
	"pleth/internal/series"
	chunks "pleth/internal/series/pebble"
)

// Log is the log in Pebble as the road needs it.
type Log struct{ *logs.Log }

// Append implements road.Log.
func (l Log) Append(recs []eventlog.Record) error {
	err := l.Log.Append(recs, nil)
	if errors.Is(err, pebbledb.ErrFull) {
		err = fmt.Errorf("%w: %w", road.ErrFull, err)
	}
	return err
}

// Series is the series in Pebble as the road needs it.
type Series struct{ Store *chunks.Store }

// Commit implements road.Series.
func (s Series) Commit(c *road.Sealed) error {
	out := series.Commit{Partition: c.Partition, State: c.State, Position: c.Position}
	for _, one := range c.Chunks {
		out.Chunks = append(out.Chunks, series.Chunk{Rows: one.Table,
			Source: series.Source{First: one.First, Last: one.Last, LagMin: one.DelayMin, LagMedian: one.DelayMedian, LagMax: one.DelayMax}})
	}
	return s.Store.Commit(&out)
}

// State implements road.Series.
func (s Series) State(p reading.Partition) ([]byte, eventlog.Offset, error) {
	position, state, _, err := s.Store.State(p)
	return state, position, err
}

// enough ends a scan that has all it needs.
type enough struct{}

func (enough) Error() string { return "enough" }

// Scan implements road.Series: its end is included, that of the store is not.
func (s Series) Scan(p reading.Partition, from, to int64, metrics []pleth.Metric, f func(*reading.Table) (bool, error)) error {
	return s.ScanIn(nil, p, from, to, metrics, f)
}

// ScanIn lets the road read in memory that it has: a table is good until f has
// had the next one.
func (s Series) ScanIn(room *series.Room, p reading.Partition, from, to int64, metrics []pleth.Metric, f func(*reading.Table) (bool, error)) error {
	if to < math.MaxInt64 {
		to++
	}
	err := s.Store.ScanIn(room, p, from, to, metrics, func(t *reading.Table) error {
		more, err := f(t)
		if err == nil && !more {
			err = enough{}
		}
		return err
	})
	if err == (enough{}) {
		return nil
	}
	return err
}

// Rollups lets the road read long stretches by the hour.
func (s Series) Rollups(p reading.Partition, m pleth.Metric, from, to int64, f func(hour int64, r *series.Rollup) error) error {
	return s.Store.Rollups(p, m, from, to, f)
}

// Chunks lets the road say which log records a stored row came with.
func (s Series) Chunks(p reading.Partition, from, to int64, metrics []pleth.Metric, f func(*series.Chunk) error) error {
	return s.Store.Chunks(p, from, to, metrics, f)
}
