package httpsource

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
)

// pagesOf is a server that pages through records, and leaves some out.
type pagesOf struct {
	n    int // records
	size int // of a page, unless it is asked for another
	most int // of a page; 0: any
	fix  bool
	// drop leaves out the last page; cap stops after so many records; hole is a
	// page that comes empty; grow adds a record with every question after so many.
	drop      bool
	cap, hole int
	grow      int
	said      bool // the header Link names the last page, in other words than it is led to
	asked     int
}

func (p *pagesOf) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	p.asked++
	if p.grow > 0 && p.asked > p.grow {
		p.n++
	}
	q := r.URL.Query()
	number := func(name string, usual int) int {
		if n, err := strconv.Atoi(q.Get(name)); err == nil {
			return n
		}
		return usual
	}
	size := p.size
	if !p.fix {
		size = number("limit", p.size)
	}
	if p.most > 0 {
		size = min(size, p.most)
	}
	from := number("after", (number("page", 1)-1)*size)
	n := p.n
	if p.cap > 0 {
		n = min(n, p.cap)
	}
	last := max(0, n-1) / size
	if p.drop && last > 0 {
		n = last * size
	}
	list := []object{}
	for i := from; i < min(n, from+size) && number("page", 1) != p.hole; i++ {
		list = append(list, object{"id": i})
	}
	if len(list) > 0 && from+size < n {
		w.Header().Add("Link", fmt.Sprintf(`<http://%s/?after=%d&limit=%d>; rel="next"`, r.Host, from+size, size))
	}
	if p.said {
		w.Header().Add("Link", fmt.Sprintf(`<http://%s/?limit=%d&after=%d>; rel="last"`, r.Host, size, last*size))
	}
	answer(w, list)
}

// TestLostLastPages: a server that does not say how many records it has cannot
// leave its last pages out without an error or a doubt, and one that has them
// all is believed.
func TestLostLastPages(t *testing.T) {
	t.Parallel()
	link, page := Config{URL: "$/", Link: true}, Config{URL: "$/", Page: "page", First: 1}
	sized := func(c Config) Config { c.Size = "limit"; return c }
	for _, c := range []struct {
		name   string
		cfg    Config
		server pagesOf
		want   string // of the error, or of the doubt; empty: neither
	}{
		{"whole", link, pagesOf{n: 37, size: 10}, ""},
		{"whole, a short page", sized(link), pagesOf{n: 7, size: 10}, ""},
		{"whole and full", sized(link), pagesOf{n: 40, size: 10}, ""},
		{"whole and full, by number", sized(page), pagesOf{n: 40, size: 10}, ""},
		{"whole, one full page", sized(page), pagesOf{n: 10, size: 10}, ""},
		{"whole, the last page said", link, pagesOf{n: 37, size: 10, said: true}, ""},
		{"nothing at all", sized(page), pagesOf{size: 10}, ""},
		{"full, and nothing to tell", link, pagesOf{n: 40, size: 10}, "does not say whether"},
		{"full, by number, and nothing to tell", page, pagesOf{n: 40, size: 10}, "does not say whether"},
		{"full, and it is declared", Config{URL: "$/", Link: true, Whole: true}, pagesOf{n: 40, size: 10}, ""},
		{"full, and the size is not cared for", sized(link), pagesOf{n: 40, size: 10, fix: true}, "does not say whether"},
		{"full, by number, and the size is not cared for", sized(page), pagesOf{n: 40, size: 10, fix: true}, "does not say whether"},
		{"dropped", link, pagesOf{n: 37, size: 10, drop: true}, "does not say whether"},
		{"dropped, with a size", sized(link), pagesOf{n: 37, size: 10, drop: true}, "not whole"},
		{"dropped, one record, with a size", sized(link), pagesOf{n: 31, size: 10, drop: true}, "not whole"},
		{"dropped, two records, with a size", sized(link), pagesOf{n: 32, size: 10, drop: true}, "not whole"},
		{"dropped, by number", page, pagesOf{n: 37, size: 10, drop: true}, "does not say whether"},
		{"dropped, by number, with a size", sized(page), pagesOf{n: 37, size: 10, drop: true}, "not whole"},
		{"dropped, one record, by number", sized(page), pagesOf{n: 31, size: 10, drop: true}, "not whole"},
		{"dropped, the last page said", link, pagesOf{n: 37, size: 10, drop: true, said: true}, "does not say whether"},
		{"a hole", page, pagesOf{n: 37, size: 10, hole: 2}, "not whole"},
		{"at its limit", sized(page), pagesOf{n: 3000, size: 100, cap: 1000}, "does not say whether"},
		{"all at once, at a limit", Config{URL: "$/"}, pagesOf{n: 300, size: 100, fix: true}, "does not say whether"},
		{"all at once", Config{URL: "$/"}, pagesOf{n: 73, size: 100, fix: true}, ""},
		{"more come meanwhile", sized(link), pagesOf{n: 40, size: 10, grow: 4}, "does not say whether"},
		{"more come meanwhile, by number", sized(page), pagesOf{n: 40, size: 10, grow: 5}, "does not say whether"},
	} {
		server := c.server
		table := source(t, c.cfg, []string{"id"}, server.ServeHTTP)
		rows, _, err := scan(t, table)
		got := table.Doubt()
		if err != nil {
			got = err.Error()
		}
		if (c.want == "") != (got == "") || !strings.Contains(got, c.want) {
			t.Errorf("%s: %d rows, %q, want %q", c.name, len(rows), got, c.want)
		}
		if full := (c.server.n + c.server.size - 1) / c.server.size; server.asked > full+8 {
			t.Errorf("%s: %d questions for %d pages", c.name, server.asked, full)
		}
	}
}

// TestSearchesWithoutATotal: a FHIR server need not say how many there are.
func TestSearchesWithoutATotal(t *testing.T) {
	t.Parallel()
	for lost, want := range map[int]string{0: "", 7: "not whole"} {
		srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			size, _ := strconv.Atoi(r.URL.Query().Get("_count"))
			size = min(size, 20)
			from, _ := strconv.Atoi(r.URL.Query().Get("from"))
			n := 40 + lost
			if lost > 0 {
				n = (n - 1) / size * size
			}
			list := []object{{"search": object{"mode": "include"}, "resource": object{"resourceType": "Patient", "id": "p"}}}
			for i := from; i < min(n, from+size); i++ {
				list = append(list, object{"search": object{"mode": "match"}, "resource": object{"resourceType": "Observation", "id": strconv.Itoa(i)}})
			}
			out := object{"resourceType": "Bundle", "type": "searchset", "entry": list}
			if from+size < n {
				out["link"] = []object{{"relation": "next", "url": fmt.Sprintf("http://%s/Observation?from=%d&_count=%d", r.Host, from+size, size)}}
			}
			answer(w, out)
		}))
		t.Cleanup(srv.Close)
		cfg := FHIR("ehr", srv.URL, "Observation", "")
		cfg.Columns, cfg.PerSecond = map[string]string{"id": "resource.id"}, 1e6
		table, err := New(cfg, []string{"id"})
		if err != nil {
			t.Fatal(err)
		}
		rows, _, err := scan(t, table)
		if (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) || len(rows) != 40 || table.Doubt() != "" {
			t.Errorf("%d lost: %d rows, %v, %q", lost, len(rows), err, table.Doubt())
		}
	}
}

// TestTheLastPageThatIsSaid: a server that leads to fewer pages than it says is
// not whole.
func TestTheLastPageThatIsSaid(t *testing.T) {
	t.Parallel()
	table := source(t, Config{URL: "$/", Link: true}, []string{"id"}, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Add("Link", fmt.Sprintf(`<http://%s/?p=2>; rel="last"`, r.Host)) // and no next
		answer(w, []object{{"id": r.URL.RawQuery}})
	})
	if _, _, err := scan(t, table); err == nil || !strings.Contains(err.Error(), "calls the last") {
		t.Error(err)
	}
}
