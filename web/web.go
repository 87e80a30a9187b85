// Package web holds the pages of pleth inside the program.
package web

import (
	"embed"
	"io/fs"
	"net/http"
	"path"
	"strings"
)

//go:embed all:static
var static embed.FS

// policy keeps the pages from loading, running or sending anything elsewhere.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

// Handler serves the pages: files under /assets/, and for every other path the
// one document, whose script looks at the path. Where the program was built
// without pages it serves a page that says how to build them. It is safe for
// concurrent use.
func Handler() http.Handler {
	dist, err := fs.Sub(static, "static/dist")
	if err != nil {
		panic(err) // the path is a constant
	}
	index, err := fs.ReadFile(dist, "index.html")
	if err != nil {
		index, err = static.ReadFile("static/placeholder.html")
		if err != nil {
			panic(err) // it is in the tree
		}
	}
	files := http.FileServerFS(dist)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Content-Security-Policy", policy)
		name := strings.TrimPrefix(path.Clean(r.URL.Path), "/")
		if strings.Contains(path.Base(name), ".") {
			if strings.HasPrefix(name, "assets/") {
				h.Set("Cache-Control", "public, max-age=31536000, immutable") // their names hold a digest
			}
			files.ServeHTTP(w, r)
			return
		}
		h.Set("Content-Type", "text/html; charset=utf-8")
		h.Set("Cache-Control", "no-cache")
		_, _ = w.Write(index)
	})
}
