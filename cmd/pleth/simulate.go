package main

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"pleth/internal/atomicfile"
	"pleth/internal/oximetry"
	"pleth/internal/simulate"
)

type simulateCmd struct {
	Night  simulateNightCmd  `cmd:"" help:"Make a night of oximetry whose truth is known."`
	Ward   simulateWardCmd   `cmd:"" help:"Send a ward of devices whose truth is known to a server."`
	Orders simulateOrdersCmd `cmd:"" help:"Make systems of a shop that must agree, with faults that are known."`
}

type simulateNightCmd struct {
	Sample bool   `help:"The sample night of the documentation; the other flags do not count."`
	Age    string `placeholder:"4m" help:"Age of the patient: 6y, 4m, 3w, 10d."`
	Seed   uint64 `default:"1" help:"The same seed makes the same night on every machine."`
	Events string `placeholder:"TEXT" help:"What happens, instead of drawn events: \"01:10 fall 6 over 30s; 02:00 cluster 8 fall 5 every 60s; 04:00 gap 90s\". See docs/simulator.md."`

	Profile   string        `enum:",adult,child,infant,preterm" default:"" placeholder:"adult|child|infant|preterm" help:"Kind of patient (default: by age)."`
	Activity  string        `enum:"quiet,restless" default:"quiet" help:"How much the patient moves: quiet, restless."`
	Start     string        `placeholder:"2026-01-14T22:00" help:"Wall clock at the first row."`
	Length    time.Duration `placeholder:"8h" help:"Length of the night."`
	Interval  time.Duration `placeholder:"1s" help:"Time between rows."`
	Averaging time.Duration `placeholder:"4s" help:"Averaging time of the oximeter."`
	Lag       time.Duration `placeholder:"0s" help:"Further delay of the oximeter."`
	Decimals  uint8         `placeholder:"0" help:"Decimals of SpO2: 0, 1, 2."`
	Perfusion bool          `help:"The device states the perfusion index."`
	Pristine  bool          `help:"Without noise, artefacts and losses."`

	Nights int    `default:"1" help:"So many nights, a day and a seed apart; --out is then a folder."`
	Out    string `type:"path" placeholder:"FILE.csv|DIR" help:"Where to write; the truth goes beside it. Without it the rows go to standard output."`
}

// maxNights keeps a slip of the pen from filling the disk.
const maxNights = 100_000

func (c simulateNightCmd) Run(e *env) error {
	p, err := c.params()
	if err != nil {
		return err
	}
	switch {
	case c.Nights < 1 || c.Nights > maxNights:
		return usage("--nights %d: from 1 to %d", c.Nights, maxNights)
	case c.Out == "" && c.Nights > 1:
		return usage("--nights %d: name a folder with --out", c.Nights)
	case c.Out == "":
		n, err := simulate.Night(p)
		if err != nil {
			return usage("%w", err)
		}
		return n.WriteCSV(e.stdout)
	}
	for i := range c.Nights {
		if e.ctx.Err() != nil {
			return e.ctx.Err()
		}
		if err := c.write(e, p, i); err != nil {
			return err
		}
	}
	return nil
}

func (c simulateNightCmd) params() (simulate.Params, error) {
	if c.Sample {
		return simulate.Sample(), nil
	}
	p := simulate.Params{
		Seed: c.Seed, Profile: simulate.Profile(c.Profile), Activity: simulate.Activity(c.Activity), Events: c.Events,
		Length: c.Length, Interval: c.Interval, Averaging: c.Averaging, Lag: c.Lag, Decimals: c.Decimals,
		Perfusion: c.Perfusion, Pristine: c.Pristine,
	}
	if c.Age != "" {
		age, err := oximetry.ParseAge(c.Age)
		if err != nil {
			return p, usage("--age: %w", err)
		}
		p.Age = time.Duration(age.Years()*365) * 24 * time.Hour
	}
	if c.Start != "" {
		for _, form := range []string{"2006-01-02T15:04:05", "2006-01-02T15:04"} {
			if t, err := time.Parse(form, c.Start); err == nil {
				p.Start = t
			}
		}
		if p.Start.IsZero() {
			return p, usage("--start %q: write 2026-01-14T22:00", c.Start)
		}
	}
	return p, nil
}

// write makes night i of the run and its truth.
func (c simulateNightCmd) write(e *env, p simulate.Params, i int) error {
	path := c.Out
	if c.Nights > 1 || !strings.HasSuffix(c.Out, ".csv") {
		if err := os.MkdirAll(c.Out, 0o755); err != nil {
			return fmt.Errorf("make the folder for --out: %w", err)
		}
		path = filepath.Join(c.Out, fmt.Sprintf("night-%04d.csv", i+1))
	}
	p.Seed += uint64(i)
	if i > 0 {
		if p.Start.IsZero() {
			p.Start = simulate.DefaultStart
		}
		p.Start = p.Start.AddDate(0, 0, i)
	}
	n, err := simulate.Night(p)
	if err != nil {
		return usage("%w", err)
	}
	if err := atomicfile.Write(path, func(w io.Writer) error { return n.WriteCSV(w) }); err != nil {
		return err
	}
	truth := strings.TrimSuffix(path, ".csv") + ".truth.json"
	if err := atomicfile.Write(truth, func(w io.Writer) error { return n.Truth.WriteJSON(w) }); err != nil {
		return err
	}
	if c.Nights == 1 {
		fmt.Fprintf(e.stderr, "wrote %s and %s\n", path, truth)
	}
	return nil
}
