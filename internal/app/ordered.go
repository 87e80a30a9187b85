package app

import (
	"context"
	"sync"
)

// ordered runs work for 0..n-1 on some goroutines and passes the results to
// emit one by one in order. No more than twice jobs results wait. It stops
// early when ctx ends or emit fails, and returns that error.
func ordered[T any](ctx context.Context, n, jobs int, work func(i int) T, emit func(i int, result T) error) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	type slot struct {
		i      int
		result chan T
	}
	queue := make(chan slot)
	inOrder := make(chan slot, 2*jobs)
	var workers sync.WaitGroup
	for range min(jobs, n) {
		workers.Go(func() {
			for s := range queue {
				s.result <- work(s.i)
			}
		})
	}
	workers.Go(func() {
		defer close(queue)
		defer close(inOrder)
		for i := range n {
			s := slot{i, make(chan T, 1)}
			select {
			case inOrder <- s:
			case <-ctx.Done():
				return
			}
			select {
			case queue <- s:
			case <-ctx.Done():
				return
			}
		}
	})
	var failed error
	for s := range inOrder {
		if failed != nil {
			continue
		}
		select {
		case r := <-s.result:
			failed = emit(s.i, r)
		case <-ctx.Done():
			failed = context.Cause(ctx)
		}
		if failed != nil {
			cancel(failed)
		}
	}
	workers.Wait()
	if failed == nil {
		failed = context.Cause(ctx)
	}
	return failed
}
