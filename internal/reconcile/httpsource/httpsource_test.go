package httpsource

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"pleth/internal/reconcile"
)

// scan reads all rows as texts.
func scan(t testing.TB, src reconcile.Source) (rows []string, bad []string, err error) {
	t.Helper()
	err = src.Scan(context.Background(), func(_ int64, cells []reconcile.Cell) error {
		var one []string
		for _, c := range cells {
			if c.Null {
				one = append(one, "-")
			} else {
				one = append(one, string(c.Text))
			}
		}
		rows = append(rows, strings.Join(one, " "))
		return nil
	}, func(_ int64, why string) error {
		bad = append(bad, why)
		return nil
	})
	return rows, bad, err
}

// source returns a table of a server that answers by f.
func source(t testing.TB, cfg Config, columns []string, f http.HandlerFunc) *Table {
	t.Helper()
	srv := httptest.NewServer(f)
	t.Cleanup(srv.Close)
	cfg.Label, cfg.URL, cfg.PerSecond = "shop", strings.Replace(cfg.URL, "$", srv.URL, 1), 1e6
	cfg.Count = strings.Replace(cfg.Count, "$", srv.URL, 1)
	table, err := New(cfg, columns)
	if err != nil {
		t.Fatal(err)
	}
	table.wait = func(context.Context, time.Duration) error { return nil }
	return table
}

func answer(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(v)
}

type object = map[string]any

func TestPages(t *testing.T) {
	t.Parallel()
	page := func(n int) []object {
		out := []object{}
		for i := n * 2; i < min(n*2+2, 5); i++ {
			out = append(out, object{"id": i, "customer": object{"name": fmt.Sprint("c", i)}, "total": json.Number("1.50"), "note": nil})
		}
		return out
	}
	columns, paths := []string{"id", "who", "total", "note"}, map[string]string{"who": "customer.name"}
	want := "0 c0 1.50 -;1 c1 1.50 -;2 c2 1.50 -;3 c3 1.50 -;4 c4 1.50 -"
	for name, c := range map[string]struct {
		cfg Config
		f   http.HandlerFunc
	}{
		"page": {Config{URL: "$/o", Items: "data", Page: "page", First: 1, Total: "count"}, func(w http.ResponseWriter, r *http.Request) {
			var n int
			_, _ = fmt.Sscan(r.URL.Query().Get("page"), &n)
			answer(w, object{"data": page(n - 1), "count": 5})
		}},
		"cursor": {Config{URL: "$/o?limit=2", Items: "data", Next: "next", Cursor: "after"}, func(w http.ResponseWriter, r *http.Request) {
			n := 0
			_, _ = fmt.Sscan(r.URL.Query().Get("after"), &n)
			out := object{"data": page(n)}
			if n < 2 {
				out["next"] = n + 1
			}
			answer(w, out)
		}},
		"link": {Config{URL: "$/o", Link: true}, func(w http.ResponseWriter, r *http.Request) {
			n := 0
			_, _ = fmt.Sscan(r.URL.Query().Get("p"), &n)
			if n < 2 {
				w.Header().Set("Link", fmt.Sprintf(`<http://%s/o?p=0>; rel="previous", <http://%s/o?p=%d>; rel="next"`, r.Host, r.Host, n+1))
			}
			answer(w, page(n))
		}},
	} {
		c.cfg.Columns = paths
		table := source(t, c.cfg, columns, c.f)
		for range 2 { // the second time from what is held
			rows, bad, err := scan(t, table)
			if got := strings.Join(rows, ";"); got != want || len(bad) > 0 || err != nil {
				t.Errorf("%s: %s %v %v", name, got, bad, err)
			}
		}
	}
}

// TestWhatIsNotWhole: whatever a server does wrong is an error that says what,
// never fewer records.
func TestWhatIsNotWhole(t *testing.T) {
	t.Parallel()
	one := []object{{"id": 1}}
	for _, c := range []struct {
		name, want string
		cfg        Config
		f          http.HandlerFunc
	}{
		{"half-paged", "1 records came of 7", Config{URL: "$/", Items: "data", Total: "total"}, func(w http.ResponseWriter, _ *http.Request) { answer(w, object{"data": one, "total": 7}) }},
		{"a count apart", "1 records came of 3", Config{URL: "$/", Items: "data", Count: "$/count", CountAt: "count"}, func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/count" {
				answer(w, object{"count": 3})
				return
			}
			answer(w, object{"data": one})
		}},
		{"HTML", "text/html", Config{URL: "$/"}, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "text/html")
			fmt.Fprint(w, "<html>please log in")
		}},
		{"HTML said to be JSON", "no JSON", Config{URL: "$/"}, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			fmt.Fprint(w, "<html>")
		}},
		{"a redirect", "302", Config{URL: "$/"}, func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "https://elsewhere.invalid", http.StatusFound)
		}},
		{"no rights", "401", Config{URL: "$/"}, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(401) }},
		{"always busy", "429", Config{URL: "$/"}, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(429) }},
		{"another shape", "no list of records", Config{URL: "$/", Items: "data"}, func(w http.ResponseWriter, _ *http.Request) { answer(w, object{"error": "no"}) }},
		{"round and round", "leads back", Config{URL: "$/", Items: "data", Next: "next"}, func(w http.ResponseWriter, _ *http.Request) { answer(w, object{"data": one, "next": "/"}) }},
		{"another host", "another host", Config{URL: "$/", Items: "data", Next: "next"}, func(w http.ResponseWriter, _ *http.Request) {
			answer(w, object{"data": one, "next": "http://elsewhere.invalid/"})
		}},
	} {
		_, _, err := scan(t, source(t, c.cfg, []string{"id"}, c.f))
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v; want %q", c.name, err, c.want)
		}
	}
}

func TestBusyServersAreAskedAgain(t *testing.T) {
	t.Parallel()
	var asked atomic.Int32
	table := source(t, Config{URL: "$/"}, []string{"id"}, func(w http.ResponseWriter, _ *http.Request) {
		if n := asked.Add(1); n < 3 {
			w.Header().Set("Retry-After", "7")
			if n == 2 {
				w.Header().Set("Date", "Sat, 21 Nov 2026 23:59:55 GMT")
				w.Header().Set("Retry-After", "Sun, 22 Nov 2026 00:00:02 GMT")
			}
			w.WriteHeader(429)
			return
		}
		answer(w, []object{{"id": 1}, {"id": object{"a": 1}}})
	})
	var waited time.Duration
	table.wait = func(_ context.Context, d time.Duration) error { waited += d; return nil }
	rows, bad, err := scan(t, table)
	if err != nil || len(rows) != 1 || len(bad) != 1 || waited != 14*time.Second {
		t.Errorf("%v %v %v, waited %s", rows, bad, err, waited)
	}
}

func TestShopifyAndFHIR(t *testing.T) {
	t.Parallel()
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		q := r.URL.Query()
		switch r.URL.Path {
		case "/admin/api/2025-10/orders/count.json":
			answer(w, object{"count": 2})
		case "/admin/api/2025-10/orders.json":
			if r.Header.Get("X-Shopify-Access-Token") != "shpat" || q.Get("created_at_min") == "" && q.Get("page_info") == "" {
				w.WriteHeader(403)
				return
			}
			if q.Get("page_info") == "" {
				w.Header().Set("Link", fmt.Sprintf(`<http://%s%s?limit=250&page_info=x>; rel="next"`, r.Host, r.URL.Path))
			}
			answer(w, object{"orders": []object{{"name": "#1" + q.Get("page_info"), "total_price": "9.90"}}})
		case "/fhir/Observation":
			out := object{"resourceType": "Bundle", "total": 2, "entry": []object{{"resource": object{"id": "a" + q.Get("p"), "status": "final", "identifier": []object{{"value": "i"}}}}}}
			if q.Get("p") == "" {
				out["link"] = []object{{"relation": "self", "url": "x"}, {"relation": "next", "url": fmt.Sprintf("http://%s/fhir/Observation?p=2", r.Host)}}
			}
			w.Header().Set("Content-Type", "application/fhir+json")
			_ = json.NewEncoder(w).Encode(out)
		}
	}))
	t.Cleanup(srv.Close)
	shop, err := New(Shopify("shop", srv.URL, "2025-10", "orders", "shpat"), []string{"name", "total_price"})
	if err != nil {
		t.Fatal(err)
	}
	rows, _, err := scan(t, shop.Narrow(reconcile.Want{Time: "created_at", From: time.Unix(0, 0), To: time.Unix(1e9, 0)}))
	if got := strings.Join(rows, ";"); got != "#1 9.90;#1x 9.90" || err != nil {
		t.Errorf("shopify: %s %v", got, err)
	}
	cfg := FHIR("ehr", srv.URL+"/fhir", "Observation", "t")
	cfg.Columns = map[string]string{"id": "resource.id", "status": "resource.status", "number": "resource.identifier.0.value"}
	ehr, err := New(cfg, []string{"id", "status", "number"})
	if err != nil {
		t.Fatal(err)
	}
	if rows, _, err = scan(t, ehr); strings.Join(rows, ";") != "a final i;a2 final i" || err != nil {
		t.Errorf("fhir: %v %v", rows, err)
	}
}
