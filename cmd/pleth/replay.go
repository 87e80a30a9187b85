package main

import (
	"cmp"
	"fmt"
	"strings"
	"time"

	"pleth/internal/app"
)

type replayCmd struct {
	Side    string `arg:"" optional:"" type:"path" help:"Folder for what is rebuilt; a new one (DIR-replay)." placeholder:"SIDE"`
	Data    string `type:"path" placeholder:"DIR" help:"Data directory of a stopped server (pleth-data). It stays as it is."`
	Config  string `type:"existingfile" placeholder:"FILE" help:"Settings of the server, as pleth.yaml. A flag wins over the file."`
	KeyFile string `type:"existingfile" placeholder:"FILE" help:"Key under which the directory lies on disk; what is rebuilt lies under it too."`
	From    string `placeholder:"TIME" help:"Compare from this event time on: 2026-01-14T22:00:00Z or 2026-01-14."`
	To      string `placeholder:"TIME" help:"Up to this one, which is not included."`
	Rules   string `placeholder:"VERSION" help:"Version of the rules, as documents name it under generator.rules; one that this program does not know is refused with those that it knows."`
}

func (c replayCmd) Run(e *env) (err error) {
	var set app.Settings
	if c.Config != "" {
		if set, err = app.ReadSettings(c.Config); err != nil {
			return err
		}
	}
	c.Data, c.KeyFile = cmp.Or(c.Data, set.Data, "pleth-data"), cmp.Or(c.KeyFile, set.KeyFile)
	if c.Side == "" {
		c.Side = strings.TrimRight(c.Data, "/") + "-replay"
	}
	o := app.ReplayOptions{Data: c.Data, Side: c.Side, KeyFile: c.KeyFile, Lateness: time.Duration(set.Time.Lateness), Alerts: time.Duration(set.Retention.Alerts), Rules: c.Rules}
	if o.From, err = eventTime("--from", c.From); err != nil {
		return err
	}
	if o.To, err = eventTime("--to", c.To); err != nil {
		return err
	}
	if !o.To.IsZero() && !o.To.After(o.From) {
		return usage("--to is not after --from")
	}
	n, err := app.Replay(e.ctx, e.program, o)
	if err != nil {
		return err
	}
	fmt.Fprintf(e.stdout, "%d records of %d streams and recordings are rebuilt in %s\n", n.Records, n.Partitions, c.Side)
	if n.Begins > 0 {
		fmt.Fprintf(e.stdout, "the log of %d of them no longer begins at their beginning: choose a --from behind what was dropped\n", n.Begins)
	}
	compare := fmt.Sprintf("pleth verify --data %s --replay %s", c.Data, c.Side)
	if c.KeyFile != "" {
		compare += " --key-file " + c.KeyFile
	}
	fmt.Fprintln(e.stdout, "compare:", compare)
	return nil
}

// eventTime reads a time of an option; empty: none.
func eventTime(option, text string) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	for _, layout := range [...]string{time.RFC3339, time.DateOnly} {
		if t, err := time.Parse(layout, text); err == nil {
			return t, nil
		}
	}
	return time.Time{}, usage("%s %s: no time such as 2026-01-14T22:00:00Z or 2026-01-14", option, text)
}
