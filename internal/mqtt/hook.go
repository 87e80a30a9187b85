package mqtt

import (
	"bytes"

	broker "github.com/mochi-mqtt/server/v2"
	"github.com/mochi-mqtt/server/v2/packets"
)

// hook is what the broker asks and tells. It takes every publication out of
// the broker's hands: none is ever forwarded, kept for later, or acknowledged
// before it is on disk.
type hook struct {
	broker.HookBase
	d *Door
}

// ID names the hook to the broker.
func (h *hook) ID() string { return "pleth" }

// Provides lists what the broker is to ask.
func (h *hook) Provides(b byte) bool {
	return bytes.IndexByte([]byte{broker.OnConnectAuthenticate, broker.OnACLCheck, broker.OnSessionEstablished, broker.OnDisconnect,
		broker.OnPacketRead, broker.OnPublish, broker.OnWill}, b) >= 0
}

// OnConnectAuthenticate reports whether the password is a token.
func (h *hook) OnConnectAuthenticate(_ *broker.Client, pk packets.Packet) bool {
	return h.d.cfg.Authenticate(string(pk.Connect.Password)) != nil
}

// OnACLCheck lets everybody known publish, and nobody subscribe.
func (h *hook) OnACLCheck(_ *broker.Client, _ string, write bool) bool { return write }

// OnSessionEstablished runs before the first packet after CONNECT is read.
func (h *hook) OnSessionEstablished(cl *broker.Client, pk packets.Packet) {
	h.d.begin(cl, h.d.cfg.Authenticate(string(pk.Connect.Password)))
}

// OnDisconnect runs when the connection has ended.
func (h *hook) OnDisconnect(cl *broker.Client, _ error, _ bool) {
	if s := h.d.session(cl); s != nil {
		s.close()
	}
}

// OnPacketRead makes a publication of QoS 2 that is sent again go through once
// more: the broker would refuse it as a second use of its number, and what is
// in it is recognised as a duplicate.
func (h *hook) OnPacketRead(cl *broker.Client, pk packets.Packet) (packets.Packet, error) {
	if pk.FixedHeader.Type == packets.Publish && pk.FixedHeader.Qos == 2 && pk.FixedHeader.Dup {
		cl.State.Inflight.Delete(pk.PacketID)
	}
	return pk, nil
}

// OnPublish takes a publication. The broker does nothing more with it.
func (h *hook) OnPublish(cl *broker.Client, pk packets.Packet) (packets.Packet, error) {
	if s := h.d.session(cl); s != nil {
		s.publish(&pk)
	}
	return pk, packets.ErrRejectPacket
}

// OnWill drops what a client wants said when it is gone: nobody listens.
func (h *hook) OnWill(*broker.Client, broker.Will) (broker.Will, error) {
	return broker.Will{TopicName: "none"}, nil
}
