package app

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/parser"

	"pleth/internal/alarm"
	"pleth/internal/reconcile/plan"
	"pleth/internal/settings"
)

// Settings are what pleth.yaml may say of a server. The zero value of each is
// its default; docs/serve.md lists them.
type Settings struct {
	Data   string `yaml:"data"`   // directory of everything kept; pleth-data
	Listen string `yaml:"listen"` // HTTP; 127.0.0.1:8080
	// AllowPlaintext lets a listener beyond loopback speak without TLS.
	AllowPlaintext bool `yaml:"allow_plaintext"`
	// InsecureLocal asks nobody who they are. Loopback only.
	InsecureLocal bool        `yaml:"insecure_local"`
	TLS           TLSSettings `yaml:"tls"`
	// KeyFile holds the key under which everything lies on disk; empty: in plain.
	KeyFile   string            `yaml:"key_file"`
	MQTT      MQTTSettings      `yaml:"mqtt"`
	Alarms    AlarmSettings     `yaml:"alarms"`
	Notify    NotifySettings    `yaml:"notify"`
	Retention RetentionSettings `yaml:"retention"`
	// Bedside are files of JSON lines to follow, as gateways of bedside monitors
	// write them; "-" is standard input.
	Bedside []string       `yaml:"bedside"`
	Devices DeviceSettings `yaml:"devices"`
	Time    TimeSettings   `yaml:"time"`
	Quota   QuotaSettings  `yaml:"quota"`
	Limits  LimitSettings  `yaml:"limits"`
	Keys    []KeySettings  `yaml:"keys"`
	Log     LogSettings    `yaml:"log"`
	Debug   DebugSettings  `yaml:"debug"`
	// Reconcile declares systems that must agree.
	Reconcile plan.Settings `yaml:"reconcile"`
	// Demo adds a simulated ward of 24 beds and a simulated shop.
	Demo bool `yaml:"demo"`
}

// TLSSettings name the certificate of all listeners. Both or none.
type TLSSettings struct {
	Cert string `yaml:"cert"` // PEM, the chain
	Key  string `yaml:"key"`  // PEM
}

// MQTTSettings switch the MQTT broker on.
type MQTTSettings struct {
	Listen string `yaml:"listen"` // empty: off
}

// DebugSettings switch a listener for operators on: profiles and metrics,
// without a token, for this machine alone.
type DebugSettings struct {
	Listen string `yaml:"listen"` // on loopback; empty: off
}

// DeviceSettings say whose readings are taken.
type DeviceSettings struct {
	// Unknown is "accept" (the default: list them as unassigned) or "refuse":
	// then only devices of Known and such with an assignment are taken.
	Unknown string   `yaml:"unknown"`
	Known   []string `yaml:"known"`
}

// TimeSettings bound the stamps of readings.
type TimeSettings struct {
	Future   Duration `yaml:"future"`   // how far ahead of the server's clock; 5m
	Lateness Duration `yaml:"lateness"` // how far behind the newest of the device before it counts as late; 30s
}

// QuotaSettings bound what devices send. 0: no bound.
type QuotaSettings struct {
	DeviceReadingsPerSecond float64 `yaml:"device_readings_per_second"`
}

// LimitSettings bound single requests. 0: the default.
type LimitSettings struct {
	BodyBytes   int64    `yaml:"body_bytes"`   // 10 MiB
	ImportBytes int64    `yaml:"import_bytes"` // 1 GiB
	Readings    int      `yaml:"readings"`     // 100,000
	Connections int      `yaml:"connections"`  // 10,000
	Header      Duration `yaml:"header"`       // to send the head of a request; 10s
	Request     Duration `yaml:"request"`      // to send a request and take its answer; 60s
	Idle        Duration `yaml:"idle"`         // between requests, and between bytes of long ones; 2m
	Drain       Duration `yaml:"drain"`        // to finish what is under way when stopping; 20s
}

// KeySettings are one API key besides that of the administrator.
type KeySettings struct {
	Name              string  `yaml:"name"`
	TokenFile         string  `yaml:"token_file"`
	ReadingsPerSecond float64 `yaml:"readings_per_second"` // 0: no bound
	// Scope is what the key may do: read (ask), dry-run (ask, also what
	// something would do); empty: everything.
	Scope string `yaml:"scope"`
	// Owner is the person whose key it is. Two keys of one owner are one person
	// where two people must agree.
	Owner string `yaml:"owner"`
}

// LogSettings say what is logged and how, on standard error.
type LogSettings struct {
	Level  string `yaml:"level"`  // debug, info (default), warn, error
	Format string `yaml:"format"` // text (default), json
}

// Duration is a time.Duration as "30s" in YAML.
type Duration = settings.Duration

// ReadSettings reads the file at path. An unknown key, a key said twice and a
// value of the wrong kind are errors that name the line.
func ReadSettings(path string) (Settings, error) {
	var s Settings
	b, err := os.ReadFile(path)
	if err != nil {
		return s, fmt.Errorf("--config: %w", err)
	}
	if len(bytes.TrimSpace(b)) == 0 {
		return s, nil
	}
	if f, err := parser.ParseBytes(b, 0); err == nil && len(f.Docs) == 1 && f.Docs[0].Body == nil {
		return s, nil // comments only
	}
	if err := yaml.NewDecoder(bytes.NewReader(b), yaml.Strict()).Decode(&s); err != nil {
		return s, fmt.Errorf("%s: %s", path, settings.Explain(err))
	}
	s.Reconcile.Locate(path, b, "reconcile")
	return s, nil
}

// check fills in the defaults and returns everything that is wrong.
func (s *Settings) check() error {
	var errs []error
	bad := func(key, format string, args ...any) {
		errs = append(errs, fmt.Errorf("%s: %s", key, fmt.Sprintf(format, args...)))
	}
	set := func(to *string, def string) {
		if *to == "" {
			*to = def
		}
	}
	set(&s.Data, "pleth-data")
	set(&s.Listen, "127.0.0.1:8080")
	set(&s.Devices.Unknown, "accept")
	set(&s.Log.Level, "info")
	set(&s.Log.Format, "text")
	if u := s.Devices.Unknown; u != "accept" && u != "refuse" {
		bad("devices.unknown", "%q: accept or refuse", u)
	}
	if (s.TLS.Cert == "") != (s.TLS.Key == "") {
		bad("tls", "cert and key go together")
	}
	if new(slog.LevelVar).UnmarshalText([]byte(s.Log.Level)) != nil {
		bad("log.level", "%q: debug, info, warn or error", s.Log.Level)
	}
	if f := s.Log.Format; f != "text" && f != "json" {
		bad("log.format", "%q: text or json", f)
	}
	if s.Retention.Log < 0 || s.Retention.Alerts < 0 {
		bad("retention", "times must not be negative; 0 keeps for good")
	}
	set(&s.Alarms.Profile, "adult")
	if _, err := alarm.Named(s.Alarms.Profile); err != nil {
		bad("alarms.profile", "%v", err)
	}
	if _, _, err := s.Notify.routes(); err != nil {
		errs = append(errs, err)
	}
	if err := s.checkReconcile(); err != nil {
		errs = append(errs, err)
	}
	names := map[string]bool{"admin": true}
	for i, k := range s.Keys {
		at := fmt.Sprintf("keys[%d]", i)
		switch {
		case k.Name == "":
			bad(at, "needs a name")
		case names[k.Name]:
			bad(at, "the name %q is taken", k.Name)
		}
		names[k.Name] = true
		if k.TokenFile == "" {
			bad(at, "needs a token_file")
		}
		if k.Scope != "" && k.Scope != "read" && k.Scope != "dry-run" {
			bad(at, "scope %q: read or dry-run", k.Scope)
		}
		if k.ReadingsPerSecond < 0 {
			bad(at, "readings_per_second must not be negative")
		}
	}
	for _, n := range []struct {
		key string
		v   float64
	}{
		{"quota.device_readings_per_second", s.Quota.DeviceReadingsPerSecond}, {"limits.body_bytes", float64(s.Limits.BodyBytes)},
		{"limits.import_bytes", float64(s.Limits.ImportBytes)}, {"limits.readings", float64(s.Limits.Readings)}, {"limits.connections", float64(s.Limits.Connections)},
	} {
		if n.v < 0 {
			bad(n.key, "must not be negative")
		}
	}
	if s.Debug.Listen != "" {
		if inside, err := loopback(s.Debug.Listen); err != nil || !inside {
			bad("debug.listen", "%q: profiles show what is in memory; write an address on loopback, such as 127.0.0.1:6060", s.Debug.Listen)
		}
	}
	for _, l := range []struct{ key, addr string }{{"listen", s.Listen}, {"mqtt.listen", s.MQTT.Listen}} {
		if l.addr == "" {
			continue
		}
		inside, err := loopback(l.addr)
		switch {
		case err != nil:
			bad(l.key, "%v", err)
		case inside:
		case s.InsecureLocal:
			bad("insecure_local", "%s %s is not on loopback: without tokens every listener must be (127.0.0.1, ::1, localhost)", l.key, l.addr)
		case s.TLS.Cert == "" && !s.AllowPlaintext:
			bad(l.key, "%s is not on loopback and there is no certificate: give --tls-cert and --tls-key, or --allow-plaintext if something in front of it encrypts", l.addr)
		}
	}
	return errors.Join(errs...)
}

// loopback reports whether an address to listen on is reachable from this
// machine alone.
func loopback(addr string) (bool, error) {
	host, _, err := net.SplitHostPort(addr)
	if err != nil {
		return false, fmt.Errorf("%q is no address: write host:port, such as 127.0.0.1:8080", addr)
	}
	if host == "localhost" {
		return true, nil
	}
	ip := net.ParseIP(host)
	return ip != nil && ip.IsLoopback(), nil
}
