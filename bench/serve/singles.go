//go:build linux

package main

import (
	"bytes"
	"errors"
	"fmt"
	"net/netip"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// roundEvery is how far apart the times are at which requests are sent and
// answers taken: what is due or comes meanwhile goes together, each late by no
// more, which its latency includes.
const roundEvery = 200 * time.Microsecond

// stalled is how long nothing may be answered.
const stalled = 10 * time.Second

// caller is a connection that posts readings of one device, one at a time.
type caller struct {
	fd      int
	k       int // which connection
	next    int // which of its readings is due next
	due     time.Time
	waiting bool // for an answer
	out, in []byte
}

// crowd posts over many connections from one thread that looks after all of them
// in rounds. A goroutine for each took as much of the processor as the server,
// which shares it. It stands for devices elsewhere that wait for no processor of
// the server's: its thread goes before all others where the system allows that,
// so that what it measures is not its own wait.
type crowd struct {
	s       *source
	callers []*caller
	poll    int
	body    []byte
	from    int
	each    int
	rate    float64
	began   time.Time
	left    int // answers to come
	delays  []time.Duration
	events  [128]unix.EpollEvent
}

// singles posts readings one by one from so many connections, each of a device
// of its own, count in all; at rate a second by the clock, or as fast as they
// are answered where it is 0. Latency counts from when a request was due.
func singles(p *process, s *source, from, count, connections int, rate float64) (measured, error) {
	c := crowd{s: s, from: from, each: count / connections, rate: rate}
	c.left = c.each * connections
	defer c.close()
	if err := c.dial(p.url, connections); err != nil {
		return measured{}, err
	}
	m, err := timed(p, c.run)
	m.n = int64(c.each * connections)
	m.latencies = c.delays
	slices.Sort(m.latencies)
	return m, err
}

func (c *crowd) dial(url string, connections int) error {
	to, err := netip.ParseAddrPort(strings.TrimPrefix(url, "http://"))
	if err != nil || !to.Addr().Is4() {
		return errors.Join(err, fmt.Errorf("%s is not an address of IPv4 with a port", url))
	}
	if c.poll, err = unix.EpollCreate1(unix.EPOLL_CLOEXEC); err != nil {
		return err
	}
	for k := range connections {
		fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
		if err != nil {
			return err
		}
		c.callers = append(c.callers, &caller{fd: fd, k: k})
		if err := unix.Connect(fd, &unix.SockaddrInet4{Port: int(to.Port()), Addr: to.Addr().As4()}); err != nil {
			return err
		}
		if err := unix.SetsockoptInt(fd, unix.IPPROTO_TCP, unix.TCP_NODELAY, 1); err != nil {
			return err
		}
		if err := unix.SetNonblock(fd, true); err != nil {
			return err
		}
		if err := unix.EpollCtl(c.poll, unix.EPOLL_CTL_ADD, fd, &unix.EpollEvent{Events: unix.EPOLLIN, Fd: int32(k)}); err != nil {
			return err
		}
	}
	return nil
}

func (c *crowd) close() {
	for _, one := range c.callers {
		_ = unix.Close(one.fd)
	}
	if c.poll > 0 {
		_ = unix.Close(c.poll)
	}
}

func (c *crowd) run() error {
	defer first()()
	c.began = time.Now()
	for _, one := range c.callers {
		c.plan(one)
	}
	answered := c.began
	for c.left > 0 {
		now := time.Now()
		if err := c.sendDue(now); err != nil {
			return err
		}
		pause := unix.NsecToTimespec(int64(roundEvery))
		_ = unix.Nanosleep(&pause, nil)
		left := c.left
		if err := c.takeAnswers(); err != nil {
			return err
		}
		switch {
		case c.left < left:
			answered = now
		case now.Sub(answered) > stalled:
			return fmt.Errorf("nothing was answered for %s", stalled)
		}
	}
	return nil
}

// first has this thread go before others, until what it returns is called.
func first() (end func()) {
	runtime.LockOSThread()
	const resetOnFork = 1
	err := unix.SchedSetAttr(0, &unix.SchedAttr{Size: unix.SizeofSchedAttr, Policy: unix.SCHED_RR, Flags: resetOnFork, Priority: 1}, 0)
	if err != nil {
		fmt.Println("   the sender waits for the processor like everybody else:", err)
	}
	return func() {
		if err == nil {
			_ = unix.SchedSetAttr(0, &unix.SchedAttr{Size: unix.SizeofSchedAttr, Policy: unix.SCHED_NORMAL}, 0)
		}
		runtime.UnlockOSThread()
	}
}

// takeAnswers takes what has come.
func (c *crowd) takeAnswers() error {
	for {
		n, err := unix.EpollWait(c.poll, c.events[:], 0)
		if err == unix.EINTR {
			continue
		}
		if err != nil {
			return err
		}
		for _, e := range c.events[:n] {
			if err := c.receive(c.callers[e.Fd]); err != nil {
				return err
			}
		}
		if n < len(c.events) {
			return nil
		}
	}
}

// plan sets when a caller's next request is due.
func (c *crowd) plan(one *caller) {
	if c.rate == 0 {
		one.due = time.Now()
		return
	}
	one.due = c.began.Add(time.Duration(float64(one.next*len(c.callers)+one.k) / c.rate * float64(time.Second)))
}

// sendDue sends what is due.
func (c *crowd) sendDue(now time.Time) error {
	for _, one := range c.callers {
		if one.waiting || one.next == c.each || one.due.After(now) {
			continue
		}
		if err := c.send(one); err != nil {
			return err
		}
	}
	return nil
}

func (c *crowd) send(one *caller) error {
	r := c.s.reading(one.k, c.from+one.next)
	c.body = r.AppendJSON(c.body[:0])
	one.out = append(one.out[:0], "POST /api/v1/devices/"...)
	one.out = append(one.out, deviceName(10_000+one.k)...)
	one.out = append(one.out, "/readings HTTP/1.1\r\nHost: localhost\r\nPrefer: return=minimal\r\nContent-Type: application/json\r\nContent-Length: "...)
	one.out = strconv.AppendInt(one.out, int64(len(c.body)), 10)
	one.out = append(append(one.out, "\r\n\r\n"...), c.body...)
	one.waiting = true
	one.next++
	// A request of some hundred bytes always fits the buffer of a socket on
	// which nothing is under way.
	if n, err := unix.Write(one.fd, one.out); err != nil || n != len(one.out) {
		return fmt.Errorf("sent %d of %d bytes: %w", n, len(one.out), err)
	}
	return nil
}

// receive takes what has come of an answer.
func (c *crowd) receive(one *caller) error {
	var piece [4096]byte
	n, err := unix.Read(one.fd, piece[:])
	switch {
	case err == unix.EAGAIN || err == unix.EINTR:
		return nil
	case err != nil:
		return err
	case n == 0:
		return errors.New("the server has closed a connection")
	}
	one.in = append(one.in, piece[:n]...)
	whole, err := answered(one.in)
	if err != nil || !whole {
		return err
	}
	one.in, one.waiting = one.in[:0], false
	c.delays = append(c.delays, time.Since(one.due))
	c.left--
	c.plan(one)
	return nil
}

// answered tells whether b is a whole answer, which must be 201.
func answered(b []byte) (bool, error) {
	head, body, found := bytes.Cut(b, []byte("\r\n\r\n"))
	if !found {
		return false, nil
	}
	if !bytes.HasPrefix(head, []byte("HTTP/1.1 201 ")) {
		return false, fmt.Errorf("the server answers %.200q", b)
	}
	_, after, found := bytes.Cut(head, []byte("Content-Length: "))
	if !found {
		return false, fmt.Errorf("no length in %.200q", head)
	}
	digits, _, _ := bytes.Cut(after, []byte("\r\n"))
	length, err := strconv.Atoi(string(digits))
	return len(body) >= length, err
}
