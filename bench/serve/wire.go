//go:build linux

package main

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"slices"
	"strconv"
	"strings"
)

// conn is a connection that speaks just enough HTTP/1.1 to load a server: the
// client shares the processor with it, and net/http would take as much as the
// server does.
type conn struct {
	c    net.Conn
	in   *bufio.Reader
	out  []byte
	body []byte // of the last answer
}

func dial(url string) (*conn, error) {
	c, err := net.Dial("tcp", strings.TrimPrefix(url, "http://"))
	if err != nil {
		return nil, err
	}
	return &conn{c: c, in: bufio.NewReaderSize(c, 64<<10)}, nil
}

func (c *conn) close() { c.c.Close() }

// do makes a request and returns the status and the body, valid until the next.
func (c *conn) do(method, path, contentType string, body []byte) (int, []byte, error) {
	c.out = append(c.out[:0], method...)
	c.out = append(append(c.out, ' '), path...)
	c.out = append(c.out, " HTTP/1.1\r\nHost: localhost\r\nPrefer: return=minimal\r\nAccept: application/json\r\n"...)
	if body != nil {
		c.out = append(append(c.out, "Content-Type: "...), contentType...)
		c.out = strconv.AppendInt(append(c.out, "\r\nContent-Length: "...), int64(len(body)), 10)
		c.out = append(c.out, "\r\n"...)
	}
	c.out = append(c.out, "\r\n"...)
	var err error
	if len(body) < 8<<10 {
		c.out = append(c.out, body...)
		_, err = c.c.Write(c.out)
	} else {
		bufs := net.Buffers{c.out, body}
		_, err = bufs.WriteTo(c.c)
	}
	if err != nil {
		return 0, nil, err
	}
	return c.answer()
}

func (c *conn) answer() (int, []byte, error) {
	line, err := c.in.ReadSlice('\n')
	if err != nil {
		return 0, nil, err
	}
	if len(line) < 12 {
		return 0, nil, fmt.Errorf("status line %q", line)
	}
	status, err := strconv.Atoi(string(line[9:12]))
	if err != nil {
		return 0, nil, err
	}
	length, chunked := 0, false
	for {
		line, err := c.in.ReadSlice('\n')
		if err != nil {
			return 0, nil, err
		}
		line = bytes.TrimRight(line, "\r\n")
		if len(line) == 0 {
			break
		}
		if len(line) > 16 && bytes.EqualFold(line[:15], []byte("Content-Length:")) {
			if length, err = strconv.Atoi(string(bytes.TrimSpace(line[15:]))); err != nil {
				return 0, nil, err
			}
		}
		chunked = chunked || len(line) > 18 && bytes.EqualFold(line[:18], []byte("Transfer-Encoding:"))
	}
	if chunked {
		body, err := c.chunks()
		return status, body, err
	}
	// Memory made for each answer would have this program's collector share the
	// processors with the server.
	c.body = slices.Grow(c.body[:0], length)[:length]
	_, err = io.ReadFull(c.in, c.body)
	return status, c.body, err
}

func (c *conn) chunks() ([]byte, error) {
	var body []byte
	for {
		line, err := c.in.ReadSlice('\n')
		if err != nil {
			return nil, err
		}
		n, err := strconv.ParseInt(string(bytes.TrimSpace(line)), 16, 32)
		if err != nil {
			return nil, err
		}
		at := len(body)
		body = append(body, make([]byte, n+2)...)
		if _, err := io.ReadFull(c.in, body[at:]); err != nil {
			return nil, err
		}
		body = body[:at+int(n)]
		if n == 0 {
			return body, nil
		}
	}
}

// publisher speaks just enough MQTT 3.1.1 to publish with quality of service 1
// and a window of messages under way.
type publisher struct {
	c    net.Conn
	in   *bufio.Reader
	out  *bufio.Writer
	next uint16
}

func dialMQTT(addr, id string) (*publisher, error) {
	c, err := net.Dial("tcp", addr)
	if err != nil {
		return nil, err
	}
	p := &publisher{c: c, in: bufio.NewReaderSize(c, 32<<10), out: bufio.NewWriterSize(c, 64<<10)}
	hello := []byte{0, 4, 'M', 'Q', 'T', 'T', 4, 2, 0, 60}
	hello = binary.BigEndian.AppendUint16(hello, uint16(len(id)))
	hello = append(hello, id...)
	p.packet(0x10, hello)
	if err := p.out.Flush(); err != nil {
		return nil, err
	}
	kind, body, err := p.read()
	if err == nil && (kind != 0x20 || len(body) != 2 || body[1] != 0) {
		err = fmt.Errorf("the broker answers %x %x to CONNECT", kind, body)
	}
	return p, err
}

func (p *publisher) packet(kind byte, parts ...[]byte) {
	n := 0
	for _, b := range parts {
		n += len(b)
	}
	p.out.WriteByte(kind)
	for {
		b := byte(n & 127)
		if n >>= 7; n > 0 {
			b |= 128
		}
		p.out.WriteByte(b)
		if n == 0 {
			break
		}
	}
	for _, b := range parts {
		p.out.Write(b)
	}
}

// publish puts a message into the buffer and returns its id.
func (p *publisher) publish(topic string, payload []byte) uint16 {
	if p.next++; p.next == 0 {
		p.next = 1
	}
	head := binary.BigEndian.AppendUint16(nil, uint16(len(topic)))
	head = append(head, topic...)
	head = binary.BigEndian.AppendUint16(head, p.next)
	p.packet(0x32, head, payload)
	return p.next
}

// acknowledged waits for one PUBACK and returns its id.
func (p *publisher) acknowledged() (uint16, error) {
	for {
		kind, body, err := p.read()
		if err != nil {
			return 0, err
		}
		if kind == 0x40 && len(body) >= 2 {
			return binary.BigEndian.Uint16(body), nil
		}
	}
}

func (p *publisher) read() (byte, []byte, error) {
	kind, err := p.in.ReadByte()
	if err != nil {
		return 0, nil, err
	}
	n, shift := 0, 0
	for {
		b, err := p.in.ReadByte()
		if err != nil {
			return 0, nil, err
		}
		n |= int(b&127) << shift
		if shift += 7; b < 128 {
			break
		}
	}
	body := make([]byte, n)
	_, err = io.ReadFull(p.in, body)
	return kind & 0xf0, body, err
}

func (p *publisher) close() { p.c.Close() }
