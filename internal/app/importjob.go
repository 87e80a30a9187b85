package app

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"pleth/internal/analysis"
	"pleth/internal/atomicfile"
	"pleth/internal/device"
	"pleth/internal/rawfile"
	"pleth/internal/reading"
	"pleth/internal/road"
)

// The states of an import, in their order.
const (
	importReceiving = "receiving" // bytes are still to come
	importWaiting   = "waiting"   // for its turn
	importReading   = "reading"   // by the reader of its format
	importStoring   = "storing"   // rows go into the log
	importDone      = "done"      // its sessions are complete
	importFailed    = "failed"    // it holds nothing that can be taken; the file is kept
)

// importState is what is told of an import.
type importState struct {
	ID       string `json:"id"`
	State    string `json:"state"`
	Received int64  `json:"received_bytes"`
	Total    *int64 `json:"total_bytes"` // null: not announced
	SHA256   string `json:"sha256,omitempty"`

	Rows      int64 `json:"rows"` // in the file; 0 until it is read
	RowsDone  int64 `json:"rows_done"`
	Accepted  int64 `json:"accepted"`
	Conflict  int64 `json:"conflict"`
	Duplicate int64 `json:"duplicate"` // rows that were there already

	Filename   string              `json:"filename"`
	Device     string              `json:"device_id,omitempty"`
	Recordings []string            `json:"recordings,omitempty"`
	Warnings   []analysis.Warning  `json:"warnings,omitempty"`
	Sessions   []road.SessionInfo  `json:"-"`
	Parts      []reading.Partition `json:"-"`
	Problem    string              `json:"problem,omitempty"` // why it failed
}

// importJob is one import.
type importJob struct {
	params importParams
	path   string // of the kept file
	busy   sync.Mutex

	mu      sync.Mutex // guards what follows
	state   importState
	changed chan struct{} // closed and made anew with every change of state.State
}

func (j *importJob) set(f func(*importState)) {
	j.mu.Lock()
	defer j.mu.Unlock()
	before := j.state.State
	f(&j.state)
	if j.state.State != before {
		close(j.changed)
		j.changed = make(chan struct{})
	}
}

// look returns the state, and what is closed when it changes.
func (j *importJob) look() (importState, <-chan struct{}) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.state, j.changed
}

// finished returns the state once the job has come to its end, or as it is
// when ctx ends.
func (j *importJob) finished(ctx context.Context) importState {
	for {
		s, changed := j.look()
		if s.State == importDone || s.State == importFailed {
			return s
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return s
		}
	}
}

// keepUploads is how long a file that did not come whole is kept.
const keepUploads = 24 * time.Hour

// rawEnding and noteEnding are of the kept files and of what became of them.
const (
	rawEnding  = ".raw"
	noteEnding = ".import"
)

// openImports finds what imports there are, and goes on with those that were
// broken off.
func (im *importer) openImports() error {
	if err := os.MkdirAll(im.dir, 0o700); err != nil {
		return err
	}
	im.jobs = map[string]*importJob{}
	im.run = make(chan struct{}, 1)
	im.ctx, im.stop = context.WithCancel(context.Background())
	list, err := os.ReadDir(im.dir)
	if err != nil {
		return err
	}
	for _, e := range list {
		path := filepath.Join(im.dir, e.Name())
		id, isNote := strings.CutSuffix(e.Name(), noteEnding)
		if isNote {
			if err := im.reopen(id, path); err != nil {
				return fmt.Errorf("import %s: %w", id, err)
			}
		}
	}
	for _, e := range list {
		id, isRaw := strings.CutSuffix(e.Name(), rawEnding)
		if info, err := e.Info(); isRaw && err == nil && im.jobs[id] == nil && len(id) == idLength {
			if im.clock().Sub(info.ModTime()) > keepUploads {
				_ = os.Remove(filepath.Join(im.dir, e.Name()))
				continue
			}
			if err := im.resume(id, filepath.Join(im.dir, e.Name())); err != nil {
				im.log.Error("a broken upload cannot be opened; it stays where it is", "import", id, "error", err)
			}
		}
	}
	return nil
}

// idLength is the length of the id of an import.
const idLength = 24

// note is what is kept of an import that came whole.
type note struct {
	Params importParams
	State  importState
	Parts  []reading.Partition
	Path   string // name of the kept file
}

// reopen takes up an import that came whole.
func (im *importer) reopen(id, path string) error {
	closed, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	plain, err := im.box.Open(closed, "import "+id)
	if err != nil {
		return err
	}
	var n note
	if err := json.Unmarshal(plain, &n); err != nil {
		return err
	}
	n.State.Parts = n.Parts
	j := im.add(id, n.Params, filepath.Join(im.dir, filepath.Base(n.Path)))
	j.state = n.State
	if n.State.State != importDone && n.State.State != importFailed {
		im.start(j)
	}
	return nil
}

// resume takes up an upload that broke off.
func (im *importer) resume(id, path string) error {
	f, err := rawfile.Open(path, im.box)
	if err != nil {
		return err
	}
	defer f.Close()
	var p importParams
	if err := json.Unmarshal(f.About(), &p); err != nil {
		return err
	}
	j := im.add(id, p, path)
	j.state.Received = f.Size()
	return nil
}

func (im *importer) add(id string, p importParams, path string) *importJob {
	j := &importJob{params: p, path: path, changed: make(chan struct{})}
	j.state = importState{ID: id, State: importReceiving, Filename: p.Filename, Device: p.Device}
	if p.Size >= 0 {
		j.state.Total = &p.Size
	}
	im.mu.Lock()
	defer im.mu.Unlock()
	im.jobs[id] = j
	im.order = append(im.order, id)
	return j
}

// job returns the import with that id, nil if there is none.
func (im *importer) job(id string) *importJob {
	im.mu.Lock()
	defer im.mu.Unlock()
	return im.jobs[id]
}

// all returns the imports, the newest first.
func (im *importer) all() []*importJob {
	im.mu.Lock()
	defer im.mu.Unlock()
	var out []*importJob
	for _, id := range slices.Backward(im.order) {
		out = append(out, im.jobs[id])
	}
	return out
}

// create makes an import whose bytes are to come.
func (im *importer) create(p importParams) (*importJob, error) {
	about, err := json.Marshal(&p)
	if err != nil {
		return nil, err
	}
	b := make([]byte, idLength/2)
	_, _ = rand.Read(b)
	id := hex.EncodeToString(b)
	path := filepath.Join(im.dir, id+rawEnding)
	f, err := rawfile.Create(path, im.box, about)
	if err != nil {
		return nil, err
	}
	if err := f.Close(); err != nil {
		return nil, err
	}
	return im.add(id, p, path), nil
}

// discard forgets an import whose bytes did not come, and reports whether it
// was one.
func (im *importer) discard(j *importJob) bool {
	s, _ := j.look()
	if s.State != importReceiving {
		return false
	}
	im.mu.Lock()
	delete(im.jobs, s.ID)
	im.order = slices.DeleteFunc(im.order, func(id string) bool { return id == s.ID })
	im.mu.Unlock()
	_ = os.Remove(j.path)
	return true
}

// Errors of receive.
var (
	errOffset    = errors.New("the part does not begin where the upload stands")
	errUploading = errors.New("another request is sending to this import")
	errReceived  = errors.New("the import has come whole already")
)

// receive adds bytes from offset on to an import; -1: wherever it stands. last
// says that no more follow where the size was not announced. Once all are
// there, the import begins.
func (im *importer) receive(j *importJob, offset int64, body io.Reader, last bool) error {
	if !j.busy.TryLock() {
		return errUploading
	}
	defer j.busy.Unlock()
	s, _ := j.look()
	switch {
	case s.State != importReceiving:
		return errReceived
	case offset >= 0 && offset != s.Received:
		return errOffset
	}
	f, err := rawfile.Open(j.path, im.box)
	if err != nil {
		return err
	}
	defer f.Close()
	limit := im.limit
	if s.Total != nil {
		limit = min(limit, *s.Total)
	}
	err = f.Append(body, limit, func(n int64) { j.set(func(s *importState) { s.Received = n }) })
	j.set(func(s *importState) { s.Received = f.Size() })
	if err != nil {
		return err
	}
	if s.Total != nil && f.Size() < *s.Total || s.Total == nil && !last {
		return nil
	}
	digest := sha256.New()
	if _, err := io.Copy(digest, f.Reader()); err != nil {
		return err
	}
	sum := hex.EncodeToString(digest.Sum(nil))
	j.set(func(s *importState) { s.SHA256, s.State = sum, importWaiting })
	if err := im.note(j); err != nil {
		return err
	}
	im.start(j)
	return nil
}

// note keeps the state of an import.
func (im *importer) note(j *importJob) error {
	s, _ := j.look()
	plain, err := json.Marshal(note{j.params, s, s.Parts, filepath.Base(j.path)})
	if err != nil {
		return err
	}
	return atomicfile.Write(filepath.Join(im.dir, s.ID+noteEnding), func(w io.Writer) error {
		_, err := w.Write(im.box.Seal(plain, "import "+s.ID))
		return err
	})
}

// start runs an import when its turn has come.
func (im *importer) start(j *importJob) {
	im.wait.Add(1)
	go func() {
		defer im.wait.Done()
		select {
		case im.run <- struct{}{}:
		case <-im.ctx.Done():
			return
		}
		defer func() { <-im.run }()
		err := im.work(im.ctx, j)
		if im.ctx.Err() != nil || errors.Is(err, road.ErrClosed) {
			return // it goes on with the next start
		}
		s, _ := j.look()
		if err != nil {
			im.log.Warn("an import failed", "import", s.ID, "error", kindOf(err))
		}
		if err := im.note(j); err != nil {
			im.log.Error("what became of an import is not kept", "import", s.ID, "error", err)
		}
	}()
}

// kindOf says of an error what may stand in a log: readers quote files.
func kindOf(err error) string {
	var own *device.Error
	switch {
	case errors.As(err, &own):
		return "the file cannot be read"
	case errors.Is(err, ErrNoData):
		return "the file holds no oximetry"
	}
	return fmt.Sprintf("%T", err)
}

// work reads a file and puts it on the road.
func (im *importer) work(ctx context.Context, j *importJob) error {
	fail := func(err error) error {
		j.set(func(s *importState) { s.State, s.Problem = importFailed, err.Error() })
		return err
	}
	j.set(func(s *importState) { s.State = importReading })
	if err := im.settle(j); err != nil {
		return fail(err)
	}
	raw, err := rawfile.Open(j.path, im.box)
	if err != nil {
		return fail(err)
	}
	defer raw.Close()
	all, err := im.read(ctx, raw, &j.params)
	if err != nil {
		return fail(err)
	}
	s, _ := j.look()
	j.set(func(s *importState) {
		s.State, s.Rows, s.Warnings = importStoring, rowsOf(all), nil
		s.RowsDone, s.Accepted, s.Conflict, s.Duplicate = 0, 0, 0, 0
		for _, f := range all {
			for _, in := range f.doc.Inputs {
				s.Warnings = append(s.Warnings, in.Warnings...)
			}
		}
	})
	parts, err := im.store(ctx, s.SHA256, &j.params, all, func(n int, outcomes []reading.Outcome) {
		j.set(func(s *importState) {
			s.RowsDone += int64(n)
			for _, o := range outcomes {
				switch o {
				case reading.Duplicate:
					s.Duplicate++
				case reading.Conflict:
					s.Conflict++
				default:
					s.Accepted++
				}
			}
		})
	})
	if err != nil {
		return fail(err)
	}
	sessions, err := im.sessions(ctx, parts)
	if err != nil {
		return fail(err)
	}
	j.set(func(s *importState) {
		s.State, s.Parts, s.Sessions, s.Device, s.Recordings = importDone, parts, sessions, parts[0].Device, nil
		for _, p := range parts {
			s.Recordings = append(s.Recordings, p.Recording)
		}
	})
	return nil
}

// settle gives the kept file the name of its content; of equal files one is kept.
func (im *importer) settle(j *importJob) error {
	s, _ := j.look()
	path := filepath.Join(im.dir, s.SHA256+rawEnding)
	if j.path == path {
		return nil
	}
	if _, err := os.Stat(j.path); errors.Is(err, os.ErrNotExist) { // done before a crash
		j.path = path
		return nil
	}
	_, err := os.Stat(path)
	switch {
	case errors.Is(err, os.ErrNotExist):
		err = os.Rename(j.path, path)
	case err == nil:
		err = os.Remove(j.path)
	}
	if err != nil {
		return err
	}
	j.path = path
	return nil
}

// sessions returns the sessions of partitions.
func (im *importer) sessions(ctx context.Context, parts []reading.Partition) ([]road.SessionInfo, error) {
	if len(parts) == 0 {
		return nil, nil
	}
	list, _, err := im.road.Sessions(ctx, road.SessionQuery{Device: parts[0].Device})
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(list, func(s road.SessionInfo) bool { return !slices.Contains(parts, s.Partition) }), nil
}

// close stops what is under way; it goes on with the next start.
func (im *importer) close(ctx context.Context) error {
	im.stop()
	done := make(chan struct{})
	go func() {
		im.wait.Wait()
		close(done)
	}()
	select {
	case <-done:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
