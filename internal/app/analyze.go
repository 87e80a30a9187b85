// Package app puts the parts together: it holds the one list of readers and
// the roads that the commands of the program take.
package app

import (
	"context"
	"errors"
	"io"
	"slices"

	"pleth/internal/analysis"
	"pleth/internal/device"
	"pleth/internal/intake"
	"pleth/internal/report/chart"
	"pleth/internal/session"
)

// ErrNoData says that an input was read and holds no oximetry at all.
var ErrNoData = device.ErrNoOximetry

// Analyzer turns files into analysis documents. Use NewAnalyzer. It is safe
// for concurrent use.
type Analyzer struct {
	formats  []device.Format
	program  analysis.Program
	settings analysis.Settings
	given    device.Given
	intake   intake.Options
	limits   device.Limits
	stdin    io.Reader
	// open opens a path; nil: as a file.
	open func(path string) (io.Reader, error)
	// keep is given each recording with its sessions before they are let go;
	// nil: nobody is. It may run on several goroutines.
	keep func(r *Recording, sessions []*session.Session)
	lean bool // keep the traces of the first and the last session only
	// spool takes the sessions of recordings that have many; nil: all stay in memory.
	spool  *spool
	strips bool // those of them are kept
	heap   *heap
}

// Recording is one analysed recording: of one file, of one member of an
// archive, or of several files that follow each other.
type Recording struct {
	Parts []Part // where it was read from
	Name  string // base name of the files written for it, unique in the run
	Doc   *analysis.Document
	// Traces are those of the sessions of Doc, one each; only the first and the
	// last where the run needs no others; nil where they were let go.
	Traces []*analysis.Analysed
	// Strips are the small traces of all nights of the run by session id, for
	// the page that compares them; nil unless the run keeps them. Not to be changed.
	Strips map[string]*chart.Strip
	// Err is why the recording could not be read, or not to its end: Doc then
	// holds what came before, and no session if nothing did.
	Err error

	long *long // where the sessions are, if they are many
}

// Part is one recording in one file.
type Part struct {
	Path  string // as it was given
	Index int    // of the recordings in the file, from 0
}

// Usable reports whether the recording has anything to show.
func (r *Recording) Usable() bool { return r.Len() > 0 }

// analyse makes the document of what was read, without findings.
func (a *Analyzer) analyse(where []Part, parts ...*recording) *Recording {
	out := &Recording{Parts: where}
	inputs := make([]analysis.Input, len(parts))
	nights := &gathered{a: a}
	for i, p := range parts {
		inputs[i] = p.input
		if p.nights != nil {
			nights, p.nights = p.nights, nil
		}
		if out.Err == nil {
			out.Err = p.err
		}
	}
	if a.keep != nil {
		a.keep(out, slices.Clone(nights.kept))
	}
	out.Doc = analysis.NewDocument(a.program, a.settings, inputs)
	nights.finish(out)
	switch {
	case nights.err != nil:
	case out.Len() == 0 && out.Err == nil && (a.intake.From != intake.Bound{} || a.intake.To != intake.Bound{}):
		out.Err = &device.Error{What: "no oximetry in the part that --from and --to leave of this file", Do: "ask for more of it", Kind: ErrNoData}
	case out.Len() == 0 && out.Err == nil:
		out.Err = ErrNoData
	case out.Len() > 0 && out.Err != nil && !errors.Is(out.Err, context.Canceled):
		// What came before the fault is analysed, and the fault is told.
		last := &out.Doc.Inputs[len(inputs)-1]
		w := analysis.Warning{Code: "incomplete", Text: out.Err.Error() + "; what came before is analysed"}
		var own *device.Error
		if errors.As(out.Err, &own) {
			w.At, w.Text = own.At, own.What+"; what came before is analysed"
		}
		last.Warnings = append(last.Warnings, w)
		out.Err = nil
	}
	return out
}

// File analyses the file at path, "-" for standard input, by itself. There is
// one Recording for each recording in it, at least one.
func (a *Analyzer) File(ctx context.Context, path string) []*Recording {
	var out []*Recording
	for i, r := range a.readFile(ctx, path, selection{}) {
		out = append(out, a.analyse([]Part{{path, i}}, r))
	}
	return out
}
