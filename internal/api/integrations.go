package api

import (
	"bytes"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"pleth/internal/intake/readings"
	"pleth/internal/reconcile"
	"pleth/internal/reconcile/desk"
	"pleth/internal/reconcile/paper"
	"pleth/internal/reconcile/plan"
)

// IntegrationDetail is one integration with what it compares.
type IntegrationDetail struct {
	desk.Tile
	Mends map[string][]string `json:"mends" doc:"Actions that can mend, by class of finding."`
}

// NewCheck asks for a check.
type NewCheck struct {
	Full bool `json:"full,omitempty" doc:"All of the history, not only what is new and what stands."`
}

// NewPause pauses an integration.
type NewPause struct {
	Until string `json:"until" doc:"RFC 3339, 31 days away at most; empty: the pause ends now."`
}

// IncidentLine is one incident in a list.
type IncidentLine struct {
	desk.Incident
	Title string `json:"title" doc:"Of the integration."`
}

// IncidentDetail is one incident with everything that belongs to it.
type IncidentDetail struct {
	desk.Incident
	Title    string             `json:"title" doc:"Of the integration."`
	MTTD     *float64           `json:"mttd_s" doc:"Seconds from the oldest record to the detection."`
	MTTA     *float64           `json:"mtta_s" doc:"Seconds from there to the acknowledgement."`
	MTTR     *float64           `json:"mttr_s" doc:"Seconds from there to the end."`
	Steps    []desk.Step        `json:"steps"`
	Mends    []desk.Mend        `json:"mends"`
	Findings []DeskFinding      `json:"findings"`
	Actions  []string           `json:"actions" doc:"That can mend it."`
	Told     []IncidentDelivery `json:"deliveries" doc:"What was sent to people."`
}

// IncidentDelivery is a message to people about an incident.
type IncidentDelivery struct {
	Channel string     `json:"channel"`
	Event   string     `json:"event"`
	State   string     `json:"state"`
	Created time.Time  `json:"created"`
	Ended   *time.Time `json:"ended"`
}

// DeskFinding is one finding of an integration.
type DeskFinding = desk.Finding

// IncidentAction is what a person does to an incident.
type IncidentAction struct {
	Action string  `json:"action" enum:"acknowledge,investigate,note,resolve,accept,false_positive"`
	Actor  string  `json:"actor"`
	Note   string  `json:"note,omitempty"`
	Owner  *string `json:"owner,omitempty"`
	Cause  *string `json:"cause,omitempty" doc:"network, credential, mapping, schema, source defect, our defect, clock or unknown."`
	Until  string  `json:"until,omitempty" doc:"Of accept."`
}

// NewMend is what is to be mended.
type NewMend struct {
	Action   string            `json:"action" enum:"replay,refetch,remap,dedupe,override,void"`
	Actor    string            `json:"actor"`
	Reason   string            `json:"reason"`
	DryRun   bool              `json:"dry_run,omitempty" doc:"Say what would happen, and change nothing."`
	Findings []string          `json:"findings,omitempty" doc:"Ids; left out: all that stand."`
	Keep     string            `json:"keep,omitempty" doc:"Of a dedupe: first or last."`
	Word     string            `json:"word,omitempty" doc:"Of a remap: the word as A has it,"`
	Image    string            `json:"image,omitempty" doc:"and what it is called in B."`
	Values   map[string]string `json:"values,omitempty" doc:"Of an override, by the columns of B."`
}

// NewConfirmation is the second person's word.
type NewConfirmation struct {
	Actor string `json:"actor"`
}

// deskError turns errors of the desk into answers.
func deskError(err error) error {
	var no *desk.ActionError
	var side *desk.SideError
	switch {
	case errors.Is(err, desk.ErrUnknown):
		return notFound("there is no such integration, finding or incident")
	case errors.As(err, &no):
		return problem(http.StatusConflict, "incident", "Nothing was changed", no.Text)
	case errors.As(err, &side) && side.Slow:
		return problem(http.StatusGatewayTimeout, "system-slow", "A system does not answer", side.Text+"; nothing was changed")
	case errors.As(err, &side):
		return problem(http.StatusBadGateway, "system", "A system cannot be read", side.Text+"; nothing was changed")
	}
	return err
}

// answerDesk writes what the desk said.
func answerDesk(w http.ResponseWriter, status int, v any, err error) error {
	if err != nil {
		return deskError(err)
	}
	w.Header().Set("Cache-Control", "no-store")
	return writeJSON(w, status, v)
}

func (a *API) getIntegrations(w http.ResponseWriter, r *http.Request, _ *Caller) error {
	v, err := a.cfg.Desk.Overview(r.Context())
	return answerDesk(w, http.StatusOK, v, err)
}

func (a *API) getIntegration(w http.ResponseWriter, r *http.Request, _ *Caller) error {
	q := ask(r)
	hours := q.hours(8, 24*40)
	if err := q.done(); err != nil {
		return err
	}
	name := r.PathValue("integration")
	t, err := a.cfg.Desk.Tile(r.Context(), name, hours*4)
	if err != nil {
		return deskError(err)
	}
	out := &IntegrationDetail{Tile: *t, Mends: map[string][]string{}}
	for _, c := range desk.Classes() {
		if list := a.cfg.Desk.Fits(name, c); len(list) > 0 {
			out.Mends[string(c)] = list
		}
	}
	return answerDesk(w, http.StatusOK, out, nil)
}

func (a *API) postCheck(w http.ResponseWriter, r *http.Request, _ *Caller) error {
	var in NewCheck
	if r.ContentLength != 0 {
		if err := a.post(w, r, &in); err != nil {
			return err
		}
	}
	names := []string{r.PathValue("integration")}
	if names[0] == "" {
		names = a.cfg.Desk.Names()
	}
	for _, name := range names {
		if err := a.cfg.Desk.Ask(name, in.Full); err != nil {
			return deskError(err)
		}
	}
	return answerDesk(w, http.StatusAccepted, map[string]any{"asked": names, "full": in.Full}, nil)
}

func (a *API) postPause(w http.ResponseWriter, r *http.Request, _ *Caller) error {
	var in NewPause
	if err := a.post(w, r, &in); err != nil {
		return err
	}
	var f form
	now := a.cfg.Clock()
	until := time.Time{}
	if in.Until != "" {
		until = time.Unix(0, f.time("until", in.Until, 0))
		if len(f.errs) == 0 && (until.Before(now) || until.Sub(now) > 31*24*time.Hour) {
			f.bad("until", string(readings.OutOfRange), "a pause has an end", "a time after now, 31 days away at most")
		}
	}
	if err := f.done(); err != nil {
		return err
	}
	if err := a.cfg.Desk.Pause(r.Context(), r.PathValue("integration"), until); err != nil {
		return deskError(err)
	}
	return a.getIntegration(w, r, nil)
}

func (a *API) getChecks(w http.ResponseWriter, r *http.Request, _ *Caller) error {
	q := ask(r)
	limit := q.limit(50)
	if err := q.done(); err != nil {
		return err
	}
	list, err := a.cfg.Desk.Runs(r.Context(), r.PathValue("integration"), limit)
	return answerDesk(w, http.StatusOK, map[string]any{"checks": orNone(list)}, err)
}

func (a *API) getDelays(w http.ResponseWriter, r *http.Request, _ *Caller) error {
	q := ask(r)
	hours := q.hours(8, 72)
	if err := q.done(); err != nil {
		return err
	}
	d, err := a.cfg.Desk.Delays(r.Context(), r.PathValue("integration"), hours)
	return answerDesk(w, http.StatusOK, d, err)
}

// hours reads a number of hours.
func (q *asked) hours(usual, most int) int {
	text := q.text("hours")
	if text == "" {
		return usual
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 || n > most {
		q.bad("hours", "out_of_range", "this is no number of hours", text, fmt.Sprintf("1 to %d", most))
	}
	return n
}

// orNone makes an empty list of none, for JSON.
func orNone[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}

// day reads a date.
func (q *asked) day(name string) string {
	text := q.text(name)
	if _, err := time.Parse(time.DateOnly, text); text != "" && err != nil {
		q.bad(name, "bad_date", "this is no date", text, "2026-03-29")
	}
	return text
}

func (a *API) getMatrix(w http.ResponseWriter, r *http.Request, _ *Caller) error {
	q := ask(r)
	from, to := q.day("from"), q.day("to")
	if err := q.done(); err != nil {
		return err
	}
	list, err := a.cfg.Desk.Buckets(r.Context(), r.PathValue("integration"), from, to)
	return answerDesk(w, http.StatusOK, map[string]any{"buckets": orNone(list)}, err)
}

func (a *API) getFindings(w http.ResponseWriter, r *http.Request, _ *Caller) error {
	q := ask(r)
	fq := desk.FindingQuery{Integration: r.PathValue("integration"), Day: q.day("day"), Class: reconcile.Class(q.text("class")), Closed: q.text("closed") == "true", Limit: q.limit(200)}
	if r.URL.Query().Has("channel") {
		c := q.text("channel")
		fq.Channel = &c
	}
	if fq.Class != "" && !desk.Known(fq.Class) {
		q.bad("class", "unknown_class", "there is no such class", string(fq.Class), "")
	}
	if err := q.done(); err != nil {
		return err
	}
	list, err := a.cfg.Desk.Findings(r.Context(), fq)
	return answerDesk(w, http.StatusOK, map[string]any{"findings": orNone(list)}, err)
}

func (a *API) getTimeline(w http.ResponseWriter, r *http.Request, _ *Caller) error {
	t, err := a.cfg.Desk.Timeline(r.Context(), r.PathValue("integration"), r.PathValue("finding"))
	return answerDesk(w, http.StatusOK, t, err)
}

func (a *API) getIncidents(w http.ResponseWriter, r *http.Request, _ *Caller) error {
	q := ask(r)
	iq := desk.IncidentQuery{Integration: q.text("integration"), State: desk.State(q.text("state")), Class: reconcile.Class(q.text("class")), Text: q.text("q"), Limit: q.limit(50)}
	if text := q.text("over"); text != "" {
		over := text == "true"
		iq.Over = &over
	}
	if r.URL.Query().Has("cursor") {
		q.cursor(&iq.Before)
	}
	if err := q.done(); err != nil {
		return err
	}
	list, err := a.cfg.Desk.Incidents(r.Context(), iq)
	lines := make([]IncidentLine, len(list))
	for i := range list {
		lines[i] = IncidentLine{list[i], a.cfg.Desk.Title(list[i].Integration)}
	}
	out := map[string]any{"incidents": lines}
	if n := len(list); n == iq.Limit {
		out["next_cursor"] = cursorOf(list[n-1].ID)
	}
	return answerDesk(w, http.StatusOK, out, err)
}

// incidentID reads the number in the path.
func incidentID(r *http.Request, name string) (int64, error) {
	n, err := strconv.ParseInt(r.PathValue(name), 10, 64)
	if err != nil {
		return 0, notFound("incidents and mends are named by numbers")
	}
	return n, nil
}

func (a *API) getIncident(w http.ResponseWriter, r *http.Request, _ *Caller) error {
	id, err := incidentID(r, "incident")
	if err != nil {
		return err
	}
	return a.incident(w, r, id, http.StatusOK)
}

// incident answers with the whole of an incident.
func (a *API) incident(w http.ResponseWriter, r *http.Request, id int64, status int) error {
	i, steps, mends, findings, err := a.cfg.Desk.Incident(r.Context(), id, 500)
	if err != nil {
		return deskError(err)
	}
	out := &IncidentDetail{Incident: *i, Title: a.cfg.Desk.Title(i.Integration), Steps: orNone(steps), Mends: orNone(mends), Findings: orNone(findings), Actions: a.cfg.Desk.Fits(i.Integration, i.Class), Told: []IncidentDelivery{}}
	out.MTTD, out.MTTA, out.MTTR = i.Took()
	if a.cfg.Deliveries != nil {
		told, err := a.cfg.Deliveries(r.Context(), IncidentAlarm(id))
		if err != nil {
			return err
		}
		for n := range told {
			d := &told[n]
			one := IncidentDelivery{Channel: d.Channel, Event: string(d.Message.Event), State: d.State, Created: d.Created.UTC()}
			if !d.Ended.IsZero() {
				at := d.Ended.UTC()
				one.Ended = &at
			}
			out.Told = append(out.Told, one)
		}
	}
	return answerDesk(w, status, out, nil)
}

// IncidentAlarm names an incident among the alarms that people are told of.
func IncidentAlarm(id int64) string { return "incident-" + strconv.FormatInt(id, 10) }

func (a *API) postIncident(w http.ResponseWriter, r *http.Request, _ *Caller) error {
	id, err := incidentID(r, "incident")
	if err != nil {
		return err
	}
	var in IncidentAction
	if err := a.post(w, r, &in); err != nil {
		return err
	}
	var f form
	f.text("actor", in.Actor, true)
	f.text("note", in.Note, in.Action == "note")
	until := time.Time{}
	if in.Until != "" {
		until = time.Unix(0, f.time("until", in.Until, 0))
	}
	if err := f.done(); err != nil {
		return err
	}
	if _, err := a.cfg.Desk.Act(r.Context(), id, desk.Action{Actor: in.Actor, What: in.Action, Note: in.Note, Owner: in.Owner, Cause: in.Cause, Until: until}); err != nil {
		return deskError(err)
	}
	return a.incident(w, r, id, http.StatusCreated)
}

func (a *API) postMend(w http.ResponseWriter, r *http.Request, who *Caller) error {
	id, err := incidentID(r, "incident")
	if err != nil {
		return err
	}
	var in NewMend
	if err := a.post(w, r, &in); err != nil {
		return err
	}
	var f form
	f.text("actor", in.Actor, true)
	f.text("reason", in.Reason, true)
	if !slices.Contains(plan.Actions(), in.Action) {
		f.bad("action", "unknown_action", "there is no such action", strings.Join(plan.Actions(), ", "))
	}
	if err := f.done(); err != nil {
		return err
	}
	if who != nil && who.scope == ScopeDryRun && !in.DryRun {
		return problem(http.StatusForbidden, "scope", "This key may not", "its scope is dry-run: say dry_run: true")
	}
	m, err := a.cfg.Desk.Mend(r.Context(), id, desk.MendRequest{Actor: a.actor(in.Actor, who), Credential: credential(who), Why: in.Reason, Action: in.Action, DryRun: in.DryRun, Findings: in.Findings, Keep: in.Keep, Word: in.Word, Image: in.Image, Values: in.Values})
	status := http.StatusCreated
	if in.DryRun {
		status = http.StatusOK
	}
	return answerDesk(w, status, m, err)
}

// actor names who acts: the owner of the key, or what the page says, and the
// key that it came with.
func (a *API) actor(said string, who *Caller) string {
	switch {
	case who == nil || who == open:
		return said
	case who.owner != "":
		return who.owner + " (" + who.name + ")"
	case who.name == "admin":
		return said
	}
	return said + " (" + who.name + ")"
}

// credential is who signed in, whatever the page says; empty where the server
// takes no keys.
func credential(who *Caller) string {
	switch {
	case who == nil || who == open:
		return ""
	case who.owner != "":
		return "person " + who.owner
	}
	return "key " + who.name
}

func (a *API) postConfirmation(w http.ResponseWriter, r *http.Request, who *Caller) error {
	id, err := incidentID(r, "incident")
	if err != nil {
		return err
	}
	mend, err := incidentID(r, "mend")
	if err != nil {
		return err
	}
	var in NewConfirmation
	if err := a.post(w, r, &in); err != nil {
		return err
	}
	var f form
	f.text("actor", in.Actor, true)
	if err := f.done(); err != nil {
		return err
	}
	m, err := a.cfg.Desk.Confirm(r.Context(), id, mend, a.actor(in.Actor, who), credential(who))
	return answerDesk(w, http.StatusCreated, m, err)
}

func (a *API) getSummary(w http.ResponseWriter, r *http.Request, _ *Caller) error {
	q := ask(r)
	now := a.cfg.Clock()
	from, to := now.AddDate(0, 0, -1), now
	if p := q.text("period"); p == "week" {
		from = now.AddDate(0, 0, -7)
	} else if p != "" && p != "day" {
		q.bad("period", "unknown_period", "this is no period", p, "day, week")
	}
	form := q.text("form")
	if form != "" && form != "json" && form != "html" && form != "pdf" {
		q.bad("form", "unknown_form", "there is no such form", form, "json, html, pdf")
	}
	if err := q.done(); err != nil {
		return err
	}
	s, err := a.cfg.Desk.Summary(r.Context(), from, to)
	if err != nil || form == "" || form == "json" {
		return answerDesk(w, http.StatusOK, s, err)
	}
	var out bytes.Buffer
	if form == "html" {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.Header().Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'")
		err = paper.HTML(&out, s)
	} else {
		w.Header().Set("Content-Type", "application/pdf")
		w.Header().Set("Content-Disposition", `inline; filename="integrations.pdf"`)
		err = paper.PDF(&out, s, now)
	}
	if err != nil {
		return err
	}
	w.Header().Set("Cache-Control", "no-store")
	_, _ = w.Write(out.Bytes())
	return nil
}
