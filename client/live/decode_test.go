package live

import (
	"testing"
	"time"
)

// FuzzTake lets anything pose as a server: it is read or refused, and a copy
// stays whole.
func FuzzTake(f *testing.F) {
	f.Add([]byte(`{"type":"hello","version":1,"heartbeat_ms":1000,"metrics":{"1":"spo2"}}`), []byte{1, 1})
	f.Add([]byte(`{"type":"devices","devices":[{"n":7,"device_id":"d","subject_id":null}]}`),
		[]byte{1, 1, 0, 0, 0, 7, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 2, 0, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 97})
	f.Add([]byte(`{"type":"alarms","reset":true,"alarms":[{"id":"a","open":true,"alert":{}}]}`), []byte{1, 2})
	f.Fuzz(func(t *testing.T, text, frame []byte) {
		s := newState()
		s.metrics = map[uint8]string{1: "spo2"}
		if _, err := s.take(false, text); err != nil {
			return
		}
		_, _ = s.take(true, frame)
		for _, d := range s.devices {
			for name, v := range d.Values {
				_ = v.Value.String()
				if name == "" {
					t.Error("a value without a name")
				}
			}
		}
	})
}

func TestSamples(t *testing.T) {
	t.Parallel()
	s := newState()
	s.metrics = map[uint8]string{1: "spo2"}
	if _, err := s.take(false, []byte(`{"type":"devices","devices":[{"n":7,"device_id":"d","subject_id":"p"}]}`)); err != nil {
		t.Fatal(err)
	}
	frame := []byte{1, 1, 0, 0, 0, 7, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 2, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 3, 0, 0, 0, 0, 0, 0, 3, 203}
	if _, err := s.take(true, frame); err != nil {
		t.Fatal(err)
	}
	d := s.devices[7]
	if d.ID != "d" || d.Subject != "p" || !d.Late || !d.At.Equal(time.Unix(0, 1)) || !d.Received.Equal(time.Unix(0, 2)) || d.Values["spo2"].Value.String() != "97.1" || !d.Values["spo2"].At.Equal(time.Unix(0, 3)) {
		t.Errorf("%+v", d)
	}
	if _, err := s.take(false, []byte(`{"type":"devices","devices":[{"n":7,"device_id":"d","subject_id":null}]}`)); err != nil || d.Subject != "" || len(d.Values) != 0 {
		t.Errorf("%+v, %v: values of another person", d, err)
	}
	for n := 3; n < len(frame); n++ {
		if _, err := s.take(true, frame[:n]); err == nil {
			t.Errorf("a frame of %d of %d bytes is taken", n, len(frame))
		}
	}
	if _, err := s.take(true, []byte{2, 1}); err != ErrVersion {
		t.Error(err)
	}
	if _, err := s.take(true, []byte{1, 9, 5}); err != nil {
		t.Error("a kind that came later:", err)
	}
}
