package mqtt

import (
	"errors"
	"net"
	"time"
)

// Bounds on what nobody known may take of the server: the bytes of the first
// packet, which names the client and shows its token, and how long an answer
// may take to go out.
const (
	maxConnect   = 16 << 10
	writeTimeout = 30 * time.Second
)

var errFirst = errors.New("mqtt: the first packet is not CONNECT, or too large")

// guard is a connection that begins with a small CONNECT, and whose writes end
// in time whatever deadlines the broker sets for reading.
type guard struct {
	net.Conn
	header  [5]byte
	n       int // bytes of header seen
	checked bool
}

// Read reads, and checks the header of the first packet as it passes.
func (g *guard) Read(p []byte) (int, error) {
	n, err := g.Conn.Read(p)
	if !g.checked {
		g.n += copy(g.header[g.n:], p[:n])
		if !g.check() {
			return 0, errFirst
		}
	}
	return n, err
}

// check reports whether the header may still be that of a small CONNECT.
func (g *guard) check() bool {
	if g.n > 0 && g.header[0] != 0x10 {
		return false
	}
	length := 0
	for i := 1; i < g.n; i++ {
		length |= int(g.header[i]&0x7f) << (7 * (i - 1))
		if g.header[i]&0x80 == 0 {
			g.checked = true
			return length <= maxConnect
		}
	}
	return g.n < len(g.header)
}

// Write writes within writeTimeout.
func (g *guard) Write(p []byte) (int, error) {
	if err := g.Conn.SetWriteDeadline(time.Now().Add(writeTimeout)); err != nil {
		return 0, err
	}
	return g.Conn.Write(p)
}

// SetDeadline bounds reading alone: writing has its own bound.
func (g *guard) SetDeadline(t time.Time) error { return g.SetReadDeadline(t) }
