package road

import (
	"bytes"
	"strings"
	"testing"

	"pleth/internal/reading"
)

// TestStatesArePacked: what is written comes back, states of earlier versions
// can be read, and damage is an error.
func TestStatesArePacked(t *testing.T) {
	t.Parallel()
	text, followed := []byte(`{"next":7,"tracks":[`+strings.Repeat(`{"metric":1,"sum":0},`, 100)+`{}]}`), bytes.Repeat([]byte("spo2.low\x00\x00\x00\x01"), 50)
	for _, f := range [][]byte{nil, followed} {
		b := packState(text, f)
		gotText, gotFollowed, err := unpackState(b)
		if err != nil || !bytes.Equal(gotText, text) || !bytes.Equal(gotFollowed, f) || (gotFollowed == nil) != (f == nil) {
			t.Errorf("%d bytes do not come back: %v", len(b), err)
		}
		if 5*len(b) > len(text)+len(f) {
			t.Errorf("%d bytes are packed into %d", len(text)+len(f), len(b))
		}
		for _, cut := range [][]byte{nil, b[:1], b[:len(b)/2], append([]byte{9}, b[1:]...)} {
			if _, _, err := unpackState(cut); err == nil {
				t.Errorf("%d of %d bytes are a state", len(cut), len(b))
			}
		}
	}
	if got, _, err := unpackState(text); err != nil || !bytes.Equal(got, text) {
		t.Errorf("a plain state: %v", err)
	}
	h := newHead(reading.Partition{Device: "d"})
	if err := h.decodeState([]byte(`{"next":3,"newest":5,"oldest":1,"sealed_to":4,"received":0,"latest":[],"counts":[1,0,0],"followed":"AQI="}`)); err != nil || h.state.Next != 3 || !bytes.Equal(h.followed, []byte{1, 2}) {
		t.Errorf("%+v, %v", h.state, err)
	}
}

func BenchmarkPackState(b *testing.B) {
	text, followed := []byte(`{"next":7,"tracks":[`+strings.Repeat(`{"metric":1,"sum":0},`, 100)+`{}]}`), bytes.Repeat([]byte("spo2.low\x00\x00\x00\x01"), 250)
	for b.Loop() {
		packState(text, followed)
	}
}
