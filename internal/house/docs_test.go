package house

import (
	"bytes"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"pleth/internal/plethtest"
)

// maxLines is the length of a file that is still read in one sitting.
const maxLines = 500

func TestFilesAreShort(t *testing.T) {
	t.Parallel()
	root := plethtest.Root(t)
	short := func(path string) {
		b, err := os.ReadFile(filepath.Join(root, path))
		if err != nil {
			t.Fatal(err)
		}
		if bytes.HasPrefix(b, []byte("// Code generated")) {
			return
		}
		if n := bytes.Count(b, []byte("\n")); n > maxLines {
			t.Errorf("%s has %d lines, more than %d: cut it where it has two subjects", path, n, maxLines)
		}
	}
	eachGoFile(t, func(_, path string) { short(path) })
	for _, dir := range []string{"src", "test", "e2e", "bench"} {
		err := fs.WalkDir(os.DirFS(root), "web/"+dir, func(path string, d fs.DirEntry, err error) error {
			if err == nil && !d.IsDir() {
				switch filepath.Ext(path) {
				case ".ts", ".tsx", ".css", ".mjs":
					short(path)
				}
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}

func TestExportedNamesAreDocumented(t *testing.T) {
	t.Parallel()
	documented := map[string]bool{} // packages with a package comment
	packages := map[string]bool{}
	eachGoFile(t, func(dir, path string) {
		if strings.HasSuffix(path, "_test.go") {
			return
		}
		f, err := parser.ParseFile(token.NewFileSet(), filepath.Join(plethtest.Root(t), path), nil, parser.ParseComments)
		if err != nil {
			t.Fatal(err)
		}
		packages[dir] = true
		if f.Doc != nil {
			documented[dir] = true
		}
		for _, d := range f.Decls {
			checkDecl(t, path, d)
		}
	})
	for dir := range packages {
		if !documented[dir] {
			t.Errorf("%s: the package has no comment", dir)
		}
	}
}

func checkDecl(t *testing.T, path string, d ast.Decl) {
	t.Helper()
	switch d := d.(type) {
	case *ast.FuncDecl:
		if d.Name.IsExported() && exportedReceiver(d) && d.Doc == nil {
			t.Errorf("%s: %s has no comment", path, d.Name.Name)
		}
	case *ast.GenDecl:
		for _, s := range d.Specs {
			switch s := s.(type) {
			case *ast.TypeSpec:
				if s.Name.IsExported() && d.Doc == nil && s.Doc == nil {
					t.Errorf("%s: %s has no comment", path, s.Name.Name)
				}
			case *ast.ValueSpec:
				if s.Names[0].IsExported() && d.Doc == nil && s.Doc == nil && s.Comment == nil {
					t.Errorf("%s: %s has no comment", path, s.Names[0].Name)
				}
			}
		}
	}
}

// exportedReceiver reports whether d is a function, or a method of an exported type.
func exportedReceiver(d *ast.FuncDecl) bool {
	if d.Recv == nil || len(d.Recv.List) == 0 {
		return true
	}
	typ := d.Recv.List[0].Type
	if star, ok := typ.(*ast.StarExpr); ok {
		typ = star.X
	}
	if index, ok := typ.(*ast.IndexExpr); ok {
		typ = index.X
	}
	name, ok := typ.(*ast.Ident)
	return !ok || name.IsExported()
}
