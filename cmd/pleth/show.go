package main

import (
	"bytes"
	"errors"
	"fmt"

	"pleth/internal/analysis"
	"pleth/internal/app"
)

// render writes what a recording prints on standard output.
func (s *summary) render(b *bytes.Buffer, r *app.Recording) error {
	switch {
	case s.cmd.JSON:
		if r.Usable() || errors.Is(r.Err, app.ErrNoData) {
			line, err := analysis.Encode(r.Doc)
			b.Write(line)
			return err
		}
	case s.cmd.CSV != "" && s.cmd.Out == "":
		if r.Usable() {
			return app.WriteCSV(b, r, s.cmd.CSV)
		}
	}
	return nil
}

// show prints one recording, in order.
func (s *summary) show(p *prepared) error {
	if _, err := s.env.stdout.Write(p.text); err != nil {
		return err
	}
	for _, path := range p.files {
		fmt.Fprintln(s.env.stderr, "wrote", path)
	}
	err := p.err
	if err == nil {
		err = p.rec.Err
	}
	if err == nil {
		s.good++
		return nil
	}
	err = fmt.Errorf("%s: %w", p.rec.Parts[0].Path, err)
	s.bad = append(s.bad, err)
	return nil
}

// finish returns the exit code of the run.
func (s *summary) finish() error {
	switch {
	case len(s.bad) == 0:
		return nil
	case s.good > 0:
		for _, err := range s.bad {
			fmt.Fprintln(s.env.stderr, "pleth:", err)
		}
		return &exitError{code: exitRefused}
	}
	code := exitNoData
	for i, err := range s.bad {
		if !errors.Is(err, app.ErrNoData) {
			code = exitFailed
		}
		if i > 0 {
			fmt.Fprintln(s.env.stderr, "pleth:", err)
		}
	}
	return &exitError{code, s.bad[0]}
}
