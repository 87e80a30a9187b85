// Package report makes what a person reads of a night: the one-page summary as
// PDF, the same as one HTML file that needs no network, and the text for a
// terminal (package terminal). All of them show the same page.Page; none
// computes anything.
//
// A report is a function of its Input alone: the same input gives the same
// bytes, whenever and wherever it is made.
package report

import (
	"io"

	"pleth/internal/report/chart"
	"pleth/internal/report/format"
	"pleth/internal/report/html"
	"pleth/internal/report/page"
	"pleth/internal/report/pdf"
	"pleth/internal/stream"
)

// Input is what a report is made from: see page.Input.
type Input = page.Input

// StripOf returns the trace of a night, small enough to keep while other
// nights are read, for Input.Strips of the nights compared with it.
func StripOf(d *stream.Derived) *chart.Strip { return chart.NewStrip(&d.Grid) }

// Languages returns the codes of the languages that Input.Language may ask for.
func Languages() []string { return format.Languages() }

// PDF writes the report of in.Night on A4: one page, and a second one where
// the document compares the night with others.
func PDF(w io.Writer, in Input) error {
	p, err := page.New(in, format.In(in.Language))
	if err != nil {
		return err
	}
	return pdf.Write(w, p)
}

// HTML writes the report of in.Night as one HTML file that needs no network.
func HTML(w io.Writer, in Input) error {
	p, err := page.New(in, format.In(in.Language))
	if err != nil {
		return err
	}
	return html.Write(w, p)
}
