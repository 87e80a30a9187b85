package ward

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"pleth/internal/reading"
)

// Target is a server.
type Target struct {
	URL   string // "http://127.0.0.1:8080", for MQTT "mqtt://127.0.0.1:1883"
	Token string // empty: none is shown
}

// Protocol is how readings are sent.
type Protocol string

// The protocols. The line protocol has no word for a missing value: there it
// is left out, and the ledger knows of none.
const (
	REST Protocol = "rest"
	Line Protocol = "line"
	MQTT Protocol = "mqtt"
)

// Connector returns what Options.Connect needs to send to t over p.
func Connector(t Target, p Protocol) (func() (Sender, error), error) {
	u, err := url.Parse(t.URL)
	if err != nil || u.Host == "" {
		return nil, fmt.Errorf("server %q: write http://host:port", t.URL)
	}
	switch {
	case p == MQTT:
		return func() (Sender, error) { return newPublisher(t, u) }, nil
	case u.Scheme != "http" && u.Scheme != "https":
		return nil, fmt.Errorf("server %q: %s goes over http or https", t.URL, p)
	case p != REST && p != Line:
		return nil, fmt.Errorf("protocol %q: one of rest, line, mqtt", p)
	}
	return func() (Sender, error) { return newPoster(t, p), nil }, nil
}

// poster sends over HTTP, one request at a time on one connection.
type poster struct {
	target Target
	line   bool
	client *http.Client
	body   []byte
}

func newPoster(t Target, p Protocol) *poster {
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.DisableCompression = true
	return &poster{target: t, line: p == Line, client: &http.Client{Transport: transport, Timeout: 30 * time.Second}}
}

// Close closes the connection.
func (s *poster) Close() error {
	s.client.CloseIdleConnections()
	return nil
}

// Send posts readings of one device.
func (s *poster) Send(ctx context.Context, device string, readings []Send) ([]Outcome, error) {
	where := s.target.URL + "/api/v1/devices/" + url.PathEscape(device) + "/readings"
	kind := "application/json"
	if s.line {
		where, kind = s.target.URL+"/write?precision=ns", "text/plain; charset=utf-8"
		s.body = appendLines(s.body[:0], device, readings)
	} else {
		s.body = appendJSON(s.body[:0], readings)
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, where, bytes.NewReader(s.body))
	if err != nil {
		return nil, err
	}
	req.Header.Set("Content-Type", kind)
	req.Header.Set("Prefer", "return=minimal")
	if s.target.Token != "" {
		req.Header.Set("Authorization", "Bearer "+s.target.Token)
	}
	resp, err := s.client.Do(req)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(io.LimitReader(resp.Body, 16<<20))
	if err != nil {
		return nil, err
	}
	switch resp.StatusCode {
	case http.StatusNoContent:
		return all(Acknowledged, len(readings)), nil
	case http.StatusCreated, http.StatusMultiStatus:
		return taken(text, len(readings))
	case http.StatusUnauthorized, http.StatusForbidden:
		return nil, fmt.Errorf("%s: %w (%s)", s.target.URL, ErrDenied, resp.Status)
	case http.StatusUnprocessableEntity:
		return all(Refused, len(readings)), nil
	case http.StatusBadRequest: // of lines: some of them were not taken
		if len(readings) == 1 {
			return all(Refused, 1), nil
		}
		half := len(readings) / 2
		first, err := s.Send(ctx, device, readings[:half])
		if err != nil {
			return nil, err
		}
		second, err := s.Send(ctx, device, readings[half:])
		return append(first, second...), err
	}
	err = fmt.Errorf("the server answers %s: %s", resp.Status, bytes.TrimSpace(text[:min(len(text), 300)]))
	if s, parsed := strconv.ParseFloat(resp.Header.Get("Retry-After"), 64); parsed == nil && s > 0 && s < 3600 {
		err = &Busy{time.Duration(s * float64(time.Second)), err}
	}
	return nil, err
}

func all(o Outcome, n int) []Outcome {
	out := make([]Outcome, n)
	for i := range out {
		out[i] = o
	}
	return out
}

// taken reads the answer of the REST door.
func taken(text []byte, n int) ([]Outcome, error) {
	var said struct {
		Duplicate int
		Results   []struct {
			Index  int
			Status string
			Flags  []string
		}
	}
	if err := json.Unmarshal(text, &said); err != nil {
		return nil, fmt.Errorf("the answer cannot be read: %w", err)
	}
	out := all(Acknowledged, n)
	if said.Duplicate == n {
		out = all(Duplicate, n)
	}
	for _, r := range said.Results {
		if r.Index < 0 || r.Index >= n {
			return nil, fmt.Errorf("the answer speaks of reading %d of %d", r.Index, n)
		}
		out[r.Index] = map[string]Outcome{"accepted": Accepted, "duplicate": Duplicate, "refused": Refused}[r.Status]
	}
	return out, nil
}

// appendJSON appends readings as a JSON list.
func appendJSON(b []byte, readings []Send) []byte {
	b = append(b, '[')
	for i := range readings {
		if i > 0 {
			b = append(b, ',')
		}
		b = readings[i].Reading.AppendJSON(b)
	}
	return append(b, ']')
}

// AppendJSON appends r as the object of the REST door; a Seq of 0 is left out.
func (r *Reading) AppendJSON(b []byte) []byte {
	b = append(b, `{"timestamp":"`...)
	b = time.Unix(0, r.At).UTC().AppendFormat(b, time.RFC3339Nano)
	b = append(b, '"')
	if r.Seq != 0 {
		b = append(b, `,"seq":`...)
		b = strconv.AppendInt(b, r.Seq, 10)
	}
	for i, m := range Metrics {
		v := r.Values[i]
		if v.IsAbsent() {
			continue
		}
		b = append(b, ',', '"')
		b = append(b, reading.FieldOf(m).Name...)
		b = append(b, '"', ':')
		if v.Ok() {
			b = v.Append(b)
		} else {
			b = append(b, "null"...)
		}
	}
	return append(b, `,"firmware_version":"`+Firmware+`"}`...)
}

// appendLines appends readings as line protocol.
func appendLines(b []byte, device string, readings []Send) []byte {
	for i := range readings {
		b = readings[i].Reading.AppendLine(b, device)
	}
	return b
}

// AppendLine appends r as a line of line protocol; a Seq of 0 is left out.
func (r *Reading) AppendLine(b []byte, device string) []byte {
	b = append(b, "vitals,device_id="...)
	b = append(b, device...)
	b = append(b, ",firmware="+Firmware...)
	comma := byte(' ')
	if r.Seq != 0 {
		b = append(b, " seq="...)
		b = strconv.AppendInt(b, r.Seq, 10)
		b = append(b, 'i')
		comma = ','
	}
	for i, m := range Metrics {
		if v := r.Values[i]; v.Ok() {
			b = append(b, comma)
			comma = ','
			b = append(b, reading.FieldOf(m).Name...)
			b = append(b, '=')
			b = v.Append(b)
		}
	}
	b = append(b, ' ')
	b = strconv.AppendInt(b, r.At, 10)
	return append(b, '\n')
}
