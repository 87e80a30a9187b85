package notify

import (
	"context"
	"database/sql"
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"maps"
	"math/rand/v2"
	"slices"
	"sync"
	"time"

	"pleth/internal/alarm"
	"pleth/internal/sealed"
	"pleth/internal/sqlitefile"
)

//go:embed migrations/*.sql
var migrations embed.FS

// Retries: the wait doubles from first to longest, and after giveUp the
// delivery is given up, which is an alarm of its own.
const (
	firstRetry   = 5 * time.Second
	longestRetry = 15 * time.Minute
	giveUp       = 24 * time.Hour
)

// Outbox keeps every message until its channels have accepted it. It is safe
// for concurrent use. Messages of one alarm go to a channel one after the
// other, so that a resolve never overtakes its trigger.
type Outbox struct {
	file     *sqlitefile.File
	box      *sealed.Box
	channels map[string]Channel
	log      *slog.Logger
	mu       sync.Mutex
	wake     chan struct{} // closed and replaced when something comes
	stop     context.CancelFunc
	done     sync.WaitGroup
	first    time.Duration
	outcome  func(Delivery)
}

// Delivery is the record of one message on one channel.
type Delivery struct {
	Message  Message
	Channel  string
	State    string // "waiting", "delivered", "given_up"
	Created  time.Time
	Due      time.Time // of the next attempt, while it waits
	Ended    time.Time // zero while it waits
	Receipt  string
	Attempts []Attempt
}

// Attempt is one try to deliver.
type Attempt struct {
	At    time.Time
	Error string // empty: accepted
}

// OpenOutbox opens or creates the outbox in the file at path and begins to
// deliver what waits in it. Messages, receipts and what went wrong are sealed
// under key. outcome is called for every delivery that ends, delivered or given
// up, by the goroutine of its channel; nil: nobody wants to know.
func OpenOutbox(ctx context.Context, path string, key sealed.Key, channels map[string]Channel, log *slog.Logger, outcome func(Delivery)) (*Outbox, error) {
	sub, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return nil, err
	}
	file, err := sqlitefile.Open(ctx, path, sub)
	if err != nil {
		return nil, err
	}
	if outcome == nil {
		outcome = func(Delivery) {}
	}
	running, stop := context.WithCancel(context.Background())
	o := &Outbox{file: file, box: sealed.NewBox(key.Derive("outbox")), channels: channels, log: log, wake: make(chan struct{}), stop: stop, first: firstRetry, outcome: outcome}
	if err := o.sealAll(ctx); err != nil {
		stop()
		return nil, errors.Join(err, file.Close())
	}
	for _, name := range slices.Sorted(maps.Keys(channels)) {
		o.done.Go(func() { o.deliver(running, name) })
	}
	return o, nil
}

// Close ends deliveries; what waits is delivered after the next OpenOutbox.
func (o *Outbox) Close() error {
	o.stop()
	o.done.Wait()
	return o.file.Close()
}

// stored is a message with the field that its JSON leaves out.
type stored struct {
	Message
	Level alarm.Priority `json:"level"`
}

// Put takes m for the named channels. It is durable when Put returns; putting
// the same message twice is putting it once.
func (o *Outbox) Put(ctx context.Context, m Message, channels ...string) error {
	for _, c := range channels {
		if o.channels[c] == nil {
			return fmt.Errorf("there is no channel %q", c)
		}
	}
	body, err := json.Marshal(stored{m, m.Priority})
	if err != nil {
		return err
	}
	now := time.Now().UnixNano()
	err = o.file.InTx(ctx, func(tx *sql.Tx) error {
		for _, c := range channels {
			if _, err := tx.ExecContext(ctx, `INSERT INTO deliveries (message, channel, alarm, body, state, created, due) VALUES (?, ?, ?, ?, 'waiting', ?, ?)
				ON CONFLICT (message, channel) DO NOTHING`, m.ID, c, m.Alarm, o.seal(string(body)), now, now); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	o.poke()
	return nil
}

// poke tells every worker that something has come.
func (o *Outbox) poke() {
	o.mu.Lock()
	defer o.mu.Unlock()
	close(o.wake)
	o.wake = make(chan struct{})
}

// woken returns a channel that closes when something comes.
func (o *Outbox) woken() chan struct{} {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.wake
}

// deliver is the worker of one channel.
func (o *Outbox) deliver(ctx context.Context, name string) {
	for ctx.Err() == nil {
		wake := o.woken()
		next, err := o.once(ctx, name)
		if err != nil && ctx.Err() == nil {
			o.log.Error("the outbox cannot be read or written; deliveries wait", "channel", name, "error", err)
			next = time.Now().Add(time.Second)
		}
		wait := time.Hour
		if !next.IsZero() {
			wait = max(0, time.Until(next))
		}
		timer := time.NewTimer(wait)
		select {
		case <-ctx.Done():
		case <-wake:
		case <-timer.C:
		}
		timer.Stop()
	}
}

// once tries what is due and returns when the next is; zero: nothing waits.
func (o *Outbox) once(ctx context.Context, name string) (time.Time, error) {
	for {
		var number, due, created int64
		var attempts int
		var body string
		// The first of each alarm that still waits, by its due time.
		err := o.file.Write.QueryRowContext(ctx, `SELECT number, due, created, attempts, body FROM deliveries AS d WHERE state = 'waiting' AND channel = ?
			AND NOT EXISTS (SELECT 1 FROM deliveries WHERE alarm = d.alarm AND channel = d.channel AND state = 'waiting' AND number < d.number)
			ORDER BY due, number LIMIT 1`, name).Scan(&number, &due, &created, &attempts, &body)
		if errors.Is(err, sql.ErrNoRows) {
			return time.Time{}, nil
		}
		if err != nil {
			return time.Time{}, err
		}
		if at := time.Unix(0, due); time.Now().Before(at) {
			return at, nil
		}
		m, err := o.message(body)
		if err != nil {
			return time.Time{}, err
		}
		if err := o.attempt(ctx, name, number, created, attempts, &m); err != nil {
			return time.Time{}, err
		}
	}
}

// attempt tries to deliver m and writes down what came of it.
func (o *Outbox) attempt(ctx context.Context, name string, number, created int64, attempts int, m *Message) error {
	try, cancel := context.WithTimeout(ctx, timeout)
	receipt, err := o.channels[name].Send(try, m)
	cancel()
	if ctx.Err() != nil {
		return ctx.Err() // it is tried again: twice is no worse than once
	}
	now := time.Now()
	state, due, fault := "delivered", now, sql.NullString{}
	if err != nil {
		fault = sql.NullString{String: err.Error(), Valid: true}
		wait := min(longestRetry, o.first<<min(attempts, 20))
		wait += time.Duration(rand.Int64N(int64(wait)/5 + 1)) // so that many do not come back at once
		r := Refused(err)
		if r != nil {
			wait = max(wait, r.After)
		}
		state, due = "waiting", now.Add(wait)
		if r != nil && r.Final || now.Sub(time.Unix(0, created)) > giveUp {
			state = "given_up"
		}
	}
	err = o.file.InTx(ctx, func(tx *sql.Tx) error {
		ended := sql.NullInt64{Int64: now.UnixNano(), Valid: state != "waiting"}
		if _, err := tx.ExecContext(ctx, `UPDATE deliveries SET state = ?, attempts = attempts + 1, due = ?, ended = ?, receipt = ? WHERE number = ?`, state, due.UnixNano(), ended, o.seal(receipt), number); err != nil {
			return err
		}
		_, err := tx.ExecContext(ctx, `INSERT INTO attempts (delivery, at, error) VALUES (?, ?, ?)`, number, now.UnixNano(), sql.NullString{String: o.seal(fault.String), Valid: fault.Valid})
		return err
	})
	if err == nil && state == "given_up" {
		o.log.Error("a message was given up", "channel", name, "message", m.ID, "error", fault.String)
	}
	if err == nil && state != "waiting" {
		o.outcome(Delivery{Message: *m, Channel: name, State: state, Created: time.Unix(0, created), Ended: now, Receipt: receipt})
	}
	return err
}

// Deliveries returns what was and is delivered of an alarm, in order; of an
// empty name of everything, the last limit ones.
func (o *Outbox) Deliveries(ctx context.Context, alarmName string, limit int) ([]Delivery, error) {
	rows, err := o.file.Read.QueryContext(ctx, `SELECT number, channel, body, state, created, due, ended, receipt FROM deliveries
		WHERE ? = '' OR alarm = ? ORDER BY number DESC LIMIT ?`, alarmName, alarmName, limit)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var out []Delivery
	var numbers []int64
	for rows.Next() {
		var d Delivery
		var number, created, due int64
		var ended sql.NullInt64
		var receipt sql.NullString
		var body string
		if err := rows.Scan(&number, &d.Channel, &body, &d.State, &created, &due, &ended, &receipt); err != nil {
			return nil, err
		}
		if d.Message, err = o.message(body); err != nil {
			return nil, err
		}
		if d.Receipt, err = o.open(receipt.String); err != nil {
			return nil, err
		}
		d.Created = time.Unix(0, created)
		if ended.Valid {
			d.Ended = time.Unix(0, ended.Int64)
		} else {
			d.Due = time.Unix(0, due)
		}
		out, numbers = append(out, d), append(numbers, number)
	}
	if err := rows.Err(); err != nil {
		return nil, err
	}
	for i, n := range numbers {
		if out[i].Attempts, err = o.tries(ctx, n); err != nil {
			return nil, err
		}
	}
	slices.Reverse(out)
	return out, nil
}

func (o *Outbox) tries(ctx context.Context, number int64) ([]Attempt, error) {
	rows, err := o.file.Read.QueryContext(ctx, `SELECT at, error FROM attempts WHERE delivery = ? ORDER BY at`, number)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var out []Attempt
	for rows.Next() {
		var at int64
		var fault sql.NullString
		if err := rows.Scan(&at, &fault); err != nil {
			return nil, err
		}
		text, err := o.open(fault.String)
		if err != nil {
			return nil, err
		}
		out = append(out, Attempt{time.Unix(0, at), text})
	}
	return out, rows.Err()
}
