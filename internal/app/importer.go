package app

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"sync"
	"time"

	"pleth/internal/analysis"
	"pleth/internal/eventlog"
	"pleth/internal/rawfile"
	"pleth/internal/reading"
	"pleth/internal/road"
	"pleth/internal/sealed"
	"pleth/internal/session"
)

// importRoad is the road as imports need it.
type importRoad interface {
	Submit(ctx context.Context, batches ...*reading.Batch) ([][]reading.Outcome, error)
	Control(ctx context.Context, p reading.Partition, c eventlog.Control) (eventlog.Offset, error)
	Sessions(ctx context.Context, q road.SessionQuery) ([]road.SessionInfo, string, error)
}

// importer takes device files: it keeps them, reads them with the readers of
// analyze, and puts their rows on the road as recordings of their own.
type importer struct {
	dir  string // of the kept files
	box  *sealed.Box
	road importRoad
	busy func(error) (time.Duration, bool)
	// judged puts the alarm rules of who wore the device in force for a new
	// recording, before its first row; nil: there are no alarms.
	judged  func(ctx context.Context, p reading.Partition, subject string, at int64) error
	program analysis.Program
	clock   func() time.Time
	log     *slog.Logger
	limit   int64 // bytes of a file

	mu    sync.Mutex
	jobs  map[string]*importJob
	order []string // ids, oldest first
	run   chan struct{}
	ctx   context.Context
	stop  context.CancelFunc
	wait  sync.WaitGroup
}

// importParams are what a sender says of a file.
type importParams struct {
	Filename string `json:"filename"`
	Device   string `json:"device_id,omitempty"`
	Subject  string `json:"subject_id,omitempty"` // pseudonym
	Zone     string `json:"zone,omitempty"`
	Interval string `json:"interval,omitempty"`
	Columns  string `json:"columns,omitempty"`
	Actor    string `json:"actor,omitempty"`
	Size     int64  `json:"size"` // announced; -1: not
}

// options returns the options of the reader.
func (p *importParams) options() (Options, error) {
	o := Options{Zone: p.Zone, Columns: p.Columns}
	if p.Interval != "" {
		d, err := time.ParseDuration(p.Interval)
		if err != nil || d <= 0 {
			return o, fmt.Errorf("interval %q: write a duration such as 2s", p.Interval)
		}
		o.Interval = d
	}
	return o, nil
}

// maxPartRows is the number of rows that go to the road at a time.
const maxPartRows = 4096

// found is one recording of a file, ready for the road.
type found struct {
	doc      *analysis.Document
	sessions []*session.Session
}

// read reads a kept file as analyze does.
func (im *importer) read(ctx context.Context, raw *rawfile.File, p *importParams) ([]found, error) {
	o, err := p.options()
	if err != nil {
		return nil, err
	}
	a, err := NewAnalyzer(o, im.program, nil)
	if err != nil {
		return nil, err
	}
	a.open = func(string) (io.Reader, error) {
		r := raw.Reader()
		return io.NewSectionReader(r, 0, r.Size()), nil
	}
	var mu sync.Mutex
	kept := map[*Recording][]*session.Session{}
	a.keep = func(r *Recording, sessions []*session.Session) {
		mu.Lock()
		defer mu.Unlock()
		kept[r] = sessions
	}
	var out []found
	var errs []error
	run := &Run{Analyzer: a, Jobs: 1}
	err = run.Each(ctx, []string{p.Filename},
		func(r *Recording) any { return r },
		func(v any) error {
			r := v.(*Recording)
			mu.Lock()
			sessions := kept[r]
			mu.Unlock()
			if r.Err != nil {
				errs = append(errs, r.Err)
			}
			if len(sessions) > 0 {
				out = append(out, found{r.Doc, sessions})
			}
			return nil
		})
	if err == nil && len(out) == 0 {
		err = errors.Join(errs...)
		if err == nil {
			err = ErrNoData
		}
	}
	return out, err
}

// store puts the recordings of a file on the road. It may be done again: what
// is there is a duplicate.
func (im *importer) store(ctx context.Context, sum string, p *importParams, all []found, rows func(n int, outcomes []reading.Outcome)) ([]reading.Partition, error) {
	device := p.Device
	if device == "" {
		device = "import-" + sum[:8]
	}
	base := sum[:16]
	if said := p.Zone + "\x00" + p.Interval + "\x00" + p.Columns; said != "\x00\x00" {
		digest := sha256.Sum256([]byte(said))
		base += "~" + hex.EncodeToString(digest[:3])
	}
	var out []reading.Partition
	for _, f := range all {
		for len(f.sessions) > 0 {
			part := continuing(f.sessions)
			partition := reading.Partition{Device: device, Recording: base}
			if len(out) > 0 {
				partition.Recording += fmt.Sprintf(".%d", len(out)+1)
			}
			if err := im.recording(ctx, partition, p, f.doc.Inputs, f.sessions[:part], rows); err != nil {
				return out, err
			}
			out = append(out, partition)
			f.sessions = f.sessions[part:]
		}
	}
	return out, nil
}

// continuing returns how many of the sessions from the first on can stand in
// one partition: of one header, each after the one before.
func continuing(all []*session.Session) int {
	for i := 1; i < len(all); i++ {
		if !reflect.DeepEqual(all[i].Header, all[0].Header) || all[i].Start <= endOf(all[i-1]) {
			return i
		}
	}
	return len(all)
}

// endOf returns the time of the last row.
func endOf(s *session.Session) int64 { return s.Start + s.Rows.Time(s.Rows.Len()-1) }

// recording puts the sessions of one recording on the road.
func (im *importer) recording(ctx context.Context, at reading.Partition, p *importParams, inputs []analysis.Input, all []*session.Session, rows func(int, []reading.Outcome)) error {
	head := road.Import{Header: road.HeaderOf(all[0].Header), Inputs: nameless(inputs, p.Filename), Zone: p.Zone}
	err := im.control(ctx, at, p, eventlog.KindImport, head)
	if known := new(road.ErrControl); err != nil && !errors.As(err, &known) {
		return err
	}
	if im.judged != nil {
		if err := im.patiently(ctx, func() error { return im.judged(ctx, at, p.Subject, all[0].Start) }); err != nil {
			return err
		}
	}
	for i, s := range all {
		for from := 0; from < s.Rows.Len(); from += maxPartRows {
			b := &reading.Batch{Partition: at, Origin: reading.Origin{Door: "import", Subject: p.Subject}, Received: im.clock().UnixNano()}
			for k := from; k < min(s.Rows.Len(), from+maxPartRows); k++ {
				b.Rows.AppendRowAt(s.Rows, k, s.Start+s.Rows.Time(k))
			}
			outcomes, err := im.submit(ctx, b)
			if err != nil {
				return err
			}
			rows(b.Rows.Len(), outcomes)
		}
		// The reader may have cut where the road, which knows the times alone,
		// would not.
		if i == len(all)-1 || all[i+1].Start-endOf(s) <= max(int64(session.Gap), s.Interval*5/2) {
			if err := im.control(ctx, at, p, eventlog.KindEnd, road.End{At: endOf(s)}); err != nil {
				return err
			}
		}
	}
	return nil
}

// submit hands a batch to the road; while that is busy it waits.
func (im *importer) submit(ctx context.Context, b *reading.Batch) (outcomes []reading.Outcome, err error) {
	err = im.patiently(ctx, func() error {
		got, err := im.road.Submit(ctx, b)
		if err == nil {
			outcomes = got[0]
		}
		return err
	})
	return outcomes, err
}

// control appends a control record; while the road is busy it waits.
func (im *importer) control(ctx context.Context, at reading.Partition, p *importParams, kind string, payload any) error {
	body, err := json.Marshal(payload)
	if err != nil {
		return err
	}
	return im.patiently(ctx, func() error {
		_, err := im.road.Control(ctx, at, eventlog.Control{Kind: kind, Actor: p.Actor, Reason: "import", Payload: body})
		return err
	})
}

func (im *importer) patiently(ctx context.Context, do func() error) error {
	for wait := time.Millisecond; ; wait = min(2*wait, time.Second) {
		err := do()
		if _, again := im.busy(err); err == nil || !again || errors.Is(err, road.ErrClosed) {
			return err
		}
		select {
		case <-time.After(wait):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// where is a place in a file as readers write it.
var where = regexp.MustCompile(`^(line|row|byte|record|block|packet|sample|sheet|page)s? [0-9][0-9 .,-]*$`)

// nameless returns the inputs without what may name a person: the names of
// files, and texts that quote the file. The kept file has them all.
func nameless(inputs []analysis.Input, filename string) []analysis.Input {
	out := make([]analysis.Input, len(inputs))
	for i, in := range inputs {
		names := []string{in.Name, filename, filepath.Base(filename)}
		in.Name = "import-" + in.SHA256[:8] + safeExt(in.Name)
		if in.Companions != nil {
			in.Companions = append([]analysis.Companion(nil), in.Companions...)
			for k := range in.Companions {
				c := &in.Companions[k]
				names = append(names, c.Name)
				c.Name = "companion-" + c.SHA256[:8] + safeExt(c.Name)
			}
		}
		warnings := make([]analysis.Warning, len(in.Warnings))
		for k, w := range in.Warnings {
			if !where.MatchString(w.At) {
				w.At = ""
			}
			if strings.ContainsAny(w.Text, "\"'`") || containsAny(w.Text, names) {
				w.Text = "the text of this warning quotes the file and is not kept"
			}
			warnings[k] = w
		}
		in.Warnings = warnings
		out[i] = in
	}
	return out
}

func containsAny(text string, words []string) bool {
	for _, w := range words {
		if w != "" && strings.Contains(text, w) {
			return true
		}
	}
	return false
}

var extension = regexp.MustCompile(`^\.[A-Za-z0-9]{1,8}$`)

// safeExt returns the extension of a name if it says no more than a format.
func safeExt(name string) string {
	if ext := filepath.Ext(name); extension.MatchString(ext) {
		return strings.ToLower(ext)
	}
	return ""
}

// rowsOf counts the rows of a file.
func rowsOf(all []found) (n int64) {
	for _, f := range all {
		for _, s := range f.sessions {
			n += int64(s.Rows.Len())
		}
	}
	return n
}
