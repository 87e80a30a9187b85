package notify

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// timeout bounds one attempt.
const timeout = 20 * time.Second

// Client returns an HTTP client for channels: no redirects, one attempt of 20 s
// at most, and no connection to an address inside the house unless inside says
// so: an address somebody typed must not become a way into the network.
func Client(inside bool) *http.Client {
	d := &net.Dialer{Timeout: 5 * time.Second, Control: func(_, address string, _ syscall.RawConn) error {
		at, err := netip.ParseAddrPort(address)
		if err != nil {
			return err
		}
		if ip := at.Addr().Unmap(); !inside && (ip.IsLoopback() || ip.IsPrivate() || ip.IsLinkLocalUnicast() || ip.IsUnspecified() || ip.IsMulticast()) {
			return &Refusal{Text: fmt.Sprintf("%s is an address inside the network; allow it with allow_private", ip), Final: true}
		}
		return nil
	}}
	return &http.Client{
		Timeout:       timeout,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Transport:     &http.Transport{DialContext: d.DialContext, Proxy: nil, TLSHandshakeTimeout: 5 * time.Second, MaxIdleConnsPerHost: 2, IdleConnTimeout: time.Minute},
	}
}

// Post sends a body and returns the begin of the answer where the status is 2xx;
// otherwise a *Refusal: final for a status that says the request itself is
// wrong, gone for 410, with the time of Retry-After where there is one.
func Post(ctx context.Context, c *http.Client, url string, header http.Header, body []byte) ([]byte, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, url, strings.NewReader(string(body)))
	if err != nil {
		return nil, &Refusal{Text: "the address cannot be used: " + scrub(err), Final: true}
	}
	req.Header = header
	if req.Header.Get("Content-Type") == "" {
		req.Header.Set("Content-Type", "application/json")
	}
	req.Header.Set("User-Agent", "pleth")
	res, err := c.Do(req)
	if err != nil {
		if r := Refused(err); r != nil {
			return nil, r
		}
		return nil, errors.New(scrub(err))
	}
	defer res.Body.Close()
	answer, _ := io.ReadAll(io.LimitReader(res.Body, 4<<10))
	if res.StatusCode/100 == 2 {
		return answer, nil
	}
	r := &Refusal{Text: fmt.Sprintf("status %d: %s", res.StatusCode, strings.TrimSpace(string(answer[:min(len(answer), 200)])))}
	switch {
	case res.StatusCode == http.StatusGone:
		r.Final, r.Gone = true, true
	case res.StatusCode == http.StatusTooManyRequests || res.StatusCode == http.StatusRequestTimeout:
	case res.StatusCode/100 == 4 || res.StatusCode/100 == 3:
		r.Final = true
	}
	if s, err := strconv.Atoi(res.Header.Get("Retry-After")); err == nil && s > 0 {
		r.After = time.Duration(min(s, 3600)) * time.Second
	}
	return nil, r
}

// scrub returns an error of an HTTP client without the address, which may hold
// a secret.
func scrub(err error) string {
	text := err.Error()
	if i := strings.LastIndex(text, `": `); i >= 0 && strings.Contains(text[:i], "://") {
		return text[i+3:]
	}
	return text
}
