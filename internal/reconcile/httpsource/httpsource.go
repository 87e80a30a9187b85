// Package httpsource reads the records of systems over HTTP: any REST address
// that pages, the Admin API of Shopify, and FHIR searches. It never follows an
// address to another host, waits as long as a server asks it to, and calls
// what did not come whole an error.
package httpsource

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/time/rate"

	"pleth/internal/reconcile"
)

// Config is one table of a system.
type Config struct {
	Label string
	// URL of the first page. {from} and {to} become the window (RFC 3339), so
	// that the server need not send everything.
	URL    string
	Header http.Header // credentials among them
	// Items is where the records stand in a page: data.orders; empty: the page
	// itself is the list.
	Items string
	// Columns are the paths of values in a record: customer.id, lines.0.sku.
	Columns map[string]string
	// How the next page is found; at most one. Next: where its address or cursor
	// stands in a page; Cursor: the parameter that takes it, empty: it is an
	// address. Link: the header of that name. Page: the parameter that counts
	// pages from First.
	Next, Cursor string
	Link         bool
	Page         string
	First        int
	// Total is where a page says how many records there are; what comes must be
	// as many. Count is an address that says it instead, at CountAt.
	Total, Count, CountAt string
	// Size is the parameter that says how many records a page has, so that the
	// end can be asked for in another way; Whole says that the server sends all
	// there is, whatever its last page looks like.
	Size      string
	Whole     bool
	PerSecond float64 // requests; 0: 5
	MostPages int     // 0: 10,000
	Client    *http.Client
}

// The bounds of what one server may send.
const (
	mostPage  = 64 << 20
	mostHeld  = 200_000 // records that are kept for a second look
	mostTries = 6
)

// Table is a table over HTTP. It is a reconcile.Source. What it has read is
// kept, so that it is not asked for twice.
type Table struct {
	cfg   Config
	names []string
	paths [][]string
	limit *rate.Limiter
	wait  func(context.Context, time.Duration) error

	from, to time.Time
	held     *held
}

// held are records that were read.
type held struct {
	rows [][]reconcile.Cell
	full bool // all of them are here
	// doubt is why they may not be all there are.
	doubt string
}

// New returns a table.
func New(cfg Config, columns []string) (*Table, error) {
	t := &Table{cfg: cfg, names: columns, held: &held{}, wait: pause}
	if _, err := url.Parse(strings.NewReplacer("{from}", "", "{to}", "").Replace(cfg.URL)); err != nil || !strings.HasPrefix(cfg.URL, "http") {
		return nil, errors.New("url: write http://host/path or https://…")
	}
	for _, name := range columns {
		path := cfg.Columns[name]
		if path == "" {
			path = name
		}
		t.paths = append(t.paths, strings.Split(path, "."))
	}
	per := cfg.PerSecond
	if per <= 0 {
		per = 5
	}
	t.limit = rate.NewLimiter(rate.Limit(per), 1)
	if t.cfg.Client == nil {
		t.cfg.Client = &http.Client{Timeout: time.Minute}
	}
	if t.cfg.MostPages <= 0 {
		t.cfg.MostPages = 10_000
	}
	return t, nil
}

func pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Name returns the label.
func (t *Table) Name() string { return t.cfg.Label }

// Columns returns the names of the columns.
func (t *Table) Columns(context.Context) ([]string, error) { return t.names, nil }

// Narrow implements reconcile.Narrower: the address may take the window.
func (t *Table) Narrow(w reconcile.Want) reconcile.Source {
	if !strings.Contains(t.cfg.URL, "{from}") && !strings.Contains(t.cfg.URL, "{to}") || w.From.Equal(t.from) && w.To.Equal(t.to) {
		return t
	}
	one := *t
	one.from, one.to, one.held = w.From, w.To, &held{}
	return &one
}

// address fills the window in.
func (t *Table) address(raw string) string {
	from, to := t.from, t.to
	if from.IsZero() {
		from = time.Date(1970, 1, 1, 0, 0, 0, 0, time.UTC)
	}
	if to.IsZero() {
		to = time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC)
	}
	return strings.NewReplacer("{from}", url.QueryEscape(from.UTC().Format(time.RFC3339)), "{to}", url.QueryEscape(to.UTC().Format(time.RFC3339))).Replace(raw)
}

// Scan reads every page.
func (t *Table) Scan(ctx context.Context, row func(int64, []reconcile.Cell) error, bad func(int64, string) error) error {
	if t.held.full {
		for i, cells := range t.held.rows {
			if err := row(int64(i+1), cells); err != nil {
				return err
			}
		}
		return nil
	}
	var kept [][]reconcile.Cell
	n := int64(0)
	var said span // how many records there are, as it changes while pages are read
	last := [sha256.Size]byte{}
	next, seen := t.address(t.cfg.URL), map[string]bool{}
	page := t.cfg.First
	if t.cfg.Page != "" {
		next = with(next, t.cfg.Page, strconv.Itoa(page))
	}
	if err := t.count(ctx, &said); err != nil {
		return err
	}
	var end ending
	for pages := 0; next != ""; pages++ {
		if pages == t.cfg.MostPages {
			return fmt.Errorf("%s: more than %d pages", t.cfg.Label, t.cfg.MostPages)
		}
		if seen[next] {
			return fmt.Errorf("%s: page %d leads back to a page before it", t.cfg.Label, pages)
		}
		seen[next] = true
		end.pages = pages + 1
		body, sum, header, err := t.get(ctx, next)
		if err != nil {
			return fmt.Errorf("%s: page %d: %w", t.cfg.Label, pages+1, err)
		}
		items, ok := at(body, split(t.cfg.Items)).([]any)
		if !ok {
			if v := at(body, split(t.cfg.Items)); v != nil || t.cfg.Items == "" {
				return fmt.Errorf("%s: page %d: no list of records at %q", t.cfg.Label, pages+1, t.cfg.Items)
			}
			if _, object := body.(map[string]any); !object || !t.mayLack(body) {
				return fmt.Errorf("%s: page %d: no list of records at %q", t.cfg.Label, pages+1, t.cfg.Items)
			}
		}
		if t.cfg.Total != "" {
			if v, ok := at(body, split(t.cfg.Total)).(json.Number); ok {
				total, err := v.Int64()
				if err != nil {
					return fmt.Errorf("%s: page %d: the number of records at %q is none", t.cfg.Label, pages+1, t.cfg.Total)
				}
				said.add(total)
			}
		}
		if len(items) > 0 && sum == last {
			return fmt.Errorf("%s: page %d is the page before it again: does the server know how pages are asked for?", t.cfg.Label, pages+1)
		}
		last = sum
		if items, err = t.matches(items); err != nil {
			return fmt.Errorf("%s: page %d: %w", t.cfg.Label, pages+1, err)
		}
		if err := end.see(t, next, items, page, header); err != nil {
			return fmt.Errorf("%s: page %d: %w", t.cfg.Label, pages+1, err)
		}
		for _, item := range items {
			n++
			cells, why := t.cells(item)
			if why != "" {
				err = bad(n, why)
			} else {
				if len(kept) < mostHeld {
					kept = append(kept, cells)
				}
				err = row(n, cells)
			}
			if err != nil {
				return err
			}
		}
		if next, err = t.next(next, body, header, len(items), &page); err != nil {
			return fmt.Errorf("%s: page %d: %w", t.cfg.Label, pages+1, err)
		}
	}
	if err := t.count(ctx, &said); err != nil {
		return err
	}
	if said.known && (n < said.low || n > said.high) {
		return fmt.Errorf("%s: %d records came of %d: the pages are not whole", t.cfg.Label, n, said.high)
	}
	if end.records = n; !said.known {
		doubt, err := t.prove(ctx, &end)
		if err != nil {
			return fmt.Errorf("%s: %w", t.cfg.Label, err)
		}
		t.held.doubt = doubt
	}
	if int64(len(kept)) == n {
		t.held.rows, t.held.full = kept, true
	}
	return nil
}

// span is between what numbers of records lay that a server said: it may get new
// ones while pages are read.
type span struct {
	known     bool
	low, high int64
}

func (s *span) add(n int64) {
	if !s.known {
		s.known, s.low, s.high = true, n, n
	}
	s.low, s.high = min(s.low, n), max(s.high, n)
}

// count asks how many records there are, where the server says it apart.
func (t *Table) count(ctx context.Context, said *span) error {
	if t.cfg.Count == "" {
		return nil
	}
	body, _, _, err := t.get(ctx, t.address(t.cfg.Count))
	if err != nil {
		return fmt.Errorf("%s: the number of records: %w", t.cfg.Label, err)
	}
	v, _ := at(body, split(t.cfg.CountAt)).(json.Number)
	n, err := v.Int64()
	if err != nil {
		return fmt.Errorf("%s: the number of records does not stand at %q", t.cfg.Label, t.cfg.CountAt)
	}
	said.add(n)
	return nil
}

// matches leaves out what a FHIR server sends beside the records that were
// searched for, and says where it names an error among them.
func (t *Table) matches(items []any) ([]any, error) {
	if t.cfg.Next != fhirNext {
		return items, nil
	}
	var out []any
	for _, item := range items {
		mode, _ := at(item, []string{"search", "mode"}).(string)
		if at(item, []string{"resource", "resourceType"}) == "OperationOutcome" {
			issues, _ := at(item, []string{"resource", "issue"}).([]any)
			for _, issue := range issues {
				if s := at(issue, []string{"severity"}); s == "error" || s == "fatal" {
					return nil, fmt.Errorf("the server names an error in the search (OperationOutcome, %v)", at(issue, []string{"code"}))
				}
			}
			mode = "outcome"
		}
		if mode == "" || mode == "match" {
			out = append(out, item)
		}
	}
	return out, nil
}

// mayLack reports whether a page may be without its list: a FHIR search that
// finds nothing is.
func (t *Table) mayLack(body any) bool {
	return at(body, []string{"resourceType"}) == "Bundle"
}

func split(path string) []string {
	if path == "" {
		return nil
	}
	return strings.Split(path, ".")
}

// at returns what stands at a path; nil: nothing.
func at(v any, path []string) any {
	for _, p := range path {
		switch x := v.(type) {
		case map[string]any:
			v = x[p]
		case []any:
			i, err := strconv.Atoi(p)
			if err != nil || i < 0 || i >= len(x) {
				return nil
			}
			v = x[i]
		default:
			return nil
		}
	}
	return v
}

// cells takes the columns out of a record.
func (t *Table) cells(item any) ([]reconcile.Cell, string) {
	if _, ok := item.(map[string]any); !ok {
		return nil, "a record that is no object"
	}
	out := make([]reconcile.Cell, len(t.paths))
	for i, path := range t.paths {
		switch v := at(item, path).(type) {
		case nil:
			out[i].Null = true
		case string:
			out[i].Text = []byte(v)
		case json.Number:
			out[i] = reconcile.Cell{Text: []byte(v), Number: true}
		case bool:
			out[i].Text = strconv.AppendBool(nil, v)
		default:
			return nil, fmt.Sprintf("column %q is no single value", t.names[i])
		}
	}
	return out, ""
}

// next returns the address of the page after this one; empty: it was the last.
func (t *Table) next(here string, body any, header http.Header, items int, page *int) (string, error) {
	var to string
	switch {
	case t.cfg.Link:
		to = linkTo(header.Values("Link"), "next")
	case t.cfg.Page != "":
		if items == 0 {
			return "", nil
		}
		*page++
		return with(here, t.cfg.Page, strconv.Itoa(*page)), nil
	case t.cfg.Next == fhirNext:
		links, _ := at(body, []string{"link"}).([]any)
		for _, l := range links {
			if at(l, []string{"relation"}) == "next" {
				to, _ = at(l, []string{"url"}).(string)
			}
		}
	case t.cfg.Next != "":
		switch v := at(body, split(t.cfg.Next)).(type) {
		case string:
			to = v
		case json.Number:
			to = v.String()
		}
		if to != "" && t.cfg.Cursor != "" {
			return with(here, t.cfg.Cursor, to), nil
		}
	}
	if to == "" {
		return "", nil
	}
	return within(here, to)
}

// within returns an address that a page leads to, which is on the same host.
func within(here, to string) (string, error) {
	base, err := url.Parse(here)
	if err != nil {
		return "", err
	}
	u, err := base.Parse(to)
	if err != nil {
		return "", errors.New("the address of the next page cannot be read")
	}
	if u.Host != base.Host || u.Scheme != base.Scheme {
		return "", errors.New("the next page is on another host; credentials are not sent there")
	}
	return u.String(), nil
}

// fhirNext is the Next of FHIR: the link of that relation in a Bundle.
const fhirNext = "link.next"

// linkTo returns the address with a relation in headers called Link, as RFC 8288 writes them; addresses may hold commas and semicolons.
func linkTo(values []string, relation string) string {
	for _, text := range values {
		for {
			open := strings.IndexByte(text, '<')
			if open < 0 {
				break
			}
			end := strings.IndexByte(text[open:], '>')
			if end < 0 {
				break
			}
			target, rest := text[open+1:open+end], text[open+end+1:]
			params := rest // up to the next address
			if i := strings.Index(rest, ",<"); i >= 0 {
				params = rest[:i]
			}
			if i := strings.Index(params, ", <"); i >= 0 {
				params = params[:i]
			}
			for param := range strings.SplitSeq(params, ";") {
				name, value, _ := strings.Cut(strings.TrimSpace(param), "=")
				value = strings.Trim(strings.TrimRight(strings.TrimSpace(value), ", "), `"`)
				if strings.EqualFold(strings.TrimSpace(name), "rel") && slices.ContainsFunc(strings.Fields(value), func(s string) bool { return strings.EqualFold(s, relation) }) {
					return strings.TrimSpace(target)
				}
			}
			text = rest
		}
	}
	return ""
}

// with sets a parameter of an address.
func with(address, name, value string) string {
	u, err := url.Parse(address)
	if err != nil {
		return address
	}
	q := u.Query()
	q.Set(name, value)
	u.RawQuery = q.Encode()
	return u.String()
}
