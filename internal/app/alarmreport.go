package app

import (
	"context"
	"fmt"
	"path/filepath"

	"github.com/cockroachdb/pebble/v2/vfs"

	logs "pleth/internal/eventlog/pebble"
	"pleth/internal/pebbledb"
	onpebble "pleth/internal/road/pebble"
	"pleth/internal/sealed"
	"pleth/internal/watch"
)

// alarmReport returns what makes a report of the alarms of the running server.
func (s *Server) alarmReport(p *parts) func(context.Context, []string, int64, int64) (*watch.Report, error) {
	return func(ctx context.Context, whatIf []string, from, to int64) (*watch.Report, error) {
		return watch.MakeReport(ctx, onpebble.Log{Log: logs.Open(p.db)}, int64(s.settings.Time.Lateness), whatIf, from, to)
	}
}

// AlarmReport counts the alarms in the data directory of a stopped server.
// keyFile is empty where nothing is encrypted.
func AlarmReport(ctx context.Context, data, keyFile string, whatIf []string) (_ *watch.Report, err error) {
	lock, err := vfs.Default.Lock(filepath.Join(data, "lock"))
	if err != nil {
		return nil, fmt.Errorf("--data %s: a pleth is running on this directory, or there is none; ask a running one with --to (%w)", data, err)
	}
	defer lock.Close()
	opts := pebbledb.Options{ReadOnly: true}
	if keyFile != "" {
		key, err := sealed.Load(keyFile)
		if err != nil {
			return nil, fmt.Errorf("--key-file: %w", err)
		}
		opts.Key = key.Derive("storage").Bytes()
	}
	db, err := pebbledb.Open(filepath.Join(data, "store"), opts)
	if err != nil {
		return nil, err
	}
	defer func() {
		if e := db.Close(); err == nil {
			err = e
		}
	}()
	return watch.MakeReport(ctx, onpebble.Log{Log: logs.Open(db)}, 0, whatIf, 0, 0)
}
