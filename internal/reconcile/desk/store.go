package desk

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"strings"
	"time"

	"pleth/internal/reconcile"
	"pleth/internal/sealed"
	"pleth/internal/sqlitefile"
)

//go:embed migrations/*.sql
var migrations embed.FS

// store keeps everything in one SQLite file.
type store struct {
	file *sqlitefile.File
	box  *sealed.Box // nil: in plain
	key  sealed.Key
}

func openStore(ctx context.Context, path string, key sealed.Key) (*store, error) {
	files, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return nil, err
	}
	file, err := sqlitefile.Open(ctx, path, files)
	if err != nil {
		return nil, err
	}
	s := &store{file: file, key: key}
	if !key.IsZero() {
		s.box = sealed.NewBox(key)
	}
	return s, nil
}

func (s *store) close() error { return s.file.Close() }

// seal writes v as JSON, sealed for a context.
func (s *store) seal(v any, context string) ([]byte, error) {
	b, err := json.Marshal(v)
	if err == nil && s.box != nil {
		b = s.box.Seal(b, context)
	}
	return b, err
}

func (s *store) open(b []byte, context string, v any) error {
	if s.box != nil {
		var err error
		if b, err = s.box.Open(b, context); err != nil {
			return err
		}
	}
	return json.Unmarshal(b, v)
}

// hash names a key of a record without telling it.
func (s *store) hash(key []string) []byte {
	b, _ := json.Marshal(key)
	sum := sha256.Sum256(b)
	if s.box != nil {
		sum = s.key.Index(b)
	}
	return sum[:]
}

// state is what is known of an integration between checks.
type state struct {
	Checked     time.Time                    `json:"checked,omitzero"`    // the last one that did not fail
	Tried       time.Time                    `json:"tried,omitzero"`      // the last one
	Failed      string                       `json:"failed,omitempty"`    // why it failed
	FullAt      time.Time                    `json:"full_at,omitzero"`    // the last whole one
	FullNext    time.Time                    `json:"full_next,omitzero"`  // of a whole one under way: where it goes on
	FullBegan   time.Time                    `json:"full_began,omitzero"` //
	LastGood    time.Time                    `json:"last_good,omitzero"`  // when it was green last
	PausedUntil time.Time                    `json:"paused_until,omitzero"`
	LastA       time.Time                    `json:"last_a,omitzero"` // the newest records
	LastB       time.Time                    `json:"last_b,omitzero"`
	Kinds       [2]map[string]string         `json:"kinds"`            // what columns hold, by name
	Remaps      map[string]map[string]string `json:"remaps,omitempty"` // images that were added, by column
	P50         time.Duration                `json:"p50"`
	P99         time.Duration                `json:"p99"`
	Rate        float64                      `json:"rate"`
	Note        string                       `json:"note,omitempty"`
	NotSetUp    bool                         `json:"not_set_up,omitempty"`
	Colour      Colour                       `json:"colour,omitempty"`
	Since       time.Time                    `json:"since,omitzero"` // of the colour
	Why         string                       `json:"why,omitempty"`
	Rows        [2]int64                     `json:"rows"`             // of the last check
	Mended      map[string]int               `json:"mended,omitempty"` // by themselves, by day
	Hints       []reconcile.Hint             `json:"hints,omitempty"`  // of the last check that did not fail
}

func (s *store) load(ctx context.Context, name string, into *state) error {
	var b []byte
	err := s.file.Read.QueryRowContext(ctx, `SELECT state FROM integration WHERE name = ?`, name).Scan(&b)
	if errors.Is(err, sql.ErrNoRows) {
		return nil
	}
	if err != nil {
		return err
	}
	return s.open(b, "state "+name, into)
}

// execer is a transaction or the connection that writes.
type execer interface {
	ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error)
}

func (s *store) put(ctx context.Context, tx execer, name string, st *state) error {
	b, err := s.seal(st, "state "+name)
	if err != nil {
		return err
	}
	_, err = tx.ExecContext(ctx, `INSERT INTO integration (name, state) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET state = excluded.state`, name, b)
	return err
}

func (s *store) save(ctx context.Context, name string, st *state) error {
	return s.put(ctx, s.file.Write, name, st)
}

// Finding is one thing that is wrong, with its life.
type Finding struct {
	ID          string `json:"id"`
	Integration string `json:"integration"`
	reconcile.Finding
	First     time.Time `json:"first_seen"`
	Last      time.Time `json:"last_seen"`
	Due       time.Time `json:"confirmed_at"` // from then on it is a fault; before it may still come right
	Closed    time.Time `json:"closed,omitzero"`
	Incident  int64     `json:"incident,omitempty"`
	Confirmed bool      `json:"confirmed"`
	Accepted  bool      `json:"accepted,omitempty"` // by a person, with its incident
}

// standing reports whether the finding is a fault: it was still seen when its
// grace was over. Time alone confirms nothing.
func (f *Finding) standing() bool { return !f.Due.After(f.Last) }

const findingColumns = `integration, id, first, last, due, closed, incident, body`

// findings reads findings by a condition. One that begins with "closed IS NULL"
// reads those alone that are open: the planner would read all of an integration.
func (s *store) findings(ctx context.Context, where string, args ...any) ([]Finding, error) {
	from := "finding"
	if strings.HasPrefix(where, "closed IS NULL AND integration ") {
		from += " INDEXED BY finding_open"
	}
	rows, err := s.file.Read.QueryContext(ctx, `SELECT `+findingColumns+` FROM `+from+` WHERE `+where, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var out []Finding
	for rows.Next() {
		var f Finding
		var first, last, due int64
		var closed, incident sql.NullInt64
		var body []byte
		if err := rows.Scan(&f.Integration, &f.ID, &first, &last, &due, &closed, &incident, &body); err != nil {
			return nil, err
		}
		if err := s.open(body, "finding "+f.Integration+" "+f.ID, &f.Finding); err != nil {
			return nil, err
		}
		f.First, f.Last, f.Due, f.Incident = at(first), at(last), at(due), incident.Int64
		if closed.Valid {
			f.Closed = at(closed.Int64)
		}
		out = append(out, f)
	}
	return out, rows.Err()
}

func at(ns int64) time.Time { return time.Unix(0, ns).UTC() }

func (s *store) putFinding(ctx context.Context, tx execer, f *Finding) error {
	body, err := s.seal(&f.Finding, "finding "+f.Integration+" "+f.ID)
	if err != nil {
		return err
	}
	closed := sql.NullInt64{Int64: f.Closed.UnixNano(), Valid: !f.Closed.IsZero()}
	incident := sql.NullInt64{Int64: f.Incident, Valid: f.Incident != 0}
	_, err = tx.ExecContext(ctx, `INSERT INTO finding (integration, id, class, channel, day, key_hash, first, last, due, closed, incident, body) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT (integration, id, first) DO UPDATE SET last = excluded.last, due = excluded.due, closed = excluded.closed, incident = excluded.incident, body = excluded.body, day = excluded.day`,
		f.Integration, f.ID, string(f.Class), f.Channel, f.Day, s.hash(f.Key), f.First.UnixNano(), f.Last.UnixNano(), f.Due.UnixNano(), closed, incident, body)
	return err
}

// BucketState is a bucket as the last check saw it.
type BucketState struct {
	Day     string      `json:"day,omitempty"`
	Channel string      `json:"channel,omitempty"`
	A       int64       `json:"a"`
	B       int64       `json:"b"`
	Sums    [][2]string `json:"sums"` // by measure, A and B
	Equal   bool        `json:"equal"`
	Digests [2]string   `json:"digests"`
	Checked time.Time   `json:"checked"`
}

func (s *store) putBucket(ctx context.Context, tx execer, name string, b *BucketState) error {
	sums, err := json.Marshal(b.Sums)
	if err != nil {
		return err
	}
	_, err = tx.ExecContext(ctx, `INSERT INTO bucket (integration, day, channel, a, b, sums, equal, digest_a, digest_b, checked) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT (integration, day, channel) DO UPDATE SET a = excluded.a, b = excluded.b, sums = excluded.sums, equal = excluded.equal, digest_a = excluded.digest_a, digest_b = excluded.digest_b, checked = excluded.checked`,
		name, b.Day, b.Channel, b.A, b.B, string(sums), b.Equal, b.Digests[0], b.Digests[1], b.Checked.UnixNano())
	return err
}

func (s *store) buckets(ctx context.Context, name, from, to string) ([]BucketState, error) {
	rows, err := s.file.Read.QueryContext(ctx, `SELECT day, channel, a, b, sums, equal, digest_a, digest_b, checked FROM bucket WHERE integration = ? AND day >= ? AND day <= ? ORDER BY day, channel`, name, from, to)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var out []BucketState
	for rows.Next() {
		var b BucketState
		var sums string
		var checked int64
		if err := rows.Scan(&b.Day, &b.Channel, &b.A, &b.B, &sums, &b.Equal, &b.Digests[0], &b.Digests[1], &checked); err != nil {
			return nil, err
		}
		if err := json.Unmarshal([]byte(sums), &b.Sums); err != nil {
			return nil, err
		}
		b.Checked = at(checked)
		out = append(out, b)
	}
	return out, rows.Err()
}

// putRun keeps a check. Clean ones, and those of what is not set up, are
// forgotten after three days, all others after 400.
func (s *store) putRun(ctx context.Context, tx execer, c *Check) error {
	body, err := s.seal(c, "run "+c.Integration)
	if err != nil {
		return err
	}
	res, err := tx.ExecContext(ctx, `INSERT INTO run (integration, started, ended, colour, body) VALUES (?, ?, ?, ?, ?)`, c.Integration, c.Started.UnixNano(), c.Ended.UnixNano(), string(c.Colour), body)
	if err != nil {
		return err
	}
	if c.ID, err = res.LastInsertId(); err != nil {
		return err
	}
	if rand.IntN(64) == 0 { // ids would leave integrations out whose turn is always the same
		_, err = tx.ExecContext(ctx, `DELETE FROM run WHERE integration = ? AND (started < ? AND colour IN ('green', 'grey') OR started < ?)`, c.Integration, c.Started.Add(-72*time.Hour).UnixNano(), c.Started.AddDate(0, 0, -400).UnixNano())
		if err == nil {
			_, err = tx.ExecContext(ctx, `DELETE FROM delay WHERE integration = ? AND slot < ?`, c.Integration, c.Started.AddDate(0, 0, -delayDays).UnixNano()/int64(delaySlot))
		}
	}
	return err
}

func (s *store) runs(ctx context.Context, name string, limit int) ([]Check, error) {
	rows, err := s.file.Read.QueryContext(ctx, `SELECT id, body FROM run WHERE integration = ? ORDER BY started DESC, id DESC LIMIT ?`, name, limit)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var out []Check
	for rows.Next() {
		var c Check
		var id int64
		var body []byte
		if err := rows.Scan(&id, &body); err != nil {
			return nil, err
		}
		if err := s.open(body, "run "+name, &c); err != nil {
			return nil, fmt.Errorf("check %d: %w", id, err)
		}
		c.ID = id
		out = append(out, c)
	}
	return out, rows.Err()
}
