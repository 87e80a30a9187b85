package ndjson

import (
	"encoding/json"
	"net/http"
	"strconv"
	"time"
)

// teller writes an answer as lines while the body comes in.
type teller struct {
	w       http.ResponseWriter
	control *http.ResponseController
	idle    time.Duration
}

// group tells the refused lines of a group, then where things stand.
func (t *teller) group(s *Summary, refused []Line) error {
	_ = t.control.SetWriteDeadline(time.Now().Add(t.idle))
	enc := json.NewEncoder(t.w)
	for i := range refused {
		if err := enc.Encode(&refused[i]); err != nil {
			return err
		}
	}
	if err := enc.Encode(s); err != nil {
		return err
	}
	return t.control.Flush()
}

// end tells how it ended: the last line has "status".
func (t *teller) end(s *Summary, status int, title, detail string) {
	if status == 0 {
		status = http.StatusCreated
		if s.Refused > 0 {
			status = http.StatusMultiStatus
		}
	}
	_ = t.control.SetWriteDeadline(time.Now().Add(t.idle))
	_ = json.NewEncoder(t.w).Encode(struct {
		*Summary
		Status int    `json:"status"`
		Title  string `json:"title,omitempty"`
		Detail string `json:"detail,omitempty"`
	}{s, status, title, detail})
}

// problem answers as RFC 9457 has it, with what became of the lines.
func problem(w http.ResponseWriter, status int, kind, title, detail string, after time.Duration, s *Summary) {
	if after > 0 {
		w.Header().Set("Retry-After", strconv.Itoa(max(1, int((after+time.Second-1)/time.Second))))
	}
	answer(w, status, "application/problem+json", struct {
		Type   string `json:"type"`
		Title  string `json:"title"`
		Status int    `json:"status"`
		Detail string `json:"detail"`
		*Summary
	}{"urn:pleth:problem:" + kind, title, status, detail, s})
}

func answer(w http.ResponseWriter, status int, media string, body any) {
	w.Header().Set("Content-Type", media)
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body)
}
