package main

import (
	"context"
	"errors"
	"fmt"
	"os/signal"
	"syscall"

	"pleth/internal/app"
)

type serveCmd struct {
	Data           string   `help:"Directory of everything kept (pleth-data)." placeholder:"DIR" type:"path"`
	Config         string   `help:"Settings, as pleth.yaml. A flag wins over the file." placeholder:"FILE" type:"path"`
	Listen         string   `help:"Address for HTTP (127.0.0.1:8080; port 0: any free one)." placeholder:"ADDR"`
	InsecureLocal  bool     `help:"Ask nobody for a token. Refused unless every listener is on loopback."`
	AllowPlaintext bool     `help:"Listen beyond loopback without TLS, because something in front of it encrypts."`
	TLSCert        string   `name:"tls-cert" help:"Certificate chain (PEM); read again when it changes." placeholder:"FILE" type:"path"`
	TLSKey         string   `name:"tls-key" help:"Key of the certificate (PEM)." placeholder:"FILE" type:"path"`
	MQTT           string   `name:"mqtt" help:"Address for MQTT (off)." placeholder:"ADDR"`
	Debug          string   `help:"Address for profiles and metrics without a token, on loopback (off)." placeholder:"ADDR"`
	Bedside        []string `help:"Follow a stream of bedside monitors, JSON lines: a file that grows, or - for standard input." placeholder:"FILE|-" sep:"none"`
	KeyFile        string   `help:"Key under which everything lies on disk (in plain)." placeholder:"FILE" type:"path"`
	Reconcile      string   `help:"Systems that must agree, as docs/reconcile.md says." placeholder:"FILE" type:"path"`
	Open           bool     `help:"Show the pages in the browser once they answer."`
	Demo           bool     `help:"Add a simulated ward of 24 beds and a shop of four systems."`
}

func (c *serveCmd) Run(e *env) error {
	app.Spread()
	var set app.Settings
	if c.Config != "" {
		var err error
		if set, err = app.ReadSettings(c.Config); err != nil {
			return &exitError{exitUsage, err}
		}
	}
	for _, f := range []struct {
		given string
		to    *string
	}{{c.Data, &set.Data}, {c.Listen, &set.Listen}, {c.TLSCert, &set.TLS.Cert}, {c.TLSKey, &set.TLS.Key}, {c.MQTT, &set.MQTT.Listen}, {c.KeyFile, &set.KeyFile}, {c.Debug, &set.Debug.Listen}} {
		if f.given != "" {
			*f.to = f.given
		}
	}
	if c.Reconcile != "" {
		var err error
		if set.Reconcile, err = app.ReadReconcile(c.Reconcile); err != nil {
			return &exitError{exitUsage, err}
		}
	}
	set.Bedside = append(set.Bedside, c.Bedside...)
	set.InsecureLocal = set.InsecureLocal || c.InsecureLocal
	set.AllowPlaintext = set.AllowPlaintext || c.AllowPlaintext
	set.Demo = set.Demo || c.Demo
	if set.TLS.Cert != "" {
		// Whoever sends it wants the certificate read again, which happens anyway.
		signal.Ignore(syscall.SIGHUP)
	}
	s, err := app.NewServer(set, e.program, e.stderr)
	var wrong *app.UsageError
	switch {
	case errors.As(err, &wrong):
		return &exitError{exitUsage, err}
	case err != nil:
		return err
	}
	fmt.Fprintln(e.stdout, s.URL())
	err = s.Start(e.ctx)
	if err == nil {
		if c.Open {
			if err := openBrowser(s.URL()); err != nil {
				fmt.Fprintln(e.stderr, "pleth:", err)
			}
		}
		select {
		case <-e.ctx.Done():
		case err = <-s.Failed():
		}
	}
	return errors.Join(err, s.Stop(context.WithoutCancel(e.ctx)))
}
