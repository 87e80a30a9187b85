// Package folder reads a folder of CSV or Parquet files as one table: every
// file that fits a pattern, by name.
package folder

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/parquet-go/parquet-go"

	"pleth/internal/reconcile"
)

// Table is a folder. It is a reconcile.Source.
type Table struct {
	Label   string
	Folder  string
	Pattern string // of file names, such as orders-*.csv
}

// Name returns what the table is called.
func (t *Table) Name() string { return t.Label }

// File returns one file by its path: Parquet by its ending, else CSV.
func File(path string) reconcile.Source {
	if strings.EqualFold(filepath.Ext(path), ".parquet") {
		return named{parquetFile{path}, path}
	}
	return reconcile.CSVFile{Path: path}
}

// named is a file that is a side by itself.
type named struct {
	source
	path string
}

// Name returns the path.
func (n named) Name() string { return n.path }

// source is one file.
type source interface {
	Columns(ctx context.Context) ([]string, error)
	Scan(ctx context.Context, row func(int64, []reconcile.Cell) error, bad func(int64, string) error) error
}

// files returns the files; none are an error, because an empty folder looks
// like one whose sender has died.
func (t *Table) files() ([]source, []string, error) {
	if strings.ContainsAny(t.Pattern, `/\`) {
		return nil, nil, fmt.Errorf("%s: the pattern %q leads out of the folder", t.Label, t.Pattern)
	}
	if _, err := os.Stat(t.Folder); err != nil {
		return nil, nil, fmt.Errorf("%s: %w", t.Label, err)
	}
	paths, err := filepath.Glob(filepath.Join(t.Folder, t.Pattern))
	if err != nil {
		return nil, nil, fmt.Errorf("%s: the pattern %q: %w", t.Label, t.Pattern, err)
	}
	if len(paths) == 0 {
		return nil, nil, fmt.Errorf("%s: no file fits %s", t.Label, t.Pattern)
	}
	slices.Sort(paths)
	var out []source
	for _, p := range paths {
		if strings.EqualFold(filepath.Ext(p), ".parquet") {
			out = append(out, parquetFile{p})
		} else {
			out = append(out, reconcile.CSVFile{Path: p})
		}
	}
	return out, paths, nil
}

// Columns returns the columns of the first file.
func (t *Table) Columns(ctx context.Context) ([]string, error) {
	all, _, err := t.files()
	if err != nil {
		return nil, err
	}
	return all[0].Columns(ctx)
}

// Size returns a guess by the sizes of the files.
func (t *Table) Size(context.Context) (int64, error) {
	_, paths, err := t.files()
	if err != nil {
		return 0, err
	}
	n := int64(0)
	for _, p := range paths {
		if info, err := os.Stat(p); err == nil {
			n += info.Size() / 24
		}
	}
	return n, nil
}

// Scan reads the files one after the other. Rows are numbered through. A file
// that lacks a column of the first is an error.
func (t *Table) Scan(ctx context.Context, row func(int64, []reconcile.Cell) error, bad func(int64, string) error) error {
	all, paths, err := t.files()
	if err != nil {
		return err
	}
	names, err := all[0].Columns(ctx)
	if err != nil {
		return err
	}
	n := int64(0)
	for i, one := range all {
		own, err := one.Columns(ctx)
		if err != nil {
			return err
		}
		index := make([]int, len(names))
		for k, name := range names {
			if index[k] = slices.Index(own, name); index[k] < 0 {
				return &reconcile.ColumnError{Side: filepath.Base(paths[i]), Column: name, Has: own}
			}
		}
		ordered := make([]reconcile.Cell, len(names))
		err = one.Scan(ctx, func(_ int64, cells []reconcile.Cell) error {
			n++
			for k, at := range index {
				ordered[k] = cells[at]
			}
			return row(n, ordered)
		}, func(_ int64, why string) error {
			n++
			return bad(n, filepath.Base(paths[i])+": "+why)
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// parquetFile is a Parquet file of flat columns.
type parquetFile struct{ path string }

// open opens the file; columns are its leaves.
func (f parquetFile) open() (_ *os.File, _ *parquet.File, err error) {
	file, err := os.Open(f.path)
	if err != nil {
		return nil, nil, err
	}
	defer func() {
		if p := recover(); p != nil { // the library panics on some damaged files
			_ = file.Close()
			err = fmt.Errorf("%s: the file is damaged", filepath.Base(f.path))
		}
	}()
	info, err := file.Stat()
	if err == nil {
		var p *parquet.File
		if p, err = parquet.OpenFile(file, info.Size()); err == nil {
			return file, p, nil
		}
	}
	_ = file.Close()
	return nil, nil, fmt.Errorf("%s: %w", filepath.Base(f.path), err)
}

// Columns returns the names of the leaves, joined by points.
func (f parquetFile) Columns(context.Context) ([]string, error) {
	file, p, err := f.open()
	if err != nil {
		return nil, err
	}
	defer file.Close()
	var names []string
	for _, c := range p.Schema().Columns() {
		names = append(names, strings.Join(c, "."))
	}
	return names, nil
}

// Scan reads the rows.
func (f parquetFile) Scan(ctx context.Context, row func(int64, []reconcile.Cell) error, bad func(int64, string) error) (err error) {
	defer func() {
		if p := recover(); p != nil { // the library panics on some damaged files
			err = fmt.Errorf("%s: the file is damaged", filepath.Base(f.path))
		}
	}()
	file, p, err := f.open()
	if err != nil {
		return err
	}
	defer file.Close()
	paths := p.Schema().Columns()
	write := make([]func(parquet.Value) string, len(paths))
	numeric := make([]bool, len(paths))
	for i, path := range paths {
		leaf, _ := p.Schema().Lookup(path...)
		write[i], numeric[i] = writer(leaf.Node), isNumber(leaf.Node)
	}
	cells, texts := make([]reconcile.Cell, len(paths)), make([]string, len(paths))
	buffer := make([]parquet.Row, 256)
	n := int64(0)
	for _, group := range p.RowGroups() {
		rows := group.Rows()
		for {
			if ctx.Err() != nil {
				_ = rows.Close()
				return ctx.Err()
			}
			k, rerr := rows.ReadRows(buffer)
			for _, r := range buffer[:k] {
				n++
				why := ""
				for i := range cells {
					cells[i], texts[i] = reconcile.Cell{Null: true}, ""
				}
				for _, v := range r {
					c := v.Column()
					if v.IsNull() || c < 0 || c >= len(cells) {
						continue
					}
					if !cells[c].Null {
						why = fmt.Sprintf("column %q holds a list", strings.Join(paths[c], "."))
						continue
					}
					texts[c] = write[c](v)
					cells[c] = reconcile.Cell{Text: []byte(texts[c]), Number: numeric[c]}
				}
				if why != "" {
					err = bad(n, why)
				} else {
					err = row(n, cells)
				}
				if err != nil {
					_ = rows.Close()
					return err
				}
			}
			if errors.Is(rerr, io.EOF) {
				break
			}
			if rerr != nil {
				_ = rows.Close()
				return fmt.Errorf("%s: %w", filepath.Base(f.path), rerr)
			}
		}
		if err := rows.Close(); err != nil {
			return err
		}
	}
	return nil
}
