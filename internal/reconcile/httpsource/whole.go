package httpsource

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
)

// Where a server does not say how many records there are, one that leaves its
// last pages out looks as one that has no more. Three things give it away: the
// header Link names a last page that nobody was led to; a page behind the end has
// records; and what came ends with a full page, as it does where pages are left
// out. Then the end is asked for with pages of another size, which cannot all end
// in the same place. What stays unproven is a doubt: it is said, and not green.

// ending is how the pages of a table ended.
type ending struct {
	records int64
	pages   int
	address string            // of the last page with records
	last    int               // records of it
	most    int               // records of the fullest page
	beyond  string            // the address of the empty page behind it; empty: none was asked for
	page    int               // its number
	final   string            // the page that the header Link calls the last one
	digest  [sha256.Size]byte // of the records of the last page
}

// see notes a page that was read.
func (e *ending) see(t *Table, address string, items []any, page int, header http.Header) error {
	if len(items) > 0 {
		e.address, e.last, e.most, e.digest = address, len(items), max(e.most, len(items)), digestOf(items)
	} else if t.cfg.Page != "" {
		e.beyond, e.page = address, page
	}
	if to := linkTo(header.Values("Link"), "last"); t.cfg.Link && to != "" {
		final, err := within(address, to)
		e.final = final
		return err
	}
	return nil
}

// mostMore is how many pages are asked for to prove an end.
const mostMore = 4

// statusError is an answer that is none.
type statusError struct {
	code   int
	status string
}

// Error returns what the server answered.
func (e *statusError) Error() string { return "the system answers " + e.status }

// nothing reports whether a server says that there is no such page.
func nothing(err error) bool {
	var status *statusError
	return errors.As(err, &status) && slices.Contains([]int{http.StatusBadRequest, http.StatusNotFound, http.StatusGone, http.StatusRequestedRangeNotSatisfiable, http.StatusUnprocessableEntity}, status.code)
}

// Doubt says why it is not certain that all records came; empty: nothing speaks
// against it.
func (t *Table) Doubt() string { return t.held.doubt }

// counted asks for a page and returns its records and the address of the next
// one; there may be none at all.
func (t *Table) counted(ctx context.Context, address string) (records []any, next string, err error) {
	body, _, header, err := t.get(ctx, address)
	if nothing(err) {
		return nil, "", nil
	}
	if err != nil {
		return nil, "", err
	}
	items, _ := at(body, split(t.cfg.Items)).([]any)
	if items, err = t.matches(items); err != nil {
		return nil, "", err
	}
	page := 0
	if t.cfg.Page == "" {
		next, err = t.next(address, body, header, len(items), &page)
	}
	return items, next, err
}

func digestOf(items []any) [sha256.Size]byte {
	b, _ := json.Marshal(items) // it was JSON
	return sha256.Sum256(b)
}

// prove proves that the pages are whole, or says why it cannot.
func (t *Table) prove(ctx context.Context, e *ending) (doubt string, err error) {
	if e.final != "" && e.final != e.address {
		items, _, err := t.counted(ctx, e.final)
		if err != nil {
			return "", err
		}
		if len(items) > 0 && digestOf(items) != e.digest { // an address may be written in two ways
			return "", t.unless(ctx, e, fmt.Sprintf("%d pages came, and none of them is the one that the server calls the last: the pages are not whole", e.pages))
		}
	}
	if e.beyond != "" {
		behind, _, err := t.counted(ctx, with(e.beyond, t.cfg.Page, strconv.Itoa(e.page+1)))
		if err != nil {
			return "", err
		}
		if len(behind) > 0 {
			return "", t.unless(ctx, e, fmt.Sprintf("page %d is empty and the one behind it is not: the pages are not whole", e.pages+1))
		}
	}
	if t.cfg.Whole || !e.full(t.paged()) {
		return "", nil
	}
	proven := false
	if t.cfg.Size != "" {
		if proven, err = t.otherSize(ctx, e); err != nil {
			return "", err
		}
	}
	if proven && !slices.Contains([]int64{1000, 2000, 2500, 5000, 10_000, 50_000, 100_000}, e.records) { // where servers stop in any size
		return "", nil
	}
	return fmt.Sprintf("%d records came, the last page is full, and the server does not say whether there are more (total, size or whole: true in the settings)", e.records), nil
}

func (t *Table) paged() bool { return t.cfg.Next != "" || t.cfg.Page != "" || t.cfg.Link }

// full reports whether the last page is one that others may follow: of a server
// that sends everything at once, one of a size at which servers stop.
func (e *ending) full(paged bool) bool {
	if !paged {
		return slices.Contains([]int64{10, 15, 20, 25, 30, 50, 100, 200, 250, 300, 500, 1000, 2000, 5000, 10_000}, e.records)
	}
	return e.last > 0 && e.last == e.most
}

// unless is an error, unless records came meanwhile: then the page that was the
// last has more behind it now.
func (t *Table) unless(ctx context.Context, e *ending, text string) error {
	again := e.beyond
	if again == "" {
		again = e.address
	}
	items, next, err := t.counted(ctx, again)
	if err != nil {
		return err
	}
	n := len(items)
	if e.beyond != "" && n > 0 || e.beyond == "" && (next != "" || n > e.last) {
		return nil // the next check has them
	}
	return errors.New(text)
}

// otherSize asks for the end with pages of another size. It is not proven where
// the server does not care for the size.
func (t *Table) otherSize(ctx context.Context, e *ending) (proven bool, err error) {
	if t.cfg.Page != "" {
		return t.otherPage(ctx, e)
	}
	if !t.paged() {
		return false, nil
	}
	size, sum := e.last/2+1, 0
	for e.last%size == 0 || e.records%int64(size) == 0 { // so that no page of it ends where these did
		size++
	}
	if size >= e.last { // servers give larger pages no more than they like
		return false, nil
	}
	next := with(e.address, t.cfg.Size, strconv.Itoa(size))
	for range mostMore {
		items, to, err := t.counted(ctx, next)
		if err != nil {
			return false, err
		}
		if len(items) > size {
			return false, nil
		}
		if sum += len(items); to == "" {
			next = ""
			break
		}
		next = to
	}
	if next != "" || sum != e.last {
		return false, t.unless(ctx, e, fmt.Sprintf("the last page has %d records, and in pages of %d there are %s: the pages are not whole", e.last, size, orMore(sum, next)))
	}
	return true, nil
}

func orMore(n int, next string) string {
	if next != "" {
		return fmt.Sprintf("%d and more", n)
	}
	return strconv.Itoa(n)
}

// otherPage is otherSize where pages have numbers: the page of another size that
// the end lies in has as many records as are left for it.
func (t *Table) otherPage(ctx context.Context, e *ending) (proven bool, err error) {
	size := 2
	for e.records%int64(size) == 0 || size == e.most {
		size++
	}
	ask := func(page int64) (int, error) {
		items, _, err := t.counted(ctx, with(with(t.address(t.cfg.URL), t.cfg.Size, strconv.Itoa(size)), t.cfg.Page, strconv.FormatInt(int64(t.cfg.First)+page, 10)))
		return len(items), err
	}
	at := e.records / int64(size)
	n, err := ask(at)
	if err != nil || n > size {
		return false, err
	}
	if left := int(e.records % int64(size)); n != left {
		before, err := ask(max(0, at-1)) // does it care for the size at all?
		if err != nil || before != size {
			return false, err
		}
		return false, t.unless(ctx, e, fmt.Sprintf("%d records came, and in pages of %d the last one has %d in the place of %d: the pages are not whole", e.records, size, n, left))
	}
	return true, nil
}
