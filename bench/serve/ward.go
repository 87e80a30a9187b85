//go:build linux

package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"time"

	"pleth"
	"pleth/internal/ward"
)

// wardOf2000 runs a mixed ward in real time, with clients that follow it, and
// asks, all the while, how soon what was sent can be seen.
func (b *bench) wardOf2000() error {
	p, err := b.pleth()
	defer p.stop()
	if err != nil {
		return err
	}
	w, err := ward.New(ward.Params{Devices: 2000, Length: b.ward, Seed: 11, Mixed: true, Late: 0.005, Dup: 0.005, Skew: 2 * time.Second, Start: time.Now().UTC()})
	if err != nil {
		return err
	}
	target := ward.Target{URL: p.url}
	connect, err := ward.Connector(target, ward.REST)
	if err != nil {
		return err
	}
	path := filepath.Join(b.temp, "ledger")
	ledger, err := ward.OpenLedger(path)
	if err != nil {
		return err
	}
	ctx, stop := context.WithCancel(b.ctx)
	seen := make(chan []time.Duration, 1)
	failed := make(chan error, 1)
	go func() {
		times, err := probe(ctx, p)
		seen <- times
		failed <- err
	}()
	pushed := make(chan []time.Duration, 1)
	unpushed := make(chan error, 1)
	go func() {
		if b.follow == 0 {
			pushed <- nil
			unpushed <- nil
			return
		}
		times, err := pushes(ctx, p, b.follow)
		pushed <- times
		unpushed <- err
	}()
	var n ward.Counts
	m, err := timed(p, func() (err error) {
		n, err = ward.Run(b.ctx, w, ward.Options{Speed: 1, Workers: 32, Connect: connect, Ledger: ledger})
		return err
	})
	stop()
	times, live := <-seen, <-pushed
	if err == nil {
		err = errors.Join(<-failed, <-unpushed)
	}
	if err == nil {
		err = ledger.Close()
	}
	if err != nil {
		return err
	}
	slices.Sort(times)
	m.latencies = times
	rss, err := p.status("VmHWM")
	if err != nil {
		return err
	}
	v, err := ward.Verify(b.ctx, path, ward.StoreAt(target))
	if err != nil {
		return err
	}
	name := fmt.Sprintf("2,000 devices at 1 Hz for %s (%.0f readings/s)", b.ward, float64(n.Acknowledged)/m.wall.Seconds())
	p50, p99 := m.percentile(0.5), m.percentile(0.99)
	b.figure(name+": a derived sample can be asked for after its send", "p50 <= 15 ms, p99 <= 80 ms",
		fmt.Sprintf("p50 %s, p99 %s of %d", millis(float64(p50)), millis(float64(p99)), len(times)), p50 <= 15*time.Millisecond && p99 <= 80*time.Millisecond && len(times) > 10)
	mostCPU := 0.5
	if b.follow > 0 {
		mostCPU = 0.7
		slices.Sort(live)
		l := measured{latencies: live}
		p50, p99 = l.percentile(0.5), l.percentile(0.99)
		b.figure(fmt.Sprintf("the same: from the send to the push, %d live clients, alarms on", b.follow), "p50 <= 20 ms, p99 <= 100 ms",
			fmt.Sprintf("p50 %s, p99 %s of %d", millis(float64(p50)), millis(float64(p99)), len(live)), p50 <= 20*time.Millisecond && p99 <= 100*time.Millisecond && len(live) > 10)
	}
	share := m.cpu.Seconds() / m.wall.Seconds()
	b.figure(fmt.Sprintf("the same: CPU of the server, %d live clients, alarms on", b.follow), fmt.Sprintf("<= %.0f %% of a core", 100*mostCPU),
		fmt.Sprintf("%.0f %%, %.0f us a reading", 100*share, 1e6*m.cpu.Seconds()/float64(n.Acknowledged)), share <= mostCPU)
	b.figure("the same: highest RSS", "<= 400 MB", bytesText(rss), rss <= 400e6)
	b.figure("the same: ledger", "0 lost", v.String(), v.Good() && v.Acknowledged > 0)
	return nil
}

// probe posts a reading every 50 ms and asks for what is derived from it until
// it is there. It returns the times from the send to the answer that had it.
func probe(ctx context.Context, p *process) (times []time.Duration, err error) {
	c, err := dial(p.url)
	if err != nil {
		return nil, err
	}
	defer c.close()
	for k := 0; ; k++ {
		select {
		case <-ctx.Done():
			return times, nil
		case <-time.After(50 * time.Millisecond):
		}
		device := fmt.Sprintf("probe-%02d", k%20)
		at := time.Now().UTC()
		r := ward.Reading{At: at.UnixNano(), Seq: int64(k + 1)}
		r.Values[0], r.Values[1] = pleth.Num(int64(90+k%10), 0), pleth.Num(70, 0)
		began := time.Now()
		status, text, err := c.do("POST", "/api/v1/devices/"+device+"/readings", "application/json", r.AppendJSON(nil))
		if err == nil && status != 201 {
			err = fmt.Errorf("%s answers %d: %.200s", p.name, status, text)
		}
		if err != nil {
			return times, err
		}
		where := "/api/v1/derived?metric=spo2&device_id=" + device + "&from=" + url.QueryEscape(at.Format(time.RFC3339Nano)) + "&to=" + url.QueryEscape(at.Add(time.Millisecond).Format(time.RFC3339Nano))
		for {
			status, text, err := c.do("GET", where, "", nil)
			var got struct{ Samples []json.RawMessage }
			if err == nil && status != 200 {
				err = fmt.Errorf("GET %s answers %d: %.200s", where, status, text)
			}
			if err == nil {
				err = json.Unmarshal(text, &got)
			}
			if err != nil {
				return times, err
			}
			if len(got.Samples) > 0 {
				break
			}
			if time.Since(began) > 5*time.Second {
				return times, fmt.Errorf("GET %s has nothing after 5 s", where)
			}
		}
		times = append(times, time.Since(began))
	}
}

// bytes measures what the series takes for the values of a recorded night.
func (b *bench) bytes() error {
	if b.night == "" {
		fmt.Println("   not measured: -night FILE names the recording to import")
		return nil
	}
	p, err := b.pleth()
	defer p.stop()
	if err != nil {
		return err
	}
	file, err := os.ReadFile(b.night)
	if err != nil {
		return err
	}
	c, err := dial(p.url)
	if err != nil {
		return err
	}
	defer c.close()
	status, text, err := c.do("POST", "/api/v1/import?filename="+url.QueryEscape(filepath.Base(b.night)), "application/octet-stream", file)
	if err == nil && status != 201 {
		err = fmt.Errorf("the import answers %d: %.200s", status, text)
	}
	if err != nil {
		return err
	}
	r, err := b.stored(p)
	if err != nil {
		return err
	}
	if r.Values == 0 {
		return fmt.Errorf("nothing of %s lies in chunks", b.night)
	}
	per := float64(r.ChunkBytes+r.RollupBytes) / float64(r.Values)
	b.figure("bytes per value in the series, "+filepath.Base(b.night)+", rollups and all", "<= 0.25", fmt.Sprintf("%.3f of %d values (chunks %.3f)", per, r.Values, float64(r.ChunkBytes)/float64(r.Values)), per <= 0.25)
	b.figure("the log of it", "<= 4 bytes a reading", fmt.Sprintf("%.2f", float64(r.LogBytes)/float64(r.Readings)), float64(r.LogBytes) <= 4*float64(r.Readings))
	return nil
}

// stored is what fsck says of the folder of a server.
type stored struct {
	Readings    int64 `json:"log_readings"`
	LogBytes    int64 `json:"log_bytes"`
	Values      int64 `json:"values"`
	ChunkBytes  int64 `json:"chunk_bytes"`
	RollupBytes int64 `json:"rollup_bytes"`
}

// stored stops p and asks fsck.
func (b *bench) stored(p *process) (*stored, error) {
	p.stop()
	out, err := exec.CommandContext(b.ctx, b.bin, "fsck", "--json", p.dir).Output()
	if err != nil {
		return nil, fmt.Errorf("fsck: %w", err)
	}
	var r stored
	return &r, json.Unmarshal(out, &r)
}
