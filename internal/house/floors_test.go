// Package house keeps the rules of the tree: imports go down, exported names
// and packages are documented, files stay readable in one sitting.
package house

import (
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"pleth/internal/plethtest"
)

// floors lists every package of the project from the bottom up. A package may
// import packages of lower floors only; two of one floor meet in app. The
// folder itself stands for the packages below it, unless they are listed.
var floors = [][]string{
	{".", "internal/atomicfile"},
	{"client", "client/live", "web", "internal/signal", "internal/device", "internal/cmf", "internal/plethtest", "internal/settings", "internal/jsondiff", "internal/reconcile", "internal/reading", "internal/column", "internal/sealed", "internal/groupcommit", "internal/backup"},
	{"internal/window", "internal/quality", "internal/session", "internal/simulate", "internal/signalfile", "internal/reconcile/*", "internal/eventlog", "internal/pebbledb", "internal/identity", "internal/rawfile", "internal/sqlitefile"},
	{"internal/oximetry", "internal/series", "internal/reconcile/plan"},
	{"internal/stream", "internal/oximetry/pobm", "internal/reconcile/desk"},
	{"internal/intake", "internal/evaluate", "internal/alarm"},
	{"internal/notify"},
	{"internal/notify/*"},
	{"internal/analysis"},
	{"internal/report/format", "internal/report/chart", "internal/report/font"},
	{"internal/report/page", "internal/reconcile/paper", "internal/road", "internal/eventlog/*", "internal/series/*", "internal/identity/*"},
	{"internal/watch", "internal/road/pebble"},
	{"internal/watch/*", "internal/dispatch", "internal/live", "internal/intake/readings", "internal/fsck"},
	{"internal/deadletter", "internal/telemetry"},
	{"internal/api", "internal/lineprotocol", "internal/mqtt", "internal/ndjson", "internal/bedside", "internal/ward"},
	{"internal/device/*", "internal/signalfile/*", "internal/export", "internal/report"},
	{"internal/app"},
	{"cmd", "bench"},
}

// floorOf returns the floor of the package in dir, -1 if it is on none.
func floorOf(dir string) int {
	best, length := -1, -1
	for i, floor := range floors {
		for _, p := range floor {
			base, below := strings.CutSuffix(p, "/*")
			inside := strings.HasPrefix(dir, base+"/")
			if (dir == base && !below || inside) && len(p) > length {
				best, length = i, len(p)
			}
		}
	}
	return best
}

func TestImportsGoDown(t *testing.T) {
	t.Parallel()
	eachGoFile(t, func(dir, path string) {
		if strings.HasSuffix(path, "_test.go") || strings.HasSuffix(dir, "test") || dir == "internal/house" {
			return
		}
		f, err := parser.ParseFile(token.NewFileSet(), filepath.Join(plethtest.Root(t), path), nil, parser.ImportsOnly)
		if err != nil {
			t.Fatal(err)
		}
		from := floorOf(dir)
		if from < 0 {
			t.Errorf("%s stands on no floor: add it to floors in internal/house/floors_test.go", dir)
			return
		}
		for _, spec := range f.Imports {
			imported, _ := strconv.Unquote(spec.Path.Value)
			to, own := strings.CutPrefix(imported, "pleth/")
			if imported == "pleth" {
				to, own = ".", true
			}
			if !own {
				if dir == "." && strings.Contains(imported, ".") {
					t.Errorf("%s imports %s: the nouns use the standard library only", path, imported)
				}
				continue
			}
			if strings.HasSuffix(to, "test") {
				t.Errorf("%s imports %s: test helpers never reach the program", path, to)
			}
			if floorOf(to) >= from && !(strings.HasPrefix(to, dir+"/")) {
				t.Errorf("%s imports %s: imports go down, not sideways or up", path, to)
			}
		}
	})
}

// eachGoFile calls f with the folder and path of every Go file of the project.
func eachGoFile(t *testing.T, f func(dir, path string)) {
	t.Helper()
	root := plethtest.Root(t)
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, _ := filepath.Rel(root, path)
		if d.IsDir() {
			if name := d.Name(); rel != "." && (strings.HasPrefix(name, ".") || name == "testdata" || name == "testcases" || name == "node_modules" || name == "out") {
				return filepath.SkipDir
			}
			return nil
		}
		if strings.HasSuffix(path, ".go") {
			f(filepath.ToSlash(filepath.Dir(rel)), filepath.ToSlash(rel))
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}
