package httpsource

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// get fetches one page and the SHA-256 of its bytes. It tries again what passes,
// as long as the server says.
func (t *Table) get(ctx context.Context, address string) (any, [sha256.Size]byte, http.Header, error) {
	for try := 1; ; try++ {
		if err := t.limit.Wait(ctx); err != nil {
			return nil, [sha256.Size]byte{}, nil, err
		}
		body, sum, header, again, err := t.once(ctx, address)
		if err == nil {
			err = t.ease(ctx, header)
		}
		if err == nil || again < 0 || try == mostTries {
			return body, sum, header, err
		}
		if err := t.wait(ctx, max(again, time.Duration(try*try)*200*time.Millisecond)); err != nil {
			return nil, sum, nil, err
		}
	}
}

// ease waits a second where the bucket of a shop is nearly full, so that others
// who share it are not refused.
func (t *Table) ease(ctx context.Context, header http.Header) error {
	used, of, ok := strings.Cut(header.Get("X-Shopify-Shop-Api-Call-Limit"), "/")
	n, err := strconv.Atoi(used)
	most, err2 := strconv.Atoi(of)
	if !ok || err != nil || err2 != nil || n*10 < most*9 {
		return nil
	}
	return t.wait(ctx, time.Second)
}

// once asks once; again says after how long it is of use to try again, below 0:
// never.
func (t *Table) once(ctx context.Context, address string) (body any, sum [sha256.Size]byte, header http.Header, again time.Duration, err error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, sum, nil, -1, errors.New("the address cannot be used")
	}
	req.Header = t.cfg.Header.Clone()
	if req.Header == nil {
		req.Header = http.Header{}
	}
	if req.Header.Get("Accept") == "" {
		req.Header.Set("Accept", "application/json")
	}
	req.Header.Set("User-Agent", "pleth")
	client := *t.cfg.Client
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	res, err := client.Do(req)
	if err != nil {
		if ctx.Err() != nil {
			return nil, sum, nil, -1, ctx.Err()
		}
		return nil, sum, nil, 0, errors.New("the system cannot be reached: " + scrub(err))
	}
	defer res.Body.Close()
	text, err := io.ReadAll(io.LimitReader(res.Body, mostPage+1))
	switch {
	case err != nil:
		return nil, sum, nil, 0, errors.New("the answer broke off")
	case len(text) > mostPage:
		return nil, sum, nil, -1, fmt.Errorf("an answer of more than %d MB", mostPage>>20)
	case res.StatusCode == http.StatusTooManyRequests || res.StatusCode == http.StatusRequestTimeout || res.StatusCode >= 500:
		again := retryAfter(res.Header)
		if again > mostPatience {
			return nil, sum, nil, -1, fmt.Errorf("the system answers %s and wants to be left alone for %s", res.Status, again.Round(time.Second))
		}
		return nil, sum, nil, again, &statusError{res.StatusCode, res.Status}
	case res.StatusCode != http.StatusOK:
		return nil, sum, nil, -1, &statusError{res.StatusCode, res.Status}
	}
	media, _, _ := mime.ParseMediaType(res.Header.Get("Content-Type"))
	if media != "" && media != "application/json" && !strings.HasSuffix(media, "+json") && media != "text/plain" {
		return nil, sum, nil, -1, fmt.Errorf("the answer is %s and no JSON; a page of a login or of an error?", media)
	}
	dec := json.NewDecoder(bytes.NewReader(bytes.TrimPrefix(text, []byte("\xef\xbb\xbf"))))
	dec.UseNumber()
	if err := dec.Decode(&body); err != nil {
		return nil, sum, nil, -1, errors.New("the answer is no JSON")
	}
	if _, err := dec.Token(); err != io.EOF {
		return nil, sum, nil, -1, errors.New("there is more after the JSON of the answer")
	}
	return body, sha256.Sum256(text), res.Header, 0, nil
}

// mostPatience is how long a check waits for a server that asks it to. One that
// wants more is asked again by the next check.
const mostPatience = 2 * time.Minute

// retryAfter returns how long a server wants to be left alone: seconds, or until
// an instant by its own clock.
func retryAfter(h http.Header) time.Duration {
	text := h.Get("Retry-After")
	if s, err := strconv.ParseFloat(text, 64); err == nil {
		if !(s > 0) { // nor a number at all
			return 0
		}
		return time.Duration(min(s, 1e6) * float64(time.Second))
	}
	until, err := http.ParseTime(text)
	if err != nil {
		return 0
	}
	now, err := http.ParseTime(h.Get("Date"))
	if err != nil {
		now = time.Now()
	}
	return max(until.Sub(now), 0)
}

// scrub leaves the address out of an error of a client.
func scrub(err error) string {
	var u *url.Error
	if errors.As(err, &u) {
		return u.Err.Error()
	}
	return err.Error()
}
