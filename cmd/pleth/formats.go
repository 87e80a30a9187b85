package main

import (
	"fmt"
	"text/tabwriter"

	"pleth/internal/app"
)

type formatsCmd struct {
	JSON bool `help:"Print JSON."`
}

func (c formatsCmd) Run(e *env) error {
	w := tabwriter.NewWriter(e.stdout, 0, 4, 2, ' ', 0)
	fmt.Fprintln(w, "FORMAT\tMAKER\tMODELS\tENDING\tWHAT IS READ")
	for _, f := range app.Formats() {
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\n", f.Name, f.Maker, f.Models, f.Extensions, f.Reads)
	}
	fmt.Fprintln(w, "\nRecordings are recognised by their content. Any of them may be packed as .gz or .zip.")
	return w.Flush()
}
