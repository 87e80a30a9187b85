//go:build linux

package main

import (
	"bufio"
	"bytes"
	"fmt"
	"strconv"
	"strings"
	"time"

	"pleth/internal/ward"
)

// day sends a simulated day of a ward of 24 beds, each reading in a request of
// its own, as fast as it is answered, and says how many bytes were written to
// the disk for each byte of the log.
func (b *bench) day() error {
	p, err := b.pleth()
	defer p.stop()
	if err != nil {
		return err
	}
	const beds = 24
	w, err := ward.New(ward.Params{Devices: beds, Length: b.day24, Seed: 7, Mixed: true, Late: 0.005, Dup: 0.005, Skew: 2 * time.Second, Start: time.Now().UTC().Add(-b.day24)})
	if err != nil {
		return err
	}
	connect, err := ward.Connector(ward.Target{URL: p.url}, ward.REST)
	if err != nil {
		return err
	}
	before, err := p.written()
	if err != nil {
		return err
	}
	n, err := ward.Run(b.ctx, w, ward.Options{Workers: beds, Connect: connect})
	if err != nil {
		return err
	}
	to, err := p.storageWritten()
	if err != nil {
		return err
	}
	after, err := p.written()
	if err != nil {
		return err
	}
	r, err := b.stored(p)
	if err != nil {
		return err
	}
	name := fmt.Sprintf("%d beds at 1 Hz for %s, %d readings, each a request of its own", beds, b.day24, n.Acknowledged)
	logged, per := float64(r.LogBytes), float64(n.Acknowledged)
	all := to["log"] + to["first"] + to["again"]
	b.figure(name+": bytes of log records", "", fmt.Sprintf("%.1f a reading", logged/per), true)
	b.figure("the same: written for each byte of them, by Pebble's own count", "", fmt.Sprintf("%.2f: %.2f to its log, %.2f to tables the first time, %.2f again; %.1f bytes a reading",
		all/logged, to["log"]/logged, to["first"]/logged, to["again"]/logged, all/per), true)
	b.figure("the same: written by the system, in pages of 4 kB (/proc/PID/io)", "", fmt.Sprintf("%.0f MB, %.0f bytes a reading", float64(after-before)/1e6, float64(after-before)/per), true)
	return nil
}

// storageWritten returns what the storage of p has written, by where to.
func (p *process) storageWritten() (map[string]float64, error) {
	c, err := dial(p.url)
	if err != nil {
		return nil, err
	}
	defer c.close()
	status, text, err := c.do("GET", "/metrics", "", nil)
	if err == nil && status != 200 {
		err = fmt.Errorf("GET /metrics answers %d", status)
	}
	if err != nil {
		return nil, err
	}
	out := map[string]float64{}
	for lines := bufio.NewScanner(bytes.NewReader(text)); lines.Scan(); {
		rest, ok := strings.CutPrefix(lines.Text(), `pleth_storage_written_bytes_total{to="`)
		to, number, found := strings.Cut(rest, `"} `)
		if !ok || !found {
			continue
		}
		if out[to], err = strconv.ParseFloat(number, 64); err != nil {
			return nil, err
		}
	}
	if len(out) != 3 {
		return nil, fmt.Errorf("/metrics says of %d places what was written", len(out))
	}
	return out, nil
}
