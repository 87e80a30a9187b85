package api

import (
	_ "embed"
	"net/http"
	"strings"
)

// The viewer is RapiDoc 9.3.8 (MIT licence, viewer/LICENSE.txt) as its authors
// packed it, compressed. It fetches nothing but our own document.
//
//go:embed viewer/rapidoc-min.js.gz
var viewer []byte

//go:embed viewer/docs.html
var docsPage string

// viewerPolicy keeps the pages of the viewer from loading anything from
// elsewhere. The viewer writes its styles into the page, so these are allowed.
const viewerPolicy = "default-src 'none'; script-src 'self'; style-src 'unsafe-inline'; img-src 'self' data:; connect-src 'self'; font-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

// getDocs answers with the page that shows the document.
func (a *API) getDocs(w http.ResponseWriter, _ *http.Request, _ *Caller) error {
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Security-Policy", viewerPolicy)
	h.Set("Referrer-Policy", "no-referrer")
	_, _ = w.Write([]byte(docsPage))
	return nil
}

// getViewer answers with the program of the viewer.
func (a *API) getViewer(w http.ResponseWriter, r *http.Request, _ *Caller) error {
	h := w.Header()
	h.Set("Content-Type", "text/javascript; charset=utf-8")
	h.Set("Cache-Control", "public, max-age=86400")
	h.Set("Vary", "Accept-Encoding")
	if !strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") {
		return problem(http.StatusNotAcceptable, "not-acceptable", "Packed only", "the viewer comes with Content-Encoding gzip")
	}
	h.Set("Content-Encoding", "gzip")
	_, _ = w.Write(viewer)
	return nil
}
