package app

import (
	"errors"
	"fmt"
	"io"
	"path/filepath"

	"pleth/internal/atomicfile"
	"pleth/internal/export"
	"pleth/internal/report"
)

// Output is what is written for each recording, into the folder Dir.
type Output struct {
	Dir                      string
	JSON, HTML, PDF, Parquet bool
	CSV                      string // "", "samples", "episodes" or "falls"
	Language                 string // of HTML and PDF: of report.Languages; empty: English
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
		write(o.JSON, ".json", r.Encode),
		write(o.CSV != "", "."+o.CSV+".csv", func(w io.Writer) error { return WriteCSV(w, r, o.CSV) }),
		write(o.Parquet, ".parquet", func(w io.Writer) error {
			doc, traces, err := r.all(true)
			if err != nil {
				return err
			}
			return export.Parquet(w, doc, traces)
		}),
	}
	if err := errors.Join(steps...); err != nil {
		return paths, err
	}
	if !o.PDF && !o.HTML {
		return paths, nil
	}
	for i := range r.Len() {
		doc, trace, err := r.Night(i, true)
		if err != nil {
			return paths, err
		}
		in := report.Input{Document: doc, Night: trace, Strips: r.Strips, Language: o.Language}
		ending := ""
		if i > 0 {
			ending = fmt.Sprintf("-session-%d", i+1)
		}
		err = errors.Join(
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
	doc, traces, err := r.all(table == "samples")
	switch {
	case err != nil:
		return err
	case table == "samples":
		return export.Samples(w, traces)
	case table == "episodes":
		return export.Episodes(w, doc.Sessions)
	}
	return export.Falls(w, doc.Sessions)
}
