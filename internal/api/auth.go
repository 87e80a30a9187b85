package api

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"fmt"
	"net"
	"net/http"
	"strings"
	"time"

	"golang.org/x/time/rate"
)

// Key is somebody who may call, and how much.
type Key struct {
	Name  string // stands as actor in the log
	Token string // what the caller shows
	// ReadingsPerSecond bounds what the key may send; 0: no bound. One second's
	// worth may come at once.
	ReadingsPerSecond float64
	// Scope is what the key may do.
	Scope Scope
	// Owner is the person whose key it is; several keys may be of one. Empty:
	// the key stands for itself.
	Owner string
}

// Scope is what a key may do.
type Scope string

// The scopes. Doors besides HTTP take keys of ScopeAll alone.
const (
	ScopeAll    Scope = ""        // everything
	ScopeRead   Scope = "read"    // ask
	ScopeDryRun Scope = "dry-run" // ask, and ask what something would do
)

// Caller is the key that a request came with, with what is left of its quota.
type Caller struct {
	name  string
	sum   [32]byte // of the token
	limit *rate.Limiter
	scope Scope
	owner string
}

// Name returns the name of the key.
func (c *Caller) Name() string { return c.name }

// Take takes n readings from the quota of the key at time now, and returns 0,
// or how long to wait before the same may be asked again. More than the quota
// of a second is taken as debt once the quota is full.
func (c *Caller) Take(now time.Time, n int) time.Duration {
	return take(c.limit, now, n)
}

func take(l *rate.Limiter, now time.Time, n int) time.Duration {
	if l == nil || n == 0 {
		return 0
	}
	for left := n; left > 0; left -= l.Burst() {
		r := l.ReserveN(now, min(left, l.Burst()))
		if left != n {
			continue
		}
		if wait := r.DelayFrom(now); wait > 0 {
			r.CancelAt(now)
			return wait
		}
	}
	return 0
}

// limiter returns a limiter for n readings a second, nil for no bound.
func limiter(n float64) *rate.Limiter {
	if n <= 0 {
		return nil
	}
	return rate.NewLimiter(rate.Limit(n), max(1, int(n)))
}

// open is the caller of a server that needs no token.
var open = &Caller{name: "local"}

// cookieName is the cookie that a browser gets for the token.
const cookieName = "pleth"

// cookieOf returns what the cookie for a token holds: nothing the token can be
// told from.
func cookieOf(token string) string {
	sum := sha256.Sum256([]byte("pleth cookie\x00" + token))
	return hex.EncodeToString(sum[:])
}

// Authenticate returns the key that the token belongs to, for doors that take
// readings; nil if there is none, or it may only ask. Doors with credentials of
// their own kind (MQTT passwords, Influx's u and p) ask here.
func (a *API) Authenticate(token string) *Caller {
	if c := a.known(token); c != nil && c.scope == ScopeAll {
		return c
	}
	return nil
}

// known returns the key that the token belongs to; nil if there is none.
func (a *API) known(token string) *Caller {
	if a.cfg.Open {
		return open
	}
	sum := sha256.Sum256([]byte(token))
	var found *Caller
	for _, c := range a.callers {
		if subtle.ConstantTimeCompare(sum[:], c.sum[:]) == 1 {
			found = c
		}
	}
	return found
}

// may returns why a caller may not use a route; nil: it may.
func (c *Caller) may(rt *route) error {
	switch {
	case c.scope == ScopeAll, rt.method == http.MethodGet, rt.public:
		return nil
	case c.scope == ScopeDryRun && rt.dry:
		return nil
	}
	return problem(http.StatusForbidden, "scope", "This key may not", fmt.Sprintf("its scope is %s: it may ask, and change nothing", c.scope))
}

// caller returns who sent r; nil if it says nothing that we know.
func (a *API) caller(r *http.Request) *Caller {
	if a.cfg.Open {
		return open
	}
	if kind, token, ok := strings.Cut(r.Header.Get("Authorization"), " "); ok && strings.EqualFold(kind, "Bearer") {
		return a.known(strings.TrimSpace(token))
	}
	if c, err := r.Cookie(cookieName); err == nil {
		for i, cookie := range a.cookies {
			if subtle.ConstantTimeCompare([]byte(c.Value), []byte(cookie)) == 1 {
				return a.callers[i]
			}
		}
	}
	return nil
}

// unauthorized is the answer to a request without a token that we know.
func unauthorized() *Problem {
	return problem(http.StatusUnauthorized, "unauthorized", "Who are you?", "send the token as header Authorization: Bearer …; the server printed it when it started and keeps it in the file admin-token of its data directory")
}

// enter takes the token out of the address that serve prints, keeps it in a
// cookie and shows the first page.
func (a *API) enter(w http.ResponseWriter, r *http.Request, _ *Caller) error {
	if token := r.URL.Query().Get("token"); token != "" && !a.cfg.Open {
		if a.known(token) == nil {
			return unauthorized()
		}
		setCookie(w, r, cookieOf(token), 30*24*3600)
	}
	w.Header().Set("Referrer-Policy", "no-referrer")
	first := "/docs"
	if a.cfg.Pages != nil {
		first = "/nights"
	}
	http.Redirect(w, r, first, http.StatusSeeOther)
	return nil
}

// setCookie gives the browser a cookie that no script can read and no page of
// another site can use. For age seconds; 0: until the browser is closed; -1:
// takes it away.
func setCookie(w http.ResponseWriter, r *http.Request, value string, age int) {
	http.SetCookie(w, &http.Cookie{Name: cookieName, Value: value, Path: "/", HttpOnly: true, SameSite: http.SameSiteStrictMode, Secure: r.TLS != nil, MaxAge: age})
}

// SignIn is a key to be exchanged for a cookie.
type SignIn struct {
	Token string `json:"token"`
}

// signIn exchanges a key for a cookie that ends with the browser: a page never
// keeps the key itself.
func (a *API) signIn(w http.ResponseWriter, r *http.Request, _ *Caller) error {
	var in SignIn
	if err := a.post(w, r, &in); err != nil {
		return err
	}
	if !a.cfg.Open {
		if a.known(in.Token) == nil {
			return unauthorized()
		}
		setCookie(w, r, cookieOf(in.Token), 0)
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

// signOut takes the cookie away.
func (a *API) signOut(w http.ResponseWriter, r *http.Request, _ *Caller) error {
	setCookie(w, r, "", -1)
	w.WriteHeader(http.StatusNoContent)
	return nil
}

// local reports whether a request to a server without tokens names the machine
// itself: a page elsewhere that points its name at 127.0.0.1 does not.
func local(r *http.Request) bool {
	host := r.Host
	if host == "localhost" {
		return true
	}
	if h, _, err := net.SplitHostPort(host); err == nil {
		host = h
	}
	host = strings.Trim(host, "[]")
	if host == "localhost" || host == "" {
		return true
	}
	ip := net.ParseIP(host)
	return ip != nil && ip.IsLoopback()
}
