package main

import (
	"fmt"
	"os"
	"time"

	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"

	"pleth/internal/app"
)

type analyzeCmd struct {
	Files []string `arg:"" help:"Recordings or folders; - for standard input." placeholder:"FILE|FOLDER|-"`

	JSON    bool   `group:"What to write:" help:"Print the analysis document: one object, or one a line for several recordings."`
	HTML    bool   `group:"What to write:" name:"html" help:"Write the one-page summary as a web page."`
	PDF     bool   `group:"What to write:" name:"pdf" help:"Write the one-page summary as PDF."`
	Lang    string `group:"What to write:" name:"lang" placeholder:"de" enum:"en,de" default:"en" help:"Language of the page and the PDF: en, de. The document stays as it is."`
	CSV     string `group:"What to write:" name:"csv" placeholder:"samples|episodes|falls" enum:",samples,episodes,falls" default:"" help:"Write a table as CSV."`
	Parquet bool   `group:"What to write:" help:"Write the samples as Parquet."`
	Out     string `group:"What to write:" placeholder:"DIR" help:"Write files into this folder; without it they go to the current one, and CSV to standard output."`

	Age      string        `group:"What is known:" placeholder:"4m" help:"Age of the person: 6y, 4m, 3w, 10d, 2y6m."`
	Zone     string        `group:"What is known:" placeholder:"Europe/Berlin" help:"Time zone of the device's clock."`
	Columns  string        `group:"What is known:" placeholder:"time=t_s,spo2=spo2" help:"Columns of a CSV, by name or number from 1: time, spo2, pulse, motion, pi."`
	Interval time.Duration `group:"What is known:" placeholder:"2s" help:"Time between the rows of a file without a time column."`

	From     string   `group:"How to analyse:" placeholder:"TIME" help:"Leave out what comes before: 23:30, 2025-03-06T23:30, or +1h30m."`
	To       string   `group:"How to analyse:" placeholder:"TIME" help:"Leave out what comes from then on."`
	ODI      string   `group:"How to analyse:" name:"odi" default:"abosa" enum:"abosa,luna,oscar,pobm" help:"Detector of the falls: abosa, luna, oscar, pobm."`
	Compat   []string `group:"How to analyse:" placeholder:"pobm" help:"Add the figures of another program under its own names: pobm."`
	Quantize int      `group:"How to analyse:" placeholder:"1" help:"Round SpO2 to whole percent first."`
	Jobs     int      `group:"How to analyse:" placeholder:"N" help:"Files at a time (default: one per processor)."`
	Unpack   int64    `group:"How to analyse:" placeholder:"MB" help:"Most MB that may come out of one compressed file (default: 2500)."`
}

func (c *analyzeCmd) Run(e *env) error {
	analyzer, err := app.NewAnalyzer(app.Options{
		ODI: c.ODI, Age: c.Age, Zone: c.Zone, From: c.From, To: c.To, Interval: c.Interval,
		Columns: c.Columns, Quantize: c.Quantize, Compat: c.Compat, UnpackMB: c.Unpack,
	}, e.program, e.stdin)
	if err != nil {
		return usage("%w", err)
	}
	paths, err := app.Expand(c.Files)
	if err != nil {
		return err
	}
	if len(paths) == 0 {
		return &exitError{exitNoData, fmt.Errorf("%s holds no files", c.Files[0])}
	}
	out, err := c.output()
	if err != nil {
		return err
	}
	s := &summary{env: e, cmd: c, out: out, many: len(paths) > 1, look: lookOf(e.stdout)}
	shown := !s.many && !c.JSON && (c.CSV == "" || c.Out != "") // one recording is drawn on the terminal
	run := &app.Run{
		Analyzer: analyzer, Jobs: c.Jobs, Strips: c.HTML || c.PDF,
		Traces: out.NeedsTraces() || c.CSV == "samples" || shown, Progress: c.progress(e, len(paths)),
	}
	err = run.Each(e.ctx, paths,
		func(r *app.Recording) any { return s.prepare(r) },
		func(v any) error { return s.show(v.(*prepared)) })
	if err != nil {
		return err
	}
	return s.finish()
}

// output checks what is to be written, and makes the folder.
func (c *analyzeCmd) output() (*app.Output, error) {
	out := &app.Output{Dir: c.Out, JSON: c.JSON && c.Out != "", HTML: c.HTML, PDF: c.PDF, Parquet: c.Parquet, CSV: c.CSV, Language: c.Lang}
	if c.CSV != "" && c.Out == "" {
		if c.JSON {
			return nil, usage("--json and --csv both go to standard output: add --out DIR")
		}
		out.CSV = ""
	}
	if c.Out != "" {
		if err := os.MkdirAll(c.Out, 0o755); err != nil {
			return nil, fmt.Errorf("make the folder for --out: %w", err)
		}
	}
	return out, nil
}

// progress shows how far many files are, where somebody looks on.
func (c *analyzeCmd) progress(e *env, n int) func(done, of int) {
	if n < 2 || !term.IsTerminal(int(e.stderr.Fd())) {
		return nil
	}
	bar := progressbar.NewOptions(n, progressbar.OptionSetWriter(e.stderr), progressbar.OptionShowCount(),
		progressbar.OptionSetPredictTime(true), progressbar.OptionClearOnFinish(), progressbar.OptionSetDescription("nights"),
		progressbar.OptionThrottle(100*time.Millisecond))
	return func(done, _ int) { _ = bar.Set(done) }
}
