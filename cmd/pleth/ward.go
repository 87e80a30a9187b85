package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"time"

	"pleth/internal/atomicfile"
	"pleth/internal/ward"
)

type simulateWardCmd struct {
	To        string `required:"" placeholder:"URL" help:"The server: http://host:port, or mqtt://host:port."`
	TokenFile string `type:"existingfile" placeholder:"FILE" help:"File with the token, DIR/admin-token of the server."`
	Protocol  string `enum:"rest,line,mqtt" default:"rest" help:"rest, line (InfluxDB line protocol) or mqtt."`

	Devices int           `default:"24" help:"How many devices."`
	Rate    float64       `default:"1" placeholder:"HZ" help:"Readings a second of each."`
	For     time.Duration `default:"1m" help:"How long, in the ward's own time."`
	Seed    uint64        `default:"1" help:"The same seed makes the same ward on every machine."`
	Late    float64       `placeholder:"SHARE" help:"Share of the readings that come up to 5 min late: 0.01."`
	Dup     float64       `placeholder:"SHARE" help:"Share of the readings that are sent twice."`
	Skew    time.Duration `placeholder:"2s" help:"Largest error of the devices' clocks."`
	Plain   bool          `help:"Healthy sleepers only: no probe off, no silent, lagging or skewed device."`
	Start   string        `placeholder:"2026-01-14T22:00:00Z" help:"Event time of the first reading (default: now; where the speed is not 1, so long before that it ends now)."`

	Batch   int     `default:"1" help:"Readings of a device in one request."`
	Workers int     `default:"8" help:"Requests under way at a time."`
	Speed   float64 `default:"1" help:"Seconds of the ward in a second; 0: as fast as the server answers."`
	Ledger  string  `type:"path" placeholder:"FILE" help:"Note every send and every answer, for pleth verify --ledger. An existing one goes on."`
	Truth   string  `type:"path" placeholder:"FILE" help:"Write what is true of every device, JSON lines."`
}

// Run sends the ward and says what became of it.
func (c simulateWardCmd) Run(e *env) error {
	p := ward.Params{Devices: c.Devices, Length: c.For, Seed: c.Seed, Late: c.Late, Dup: c.Dup, Skew: c.Skew, Mixed: !c.Plain, Start: time.Now().UTC()}
	if c.Rate <= 0 || c.Rate > 1000 {
		return usage("--rate %g: above 0, up to 1000 readings a second", c.Rate)
	}
	p.Interval = time.Duration(float64(time.Second) / c.Rate)
	if c.Speed != 1 {
		p.Start = p.Start.Add(-c.For) // none of it in the future
	}
	if c.Start != "" {
		var err error
		if p.Start, err = time.Parse(time.RFC3339, c.Start); err != nil {
			return usage("--start %q: write 2026-01-14T22:00:00Z", c.Start)
		}
	}
	w, err := ward.New(p)
	if err != nil {
		return usage("%w", err)
	}
	target, err := targetOf(c.To, c.TokenFile)
	if err != nil {
		return err
	}
	o := ward.Options{Speed: c.Speed, Batch: c.Batch, Workers: c.Workers, Protocol: ward.Protocol(c.Protocol)}
	if o.Connect, err = ward.Connector(target, o.Protocol); err != nil {
		return usage("%w", err)
	}
	o.Trouble = everySoOften(func(err error) { fmt.Fprintf(e.stderr, "%v; it is tried again\n", err) })
	if c.Truth != "" {
		if err := atomicfile.Write(c.Truth, func(out io.Writer) error { return w.WriteTruth(out) }); err != nil {
			return err
		}
	}
	if c.Ledger != "" {
		if o.Ledger, err = ward.OpenLedger(c.Ledger); err != nil {
			return err
		}
	}
	began := time.Now()
	n, err := ward.Run(e.ctx, w, o)
	if o.Ledger != nil {
		err = errors.Join(err, o.Ledger.Close())
	}
	took := time.Since(began)
	fmt.Fprintf(e.stdout, "%d readings sent, %d acknowledged (%d duplicates), %d refused, %d requests repeated, in %s: %.0f readings/s\n",
		n.Sent, n.Acknowledged, n.Duplicates, n.Refused, n.Retries, took.Round(time.Millisecond), float64(n.Acknowledged)/took.Seconds())
	switch {
	case errors.Is(err, ward.ErrDenied):
		return fmt.Errorf("%w; give the right one with --token-file", err)
	case err != nil:
		return err
	case n.Refused > 0:
		return &exitError{exitRefused, fmt.Errorf("the server refused %d readings", n.Refused)}
	}
	return nil
}

// everySoOften returns what passes an error on to tell, once in 10 seconds. It
// is safe for concurrent use.
func everySoOften(tell func(error)) func(error) {
	var mu sync.Mutex
	var last time.Time
	return func(err error) {
		mu.Lock()
		defer mu.Unlock()
		if time.Since(last) > 10*time.Second {
			last = time.Now()
			tell(err)
		}
	}
}

// targetOf is the server at url with the token of a file, if one is named.
func targetOf(url, tokenFile string) (ward.Target, error) {
	t := ward.Target{URL: strings.TrimRight(url, "/")}
	if tokenFile != "" {
		b, err := os.ReadFile(tokenFile)
		if err != nil {
			return t, err
		}
		t.Token = strings.TrimSpace(string(b))
	}
	return t, nil
}

// tellVerdict prints what the check of a ledger found.
func tellVerdict(e *env, v *ward.Verdict) error {
	fmt.Fprintln(e.stdout, v)
	if v.Refused+v.Unanswered+v.Unknown > 0 {
		fmt.Fprintf(e.stdout, "besides: %d refused, %d kept whose answer was lost, %d kept that the ledger does not know\n", v.Refused, v.Unanswered, v.Unknown)
	}
	for _, d := range v.First {
		fmt.Fprintln(e.stdout, d)
	}
	if !v.Good() {
		return &exitError{exitFailed, fmt.Errorf("the store is not what the ledger says: %d differences", v.Lost+v.Duplicated+v.Altered)}
	}
	return nil
}
