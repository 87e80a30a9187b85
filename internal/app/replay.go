package app

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"

	"pleth/internal/analysis"
	"pleth/internal/atomicfile"
	"pleth/internal/eventlog"
	logs "pleth/internal/eventlog/pebble"
	"pleth/internal/pebbledb"
	"pleth/internal/reading"
	"pleth/internal/road"
	onpebble "pleth/internal/road/pebble"
	"pleth/internal/sealed"
	chunks "pleth/internal/series/pebble"
	"pleth/internal/watch"
	alerts "pleth/internal/watch/pebble"
)

// ReplayOptions say what is rebuilt, and where.
type ReplayOptions struct {
	Data     string        // data directory of a stopped server
	Side     string        // folder for what is rebuilt; must not exist, or be empty
	KeyFile  string        // key of both; empty: nothing is encrypted
	Lateness time.Duration // as the server has it; 0: its default
	Alerts   time.Duration // how long alarms that are over are kept; 0: for good
	From, To time.Time     // event times that are compared; zero: no bound
	Rules    string        // version of the rules; empty: that of this program
}

// Replayed says what was rebuilt.
type Replayed struct {
	Partitions int   // streams and recordings
	Records    int64 // of the log
	Begins     int   // partitions whose log begins later than they did: its records were dropped
}

// sideFile says of a side store what it was made for.
const sideFile = "replay.json"

type sideJSON struct {
	From     int64  `json:"from"` // event times, nanoseconds; 0: no bound
	To       int64  `json:"to"`
	Lateness int64  `json:"lateness,omitempty"`
	Alerts   int64  `json:"alerts,omitempty"` // how long those that are over are kept, nanoseconds
	Rules    string `json:"rules"`
	Program  string `json:"program"`
}

// Replay copies the log of a data directory, which no server may be using, to a
// side store and builds there what follows from it: rows, state, sessions and
// alarms.
// The data directory stays as it is.
func Replay(ctx context.Context, program analysis.Program, o ReplayOptions) (out Replayed, err error) {
	if o.Rules != "" && !slices.Contains(analysis.RuleSets(), o.Rules) {
		return out, fmt.Errorf("--rules %s: this program knows these versions of the rules: %s; documents name theirs under generator.rules, take the program that made them", o.Rules, strings.Join(analysis.RuleSets(), ", "))
	}
	if files, err := os.ReadDir(o.Side); err == nil && len(files) > 0 || err != nil && !errors.Is(err, fs.ErrNotExist) {
		return out, fmt.Errorf("%s is not empty: what is rebuilt needs a folder of its own", o.Side)
	}
	from, done, err := openStopped(o.Data, o.KeyFile)
	if err != nil {
		return out, err
	}
	defer func() { err = errors.Join(err, done()) }()
	opts, err := storageKey(o.KeyFile)
	if err != nil {
		return out, err
	}
	side := filepath.Join(o.Side, "store")
	if err := copyLog(ctx, from, side, opts, &out); err != nil {
		return out, fmt.Errorf("copy the log: %w", err)
	}
	to, err := pebbledb.Open(side, opts)
	if err != nil {
		return out, err
	}
	defer func() { err = errors.Join(err, to.Close()) }()
	cfg, err := replayConfig(program, to, int64(o.Lateness), alerts.Open(to))
	if err != nil {
		return out, err
	}
	r, err := road.Replay(ctx, cfg, onpebble.Series{Store: chunks.Open(from)})
	if err != nil {
		return out, err
	}
	if err := r.Close(ctx); err != nil {
		return out, err
	}
	about := sideJSON{From: nanosOf(o.From), To: nanosOf(o.To), Lateness: int64(o.Lateness), Alerts: int64(o.Alerts), Rules: analysis.RuleSet, Program: program.Version}
	text, err := json.Marshal(about)
	if err != nil {
		return out, err
	}
	return out, atomicfile.Write(filepath.Join(o.Side, sideFile), func(w io.Writer) error {
		_, err := w.Write(append(text, '\n'))
		return err
	})
}

func nanosOf(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixNano()
}

// VerifyReplay compares a data directory, which no server may be using, with
// what Replay made of its log, of the event times that it was made for, byte for
// byte: see road.Compare. nil: they are equal.
func VerifyReplay(ctx context.Context, program analysis.Program, data, side, keyFile string) (_ *road.Difference, err error) {
	text, err := os.ReadFile(filepath.Join(side, sideFile))
	if err != nil {
		return nil, fmt.Errorf("--replay %s is no folder that pleth replay made: %w", side, err)
	}
	var about sideJSON
	if err := json.Unmarshal(text, &about); err != nil {
		return nil, fmt.Errorf("%s: %w", filepath.Join(side, sideFile), err)
	}
	a, done, err := openStopped(data, keyFile)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, done()) }()
	opts, err := storageKey(keyFile)
	if err != nil {
		return nil, err
	}
	opts.ReadOnly = true
	b, err := pebbledb.Open(filepath.Join(side, "store"), opts)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, b.Close()) }()
	var roads [2]*road.Road
	var judged [2]watch.Store
	for i, db := range [...]*pebbledb.DB{a, b} {
		judged[i] = &watch.Aside{Under: alerts.Open(db)}
		cfg, err := replayConfig(program, db, about.Lateness, judged[i])
		if err != nil {
			return nil, err
		}
		cfg.Series, cfg.SealRows = frozen{cfg.Series.(onpebble.Series)}, 1<<30
		if roads[i], err = road.Replay(ctx, cfg, onpebble.Series{Store: chunks.Open(a)}); err != nil {
			return nil, err
		}
		defer func() { _ = roads[i].Close(context.WithoutCancel(ctx)) }() // it has nothing to finish
	}
	if d, err := road.Compare(ctx, roads[0], roads[1], about.From, about.To); d != nil || err != nil {
		return d, err
	}
	return compareAlarms(logs.Open(b), judged[0], judged[1], &about)
}

// So much of an alarm is shown before and behind the first byte that differs.
const shownBefore, shownBehind = 40, 40

// compareAlarms returns the first alarm in which what is stored and what was
// rebuilt differ. Alarms of a log that does not begin at its beginning are left
// out, and those that the server may have deleted.
func compareAlarms(log *logs.Log, stored, rebuilt watch.Store, about *sideJSON) (*road.Difference, error) {
	whole := map[reading.Partition]bool{}
	err := log.Partitions(func(p reading.Partition, first, _ eventlog.Offset) error {
		whole[p] = first == 0
		return nil
	})
	if err != nil {
		return nil, err
	}
	have, got, err := watch.FirstDifference(stored, rebuilt, func(a *watch.Alert) bool {
		return !whole[a.Partition()] || about.Alerts != 0 && a.Ended() != 0 || about.From != 0 && a.Onset < about.From || about.To != 0 && a.Onset >= about.To
	})
	a := cmp.Or(have, got)
	if a == nil || err != nil {
		return nil, err
	}
	d := &road.Difference{Partition: a.Partition(), What: "alarm " + a.ID + " (" + a.Rule.ID + ")", Time: a.Onset, Byte: -1}
	text := func(a *watch.Alert) string {
		b, _ := json.Marshal(a) // it was read from JSON
		return string(b)
	}
	switch {
	case got == nil:
		d.Have = have.State()
	case have == nil:
		d.Got = got.State()
	default:
		x, y := text(have), text(got)
		n := 0
		for n < min(len(x), len(y)) && x[n] == y[n] {
			n++
		}
		part := func(s string) string { return "… " + s[max(0, n-shownBefore):min(len(s), n+shownBehind)] + " …" }
		d.Have, d.Got, d.Byte, d.In = part(x), part(y), int64(n), "the alarm"
	}
	return d, nil
}

// frozen is a series that is read only.
type frozen struct{ onpebble.Series }

// Commit implements road.Series.
func (frozen) Commit(*road.Sealed) error { return road.ErrReadOnly }

// replayConfig is the configuration of a server for the stores in db, whose
// alarms go into judged.
func replayConfig(program analysis.Program, db *pebbledb.DB, lateness int64, judged watch.Store) (road.Config, error) {
	settings := analysis.Settings{Config: analysis.Config{ODI: "abosa"}}
	err := settings.Resolve()
	w := watch.New(watch.Config{Store: judged, Lateness: lateness})
	return road.Config{Log: onpebble.Log{Log: logs.Open(db)}, Series: onpebble.Series{Store: chunks.Open(db)}, Lateness: lateness, Program: program, Settings: settings, Follow: w.Follow}, err
}

// storageKey returns the options for a storage under a key.
func storageKey(keyFile string) (o pebbledb.Options, err error) {
	if keyFile == "" {
		return o, nil
	}
	key, err := sealed.Load(keyFile)
	if err != nil {
		return o, fmt.Errorf("--key-file: %w", err)
	}
	o.Key = key.Derive("storage").Bytes()
	return o, nil
}

// openStopped opens the storage of a stopped server for reading.
func openStopped(data, keyFile string) (db *pebbledb.DB, done func() error, err error) {
	lock, err := vfs.Default.Lock(filepath.Join(data, "lock"))
	if cannot := (*fs.PathError)(nil); errors.As(err, &cannot) && !errors.Is(err, fs.ErrNotExist) {
		return nil, nil, fmt.Errorf("--data %s: its lock cannot be taken: %w", data, err)
	}
	if err != nil {
		return nil, nil, fmt.Errorf("--data %s: a pleth is running on this directory, or there is none: stop it first (%w)", data, err)
	}
	opts, err := storageKey(keyFile)
	if err == nil {
		opts.ReadOnly = true
		db, err = pebbledb.Open(filepath.Join(data, "store"), opts)
	}
	if err != nil {
		return nil, nil, errors.Join(err, lock.Close())
	}
	return db, func() error { return errors.Join(db.Close(), lock.Close()) }, nil
}

// copiedAtOnce is about how many bytes of the log are written at a time.
const copiedAtOnce = 4 << 20

// copyLog copies the directory of partitions and the log of a storage to a new
// one, as they are.
func copyLog(ctx context.Context, from *pebbledb.DB, dir string, opts pebbledb.Options, out *Replayed) (err error) {
	to, err := pebbledb.Open(dir, opts)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, to.Close()) }()
	batch := to.NewBatch()
	defer func() { _ = batch.Close() }()
	for _, prefix := range [...]pebbledb.Prefix{pebbledb.PartitionEntry, pebbledb.LogRecord, pebbledb.LogEnd} {
		err := from.Walk([]byte{byte(prefix)}, func(key, value []byte) error {
			if err := batch.Set(key, value, nil); err != nil {
				return err
			}
			if batch.Len() < copiedAtOnce {
				return ctx.Err()
			}
			if err := to.Apply(batch, false); err != nil {
				return err
			}
			batch.Reset()
			return ctx.Err()
		}, func(key, _ []byte, err error) error {
			return fmt.Errorf("key %x: %w; pleth fsck says what is damaged", key, err)
		})
		if err != nil {
			return err
		}
	}
	if err := to.Apply(batch, true); err != nil {
		return err
	}
	return logs.Open(from).Partitions(func(_ reading.Partition, first, next eventlog.Offset) error {
		out.Partitions++
		out.Records += int64(next - first)
		if first > 0 {
			out.Begins++
		}
		return nil
	})
}
