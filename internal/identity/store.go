package identity

import (
	"context"
	"sync"
	"sync/atomic"

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

	wanted chan *want
	stop   chan struct{}
	done   chan struct{}
	closed atomic.Bool
}

// want is a caller waiting for pseudonyms.
type want struct {
	pairs []Pair
	names []string
	err   error
	done  chan struct{}
}

// New returns a store that keeps its pairs in rows under key, and takes rows
// over: it closes them, also on an error. It returns ErrWrongKey if rows were
// made with another key.
func New(ctx context.Context, rows Rows, key sealed.Key, clock func() int64) (*Store, error) {
	s := &Store{
		rows: rows, clock: clock,
		index: key.Derive("identity index"), box: sealed.NewBox(key.Derive("identity")),
		known:  map[[32]byte]string{},
		wanted: make(chan *want, 1024), stop: make(chan struct{}), done: make(chan struct{}),
	}
	if err := checkKey(ctx, rows, s.box); err != nil {
		_ = rows.Close()
		return nil, err
	}
	go s.run()
	return s, nil
}

// Close waits for what is being written and closes the rows. Calls after it
// return ErrClosed.
func (s *Store) Close() error {
	if s.closed.Swap(true) {
		return nil
	}
	close(s.stop)
	<-s.done
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
	w := &want{done: make(chan struct{})}
	now := s.clock()
	for _, i := range unknown {
		name := newPseudonym()
		w.pairs = append(w.pairs, Pair{indices[i], name, s.box.Seal([]byte(ids[i]), forPerson+name), now})
	}
	select {
	case s.wanted <- w:
	case <-s.stop:
		return nil, ErrClosed
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	select {
	case <-w.done:
	case <-s.done: // closed: the last round may have answered all the same
		select {
		case <-w.done:
		default:
			return nil, ErrClosed
		}
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	if w.err != nil {
		return nil, w.err
	}
	for n, i := range unknown {
		names[i] = w.names[n]
	}
	return names, nil
}

// run writes what callers wait for, all that have come at a time.
func (s *Store) run() {
	defer close(s.done)
	for {
		select {
		case w := <-s.wanted:
			s.write(s.gather(w))
		case <-s.stop:
			return
		}
	}
}

// gather returns w and those who have come since.
func (s *Store) gather(w *want) []*want {
	all, n := []*want{w}, len(w.pairs)
	for n < together {
		select {
		case w := <-s.wanted:
			all, n = append(all, w), n+len(w.pairs)
		default:
			return all
		}
	}
	return all
}

// write keeps the pairs and answers. It does not end with the context of one
// of those who wait.
func (s *Store) write(all []*want) {
	var pairs []Pair
	for _, w := range all {
		pairs = append(pairs, w.pairs...)
	}
	names, err := s.rows.Add(context.Background(), pairs)
	if err == nil {
		s.mu.Lock()
		for i, p := range pairs {
			if len(s.known) >= cached {
				for k := range s.known { // any one
					delete(s.known, k)
					break
				}
			}
			s.known[p.Index] = names[i]
		}
		s.mu.Unlock()
	}
	for _, w := range all {
		if w.err = err; err == nil {
			w.names, names = names[:len(w.pairs)], names[len(w.pairs):]
		}
		close(w.done)
	}
}

// Seal returns tags sealed; equal tags give equal bytes.
func (s *Store) Seal(tags []byte) []byte { return s.box.SealSteadily(tags, forTags) }

// Open returns tags that Seal sealed, or sealed.ErrOpen.
func (s *Store) Open(tags []byte) ([]byte, error) { return s.box.Open(tags, forTags) }

// Size returns the number of people known.
func (s *Store) Size(ctx context.Context) (int64, error) { return s.rows.Size(ctx) }
