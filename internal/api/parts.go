package api

import (
	"context"

	"pleth"
	"pleth/internal/analysis"
	"pleth/internal/eventlog"
	"pleth/internal/intake/readings"
	"pleth/internal/reading"
	"pleth/internal/road"
)

// Road is the live engine as this door needs it; package road is it.
type Road interface {
	Submit(ctx context.Context, batches ...*reading.Batch) ([][]reading.Outcome, error)
	Control(ctx context.Context, p reading.Partition, c eventlog.Control) (eventlog.Offset, error)
	Rows(ctx context.Context, q road.Query, f func(*reading.Table) (bool, error)) error
	Buckets(ctx context.Context, q road.Query, resolution int64, f func(road.Bucket) (bool, error)) error
	Derived(ctx context.Context, q road.Query, f func(road.Sample) (bool, error)) error
	AppendLatest(dst []road.Latest, devices ...string) []road.Latest
	Devices() []road.DeviceState
	Sessions(ctx context.Context, q road.SessionQuery) ([]road.SessionInfo, string, error)
	Analysis(ctx context.Context, keyOrID string) (*analysis.Document, error)
	Night(ctx context.Context, keyOrID string, part road.Part) (*road.Night, error)
	Provenance(ctx context.Context, device string, m pleth.Metric, at int64) (*road.Provenance, error)
	Assignments(device string) []road.Assignment
	Calibrations(device string) []road.Calibration
	Annotations(device string) []road.Annotation
	// ClockOf says what the times of a recording count from.
	ClockOf(p reading.Partition) pleth.Clock
}

// People is the identity store as this door needs it.
type People interface {
	readings.People
	// Find returns the pseudonym of an identifier without making one. That
	// actor asked is noted.
	Find(ctx context.Context, id, actor string) (pseudonym string, found bool, err error)
	// Open undoes Seal.
	Open(sealed []byte) ([]byte, error)
}

// Aside keeps what was refused.
type Aside interface {
	// Put keeps the parts of body that the refusals point to, sealed and
	// durable on return.
	Put(ctx context.Context, door string, received int64, body []byte, refused []readings.Refusal) error
}

func (a *API) clockOf(p reading.Partition) pleth.Clock {
	if p.Recording == "" {
		return pleth.UTCClock
	}
	return a.cfg.Road.ClockOf(p)
}
