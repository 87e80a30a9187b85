package road

import (
	"context"
	"sync/atomic"

	"pleth/internal/eventlog"
	"pleth/internal/reading"
)

// queue hands a request to its shard.
func (r *Road) queue(q *request) error {
	r.closing.RLock()
	defer r.closing.RUnlock()
	if r.closed {
		return ErrClosed
	}
	if r.full() {
		return ErrFull
	}
	return r.shards[r.shardIndex(q.partition)].put(q)
}

// SubmitAsync queues a batch and returns; done is called when its readings are
// on disk and applied, or could not be. The outcomes stand in the order of the
// rows. done must not block: it runs on the goroutine that writes. SubmitAsync
// returns ErrBusy at once where the queue is full, and ErrClosed; done is not
// called then.
func (r *Road) SubmitAsync(b *reading.Batch, done func([]reading.Outcome, error)) error {
	return r.queue(&request{partition: b.Partition, batch: b, rows: b.Rows.Len(), done: func(a answer) { done(a.outcomes, a.err) }})
}

// waiter is a request that one goroutine waits for. A batch is most often the
// only one of what was sent: its waiter is used again.
type waiter struct {
	request
	got chan answer
}

func newWaiter() any {
	w := &waiter{got: make(chan answer, 1)}
	w.done = func(a answer) { w.got <- a }
	return w
}

// submitOne is Submit of one batch.
func (r *Road) submitOne(ctx context.Context, b *reading.Batch) ([][]reading.Outcome, error) {
	full := r.cfg.Full()
	w := r.waiters.Get().(*waiter)
	w.partition, w.batch, w.rows = b.Partition, b, b.Rows.Len()
	out := make([][]reading.Outcome, 1)
	if err := r.queue(&w.request); err != nil {
		r.forget(w)
		return out, err
	}
	select {
	case a := <-w.got:
		r.forget(w)
		if a.err != nil {
			return out, a.err
		}
		out[0] = a.outcomes
		return out, ctx.Err()
	case <-full:
		return out, ErrFull // w is still in the queue
	}
}

// forget gives w back. Nobody else has it any more.
func (r *Road) forget(w *waiter) {
	w.partition, w.batch = reading.Partition{}, nil
	r.waiters.Put(w)
}

// Submit takes batches and returns what became of each reading when all are on
// disk and applied. Where an error is returned some of the batches may have
// been taken: their outcomes are not nil. ErrBusy, ErrStore and ErrClosed are
// answered by sending again; readings that were taken are then duplicates.
func (r *Road) Submit(ctx context.Context, batches ...*reading.Batch) ([][]reading.Outcome, error) {
	if len(batches) == 1 {
		return r.submitOne(ctx, batches[0])
	}
	out := make([][]reading.Outcome, len(batches))
	errs := make([]error, len(batches))
	var left atomic.Int64
	left.Store(int64(len(batches)) + 1)
	all := make(chan struct{})
	settle := func(i int, o []reading.Outcome, err error) {
		if i >= 0 {
			out[i], errs[i] = o, err
		}
		if left.Add(-1) == 0 {
			close(all)
		}
	}
	full := r.cfg.Full()
	for i, b := range batches {
		err := r.SubmitAsync(b, func(o []reading.Outcome, err error) { settle(i, o, err) })
		if err != nil {
			settle(i, nil, err)
		}
	}
	settle(-1, nil, nil)
	// Not by ctx: what is queued is written, and its outcome is near; unless the
	// disk is full.
	select {
	case <-all:
	case <-full:
		return make([][]reading.Outcome, len(batches)), ErrFull // out is still written to
	}
	for _, err := range errs {
		if err != nil {
			return out, err
		}
	}
	return out, ctx.Err()
}

// Control appends a control record to partition p and returns when it is on
// disk and applied. What is wrong with the record is an *ErrControl.
func (r *Road) Control(ctx context.Context, p reading.Partition, c eventlog.Control) (eventlog.Offset, error) {
	got := make(chan answer, 1)
	full := r.cfg.Full()
	if err := r.queue(&request{partition: p, control: &c, rows: 1, done: func(a answer) { got <- a }}); err != nil {
		return 0, err
	}
	var a answer
	select {
	case a = <-got:
	case <-full:
		return 0, ErrFull
	}
	if a.err != nil {
		return 0, a.err
	}
	return a.offset, ctx.Err()
}

// full reports whether the disk of the log is full.
func (r *Road) full() bool {
	select {
	case <-r.cfg.Full():
		return true
	default:
		return false
	}
}
