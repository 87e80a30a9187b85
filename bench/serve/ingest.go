//go:build linux

package main

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// The loads of the batches: so many requests of 1000 readings in each run.
const (
	postsPerRun = 400
	batchSize   = 1000
	loadDevices = 40
	connections = 4
)

// idle measures what a server that nobody uses holds.
func (b *bench) idle() error {
	p, err := b.pleth()
	defer p.stop()
	if err != nil {
		return err
	}
	time.Sleep(3 * time.Second)
	rss, err := p.status("VmRSS")
	if err != nil {
		return err
	}
	b.figure("idle RSS", "<= 60 MB", bytesText(rss), rss <= 60e6)
	return nil
}

// batchRuns sends batches to p in runs of fresh readings.
func (b *bench) batchRuns(p *process, f form) ([]measured, error) {
	var out []measured
	at := 0
	for range b.runs {
		posts := make([]post, postsPerRun)
		per := postsPerRun / loadDevices
		for i := range posts {
			posts[i] = f.make(b.source, i%loadDevices, at+i/loadDevices*batchSize, batchSize)
		}
		at += per * batchSize
		m, err := batches(p, posts, connections, postsPerRun*batchSize*valuesPerReading)
		if err != nil {
			return nil, err
		}
		fmt.Printf("   %s %s: %s values/s, %s per CPU s\n", p.name, f.name, thousands(m.perSecond()), thousands(m.perCPUSecond()))
		out = append(out, m)
	}
	return out, nil
}

func (b *bench) json() error {
	p, err := b.pleth()
	defer p.stop()
	if err != nil {
		return err
	}
	before, err := p.written()
	if err != nil {
		return err
	}
	runs, err := b.batchRuns(p, jsonForm())
	if err != nil {
		return err
	}
	wall, cpu := median(runs, (*measured).perSecond), median(runs, (*measured).perCPUSecond)
	b.figure("JSON, 1000 readings x 4 values a request, synced: wall", ">= 1.2 M values/s", thousands(wall)+" values/s", wall >= 1.2e6)
	b.figure("the same, by the server's CPU", ">= 2 M values/CPU s", thousands(cpu)+" values/CPU s", cpu >= 2e6)
	after, err := p.written()
	if err != nil {
		return err
	}
	n := int64(b.runs * postsPerRun * batchSize)
	b.figure("bytes the process had written to the disk for it, log, compaction and all", "", fmt.Sprintf("%.1f a reading", float64(after-before)/float64(n)), true)
	return nil
}

// linesOfAll sends line protocol to pleth and to its peers.
func (b *bench) linesOfAll() error {
	p, err := b.pleth()
	if err != nil {
		p.stop()
		return err
	}
	runs, err := b.batchRuns(p, lineForm(""))
	p.stop()
	if err != nil {
		return err
	}
	wall, cpu := median(runs, (*measured).perSecond), median(runs, (*measured).perCPUSecond)
	bestWall, bestCPU, names := 0.0, 0.0, []string{}
	for _, other := range peers {
		w, c, err := b.peerLines(other)
		if err != nil {
			fmt.Printf("!! %s IS ABSENT, nothing is compared with it: %v\n", strings.ToUpper(other.name), err)
			b.figure(other.name+", the same lines", "", "ABSENT: "+strings.ReplaceAll(err.Error(), "\n", " "), true)
			continue
		}
		names = append(names, other.name)
		bestWall, bestCPU = max(bestWall, w), max(bestCPU, c)
		b.figure(other.name+", the same lines", "", fmt.Sprintf("%s values/s, %s values/CPU s", thousands(w), thousands(c)), true)
	}
	against := ">= 1.2 M values/s"
	if len(names) > 0 {
		against += ", ahead of " + strings.Join(names, ", ")
	}
	b.figure("line protocol, 1000 lines x 4 fields a request, synced: wall", against, thousands(wall)+" values/s", wall >= 1.2e6 && wall > bestWall)
	b.figure("the same, by the server's CPU", strings.Replace(against, "1.2 M values/s", "2 M values/CPU s", 1), thousands(cpu)+" values/CPU s", cpu >= 2e6 && cpu > bestCPU)
	return nil
}

// peerLines measures a peer: values a second and values per CPU second.
func (b *bench) peerLines(other peer) (wall, cpu float64, err error) {
	bin, err := other.find(b.cache)
	if err != nil {
		return 0, 0, err
	}
	dir, err := b.folder()
	if err != nil {
		return 0, 0, err
	}
	p, err := other.start(b.ctx, bin, dir)
	defer p.stop()
	if err != nil {
		return 0, 0, err
	}
	runs, err := b.batchRuns(p, lineForm(other.query))
	if err != nil {
		return 0, 0, err
	}
	return median(runs, (*measured).perSecond), median(runs, (*measured).perCPUSecond), nil
}

// single posts readings one by one: as fast as it goes, and by the clock.
func (b *bench) single() error {
	p, err := b.pleth()
	defer p.stop()
	if err != nil {
		return err
	}
	at := 0
	for _, load := range []struct {
		count, connections int
		rate               float64
		p99                time.Duration
	}{{153_600, 256, 0, 0}, {20_480, 256, 2_000, 5 * time.Millisecond}, {102_400, 256, 20_000, 15 * time.Millisecond}} {
		if b.rates != "" && !slices.Contains(strings.Split(b.rates, ","), strconv.Itoa(int(load.rate))) {
			continue
		}
		var runs []measured
		for range b.runs {
			m, err := singles(p, b.source, at, load.count, load.connections, load.rate)
			if err != nil {
				return err
			}
			at += load.count / load.connections
			fmt.Printf("   %.0f/s asked, %.0f/s, p50 %s, p99 %s, CPU %.1f us each\n", load.rate, m.perSecond(), millis(float64(m.percentile(0.5))), millis(float64(m.percentile(0.99))), 1e6/m.perCPUSecond())
			runs = append(runs, m)
		}
		rate, cpu := median(runs, (*measured).perSecond), median(runs, (*measured).perCPUSecond)
		p50 := median(runs, func(m *measured) float64 { return float64(m.percentile(0.5)) })
		p99 := median(runs, func(m *measured) float64 { return float64(m.percentile(0.99)) })
		if load.rate == 0 {
			b.figure("single POSTs, as fast as they are answered (256 connections)", ">= 20,000/s", fmt.Sprintf("%.0f/s, p50 %s, p99 %s, %.1f us CPU each", rate, millis(p50), millis(p99), 1e6/cpu), rate >= 20_000)
			continue
		}
		b.figure(fmt.Sprintf("single POSTs, %.0f/s by the clock", load.rate), fmt.Sprintf("p99 <= %d ms", load.p99.Milliseconds()),
			fmt.Sprintf("%.0f/s, p50 %s, p99 %s, %.1f us CPU each", rate, millis(p50), millis(p99), 1e6/cpu), p99 <= float64(load.p99) && rate >= 0.98*load.rate)
	}
	return nil
}

func (b *bench) mqtt() error {
	p, err := b.pleth()
	defer p.stop()
	if err != nil {
		return err
	}
	const count = 150_000
	var runs []measured
	for i := range b.runs {
		m, err := publishes(p, b.source, i*count, count, 8, 128)
		if err != nil {
			return err
		}
		fmt.Printf("   %.0f/s, p50 %s, p99 %s, CPU %.1f us each\n", m.perSecond(), millis(float64(m.percentile(0.5))), millis(float64(m.percentile(0.99))), 1e6/m.perCPUSecond())
		runs = append(runs, m)
	}
	rate, cpu := median(runs, (*measured).perSecond), median(runs, (*measured).perCPUSecond)
	p99 := median(runs, func(m *measured) float64 { return float64(m.percentile(0.99)) })
	b.figure("MQTT 3.1.1, quality of service 1 (8 clients, 128 under way each)", ">= 20,000/s", fmt.Sprintf("%.0f/s, p99 %s, %.1f us CPU each", rate, millis(p99), 1e6/cpu), rate >= 20_000)
	return nil
}
