package app

import (
	"context"
	"encoding/json"
	"net/http"
	"time"

	"pleth/internal/api"
	"pleth/internal/telemetry"
)

// status is what an operator sees first.
type status struct {
	telemetry.Status
	Version   string `json:"version"`
	Writes    bool   `json:"writes"`       // readings can be written
	Why       string `json:"why,omitzero"` // why they cannot
	DiskWhole uint64 `json:"disk_bytes,omitzero"`
	DiskFree  uint64 `json:"disk_free_bytes,omitzero"`
	// How long records of the log and alarms that are over are kept, seconds; 0:
	// for good.
	RetainLog    float64 `json:"retain_log_s"`
	RetainAlerts float64 `json:"retain_alerts_s"`
}

// statusMount is the address of the status.
func (s *Server) statusMount(p *parts) api.Mount {
	return api.Mount{Method: "GET", Path: "/api/v1/status", ID: "getStatus", Tag: "server", Summary: "How the server does, for the people who run it",
		About:   "Doors with their rates and delays, what was refused, objectives with their budgets, what waits, disk and retention. Rates and delays are those of the last five minutes, or since the start. No device, person or value is in it.",
		Answers: map[int]string{200: "The status."},
		Handle: func(w http.ResponseWriter, r *http.Request, _ *api.Caller) {
			out := status{Status: p.counts.Status(), Version: s.program.Version, Writes: true,
				RetainLog: time.Duration(s.settings.Retention.Log).Seconds(), RetainAlerts: time.Duration(s.settings.Retention.Alerts).Seconds()}
			if err := s.unwell(); err != nil {
				out.Writes, out.Why = false, err.Error()
			}
			if whole, free, err := diskSpace(s.settings.Data); err == nil {
				out.DiskWhole, out.DiskFree = whole, free
			}
			w.Header().Set("Content-Type", "application/json")
			w.Header().Set("Cache-Control", "no-store")
			_ = json.NewEncoder(w).Encode(out)
		}}
}

// sample notes how the server does, again and again.
func (s *Server) sample(t *telemetry.Telemetry) {
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		tick := time.NewTicker(telemetry.SampleEvery)
		defer tick.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
				t.Sample()
			}
		}
	}()
	s.onStop("status", func(context.Context) error {
		stop()
		<-done
		return nil
	})
}
