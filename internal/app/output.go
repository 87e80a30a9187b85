package app

import (
	"errors"
	"fmt"
	"io"
	"path/filepath"

	"pleth/internal/analysis"
	"pleth/internal/atomicfile"
	"pleth/internal/export"
	"pleth/internal/report"
)

// Output is what is written for each recording, into the folder Dir.
type Output struct {
	Dir                      string
	JSON, HTML, PDF, Parquet bool
	CSV                      string // "", "samples", "episodes" or "falls"
}

// NeedsTraces reports whether writing needs more than the documents.
func (o *Output) NeedsTraces() bool {
	return o.HTML || o.PDF || o.Parquet || o.CSV == "samples"
}

// Write writes the files of one recording and returns their paths.
func (o *Output) Write(r *Recording) ([]string, error) {
	var paths []string
	write := func(wanted bool, ending string, fill func(io.Writer) error) error {
		if !wanted {
			return nil
		}
		path := filepath.Join(o.Dir, r.Name+ending)
		if err := atomicfile.Write(path, fill); err != nil {
			return err
		}
		paths = append(paths, path)
		return nil
	}
	steps := []error{
		write(o.JSON, ".json", func(w io.Writer) error {
			b, err := analysis.Encode(r.Doc)
			if err != nil {
				return err
			}
			_, err = w.Write(b)
			return err
		}),
		write(o.CSV != "", "."+o.CSV+".csv", func(w io.Writer) error { return WriteCSV(w, r, o.CSV) }),
		write(o.Parquet, ".parquet", func(w io.Writer) error { return export.Parquet(w, r.Doc, r.Traces) }),
	}
	if err := errors.Join(steps...); err != nil {
		return paths, err
	}
	for i, trace := range r.Traces {
		in := report.Input{Document: r.Doc, Night: trace, Strips: r.Strips}
		ending := ""
		if i > 0 {
			ending = fmt.Sprintf("-session-%d", i+1)
		}
		err := errors.Join(
			write(o.PDF, ending+".pdf", func(w io.Writer) error { return report.PDF(w, in) }),
			write(o.HTML, ending+".html", func(w io.Writer) error { return report.HTML(w, in) }))
		if err != nil {
			return paths, err
		}
	}
	return paths, nil
}

// WriteCSV writes one table of a recording: samples, episodes or falls.
func WriteCSV(w io.Writer, r *Recording, table string) error {
	switch table {
	case "samples":
		return export.Samples(w, r.Traces)
	case "episodes":
		return export.Episodes(w, r.Doc.Sessions)
	}
	return export.Falls(w, r.Doc.Sessions)
}
