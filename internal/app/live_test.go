package app

import (
	"net/http"
	"net/http/cookiejar"
	"testing"
	"time"

	"github.com/coder/websocket"

	"pleth/client/live"
)

// A reading that was acknowledged, and the alarm it raises, reach a client by
// its token; a page by its cookie, if it comes from here; nobody else.
func TestLive(t *testing.T) {
	t.Parallel()
	s, stop := serving(t, nil)
	post(t, http.DefaultClient, s)
	c, err := live.Open(live.Config{URL: address(s), Token: s.token, BackoffMin: time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	end := time.After(time.Minute)
	for {
		changed := c.Changed()
		state := c.State()
		if len(state.Devices) == 1 && state.Devices[0].Values["spo2"].Value.String() == "90" && state.Devices[0].Subject != "" && len(state.Alarms) > 0 {
			break
		}
		select {
		case <-changed:
		case <-end:
			t.Fatalf("it does not come: %+v", state)
		}
	}
	for _, tt := range []struct {
		name   string
		header http.Header
		cookie bool
		want   int
	}{
		{"nobody", nil, false, http.StatusUnauthorized},
		{"wrong token", http.Header{"Authorization": {"Bearer x"}}, false, http.StatusUnauthorized},
		{"page of this host", http.Header{"Origin": {address(s)}}, true, http.StatusSwitchingProtocols},
		{"page of another site with the cookie", http.Header{"Origin": {"http://elsewhere.example"}}, true, http.StatusForbidden},
	} {
		client := &http.Client{}
		if tt.cookie {
			client.Jar, _ = cookiejar.New(nil)
			res, err := client.Get(s.URL())
			if err != nil {
				t.Fatal(err)
			}
			_ = res.Body.Close()
		}
		conn, res, err := websocket.Dial(t.Context(), address(s)+"/api/v1/live", &websocket.DialOptions{HTTPHeader: tt.header, HTTPClient: client})
		if res == nil || res.StatusCode != tt.want {
			t.Errorf("%s: %v, %v", tt.name, res, err)
		}
		if err == nil {
			_ = conn.CloseNow()
		}
	}
	if err := stop(); err != nil {
		t.Fatal(err)
	}
}
