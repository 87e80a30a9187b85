package app

import (
	"bufio"
	"context"
	"encoding/hex"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"

	"pleth"
	"pleth/internal/analysis"
	"pleth/internal/device"
	"pleth/internal/intake"
)

// recording is one recording as it was read.
type recording struct {
	input  analysis.Input
	header pleth.Header
	nights *gathered // nil where the rows went to those of another
	err    error     // what stopped the reading; the sessions before it stand

	rows *intake.Sessions
}

// readFile reads the file at path, "-" for standard input, into recordings: at
// least one. An error of the whole file is the err of its last recording. The
// zero selection reads all of them.
func (a *Analyzer) readFile(ctx context.Context, path string, sel selection) []*recording {
	name := filepath.Base(path)
	file := a.stdin
	switch {
	case a.open != nil:
		f, err := a.open(path)
		if err != nil {
			return []*recording{{input: analysis.Input{Name: name}, err: err}}
		}
		file = f
	case path == "-":
		name = "-"
	default:
		f, err := os.Open(path)
		if err != nil {
			return []*recording{{input: analysis.Input{Name: name}, err: openError(err)}}
		}
		defer f.Close()
		file = f
	}
	var all []*recording
	in, err := device.Open(path, file, a.given, a.limits, func(src *device.Source) error {
		found := a.readSource(ctx, src, sel, len(all))
		if found[0].input.Format == "" {
			return found[0].err // no reader takes it
		}
		all = append(all, found...)
		return ctx.Err()
	})
	if len(all) == 0 {
		all = append(all, &recording{input: analysis.Input{Name: name}, err: err})
	} else if last := all[len(all)-1]; err != nil && last.err == nil {
		last.err = err
	}
	for _, w := range in.Warnings {
		all[0].warn(w.At, w.Code, w.Text)
	}
	for _, r := range all {
		r.input.Bytes, r.input.SHA256 = in.Bytes, hex.EncodeToString(in.SHA256[:])
	}
	return all
}

// openError turns an error of the file system into one that says what to do.
func openError(err error) error {
	var p *os.PathError
	if !errors.As(err, &p) {
		return err
	}
	e := &device.Error{What: p.Err.Error(), Do: "check the name and that you may read it"}
	if errors.Is(err, os.ErrNotExist) {
		e.What = "there is no such file"
	}
	return e
}

// readSource reads the recordings of one source: at least one.
// before is the number of recordings in the file that came before it.
func (a *Analyzer) readSource(ctx context.Context, src *device.Source, sel selection, before int) []*recording {
	one := &recording{input: analysis.Input{Name: src.Name}}
	head := bufio.NewReaderSize(src.R, device.HeadBytes)
	first, err := head.Peek(device.HeadBytes)
	whole := errors.Is(err, io.EOF)
	switch {
	case err != nil && !whole && len(first) == 0:
		one.err = err
		return []*recording{one}
	case len(first) == 0:
		one.err = &device.Error{What: "the file is empty", Do: "copy it again from the device or the app"}
		return []*recording{one}
	}
	format, ok := device.Detect(a.formats, device.Head{Bytes: first, Whole: whole, Name: src.Name, Size: src.Size, Given: src.Given})
	if !ok {
		one.err = &device.Error{What: "this is no recording of a kind that pleth knows", Do: "see `pleth formats`; for another CSV name its columns with --columns"}
		return []*recording{one}
	}
	src.R = head
	var beside companions
	beside.watch(src)
	c := &collector{a: a, name: src.Name, format: format.Name, sel: sel, before: before}
	w := device.NewWriter(c)
	err = format.Read(ctx, src, w)
	if closed := w.Close(); err == nil {
		err = closed
	}
	all := c.finish(w, err)
	for _, r := range all {
		r.input.Companions = beside.list()
	}
	return all
}

// collector gathers the recordings that a reader writes.
type collector struct {
	a            *Analyzer
	name, format string
	sel          selection
	before       int
	all          []*recording
}

// selection is what is wanted of a file. Where into is set, it gets the rows of
// the recordings that only lists by their index in the file, and they have no
// sessions of their own.
type selection struct {
	into *intake.Sessions
	only []int
}

// Start begins a recording.
func (c *collector) Start(h pleth.Header) error {
	r := &recording{
		input:  analysis.Input{Name: c.name, Format: c.format, Reported: h.Reported},
		header: h,
	}
	switch {
	case c.sel.into == nil:
		r.rows, r.nights = c.a.gather()
	case slices.Contains(c.sel.only, c.before+len(c.all)):
		r.rows = c.sel.into
	}
	c.all = append(c.all, r)
	if r.rows == nil {
		return nil
	}
	return r.rows.Start(h)
}

// Rows takes rows of the recording begun last.
func (c *collector) Rows(b *pleth.Batch) error {
	r := c.all[len(c.all)-1]
	r.input.Rows += int64(b.Len())
	if r.rows == nil {
		return nil
	}
	return r.rows.Rows(b)
}

// finish closes the recordings; what the reader said about the file goes to all.
func (c *collector) finish(w *device.Writer, err error) []*recording {
	if len(c.all) == 0 {
		c.all = append(c.all, &recording{input: analysis.Input{Name: c.name, Format: c.format}, header: w.Header})
	}
	warnings, more := w.Warnings()
	for _, r := range c.all {
		for _, one := range warnings {
			r.warn(one.At, one.Code, one.Text)
		}
		if more > 0 {
			r.warn("", "more-warnings", "there was more to say; only the first hundred warnings are kept")
		}
		switch {
		case c.sel.into != nil:
			c.sel.into.End()
		case r.rows != nil:
			r.take(r.rows, r.nights)
		}
	}
	c.all[len(c.all)-1].err = err
	return c.all
}

// gather returns what cuts the rows of a recording, and what takes its sessions.
func (a *Analyzer) gather() (*intake.Sessions, *gathered) {
	rows, nights := intake.New(a.intake), &gathered{a: a}
	rows.HandTo(nights.take)
	return rows, nights
}

// take closes rows, whose sessions went to nights, with what there is to say about them.
func (r *recording) take(rows *intake.Sessions, nights *gathered) {
	rows.Close()
	r.nights = nights
	for _, counts := range nights.counts {
		for _, p := range intake.Problems(counts) {
			r.warn("", p.Code, p.Text)
		}
	}
}

func (r *recording) warn(at, code, text string) {
	r.input.Warnings = append(r.input.Warnings, analysis.Warning{At: at, Code: code, Text: text})
}
