package main

import (
	"errors"
	"fmt"
	"os"

	"pleth/internal/app"
	"pleth/internal/ward"
)

type verifyCmd struct {
	Report string   `arg:"" optional:"" help:"Analysis document (JSON), or several, one a line." placeholder:"REPORT.json"`
	Raw    []string `arg:"" optional:"" help:"The raw files it was made from." placeholder:"RAWFILE"`

	Ledger    string `type:"existingfile" placeholder:"FILE" help:"Compare the ledger of pleth simulate ward with what a server keeps, instead of a document."`
	Data      string `type:"existingdir" placeholder:"DIR" help:"The data directory of the server, with --ledger or --replay; the server must be stopped."`
	KeyFile   string `type:"existingfile" placeholder:"FILE" help:"Key under which the data directory lies on disk."`
	Replay    string `type:"existingdir" placeholder:"SIDE" help:"Compare --data with what pleth replay made of its log, byte for byte: rows, chunks, rollups, state, documents and alarms."`
	To        string `placeholder:"URL" help:"Or the running server: http://host:port."`
	TokenFile string `type:"existingfile" placeholder:"FILE" help:"File with its token, DIR/admin-token of the server."`
}

// maxShown is how many differences are printed; the rest is counted.
const maxShown = 50

func (c verifyCmd) Run(e *env) error {
	switch {
	case c.Ledger != "" && c.Data != "" && c.To == "" && c.Report == "":
		v, err := app.VerifyLedger(e.ctx, e.program, c.Data, c.KeyFile, c.Ledger)
		if err != nil {
			return err
		}
		return tellVerdict(e, v)
	case c.Ledger != "" && c.To != "" && c.Data == "" && c.Report == "":
		t, err := targetOf(c.To, c.TokenFile)
		if err != nil {
			return err
		}
		v, err := ward.Verify(e.ctx, c.Ledger, ward.StoreAt(t))
		if err != nil {
			return err
		}
		return tellVerdict(e, v)
	case c.Replay != "" && c.Data != "" && c.Ledger == "" && c.Report == "":
		d, err := app.VerifyReplay(e.ctx, e.program, c.Data, c.Replay, c.KeyFile)
		if err != nil {
			return err
		}
		if d != nil {
			return fmt.Errorf("what the log comes to is not what is stored; the first difference: %s", d)
		}
		fmt.Fprintln(e.stdout, "equal: rows, chunks, rollups, state, session documents and alarms follow from the log, byte for byte")
		return nil
	case c.Replay != "":
		return usage("--replay: say which data directory it is of with --data DIR, and name no document")
	case c.Ledger != "":
		return usage("--ledger: say where to look with --data DIR or --to URL, and name no document")
	case c.Report == "" || len(c.Raw) == 0:
		return usage("name an analysis document and the raw files it was made from, or a ledger with --ledger")
	}
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
		if len(v.Absent) > 0 {
			fmt.Fprintf(e.stdout, "%s: it is compared with nights whose raw files are neither given nor beside those given; give them too: %s\n", v.Input, digests(v.Absent))
		}
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

// digests returns the beginnings of a list of digests.
func digests(all []string) string {
	const most = 3
	text := "SHA-256"
	for i, sha := range all {
		if i == most {
			return fmt.Sprintf("%s and %d more", text, len(all)-most)
		}
		text += fmt.Sprintf(" %.12s…", sha)
	}
	return text
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
