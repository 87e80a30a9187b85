package web_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"pleth/web"
)

// TestPages: every path of a page gets the document, and nothing of it may come
// from elsewhere or stand in the page itself.
func TestPages(t *testing.T) {
	t.Parallel()
	s := httptest.NewServer(web.Handler())
	defer s.Close()
	for _, path := range []string{"/", "/nights", "/nights/s-1", "/ward"} {
		res, err := http.Get(s.URL + path)
		if err != nil {
			t.Fatal(err)
		}
		b, err := io.ReadAll(res.Body)
		res.Body.Close()
		if err != nil || res.StatusCode != http.StatusOK || !strings.Contains(string(b), "<title>pleth</title>") {
			t.Errorf("%s: %d, %v", path, res.StatusCode, err)
		}
		if csp := res.Header.Get("Content-Security-Policy"); !strings.Contains(csp, "script-src 'self';") || strings.Contains(csp, "unsafe") {
			t.Errorf("%s: %q", path, csp)
		}
		if strings.Contains(string(b), "https://") || strings.Contains(string(b), " style=") {
			t.Errorf("%s loads from elsewhere or has style of its own", path)
		}
	}
	res, err := http.Get(s.URL + "/assets/none.js")
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	if res.StatusCode != http.StatusNotFound {
		t.Errorf("a file that is not there: %d", res.StatusCode)
	}
}
