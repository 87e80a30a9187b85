package main

import (
	"encoding/json"
	"fmt"
	"maps"
	"math/big"
	"os"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"pleth/internal/reconcile"
	"pleth/internal/reconcile/folder"
)

type reconcileCmd struct {
	Run       reconcileRunCmd       `cmd:"" help:"Check pairs of systems now. Exit 0 all agree, 4 something does not."`
	Status    reconcileStatusCmd    `cmd:"" help:"Say how every integration is, without a check. Exit 0 all is well, 4 it is not."`
	Findings  reconcileFindingsCmd  `cmd:"" help:"Check now and list every finding that stands. Exit 0 there is none, 4 there are."`
	Incidents reconcileIncidentsCmd `cmd:"" help:"List incidents, also what mended the same the last time."`
	Diff      reconcileDiffCmd      `cmd:"" help:"Compare two files of records by their key: what is missing, extra, twice or different. Exit 0 equal, 4 differences."`
}

type reconcileDiffCmd struct {
	A string `arg:"" type:"path" help:"The source of truth: CSV with a header, also packed with gzip or zstd, or Parquet; - is the standard input." placeholder:"A.csv"`
	B string `arg:"" type:"path" help:"The other side." placeholder:"B.csv"`

	Key        []string `required:"" placeholder:"NAME" help:"Columns that together name a record: order_id, or order_id=OrderNo where B calls it otherwise."`
	Compare    []string `placeholder:"NAME" help:"Columns that must agree; none: only which records there are."`
	Map        []string `sep:"none" placeholder:"NAME:A=B,…" help:"Words of a status column in A and what they are called in B: status:paid=PAID,open=OPEN."`
	Tolerance  []string `placeholder:"NAME=N" help:"How far apart the numbers of a column may be: total=0.01."`
	IgnoreCase bool     `help:"Compare letters without their case."`
	Number     []string `placeholder:"NAME" help:"Columns of the key that are numbers: 1001, 1001.0 and 01001 are one record. Keys are text else."`
	Decimal    []string `name:"decimal-comma" enum:"a,b" placeholder:"a,b" help:"Sides that write decimals with a comma, thousands with a point: 1.234,50."`
	Limit      int      `default:"1000" help:"Findings to name; all are counted."`
	JSON       bool     `help:"Write the result as JSON."`
}

// spec reads the flags.
func (c reconcileDiffCmd) spec() (reconcile.Spec, error) {
	s := reconcile.Spec{Fold: c.IgnoreCase, Limit: c.Limit, Status: map[string]map[string]string{}, Tolerance: map[string]*big.Rat{}}
	for _, list := range []struct {
		names []string
		to    *[]reconcile.Column
	}{{c.Key, &s.Key}, {c.Compare, &s.Compare}} {
		for _, name := range list.names {
			col, err := reconcile.ParseColumn(name)
			if err != nil {
				return s, err
			}
			*list.to = append(*list.to, col)
		}
	}
	s.Numbers, s.Commas = map[string]bool{}, [2]bool{slices.Contains(c.Decimal, "a"), slices.Contains(c.Decimal, "b")}
	for _, name := range c.Number {
		s.Numbers[name] = true
	}
	for _, m := range c.Map {
		name, pairs, ok := strings.Cut(m, ":")
		if !ok {
			return s, fmt.Errorf("--map %q: write the column, a colon and the pairs: status:paid=PAID,open=OPEN", m)
		}
		if s.Status[name] == nil {
			s.Status[name] = map[string]string{}
		}
		for pair := range strings.SplitSeq(pairs, ",") {
			from, to, ok := strings.Cut(pair, "=")
			if !ok {
				return s, fmt.Errorf("--map %q: %q is no pair of words: write paid=PAID", m, pair)
			}
			s.Status[name][from] = to
		}
	}
	for _, t := range c.Tolerance {
		name, text, _ := strings.Cut(t, "=")
		n, ok := new(big.Rat).SetString(text)
		if !ok {
			return s, fmt.Errorf("--tolerance %q: write the column and a number: total=0.01", t)
		}
		s.Tolerance[name] = n
	}
	return s, s.Check()
}

func (c reconcileDiffCmd) Run(e *env) error {
	spec, err := c.spec()
	if err != nil {
		return usage("%w", err)
	}
	if c.A == "-" && c.B == "-" {
		return usage("both sides are the standard input: name a file for one")
	}
	a, done, err := openSide(c.A)
	if err != nil {
		return err
	}
	defer done()
	b, done, err := openSide(c.B)
	if err != nil {
		return err
	}
	defer done()
	r, err := reconcile.Diff(e.ctx, spec, a, b)
	if err != nil {
		return err
	}
	if c.JSON {
		enc := json.NewEncoder(e.stdout)
		enc.SetEscapeHTML(false)
		if err := enc.Encode(r); err != nil {
			return err
		}
	} else {
		printDiff(e.stdout, r)
	}
	if !r.Equal {
		return &exitError{code: exitRefused}
	}
	return nil
}

// openSide opens a file, or what can be read once only: the standard input, a
// pipe.
func openSide(path string) (_ reconcile.Source, done func(), err error) {
	if path == "-" {
		return folder.Spool(os.Stdin, "standard input")
	}
	info, err := os.Stat(path)
	switch {
	case err != nil:
		return nil, nil, err
	case info.IsDir():
		return nil, nil, fmt.Errorf("%s is a folder: name a file in it", path)
	case info.Mode().IsRegular():
		return folder.File(path), func() {}, nil
	}
	file, err := os.Open(path)
	if err != nil {
		return nil, nil, err
	}
	defer file.Close()
	return folder.Spool(file, path)
}

// printDiff prints a result for people.
func printDiff(w *os.File, r *reconcile.Result) {
	for _, s := range []reconcile.Side{r.A, r.B} {
		fmt.Fprintf(w, "%s: %d rows, %d records", s.Name, s.Rows, s.Keys)
		if s.NoKey > 0 {
			fmt.Fprintf(w, ", %d without a key", s.NoKey)
		}
		if s.Rejected > 0 {
			fmt.Fprintf(w, ", %d could not be read", s.Rejected)
		}
		fmt.Fprintln(w)
	}
	if r.Equal {
		fmt.Fprintf(w, "equal by %s\n", strings.Join(slices.Concat(r.Key, r.Compared), ", "))
		printHints(w, r)
		return
	}
	for _, f := range r.Findings {
		fmt.Fprintf(w, "%-16s %s", f.Class, inLine(strings.Join(f.Key, " ")))
		for _, text := range differences(&f) {
			fmt.Fprintf(w, "  %s", text)
		}
		fmt.Fprintf(w, "  (%s)\n", strings.Join(slices.Concat(places("A", f.A), places("B", f.B)), "; "))
	}
	if r.Left > 0 {
		fmt.Fprintf(w, "… and %d more (--limit)\n", r.Left)
	}
	var counts []string
	for _, class := range slices.Sorted(maps.Keys(r.Counts)) {
		if n := r.Counts[class]; n > 0 {
			counts = append(counts, fmt.Sprintf("%d %s", n, class))
		}
	}
	fmt.Fprintf(w, "not equal: %s\n", strings.Join(counts, ", "))
	printHints(w, r)
}

// differences says in words what is wrong with one record.
func differences(f *reconcile.Finding) []string {
	var out []string
	for _, v := range f.Columns {
		out = append(out, fmt.Sprintf("%s: %s | %s", v.Column, orNull(v.A), orNull(v.B)))
	}
	if f.Text != "" {
		out = append(out, inLine(f.Text))
	}
	if len(f.Like) > 0 {
		out = append(out, "perhaps "+inLine(strings.Join(f.Like, " ")))
	}
	return out
}

// inLine writes a text of a record so that it stays in its line and tells a
// terminal nothing.
func inLine(text string) string {
	if strings.ContainsFunc(text, func(r rune) bool { return r == utf8.RuneError || !unicode.IsPrint(r) }) {
		return fmt.Sprintf("%q", text)
	}
	return text
}

// printHints prints what most differences may have in common.
func printHints(w *os.File, r *reconcile.Result) {
	for _, h := range r.Hints {
		fmt.Fprintf(w, "hint: %s\n", inLine(h.Text))
	}
}

func orNull(s *string) string {
	if s == nil {
		return "null"
	}
	return fmt.Sprintf("%q", *s)
}

// places names the lines of a record on one side.
func places(side string, at []int64) []string {
	if len(at) == 0 {
		return nil
	}
	var lines []string
	for _, n := range at {
		lines = append(lines, fmt.Sprint(n))
	}
	return []string{side + " line " + strings.Join(lines, ", ")}
}
