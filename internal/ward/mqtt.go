package ward

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net"
	"net/url"

	"github.com/eclipse/paho.golang/packets"
	"github.com/eclipse/paho.golang/paho"
)

// publisher sends over MQTT 5 with quality of service 1.
type publisher struct {
	target Target
	host   string
	client *paho.Client // nil: not connected
	body   []byte
}

func newPublisher(t Target, u *url.URL) (*publisher, error) {
	host := u.Host
	if u.Scheme != "mqtt" {
		return nil, fmt.Errorf("server %q: write mqtt://host:port", t.URL)
	}
	if u.Port() == "" {
		host = net.JoinHostPort(u.Hostname(), "1883")
	}
	return &publisher{target: t, host: host}, nil
}

func (s *publisher) connect(ctx context.Context) error {
	var d net.Dialer
	conn, err := d.DialContext(ctx, "tcp", s.host)
	if err != nil {
		return err
	}
	c := paho.NewClient(paho.ClientConfig{Conn: conn, OnServerDisconnect: func(*paho.Disconnect) {}, OnClientError: func(error) {}})
	hello := &paho.Connect{ClientID: fmt.Sprintf("ward-%016x", rand.Uint64()), KeepAlive: 30, CleanStart: true}
	if s.target.Token != "" {
		hello.UsernameFlag, hello.Username, hello.PasswordFlag, hello.Password = true, "ward", true, []byte(s.target.Token)
	}
	ack, err := c.Connect(ctx, hello)
	if err != nil {
		conn.Close()
		if ack != nil && (ack.ReasonCode == packets.ConnackBadUsernameOrPassword || ack.ReasonCode == packets.ConnackNotAuthorized) {
			return fmt.Errorf("%s: %w", s.host, ErrDenied)
		}
		return err
	}
	s.client = c
	return nil
}

// Send publishes readings of one device as one message and waits for its
// acknowledgement.
func (s *publisher) Send(ctx context.Context, device string, readings []Send) ([]Outcome, error) {
	if s.client == nil {
		if err := s.connect(ctx); err != nil {
			return nil, err
		}
	}
	s.body = appendJSON(s.body[:0], readings)
	ack, err := s.client.Publish(ctx, &paho.Publish{Topic: "pleth/v1/" + device + "/readings", QoS: 1, Payload: s.body})
	switch {
	case ack != nil && ack.ReasonCode == 0x97: // quota exceeded
		return nil, err
	case ack != nil && ack.ReasonCode >= 0x80 && len(readings) > 1: // some of them were not taken
		half := len(readings) / 2
		first, err := s.Send(ctx, device, readings[:half])
		if err != nil {
			return nil, err
		}
		second, err := s.Send(ctx, device, readings[half:])
		return append(first, second...), err
	case ack != nil && ack.ReasonCode >= 0x80:
		return all(Refused, 1), nil
	case err != nil:
		s.hangUp()
		return nil, err
	}
	return all(Acknowledged, len(readings)), nil
}

func (s *publisher) hangUp() {
	if s.client != nil {
		_ = s.client.Disconnect(&paho.Disconnect{})
		s.client = nil
	}
}

// Close disconnects.
func (s *publisher) Close() error {
	s.hangUp()
	return nil
}
