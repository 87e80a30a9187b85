package mqtt

import (
	"bytes"
	"sync"
	"sync/atomic"
	"time"

	broker "github.com/mochi-mqtt/server/v2"
	"github.com/mochi-mqtt/server/v2/packets"
)

// session is one connection. Its messages are handed to the road as they are
// read, without waiting for one another; their acknowledgements go out in the
// same order, as MQTT asks for, many in one write where many are due.
type session struct {
	d    *Door
	cl   *broker.Client
	who  Caller
	v5   bool
	why  bool          // the client wants reasons in words
	gone chan struct{} // closed when the connection is over
	once sync.Once
	// slots has an entry for each message that is not settled: full, it holds
	// up reading, and with it the sender.
	slots chan struct{}

	mu    sync.Mutex
	queue []*message // not acknowledged, in the order they came
	wake  chan struct{}
}

// message is one publication on its way.
type message struct {
	s       *session
	id      uint16
	qos     byte
	left    atomic.Int32 // parts that are not settled
	failed  atomic.Bool  // a part could not be made durable
	code    byte         // reason code; set before the last part is settled
	reason  string       // the same in words
	settled bool         // of those in the queue; guarded by mu of the session
}

// begin makes the session of a connection.
func (d *Door) begin(cl *broker.Client, who Caller) {
	s := &session{d: d, cl: cl, who: who, v5: cl.Properties.ProtocolVersion == 5, gone: make(chan struct{}),
		slots: make(chan struct{}, d.cfg.InFlight), wake: make(chan struct{}, 1)}
	props := &cl.Properties.Props
	s.why = s.v5 && !(props.RequestProblemInfoFlag && props.RequestProblemInfo == 0)
	d.sess.Store(cl, s)
	if who == nil || d.ends.Err() != nil {
		s.stop(packets.ErrNotAuthorized)
		return
	}
	d.wait.Add(1) // the caller holds a count, so that it is not zero
	go func() {
		defer d.wait.Done()
		s.acknowledge()
	}()
}

// session returns the session of a connection, nil if it has none.
func (d *Door) session(cl *broker.Client) *session {
	if s, ok := d.sess.Load(cl); ok {
		return s.(*session)
	}
	return nil
}

// close ends the session; the connection has ended or is about to.
func (s *session) close() {
	s.once.Do(func() {
		close(s.gone)
		s.d.sess.Delete(s.cl)
	})
}

// stop tells the client to go, and ends the connection. What was not
// acknowledged it sends again when it is back.
func (s *session) stop(code packets.Code) {
	s.close()
	if s.v5 {
		_ = s.d.server.DisconnectClient(s.cl, code)
	}
	s.cl.Stop(code)
}

// enter waits for a slot and puts a message that will be acknowledged in the
// queue. It returns false where the session has ended.
func (s *session) enter(m *message) bool {
	select {
	case s.slots <- struct{}{}:
	case <-s.gone:
		return false
	}
	if m.qos > 0 {
		s.mu.Lock()
		s.queue = append(s.queue, m)
		s.mu.Unlock()
	}
	return true
}

// settle settles one part of m. It does not block.
func (m *message) settle(err error) {
	if err != nil {
		m.failed.Store(true)
	}
	if m.left.Add(-1) > 0 {
		return
	}
	s := m.s
	switch {
	case m.failed.Load():
		s.d.counts.failed.Add(1)
	case m.code >= 0x80:
		s.d.counts.refused.Add(1)
	default:
		s.d.counts.taken.Add(1)
	}
	if m.qos == 0 {
		<-s.slots
		return
	}
	s.mu.Lock()
	m.settled = true
	first := s.queue[0] == m
	s.mu.Unlock()
	if first {
		select {
		case s.wake <- struct{}{}:
		default:
		}
	}
}

// acknowledge writes acknowledgements until the session ends.
func (s *session) acknowledge() {
	var buf []byte
	for {
		select {
		case <-s.wake:
		case <-s.gone:
			return
		}
		buf = buf[:0]
		n, failed := 0, false
		s.mu.Lock()
		for n < len(s.queue) && s.queue[n].settled && !failed {
			m := s.queue[n]
			if failed = m.failed.Load(); !failed {
				buf = s.append(buf, m)
				n++
			}
		}
		clear(s.queue[:n])
		if s.queue = s.queue[n:]; len(s.queue) == 0 {
			s.queue = nil
		}
		s.mu.Unlock()
		if len(buf) > 0 {
			s.cl.Lock() // one at a time, with what the broker itself writes
			_, err := s.cl.Net.Conn.Write(buf)
			s.cl.Unlock()
			if err != nil {
				s.stop(packets.ErrUnspecifiedError)
				return
			}
		}
		for range n {
			<-s.slots
		}
		if failed {
			// The client is to keep the message: it gets no acknowledgement,
			// neither good nor bad, and comes again.
			s.stop(packets.ErrServerUnavailable)
			return
		}
	}
}

// append appends the acknowledgement of m.
func (s *session) append(buf []byte, m *message) []byte {
	kind := byte(packets.Puback)
	if m.qos == 2 {
		kind = packets.Pubrec
		if !s.v5 || m.code < 0x80 { // PUBREL follows, and the broker answers it
			s.cl.State.Inflight.Set(packets.Packet{FixedHeader: packets.FixedHeader{Type: packets.Pubrec}, PacketID: m.id, Created: time.Now().Unix(),
				ProtocolVersion: s.cl.Properties.ProtocolVersion})
		}
	}
	if !s.v5 || m.code == 0 {
		return append(buf, kind<<4, 2, byte(m.id>>8), byte(m.id))
	}
	reason := m.reason
	if limit := s.cl.Properties.Props.MaximumPacketSize; !s.why || limit > 0 && limit < maxReason+32 {
		reason = ""
	}
	pk := packets.Packet{FixedHeader: packets.FixedHeader{Type: kind}, PacketID: m.id, ReasonCode: m.code, ProtocolVersion: 5,
		Properties: packets.Properties{ReasonString: reason}, Mods: packets.Mods{AllowResponseInfo: true}}
	var one bytes.Buffer
	if err := pk.PubackEncode(&one); err != nil {
		return append(buf, kind<<4, 3, byte(m.id>>8), byte(m.id), m.code)
	}
	return append(buf, one.Bytes()...)
}

// maxReason is the length of the longest reason that is sent.
const maxReason = 400
