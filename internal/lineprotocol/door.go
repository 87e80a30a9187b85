package lineprotocol

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/klauspost/compress/gzip"

	"pleth/internal/intake/readings"
	"pleth/internal/reading"
)

// Road takes batches. Road.Submit returns when they are durable.
type Road interface {
	Submit(ctx context.Context, batches ...*reading.Batch) ([][]reading.Outcome, error)
}

// Aside keeps what was refused.
type Aside interface {
	// Put keeps the parts of body that the refusals point to, durable on return.
	Put(ctx context.Context, door string, received int64, body []byte, refused []readings.Refusal) error
}

// Caller is somebody who may write.
type Caller interface {
	// Take takes n readings from the caller's quota, and returns 0, or how long
	// to wait before the same may be asked again.
	Take(now time.Time, n int) time.Duration
}

// Config is what a Door is made of. All of it is required, unless it says
// otherwise.
type Config struct {
	Road   Road
	People readings.People
	Aside  Aside
	// Authenticate returns who has the token; nil: nobody.
	Authenticate func(token string) Caller
	// Admit says how long the batches must wait for the quotas of their devices,
	// 0 if not at all; nil: devices have none.
	Admit func(now time.Time, batches []*reading.Batch) time.Duration
	// Busy says how long a sender should wait after an error of Road, and
	// whether it should at all; nil: a second after any error.
	Busy   func(error) (time.Duration, bool)
	Known  func(device string) bool // as in readings.Options; nil: all
	Future time.Duration            // as in readings.Options
	Body   int64                    // bytes of a body, unpacked; 0: 25 MiB
	Lines  int                      // readings of a body; 0: 250,000
	// Room takes bytes of memory, or says that there are none left; release
	// gives them back. nil: there are always some.
	Room  func(bytes int64) (release func(), ok bool)
	Clock func() time.Time
}

// Door takes line protocol over HTTP. Use New. It is safe for concurrent use.
type Door struct {
	cfg  Config
	free sync.Pool // *work
}

// work is the memory of one request.
type work struct {
	body    bytes.Buffer
	zip     *gzip.Reader
	scan    scanner
	build   *readings.Builder
	decoder decoder
}

// doorName is what readings and dead letters of this door say they came by.
const doorName = "line"

// New returns a Door.
func New(cfg Config) *Door {
	if cfg.Body <= 0 {
		cfg.Body = 25 << 20
	}
	if cfg.Lines <= 0 {
		cfg.Lines = 250_000
	}
	if cfg.Room == nil {
		cfg.Room = func(int64) (func(), bool) { return func() {}, true }
	}
	if cfg.Busy == nil {
		cfg.Busy = func(error) (time.Duration, bool) { return time.Second, true }
	}
	d := &Door{cfg: cfg}
	d.free.New = func() any { return &work{build: readings.New(readings.Options{})} }
	return d
}

// Token returns what a request shows to prove who sent it: the token of
// "Authorization: Token …" and "Bearer …", the password of Basic, or the
// parameter p. It is empty where there is none of them.
func Token(r *http.Request) string {
	if _, password, ok := r.BasicAuth(); ok {
		return password
	}
	if kind, token, ok := strings.Cut(r.Header.Get("Authorization"), " "); ok && (strings.EqualFold(kind, "Token") || strings.EqualFold(kind, "Bearer")) {
		token = strings.TrimSpace(token)
		// Version 1.8 takes "Token user:password" for clients of version 2.
		if _, password, ok := strings.Cut(token, ":"); ok {
			return password
		}
		return token
	}
	return r.URL.Query().Get("p")
}

// caller returns who sent r, or answers that nobody is known for it.
func (d *Door) caller(w http.ResponseWriter, r *http.Request) Caller {
	who := d.cfg.Authenticate(Token(r))
	if who == nil {
		w.Header().Set("WWW-Authenticate", `Basic realm="pleth"`)
		d.fail(w, r, http.StatusUnauthorized, "unauthorized", "send the token of the server: as \"Authorization: Token …\", or as the password of Basic or of the parameters u and p")
	}
	return who
}

// write answers /write and /api/v2/write.
func (d *Door) write(w http.ResponseWriter, r *http.Request) {
	now := d.cfg.Clock()
	who := d.caller(w, r)
	if who == nil {
		return
	}
	unit, ok := units[r.URL.Query().Get("precision")]
	if !ok {
		d.fail(w, r, http.StatusBadRequest, "invalid", "precision is one of ns, us, ms, s, m, h")
		return
	}
	release, ok := d.cfg.Room(d.claim(r))
	if !ok {
		d.wait(w, r, http.StatusServiceUnavailable, time.Second, "too many bodies at once; send it again after the time of Retry-After")
		return
	}
	defer release()
	in := d.free.Get().(*work)
	defer d.free.Put(in)
	if status, text := in.read(w, r, d.cfg.Body); text != "" {
		d.fail(w, r, status, "invalid", text)
		return
	}
	in.build.Reset(readings.Options{Door: doorName, Received: now.UnixNano(), Future: d.cfg.Future, Limit: d.cfg.Lines, Known: d.cfg.Known})
	in.scan = scanner{body: in.body.Bytes(), line: line{fields: in.scan.line.fields}}
	in.decoder.reset(in.build, unit, now.UnixNano())
	for in.scan.next() {
		if in.build.Len() == d.cfg.Lines {
			d.fail(w, r, http.StatusRequestEntityTooLarge, "request too large", "the body has more than "+strconv.Itoa(d.cfg.Lines)+" points: send them in parts")
			return
		}
		in.decoder.line(&in.scan.line)
	}
	n := in.build.Len()
	more, ok := d.cfg.Room(int64(in.build.Refused()) * readings.RefusalBytes)
	if !ok {
		d.wait(w, r, http.StatusServiceUnavailable, time.Second, "too much is refused at once; send it again after the time of Retry-After")
		return
	}
	defer more()
	if wait := who.Take(now, n); wait > 0 {
		d.wait(w, r, http.StatusTooManyRequests, wait, "more readings a second than this token may send")
		return
	}
	got, err := in.build.Result(r.Context(), d.cfg.People)
	if err == nil && d.cfg.Admit != nil {
		if wait := d.cfg.Admit(now, got.Batches); wait > 0 {
			d.wait(w, r, http.StatusTooManyRequests, wait, "more readings a second than a device of these may send")
			return
		}
	}
	if err == nil && len(got.Batches) > 0 {
		_, err = d.cfg.Road.Submit(r.Context(), got.Batches...)
	}
	if err == nil && len(got.Refused) > 0 {
		err = d.cfg.Aside.Put(r.Context(), doorName, now.UnixNano(), in.body.Bytes(), got.Refused)
	}
	switch {
	case err != nil:
		d.failed(w, r, err)
	case len(got.Refused) > 0:
		d.fail(w, r, http.StatusBadRequest, "invalid", refusal(in.body.Bytes(), got.Refused, n))
	default:
		w.WriteHeader(http.StatusNoContent)
	}
}

// claim is the memory that a body takes at most, as far as is known before it
// is read.
func (d *Door) claim(r *http.Request) int64 {
	if n := r.ContentLength; n >= 0 && n <= d.cfg.Body && r.Header.Get("Content-Encoding") == "" {
		return n
	}
	return d.cfg.Body
}

// failed answers where nothing can be said of the lines.
func (d *Door) failed(w http.ResponseWriter, r *http.Request, err error) {
	if r.Context().Err() != nil {
		return // the client has gone
	}
	if after, ok := d.cfg.Busy(err); ok {
		d.wait(w, r, http.StatusServiceUnavailable, after, "the server cannot take it now; send it again after the time of Retry-After")
		return
	}
	d.fail(w, r, http.StatusInternalServerError, "internal error", "something failed inside; the log of the server says what")
}

// wait answers that the sender should come again.
func (d *Door) wait(w http.ResponseWriter, r *http.Request, status int, after time.Duration, text string) {
	w.Header().Set("Retry-After", strconv.Itoa(max(1, int((after+time.Second-1)/time.Second))))
	code := "unavailable"
	if status == http.StatusTooManyRequests {
		code = "too many requests"
	}
	d.fail(w, r, status, code, text)
}

// read reads the body, unpacked. It returns a text where that fails.
func (in *work) read(w http.ResponseWriter, r *http.Request, limit int64) (status int, text string) {
	in.body.Reset()
	var src io.Reader = http.MaxBytesReader(w, r.Body, limit)
	switch strings.ToLower(r.Header.Get("Content-Encoding")) {
	case "", "identity":
	case "gzip", "x-gzip":
		var err error
		if in.zip == nil {
			in.zip, err = gzip.NewReader(src)
		} else {
			err = in.zip.Reset(src)
		}
		if err != nil {
			return http.StatusBadRequest, "the body is not gzip, as its Content-Encoding says"
		}
		src = in.zip
	default:
		return http.StatusUnsupportedMediaType, "send the body as it is or with Content-Encoding: gzip"
	}
	_, err := in.body.ReadFrom(io.LimitReader(src, limit+1))
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &tooLarge), err == nil && int64(in.body.Len()) > limit:
		return http.StatusRequestEntityTooLarge, "the body is larger than " + strconv.FormatInt(limit, 10) + " bytes: send it in parts"
	case err != nil:
		return http.StatusBadRequest, "the body ended early or is not gzip, as its Content-Encoding says"
	}
	return 0, ""
}

// refusal says which lines were refused and why, as the servers of InfluxData
// do for a write of which only a part was taken.
func refusal(body []byte, refused []readings.Refusal, of int) string {
	var b strings.Builder
	b.WriteString("partial write: ")
	at, line := 0, 1
	for i, one := range refused {
		if i == maxListed {
			b.WriteString("; and more")
			break
		}
		if i > 0 {
			b.WriteString("; ")
		}
		line += bytes.Count(body[at:one.From], []byte{'\n'})
		at = one.From
		b.WriteString("line ")
		b.WriteString(strconv.Itoa(line))
		for k, p := range one.Problems {
			b.WriteString([...]string{": ", ", "}[min(k, 1)])
			if p.Path != "" {
				b.WriteString(strconv.QuoteToASCII(p.Path))
				b.WriteByte(' ')
			}
			b.WriteString(string(p.Code))
			if p.Allowed != "" {
				b.WriteString(" (allowed " + p.Allowed + ")")
			} else if p.Code == readings.Malformed {
				b.WriteString(" (" + p.Detail + ")")
			}
		}
	}
	b.WriteString(" dropped=")
	b.WriteString(strconv.Itoa(len(refused)))
	b.WriteString(" of ")
	b.WriteString(strconv.Itoa(of))
	return b.String()
}

// maxListed is how many refused lines an answer lists; the dead letters have all.
const maxListed = 20
