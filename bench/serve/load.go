//go:build linux

package main

import (
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"pleth"
	"pleth/internal/ward"
)

// valuesPerReading is how many values each reading of a load has.
const valuesPerReading = 4

// origin is the event time of the first reading of a load.
var origin = time.Date(2025, 1, 5, 0, 0, 0, 0, time.UTC)

// source makes readings: those of one device of a plain ward, over and over,
// at its own times, so that no two runs send the same.
type source struct {
	values [][len(ward.Metrics)]pleth.Value
}

func newSource() (*source, error) {
	w, err := ward.New(ward.Params{Devices: 1, Length: 4 * time.Hour, Seed: 5, Start: origin})
	if err != nil {
		return nil, err
	}
	var s source
	d := w.Device(0)
	for {
		send, more, err := d.Next()
		if err != nil {
			return nil, err
		}
		if !more {
			return &s, nil
		}
		send.Reading.Values[4] = pleth.Value{} // four values each: no battery
		s.values = append(s.values, send.Reading.Values)
	}
}

// reading returns reading i of a device, i seconds after origin.
func (s *source) reading(device, i int) ward.Reading {
	return ward.Reading{At: origin.UnixNano() + int64(i)*int64(time.Second), Seq: int64(i) + 1, Values: s.values[(i+device*97)%len(s.values)]}
}

func deviceName(i int) string { return fmt.Sprintf("load-%05d", i) }

// post is one request of a load.
type post struct {
	path, kind string
	body       []byte
}

// form is how a server takes batches.
type form struct {
	name string
	make func(s *source, device, from, n int) post
}

func jsonForm() form {
	return form{"JSON", func(s *source, device, from, n int) post {
		b := []byte{'['}
		for i := range n {
			if i > 0 {
				b = append(b, ',')
			}
			r := s.reading(device, from+i)
			b = r.AppendJSON(b)
		}
		return post{"/api/v1/devices/" + deviceName(device) + "/readings", "application/json", append(b, ']')}
	}}
}

func lineForm(query string) form {
	return form{"lines", func(s *source, device, from, n int) post {
		var b []byte
		for i := range n {
			r := s.reading(device, from+i)
			r.Seq = 0 // a further field to the others
			b = r.AppendLine(b, deviceName(device))
		}
		return post{"/write?precision=ns" + query, "text/plain; charset=utf-8", b}
	}}
}

// measured is what one run of a load came to.
type measured struct {
	n         int64 // values, or requests
	wall, cpu time.Duration
	latencies []time.Duration // sorted
}

func (m *measured) perSecond() float64    { return float64(m.n) / m.wall.Seconds() }
func (m *measured) perCPUSecond() float64 { return float64(m.n) / m.cpu.Seconds() }

// percentile returns the latency that share of the requests did not exceed.
func (m *measured) percentile(share float64) time.Duration {
	if len(m.latencies) == 0 {
		return 0
	}
	return m.latencies[min(int(share*float64(len(m.latencies))), len(m.latencies)-1)]
}

// timed runs f and says what it took of wall time and of p's processor.
func timed(p *process, f func() error) (measured, error) {
	before, err := p.cpu()
	if err != nil {
		return measured{}, err
	}
	began := time.Now()
	if err := f(); err != nil {
		return measured{}, err
	}
	wall := time.Since(began)
	after, err := p.cpu()
	return measured{wall: wall, cpu: after - before}, err
}

// batches sends posts over so many connections and times it.
func batches(p *process, posts []post, connections int, values int64) (measured, error) {
	var next atomic.Int64
	m, err := timed(p, func() error {
		return parallel(connections, func(int) error {
			c, err := dial(p.url)
			if err != nil {
				return err
			}
			defer c.close()
			for {
				i := int(next.Add(1)) - 1
				if i >= len(posts) {
					return nil
				}
				status, body, err := c.do("POST", posts[i].path, posts[i].kind, posts[i].body)
				if err == nil && status != 201 && status != 204 {
					err = fmt.Errorf("%s answers %d: %.200s", p.name, status, body)
				}
				if err != nil {
					return err
				}
			}
		})
	})
	m.n = values
	return m, err
}

// parallel runs f so many times at once and returns the first error of the
// first that has one.
func parallel(n int, f func(i int) error) error {
	errs := make([]error, n)
	var wg sync.WaitGroup
	for i := range n {
		wg.Go(func() { errs[i] = f(i) })
	}
	wg.Wait()
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// publishes sends messages with quality of service 1, window of them under way
// on each connection.
func publishes(p *process, s *source, from, count, connections, window int) (measured, error) {
	all := make([][]time.Duration, connections)
	each := count / connections
	m, err := timed(p, func() error {
		return parallel(connections, func(k int) error {
			c, err := dialMQTT(p.mqtt, fmt.Sprintf("bench-%d-%d", from, k))
			if err != nil {
				return err
			}
			defer c.close()
			topic := "pleth/v1/" + deviceName(20_000+k) + "/readings"
			sent := make([]time.Time, 1<<16)
			free := make(chan struct{}, window)
			got := make(chan error, 1)
			go func() {
				for range each {
					id, err := c.acknowledged()
					if err != nil {
						got <- err
						return
					}
					all[k] = append(all[k], time.Since(sent[id]))
					<-free
				}
				got <- nil
			}()
			var body []byte
			for i := range each {
				select {
				case free <- struct{}{}:
				default:
					if err := c.out.Flush(); err != nil {
						return err
					}
					select {
					case free <- struct{}{}:
					case err := <-got:
						return err
					}
				}
				r := s.reading(k, from+i)
				body = r.AppendJSON(body[:0])
				id := c.next + 1
				if id == 0 {
					id = 1
				}
				sent[id] = time.Now()
				c.publish(topic, body)
			}
			if err := c.out.Flush(); err != nil {
				return err
			}
			return <-got
		})
	})
	m.n = int64(each * connections)
	m.latencies = slices.Concat(all...)
	slices.Sort(m.latencies)
	return m, err
}
