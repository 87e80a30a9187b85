package mqtt

import (
	"errors"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/mochi-mqtt/server/v2/packets"

	"pleth/internal/intake/readings"
	"pleth/internal/reading"
)

// Reason codes of refused messages.
const (
	codeValues = 0x83 // implementation specific: readings that cannot be
	codeTopic  = 0x90 // topic name invalid
	codeFormat = 0x99 // payload format invalid
)

// firstWait and longestWait bound how long a message waits before it is
// offered to a busy road again.
const (
	firstWait   = time.Millisecond
	longestWait = time.Second
)

var builders = sync.Pool{New: func() any { return readings.New(readings.Options{}) }}

// publish takes a publication: it returns when its readings are with the road,
// and the client may be read on. While the road is busy, or the client is over
// its quota, it waits, and with it the client.
func (s *session) publish(pk *packets.Packet) {
	m := &message{s: s, id: pk.PacketID, qos: pk.FixedHeader.Qos}
	m.left.Store(1)
	if !s.enter(m) {
		return
	}
	m.settle(s.take(m, pk))
}

// take hands the readings of a publication to the road and what is refused to
// the dead letters. On an error the message stays with the client.
func (s *session) take(m *message, pk *packets.Packet) error {
	d := s.d
	now := d.cfg.Clock()
	device, fault := deviceOf(pk.TopicName)
	if fault != "" {
		return s.refuse(m, codeTopic, "", now, pk.Payload, fault)
	}
	b := builders.Get().(*readings.Builder)
	defer builders.Put(b)
	b.Reset(readings.Options{Door: doorName, Device: device, Received: now.UnixNano(), Future: d.cfg.Future, Known: d.cfg.Known})
	switch isJSON, known := formatOf(pk.Properties.ContentType, pk.Payload); {
	case !known:
		fault = "the content type is neither application/json nor application/x-protobuf"
	case isJSON:
		if err := b.JSON(pk.Payload); err != nil {
			fault = err.Error()
		}
	default:
		fault = decodeProtobuf(b, pk.Payload)
	}
	if fault != "" {
		return s.refuse(m, codeFormat, device, now, pk.Payload, fault)
	}
	got, err := b.Result(d.ends, d.cfg.People)
	if err != nil {
		return err
	}
	if err := s.quota(now, got); err != nil {
		return err
	}
	if len(got.Refused) > 0 {
		m.code, m.reason = codeValues, reasonOf(got)
		if err := d.cfg.Aside.Put(d.ends, doorName, now.UnixNano(), pk.Payload, got.Refused); err != nil {
			return err
		}
	}
	for _, batch := range got.Batches {
		if err := s.submit(m, batch); err != nil {
			return err
		}
	}
	return nil
}

// refuse puts a whole message aside.
func (s *session) refuse(m *message, code byte, device string, now time.Time, payload []byte, fault string) error {
	m.code, m.reason = code, fault
	return s.d.cfg.Aside.Put(s.d.ends, doorName, now.UnixNano(), payload,
		[]readings.Refusal{{Device: device, To: len(payload), Problems: []readings.Problem{{Code: readings.Malformed, Detail: fault}}}})
}

var errGone = errors.New("mqtt: the session has ended")

// quota waits until the readings are within the quotas of their sender.
func (s *session) quota(now time.Time, got *readings.Result) error {
	for {
		wait := s.who.Take(now, len(got.Places))
		if wait == 0 && s.d.cfg.Admit != nil {
			wait = s.d.cfg.Admit(now, got.Batches)
		}
		if wait == 0 {
			return nil
		}
		if err := s.pause(wait); err != nil {
			return err
		}
		now = s.d.cfg.Clock()
	}
}

// submit hands a batch to the road, which settles its part of m.
func (s *session) submit(m *message, batch *reading.Batch) error {
	m.left.Add(1)
	wait := firstWait
	for {
		s.d.wait.Add(1)
		err := s.d.cfg.Road.SubmitAsync(batch, func(_ []reading.Outcome, err error) {
			m.settle(err)
			s.d.wait.Done()
		})
		if err == nil {
			return nil
		}
		s.d.wait.Done()
		if _, again := s.d.cfg.Busy(err); !again {
			m.settle(err)
			return nil
		}
		if err := s.pause(wait); err != nil {
			m.settle(err)
			return nil
		}
		wait = min(2*wait, longestWait)
	}
}

// pause waits, and returns an error where the session ends meanwhile.
func (s *session) pause(wait time.Duration) error {
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-s.gone:
		return errGone
	case <-s.d.ends.Done():
		return errGone
	}
}

// deviceOf returns the device of pleth/v1/{device}/readings.
func deviceOf(topic string) (device, fault string) {
	rest, ok := strings.CutPrefix(topic, "pleth/v1/")
	if ok {
		device, ok = strings.CutSuffix(rest, "/readings")
	}
	switch {
	case !ok:
		return "", "readings are published on pleth/v1/{device}/readings"
	case !readings.ValidDevice(device):
		return "", "a device is 1 to 128 letters, digits and . _ - : @ ~"
	}
	return device, ""
}

// formatOf tells JSON from Protobuf: by the content type where the message has
// one, else by its first byte, which in a message of ours is never one that
// JSON begins with.
func formatOf(contentType string, payload []byte) (isJSON, known bool) {
	kind, _, _ := strings.Cut(contentType, ";")
	switch strings.ToLower(strings.TrimSpace(kind)) {
	case "":
	case "application/json", "text/json":
		return true, true
	case "application/x-protobuf", "application/protobuf", "application/vnd.google.protobuf":
		return false, true
	default:
		return false, false
	}
	if len(payload) == 0 {
		return true, true
	}
	switch payload[0] {
	case '{', '[', ' ', '\t', '\r', '\n', 0xef:
		return true, true
	}
	return false, true
}

// reasonOf says in words what is wrong with the first refused reading. It
// quotes no value: reasons end up in logs.
func reasonOf(got *readings.Result) string {
	out := strconv.Itoa(len(got.Refused)) + " of " + strconv.Itoa(len(got.Places)) + " refused"
	for i, p := range got.Refused[0].Problems {
		if i == 5 {
			break
		}
		out += [...]string{": ", ", "}[min(i, 1)]
		if p.Path != "" {
			out += p.Path + " "
		}
		out += string(p.Code)
		if len(p.Allowed) > 0 && len(p.Allowed) < 40 {
			out += " (allowed " + p.Allowed + ")"
		}
	}
	return strings.ToValidUTF8(out[:min(len(out), maxReason)], "")
}
