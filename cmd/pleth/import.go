package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"

	"pleth/internal/app"
	"pleth/internal/atomicfile"
)

// remoteOf returns the server at an address, with the token that a file holds.
func remoteOf(e *env, flag, address, tokenFile string) (*app.Remote, error) {
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
		return nil, usage("--%s %q: write http://host:port", flag, address)
	}
	r := &app.Remote{URL: u.Scheme + "://" + u.Host + strings.TrimRight(u.Path, "/"),
		Waiting: everySoOften(func(err error) { fmt.Fprintf(e.stderr, "%v; it is tried again\n", err) })}
	if tokenFile != "" {
		b, err := os.ReadFile(tokenFile)
		if err != nil {
			return nil, err
		}
		r.Token = strings.TrimSpace(string(b))
	}
	return r, nil
}

type importCmd struct {
	Files []string `arg:"" help:"Recordings or folders." placeholder:"FILE|FOLDER"`

	To        string `placeholder:"URL" default:"http://127.0.0.1:8080" help:"The server (http://127.0.0.1:8080)."`
	TokenFile string `type:"existingfile" placeholder:"FILE" help:"File with the token: DIR/admin-token of the server."`

	DeviceID  string        `name:"device-id" placeholder:"ID" help:"Device the recordings are of (default: import- and the start of the file's digest)."`
	SubjectID string        `name:"subject-id" placeholder:"ID" help:"Who wore it; exchanged for a pseudonym."`
	Zone      string        `placeholder:"Europe/Berlin" help:"Time zone of the device's clock."`
	Interval  time.Duration `placeholder:"2s" help:"Time between the rows of a file without a time column."`
	Columns   string        `placeholder:"time=t_s,spo2=spo2" help:"Columns of a CSV, as for analyze."`
	JSON      bool          `help:"Print what became of each file as one line of JSON."`
}

// Run sends the files one after another.
func (c importCmd) Run(e *env) error {
	r, err := remoteOf(e, "to", c.To, c.TokenFile)
	if err != nil {
		return err
	}
	paths, err := app.Expand(c.Files)
	if err != nil {
		return err
	}
	params := url.Values{}
	for name, v := range map[string]string{"device_id": c.DeviceID, "subject_id": c.SubjectID, "zone": c.Zone, "columns": c.Columns} {
		if v != "" {
			params.Set(name, v)
		}
	}
	if c.Interval > 0 {
		params.Set("interval", c.Interval.String())
	}
	done, refused := 0, 0
	for _, path := range paths {
		got, err := r.Import(e.ctx, path, params, c.progress(e, path))
		var no *app.ErrRefused
		switch {
		case errors.As(err, &no) && no.Status != 401:
			refused++
			fmt.Fprintf(e.stderr, "%s: %v\n", path, err)
			continue
		case err != nil:
			return fmt.Errorf("%s: %w", path, err)
		}
		done++
		if c.JSON {
			if err := json.NewEncoder(e.stdout).Encode(struct {
				Path string `json:"path"`
				*app.Imported
			}{path, got}); err != nil {
				return err
			}
			continue
		}
		fmt.Fprintf(e.stdout, "%s: %s as %s, %s new, %s there already\n", path, count(len(got.Sessions), "session"), got.Device, count(int(got.Accepted+got.Conflict), "row"), count(int(got.Duplicate), "row"))
		for _, s := range got.Sessions {
			fmt.Fprintf(e.stdout, "  %s\n", s.Key)
		}
	}
	switch {
	case done == 0 && refused > 0:
		return &exitError{exitNoData, errors.New("no file could be imported")}
	case refused > 0:
		return &exitError{code: exitRefused}
	}
	return nil
}

func count(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

// progress shows how far a file is, where somebody looks on.
func (c importCmd) progress(e *env, path string) func(sent, of int64) {
	if !term.IsTerminal(int(e.stderr.Fd())) {
		return nil
	}
	var bar *progressbar.ProgressBar
	return func(sent, of int64) {
		if bar == nil {
			bar = progressbar.NewOptions64(of, progressbar.OptionSetWriter(e.stderr), progressbar.OptionShowBytes(true),
				progressbar.OptionClearOnFinish(), progressbar.OptionSetDescription(filepath.Base(path)))
		}
		_ = bar.Set64(sent)
	}
}

type exportCmd struct {
	Server    string `placeholder:"URL" default:"http://127.0.0.1:8080" help:"The server (http://127.0.0.1:8080)."`
	TokenFile string `type:"existingfile" placeholder:"FILE" help:"File with the token: DIR/admin-token of the server."`

	Format    string   `enum:"csv,ndjson,parquet,arrow" default:"csv" help:"csv, ndjson, parquet or arrow."`
	Out       string   `type:"path" placeholder:"FILE" help:"Write into this file (standard output)."`
	DeviceID  []string `name:"device-id" placeholder:"ID" help:"Of these devices (all)."`
	SubjectID string   `name:"subject-id" placeholder:"ID" help:"Of this person, or pseudonym."`
	Metric    []string `placeholder:"spo2" help:"These metrics only (all)."`
	From      string   `placeholder:"TIME" help:"From this time on: 2026-01-14T22:00:00Z."`
	To        string   `placeholder:"TIME" help:"Before this time."`
}

// Run asks for readings and writes them as they come.
func (c exportCmd) Run(e *env) error {
	r, err := remoteOf(e, "server", c.Server, c.TokenFile)
	if err != nil {
		return err
	}
	params := url.Values{}
	for name, v := range map[string]string{"subject_id": c.SubjectID, "from": c.From, "to": c.To} {
		if v != "" {
			params.Set(name, v)
		}
	}
	for _, d := range c.DeviceID {
		params.Add("device_id", d)
	}
	for _, m := range c.Metric {
		params.Add("metric", m)
	}
	media := map[string]string{"csv": "text/csv", "ndjson": "application/x-ndjson", "parquet": "application/vnd.apache.parquet", "arrow": "application/vnd.apache.arrow.stream"}[c.Format]
	if c.Out == "" {
		return r.Export(e.ctx, params, media, e.stdout)
	}
	return atomicfile.Write(c.Out, func(w io.Writer) error { return r.Export(e.ctx, params, media, w) })
}
