package app_test

import (
	"encoding/json"
	"io/fs"
	"path/filepath"
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
			n++
		}
	}
	if n < 20 {
		t.Errorf("%d recordings, want at least 20", n)
	}
}
