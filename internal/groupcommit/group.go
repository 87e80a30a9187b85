// Package groupcommit lets many callers share one durable write: what comes
// while a write is under way goes into the next one.
package groupcommit

import (
	"context"
	"errors"
	"sync"
)

// ErrClosed says that the group was closed.
var ErrClosed = errors.New("closed")

// Group writes what its callers hand in, one write at a time. It is safe for
// concurrent use.
type Group[T, R any] struct {
	write  func([]T) ([]R, error)
	weigh  func(T) int
	most   int
	wanted chan *want[T, R]
	once   sync.Once
	stop   chan struct{}
	done   chan struct{}
}

// want is a caller waiting.
type want[T, R any] struct {
	value  T
	result R
	err    error
	done   chan struct{}
}

// New returns a group that calls write with values whose weights together are
// about most. write returns a result for every value in order, or an error for
// all; it must not keep the slice.
func New[T, R any](most int, weigh func(T) int, write func([]T) ([]R, error)) *Group[T, R] {
	g := &Group[T, R]{write: write, weigh: weigh, most: most,
		wanted: make(chan *want[T, R], 1024), stop: make(chan struct{}), done: make(chan struct{})}
	go g.run()
	return g
}

// Do hands in a value and waits for its result. Where ctx ends first, the
// value may be written all the same. It waits also where many are waiting.
func (g *Group[T, R]) Do(ctx context.Context, value T) (R, error) {
	w := &want[T, R]{value: value, done: make(chan struct{})}
	var none R
	if err := ctx.Err(); err != nil {
		return none, err
	}
	select {
	case g.wanted <- w:
	case <-g.stop:
		return none, ErrClosed
	case <-ctx.Done():
		return none, ctx.Err()
	}
	select {
	case <-w.done:
	case <-ctx.Done():
		return none, ctx.Err()
	case <-g.done:
		select {
		case <-w.done: // by the last write
		default:
			return none, ErrClosed
		}
	}
	return w.result, w.err
}

// Close ends the group after the write under way. It can be called again.
func (g *Group[T, R]) Close() {
	g.once.Do(func() { close(g.stop) })
	<-g.done
}

func (g *Group[T, R]) run() {
	defer close(g.done)
	for {
		select {
		case <-g.stop:
			return
		default:
		}
		select {
		case w := <-g.wanted:
			g.commit(g.gather(w))
		case <-g.stop:
			return
		}
	}
}

// gather returns w and those who have come since.
func (g *Group[T, R]) gather(w *want[T, R]) []*want[T, R] {
	all, weight := []*want[T, R]{w}, g.weigh(w.value)
	for weight < g.most {
		select {
		case w := <-g.wanted:
			all, weight = append(all, w), weight+g.weigh(w.value)
		default:
			return all
		}
	}
	return all
}

func (g *Group[T, R]) commit(all []*want[T, R]) {
	values := make([]T, len(all))
	for i, w := range all {
		values[i] = w.value
	}
	results, err := g.write(values)
	for i, w := range all {
		if w.err = err; err == nil {
			w.result = results[i]
		}
		close(w.done)
	}
}
