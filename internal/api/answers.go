package api

import (
	"bytes"
	"container/list"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"net/http"
	"sync"
	"time"
)

// The bounds of what is kept of answers for the header Idempotency-Key.
const (
	keepAnswers     = 24 * time.Hour
	keepAnswerBytes = 32 << 20 // of all of them
	answerCost      = 1 << 10  // bytes of one beside its body and address, about
	maxKeyLength    = 255
)

// answers are given again to whoever sends the same request with the same
// Idempotency-Key. They live in memory: after a restart a reading sent again
// is a duplicate, as it is without a key, and control records carry the name of
// their request (requestOf).
type answers struct {
	mu    sync.Mutex
	by    map[answerKey]*list.Element
	order *list.List // of *kept, oldest first
	bytes int        // that they take
}

type answerKey struct{ who, method, path, key string }

// kept is one answer, or the place of one that is being made.
type kept struct {
	key    answerKey
	digest [32]byte // of the body of the request
	at     time.Time
	done   bool
	status int
	header http.Header
	body   []byte
}

// cost is what one takes in memory, about.
func (k *kept) cost() int { return answerCost + len(k.key.path) + len(k.body) }

func newAnswers() *answers { return &answers{by: map[answerKey]*list.Element{}, order: list.New()} }

// begin returns the answer for a key, or nil after making a place for it.
func (s *answers) begin(k answerKey, digest [32]byte, now time.Time) (*kept, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for e := s.order.Front(); e != nil; e = s.order.Front() {
		if one := e.Value.(*kept); now.Sub(one.at) < keepAnswers && s.bytes <= keepAnswerBytes || !one.done {
			break
		}
		s.drop(e)
	}
	e, ok := s.by[k]
	if !ok {
		one := &kept{key: k, digest: digest, at: now}
		s.by[k] = s.order.PushBack(one)
		s.bytes += one.cost()
		return nil, nil
	}
	one := e.Value.(*kept)
	switch {
	case one.digest != digest:
		return nil, unprocessable([]FieldError{{Path: "Idempotency-Key", Code: "key_reused", Detail: "this key came with another body before: use a new one for each request"}})
	case !one.done:
		p := problem(http.StatusConflict, "in-progress", "Under way", "the first request with this Idempotency-Key is still being answered")
		p.RetryAfter = time.Second
		return nil, p
	}
	return one, nil
}

// end keeps an answer, or gives up its place where it says to try again.
func (s *answers) end(k answerKey, status int, header http.Header, body []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	e := s.by[k]
	if e == nil {
		return
	}
	if status == 0 || status >= 500 || status == http.StatusTooManyRequests {
		s.drop(e)
		return
	}
	one := e.Value.(*kept)
	one.done, one.status, one.header, one.body = true, status, header, body
	s.bytes += len(body)
}

func (s *answers) drop(e *list.Element) {
	one := s.order.Remove(e).(*kept)
	delete(s.by, one.key)
	s.bytes -= one.cost()
}

// requestOf names a request by its key, for the log: the same one sent again is
// known there after a restart too. It is empty without a key.
func requestOf(r *http.Request, who *Caller) string {
	id := r.Header.Get("Idempotency-Key")
	if id == "" {
		return ""
	}
	sum := sha256.Sum256([]byte(who.name + "\x00" + r.URL.Path + "\x00" + id))
	return hex.EncodeToString(sum[:12])
}

// recorder keeps what is written beside passing it on.
type recorder struct {
	http.ResponseWriter
	status int
	body   bytes.Buffer
}

func (r *recorder) WriteHeader(status int) {
	if r.status == 0 {
		r.status = status
	}
	r.ResponseWriter.WriteHeader(status)
}

func (r *recorder) Write(b []byte) (int, error) {
	if r.status == 0 {
		r.status = http.StatusOK
	}
	r.body.Write(b)
	return r.ResponseWriter.Write(b)
}

// Unwrap lets deadlines reach the connection.
func (r *recorder) Unwrap() http.ResponseWriter { return r.ResponseWriter }

// once runs do for the first request with an Idempotency-Key, and gives its
// answer to the others.
func (a *API) once(w http.ResponseWriter, r *http.Request, who *Caller, do func(http.ResponseWriter, *http.Request)) error {
	id := r.Header.Get("Idempotency-Key")
	if len(id) > maxKeyLength {
		return unprocessable([]FieldError{{Path: "Idempotency-Key", Code: "too_long", Detail: "this key is too long", Allowed: "255 letters"}})
	}
	claim := a.cfg.Limits.Body
	if r.ContentLength >= 0 {
		claim = min(claim, r.ContentLength)
	}
	release, ok := a.Room(claim)
	if !ok {
		return busy(time.Second)
	}
	defer release()
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, a.cfg.Limits.Body))
	if err != nil {
		return err
	}
	k := answerKey{who.name, r.Method, r.URL.RequestURI(), id}
	one, err := a.answers.begin(k, sha256.Sum256(body), a.cfg.Clock())
	if err != nil {
		return err
	}
	if one != nil {
		for name, values := range one.header {
			w.Header()[name] = values
		}
		w.Header().Set("Idempotent-Replayed", "true")
		w.WriteHeader(one.status)
		_, _ = w.Write(one.body)
		return nil
	}
	rec := &recorder{ResponseWriter: w}
	defer func() { a.answers.end(k, rec.status, w.Header().Clone(), rec.body.Bytes()) }()
	r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
	do(rec, r)
	return nil
}
