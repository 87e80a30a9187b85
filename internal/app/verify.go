package app

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"

	"pleth/internal/analysis"
	"pleth/internal/jsondiff"
)

// Verification is what Verify found about one document.
type Verification struct {
	Input       string // name of the document's first input
	Numbers     int    // values that were compared
	Differences []jsondiff.Difference
	// Absent are the digests of files that other nights of the comparison were
	// made from and that were not found: what rests on them must differ.
	Absent []string
}

// Verify makes every document in report again from the raw files and returns
// how they differ: nothing is taken from the document but the configuration
// and the names of its inputs. Files that the comparison of nights rests on
// are looked for among raw and in the folders of raw, by their digest. An
// error says that a document could not be checked at all.
func Verify(ctx context.Context, p analysis.Program, report io.Reader, raw []string) ([]Verification, error) {
	var out []Verification
	files := newFileSet(raw)
	dec := json.NewDecoder(report)
	for n := 1; ; n++ {
		var body json.RawMessage
		if err := dec.Decode(&body); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			return out, fmt.Errorf("document %d is no JSON: %w; is this a report of pleth?", n, err)
		}
		v, err := verify(ctx, p, body, files)
		if err != nil {
			return out, fmt.Errorf("document %d: %w", n, err)
		}
		out = append(out, v)
	}
	if len(out) == 0 {
		return nil, errors.New("the report is empty")
	}
	return out, nil
}

func verify(ctx context.Context, p analysis.Program, body []byte, files *fileSet) (Verification, error) {
	var v Verification
	var doc analysis.Document
	if err := json.Unmarshal(body, &doc); err != nil {
		return v, fmt.Errorf("not an analysis document: %w", err)
	}
	if doc.Format != analysis.Format {
		return v, fmt.Errorf("format is %q; this program verifies %q", doc.Format, analysis.Format)
	}
	if len(doc.Inputs) > 0 {
		v.Input = doc.Inputs[0].Name
	}
	a, err := NewAnalyzer(OptionsOf(doc.Generator.Config), p, bytes.NewReader(nil))
	if err != nil {
		v.Differences = append(v.Differences, jsondiff.Difference{Path: "generator.config", Want: "a configuration this program knows", Got: err.Error()})
		return v, nil
	}
	again, absent, err := remake(ctx, a, &doc, files)
	if err != nil {
		return v, err
	}
	// The name of standard input says nothing about the file.
	for i := range min(len(doc.Inputs), len(again.Inputs)) {
		if doc.Inputs[i].Name == "-" {
			again.Inputs[i].Name = "-"
		}
	}
	want, err := json.Marshal(again)
	if err != nil {
		return v, err
	}
	v.Absent = absent
	v.Differences, v.Numbers, err = jsondiff.Compare(want, body)
	return v, err
}

// remake analyses the raw files of doc again, and returns the digests of those
// of other nights that it did not find.
func remake(ctx context.Context, a *Analyzer, doc *analysis.Document, files *fileSet) (again *analysis.Document, absent []string, err error) {
	if len(doc.Inputs) == 0 {
		return nil, nil, errors.New("the document names no input")
	}
	var wanted []string
	for _, in := range doc.Inputs {
		wanted = append(wanted, in.SHA256)
	}
	paths, err := files.find(wanted)
	if err != nil {
		return nil, nil, err
	}
	run := &Run{Analyzer: a, Jobs: 1}
	own := distinct(paths)
	var all []string
	if doc.Comparison != nil {
		for _, n := range doc.Comparison.Nights {
			for _, sha := range n.Inputs {
				if slices.Contains(wanted, sha) {
					continue
				}
				if path := files.bySHA(sha); path != "" {
					all = append(all, path)
				} else if !slices.Contains(absent, sha) {
					absent = append(absent, sha)
				}
			}
		}
	}
	all = distinct(append(all, own...))
	var found []*Recording
	err = run.Each(ctx, all, func(r *Recording) any { return r }, func(r any) error {
		found = append(found, r.(*Recording))
		return nil
	})
	if err != nil {
		return nil, nil, err
	}
	if best := pick(found, own, doc); best != nil {
		return best.Doc, absent, nil
	}
	return nil, nil, fmt.Errorf("%s holds no recording", own[0])
}

// pick returns the recording among found that doc is about: read from the
// files own, with the most sessions in common, the first of equals.
func pick(found []*Recording, own []string, doc *analysis.Document) *Recording {
	var best *Recording
	score := -1
	for _, r := range found {
		if r.Doc == nil || !slices.ContainsFunc(r.Parts, func(p Part) bool { return slices.Contains(own, p.Path) }) {
			continue
		}
		common := 0
		for _, s := range r.Doc.Sessions {
			if slices.ContainsFunc(doc.Sessions, func(o *analysis.Session) bool { return o != nil && o.ID == s.ID }) {
				common++
			}
		}
		if common > score {
			best, score = r, common
		}
	}
	return best
}

func distinct(paths []string) []string {
	var out []string
	for _, p := range paths {
		if !slices.Contains(out, p) {
			out = append(out, p)
		}
	}
	return out
}

// fileSet finds files by their digest.
type fileSet struct {
	raw    []string
	sha    map[string]string // digest to path
	looked bool              // the folders of raw were read
}

func newFileSet(raw []string) *fileSet { return &fileSet{raw: raw} }

// find returns the raw files for the given digests: those that have them, then
// the raw files left over, in order, so that the difference is named, and last
// a file beside them.
func (f *fileSet) find(wanted []string) ([]string, error) {
	if len(f.raw) == 0 {
		return nil, errors.New("no raw file given")
	}
	if f.sha == nil {
		f.sha = map[string]string{}
		for _, path := range f.raw {
			if err := f.add(path); err != nil {
				return nil, err
			}
		}
	}
	paths := make([]string, len(wanted))
	left := slices.Clone(f.raw)
	for i, sha := range wanted {
		if path := f.sha[sha]; path != "" {
			paths[i] = path
			left = slices.DeleteFunc(left, func(p string) bool { return p == path })
		}
	}
	for i := range paths {
		if paths[i] != "" {
			continue
		}
		if len(left) > 0 {
			paths[i], left = left[0], left[1:]
			continue
		}
		if paths[i] = f.bySHA(wanted[i]); paths[i] == "" {
			return nil, fmt.Errorf("the raw file of inputs[%d] (SHA-256 %.12s…) is not among the files given nor beside them", i, wanted[i])
		}
	}
	return paths, nil
}

// bySHA returns the file with the digest, looking beside the raw files if none
// of them has it; "" if there is none.
func (f *fileSet) bySHA(sha string) string {
	if path, ok := f.sha[sha]; ok || f.looked {
		return path
	}
	f.looked = true
	for _, path := range f.raw {
		dir := filepath.Dir(path)
		entries, err := os.ReadDir(dir)
		if err != nil {
			continue
		}
		for _, e := range entries {
			if e.Type().IsRegular() {
				_ = f.add(filepath.Join(dir, e.Name()))
			}
		}
	}
	return f.sha[sha]
}

func (f *fileSet) add(path string) error {
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	defer file.Close()
	h := sha256.New()
	if _, err := io.Copy(h, file); err != nil {
		return fmt.Errorf("read %s: %w", path, err)
	}
	sum := hex.EncodeToString(h.Sum(nil))
	if _, ok := f.sha[sum]; !ok {
		f.sha[sum] = path
	}
	return nil
}
