package app

import (
	"context"
	"net/http"

	"pleth/internal/alarm"
	"pleth/internal/api"
	"pleth/internal/live"
	"pleth/internal/watch"
)

// stands reports whether people are shown an alarm: it has sounded, and is not
// over.
func stands(a *watch.Alert) bool {
	switch a.State() {
	case alarm.Active.String(), alarm.Acknowledged.String(), alarm.Latched.String():
		return a.Recording == ""
	}
	return false
}

// tellAlarm tells live clients how an alarm stands. The API that writes it is
// made before the hub runs.
func (p *parts) tellAlarm(a *watch.Alert, withdrawn bool) {
	p.live.Alarm(live.Alarm{ID: a.ID, Open: stands(a) && !withdrawn, Text: func() []byte { return p.api.AlertJSON(a) }})
}

// timeAlarm measures how late an alarm that sounds is recorded.
func (p *parts) timeAlarm(c watch.Change) {
	for i := range c.Steps {
		if c.Steps[i].To == alarm.Active.String() && c.Steps[i].From != c.Steps[i].To && !c.Steps[i].Spot && c.Alert.Recording == "" {
			p.counts.Sounded(c.Steps[i].At)
		}
	}
}

// tellStanding tells of the alarms that stand when the server begins. Nothing
// else tells of alarms meanwhile.
func (p *parts) tellStanding() error {
	all, _, err := p.watch.Alerts(watch.Query{States: []string{alarm.Active.String(), alarm.Acknowledged.String(), alarm.Latched.String()}})
	for _, a := range all {
		p.tellAlarm(a, false)
	}
	return err
}

// liveMount is the address of the WebSocket.
func (p *parts) liveMount() api.Mount {
	return api.Mount{Method: "GET", Path: "/api/v1/live", ID: "getLive", Tag: "readings", Summary: "A WebSocket with the newest values and the alarms, as they come",
		About: "First the whole state, then what changes; samples as binary frames, the rest as JSON: docs/formats/live.md. Nothing is taken from the client. A page must come from this host.",
		Answers: map[int]string{101: "The connection is a WebSocket now.", 403: "A page of another site.", 426: "Not the request of a WebSocket.",
			503: "Too many clients: come again after the time of Retry-After."},
		Handle: func(w http.ResponseWriter, r *http.Request, _ *api.Caller) { p.live.ServeHTTP(w, r) }}
}

// openLive starts to tell live clients.
func (s *Server) openLive(p *parts) {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		p.live.Run(ctx, p.road)
	}()
	s.onStop("live", func(context.Context) error {
		cancel()
		<-done
		return nil
	})
}
