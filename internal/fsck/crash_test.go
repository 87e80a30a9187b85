package fsck

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"

	"pleth/internal/eventlog"
	logs "pleth/internal/eventlog/pebble"
	"pleth/internal/pebbledb"
	"pleth/internal/reading"
	"pleth/internal/reading/readingtest"
	"pleth/internal/series"
	chunks "pleth/internal/series/pebble"
)

// writer sends the readings of one bed: record i holds rows i*perRecord on.
type writer struct {
	bed   int
	acked int // records acknowledged
	rows  *reading.Batch
	pad   int // bytes that a record has besides, so that logs and tables change often
}

const perRecord = 20

func (w *writer) record(i int) eventlog.Record {
	part := readingtest.Rows(w.rows, i*perRecord, (i+1)*perRecord)
	part.Partition = bed(w.bed)
	if w.pad > 0 {
		part.Tags = make([]byte, w.pad)
		rand.NewChaCha8([32]byte{byte(i), byte(w.bed)}).Read(part.Tags)
	}
	return eventlog.Record{Partition: bed(w.bed), LoggedAt: part.Received + 2e6, Readings: part}
}

// sealEvery is how many records go into one chunk.
const sealEvery = 5

// step sends the next record, and seals a chunk after every few, as the engine
// does. It returns once both are answered.
func (w *writer) step(log *logs.Log, store *chunks.Store) error {
	r := []eventlog.Record{w.record(w.acked)}
	if err := log.Append(r, nil); err != nil {
		return err
	}
	if got := int(r[0].Offset); got != w.acked {
		return fmt.Errorf("record %d got offset %d", w.acked, got)
	}
	w.acked++
	if w.acked%sealEvery != 0 {
		return nil
	}
	return w.seal(store, w.acked)
}

// seal commits all records before one that are not in chunks.
func (w *writer) seal(store *chunks.Store, before int) error {
	position, _, _, err := store.State(bed(w.bed))
	if err != nil {
		return err
	}
	c := series.Commit{Partition: bed(w.bed), Position: eventlog.Offset(before), State: fmt.Append(nil, before)}
	if from := int(position); from < before {
		x := &reading.Table{Partition: bed(w.bed), Rows: w.rows.Rows.Slice(from*perRecord, before*perRecord), Origins: []reading.Origin{w.rows.Origin}}
		c.Chunks = []series.Chunk{{Rows: x, Source: series.Source{First: position, Last: eventlog.Offset(before - 1)}}}
	}
	if err := store.Commit(&c); err != nil {
		return err
	}
	if before%(10*sealEvery) == 0 {
		_, err = store.Merge(bed(w.bed), math.MinInt64, 1<<62, 2)
	}
	return err
}

// verify opens what a cut left and holds it against what was acknowledged:
// every acknowledged record is there as it was sent, no other, each once; what
// is in chunks is what the log holds before the position.
func verify(t testing.TB, fs vfs.FS, key []byte, beds []*writer) {
	t.Helper()
	report, err := Run("data", Options{FS: fs, Key: key})
	if err != nil {
		t.Fatalf("after the cut: %v", err)
	}
	for _, f := range report.Flaws {
		t.Errorf("after the cut: %s", f.What)
	}
	db, err := pebbledb.Open("data/store", pebbledb.Options{FS: fs, Key: key})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	log, store := logs.Open(db), chunks.Open(db)
	for _, w := range beds {
		n := 0
		err := log.Read(bed(w.bed), 0, func(r *eventlog.Record) error {
			want := w.record(n)
			if int(r.Offset) != n || r.LoggedAt != want.LoggedAt || readingtest.Diff(&r.Readings.Rows, &want.Readings.Rows) != "" {
				return fmt.Errorf("record %d is not what was sent", n)
			}
			n++
			return nil
		})
		// One more may be there: it was written and its answer was cut off.
		if err != nil || n < w.acked || n > w.acked+1 {
			t.Fatalf("bed %d: %d records acknowledged, %d found, %v", w.bed, w.acked, n, err)
		}
		w.acked = n
		position, state, ok, err := store.State(bed(w.bed))
		if err != nil || int(position) > n || ok && string(state) != fmt.Sprint(position) {
			t.Fatalf("bed %d: position %d with state %q of %d records, %v", w.bed, position, state, n, err)
		}
		at := 0
		err = store.Scan(bed(w.bed), 0, 1<<62, nil, func(x *reading.Table) error {
			part := w.rows.Rows.Slice(at, at+x.Rows.Len())
			at += x.Rows.Len()
			if d := readingtest.Diff(&x.Rows, &part); d != "" {
				return fmt.Errorf("rows before %d: %s", at, d)
			}
			return nil
		})
		if err != nil || at != int(position)*perRecord {
			t.Fatalf("bed %d: %d rows in chunks, position %d, %v", w.bed, at, position, err)
		}
	}
}

// cuts returns how many power cuts to make: PLETH_CRASH, else few.
func cuts(few int) int {
	if n, err := strconv.Atoi(os.Getenv("PLETH_CRASH")); err == nil {
		return n
	}
	return few
}

func newWriters(n int) []*writer {
	var all []*writer
	for i := range n {
		all = append(all, &writer{bed: i, rows: readingtest.Bed(uint64(i), 1_700_000_000e9, 400_000)})
	}
	return all
}

// small makes tables, their merging and new logs happen often.
const small = 256 << 10

// TestPowerCuts cuts the power again and again while beds are written: what was
// not synced is lost, all of it or block by block. Each life begins with what
// the one before left.
func TestPowerCuts(t *testing.T) {
	t.Parallel()
	key := make([]byte, pebbledb.KeySize)
	for chain := range 2 {
		t.Run(fmt.Sprint("encrypted=", chain == 1), func(t *testing.T) {
			t.Parallel()
			key := [][]byte{nil, key}[chain]
			r := rand.New(rand.NewPCG(uint64(chain), 11))
			fs := vfs.NewCrashableMem()
			beds := newWriters(4)
			for n := range cuts(20) / 2 {
				fs = life(t, fs, key, beds, r)
				verify(t, fs, key, beds)
				if t.Failed() {
					t.Fatalf("cut %d", n)
				}
			}
			total := 0
			for _, w := range beds {
				total += w.acked
			}
			t.Logf("%d records of %d readings acknowledged, none lost", total, perRecord)
		})
	}
}

// life writes until the power is cut after a random number of answers, and
// returns the disk as the cut leaves it.
func life(t *testing.T, fs *vfs.MemFS, key []byte, beds []*writer, r *rand.Rand) *vfs.MemFS {
	db, err := pebbledb.Open("data/store", pebbledb.Options{FS: fs, Key: key, MemTable: small})
	if err != nil {
		t.Fatal(err)
	}
	log, store := logs.Open(db), chunks.Open(db)
	var mu sync.Mutex // held while an answer is put down, and during the cut
	left := 30 + r.IntN(400)
	power := make(chan struct{})
	var wg sync.WaitGroup
	for _, w := range beds {
		wg.Go(func() {
			own := *w // what the writer knows; w is what was answered before the cut
			for {
				if err := own.step(log, store); err != nil {
					t.Error(err)
					return
				}
				mu.Lock()
				if left == 0 {
					mu.Unlock()
					return
				}
				w.acked = own.acked
				if left--; left == 0 {
					close(power)
				}
				mu.Unlock()
			}
		})
	}
	<-power
	percent := []int{0, 0, 30, 80}[r.IntN(4)]
	left2 := fs.CrashClone(vfs.CrashCloneCfg{UnsyncedDataPercent: percent, RNG: r})
	wg.Wait()
	if err := db.Close(); err != nil {
		t.Error(err)
	}
	return left2
}

// fault breaks one operation on files: the n-th that changes something.
type fault struct {
	vfs.FS
	mu     sync.Mutex
	left   int  // operations until it breaks; below 0: it has
	short  bool // half of a write is done
	lasts  bool // every operation from there on fails, as on a full disk
	broke  string
	healed bool
}

var errFault = errors.New("injected: no space left on device")

// hit counts an operation and returns whether it fails.
func (f *fault) hit(what string) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.healed {
		return false
	}
	if f.left--; f.left == -1 || f.left < -1 && f.lasts {
		if f.broke == "" {
			f.broke = what
		}
		return true
	}
	return false
}

func (f *fault) Create(name string, c vfs.DiskWriteCategory) (vfs.File, error) {
	if f.hit("create " + name) {
		return nil, errFault
	}
	file, err := f.FS.Create(name, c)
	return faultFile{file, f, name}, err
}

func (f *fault) ReuseForWrite(old, name string, c vfs.DiskWriteCategory) (vfs.File, error) {
	if f.hit("reuse " + name) {
		return nil, errFault
	}
	file, err := f.FS.ReuseForWrite(old, name, c)
	return faultFile{file, f, name}, err
}

func (f *fault) OpenDir(name string) (vfs.File, error) {
	file, err := f.FS.OpenDir(name)
	return faultFile{file, f, name}, err
}

func (f *fault) Rename(a, b string) error {
	if f.hit("rename " + a) {
		return errFault
	}
	return f.FS.Rename(a, b)
}

func (f *fault) Link(a, b string) error {
	if f.hit("link " + a) {
		return errFault
	}
	return f.FS.Link(a, b)
}

func (f *fault) Remove(a string) error {
	if f.hit("remove " + a) {
		return errFault
	}
	return f.FS.Remove(a)
}

func (f *fault) MkdirAll(a string, perm os.FileMode) error {
	if f.hit("mkdir " + a) {
		return errFault
	}
	return f.FS.MkdirAll(a, perm)
}

type faultFile struct {
	vfs.File
	f    *fault
	name string
}

func (f faultFile) Write(p []byte) (int, error) {
	if !f.f.hit("write " + f.name) {
		return f.File.Write(p)
	}
	if f.f.short {
		n, err := f.File.Write(p[:len(p)/2])
		return n, errors.Join(err, errFault)
	}
	return 0, errFault
}

func (f faultFile) Sync() error {
	if f.f.hit("sync " + f.name) {
		return errFault
	}
	return f.File.Sync()
}

func (f faultFile) SyncData() error {
	if f.f.hit("sync " + f.name) {
		return errFault
	}
	return f.File.SyncData()
}

func (f faultFile) SyncTo(n int64) (bool, error) {
	if f.f.hit("sync " + f.name) {
		return false, errFault
	}
	return f.File.SyncTo(n)
}

// TestEveryOperationFailsOnce lets each operation on files fail in its turn,
// with an error, after half of a write, and as a disk that stays full. What was
// acknowledged is there after a power cut at that point and a new start; the
// process goes on, or says ErrFailed, or ends.
func TestEveryOperationFailsOnce(t *testing.T) {
	t.Parallel()
	stride := 7
	if os.Getenv("PLETH_CRASH") != "" {
		stride = 1
	}
	for kind, name := range []string{"error", "short write", "full disk"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			went, failed, ended := 0, 0, 0
			for n := kind; ; n += stride {
				f := &fault{FS: vfs.NewCrashableMem(), left: n, short: kind == 1, lasts: kind == 2}
				outcome := faultyLife(t, f)
				if f.broke == "" {
					break
				}
				switch outcome {
				case "went on":
					went++
				case "failed":
					failed++
				default:
					ended++
				}
				if t.Failed() {
					t.Fatalf("operation %d: %s", n, f.broke)
				}
			}
			t.Logf("%d times it went on, %d times writing ended with an error, %d times the process would have ended", went, failed, ended)
		})
	}
}

// faultyLife writes on a disk that breaks and returns how it ended.
func faultyLife(t *testing.T, f *fault) (outcome string) {
	mem := f.FS.(*vfs.MemFS)
	beds := []*writer{{rows: readingtest.Bed(0, 1_700_000_000e9, 1000)}}
	beds[0].pad = 8 << 10
	acked := make(chan int, 1000)
	over, fatal := make(chan [2]error, 1), make(chan string, 10) // over: of writing, of closing
	go func() {                                                  // may never come back where the process would end
		db, err := pebbledb.Open("data/store", pebbledb.Options{FS: f, MemTable: 64 << 10, Patience: 200 * time.Millisecond, Fatal: func(m string) { fatal <- m; select {} }})
		if err != nil {
			over <- [2]error{err}
			return
		}
		log, store := logs.Open(db), chunks.Open(db)
		own := *beds[0]
		for range 30 {
			if err = own.step(log, store); err != nil {
				break
			}
			acked <- own.acked
		}
		f.mu.Lock()
		f.healed = f.healed || err == nil // a disk that stays full would be flushed to for ever
		f.mu.Unlock()
		over <- [2]error{err, db.Close()}
	}()
	select {
	case err := <-over:
		switch {
		case err == [2]error{}:
			outcome = "went on"
		case err[0] == nil: // closing may take longer than its patience on a busy machine
			outcome = "failed"
		default:
			if outcome = "failed"; len(acked) > 0 && !errors.Is(err[0], pebbledb.ErrFailed) {
				t.Errorf("writing ended with %v, want ErrFailed", err[0])
			}
		}
	case <-fatal:
		outcome = "ended"
	}
	for len(acked) > 0 {
		beds[0].acked = <-acked
	}
	f.mu.Lock()
	f.healed = true
	f.mu.Unlock()
	left := mem.CrashClone(vfs.CrashCloneCfg{})
	if _, err := left.Stat("data/store"); err != nil && beds[0].acked == 0 {
		return outcome
	}
	if beds[0].acked == 0 {
		// Nothing was promised: it must open, that is all.
		db, err := pebbledb.Open("data/store", pebbledb.Options{FS: left})
		if err != nil {
			t.Errorf("the next start fails: %v", err)
			return outcome
		}
		db.Close()
		return outcome
	}
	verify(t, left, nil, beds)
	return outcome
}
