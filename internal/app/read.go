package app

import (
	"bufio"
	"context"
	"encoding/hex"
	"errors"
	"io"
	"os"

	"pleth"
	"pleth/internal/analysis"
	"pleth/internal/device"
	"pleth/internal/intake"
	"pleth/internal/session"
)

// recording is one recording as it was read: the rows of one file, or of one
// member of an archive.
type recording struct {
	input    analysis.Input
	header   pleth.Header
	sessions []*session.Session
	err      error // what stopped the reading; the sessions before it stand
}

// readFile reads the file at path, "-" for standard input, into recordings:
// one, or one per recognised member of an archive. An error that concerns the
// whole file is the err of its only recording.
func (a *Analyzer) readFile(ctx context.Context, path string) []*recording {
	file := a.Stdin
	if path != "-" {
		f, err := os.Open(path)
		if err != nil {
			return []*recording{{input: analysis.Input{Name: path}, err: err}}
		}
		defer f.Close()
		file = f
	}
	var all []*recording
	in, err := device.Open(path, file, a.Given, device.DefaultLimits, func(src *device.Source) error {
		r := a.readSource(ctx, src)
		all = append(all, r)
		return ctx.Err()
	})
	if len(all) == 0 {
		all = append(all, &recording{input: analysis.Input{Name: in.Name}, err: err})
	} else if err != nil && all[len(all)-1].err == nil {
		all[len(all)-1].err = err
	}
	for _, r := range all {
		r.input.Bytes, r.input.SHA256 = in.Bytes, hex.EncodeToString(in.SHA256[:])
	}
	return all
}

// readSource reads one recording.
func (a *Analyzer) readSource(ctx context.Context, src *device.Source) *recording {
	r := &recording{input: analysis.Input{Name: src.Name}}
	head := bufio.NewReaderSize(src.R, device.HeadBytes)
	first, err := head.Peek(device.HeadBytes)
	whole := errors.Is(err, io.EOF)
	if err != nil && !whole && len(first) == 0 {
		r.err = err
		return r
	}
	if len(first) == 0 {
		r.err = &device.Error{What: "the file is empty", Do: "copy it again from the device or the app"}
		return r
	}
	format, ok := device.Detect(a.Formats, device.Head{Bytes: first, Whole: whole, Name: src.Name, Size: src.Size, Given: src.Given})
	if !ok {
		r.err = &device.Error{What: "this is no recording of a kind that pleth knows", Do: "see `pleth formats`; for another CSV name its columns with --columns"}
		return r
	}
	r.input.Format = format.Name
	src.R = head
	sessions := intake.New(a.Intake)
	w := device.NewWriter(&rowCounter{to: sessions, r: r})
	err = format.Read(ctx, src, w)
	if closed := w.Close(); err == nil {
		err = closed
	}
	r.sessions = sessions.Close()
	r.err = err
	r.header = w.Header
	r.input.Reported = w.Header.Reported
	warnings, more := w.Warnings()
	for _, one := range warnings {
		r.input.Warnings = append(r.input.Warnings, analysis.Warning{At: one.At, Code: one.Code, Text: one.Text})
	}
	if more > 0 {
		r.warn("", "more-warnings", "more like these were left out")
	}
	for _, s := range r.sessions {
		for _, p := range intake.Problems(s.Counts) {
			r.warn("", p.Code, p.Text)
		}
	}
	return r
}

func (r *recording) warn(at, code, text string) {
	r.input.Warnings = append(r.input.Warnings, analysis.Warning{At: at, Code: code, Text: text})
}

// rowCounter counts the rows of an input.
type rowCounter struct {
	to *intake.Sessions
	r  *recording
}

func (c *rowCounter) Start(h pleth.Header) error { return c.to.Start(h) }

func (c *rowCounter) Rows(b *pleth.Batch) error {
	c.r.input.Rows += int64(b.Len())
	return c.to.Rows(b)
}
