//go:build linux

package main

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net/url"
	"slices"
	"sync/atomic"
	"time"
)

// fill sends rows readings of each of some devices, a second (or step) apart,
// and returns how long it took.
func fill(p *process, s *source, first, devices, rows int, step time.Duration) (time.Duration, error) {
	const each = 960
	var next atomic.Int64
	began := time.Now()
	err := parallel(connections, func(int) error {
		c, err := dial(p.url)
		if err != nil {
			return err
		}
		defer c.close()
		var b []byte
		for {
			d := int(next.Add(1)) - 1
			if d >= devices {
				return nil
			}
			path := "/api/v1/devices/" + deviceName(first+d) + "/readings"
			for from := 0; from < rows; from += each {
				b = append(b[:0], '[')
				for i := from; i < min(from+each, rows); i++ {
					if i > from {
						b = append(b, ',')
					}
					r := s.reading(first+d, i)
					r.At = origin.UnixNano() + int64(i)*int64(step)
					b = r.AppendJSON(b)
				}
				b = append(b, ']')
				for {
					status, text, err := c.do("POST", path, "application/json", b)
					if err != nil {
						return p.blame(err)
					}
					if status == 201 {
						break
					}
					if status != 503 && status != 429 {
						return fmt.Errorf("%s answers %d: %.200s", p.name, status, text)
					}
					time.Sleep(time.Second)
				}
			}
		}
	})
	return time.Since(began), err
}

// ask makes n GETs one after the other and returns their times, sorted, and
// the size of the last answer.
func ask(p *process, n int, path func() string) (*measured, int, error) {
	c, err := dial(p.url)
	if err != nil {
		return nil, 0, err
	}
	defer c.close()
	size := 0
	m := measured{}
	before := time.Duration(0)
	for i := range n + n/10 {
		if i == n/10 { // the first ones warm the caches
			if before, err = p.cpu(); err != nil {
				return nil, 0, err
			}
		}
		where := path()
		began := time.Now()
		status, body, err := c.do("GET", where, "", nil)
		took := time.Since(began)
		if err == nil && (status != 200 || len(body) < 100) {
			err = fmt.Errorf("answer %d: %.200s", status, body)
		}
		if err != nil {
			return nil, 0, p.blame(fmt.Errorf("GET %s: %w", where, err))
		}
		if size = len(body); i >= n/10 {
			m.latencies = append(m.latencies, took)
		}
	}
	after, err := p.cpu()
	m.cpu = after - before
	slices.Sort(m.latencies)
	return &m, size, err
}

// span is the parameters from and to.
func span(from time.Time, d time.Duration) string {
	return "&from=" + url.QueryEscape(from.Format(time.RFC3339)) + "&to=" + url.QueryEscape(from.Add(d).Format(time.RFC3339))
}

func (b *bench) queries() error {
	p, err := b.pleth()
	defer p.stop()
	if err != nil {
		return err
	}
	const devices, yearOf = 1000, 50_000
	rows := max(b.rows/devices, 3600)
	took, err := fill(p, b.source, 0, devices, rows, time.Second)
	if err != nil {
		return err
	}
	fmt.Printf("   %d readings of %d devices in %s: %s values/s\n", rows*devices, devices, took.Round(time.Second), thousands(float64(rows*devices*valuesPerReading)/took.Seconds()))
	if _, err := fill(p, b.source, yearOf, 1, 365*24*60, time.Minute); err != nil {
		return err
	}
	if err := p.settle(b.ctx); err != nil {
		return err
	}
	random := rand.New(rand.NewPCG(1, 2))
	whole := time.Duration(rows) * time.Second
	device := func() string { return deviceName(random.IntN(devices)) }
	for _, q := range []struct {
		name string
		most time.Duration
		path func() string
	}{
		{"10 min raw, JSON", 5 * time.Millisecond, func() string {
			at := origin.Add(time.Duration(random.Int64N(int64(whole - 10*time.Minute))).Truncate(time.Second))
			return "/api/v1/readings?device_id=" + device() + span(at, 10*time.Minute)
		}},
		{"the whole of a device, " + whole.String() + ", in 1000 buckets", 10 * time.Millisecond, func() string {
			return fmt.Sprintf("/api/v1/readings?metric=spo2&resolution=%ds&device_id=%s%s", (rows+999)/1000, device(), span(origin, whole))
		}},
		{"a year by days, from rollups", 10 * time.Millisecond, func() string {
			return "/api/v1/readings?metric=spo2&resolution=24h&device_id=" + deviceName(yearOf) + span(origin, 365*24*time.Hour)
		}},
		{"a year by hours, from rollups", 10 * time.Millisecond, func() string {
			return "/api/v1/readings?metric=spo2&resolution=1h&device_id=" + deviceName(yearOf) + span(origin, 365*24*time.Hour)
		}},
		{"latest of 1000 devices", time.Millisecond, func() string { return "/api/v1/latest?limit=1000" }},
	} {
		m, size, err := ask(p, 500, q.path)
		if err != nil {
			return err
		}
		p99 := m.percentile(0.99)
		b.figure(fmt.Sprintf("query behind %.1f M readings: %s", float64(rows*devices)/1e6, q.name), fmt.Sprintf("p99 <= %d ms", q.most.Milliseconds()),
			fmt.Sprintf("p50 %s, p99 %s over HTTP, %s CPU each, %d bytes", millis(float64(m.percentile(0.5))), millis(float64(p99)), millis(float64(m.cpu)/float64(len(m.latencies))), size), p99 <= q.most)
	}
	rss, err := p.status("VmRSS")
	if err != nil {
		return err
	}
	b.figure("RSS after it", "", bytesText(rss), true)
	return nil
}

// recovery kills a server that holds many readings and times its return.
func (b *bench) recovery() error {
	p, err := b.pleth()
	if err != nil {
		p.stop()
		return err
	}
	const devices = 1000
	rows := max(b.crash/devices, 100)
	took, err := fill(p, b.source, 0, devices, rows, time.Second)
	if err != nil {
		p.stop()
		return err
	}
	fmt.Printf("   %d readings in %s\n", rows*devices, took.Round(time.Second))
	dir := p.dir
	var times []time.Duration
	for range max(b.runs, 1) {
		if err := b.ctx.Err(); err != nil {
			p.stop()
			return err
		}
		p.kill()
		began := time.Now()
		again, err := startPleth(b.ctx, b.bin, dir)
		if err != nil {
			return errors.Join(err, errors.New("after kill -9"))
		}
		p = again
		times = append(times, time.Since(began))
	}
	p.stop()
	slices.Sort(times)
	median := times[len(times)/2]
	b.figure(fmt.Sprintf("recovery after kill -9 with %d M readings, process start to /readyz", rows*devices/1_000_000), "<= 3 s", fmt.Sprintf("%.2f s", median.Seconds()), median <= 3*time.Second)
	return nil
}
