package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"text/tabwriter"
	"time"

	"pleth/internal/app"
	"pleth/internal/reconcile/desk"
	"pleth/internal/sealed"
)

// deskFlags say whose integrations are meant: those of a running server, or of
// a file of systems with a folder for what is known of them.
type deskFlags struct {
	To        string `help:"Address of a running server." placeholder:"URL"`
	TokenFile string `help:"Token of that server, such as DIR/admin-token." placeholder:"FILE" type:"path"`
	File      string `help:"Without a server: the systems and pairs, as docs/reconcile.md says." placeholder:"FILE" type:"path"`
	Data      string `help:"Without a server: folder of what is known of them (pleth-reconcile)." placeholder:"DIR" type:"path"`
	At        string `help:"Without a server: as if it were then (now)." placeholder:"2026-04-01T00:00:00+02:00"`
	JSON      bool   `help:"Print JSON."`
}

// integrations are what the commands need of a server or of a desk.
type integrations interface {
	Overview(ctx context.Context) (*desk.Overview, error)
	Incidents(ctx context.Context, q desk.IncidentQuery) ([]desk.Incident, error)
	// check checks one or, for an empty name, all, and returns when it is done.
	check(ctx context.Context, name string, full bool) error
	// standing returns up to limit findings of all integrations that stand.
	standing(ctx context.Context, limit int) ([]desk.Finding, error)
	close() error
}

func (f *deskFlags) open(e *env) (integrations, error) {
	if (f.To == "") == (f.File == "") {
		return nil, usage("give --to for a running server, or --file for a file of systems")
	}
	now := time.Now
	if f.At != "" {
		at, err := time.Parse(time.RFC3339, f.At)
		if err != nil || f.To != "" {
			return nil, usage("--at %s: write 2026-04-01T00:00:00+02:00, with --file; a server has its own clock", f.At)
		}
		now = func() time.Time { return at }
	}
	if f.To != "" {
		r, err := remoteOf(e, "to", f.To, f.TokenFile)
		if err != nil {
			return nil, err
		}
		return &remoteDesk{r}, nil
	}
	set, err := app.ReadReconcile(f.File)
	if err != nil {
		return nil, &exitError{exitUsage, err}
	}
	p, err := set.Build(nil)
	if err != nil {
		return nil, &exitError{exitUsage, err}
	}
	dir := f.Data
	if dir == "" {
		dir = "pleth-reconcile"
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, errors.Join(err, p.Close())
	}
	key, err := sealed.LoadOrCreate(filepath.Join(dir, "key"))
	if err != nil {
		return nil, errors.Join(err, p.Close())
	}
	d, err := desk.Open(e.ctx, desk.Config{Path: filepath.Join(dir, "reconcile.db"), Key: key, Pairs: p.Pairs, Clock: now})
	if err != nil {
		return nil, errors.Join(err, p.Close())
	}
	return &localDesk{d, p}, nil
}

// localDesk is a desk in this process.
type localDesk struct {
	*desk.Desk
	plan io.Closer
}

func (l *localDesk) check(ctx context.Context, name string, full bool) error {
	names := l.Names()
	if name != "" {
		names = []string{name}
	}
	for _, n := range names {
		if _, err := l.Check(ctx, n, full); err != nil {
			return fmt.Errorf("%s: %w", n, err)
		}
	}
	return nil
}

func (l *localDesk) standing(ctx context.Context, limit int) ([]desk.Finding, error) {
	return l.Findings(ctx, desk.FindingQuery{Limit: limit})
}

func (l *localDesk) close() error { return errors.Join(l.Close(), l.plan.Close()) }

// remoteDesk is the desk of a server.
type remoteDesk struct{ *app.Remote }

func (r *remoteDesk) close() error { return nil }

// Overview asks the server.
func (r *remoteDesk) Overview(ctx context.Context) (*desk.Overview, error) {
	out := &desk.Overview{}
	return out, r.Call(ctx, "GET", "/api/v1/integrations", nil, out)
}

// Incidents asks the server.
func (r *remoteDesk) Incidents(ctx context.Context, q desk.IncidentQuery) ([]desk.Incident, error) {
	v := url.Values{"limit": {strconv.Itoa(q.Limit)}}
	if q.Text != "" {
		v.Set("q", q.Text)
	}
	if q.Integration != "" {
		v.Set("integration", q.Integration)
	}
	if q.Over != nil {
		v.Set("over", strconv.FormatBool(*q.Over))
	}
	var out struct{ Incidents []desk.Incident }
	err := r.Call(ctx, "GET", "/api/v1/incidents?"+v.Encode(), nil, &out)
	return out.Incidents, err
}

func (r *remoteDesk) standing(ctx context.Context, limit int) ([]desk.Finding, error) {
	all, err := r.Overview(ctx)
	if err != nil {
		return nil, err
	}
	var out []desk.Finding
	for _, g := range all.Groups {
		for i := range g.Integrations {
			var some struct{ Findings []desk.Finding }
			path := "/api/v1/integrations/" + url.PathEscape(g.Integrations[i].Name) + "/findings?limit=" + strconv.Itoa(min(limit, 1000))
			if err := r.Call(ctx, "GET", path, nil, &some); err != nil {
				return nil, err
			}
			out = append(out, some.Findings...)
		}
	}
	return out[:min(len(out), limit)], nil
}

func (r *remoteDesk) check(ctx context.Context, name string, full bool) error {
	path := "/api/v1/integration-checks"
	if name != "" {
		path = "/api/v1/integrations/" + url.PathEscape(name) + "/checks"
	}
	before, err := r.Overview(ctx)
	if err != nil {
		return err
	}
	var asked struct{ Asked []string }
	if err := r.Call(ctx, "POST", path, map[string]bool{"full": full}, &asked); err != nil {
		return err
	}
	was := map[string]*time.Time{}
	for _, g := range before.Groups {
		for i := range g.Integrations {
			was[g.Integrations[i].Name] = g.Integrations[i].Tried
		}
	}
	for {
		now, err := r.Overview(ctx)
		if err != nil {
			return err
		}
		waiting := 0
		for _, g := range now.Groups {
			for i := range g.Integrations {
				t := &g.Integrations[i]
				if name != "" && t.Name != name || t.Colour == desk.Grey {
					continue
				}
				if t.Tried == nil || was[t.Name] != nil && !t.Tried.After(*was[t.Name]) {
					waiting++
				}
			}
		}
		if waiting == 0 {
			return nil
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(200 * time.Millisecond):
		}
	}
}

type reconcileRunCmd struct {
	deskFlags
	Pair string `help:"Only this pair (all)." placeholder:"NAME"`
	Full bool   `help:"Check all of the history, not only what is new and what stands."`
}

func (c *reconcileRunCmd) Run(e *env) error {
	d, err := c.open(e)
	if err != nil {
		return err
	}
	err = d.check(e.ctx, c.Pair, c.Full)
	if err == nil {
		err = showOverview(e, d, c.Pair, c.JSON)
	}
	return errors.Join(err, d.close())
}

type reconcileStatusCmd struct{ deskFlags }

func (c *reconcileStatusCmd) Run(e *env) error {
	d, err := c.open(e)
	if err != nil {
		return err
	}
	return errors.Join(showOverview(e, d, "", c.JSON), d.close())
}

// showOverview prints how everything is. All that is not green or grey makes
// the exit code 4.
func showOverview(e *env, d integrations, only string, asJSON bool) error {
	all, err := d.Overview(e.ctx)
	if err != nil {
		return err
	}
	if asJSON {
		if err := json.NewEncoder(e.stdout).Encode(all); err != nil {
			return err
		}
	}
	w := tabwriter.NewWriter(e.stdout, 0, 4, 2, ' ', 0)
	bad := false
	for _, g := range all.Groups {
		for i := range g.Integrations {
			t := &g.Integrations[i]
			if only != "" && t.Name != only {
				continue
			}
			bad = bad || t.Colour == desk.Red || t.Colour == desk.Yellow
			if !asJSON {
				fmt.Fprintf(w, "%s\t%s\t%s\t%s\n", t.Colour, g.Name, t.Name, t.Why)
			}
		}
	}
	if err := w.Flush(); err != nil {
		return err
	}
	if bad {
		return &exitError{code: exitRefused}
	}
	return nil
}

type reconcileIncidentsCmd struct {
	deskFlags
	All   bool   `help:"Those that are over, too."`
	Find  string `help:"In titles, owners, causes and notes, or the key of a record." placeholder:"TEXT"`
	Pair  string `help:"Only of this integration." placeholder:"NAME"`
	Limit int    `default:"50" help:"So many, the newest first."`
}

func (c *reconcileIncidentsCmd) Run(e *env) error {
	d, err := c.open(e)
	if err != nil {
		return err
	}
	q := desk.IncidentQuery{Integration: c.Pair, Text: c.Find, Limit: c.Limit}
	if over := false; !c.All {
		q.Over = &over
	}
	list, err := d.Incidents(e.ctx, q)
	if err == nil && c.JSON {
		err = json.NewEncoder(e.stdout).Encode(map[string]any{"incidents": list})
	} else if err == nil {
		w := tabwriter.NewWriter(e.stdout, 0, 4, 2, ' ', 0)
		for i := range list {
			n := &list[i]
			fmt.Fprintf(w, "%d\t%s\t%s\t%s\t%s\t%s\t%s\n", n.ID, n.State, n.Opened.Format("2006-01-02 15:04Z"), n.Integration, n.Channel, n.Text, n.Owner)
		}
		err = w.Flush()
	}
	return errors.Join(err, d.close())
}
