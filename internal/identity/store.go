package identity

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"

	"pleth/internal/groupcommit"
	"pleth/internal/sealed"
)

// cached is how many pseudonyms are kept in memory: some 16 MB.
const cached = 1 << 17

// together is how many new people at most are written in one go.
const together = 4096

// Store exchanges identifiers for pseudonyms. Those it has seen come from
// memory; new ones of all callers are written together. It is safe for
// concurrent use.
type Store struct {
	rows  Rows
	clock func() int64 // nanoseconds UTC
	index sealed.Key
	box   *sealed.Box

	mu    sync.RWMutex
	known map[[32]byte]string

	group  *groupcommit.Group[[]Pair, []string]
	closed atomic.Bool
}

// New returns a store that keeps its pairs in rows under key, and takes rows
// over: it closes them, also on an error. It returns ErrWrongKey if rows were
// made with another key.
func New(ctx context.Context, rows Rows, key sealed.Key, clock func() int64) (*Store, error) {
	s := &Store{
		rows: rows, clock: clock,
		index: key.Derive("identity index"), box: sealed.NewBox(key.Derive("identity")),
		known: map[[32]byte]string{},
	}
	if err := checkKey(ctx, rows, s.box); err != nil {
		_ = rows.Close()
		return nil, err
	}
	s.group = groupcommit.New(together, func(p []Pair) int { return len(p) }, s.write)
	return s, nil
}

// Close waits for what is being written and closes the rows. Calls after it
// return ErrClosed.
func (s *Store) Close() error {
	if s.closed.Swap(true) {
		return nil
	}
	s.group.Close()
	return s.rows.Close()
}

// Pseudonyms returns the pseudonym of each identifier, in order, making new
// ones for those never seen. They are durable on return. Where ctx ends first,
// some may have been made and stay.
func (s *Store) Pseudonyms(ctx context.Context, ids []string) ([]string, error) {
	if s.closed.Load() {
		return nil, ErrClosed
	}
	names := make([]string, len(ids))
	indices := make([][32]byte, len(ids))
	for i, id := range ids {
		indices[i] = s.index.Index([]byte(id))
	}
	var unknown []int
	s.mu.RLock()
	for i := range ids {
		if names[i] = s.known[indices[i]]; names[i] == "" {
			unknown = append(unknown, i)
		}
	}
	s.mu.RUnlock()
	if len(unknown) == 0 {
		return names, nil
	}
	var pairs []Pair
	now := s.clock()
	for _, i := range unknown {
		name := newPseudonym()
		pairs = append(pairs, Pair{indices[i], name, s.box.Seal([]byte(ids[i]), forPerson+name), now})
	}
	kept, err := s.group.Do(ctx, pairs)
	switch {
	case errors.Is(err, groupcommit.ErrClosed):
		return nil, ErrClosed
	case err != nil:
		return nil, err
	}
	for n, i := range unknown {
		if names[i] = kept[n]; names[i] == "" {
			return nil, fmt.Errorf("%w: what is kept of a person is damaged: stop and run pleth fsck", ErrStore)
		}
	}
	return names, nil
}

// write keeps the pairs of all callers, and returns an empty pseudonym where
// what was kept of a person before is damaged. It does not end with the context
// of one of those who wait.
func (s *Store) write(all [][]Pair) ([][]string, error) {
	pairs := slices.Concat(all...)
	kept, err := s.rows.Add(context.Background(), pairs)
	if err != nil {
		return nil, err
	}
	names := make([]string, len(pairs))
	s.mu.Lock()
	for i, p := range pairs {
		if kept[i].Pseudonym != p.Pseudonym {
			id, err := s.box.Open(p.Sealed, forPerson+p.Pseudonym)
			if err != nil || s.sound(kept[i], string(id)) != nil {
				continue
			}
		}
		names[i] = kept[i].Pseudonym
		if len(s.known) >= cached {
			for k := range s.known { // any one
				delete(s.known, k)
				break
			}
		}
		s.known[p.Index] = names[i]
	}
	s.mu.Unlock()
	results := make([][]string, len(all))
	for i := range all {
		results[i], names = names[:len(all[i])], names[len(all[i]):]
	}
	return results, nil
}

// sound returns an error unless p is the pair of the person with an identifier.
func (s *Store) sound(p Pair, id string) error {
	kept, err := s.box.Open(p.Sealed, forPerson+p.Pseudonym)
	if err == nil && string(kept) != id {
		err = sealed.ErrOpen
	}
	return err
}

// Seal returns tags sealed; equal tags give equal bytes.
func (s *Store) Seal(tags []byte) []byte { return s.box.SealSteadily(tags, forTags) }

// Open returns tags that Seal sealed, or sealed.ErrOpen.
func (s *Store) Open(tags []byte) ([]byte, error) { return s.box.Open(tags, forTags) }

// Size returns the number of people known.
func (s *Store) Size(ctx context.Context) (int64, error) { return s.rows.Size(ctx) }
