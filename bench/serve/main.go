//go:build linux

package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"slices"
	"strings"
	"time"
)

// bench is one run of the harness.
type bench struct {
	ctx    context.Context
	bin    string
	temp   string
	cache  string
	runs   int
	rows   int           // readings behind the queries
	crash  int           // readings behind the recovery
	ward   time.Duration // how long 2,000 devices send
	follow int           // clients of the live WebSocket that follow them
	day24  time.Duration // how long the ward of 24 beds is whose writes are counted
	night  string        // a recorded night, for the bytes per value
	rates  string        // of single posts, separated by commas; empty: all
	source *source
	lines  []string // of the table
	missed int
}

// scenario measures one or more figures.
type scenario struct {
	name string
	run  func(*bench) error
}

var scenarios = []scenario{
	{"idle", (*bench).idle},
	{"json", (*bench).json},
	{"lines", (*bench).linesOfAll},
	{"single", (*bench).single},
	{"mqtt", (*bench).mqtt},
	{"ward", (*bench).wardOf2000},
	{"bytes", (*bench).bytes},
	{"day", (*bench).day},
	{"queries", (*bench).queries},
	{"recovery", (*bench).recovery},
}

func main() {
	b := bench{}
	var only string
	flag.StringVar(&b.bin, "bin", "bin/pleth", "the program")
	flag.StringVar(&b.cache, "cache", ".cache/peers", "where the peers are unpacked")
	flag.IntVar(&b.runs, "runs", 5, "runs of each load; the median counts")
	flag.IntVar(&b.rows, "rows", 28_800_000, "readings behind the queries")
	flag.IntVar(&b.crash, "crash", 10_000_000, "readings behind the recovery")
	flag.DurationVar(&b.ward, "ward", 10*time.Minute, "how long 2,000 devices send")
	flag.IntVar(&b.follow, "listeners", 50, "clients of the live WebSocket that follow the 2,000 devices")
	flag.DurationVar(&b.day24, "day", 24*time.Hour, "how long a ward of 24 beds sends, as fast as it is answered, for the bytes written")
	flag.StringVar(&b.night, "night", "", "a recorded night, for the bytes per value")
	flag.StringVar(&b.rates, "rates", "", "of the loads of single posts only these, in posts a second and separated by commas; 0 is the one as fast as they are answered")
	flag.StringVar(&only, "only", "", "these scenarios, separated by commas")
	flag.Parse()
	var stop func()
	b.ctx, stop = signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := b.all(only); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func (b *bench) all(only string) (err error) {
	if b.temp, err = os.MkdirTemp("", "pleth-bench-*"); err != nil {
		return err
	}
	defer os.RemoveAll(b.temp)
	if b.source, err = newSource(); err != nil {
		return err
	}
	for _, s := range scenarios {
		if only != "" && !slices.Contains(strings.Split(only, ","), s.name) {
			continue
		}
		fmt.Println("==", s.name)
		if err := s.run(b); err != nil {
			return fmt.Errorf("%s: %w", s.name, err)
		}
	}
	fmt.Print("\n| Figure | To hold | Measured | |\n|---|---|---|---|\n", strings.Join(b.lines, ""))
	fmt.Printf("\n%d figures, %d missed\n", len(b.lines), b.missed)
	return nil
}

// folder makes a new folder for a server.
func (b *bench) folder() (string, error) { return os.MkdirTemp(b.temp, "data-*") }

// pleth starts pleth on a new folder.
func (b *bench) pleth(more ...string) (*process, error) {
	dir, err := b.folder()
	if err != nil {
		return nil, err
	}
	return startPleth(b.ctx, b.bin, dir, more...)
}

// figure notes a figure with what it must hold; target may be empty.
func (b *bench) figure(name, target, got string, holds bool) {
	mark := "holds"
	switch {
	case target == "":
		mark = ""
	case !holds:
		mark = "**missed**"
		b.missed++
	}
	b.lines = append(b.lines, fmt.Sprintf("| %s | %s | %s | %s |\n", name, target, got, mark))
	fmt.Printf("   %s: %s (%s) %s\n", name, got, target, mark)
}

// median returns the middle of what of gives for the runs.
func median(runs []measured, of func(*measured) float64) float64 {
	v := make([]float64, len(runs))
	for i := range runs {
		v[i] = of(&runs[i])
	}
	slices.Sort(v)
	return v[len(v)/2]
}

func millis(d float64) string { return fmt.Sprintf("%.2f ms", d/1e6) }

func bytesText(n int64) string { return fmt.Sprintf("%.0f MB", float64(n)/1e6) }

func thousands(v float64) string {
	if v >= 1e6 {
		return fmt.Sprintf("%.2f M", v/1e6)
	}
	return fmt.Sprintf("%.0f k", v/1e3)
}
