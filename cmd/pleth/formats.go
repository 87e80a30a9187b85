package main

import (
	"encoding/json"
	"fmt"

	"pleth/internal/app"
)

type formatsCmd struct {
	JSON bool `name:"json" help:"Print JSON."`
}

func (c formatsCmd) Run(e *env) error {
	if c.JSON {
		return c.json(e)
	}
	for _, f := range app.Formats() {
		fmt.Fprintf(e.stdout, "%-20s %s: %s\n%-20s %s\n%-20s %s\n", f.Name, f.Maker, f.Models, "", f.Reads, "", f.Extensions)
	}
	_, err := fmt.Fprintln(e.stdout, "\nRecordings are recognised by their content, never by their name alone. Any of them may be packed as .gz or .zip.")
	return err
}

func (c formatsCmd) json(e *env) error {
	type format struct {
		Name       string `json:"name"`
		Maker      string `json:"maker"`
		Models     string `json:"models"`
		Extensions string `json:"extensions"`
		Reads      string `json:"reads"`
	}
	var all []format
	for _, f := range app.Formats() {
		all = append(all, format{f.Name, f.Maker, f.Models, f.Extensions, f.Reads})
	}
	enc := json.NewEncoder(e.stdout)
	enc.SetIndent("", "  ")
	return enc.Encode(all)
}
