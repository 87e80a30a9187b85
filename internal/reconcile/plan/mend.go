package plan

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"pleth/internal/reconcile"
)

// The actions that mend a finding.
const (
	Replay   = "replay"   // what A has is sent again the way it came
	Refetch  = "refetch"  // what A has is fetched by its key and put into B
	Remap    = "remap"    // a word gets an image in the status map
	Dedupe   = "dedupe"   // of several records in B one is kept
	Override = "override" // B gets values that two people agree on
	Void     = "void"     // what B has too much is taken out
)

// Actions returns all actions.
func Actions() []string { return []string{Replay, Refetch, Remap, Dedupe, Override, Void} }

// Step is one change of one record in B.
type Step struct {
	Action string            `json:"action"`
	Key    map[string]string `json:"key"`              // by the names of B
	Record map[string]string `json:"record,omitempty"` // what A has, by the names of B
	Null   []string          `json:"null,omitempty"`   // columns of the record that have no value
	Keep   string            `json:"keep,omitempty"`   // of a dedupe: first or last
	ID     string            `json:"id"`               // the same for the same change: doing it twice is doing it once
}

// Mender changes records of B. Apply must be safe to repeat.
type Mender interface {
	// Can says whether it knows an action.
	Can(action string) bool
	Apply(ctx context.Context, s Step) error
}

func (b *builder) mend(name string, set *MendSettings, p *Pair) {
	at := func(key ...string) []string { return append([]string{"pairs", name, "mend"}, key...) }
	p.Most, p.PerDay, p.After, p.Auto = set.Most, set.PerDay, time.Duration(set.After), map[reconcile.Class]string{}
	if p.Most == 0 {
		p.Most = 20
	}
	if p.PerDay == 0 {
		p.PerDay = 100
	}
	switch {
	case set.URL != "" && len(set.Statements) > 0:
		b.bad(at(), "either url or statements")
	case set.URL != "":
		token := ""
		if set.TokenFile != "" {
			var err error
			if token, err = secret(set.TokenFile); err != nil {
				b.bad(at("token_file"), "%v", err)
			}
		}
		p.Mender = &httpMender{set.URL, token, &http.Client{Timeout: 30 * time.Second, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}
	case len(set.Statements) > 0:
		p.Mender = b.statements(name, set)
	}
	for class, action := range set.Auto {
		if !slices.Contains([]string{Replay, Refetch, Dedupe}, action) {
			b.bad(at("auto", class), "%q: by itself only replay, refetch and dedupe may happen", action)
		}
		if p.Mender == nil || !p.Mender.Can(action) {
			b.bad(at("auto", class), "nothing here can %s: give url or a statement", action)
		}
		p.Auto[reconcile.Class(class)] = action
	}
}

// httpMender posts every step.
type httpMender struct {
	url, token string
	client     *http.Client
}

// Can implements Mender.
func (*httpMender) Can(action string) bool { return action != Remap }

// Apply implements Mender.
func (m *httpMender) Apply(ctx context.Context, s Step) error {
	body, err := json.Marshal(s)
	if err != nil {
		return err
	}
	for try := 1; ; try++ {
		again, err := m.post(ctx, s.ID, body)
		if err == nil || again <= 0 || try == mostPosts {
			return err
		}
		timer := time.NewTimer(again)
		select {
		case <-ctx.Done():
			timer.Stop()
			return errors.Join(err, ctx.Err())
		case <-timer.C:
		}
	}
}

// mostPosts is how often a step is sent to a system that is busy, and mostBusy
// how long it may want to be left alone between.
const (
	mostPosts = 4
	mostBusy  = 30 * time.Second
)

// post sends a step once; again says after how long it is of use to send it
// again, 0: never.
func (m *httpMender) post(ctx context.Context, id string, body []byte) (again time.Duration, err error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, m.url, bytes.NewReader(body))
	if err != nil {
		return 0, errors.New("the address that mends cannot be used")
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Idempotency-Key", id)
	if m.token != "" {
		req.Header.Set("Authorization", "Bearer "+m.token)
	}
	res, err := m.client.Do(req)
	if err != nil {
		return 0, errors.New("the system that mends cannot be reached")
	}
	defer res.Body.Close()
	_, _ = io.Copy(io.Discard, io.LimitReader(res.Body, 64<<10))
	switch {
	case res.StatusCode == http.StatusTooManyRequests || res.StatusCode == http.StatusServiceUnavailable:
		err = fmt.Errorf("the system that mends answers %s", res.Status)
		wait := time.Second
		if n, perr := strconv.ParseFloat(res.Header.Get("Retry-After"), 64); perr == nil && n > 0 && n <= mostBusy.Seconds() {
			wait = time.Duration(n * float64(time.Second))
		} else if res.Header.Get("Retry-After") != "" {
			wait = 0
		}
		return wait, err
	case res.StatusCode/100 != 2:
		return 0, fmt.Errorf("the system that mends answers %s", res.Status)
	case strings.HasPrefix(res.Header.Get("Content-Type"), "text/html"):
		return 0, errors.New("the system that mends answers with a page of HTML; of a login?")
	}
	return 0, nil
}

// sqlMender runs statements, each in a transaction of its own.
type sqlMender struct {
	db         *sql.DB
	kind       string
	statements map[string]string
}

var inStatement = regexp.MustCompile(`::?[A-Za-z_][A-Za-z0-9_]*`)

func (b *builder) statements(name string, set *MendSettings) Mender {
	at := func(key ...string) []string { return append([]string{"pairs", name, "mend"}, key...) }
	sys, ok := b.s.Systems[set.System]
	drivers := map[string]string{"postgres": "pgx", "mysql": "mysql", "sqlserver": "sqlserver", "sqlite": "sqlite"}
	if !ok || drivers[sys.Kind] == "" {
		b.bad(at("system"), "statements need a system that is a database")
		return nil
	}
	dsn := sys.Path
	if sys.Kind != "sqlite" {
		var err error
		if dsn, err = secret(sys.WriteDSNFile); err != nil {
			b.bad(at("system"), "statements need write_dsn_file of the system: %v", err)
			return nil
		}
	}
	for action := range set.Statements {
		if !slices.Contains(Actions(), action) || action == Remap {
			b.bad(at("statements", action), "no such action: %s", strings.Join(Actions(), ", "))
		}
	}
	db, err := sql.Open(drivers[sys.Kind], dsn)
	if err != nil {
		b.bad(at("system"), "the address of write_dsn_file cannot be read")
		return nil
	}
	db.SetMaxOpenConns(1)
	return &sqlMender{db, sys.Kind, maps.Clone(set.Statements)}
}

// Can implements Mender.
func (m *sqlMender) Can(action string) bool { return m.statements[action] != "" }

// Apply implements Mender.
func (m *sqlMender) Apply(ctx context.Context, s Step) error {
	var args []any
	missing := ""
	text := inStatement.ReplaceAllStringFunc(m.statements[s.Action], func(name string) string {
		if strings.HasPrefix(name, "::") {
			return name // a type
		}
		before := missing
		value, ok := s.Record[name[1:]]
		if !ok {
			if value, ok = s.Key[name[1:]]; !ok {
				missing = name
			}
		}
		if !ok && slices.Contains(s.Null, name[1:]) {
			args, missing = append(args, nil), before
		} else {
			args = append(args, value)
		}
		switch m.kind {
		case "postgres":
			return "$" + strconv.Itoa(len(args))
		case "sqlserver":
			return "@p" + strconv.Itoa(len(args))
		}
		return "?"
	})
	if missing != "" {
		return fmt.Errorf("the statement of %s names %s, which the record has not", s.Action, missing)
	}
	tx, err := m.db.BeginTx(ctx, nil)
	if err != nil {
		return errors.New("the database that mends cannot be reached")
	}
	if _, err := tx.ExecContext(ctx, text, args...); err != nil {
		return errors.Join(fmt.Errorf("the database refuses the statement of %s", s.Action), tx.Rollback())
	}
	if err := tx.Commit(); err != nil { // what the engine says may quote the record
		return fmt.Errorf("the database does not keep what the statement of %s did", s.Action)
	}
	return nil
}
