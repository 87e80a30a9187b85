package deadletter

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/klauspost/compress/zstd"

	"pleth/internal/groupcommit"
	"pleth/internal/intake/readings"
	"pleth/internal/sealed"
	"pleth/internal/sqlitefile"
)

//go:embed migrations/*.sql
var migrations embed.FS

// DefaultLimit is the bytes that letters take at most where nothing else is
// said: 1 GiB.
const DefaultLimit = 1 << 30

// What one letter and one write hold at most, about.
const (
	perLetter = 1000    // readings
	perWrite  = 8 << 20 // bytes
)

// forLetter and forWho bind sealed bytes to their place.
const (
	forLetter = "dead letter"
	forWho    = "dead letter who"
)

// Store keeps letters in an SQLite file. It is safe for concurrent use.
type Store struct {
	file  *sqlitefile.File
	hash  sealed.Key
	box   *sealed.Box
	clock func() int64
	limit int64
	pack  *zstd.Encoder
	group *groupcommit.Group[[]row, error]

	mu                       sync.Mutex // held while letters are written or dropped
	letters, readings, bytes atomic.Int64
	full                     atomic.Bool
}

// row is a letter to be written.
type row struct {
	Letter
	hash   []byte
	sealed []byte
}

// Open opens or creates the file at path. Letters are sealed under key; limit
// is the bytes they take at most, 0 for DefaultLimit; clock gives nanoseconds
// UTC.
func Open(ctx context.Context, path string, key sealed.Key, limit int64, clock func() int64) (*Store, error) {
	files, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return nil, err
	}
	file, err := sqlitefile.Open(ctx, path, files)
	if err != nil {
		return nil, fmt.Errorf("dead letters: %w", err)
	}
	pack, err := zstd.NewWriter(nil, zstd.WithEncoderConcurrency(1), zstd.WithEncoderLevel(zstd.SpeedFastest))
	if err != nil {
		return nil, errors.Join(err, file.Close())
	}
	if limit == 0 {
		limit = DefaultLimit
	}
	s := under(key)
	s.file, s.clock, s.limit, s.pack = file, clock, limit, pack
	if err := s.count(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("dead letters: %w", err), file.Close())
	}
	s.group = groupcommit.New(perWrite, func(rows []row) (n int) {
		for _, r := range rows {
			n += r.Size
		}
		return n
	}, s.write)
	return s, nil
}

// under returns a store that seals and names letters under key, and has no file.
func under(key sealed.Key) *Store {
	key = key.Derive("dead letters")
	return &Store{hash: key.Derive("hash"), box: sealed.NewBox(key)}
}

func failed(err error) error { return fmt.Errorf("%w: %w", ErrStore, err) }

// Close waits for the write under way and closes the file.
func (s *Store) Close() error {
	s.group.Close()
	return s.file.Close()
}

// count takes the state from the file.
func (s *Store) count(ctx context.Context) error {
	var letters, number, bytes int64
	err := s.file.Write.QueryRowContext(ctx, `SELECT count(*), coalesce(sum(readings), 0), coalesce(sum(size), 0) FROM letter`).Scan(&letters, &number, &bytes)
	s.letters.Store(letters)
	s.readings.Store(number)
	s.bytes.Store(bytes)
	return err
}

// State returns how full the store is.
func (s *Store) State() State {
	return State{Letters: s.letters.Load(), Readings: s.readings.Load(), Bytes: s.bytes.Load(), Limit: s.limit, Full: s.full.Load()}
}

// Put keeps what was refused of body, durable on return. The same bytes again
// count up the letter that holds them. Where they do not fit it returns
// ErrFull and keeps nothing of them.
func (s *Store) Put(ctx context.Context, door string, received int64, body []byte, refused []readings.Refusal) error {
	if len(refused) == 0 {
		return nil
	}
	byDevice := map[string][]readings.Refusal{}
	var order []string // devices, by first refusal
	for _, r := range refused {
		if _, ok := byDevice[r.Device]; !ok {
			order = append(order, r.Device)
		}
		byDevice[r.Device] = append(byDevice[r.Device], r)
	}
	var rows []row
	for _, device := range order {
		for part := range slices.Chunk(byDevice[device], perLetter) {
			r, err := s.letter(door, device, received, body, part)
			if err != nil {
				return err
			}
			rows = append(rows, r)
		}
	}
	wrong, err := s.group.Do(ctx, rows)
	if errors.Is(err, groupcommit.ErrClosed) {
		return ErrClosed
	}
	return errors.Join(err, wrong)
}

// letter makes the row of what one device had refused.
func (s *Store) letter(door, device string, received int64, body []byte, refused []readings.Refusal) (row, error) {
	r := row{Letter: Letter{Received: received, Latest: received, Times: 1, Door: door, Device: device, Readings: len(refused)}}
	items := make([]Item, len(refused))
	for i, f := range refused {
		items[i] = Item{Index: f.Index, Bytes: body[f.From:f.To], Problems: f.Problems}
		for _, p := range f.Problems {
			r.Codes = append(r.Codes, p.Code)
		}
	}
	slices.Sort(r.Codes)
	r.Codes = slices.Compact(r.Codes)
	r.hash = s.nameOf(door, device, items)
	text, err := pack(items)
	if err != nil {
		return row{}, err
	}
	r.sealed = s.box.Seal(s.pack.EncodeAll(text, nil), forLetter)
	r.Size = len(r.sealed)
	return r, nil
}

// write keeps the letters of all callers in one transaction. The result of a
// caller is nil or ErrFull.
func (s *Store) write(all [][]row) ([]error, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	results := make([]error, len(all))
	ctx := context.Background() // not that of one of those who wait
	var letters, number int64
	bytes := s.bytes.Load()
	err := s.file.InTx(ctx, func(tx *sql.Tx) error {
		again, err := tx.PrepareContext(ctx, `UPDATE letter SET times = times + 1, latest = max(latest, ?) WHERE hash = ?`)
		if err != nil {
			return err
		}
		defer again.Close()
		insert, err := tx.PrepareContext(ctx, `INSERT INTO letter (hash, received, latest, door, device, codes, readings, size, sealed) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`)
		if err != nil {
			return err
		}
		defer insert.Close()
		for i, rows := range all {
			fits := true
			size := int64(0)
			for _, r := range rows {
				size += int64(r.Size)
			}
			// What is there already takes no room, but to know that costs a
			// look each: only where it is tight.
			if bytes+size > s.limit {
				if size, err = s.missing(ctx, tx, rows); err != nil {
					return err
				}
				fits = bytes+size <= s.limit
			}
			if !fits {
				results[i] = ErrFull
				continue
			}
			for _, r := range rows {
				done, err := again.ExecContext(ctx, r.Latest, r.hash)
				if err != nil {
					return err
				}
				if n, err := done.RowsAffected(); err != nil {
					return err
				} else if n > 0 {
					continue
				}
				if _, err := insert.ExecContext(ctx, r.hash, r.Received, r.Latest, r.Door, r.Device, joinCodes(r.Codes), r.Readings, r.Size, r.sealed); err != nil {
					return err
				}
				letters, number, bytes = letters+1, number+int64(r.Readings), bytes+int64(r.Size)
			}
		}
		return nil
	})
	if err != nil {
		return nil, failed(err)
	}
	s.letters.Add(letters)
	s.readings.Add(number)
	s.bytes.Store(bytes)
	if slices.Contains(results, ErrFull) {
		s.full.Store(true)
	}
	return results, nil
}

// missing returns the size of those rows that are not there yet.
func (s *Store) missing(ctx context.Context, tx *sql.Tx, rows []row) (size int64, err error) {
	for _, r := range rows {
		var one int
		switch err := tx.QueryRowContext(ctx, `SELECT 1 FROM letter WHERE hash = ?`, r.hash).Scan(&one); {
		case errors.Is(err, sql.ErrNoRows):
			size += int64(r.Size)
		case err != nil:
			return 0, err
		}
	}
	return size, nil
}

// joinCodes writes codes so that each can be found between blanks.
func joinCodes(codes []readings.Code) string {
	var b strings.Builder
	b.WriteByte(' ')
	for _, c := range codes {
		b.WriteString(string(c))
		b.WriteByte(' ')
	}
	return b.String()
}
