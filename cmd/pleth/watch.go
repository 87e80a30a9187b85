package main

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"golang.org/x/term"

	"pleth/client/live"
	"pleth/internal/app"
)

type watchCmd struct {
	To        string        `placeholder:"URL" default:"http://127.0.0.1:8080" help:"The server (http://127.0.0.1:8080)."`
	TokenFile string        `type:"existingfile" placeholder:"FILE" help:"File with the token: DIR/admin-token of the server."`
	Stale     time.Duration `default:"15s" help:"Values older than this are marked, by the server's clock."`
	For       time.Duration `placeholder:"1m" help:"End after this time (never)."`
}

// Run shows the state of a server until it is interrupted.
func (c watchCmd) Run(e *env) error {
	r, err := remoteOf(e, "to", c.To, c.TokenFile)
	if err != nil {
		return err
	}
	follow, err := live.Open(live.Config{URL: r.URL, Token: r.Token})
	if err != nil {
		return err
	}
	defer follow.Close()
	var end <-chan time.Time
	if c.For > 0 {
		end = time.After(c.For)
	}
	fd := int(e.stdout.Fd())
	screen := term.IsTerminal(fd)
	wall := app.Wall{Stale: c.Stale, Color: lookOf(e.stdout).Color}
	var before live.State
	every := time.NewTicker(time.Second)
	defer every.Stop()
	for {
		changed := follow.Changed()
		s := follow.State()
		switch {
		case errors.Is(s.Err, live.ErrUnauthorized):
			return fmt.Errorf("%s: %w; give it with --token-file", r.URL, s.Err)
		case errors.Is(s.Err, live.ErrVersion):
			return fmt.Errorf("%s: %w", r.URL, s.Err)
		}
		if screen {
			if wall.Width, wall.Height, err = term.GetSize(fd); err != nil {
				wall.Width, wall.Height = 80, 24
			}
			changed = nil // the screen is drawn once a second
			_, err = fmt.Fprint(e.stdout, "\x1b[H\x1b[2J"+strings.Join(wall.Screen(&s), "\r\n")+"\r\n")
		} else {
			err = wall.Lines(e.stdout, &before, &s)
		}
		if err != nil {
			return err
		}
		before = s
		tick := every.C
		if !screen {
			tick = nil
		}
		select {
		case <-e.ctx.Done():
			return nil
		case <-end:
			return nil
		case <-changed:
		case <-tick:
		}
	}
}
