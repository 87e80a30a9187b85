package road

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"log/slog"
	"math"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"pleth/internal/analysis"
	"pleth/internal/eventlog"
	"pleth/internal/reading"
)

// Config is what a road needs. Log and Series are required.
type Config struct {
	Log    Log
	Series Series
	// Clock returns the time in nanoseconds UTC; nil: the clock of the machine.
	Clock func() int64
	// Lateness is how far behind the newest reading of its partition one may
	// be and not be late, in nanoseconds; 0: DefaultLateness.
	Lateness int64
	// SealRows is how many rows behind the watermark make a chunk at most; of
	// some devices it is up to half of them fewer. 0: 600.
	SealRows int
	// Shards write at a time; 0: four for each processor.
	Shards int
	// Idle is how long nothing may come from a device before its open session
	// is closed, nanoseconds of the clock; 0: DefaultIdle.
	Idle int64
	// Full returns a channel that is closed while the disk of the log is full, or
	// when it next becomes so: nothing is taken then, and who waits is answered
	// ErrFull, though what is on its way is written when there is room. nil: it
	// never is.
	Full   func() <-chan struct{}
	begin  func(*head) error // of a replay: gives a head without a state what it begins with; nil: nothing
	Logger *slog.Logger      // nil: nothing is logged
	// Follow returns who follows a partition from the state of an earlier
	// snapshot, nil without one; nil: nobody follows.
	Follow   func(p reading.Partition, of Place, state []byte) (Follower, error)
	Program  analysis.Program
	Settings analysis.Settings // of session documents; must be resolved
}

// The defaults of Config.
const (
	DefaultLateness = int64(30 * time.Second)
	DefaultIdle     = int64(30*time.Minute) + DefaultLateness
)

// Road is the live engine. Use Open. It is safe for concurrent use.
type Road struct {
	cfg    Config
	shards []*shard
	wait   sync.WaitGroup
	// waiters are this road's own: their channels stay in the bubble of
	// testing/synctest that they were made in.
	waiters sync.Pool

	closing sync.RWMutex // held for reading while a request is queued
	closed  bool
	stop    chan struct{}

	documents *kept[*analysed]
	derived   *kept[*derivation]
	opened    *openList

	failed       atomic.Pointer[error] // why the log cannot be written
	totals       struct{ accepted, late, duplicate, conflict atomic.Int64 }
	sealFailures atomic.Int64
	began        atomic.Int64         // heads that were begun
	listed       atomic.Pointer[roll] // nil: not made yet
}

// Open starts a road on its stores. It returns when the log behind every
// position has been read: what was acknowledged before can be asked for.
func Open(cfg Config) (*Road, error) {
	if cfg.Log == nil || cfg.Series == nil {
		return nil, errors.New("a road needs a log and a series")
	}
	if cfg.Clock == nil {
		cfg.Clock = func() int64 { return time.Now().UnixNano() }
	}
	if cfg.Lateness == 0 {
		cfg.Lateness = DefaultLateness
	}
	if cfg.Idle == 0 {
		cfg.Idle = DefaultIdle
	}
	if cfg.SealRows == 0 {
		cfg.SealRows = sealRows
	}
	if cfg.Shards == 0 {
		cfg.Shards = 4 * min(runtime.NumCPU(), runtime.GOMAXPROCS(0))
	}
	if cfg.Full == nil {
		cfg.Full = func() <-chan struct{} { return nil }
	}
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.DiscardHandler)
	}
	r := &Road{cfg: cfg, stop: make(chan struct{}), documents: newKept[*analysed](keptDocuments), derived: newKept[*derivation](keptDerived), opened: newOpenList(mostOpen)}
	r.waiters.New = newWaiter
	for range cfg.Shards {
		r.shards = append(r.shards, &shard{road: r, most: owedRows / cfg.Shards, queue: make(chan *request, queueRequests), heads: map[reading.Partition]*head{}})
	}
	if err := r.recover(); err != nil {
		return nil, err
	}
	for _, s := range r.shards {
		r.wait.Add(1)
		go func() {
			defer r.wait.Done()
			s.run()
		}()
	}
	r.wait.Add(1)
	go func() {
		defer r.wait.Done()
		r.tick()
	}()
	return r, nil
}

// recover brings all heads to where the log ends.
func (r *Road) recover() error {
	lists := make([][]reading.Partition, len(r.shards))
	err := r.cfg.Log.Partitions(func(p reading.Partition, _, _ eventlog.Offset) error {
		k := r.shardIndex(p)
		lists[k] = append(lists[k], p)
		return nil
	})
	if err != nil {
		return fmt.Errorf("read the log: %w", err)
	}
	errs := make([]error, len(r.shards))
	var wait sync.WaitGroup
	for k, s := range r.shards {
		wait.Add(1)
		go func() {
			defer wait.Done()
			for _, p := range lists[k] {
				if err := s.recover(p); err != nil {
					errs[k] = fmt.Errorf("read the log of device %s: %w", p.Device, err)
					return
				}
			}
		}()
	}
	wait.Wait()
	return errors.Join(errs...)
}

func (r *Road) shardIndex(p reading.Partition) int {
	return int(hashOf(p) % uint32(len(r.shards)))
}

func hashOf(p reading.Partition) uint32 {
	h := fnv.New32a()
	_, _ = h.Write([]byte(p.Device))
	_, _ = h.Write([]byte{0})
	_, _ = h.Write([]byte(p.Recording))
	return h.Sum32()
}

// sealRows returns how many rows behind the watermark make a chunk of p: not
// the same for all, or devices that began together would be sealed together for
// ever.
func (r *Road) sealRows(p reading.Partition) int {
	return r.cfg.SealRows - int(hashOf(p)>>8)%(r.cfg.SealRows/2+1)
}

// Close refuses what is new, finishes what was queued and returns when nothing
// of the road runs any more. The stores stay open, and may be closed only where
// Close returns nil. It may be called twice.
func (r *Road) Close(ctx context.Context) error {
	r.closing.Lock()
	if !r.closed {
		r.closed = true
		close(r.stop)
		for _, s := range r.shards {
			close(s.queue)
		}
	}
	r.closing.Unlock()
	done := make(chan struct{})
	go func() {
		r.wait.Wait()
		close(done)
	}()
	select {
	case <-done:
		return nil
	case <-ctx.Done():
		if r.full() {
			return fmt.Errorf("%w: %w; what was not acknowledged may be lost", ctx.Err(), ErrFull)
		}
		return ctx.Err()
	}
}

// Failed returns why the log cannot be written, nil if it can.
func (r *Road) Failed() error {
	if r.full() {
		return ErrFull
	}
	if e := r.failed.Load(); e != nil {
		return *e
	}
	return nil
}

// writable notes whether the log could be written.
func (r *Road) writable(err error) {
	if errors.Is(err, ErrFull) {
		return // says itself when it is over
	}
	was := r.failed.Load()
	switch {
	case err != nil && was == nil:
		r.cfg.Logger.Error("the log cannot be written", "error", err)
		r.failed.Store(&err)
	case err == nil && was != nil:
		r.cfg.Logger.Info("the log is written again")
		r.failed.Store(nil)
	}
}

func (r *Road) sealFailed(err error) {
	r.sealFailures.Add(1)
	r.cfg.Logger.Error("rows cannot be sealed and stay in memory", "error", err)
}

// count counts outcomes.
func (r *Road) count(outcomes []reading.Outcome) {
	var n [4]int64
	for _, o := range outcomes {
		n[o]++
	}
	r.totals.accepted.Add(n[reading.Accepted])
	r.totals.late.Add(n[reading.Late])
	r.totals.duplicate.Add(n[reading.Duplicate])
	r.totals.conflict.Add(n[reading.Conflict])
}

// Totals returns what became of all readings since the road was opened.
func (r *Road) Totals() Counts {
	return Counts{r.totals.accepted.Load(), r.totals.late.Load(), r.totals.conflict.Load(), r.totals.duplicate.Load()}
}

// Stats is how a road is doing, for metrics.
type Stats struct {
	Totals       Counts
	Partitions   int
	Queued       int64 // readings that wait to be written
	Unsealed     int64 // rows in memory
	SealFailures int64 // since the start
	Failed       error // why the log cannot be written; nil: it can
}

// Stats returns how the road is doing.
func (r *Road) Stats() Stats {
	out := Stats{Totals: r.Totals(), SealFailures: r.sealFailures.Load(), Failed: r.Failed()}
	for _, s := range r.shards {
		out.Queued += s.rows.Load()
	}
	for _, h := range r.all() {
		h.mu.RLock()
		out.Partitions++
		out.Unsealed += int64(len(h.order))
		h.mu.RUnlock()
	}
	return out
}

// Waiting returns how many readings and control records are queued or being
// written.
func (r *Road) Waiting() int64 {
	n := int64(0)
	for _, s := range r.shards {
		n += s.rows.Load()
	}
	return n
}

// tick writes a tick to the log of every device that fell silent.
func (r *Road) tick() {
	every := time.NewTicker(10 * time.Second)
	defer every.Stop()
	for {
		select {
		case <-r.stop:
			return
		case <-every.C:
			r.tickIdle()
		}
	}
}

// tickIdle closes the open sessions of devices from which nothing came for long.
func (r *Road) tickIdle() {
	now := r.cfg.Clock()
	for _, h := range r.all() {
		h.mu.RLock()
		idle := !h.state.Done && !h.state.empty() && h.state.Import == nil && now-h.state.Received > r.cfg.Idle
		after := h.state.Newest
		h.mu.RUnlock()
		if !idle {
			continue
		}
		c := eventlog.Control{Kind: eventlog.KindTick, Actor: "pleth", Payload: fmt.Appendf(nil, `{"after":%d}`, after)}
		// A reading in between makes the tick harmless; a busy log gets it later.
		_ = r.queue(&request{partition: h.partition, control: &c, rows: 1, done: func(answer) {}})
	}
}

// roll is all heads by device and recording, as they were when so many had
// begun. One that begins while the roll is made may be missing in it.
type roll struct {
	began int64
	heads []*head
}

// all returns all heads by device and recording; it is not to be changed.
// Every head that began before is among them.
func (r *Road) all() []*head {
	began := r.began.Load()
	if l := r.listed.Load(); l != nil && l.began == began {
		return l.heads
	}
	l := &roll{began: began}
	for _, s := range r.shards {
		s.mu.RLock()
		for p, h := range s.heads {
			if p.Device != "" { // the house keeps settings there
				l.heads = append(l.heads, h)
			}
		}
		s.mu.RUnlock()
	}
	slices.SortFunc(l.heads, func(a, b *head) int { return comparePartitions(a.partition, b.partition) })
	r.listed.Store(l)
	return l.heads
}

func comparePartitions(a, b reading.Partition) int {
	if c := strings.Compare(a.Device, b.Device); c != 0 {
		return c
	}
	return strings.Compare(a.Recording, b.Recording)
}

// head returns the head of p, nil if there is none.
func (r *Road) head(p reading.Partition) *head {
	s := r.shards[r.shardIndex(p)]
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.heads[p]
}

// of returns the heads of a device by recording.
func (r *Road) of(device string) []*head {
	all := r.all()
	from, _ := slices.BinarySearchFunc(all, device, func(h *head, d string) int { return strings.Compare(h.partition.Device, d) })
	to := from
	for to < len(all) && all[to].partition.Device == device {
		to++
	}
	return all[from:to]
}

// around returns the rows of chunks at times, without what they came from.
func (r *Road) around(p reading.Partition, times []int64) (*reading.Table, error) {
	slices.Sort(times)
	out := &reading.Table{Partition: p}
	for i := 0; i < len(times); {
		k := i + 1
		for k < len(times) && times[k]-times[k-1] <= lookGap {
			k++
		}
		err := r.cfg.Series.Scan(p, times[i], times[k-1], nil, func(t *reading.Table) (bool, error) {
			for n := range t.Rows.Len() {
				appendKeyed(out, t, n)
			}
			return true, nil
		})
		if err != nil {
			return nil, err
		}
		i = k
	}
	return out, nil
}

// appendKeyed appends row i of t to out with its sequence number alone.
func appendKeyed(out, t *reading.Table, i int) {
	out.Rows.AppendRow(&t.Rows, i)
	if s := t.SeqOf(i); s != reading.NoSeq || out.Seq != nil {
		for len(out.Seq) < out.Rows.Len()-1 {
			out.Seq = append(out.Seq, reading.NoSeq)
		}
		out.Seq = append(out.Seq, s)
	}
}

// The ends of time.
const (
	minTime = math.MinInt64
	forever = math.MaxInt64
)

func durationOf(ns int64) time.Duration { return time.Duration(ns) }
