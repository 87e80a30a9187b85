package app

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"time"

	"pleth/internal/api"
	"pleth/internal/bedside"
	"pleth/internal/sealed"
)

// openImports makes the door for device files and goes on with imports that
// were broken off.
func (s *Server) openImports(p *parts) ([]api.Mount, error) {
	lim := s.settings.Limits
	limit := lim.ImportBytes
	if limit <= 0 {
		limit = 1 << 30
	}
	im := &importer{dir: filepath.Join(s.settings.Data, "imports"), box: sealed.NewBox(p.key.Derive("imports")), road: p.road, busy: api.Busy,
		program: s.program, clock: s.clock, log: s.log, limit: limit, judged: p.watch.Judge}
	if err := im.openImports(); err != nil {
		return nil, fmt.Errorf("imports: %w", err)
	}
	s.onStop("imports", im.close)
	d := &importDoor{importer: im, people: p.people, idle: lim.Idle.Or(30 * time.Second), wait: 20 * time.Second}
	return d.mounts(), nil
}

// streamsMount answers what became of the lines of bedside streams.
func (p *parts) streamsMount() api.Mount {
	return api.Mount{Method: "GET", Path: "/api/v1/bedside", ID: "getBedside", Tag: "readings", Summary: "Says what became of the lines of bedside streams",
		About: "One object for each --bedside, in their order. Accepted, duplicate, conflict and refused come to lines.", Answers: map[int]string{200: "The counts."},
		Handle: func(w http.ResponseWriter, _ *http.Request, _ *api.Caller) {
			list := []bedside.Counts{}
			for _, door := range p.streams {
				list = append(list, door.Counts())
			}
			writeAnswer(w, http.StatusOK, map[string]any{"streams": list, "next_cursor": nil})
		}}
}

// openBedside starts to follow the streams of bedside monitors.
func (s *Server) openBedside(p *parts) error {
	if len(s.settings.Bedside) == 0 {
		return nil
	}
	dir := filepath.Join(s.settings.Data, "bedside")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("bedside: %w", err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	var wait sync.WaitGroup
	for i, path := range s.settings.Bedside {
		door := bedside.New(bedside.Config{Road: p.counted, People: p.people, Aside: p.refused, Busy: api.Busy, Known: s.known(p),
			Future: time.Duration(s.settings.Time.Future), Dir: dir, Clock: s.clock})
		p.streams = append(p.streams, door)
		log := s.log.With("stream", i+1) // a name of a file may be anybody's
		wait.Add(1)
		go func() {
			defer wait.Done()
			var c bedside.Counts
			var err error
			if path == "-" {
				c, err = door.Stream(ctx, os.Stdin)
			} else {
				c, err = door.Follow(ctx, path)
			}
			counts := []any{"lines", c.Lines, "accepted", c.Accepted, "duplicate", c.Duplicate, "conflict", c.Conflict, "refused", c.Refused}
			switch {
			case errors.Is(err, context.Canceled):
			case err != nil:
				s.failed <- fmt.Errorf("bedside stream %d: %w", i+1, err)
			default:
				log.Info("bedside stream has ended", counts...)
			}
		}()
	}
	s.onStop("bedside", func(ctx context.Context) error {
		cancel()
		done := make(chan struct{})
		go func() {
			wait.Wait()
			close(done)
		}()
		select {
		case <-done:
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	})
	return nil
}
