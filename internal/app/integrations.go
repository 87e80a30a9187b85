package app

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"pleth/internal/alarm"
	"pleth/internal/api"
	"pleth/internal/notify"
	"pleth/internal/reconcile"
	"pleth/internal/reconcile/desk"
	"pleth/internal/reconcile/plan"
)

// checkReconcile returns what is wrong with the declared systems and pairs.
func (s *Settings) checkReconcile() error {
	for _, p := range s.Reconcile.Pairs {
		for _, c := range p.Notify {
			if _, ok := s.Notify.Channels[c]; !ok {
				return fmt.Errorf("reconcile: there is no channel %q", c)
			}
		}
	}
	p, err := s.Reconcile.Build(func(string) (reconcile.Source, error) { return nil, nil })
	if err != nil {
		return err
	}
	return p.Close()
}

// openDesk opens what watches integrations: the pairs of the settings, the
// pipes of this server, and the shop of the demo.
func (s *Server) openDesk(ctx context.Context, p *parts) error {
	made, err := s.settings.Reconcile.Build(func(table string) (reconcile.Source, error) { return innerTable(p.road, table) })
	if err != nil {
		return &UsageError{err}
	}
	s.onStop("systems", func(context.Context) error { return made.Close() })
	pairs := made.Pairs
	if s.settings.Demo {
		pairs = append(pairs, s.demoShop()...)
	}
	p.desk, err = desk.Open(ctx, desk.Config{Path: filepath.Join(s.settings.Data, "reconcile.db"), Key: p.key.Derive("reconcile"), Pairs: pairs, Dashboard: made.Dashboard, Probes: s.probes(p), Clock: s.clock, Log: s.log, Tell: s.tellIncident(p)})
	if err != nil {
		return err
	}
	s.onStop("integrations", func(context.Context) error { return p.desk.Close() })
	return nil
}

// runDesk checks integrations until the server stops.
func (s *Server) runDesk(p *parts) {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		p.desk.Run(ctx)
	}()
	s.onStop("checks of integrations", func(context.Context) error {
		cancel()
		<-done
		return nil
	})
}

// tellIncident returns what tells people of an incident, through the channels
// that the pair names, or those of all routes. The id of a message says which
// step it tells of, so that nobody hears of it twice.
func (s *Server) tellIncident(p *parts) func(desk.News) {
	return func(n desk.News) {
		i := &n.Incident
		s.log.Info("incident", "number", i.ID, "event", n.Event, "integration", i.Integration, "class", string(i.Class), "records", i.Records)
		if p.outbox == nil {
			return
		}
		m := notify.Message{ID: fmt.Sprintf("%s.%s.%d", api.IncidentAlarm(i.ID), n.Event, i.Reopened), Alarm: api.IncidentAlarm(i.ID), At: i.Last.UTC(), Priority: alarm.Medium, Condition: n.Title + ": " + i.Text}
		if i.Severity == string(desk.Yellow) {
			m.Priority = alarm.Low
		}
		switch n.Event {
		case "trigger":
			m.Event = notify.Trigger
		case "acknowledge":
			m.Event = notify.Acknowledge
		case "resolve":
			m.Event, m.Condition = notify.Resolve, n.Title+": "+strings.ReplaceAll(string(i.Class), "_", " ")
		default:
			m.Event, m.Condition = notify.Trigger, m.Condition+"; it is left to people"
			m.Priority = alarm.High
		}
		if i.Channel != "" {
			m.Condition += " (" + i.Channel + ")"
		}
		if s.settings.Notify.Link != "" {
			m.Link = fmt.Sprintf("%s/integrations/incidents/%d", strings.TrimSuffix(s.settings.Notify.Link, "/"), i.ID)
		}
		channels := n.Channels
		if channels == nil {
			channels = s.incidentChannels(m.Priority)
		}
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		if err := p.outbox.Put(ctx, m, channels...); err != nil {
			s.log.Error("a message cannot be put into the outbox", "incident", i.ID, "error", err)
		}
	}
}

// incidentChannels are those of the routes that take a priority.
func (s *Server) incidentChannels(priority alarm.Priority) []string {
	var out []string
	for i := range s.settings.Notify.Routes {
		r := &s.settings.Notify.Routes[i]
		if len(r.Priorities) > 0 && !slices.Contains(r.Priorities, priority.String()) {
			continue
		}
		for _, c := range r.Channels {
			if !slices.Contains(out, c) {
				out = append(out, c)
			}
		}
	}
	if s.settings.Demo && len(s.settings.Notify.Channels) == 0 {
		out = append(out, demoChannel)
	}
	return out
}

// demoChannel is the channel of a demo that has no other.
const demoChannel = "server log"

// logChannel writes messages to the log of the server.
type logChannel struct{ s *Server }

// Send implements notify.Channel.
func (c logChannel) Send(_ context.Context, m *notify.Message) (string, error) {
	c.s.log.Info("message", "event", string(m.Event), "text", m.Summary())
	return m.ID, nil
}

// ReadReconcile reads a file of systems and pairs.
func ReadReconcile(path string) (plan.Settings, error) { return plan.Read(path) }
