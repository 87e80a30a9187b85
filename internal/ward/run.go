package ward

import (
	"container/heap"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"
)

// Sender hands readings of one device to a server and says what became of
// each. On an error nothing is known of any of them and all are sent again;
// errors.As a *Busy says when. After ErrDenied they are not. It is used by one
// goroutine.
type Sender interface {
	Send(ctx context.Context, device string, readings []Send) ([]Outcome, error)
	Close() error
}

// ErrDenied says that the server will not let this sender in, whenever it asks.
var ErrDenied = errors.New("the server lets nobody in with this token")

// Busy says that the server asks for patience.
type Busy struct {
	After time.Duration
	Err   error
}

// Error says what the server said.
func (b *Busy) Error() string { return b.Err.Error() }

// Options say how a ward is run.
type Options struct {
	// Speed is how many seconds of the ward pass in a second; 0: as fast as the
	// server answers.
	Speed float64
	// Hurry, once it is closed, makes the rest go as with a Speed of 0; nil:
	// never.
	Hurry <-chan struct{}
	// Batch is how many readings of a device wait for each other; 0: 1.
	Batch int
	// Workers is how many senders are used; 0: 8, or one per device if there
	// are fewer.
	Workers int
	// Connect makes a sender. Must be given.
	Connect func() (Sender, error)
	// Protocol is what Connect's senders speak. It matters for Line, which
	// cannot say that a value is missing.
	Protocol Protocol
	// Ledger notes what is sent and answered; nil: nothing does.
	Ledger *Ledger
	// Progress is called every second; nil: nothing is.
	Progress func(Counts)
	// Trouble is told why a request is made again, by several goroutines at a
	// time; nil: nobody is.
	Trouble func(error)
}

// Counts are what a run has done so far.
type Counts struct {
	Sent         int64 // readings, resends of the plan included
	Acknowledged int64
	Duplicates   int64 // of these, as far as the server says
	Refused      int64
	Retries      int64 // requests that were made again
}

type counters struct{ sent, acknowledged, duplicates, refused, retries atomic.Int64 }

func (c *counters) counts() Counts {
	return Counts{c.sent.Load(), c.acknowledged.Load(), c.duplicates.Load(), c.refused.Load(), c.retries.Load()}
}

// Run sends the whole ward. A send that fails is repeated, with the same
// content, until the server has answered for it; the readings behind it wait,
// as those of a real device do. Run ends early with the error of ctx, of a
// sender that cannot be made or is denied, or of the ledger.
func Run(ctx context.Context, w *Ward, o Options) (Counts, error) {
	if o.Workers < 1 {
		o.Workers = 8
	}
	o.Workers = min(o.Workers, w.Devices())
	o.Batch = max(o.Batch, 1)
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var c counters
	var wg sync.WaitGroup
	began := time.Now()
	for i := range o.Workers {
		wg.Go(func() {
			k := worker{ward: w, options: &o, counters: &c, began: began}
			if err := k.run(ctx, i); err != nil {
				cancel(err)
			}
		})
	}
	finished := make(chan struct{})
	go func() { wg.Wait(); close(finished) }()
	t := time.NewTicker(time.Second)
	defer t.Stop()
	for {
		select {
		case <-finished:
			return c.counts(), context.Cause(ctx)
		case <-t.C:
			if o.Progress != nil {
				o.Progress(c.counts())
			}
		}
	}
}

// worker sends every Workers-th device.
type worker struct {
	ward     *Ward
	options  *Options
	counters *counters
	began    time.Time
	sender   Sender
	lanes    lanes
}

// lane is a device with the sends that are next.
type lane struct {
	device *Device
	next   []Send
}

// due is when the whole batch can go.
func (l *lane) due() int64 { return l.next[len(l.next)-1].Due }

func (l *lane) fill(n int, p Protocol) error {
	l.next = l.next[:0]
	for len(l.next) < n {
		s, more, err := l.device.Next()
		if err != nil {
			return err
		}
		if !more {
			break
		}
		if p == Line {
			s.Reading.leaveOutMissing()
		}
		l.next = append(l.next, s)
	}
	return nil
}

// lanes is a heap by due time.
type lanes []*lane

func (h lanes) Len() int           { return len(h) }
func (h lanes) Less(i, j int) bool { return h[i].due() < h[j].due() }
func (h lanes) Swap(i, j int)      { h[i], h[j] = h[j], h[i] }
func (h *lanes) Push(x any)        { *h = append(*h, x.(*lane)) }
func (h *lanes) Pop() any {
	old := *h
	l := old[len(old)-1]
	*h = old[:len(old)-1]
	return l
}

func (k *worker) run(ctx context.Context, index int) (err error) {
	for i := index; i < k.ward.Devices(); i += k.options.Workers {
		l := &lane{device: k.ward.Device(i)}
		if err := l.fill(k.options.Batch, k.options.Protocol); err != nil {
			return err
		}
		if len(l.next) > 0 {
			k.lanes = append(k.lanes, l)
		}
	}
	heap.Init(&k.lanes)
	if k.sender, err = k.options.Connect(); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, k.sender.Close()) }()
	for len(k.lanes) > 0 {
		l := k.lanes[0]
		if !k.pace(ctx, l.due()) {
			return nil
		}
		if err := k.send(ctx, l); err != nil {
			return err
		}
		if err := l.fill(k.options.Batch, k.options.Protocol); err != nil {
			return err
		}
		if len(l.next) == 0 {
			heap.Pop(&k.lanes)
		} else {
			heap.Fix(&k.lanes, 0)
		}
	}
	return nil
}

// pace waits until the ward has come to due; false when ctx has ended.
func (k *worker) pace(ctx context.Context, due int64) bool {
	if k.options.Speed <= 0 {
		return ctx.Err() == nil
	}
	wait := time.Until(k.began.Add(time.Duration(float64(due) / k.options.Speed)))
	if wait <= 0 {
		return ctx.Err() == nil
	}
	t := time.NewTimer(wait)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-k.options.Hurry:
	case <-t.C:
	}
	return true
}

// sleep waits for d and returns false when ctx has ended.
func sleep(ctx context.Context, d time.Duration) bool {
	if d <= 0 {
		return ctx.Err() == nil
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-t.C:
		return true
	}
}

// send sends the batch of l until the server has answered for it or ctx ends.
// Only the ledger can fail, and a server that lets nobody in.
func (k *worker) send(ctx context.Context, l *lane) error {
	id, o := l.device.ID, k.options
	if o.Ledger != nil {
		if err := o.Ledger.Sent(id, l.next); err != nil {
			return err
		}
	}
	k.counters.sent.Add(int64(len(l.next)))
	for try := 0; ; try++ {
		outcomes, err := k.sender.Send(ctx, id, l.next)
		if err == nil && len(outcomes) != len(l.next) {
			return fmt.Errorf("%d outcomes of %d readings", len(outcomes), len(l.next))
		}
		if err == nil {
			k.count(outcomes)
			if o.Ledger != nil {
				return o.Ledger.Answered(id, l.next, outcomes)
			}
			return nil
		}
		if errors.Is(err, ErrDenied) {
			return err
		}
		if o.Trouble != nil && ctx.Err() == nil {
			o.Trouble(err)
		}
		k.counters.retries.Add(1)
		wait := 10 * time.Millisecond << min(try, 6)
		wait = wait/2 + rand.N(wait/2)
		var busy *Busy
		if errors.As(err, &busy) {
			wait = max(wait, busy.After)
		}
		if !sleep(ctx, wait) {
			return nil
		}
	}
}

func (k *worker) count(outcomes []Outcome) {
	c := k.counters
	for _, o := range outcomes {
		switch o {
		case Refused:
			c.refused.Add(1)
		case Duplicate:
			c.duplicates.Add(1)
			c.acknowledged.Add(1)
		default:
			c.acknowledged.Add(1)
		}
	}
}
