package main

import (
	"errors"
	"fmt"
	"os"

	"pleth/internal/app"
)

type verifyCmd struct {
	Report string   `arg:"" help:"Analysis document (JSON), or several, one a line." placeholder:"REPORT.json"`
	Raw    []string `arg:"" help:"The raw files it was made from." placeholder:"RAWFILE"`
}

// maxShown is how many differences are printed; the rest is counted.
const maxShown = 50

func (c verifyCmd) Run(e *env) error {
	f, err := os.Open(c.Report)
	if err != nil {
		return err
	}
	defer f.Close()
	found, err := app.Verify(e.ctx, e.program, f, c.Raw)
	if err != nil {
		return fmt.Errorf("%s: %w", c.Report, err)
	}
	bad := 0
	for _, v := range found {
		if len(v.Differences) == 0 {
			fmt.Fprintf(e.stdout, "%s: all %d values follow from the raw data\n", v.Input, v.Numbers)
			continue
		}
		bad += len(v.Differences)
		for i, d := range v.Differences {
			if i == maxShown {
				fmt.Fprintf(e.stdout, "... and %d more\n", len(v.Differences)-i)
				break
			}
			fmt.Fprintf(e.stdout, "%s: %s: %s\n", v.Input, d.Path, explain(d.Want, d.Got))
		}
	}
	switch bad {
	case 0:
		return nil
	case 1:
		return errors.New("1 value of the document does not follow from the raw data")
	}
	return fmt.Errorf("%d values of the document do not follow from the raw data", bad)
}

func explain(want, got string) string {
	switch {
	case got == "":
		return "missing in the document; the raw data give " + want
	case want == "":
		return "the document has " + got + "; the raw data give nothing here"
	}
	return "the document says " + got + "; the raw data give " + want
}
