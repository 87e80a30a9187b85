package api

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"pleth"
	"pleth/internal/alarm"
	"pleth/internal/eventlog"
	"pleth/internal/intake/readings"
	"pleth/internal/reading"
	"pleth/internal/road"
	"pleth/internal/signal"
	"pleth/internal/watch"
)

// Alarms is the watch as this door needs it; package watch is it.
type Alarms interface {
	Alerts(q watch.Query) ([]*watch.Alert, *watch.Cursor, error)
	Alert(id string) (*watch.Alert, error)
	Act(ctx context.Context, kind, by string, a watch.Action) (*watch.Alert, error)
	Profiles() map[string][]watch.ProfileVersion
	Limits(device, subject string) []watch.Limits
	PutProfile(ctx context.Context, by, reason string, p watch.ProfileVersion) (*watch.ProfileVersion, error)
	PutLimits(ctx context.Context, by, reason string, l watch.Limits) (*watch.Limits, error)
	Rules(device string) (watch.Rules, bool)
}

// Alert is one alarm.
type Alert struct {
	ID           string      `json:"id"`
	Device       *string     `json:"device_id" doc:"null: of a gateway or a channel."`
	Recording    string      `json:"recording,omitempty" doc:"Of an import; nobody is notified of its alarms."`
	Subject      *string     `json:"subject_id" doc:"Pseudonym; null: nobody known."`
	Bed          string      `json:"bed,omitempty"`
	Gateway      string      `json:"gateway,omitempty"`
	Channel      string      `json:"channel,omitempty" doc:"Of an alarm that a message to people was given up: by which way."`
	Devices      []string    `json:"devices,omitempty" doc:"Of an alarm that stands for several: each with its bed, to be read."`
	DeviceIDs    []string    `json:"device_ids,omitempty" doc:"The same by their ids."`
	Under        bool        `json:"under_gateway,omitempty" doc:"The alarm of a gateway stands for it."`
	Rule         string      `json:"rule"`
	Metric       string      `json:"metric,omitempty"`
	Condition    string      `json:"condition" doc:"In words, with the limit in force."`
	Delays       string      `json:"delays" doc:"What passes between the body and the alarm: averaging of the device and delay of the rule."`
	Profile      string      `json:"profile"`
	Version      int         `json:"profile_version"`
	State        string      `json:"state" enum:"pending,active,acknowledged,latched,cleared"`
	Priority     string      `json:"priority" enum:"low,medium,high"`
	Technical    bool        `json:"technical" doc:"It tells of the device, not of the patient."`
	Spot         bool        `json:"spot" doc:"About a single reading."`
	Value        json.Number `json:"value,omitempty" doc:"The value furthest beyond the limit."`
	Limit        json.Number `json:"limit,omitempty"`
	Unit         string      `json:"unit,omitempty" doc:"UCUM."`
	Onset        string      `json:"onset" doc:"Event time at which the condition began."`
	Sounded      *string     `json:"sounded" doc:"Event time at which its delay was over."`
	Acknowledged *string     `json:"acknowledged"`
	By           string      `json:"acknowledged_by,omitempty"`
	Silenced     *string     `json:"silenced_until"`
	Cleared      *string     `json:"cleared"`
	Late         int         `json:"late_readings,omitempty" doc:"Readings of its time that came too late to count for it."`
	Final        bool        `json:"final" doc:"Nothing that was said of it so far can change any more, in whatever order readings come."`
	History      []AlertStep `json:"history,omitempty" doc:"Every step; of a single alert only."`
	Evidence     []Evidence  `json:"evidence,omitempty" doc:"The samples around it; of a single alert only."`
	Deliveries   []Delivery  `json:"deliveries,omitempty" doc:"What was sent to people about it; of a single alert only."`
}

// AlertStep is one step of an alert.
type AlertStep struct {
	At       string      `json:"at"`
	From     string      `json:"from,omitempty"`
	To       string      `json:"to,omitempty"`
	Cause    string      `json:"cause" doc:"began, ended, delay, escalated, recovered, ack, reminder, spot, annulled, complete, silenced, sounded, note, withdrawn; of a gateway devices: they are others now."`
	Priority string      `json:"priority,omitempty"`
	Value    json.Number `json:"value,omitempty"`
	Limit    json.Number `json:"limit,omitempty"`
	Since    *string     `json:"since,omitempty" doc:"The samples from here to at are what decided."`
	Until    *string     `json:"until,omitempty"`
	Actor    string      `json:"actor,omitempty"`
	Note     string      `json:"note,omitempty"`
	Final    bool        `json:"final"`
}

// Evidence is one sample.
type Evidence struct {
	At    string      `json:"timestamp"`
	Value json.Number `json:"value,omitempty" doc:"Left out: nothing was measured."`
	Marks []string    `json:"marks,omitempty"`
}

// Delivery is one message on one channel.
type Delivery struct {
	Message  string            `json:"message"`
	Channel  string            `json:"channel"`
	Event    string            `json:"event" enum:"trigger,acknowledge,resolve,test"`
	State    string            `json:"state" enum:"waiting,delivered,given_up"`
	Created  string            `json:"created"`
	Due      *string           `json:"due" doc:"Of the next attempt, while it waits."`
	Ended    *string           `json:"ended"`
	Receipt  string            `json:"receipt,omitempty" doc:"What the other side calls it."`
	Attempts []DeliveryAttempt `json:"attempts"`
}

// DeliveryAttempt is one try to deliver.
type DeliveryAttempt struct {
	At    string `json:"at"`
	Error string `json:"error,omitempty" doc:"Left out: accepted."`
}

// AlertAction is what is posted to do something about an alert.
type AlertAction struct {
	Actor string `json:"actor" doc:"Who does it; sealed on disk."`
	Note  string `json:"note,omitempty" required:"false"`
	Until string `json:"until,omitempty" required:"false" doc:"Of a silence: RFC 3339, four hours away at most."`
}

// evidenceMost is how many samples an alert is shown with.
const evidenceMost = 900

// fixed returns a number as it stands in JSON.
func fixed(v signal.Fixed) json.Number {
	return json.Number(strconv.FormatFloat(v.Float(), 'f', -1, 64))
}

// alertOf returns an alert as it is listed.
func (a *API) alertOf(one *watch.Alert) Alert {
	out := Alert{ID: one.ID, Recording: one.Recording, Bed: one.Bed, Gateway: one.Gateway, Channel: one.Channel, Devices: one.Devices, DeviceIDs: one.Members, Under: one.Under, Late: one.Late, Rule: one.Rule.ID, Condition: one.Rule.Text(), Delays: one.Delays(),
		Profile: one.Profile, Version: one.Version, State: one.State(), Priority: one.Priority(), Technical: one.Rule.Technical, Spot: one.Spot(), Onset: stamp(one.Onset),
		Sounded: stampOr(one.Sounded()), Acknowledged: stampOr(one.Acknowledged()), Cleared: stampOr(one.Ended()), Final: one.Final == len(one.Steps),
		Silenced: stampOr(one.SilencedUntil())}
	if one.Device != "" {
		out.Device = &one.Device
	}
	if one.Subject != "" {
		out.Subject = &one.Subject
	}
	if m, ok := one.Metric(); ok {
		out.Metric, out.Unit = reading.FieldOf(m).Name, m.Info().Unit
	}
	if v, ok := one.Value(); ok {
		out.Value = fixed(v)
	}
	last := &one.Steps[len(one.Steps)-1]
	if last.Limit != 0 {
		out.Limit = fixed(last.Limit)
	}
	for i := range one.Steps {
		if s := &one.Steps[i]; s.Cause == string(alarm.Ack) {
			out.By = a.unseal(s.Actor)
		}
	}
	return out
}

// AlertJSON returns an alert as it is listed; nil where it cannot be written.
func (a *API) AlertJSON(one *watch.Alert) []byte {
	b, err := json.Marshal(a.alertOf(one))
	if err != nil {
		return nil
	}
	return b
}

// stepOf returns a step as it is shown.
func (a *API) stepOf(s *watch.Step, final bool) AlertStep {
	out := AlertStep{At: stamp(s.At), From: s.From, To: s.To, Cause: s.Cause, Priority: s.Priority, Since: stampOr(s.Since), Until: stampOr(s.Until),
		Actor: a.unseal(s.Actor), Note: a.unseal(s.Note), Final: final}
	if s.HasValue {
		out.Value = fixed(s.Value)
	}
	if s.Limit != 0 {
		out.Limit = fixed(s.Limit)
	}
	return out
}

// states of an alert.
var states = []string{"pending", "active", "acknowledged", "latched", "cleared"}

// words returns a list parameter whose entries must be among those given.
func (q *asked) words(name string, one []string) []string {
	list := q.list(name)
	for _, v := range list {
		if !slices.Contains(one, v) {
			q.bad(name, "out_of_range", "there is no such "+name, v, strings.Join(one, ", "))
		}
	}
	return list
}

// getAlerts lists alerts, the newest first.
func (a *API) getAlerts(w http.ResponseWriter, r *http.Request, who *Caller) error {
	q := ask(r)
	query := watch.Query{Device: ofDevice(q), States: q.words("state", states), Priority: q.words("priority", []string{"low", "medium", "high"}), Limit: q.limit(100)}
	query.From, query.To = q.span()
	q.cursor(&query.Before)
	subject, nobody, err := a.subject(r.Context(), who, q.text("subject_id"))
	if err != nil {
		return err
	}
	query.Subject = subject
	if err := q.done(); err != nil {
		return err
	}
	list := []Alert{}
	next := ""
	if !nobody {
		found, more, err := a.cfg.Alarms.Alerts(query)
		if err != nil {
			return err
		}
		for _, one := range found {
			list = append(list, a.alertOf(one))
		}
		if more != nil {
			next = cursorOf(more)
		}
	}
	return writeList(w, "alerts", list, next)
}

// getAlert answers with one alert, its history and its samples.
func (a *API) getAlert(w http.ResponseWriter, r *http.Request, _ *Caller) error {
	one, err := a.alert(r)
	if err != nil {
		return err
	}
	out, err := a.whole(r.Context(), one)
	if err != nil {
		return err
	}
	return writeJSON(w, http.StatusOK, out)
}

// alert returns the alert that the address names.
func (a *API) alert(r *http.Request) (*watch.Alert, error) {
	q := ask(r)
	if err := q.done(); err != nil {
		return nil, err
	}
	one, err := a.cfg.Alarms.Alert(r.PathValue("alert"))
	if watch.IsUnknown(err) {
		return nil, notFound("there is no alert of that id, or no more: an alert that readings coming late have shown to be none is withdrawn")
	}
	return one, err
}

// whole returns an alert with history and evidence.
func (a *API) whole(ctx context.Context, one *watch.Alert) (*Alert, error) {
	out := a.alertOf(one)
	for i := range one.Steps {
		out.History = append(out.History, a.stepOf(&one.Steps[i], i < one.Final))
	}
	for i := range one.Notes {
		out.History = append(out.History, a.stepOf(&one.Notes[i], true))
	}
	slices.SortStableFunc(out.History, func(x, y AlertStep) int {
		tx, _ := time.Parse(time.RFC3339Nano, x.At)
		ty, _ := time.Parse(time.RFC3339Nano, y.At)
		return tx.Compare(ty)
	})
	var err error
	if out.Evidence, err = a.evidence(ctx, one); err != nil || a.cfg.Deliveries == nil {
		return &out, err
	}
	sent, err := a.cfg.Deliveries(ctx, one.ID)
	for i := range sent {
		d := &sent[i]
		shown := Delivery{Message: d.Message.ID, Channel: d.Channel, Event: string(d.Message.Event), State: d.State, Created: stamp(d.Created.UnixNano()), Receipt: d.Receipt, Attempts: []DeliveryAttempt{}}
		if !d.Due.IsZero() {
			shown.Due = stampOr(d.Due.UnixNano())
		}
		if !d.Ended.IsZero() {
			shown.Ended = stampOr(d.Ended.UnixNano())
		}
		for _, t := range d.Attempts {
			shown.Attempts = append(shown.Attempts, DeliveryAttempt{stamp(t.At.UnixNano()), t.Error})
		}
		out.Deliveries = append(out.Deliveries, shown)
	}
	return &out, err
}

// evidence returns the samples from before the onset to behind the last step.
func (a *API) evidence(ctx context.Context, one *watch.Alert) ([]Evidence, error) {
	m, ok := one.Metric()
	if !ok || one.Device == "" {
		return nil, nil
	}
	from := one.Onset - 60*signal.Second
	to := min(one.Steps[len(one.Steps)-1].At+60*signal.Second, from+evidenceMost*signal.Second)
	var out []Evidence
	q := road.Query{Devices: []string{one.Device}, Recording: &one.Recording, From: from, To: to}
	err := a.cfg.Road.Rows(ctx, q, func(t *reading.Table) (bool, error) {
		for i := range t.Rows.Len() {
			v := t.Rows.Value(m, i)
			if v.IsAbsent() {
				continue
			}
			e := Evidence{At: stamp(t.Rows.Time(i))}
			t.Rows.Marks(i).Each(func(r pleth.Reasons) { e.Marks = append(e.Marks, r.String()) })
			if v.Ok() {
				e.Value = json.Number(v.String())
			}
			out = append(out, e)
		}
		return len(out) < evidenceMost, nil
	})
	return out[:min(len(out), evidenceMost)], err
}

// actions on alerts, by the last word of the address.
var actions = map[string]string{"ack": eventlog.KindAcknowledge, "silence": eventlog.KindSilence, "note": eventlog.KindNote}

// postAlert acknowledges, silences or notes.
func (a *API) postAlert(w http.ResponseWriter, r *http.Request, who *Caller) error {
	one, err := a.alert(r)
	if err != nil {
		return err
	}
	var in AlertAction
	if err := a.post(w, r, &in); err != nil {
		return err
	}
	kind := actions[r.URL.Path[strings.LastIndexByte(r.URL.Path, '/')+1:]]
	var f form
	f.text("actor", in.Actor, true)
	f.text("note", in.Note, kind == eventlog.KindNote)
	act := watch.Action{Alert: one.ID, Actor: a.seal(in.Actor), Note: a.seal(in.Note)}
	now := a.cfg.Clock().UnixNano()
	switch {
	case kind == eventlog.KindSilence:
		act.Until = f.time("until", in.Until, 0)
		if act.Until != 0 && (act.Until <= now || act.Until-now > alarm.MaxSilence) {
			f.bad("until", string(readings.OutOfRange), "a silence needs an end", "a time after now, 4 h away at most")
		}
	case in.Until != "":
		f.bad("until", string(readings.UnknownField), "only a silence has an end", "")
	}
	if err := f.done(); err != nil {
		return err
	}
	after, err := a.cfg.Alarms.Act(r.Context(), kind, who.name, act)
	var refused *alarm.ActionError
	switch {
	case errors.As(err, &refused):
		return a.conflict(refused, one.ID)
	case watch.IsUnknown(err):
		return notFound("the alert has just been withdrawn: readings that came late show that it was none")
	case err != nil:
		return err
	}
	out, err := a.whole(r.Context(), after)
	if err != nil {
		return err
	}
	return writeJSON(w, http.StatusCreated, out)
}

// conflict is the answer to an action that comes too late.
func (a *API) conflict(e *alarm.ActionError, id string) error {
	text := e.Text
	if one, err := a.cfg.Alarms.Alert(id); err == nil && e.Code == "acknowledged" {
		if by := a.alertOf(one).By; by != "" {
			text = fmt.Sprintf("%s has already acknowledged it", by)
		}
	}
	p := problem(http.StatusConflict, "alert-"+e.Code, "Nothing was changed", text)
	return p
}
