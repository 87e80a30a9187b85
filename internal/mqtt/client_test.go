package mqtt_test

import (
	"bytes"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/eclipse/paho.golang/packets"
	"github.com/eclipse/paho.golang/paho"
)

// A topic alias stands for its topic.
func TestTopicAlias(t *testing.T) {
	t.Parallel()
	d := start(t)
	c, _, err := d.v5(t, "a", "secret")
	if err != nil {
		t.Fatal(err)
	}
	for i, name := range []string{topic, "", ""} {
		p := &paho.Publish{Topic: name, QoS: 1, Properties: &paho.PublishProperties{TopicAlias: new(uint16)},
			Payload: fmt.Appendf(nil, `{"spo2":97,"seq":%d,"timestamp":"2025-11-28T20:14:00Z"}`, i)}
		*p.Properties.TopicAlias = 3
		if _, err := c.Publish(t.Context(), p); err != nil {
			t.Fatal(err)
		}
	}
	if got := d.road.count(); got != 3 {
		t.Errorf("got %d readings", got)
	}
}

// A publication of QoS 2 that is sent again before PUBREL is taken again, and
// its release is answered.
func TestExactlyOnceAgain(t *testing.T) {
	t.Parallel()
	d := start(t)
	conn, err := net.Dial("tcp", d.address)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	_ = conn.SetDeadline(time.Now().Add(time.Minute))
	send := func(p packets.Packet) *packets.ControlPacket {
		t.Helper()
		if _, err := p.WriteTo(conn); err != nil {
			t.Fatal(err)
		}
		got, err := packets.ReadPacket(conn)
		if err != nil {
			t.Fatal(err)
		}
		return got
	}
	send(&packets.Connect{ProtocolName: "MQTT", ProtocolVersion: 5, CleanStart: true, ClientID: "a", PasswordFlag: true, Password: []byte("secret"),
		WillFlag: true, WillRetain: true, WillTopic: "gone", WillMessage: []byte("Anna")})
	for _, dup := range []bool{false, true, true} {
		got := send(&packets.Publish{Topic: topic, QoS: 2, Duplicate: dup, PacketID: 5, Payload: []byte(example), Properties: &packets.Properties{}})
		if rec, ok := got.Content.(*packets.Pubrec); !ok || rec.PacketID != 5 || rec.ReasonCode != 0 {
			t.Fatalf("got %v", got)
		}
	}
	got := send(&packets.Pubrel{PacketID: 5, Properties: &packets.Properties{}})
	if comp, ok := got.Content.(*packets.Pubcomp); !ok || comp.PacketID != 5 || comp.ReasonCode != 0 {
		t.Fatalf("got %v", got)
	}
}

// mosquitto_pub, where it is installed, publishes and is told.
func TestMosquitto(t *testing.T) {
	t.Parallel()
	path, err := exec.LookPath("mosquitto_pub")
	if err != nil {
		t.Log("mosquitto_pub is not installed; the clients of Eclipse Paho speak for it")
		return
	}
	d := start(t)
	host, port, _ := net.SplitHostPort(d.address)
	for _, version := range []string{"mqttv311", "mqttv5"} {
		for _, qos := range []string{"0", "1", "2"} {
			out, err := exec.Command(path, "-h", host, "-p", port, "-V", version, "-q", qos, "-u", "device", "-P", "secret", "-t", topic, "-m", example).CombinedOutput()
			if err != nil {
				t.Errorf("%s, QoS %s: %v %s", version, qos, err, out)
			}
		}
	}
	if out, err := exec.Command(path, "-h", host, "-p", port, "-V", "mqttv5", "-q", "1", "-u", "device", "-P", "wrong", "-t", topic, "-m", example).CombinedOutput(); err == nil {
		t.Errorf("published with a wrong token: %s", out)
	}
	file := filepath.Join(t.TempDir(), "lines")
	lines := ""
	for i := range 100 {
		lines += fmt.Sprintf(`{"spo2":97,"seq":%d,"timestamp":"2025-11-28T20:14:00Z"}`, i) + "\n"
	}
	if err := os.WriteFile(file, []byte(lines), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(path, "-h", host, "-p", port, "-V", "mqttv5", "-q", "1", "-u", "device", "-P", "secret", "-t", topic, "-l")
	cmd.Stdin = bytes.NewReader([]byte(lines))
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("100 lines: %v %s", err, out)
	}
	if got := d.road.count(); got < 104 || !strings.Contains(d.road.dump(), "#99 ") {
		t.Errorf("got %d readings", got)
	}
}

// 64 clients with 32 messages in flight each.
func BenchmarkPublish(b *testing.B) {
	d := start(b)
	const clients, flight = 64, 32
	var all []*paho.Client
	for i := range clients {
		c, _, err := d.v5(b, fmt.Sprint("c", i), "secret")
		if err != nil {
			b.Fatal(err)
		}
		all = append(all, c)
	}
	var wait sync.WaitGroup
	b.ResetTimer()
	for k := range clients * flight {
		wait.Add(1)
		go func() {
			defer wait.Done()
			c := all[k%clients]
			for i := k; i < b.N; i += clients * flight {
				payload := fmt.Appendf(nil, `{"spo2":97,"pulse_rate":61,"seq":%d,"timestamp":"2025-11-28T20:14:00Z"}`, i)
				if _, err := c.Publish(b.Context(), &paho.Publish{Topic: topic, QoS: 1, Payload: payload}); err != nil {
					b.Error(err)
					return
				}
			}
		}()
	}
	wait.Wait()
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "messages/s")
}
