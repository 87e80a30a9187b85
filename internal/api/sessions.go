package api

import (
	"net/http"
	"net/url"
	"strings"

	"pleth"
	"pleth/internal/analysis"
	"pleth/internal/intake"
	"pleth/internal/reading"
	"pleth/internal/road"
)

// Session is one session as it is listed.
type Session struct {
	Key       string  `json:"key" doc:"Stays the same while the session grows."`
	ID        string  `json:"id" doc:"Digest of its samples: it changes with them."`
	Device    string  `json:"device_id"`
	Recording string  `json:"recording,omitempty" doc:"Of an import."`
	Metric    string  `json:"metric"`
	Subject   *string `json:"subject_id"`
	Clock     string  `json:"clock" enum:"utc,local,elapsed" doc:"What its times count from."`
	Start     *string `json:"start" doc:"null where the recording has no clock."`
	End       *string `json:"end" doc:"Of its last row so far."`
	DurationS float64 `json:"duration_s"`
	Open      bool    `json:"open" doc:"Rows may still come."`
	Rows      int64   `json:"rows"`
	Revision  uint64  `json:"revision" doc:"Grows with every change."`
}

// SessionOf returns a session as it is listed.
func SessionOf(s *road.SessionInfo) Session {
	out := Session{Key: s.Key, ID: s.ID, Device: s.Device, Recording: s.Recording, Metric: reading.FieldOf(s.Metric).Name,
		Clock: clockName(s.Clock), DurationS: float64(s.End-s.Start) / 1e9, Open: s.Open, Rows: s.Rows, Revision: s.Revision}
	if s.Subject != "" {
		out.Subject = &s.Subject
	}
	if s.Clock != pleth.NoClock {
		start, end := string(appendClock(nil, s.Clock, s.Start)), string(appendClock(nil, s.Clock, s.End))
		out.Start, out.End = &start, &end
	}
	return out
}

// getSessions lists sessions.
func (a *API) getSessions(w http.ResponseWriter, r *http.Request, who *Caller) error {
	q := ask(r)
	query := road.SessionQuery{Limit: q.limit(1000)}
	if ids := q.devices("device_id"); len(ids) == 1 {
		query.Device = ids[0]
	} else if len(ids) > 1 {
		q.bad("device_id", "duplicate_parameter", "name one device, or none for all", "", "")
	}
	query.From, query.To = q.span()
	q.cursor(&query.After)
	var nobody bool
	var err error
	if query.Subject, nobody, err = a.subject(r.Context(), who, q.text("subject_id")); err != nil {
		return err
	}
	if err := q.done(); err != nil {
		return err
	}
	var list []Session
	next := ""
	if !nobody {
		found, more, err := a.cfg.Road.Sessions(r.Context(), query)
		if err != nil {
			return err
		}
		for i := range found {
			list = append(list, SessionOf(&found[i]))
		}
		if more != "" {
			next = cursorOf(more)
		}
	}
	return writeList(w, "sessions", list, next)
}

// PartOf reads the parameters from and to of a part of a session, in the
// forms that pleth analyze takes.
func PartOf(values url.Values) (part road.Part, errs []FieldError) {
	for _, b := range []struct {
		name string
		to   *intake.Bound
	}{{"from", &part.From}, {"to", &part.To}} {
		// A "+" that was not escaped arrives as a blank.
		text := values.Get(b.name)
		if text == "" {
			continue
		}
		bound, err := intake.ParseBound(strings.Replace(text, " ", "+", 1))
		if err != nil {
			errs = append(errs, FieldError{Path: b.name, Code: "bad_timestamp", Detail: "this is no time", Value: text[:min(len(text), 64)],
				Allowed: "23:30, 2025-03-06T23:30, 2025-03-06T23:30:00+01:00, or +1h30m after the first row"})
			continue
		}
		*b.to = bound
	}
	return part, errs
}

// getAnalysis answers with the document of one session, or of a part of it, as
// `pleth analyze --json` writes it.
func (a *API) getAnalysis(w http.ResponseWriter, r *http.Request, _ *Caller) error {
	q := ask(r)
	q.text("from")
	q.text("to")
	part, bad := PartOf(q.values)
	q.errs = append(q.errs, bad...)
	if err := q.done(); err != nil {
		return err
	}
	var doc *analysis.Document
	var err error
	if part.From.IsZero() && part.To.IsZero() {
		doc, err = a.cfg.Road.Analysis(r.Context(), r.PathValue("session"))
	} else {
		var night *road.Night
		if night, err = a.cfg.Road.Night(r.Context(), r.PathValue("session"), part); err == nil {
			doc = night.Document
		}
	}
	if err != nil {
		return err
	}
	body, err := analysis.Encode(doc)
	if err != nil {
		return err
	}
	w.Header()["Content-Type"] = jsonType
	_, _ = w.Write(body)
	return nil
}

// Provenance says where one value comes from and what was done to it.
type Provenance struct {
	Device      string   `json:"device_id"`
	Recording   string   `json:"recording,omitempty"`
	Metric      string   `json:"metric"`
	At          string   `json:"timestamp"`
	Seq         *int64   `json:"seq"`
	Value       decimal  `json:"value" doc:"As the device sent it."`
	Flags       []string `json:"flags"`
	Schema      int      `json:"schema_id" doc:"Of the record in the log."`
	Firmware    string   `json:"firmware_version"`
	Door        string   `json:"door" doc:"Through which it came."`
	Subject     *string  `json:"subject_id"`
	Received    *string  `json:"received" doc:"When it came; where exact is false, the middle of its neighbours."`
	Exact       bool     `json:"exact" doc:"The log still holds its record: log_offset is its place; else it stood between log_offset and log_offset_last."`
	Offset      uint64   `json:"log_offset"`
	LastOffset  uint64   `json:"log_offset_last"`
	Calibration int      `json:"calibration" doc:"Version in force; 0: none."`
	Rules       string   `json:"rules"`
	Program     string   `json:"program"`
	Commit      string   `json:"commit"`
	Config      string   `json:"config_sha256"`
	Steps       []string `json:"steps" doc:"What is done to it, in order."`
}

// getProvenance answers for one value.
func (a *API) getProvenance(w http.ResponseWriter, r *http.Request, _ *Caller) error {
	q := ask(r)
	device := q.must("device_id")
	q.must("metric")
	metrics := q.metrics("metric")
	at, ok := q.instant("at")
	if !ok && len(q.values["at"]) == 0 {
		q.must("at")
	}
	if len(metrics) > 1 {
		q.bad("metric", "duplicate_parameter", "name one metric", "", "")
	}
	if err := q.done(); err != nil {
		return err
	}
	p, err := a.cfg.Road.Provenance(r.Context(), device, metrics[0], at)
	if err != nil {
		return err
	}
	out := Provenance{Device: p.Device, Recording: p.Recording, Metric: reading.FieldOf(p.Metric).Name,
		At: string(appendClock(nil, a.clockOf(p.Partition), p.At)), Value: decimal{p.Value}, Flags: []string{}, Schema: p.Schema,
		Firmware: p.Firmware, Door: p.Door, Received: stampOr(p.Received), Exact: p.Exact, Offset: uint64(p.Offset), LastOffset: uint64(p.LastOffset),
		Calibration: p.Calibration, Rules: p.Rules, Program: p.Program, Commit: p.Commit, Config: p.Config, Steps: p.Steps}
	if p.Seq != reading.NoSeq {
		out.Seq = &p.Seq
	}
	if p.Subject != "" {
		out.Subject = &p.Subject
	}
	if p.Flags&reading.IsLate != 0 {
		out.Flags = append(out.Flags, "late")
	}
	if p.Flags&reading.IsConflict != 0 {
		out.Flags = append(out.Flags, "conflict")
	}
	if out.Steps == nil {
		out.Steps = []string{}
	}
	return writeJSON(w, http.StatusOK, out)
}
