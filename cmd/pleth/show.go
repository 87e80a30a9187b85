package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/term"

	"pleth/internal/analysis"
	"pleth/internal/app"
	"pleth/internal/report"
	"pleth/internal/report/terminal"
)

// lookOf says how text is to look on the file f.
func lookOf(f *os.File) terminal.Options {
	opt := terminal.Options{ASCII: !utf8Locale(os.Getenv)}
	if !term.IsTerminal(int(f.Fd())) {
		return opt
	}
	if w, _, err := term.GetSize(int(f.Fd())); err == nil {
		opt.Width = w
	}
	opt.Color = os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb"
	return opt
}

// utf8Locale reports whether the locale allows UTF-8. Where none is set, it does.
func utf8Locale(getenv func(string) string) bool {
	for _, name := range []string{"LC_ALL", "LC_CTYPE", "LANG"} {
		if v := strings.ToLower(getenv(name)); v != "" {
			return strings.Contains(v, "utf-8") || strings.Contains(v, "utf8")
		}
	}
	return true
}

// fileWidth is how wide a table is that goes to a file or another program.
const fileWidth = 120

// summary shows recordings in order and keeps count.
type summary struct {
	env  *env
	cmd  *analyzeCmd
	out  *app.Output
	many bool
	look terminal.Options
	good int
	rows []terminal.Row
	bad  []error
}

// prepared is one recording ready to be shown.
type prepared struct {
	rec  *app.Recording
	text []byte
	more func() error // prints what is too much for text; nil: nothing
	rows []terminal.Row
	err  error
}

// prepare makes what is printed and writes the files; several run at a time.
func (s *summary) prepare(r *app.Recording) *prepared {
	p := &prepared{rec: r, err: r.Err}
	var b bytes.Buffer
	if r.Usable() && r.Long() {
		files, err := s.out.Write(r)
		p.err = errors.Join(p.err, err)
		if s.many {
			p.rows, err = longRows(r)
			p.err = errors.Join(p.err, err)
		}
		p.more = func() error { return s.render(s.env.stdout, r, files) }
		return p
	}
	if r.Usable() {
		files, err := s.out.Write(r)
		p.err = errors.Join(p.err, err, s.render(&b, r, files))
		p.rows = rowsOf(r)
	} else if s.cmd.JSON && errors.Is(r.Err, app.ErrNoData) {
		p.err = errors.Join(p.err, r.Encode(&b))
	}
	p.text = b.Bytes()
	r.Traces, r.Strips, r.Doc = nil, nil, nil
	return p
}

// render writes what a usable recording prints on standard output.
func (s *summary) render(b io.Writer, r *app.Recording, files []string) error {
	switch {
	case s.cmd.JSON:
		return r.Encode(b)
	case s.cmd.CSV != "" && s.cmd.Out == "":
		return app.WriteCSV(b, r, s.cmd.CSV)
	case s.many:
		return nil
	}
	look := s.look
	look.Written = files
	for i := range r.Len() {
		doc, night, err := r.Night(i, true)
		if err != nil {
			return err
		}
		if i > 0 {
			if _, err := io.WriteString(b, "\n"); err != nil {
				return err
			}
		}
		if err := terminal.Write(b, report.Input{Document: doc, Night: night, Strips: r.Strips}, look); err != nil {
			return err
		}
	}
	return nil
}

// rowsOf returns the lines of the table for a recording: small copies, so that
// the documents can go.
func rowsOf(r *app.Recording) []terminal.Row {
	var rows []terminal.Row
	for _, full := range r.Doc.Sessions {
		rows = append(rows, rowOf(r, full))
	}
	return rows
}

// longRows returns the same of a recording whose sessions are not in memory.
func longRows(r *app.Recording) ([]terminal.Row, error) {
	var rows []terminal.Row
	for i := range r.Len() {
		_, night, err := r.Night(i, false)
		if err != nil {
			return nil, err
		}
		rows = append(rows, rowOf(r, night.Result))
	}
	return rows, nil
}

func rowOf(r *app.Recording, full *analysis.Session) terminal.Row {
	night := &analysis.Session{Start: full.Start, Quality: analysis.Quality{Grade: full.Quality.Grade}, Metrics: map[string]float64{}}
	for _, id := range []string{"time.valid_s", "spo2.mean", "spo2.min", "below.90.pct", "odi4.per_h"} {
		if v, ok := full.Metrics[id]; ok {
			night.Metrics[id] = v
		}
	}
	return terminal.Row{File: r.Parts[0].Path, Night: night}
}

// show prints one recording, in order.
func (s *summary) show(p *prepared) error {
	if _, err := s.env.stdout.Write(p.text); err != nil {
		return err
	}
	if p.more != nil {
		if err := p.more(); err != nil {
			return err
		}
	}
	if p.err == nil {
		s.good++
		s.rows = append(s.rows, p.rows...)
		return nil
	}
	path := p.rec.Parts[0].Path
	s.rows = append(s.rows, terminal.Row{File: path, Err: p.err.Error()})
	s.bad = append(s.bad, fmt.Errorf("%s: %w", path, p.err))
	return nil
}

// finish prints the table of many recordings and returns the exit code. The
// table goes to standard error where standard output is for a machine.
func (s *summary) finish() error {
	if s.many {
		to := s.env.stdout
		if s.cmd.JSON || s.cmd.CSV != "" && s.cmd.Out == "" {
			to = s.env.stderr
		}
		look := s.look
		if look.Width == 0 {
			look.Width = fileWidth
		}
		if err := terminal.Table(to, short(s.rows), look); err != nil {
			return err
		}
	}
	if len(s.bad) == 0 {
		return nil
	}
	if s.good > 0 {
		return &exitError{code: exitRefused}
	}
	code := exitNoData
	for _, err := range s.bad {
		if !errors.Is(err, app.ErrNoData) {
			code = exitFailed
		}
	}
	if s.many {
		return &exitError{code: code}
	}
	return &exitError{code, s.bad[0]}
}

// short leaves out of the names of files the folder that all of them are in:
// the width of a table is for what tells files apart.
func short(rows []terminal.Row) []terminal.Row {
	common := ""
	for i, r := range rows {
		dir := filepath.Dir(r.File) + string(filepath.Separator)
		if i == 0 {
			common = dir
		}
		for !strings.HasPrefix(dir, common) {
			up := strings.TrimSuffix(common, string(filepath.Separator))
			common = up[:strings.LastIndexByte(up, filepath.Separator)+1]
		}
	}
	out := slices.Clone(rows)
	for i := range out {
		out[i].File = strings.TrimPrefix(out[i].File, common)
	}
	return out
}
