package app

import (
	"archive/zip"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"pleth/internal/analysis"
	"pleth/internal/plethtest"
	"pleth/internal/rawfile"
	"pleth/internal/reading"
	"pleth/internal/road"
	"pleth/internal/road/roadtest"
	"pleth/internal/sealed"
)

var testProgram = analysis.Program{Version: "test", Commit: "test"}

// bench is an importer on a road in memory.
func newImportBench(t *testing.T) (*importer, *road.Road) {
	t.Helper()
	set := analysis.Settings{Config: analysis.Config{ODI: "abosa"}}
	if err := set.Resolve(); err != nil {
		t.Fatal(err)
	}
	m := roadtest.NewMemory()
	r, err := road.Open(road.Config{Log: m, Series: m, Program: testProgram, Settings: set})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = r.Close(context.Background()) })
	im := &importer{dir: t.TempDir(), box: sealed.NewBox(sealed.NewKey()), road: r, program: testProgram, clock: time.Now, log: slog.New(slog.DiscardHandler), limit: 1 << 30,
		busy: func(err error) (time.Duration, bool) { return time.Second, errors.Is(err, road.ErrBusy) }}
	return im, r
}

// file is what is imported under which name.
type importFile struct {
	name string
	body []byte
}

// files are the real recordings; one of several files is a zip of them.
func importFiles(t *testing.T) []importFile {
	t.Helper()
	var out []importFile
	zipped := map[string]*bytes.Buffer{}
	writers := map[string]*zip.Writer{}
	for _, dir := range []string{"data/oximetry", "data/device-streams", "reference/recordings"} {
		err := filepath.WalkDir(plethtest.Shared(t, dir), func(path string, d fs.DirEntry, err error) error {
			if err != nil || !d.Type().IsRegular() {
				return err
			}
			body, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			out = append(out, importFile{filepath.Base(path), body})
			folder := filepath.Dir(path)
			if writers[folder] == nil {
				zipped[folder] = new(bytes.Buffer)
				writers[folder] = zip.NewWriter(zipped[folder])
			}
			w, err := writers[folder].Create(d.Name())
			if err != nil {
				return err
			}
			_, err = w.Write(body)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	for folder, w := range writers {
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		out = append(out, importFile{filepath.Base(folder) + ".zip", zipped[folder].Bytes()})
	}
	slices.SortFunc(out, func(a, b importFile) int { return strings.Compare(a.name, b.name) })
	return out
}

// TestImportsEqualFiles imports every real recording, and every folder of them
// as an archive, and compares sessions[] of the documents with those that
// analyze prints for the file, byte for byte. Again, all rows are duplicates.
func TestImportsEqualFiles(t *testing.T) {
	t.Parallel()
	n := 0
	for _, f := range importFiles(t) {
		im, r := newImportBench(t)
		path := filepath.Join(t.TempDir(), f.name)
		if err := os.WriteFile(path, f.body, 0o600); err != nil {
			t.Fatal(err)
		}
		want := analysed(t, path)
		raw, err := rawfile.Create(filepath.Join(im.dir, "raw"), im.box, nil)
		if err != nil {
			t.Fatal(err)
		}
		if err := raw.Append(bytes.NewReader(f.body), 1<<30, nil); err != nil {
			t.Fatal(err)
		}
		p := importParams{Filename: f.name}
		all, err := im.read(t.Context(), raw, &p)
		if len(want) == 0 {
			if err == nil && len(all) > 0 && slices.ContainsFunc(all, func(f found) bool { return len(f.doc.Sessions) > 0 }) {
				t.Errorf("%s: imported what cannot be analysed", f.name)
			}
			continue
		}
		if err != nil {
			t.Errorf("%s: %v", f.name, err)
			continue
		}
		digest := sha256.Sum256(f.body)
		sum := hex.EncodeToString(digest[:])
		n++
		for again := range 2 {
			kept, rows := int64(0), int64(0)
			total := rowsOf(all)
			copied := slices.Clone(all)
			parts, err := im.store(t.Context(), sum, &p, copied, func(n int, outcomes []reading.Outcome) {
				rows += int64(n)
				for _, o := range outcomes {
					if o.Kept() {
						kept++
					}
				}
			})
			if err != nil {
				t.Fatalf("%s: %v", f.name, err)
			}
			if rows != total || kept != total*int64(1-again) {
				t.Errorf("%s: %d of %d rows sent, %d kept, time %d", f.name, rows, total, kept, again+1)
			}
			got := onRoad(t, r, parts)
			if len(got) != len(want) {
				t.Errorf("%s: %d sessions, want %d", f.name, len(got), len(want))
				continue
			}
			for i := range want {
				// Sessions of equal id and key (one night in two files of an
				// archive) cannot be asked for apart.
				name := want[i][:strings.Index(want[i], `"start"`)]
				same := 0
				for _, w := range want {
					if strings.HasPrefix(w, name) {
						same++
					}
				}
				if got[i] != want[i] && same == 1 {
					t.Errorf("%s, session %d of %d: %s", f.name, i, len(want), firstDifference(got[i], want[i]))
				}
			}
		}
		_ = raw.Close()
	}
	if n < 20 {
		t.Errorf("only %d files were compared", n)
	}
}

func firstDifference(got, want string) string {
	i := 0
	for i < len(got) && i < len(want) && got[i] == want[i] {
		i++
	}
	cut := func(s string) string { return s[max(0, i-80):min(len(s), i+120)] }
	return "got …" + cut(got) + "…\nwant …" + cut(want) + "…"
}

// analysed returns the sessions of every document of a file, sorted.
func analysed(t *testing.T, path string) []string {
	t.Helper()
	a, err := NewAnalyzer(Options{}, testProgram, nil)
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	run := &Run{Analyzer: a, Jobs: 1}
	err = run.Each(t.Context(), []string{path}, func(r *Recording) any { return r }, func(v any) error {
		if doc := v.(*Recording).Doc; doc != nil {
			for _, s := range doc.Sessions {
				b, err := json.Marshal(s)
				if err != nil {
					return err
				}
				out = append(out, string(b))
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(out)
	return out
}

// onRoad returns the sessions of the documents of partitions, sorted.
func onRoad(t *testing.T, r *road.Road, parts []reading.Partition) []string {
	t.Helper()
	var out []string
	list, _, err := r.Sessions(t.Context(), road.SessionQuery{Device: parts[0].Device})
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range list {
		if !slices.Contains(parts, s.Partition) {
			t.Errorf("a session of %+v", s.Partition)
		}
		doc, err := r.Analysis(t.Context(), s.ID)
		if err == nil && len(doc.Sessions) == 1 && doc.Sessions[0].Key != s.Key {
			doc, err = r.Analysis(t.Context(), s.Key) // another one has the same samples
		}
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range doc.Sessions {
			b, err := json.Marshal(s)
			if err != nil {
				t.Fatal(err)
			}
			out = append(out, string(b))
		}
	}
	slices.Sort(out)
	return out
}
