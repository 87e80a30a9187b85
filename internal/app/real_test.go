package app_test

import (
	"encoding/json"
	"io/fs"
	"path/filepath"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"pleth/internal/analysis"
	"pleth/internal/app"
	"pleth/internal/plethtest"
)

// compiledSchema returns the schema that the program prints.
func compiledSchema(t *testing.T) *jsonschema.Schema {
	t.Helper()
	text, err := analysis.Schema()
	if err != nil {
		t.Fatal(err)
	}
	var doc any
	if err := json.Unmarshal(text, &doc); err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource("analysis.json", doc); err != nil {
		t.Fatal(err)
	}
	schema, err := c.Compile("analysis.json")
	if err != nil {
		t.Fatal(err)
	}
	return schema
}

// TestDocumentsFitTheirSchema validates the document of every real recording
// that holds oximetry, alone and compared, with everything that adds members.
func TestDocumentsFitTheirSchema(t *testing.T) {
	t.Parallel()
	schema := compiledSchema(t)
	var paths []string
	for _, dir := range []string{"data/oximetry", "data/device-streams", "reference/recordings"} {
		err := filepath.WalkDir(plethtest.Shared(t, dir), func(path string, d fs.DirEntry, err error) error {
			if err == nil && d.Type().IsRegular() {
				paths = append(paths, path)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	n := 0
	for _, path := range paths {
		a, err := app.NewAnalyzer(app.Options{Age: "9y", Compat: []string{"pobm"}}, program, nil)
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range a.File(t.Context(), path) {
			if !r.Usable() {
				continue
			}
			analysis.Evaluate(r.Doc)
			b, err := analysis.Encode(r.Doc)
			if err != nil {
				t.Fatal(err)
			}
			var doc any
			if err := json.Unmarshal(b, &doc); err != nil {
				t.Fatal(err)
			}
			if err := schema.Validate(doc); err != nil {
				t.Errorf("%s: %v", path, err)
			}
			numbersHaveIDs(t, path, r.Doc)
			n++
		}
	}
	if n < 20 {
		t.Errorf("%d recordings, want at least 20", n)
	}
}

// numbersHaveIDs checks that a finding with a number in its text lists ids,
// and that the document has each of them, or the reason why not.
func numbersHaveIDs(t *testing.T, path string, d *analysis.Document) {
	t.Helper()
	for _, s := range d.Sessions {
		for _, f := range s.Findings {
			if strings.ContainsAny(f.Text, "0123456789") && len(f.Metrics) == 0 {
				t.Errorf("%s: %s %q lists no id", path, f.Rule, f.Text)
			}
			for _, id := range f.Metrics {
				if _, ok := s.Metrics[id]; !ok && s.NotComputed[id] == "" {
					t.Errorf("%s: %s lists %s, which the document does not have", path, f.Rule, id)
				}
			}
		}
	}
}
