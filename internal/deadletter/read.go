package deadletter

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/klauspost/compress/zstd"

	"pleth/internal/intake/readings"
)

// most is how large a letter may be when it is unpacked.
const most = 1 << 30

var unpack, _ = zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(most))

const columns = `SELECT number, received, latest, times, door, device, codes, readings, size,
	(SELECT count(*) FROM attempt WHERE letter = number),
	coalesce((SELECT refused = 0 FROM attempt WHERE letter = number ORDER BY rowid DESC LIMIT 1), 0)
	FROM letter`

// List returns the letters that q picks, in order of their numbers.
func (s *Store) List(ctx context.Context, q Query) ([]Letter, error) {
	where, args := []string{"1 = 1"}, []any{}
	and := func(clause string, arg any) {
		where, args = append(where, clause), append(args, arg)
	}
	order := "ASC"
	switch {
	case q.Newest && q.After > 0:
		and("number < ?", q.After)
		order = "DESC"
	case q.Newest:
		order = "DESC"
	default:
		and("number > ?", q.After)
	}
	if q.Door != "" {
		and("door = ?", q.Door)
	}
	if q.Device != "" {
		and("device = ?", q.Device)
	}
	if q.Code != "" {
		and("instr(codes, ?) > 0", " "+string(q.Code)+" ")
	}
	if q.Open {
		where = append(where, "coalesce((SELECT refused FROM attempt WHERE letter = number ORDER BY rowid DESC LIMIT 1), 1) > 0")
	}
	if q.Limit == 0 {
		q.Limit = 100
	}
	rows, err := s.file.Read.QueryContext(ctx, columns+" WHERE "+strings.Join(where, " AND ")+" ORDER BY number "+order+" LIMIT ?", append(args, q.Limit)...)
	if err != nil {
		return nil, failed(err)
	}
	defer rows.Close()
	var letters []Letter
	for rows.Next() {
		l, err := scan(rows.Scan)
		if err != nil {
			return nil, failed(err)
		}
		letters = append(letters, l)
	}
	if err := rows.Err(); err != nil {
		return nil, failed(err)
	}
	return letters, nil
}

func scan(into func(...any) error) (Letter, error) {
	var l Letter
	var codes string
	err := into(&l.Number, &l.Received, &l.Latest, &l.Times, &l.Door, &l.Device, &codes, &l.Readings, &l.Size, &l.Attempts, &l.Settled)
	for _, c := range strings.Fields(codes) {
		l.Codes = append(l.Codes, readings.Code(c))
	}
	return l, err
}

// Inspect returns a letter with its readings and the attempts made with it,
// or ErrUnknown.
func (s *Store) Inspect(ctx context.Context, number int64) (Letter, []Item, []Attempt, error) {
	l, err := scan(s.file.Read.QueryRowContext(ctx, columns+" WHERE number = ?", number).Scan)
	if errors.Is(err, sql.ErrNoRows) {
		return Letter{}, nil, nil, ErrUnknown
	}
	var closed []byte
	if err == nil {
		err = s.file.Read.QueryRowContext(ctx, `SELECT sealed FROM letter WHERE number = ?`, number).Scan(&closed)
	}
	var items []Item
	if err == nil {
		items, err = s.open(closed)
	}
	var attempts []Attempt
	if err == nil {
		attempts, err = s.attempts(ctx, number)
	}
	if err != nil {
		return Letter{}, nil, nil, fmt.Errorf("%w: letter %d: %w", ErrStore, number, err)
	}
	return l, items, attempts, nil
}

func (s *Store) open(closed []byte) ([]Item, error) {
	packed, err := s.box.Open(closed, forLetter)
	if err != nil {
		return nil, err
	}
	text, err := unpack.DecodeAll(packed, nil)
	if err != nil {
		return nil, err
	}
	return unpackItems(text)
}

func (s *Store) attempts(ctx context.Context, number int64) ([]Attempt, error) {
	rows, err := s.file.Read.QueryContext(ctx, `SELECT at, taken, refused, sealed FROM attempt WHERE letter = ? ORDER BY rowid`, number)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var attempts []Attempt
	for rows.Next() {
		var a Attempt
		var closed []byte
		if err := rows.Scan(&a.At, &a.Taken, &a.Refused, &closed); err != nil {
			return nil, err
		}
		text, err := s.box.Open(closed, forWho)
		if err != nil {
			return nil, err
		}
		if err := json.Unmarshal(text, &a.Who); err != nil {
			return nil, err
		}
		attempts = append(attempts, a)
	}
	return attempts, rows.Err()
}

// Tried notes that a letter was resubmitted, by whom, and what came of it. It
// is durable on return.
func (s *Store) Tried(ctx context.Context, number int64, who Who, taken, refused int) error {
	closed, err := s.sealWho(who)
	if err != nil {
		return err
	}
	done, err := s.file.Write.ExecContext(ctx, `INSERT INTO attempt (letter, at, taken, refused, sealed)
		SELECT number, ?, ?, ?, ? FROM letter WHERE number = ?`, s.clock(), taken, refused, closed, number)
	if err != nil {
		return fmt.Errorf("%w: letter %d: %w", ErrStore, number, err)
	}
	if n, err := done.RowsAffected(); err != nil || n == 0 {
		return errors.Join(err, ErrUnknown)
	}
	return nil
}

// Drop removes the letters with numbers up to and including number; only those
// settled, if so asked. Who dropped how many, and why, is kept for good. It
// returns how many letters it removed.
func (s *Store) Drop(ctx context.Context, number int64, settled bool, who Who) (int64, error) {
	if strings.TrimSpace(who.Reason) == "" {
		return 0, errors.New("dead letters: say why they are dropped: it is kept")
	}
	closed, err := s.sealWho(who)
	if err != nil {
		return 0, err
	}
	where := ` FROM letter WHERE number <= ?`
	if settled {
		where += ` AND (SELECT refused FROM attempt WHERE letter = number ORDER BY rowid DESC LIMIT 1) = 0`
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	var letters, gone int64
	err = s.file.InTx(ctx, func(tx *sql.Tx) error {
		if err := tx.QueryRowContext(ctx, `SELECT count(*), coalesce(sum(readings), 0)`+where, number).Scan(&letters, &gone); err != nil || letters == 0 {
			return err
		}
		if _, err := tx.ExecContext(ctx, `INSERT INTO dropped (at, letters, readings, sealed) VALUES (?, ?, ?, ?)`, s.clock(), letters, gone, closed); err != nil {
			return err
		}
		if _, err := tx.ExecContext(ctx, `DELETE FROM attempt WHERE letter IN (SELECT number`+where+`)`, number); err != nil {
			return err
		}
		_, err := tx.ExecContext(ctx, `DELETE`+where, number)
		return err
	})
	if err == nil && letters > 0 {
		s.full.Store(false)
		err = s.count(ctx)
	}
	if err != nil {
		return 0, failed(err)
	}
	return letters, nil
}

func (s *Store) sealWho(who Who) ([]byte, error) {
	if strings.TrimSpace(who.Actor) == "" {
		return nil, errors.New("dead letters: say who does it: it is kept")
	}
	text, err := json.Marshal(who)
	if err != nil {
		return nil, err
	}
	return s.box.Seal(text, forWho), nil
}
