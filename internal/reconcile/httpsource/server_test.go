package httpsource

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"pleth/internal/reconcile"
)

// admin is a shop that answers as the Admin API of Shopify does: pages by
// page_info, a bucket that leaks, a count apart, orders that come meanwhile.
type admin struct {
	mu      sync.Mutex
	orders  int
	grow    int  // orders that come with every page
	drop    int  // a page that has lost its last order; 0: none
	refuse  int  // requests that the full bucket refuses
	used    int  // of the bucket
	asked   int  // in all
	badPage bool // the second page is that of a login
}

func (s *admin) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.asked++
	if s.used++; s.used > 40 || s.refuse > 0 {
		s.refuse--
		s.used = 0
		w.Header().Set("Retry-After", "2.0")
		w.WriteHeader(http.StatusTooManyRequests)
		fmt.Fprint(w, `{"errors":"Exceeded 2 calls per second for api client. Reduce request rates to resume uninterrupted service."}`)
		return
	}
	w.Header().Set("X-Shopify-Shop-Api-Call-Limit", fmt.Sprintf("%d/40", s.used))
	if strings.HasSuffix(r.URL.Path, "/count.json") {
		answer(w, object{"count": s.orders})
		return
	}
	const size = 50
	page, _ := strconv.Atoi(r.URL.Query().Get("page_info"))
	if page == 1 && s.badPage {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		fmt.Fprint(w, "<html>password page</html>")
		return
	}
	s.orders += s.grow
	list := []object{}
	for i := page * size; i < min(s.orders, (page+1)*size); i++ {
		list = append(list, object{"name": fmt.Sprintf("#%d", 1000+i), "total_price": "10.00", "financial_status": "paid"})
	}
	if s.drop == page && page > 0 {
		list = list[:len(list)-1]
	}
	if (page+1)*size < s.orders {
		base := "http://" + r.Host + r.URL.Path + "?limit=250&fields=name,total_price&page_info="
		prev := ""
		if page > 0 {
			prev = fmt.Sprintf("<%s%d>; rel=previous, ", base, page-1)
		}
		w.Header().Set("Link", prev+fmt.Sprintf("<%s%d>; rel=next", base, page+1)) // as some proxies write it
	}
	answer(w, object{"orders": list})
}

// TestShopifyAdmin: a shop with its limits, as it grows, half pages and pages of
// a login.
func TestShopifyAdmin(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		shop   *admin
		rows   int
		want   string
		waited time.Duration
	}{
		{"quiet", &admin{orders: 420}, 420, "", 0},
		{"a full bucket", &admin{orders: 420, refuse: 3}, 420, "", 6 * time.Second},
		{"nearly full", &admin{orders: 120, used: 36}, 120, "", 1 * time.Second},
		{"orders come meanwhile", &admin{orders: 420, grow: 3}, 447, "", 0},
		{"half a page", &admin{orders: 420, drop: 3}, 0, "419 records came of 420", 0},
		{"a page of a login", &admin{orders: 420, badPage: true}, 0, "text/html", 0},
		{"empty", &admin{}, 0, "", 0},
	} {
		srv := httptest.NewServer(c.shop)
		cfg := Shopify("shop", srv.URL, "2025-10", "orders", "shpat_secret")
		cfg.PerSecond = 1e6
		table, err := New(cfg, []string{"name", "total_price", "financial_status"})
		if err != nil {
			t.Fatal(err)
		}
		var waited time.Duration
		table.wait = func(_ context.Context, d time.Duration) error { waited += d; return nil }
		rows, _, err := scan(t, table)
		srv.Close()
		switch {
		case c.want == "" && (err != nil || len(rows) != c.rows):
			t.Errorf("%s: %d rows, %v", c.name, len(rows), err)
		case c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)):
			t.Errorf("%s: %v, want %q", c.name, err, c.want)
		case waited < c.waited:
			t.Errorf("%s: waited %s", c.name, waited)
		case err != nil && (strings.Contains(err.Error(), "secret") || strings.Contains(err.Error(), "password")):
			t.Errorf("%s: %v tells too much", c.name, err)
		}
	}
}

// TestServersAsTheyAre: links, searches and pages as servers write them.
func TestServersAsTheyAre(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		`<https://x/o?fields=id,name&p=2>; rel="next"`:                         "https://x/o?fields=id,name&p=2",
		`<https://x/o?p=2>; rel=next`:                                          "https://x/o?p=2",
		`</o?a=1;b=2>;title="more";rel="prefetch NEXT"`:                        "/o?a=1;b=2",
		`<https://x/1>; rel="first",<https://x/2>; rel="next"`:                 "https://x/2",
		`<https://x/2>; rel="next", <https://x/9>; rel="last"`:                 "https://x/2",
		`<https://x/0>; rel="prev", <https://x/9>; rel="last"`:                 "",
		`<https://x/o?p=2>; rev="next"`:                                        "",
		`<https://x/1>; rel="prev"; title="a, <b>", <https://x/3>; rel="next"`: "https://x/3",
		`nonsense`: "", ``: "", `<`: "", `<a>`: "",
	} {
		if got := linkTo([]string{text}, "next"); got != want {
			t.Errorf("%s: %q, want %q", text, got, want)
		}
	}
	bundle := func(w http.ResponseWriter, total int, entries ...object) {
		w.Header().Set("Content-Type", "application/fhir+json; charset=utf-8")
		answer(w, object{"resourceType": "Bundle", "type": "searchset", "total": total, "entry": entries})
	}
	entry := func(id, mode string) object {
		return object{"search": object{"mode": mode}, "resource": object{"resourceType": "Observation", "id": id}}
	}
	outcome := func(severity string) object {
		return object{"search": object{"mode": "outcome"}, "resource": object{"resourceType": "OperationOutcome", "issue": []object{{"severity": severity, "code": "timeout", "diagnostics": "patient Ann"}}}}
	}
	for _, c := range []struct {
		name, want string
		rows       int
		cfg        func(url string) Config
		f          http.HandlerFunc
	}{
		{"a search that includes others", "", 2, nil, func(w http.ResponseWriter, _ *http.Request) {
			bundle(w, 2, entry("a", "match"), entry("b", "match"), entry("p", "include"), outcome("information"))
		}},
		{"a search that broke off", "timeout", 0, nil, func(w http.ResponseWriter, _ *http.Request) {
			bundle(w, 1, entry("a", "match"), outcome("error"))
		}},
		{"less than its total", "1 records came of 3", 0, nil, func(w http.ResponseWriter, _ *http.Request) { bundle(w, 3, entry("a", "match")) }},
		{"a search that finds nothing", "", 0, nil, func(w http.ResponseWriter, _ *http.Request) { bundle(w, 0) }},
		{"an outcome in place of a search", "no list of records", 0, nil, func(w http.ResponseWriter, _ *http.Request) {
			answer(w, object{"resourceType": "OperationOutcome"})
		}},
		{"a server that does not know pages", "the page before it again", 0, func(u string) Config { return Config{URL: u, Items: "data", Page: "page"} }, func(w http.ResponseWriter, _ *http.Request) {
			answer(w, object{"data": []object{{"id": "a"}}})
		}},
		{"a server that wants hours", "left alone for 1h0m0s", 0, func(u string) Config { return Config{URL: u} }, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Retry-After", "3600")
			w.WriteHeader(http.StatusServiceUnavailable)
		}},
		{"a mark before the JSON", "", 1, func(u string) Config { return Config{URL: u} }, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			fmt.Fprint(w, "\xef\xbb\xbf"+`[{"id":"a"}]`)
		}},
	} {
		srv := httptest.NewServer(c.f)
		cfg := FHIR("ehr", srv.URL+"/fhir", "Observation?category=vital-signs", "t")
		cfg.Columns = map[string]string{"id": "resource.id"}
		if c.cfg != nil {
			cfg = c.cfg(srv.URL)
			cfg.Label = "ehr"
		}
		cfg.PerSecond = 1e6
		table, err := New(cfg, []string{"id"})
		if err != nil {
			t.Fatal(err)
		}
		table.wait = func(context.Context, time.Duration) error { return nil }
		rows, _, err := scan(t, table)
		srv.Close()
		if c.want == "" && (err != nil || len(rows) != c.rows) || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%s: %v, %v; want %d, %q", c.name, rows, err, c.rows, c.want)
		}
		if err != nil && strings.Contains(err.Error(), "Ann") {
			t.Errorf("%s: %v tells what stands in records", c.name, err)
		}
	}
}

// TestSidesOverHTTP: whatever is wrong with the records of a server is named.
func TestSidesOverHTTP(t *testing.T) {
	t.Parallel()
	compare := func(b string) (*reconcile.Result, error) {
		serve := func(text string) *Table {
			srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Content-Type", "application/json")
				fmt.Fprint(w, text)
			}))
			t.Cleanup(srv.Close)
			table, err := New(Config{Label: "side", URL: srv.URL, PerSecond: 1e6}, []string{"id", "total", "at"})
			if err != nil {
				t.Fatal(err)
			}
			return table
		}
		col := func(n string) reconcile.Column { return reconcile.Column{A: n, B: n} }
		spec := reconcile.Spec{Key: []reconcile.Column{col("id")}, Compare: []reconcile.Column{col("total")}, Time: col("at")}
		return reconcile.Diff(context.Background(), spec, serve(`[{"id":1001,"total":10.10,"at":"2026-03-29T01:30:00Z"},{"id":1002,"total":5,"at":"2026-03-29T01:31:00Z"}]`), serve(b))
	}
	for name, c := range map[string]struct{ b, want string }{
		"the same, ids as texts":  {`[{"id":"1001","total":"10.1","at":"2026-03-29T03:30:00+02:00"},{"id":"1002","total":"5.00","at":"2026-03-29T03:31:00+02:00"}]`, ""},
		"ids as decimals":         {`[{"id":1001.0,"total":10.1,"at":"2026-03-29T01:30:00Z"},{"id":1.002e3,"total":5,"at":"2026-03-29T01:31:00Z"}]`, ""},
		"money as floats":         {`[{"id":1001,"total":10.100000000000001,"at":"2026-03-29T01:30:00Z"},{"id":1002,"total":5,"at":"2026-03-29T01:31:00Z"}]`, "mismatch_value"},
		"a time without its zone": {`[{"id":1001,"total":10.1,"at":"2026-03-29T03:30:00"},{"id":1002,"total":5,"at":"2026-03-29T01:31:00Z"}]`, "rejected"},
		"a key that is null":      {`[{"id":null,"total":10.1,"at":"2026-03-29T01:30:00Z"},{"id":1002,"total":5,"at":"2026-03-29T01:31:00Z"}]`, "no_key missing"},
		"a key twice":             {`[{"id":1001,"total":10.1,"at":"2026-03-29T01:30:00Z"},{"id":1001,"total":10.1,"at":"2026-03-29T01:30:00Z"},{"id":1002,"total":5,"at":"2026-03-29T01:31:00Z"}]`, "duplicate"},
		"a list for a value":      {`[{"id":1001,"total":[10.1],"at":"2026-03-29T01:30:00Z"},{"id":1002,"total":5,"at":"2026-03-29T01:31:00Z"}]`, "rejected missing"},
		"no object":               {`["1001",{"id":1002,"total":5,"at":"2026-03-29T01:31:00Z"}]`, "rejected missing"},
	} {
		r, err := compare(c.b)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		for class, n := range r.Counts {
			if wanted := strings.Contains(c.want, string(class)); wanted != (n > 0) {
				t.Errorf("%s: %d %s, want %q", name, n, class, c.want)
			}
		}
		if r.Equal != (c.want == "") {
			t.Errorf("%s: equal %v", name, r.Equal)
		}
	}
}
