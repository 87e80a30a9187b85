package main

import "pleth/internal/analysis"

type schemaCmd struct {
	Print schemaPrintCmd `cmd:"" help:"Print one schema."`
}

type schemaPrintCmd struct {
	Name string `arg:"" enum:"analysis" help:"Which one: analysis."`
}

func (schemaPrintCmd) Run(e *env) error {
	b, err := analysis.Schema()
	if err != nil {
		return err
	}
	_, err = e.stdout.Write(append(b, '\n'))
	return err
}
