package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"pleth/internal/analysis"
	"pleth/internal/ward"
)

// VerifyLedger compares the ledger of a simulated ward with what lies in a
// data directory, which no server may be using. It opens the stores as a
// server does, brings them to where the log ends, and takes nothing new. key
// is the file of the key the directory is encrypted with, empty if none.
func VerifyLedger(ctx context.Context, program analysis.Program, data, key, ledger string) (v *ward.Verdict, err error) {
	if _, err := os.Stat(filepath.Join(data, "store")); err != nil {
		return nil, fmt.Errorf("--data %s is no data directory of pleth serve: %w", data, err)
	}
	s := &Server{settings: Settings{Data: data, KeyFile: key}, program: program, clock: time.Now, log: slog.New(slog.DiscardHandler)}
	defer func() { err = errors.Join(err, s.runStops(context.WithoutCancel(ctx))) }()
	if err := s.hold(data); err != nil {
		return nil, err
	}
	p := newParts()
	if err := s.openStores(ctx, &p); err != nil {
		return nil, err
	}
	if err := s.openRoad(&p); err != nil {
		return nil, err
	}
	return ward.Verify(ctx, ledger, ward.StoreOf(p.road))
}
