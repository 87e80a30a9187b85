package app

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"pleth/internal/alarm"
	"pleth/internal/dispatch"
	"pleth/internal/notify"
	"pleth/internal/notify/email"
	"pleth/internal/notify/opsgenie"
	"pleth/internal/notify/pagerduty"
	"pleth/internal/notify/slack"
	"pleth/internal/notify/webhook"
	"pleth/internal/watch"
)

// AlarmSettings say how alarms are judged where nothing else says so.
type AlarmSettings struct {
	// Profile is the set of rules of who has no other: infant, child or adult.
	Profile string `yaml:"profile"`
}

// NotifySettings say who is told of alarms. Without channels nobody is.
type NotifySettings struct {
	Fresh    Duration                   `yaml:"fresh"` // nobody is told of what is older; 2m
	Zone     string                     `yaml:"zone"`  // of times of day, such as Europe/Berlin; UTC
	Link     string                     `yaml:"link"`  // address of this server as people reach it, for links
	Channels map[string]ChannelSettings `yaml:"channels"`
	Routes   []RouteSettings            `yaml:"routes"`
}

// ChannelSettings are one way to reach people. Which keys it needs depends on
// the kind: docs/operations/alarms.md.
type ChannelSettings struct {
	Kind string `yaml:"kind"` // webhook, email, slack, pagerduty, opsgenie
	// AllowPrivate lets an address lie inside the network.
	AllowPrivate bool     `yaml:"allow_private"`
	URL          string   `yaml:"url"`         // webhook, opsgenie
	URLFile      string   `yaml:"url_file"`    // slack, whose address is a secret
	KeyFile      string   `yaml:"key_file"`    // pagerduty, opsgenie
	SecretFile   string   `yaml:"secret_file"` // webhook: whsec_…, one a line
	Host         string   `yaml:"host"`        // email, and what follows
	Port         int      `yaml:"port"`
	User         string   `yaml:"user"`
	PasswordFile string   `yaml:"password_file"`
	TLS          string   `yaml:"tls"` // starttls (default), tls, none
	From         string   `yaml:"from"`
	To           []string `yaml:"to"`
}

// RouteSettings say which alarms go where.
type RouteSettings struct {
	Priorities []string `yaml:"priorities"` // of these; left out: of all
	Profiles   []string `yaml:"profiles"`
	From       string   `yaml:"from"` // time of day, 07:00; with to; left out: always
	To         string   `yaml:"to"`
	Channels   []string `yaml:"channels"`
	Then       []string `yaml:"then"`  // the second contact,
	After      Duration `yaml:"after"` // told when nobody has acknowledged for so long; 3m
}

// secret returns the content of a file that holds a secret.
func secret(path string) (string, error) {
	if path == "" {
		return "", errors.New("needs the file that holds its secret")
	}
	b, err := os.ReadFile(path)
	return strings.TrimSpace(string(b)), err
}

// channel makes one channel.
func (c *ChannelSettings) channel() (notify.Channel, error) {
	client := notify.Client(c.AllowPrivate)
	switch c.Kind {
	case "webhook":
		keys, err := secret(c.SecretFile)
		if err != nil {
			return nil, fmt.Errorf("secret_file: %w", err)
		}
		if c.URL == "" {
			return nil, errors.New("url: a webhook needs one")
		}
		return webhook.New(c.URL, strings.Fields(keys), client)
	case "slack":
		url, err := secret(c.URLFile)
		if err != nil {
			return nil, fmt.Errorf("url_file: %w", err)
		}
		return slack.New(url, client), nil
	case "pagerduty":
		key, err := secret(c.KeyFile)
		if err != nil {
			return nil, fmt.Errorf("key_file: %w", err)
		}
		url := c.URL
		if url == "" {
			url = pagerduty.Address
		}
		return pagerduty.New(url, key, client), nil
	case "opsgenie":
		key, err := secret(c.KeyFile)
		if err != nil {
			return nil, fmt.Errorf("key_file: %w", err)
		}
		if c.URL == "" {
			return nil, errors.New("url: write that of Opsgenie or of Jira Service Management")
		}
		return opsgenie.New(c.URL, key, client), nil
	case "email":
		cfg := email.Config{Host: c.Host, Port: c.Port, User: c.User, TLS: c.TLS, From: c.From, To: c.To}
		if cfg.TLS == "" {
			cfg.TLS = "starttls"
		}
		if cfg.Port == 0 {
			cfg.Port = 587
		}
		if c.User != "" {
			var err error
			if cfg.Password, err = secret(c.PasswordFile); err != nil {
				return nil, fmt.Errorf("password_file: %w", err)
			}
		}
		return email.New(cfg)
	}
	return nil, fmt.Errorf("kind %q: webhook, email, slack, pagerduty or opsgenie", c.Kind)
}

// channels makes all channels; every fault is in the error.
func (n *NotifySettings) channels() (map[string]notify.Channel, error) {
	out := map[string]notify.Channel{}
	var errs []error
	for _, name := range slices.Sorted(maps.Keys(n.Channels)) {
		set := n.Channels[name]
		c, err := set.channel()
		if err != nil {
			errs = append(errs, fmt.Errorf("notify.channels.%s: %w", name, err))
			continue
		}
		out[name] = c
	}
	return out, errors.Join(errs...)
}

// routes reads the routes; every fault is in the error.
func (n *NotifySettings) routes() ([]dispatch.Route, *time.Location, error) {
	var errs []error
	zone, err := time.LoadLocation(n.Zone)
	if err != nil {
		errs = append(errs, fmt.Errorf("notify.zone: %q is no zone: write one such as Europe/Berlin", n.Zone))
	}
	var out []dispatch.Route
	for i := range n.Routes {
		set := &n.Routes[i]
		bad := func(format string, args ...any) {
			errs = append(errs, fmt.Errorf("notify.routes[%d]: %s", i, fmt.Sprintf(format, args...)))
		}
		r := dispatch.Route{Profiles: set.Profiles, Channels: set.Channels, Then: set.Then, After: set.After.Or(3 * time.Minute)}
		for _, p := range set.Priorities {
			v, ok := alarm.ParsePriority(p)
			if !ok {
				bad("priority %q: low, medium or high", p)
			}
			r.Priorities = append(r.Priorities, v)
		}
		for _, c := range slices.Concat(set.Channels, set.Then) {
			if _, ok := n.Channels[c]; !ok {
				bad("there is no channel %q", c)
			}
		}
		if len(set.Channels) == 0 {
			bad("names no channel")
		}
		if (set.From == "") != (set.To == "") {
			bad("from and to go together")
		}
		for _, t := range []struct {
			text string
			to   *time.Duration
		}{{set.From, &r.From}, {set.To, &r.To}} {
			if t.text == "" {
				continue
			}
			at, err := time.Parse("15:04", t.text)
			if err != nil {
				bad("%q is no time of day: write 07:00", t.text)
			}
			*t.to = time.Duration(at.Hour())*time.Hour + time.Duration(at.Minute())*time.Minute
		}
		out = append(out, r)
	}
	if len(n.Channels) > 0 && len(n.Routes) == 0 {
		errs = append(errs, errors.New("notify.routes: there are channels and no route that leads to one"))
	}
	return out, zone, errors.Join(errs...)
}

// openNotify makes what tells people of alarms; nil where nobody is to be told.
func (s *Server) openNotify(ctx context.Context, p *parts) error {
	set := &s.settings.Notify
	if len(set.Channels) == 0 && !s.settings.Demo {
		return nil
	}
	channels, err := set.channels()
	if err != nil {
		return &UsageError{err}
	}
	if len(channels) == 0 {
		channels[demoChannel] = logChannel{s}
	}
	routes, zone, err := set.routes()
	if err != nil {
		return &UsageError{err}
	}
	if p.outbox, err = notify.OpenOutbox(ctx, filepath.Join(s.settings.Data, "outbox.db"), p.key, channels, s.log, s.reached(p)); err != nil {
		return fmt.Errorf("outbox: %w", err)
	}
	s.onStop("outbox", func(context.Context) error { return p.outbox.Close() })
	p.dispatch = dispatch.New(dispatch.Config{Outbox: p.outbox, Routes: routes, Fresh: time.Duration(set.Fresh), Zone: zone, Link: strings.TrimSuffix(set.Link, "/"), Clock: s.clock, Log: s.log, Skew: func(device string) (int64, bool) { return p.watch.Skew(device) },
		Alert: func(id string) (*watch.Alert, error) { return p.watch.Alert(id) }, Alerts: func(q watch.Query) ([]*watch.Alert, *watch.Cursor, error) { return p.watch.Alerts(q) }})
	return nil
}

// reached returns what tells the watch whether people can be reached. What the
// log does not take now, or comes before the alarms run, is said again with the
// next delivery.
func (s *Server) reached(p *parts) func(notify.Delivery) {
	var mu sync.Mutex
	last := map[string]string{}
	return func(d notify.Delivery) {
		mu.Lock()
		defer mu.Unlock()
		select {
		case <-p.armed:
		default:
			return
		}
		if last[d.Channel] == d.State {
			return
		}
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		if err := p.watch.Reached(ctx, d.Channel, d.State == "delivered"); err != nil {
			s.log.Error("it cannot be written down whether people can be reached", "channel", d.Channel, "error", err)
			return
		}
		last[d.Channel] = d.State
	}
}

// backlog returns how many messages wait, and how many were given up.
func (p *parts) backlog() (waiting, givenUp int64) {
	if p.outbox == nil {
		return 0, 0
	}
	waiting, givenUp, err := p.outbox.Backlog(context.Background())
	if err != nil {
		return 0, 0
	}
	return waiting, givenUp
}

// changed hands what the watch says to whoever tells people.
func (p *parts) changed(c watch.Change) {
	p.timeAlarm(c)
	p.tellAlarm(c.Alert, c.Withdrawn)
	if p.dispatch != nil {
		p.dispatch.Changed(c)
	}
}

// deliveries returns what was sent to people about an alarm.
func (p *parts) deliveries(ctx context.Context, id string) ([]notify.Delivery, error) {
	if p.outbox == nil {
		return nil, nil
	}
	return p.outbox.Deliveries(ctx, id, 200)
}

// runAlarms runs the watch and the dispatcher until the server stops.
func (s *Server) runAlarms(p *parts) {
	ctx, cancel := context.WithCancel(context.Background())
	wait := p.watch.Start(ctx, p.road)
	told := make(chan struct{})
	go func() {
		defer close(told)
		if p.dispatch != nil {
			p.dispatch.Run(ctx)
		}
	}()
	close(p.armed)
	s.onStop("alarms", func(context.Context) error {
		cancel()
		wait()
		<-told
		return nil
	})
}

// TestNotify sends a message that says it is a test through one channel, or
// all where name is empty, and returns what became of each by name.
func TestNotify(ctx context.Context, n *NotifySettings, name string, now time.Time) (map[string]error, error) {
	channels, err := n.channels()
	if err != nil {
		return nil, err
	}
	if name != "" && channels[name] == nil {
		return nil, fmt.Errorf("there is no channel %q: %s", name, strings.Join(slices.Sorted(maps.Keys(channels)), ", "))
	}
	out := map[string]error{}
	id := fmt.Sprintf("test-%x", now.UnixNano())
	for c, ch := range channels {
		if name != "" && c != name {
			continue
		}
		_, err := ch.Send(ctx, &notify.Message{ID: id, Alarm: id, Event: notify.Test, At: now.UTC(), Priority: alarm.Low, Condition: "somebody tries this channel of pleth"})
		out[c] = err
	}
	return out, nil
}
