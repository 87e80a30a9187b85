package api

import (
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"pleth/internal/alarm"
	"pleth/internal/intake/readings"
	"pleth/internal/reading"
	"pleth/internal/signal"
	"pleth/internal/watch"
)

// AlarmRule is one rule of a profile.
type AlarmRule struct {
	ID        string      `json:"rule"`
	Condition string      `json:"condition" doc:"In words."`
	Delays    string      `json:"delays"`
	Metric    string      `json:"metric,omitempty"`
	Kind      string      `json:"kind"`
	Limit     json.Number `json:"limit,omitempty"`
	Unit      string      `json:"unit,omitempty"`
	DelayS    float64     `json:"delay_s"`
	EscalateS float64     `json:"escalate_s,omitempty"`
	Priority  string      `json:"priority"`
	Technical bool        `json:"technical,omitempty"`
	Off       bool        `json:"off,omitempty"`
}

// AlarmEdit changes one rule, or adds one in words.
type AlarmEdit struct {
	Rule      string       `json:"rule" doc:"Its id, such as spo2.low; a new one for a rule in words."`
	Text      string       `json:"text,omitempty" required:"false" doc:"The rule in words: avg(local_tissue_o2) over tumbling 30s < 25.0 for 0s priority medium"`
	Limit     *json.Number `json:"limit,omitempty" required:"false"`
	DelayS    *float64     `json:"delay_s,omitempty" required:"false"`
	EscalateS *float64     `json:"escalate_s,omitempty" required:"false" doc:"0: never."`
	Priority  string       `json:"priority,omitempty" required:"false" enum:"low,medium,high"`
	Off       *bool        `json:"off,omitempty" required:"false"`
}

// AlarmProfile is one version of a named set of rules.
type AlarmProfile struct {
	Name    string      `json:"name"`
	Version int         `json:"version"`
	Base    string      `json:"base,omitempty" doc:"Left out: it is built in."`
	Edits   []AlarmEdit `json:"edits,omitempty"`
	Rules   []AlarmRule `json:"rules"`
	At      *string     `json:"at" doc:"When it was made; null: it is built in."`
	Actor   string      `json:"actor,omitempty"`
	Reason  string      `json:"reason,omitempty"`
}

// NewAlarmProfile is what is put for a new version.
type NewAlarmProfile struct {
	Base   string      `json:"base" doc:"infant, child, adult, or a profile that was made."`
	Edits  []AlarmEdit `json:"edits"`
	Reason string      `json:"reason"`
}

// AlarmLimits are what differs for one device, one subject, or the house.
type AlarmLimits struct {
	Device     *string     `json:"device_id"`
	Subject    *string     `json:"subject_id" doc:"Both null: the house."`
	Version    int         `json:"version"`
	Profile    string      `json:"profile,omitempty"`
	Edits      []AlarmEdit `json:"edits,omitempty"`
	AveragingS float64     `json:"averaging_s,omitempty"`
	Bed        string      `json:"bed,omitempty"`
	Gateway    string      `json:"gateway,omitempty"`
	Beds       []string    `json:"beds,omitempty" doc:"Of the house: the beds it keeps, in no order, with or without a device."`
	At         string      `json:"at"`
	Actor      string      `json:"actor"`
	Reason     string      `json:"reason"`
}

// NewAlarmLimits is what is put for new limits. They replace the ones before.
type NewAlarmLimits struct {
	Device     string      `json:"device_id,omitempty" required:"false"`
	Subject    string      `json:"subject_id,omitempty" required:"false" doc:"Neither: the house."`
	Profile    string      `json:"profile,omitempty" required:"false" doc:"infant, child, adult or one that was made; left out: that of the subject, or the house."`
	Edits      []AlarmEdit `json:"edits,omitempty" required:"false"`
	AveragingS float64     `json:"averaging_s,omitempty" required:"false" doc:"How long the device averages; shown with its alarms."`
	Bed        string      `json:"bed,omitempty" required:"false" doc:"Where the device stands. Stands in messages: never a name."`
	Gateway    string      `json:"gateway,omitempty" required:"false" doc:"What it is connected through: devices of one gateway that fall silent together are one alarm."`
	Beds       []string    `json:"beds" required:"false" doc:"Of the house: all its beds, with or without a device; left out or null: as they were. Up to 2,000 names that differ, of up to 64 bytes each."`
	Reason     string      `json:"reason"`
}

// ruleOf returns a rule as it is shown.
func ruleOf(r *alarm.Rule, averaging int64) AlarmRule {
	out := AlarmRule{ID: r.ID, Condition: r.Text(), Delays: r.Delays(averaging), Kind: string(r.Kind), DelayS: float64(r.Delay) / 1e9, EscalateS: float64(r.Escalate) / 1e9,
		Priority: r.Priority.String(), Technical: r.Technical, Off: r.Off}
	if r.Metric != 0 {
		out.Metric = reading.FieldOf(r.Metric).Name
	}
	switch r.Kind {
	case alarm.Below, alarm.Above, alarm.SatSeconds, alarm.Cluster, alarm.Windowed:
		out.Limit, out.Unit = fixed(r.Limit), r.Metric.Info().Unit
	}
	return out
}

func rulesOf(p *alarm.Profile, averaging int64) []AlarmRule {
	out := []AlarmRule{}
	for i := range p.Rules {
		out = append(out, ruleOf(&p.Rules[i], averaging))
	}
	return out
}

func editsOf(list []alarm.Edit) []AlarmEdit {
	var out []AlarmEdit
	for _, e := range list {
		one := AlarmEdit{Rule: e.Rule, Text: e.Text, Off: e.Off}
		if e.Limit != nil {
			n := fixed(*e.Limit)
			one.Limit = &n
		}
		seconds := func(v *int64) *float64 {
			if v == nil {
				return nil
			}
			f := float64(*v) / 1e9
			return &f
		}
		one.DelayS, one.EscalateS = seconds(e.Delay), seconds(e.Escalate)
		if e.Priority != 0 {
			one.Priority = e.Priority.String()
		}
		out = append(out, one)
	}
	return out
}

// edits reads edits; what is wrong with them is noted.
func (f *form) edits(list []AlarmEdit) []alarm.Edit {
	var out []alarm.Edit
	for i, e := range list {
		at := "edits/" + strconv.Itoa(i)
		one := alarm.Edit{Rule: e.Rule, Text: e.Text, Off: e.Off}
		if e.Rule == "" || len(e.Rule) > 64 || len(e.Text) > 512 {
			f.bad(at+"/rule", "missing_field", "an edit names its rule", "an id of up to 64 bytes; the text has up to 512")
		}
		if e.Limit != nil {
			v, err := strconv.ParseFloat(string(*e.Limit), 64)
			if err != nil || v < -1e6 || v > 1e6 {
				f.bad(at+"/limit", string(readings.OutOfRange), "this is no limit", "a number")
			}
			limit := signal.Fixed(int64(v*1e6+0.5*sign(v))) * 1000
			one.Limit = &limit
		}
		seconds := func(name string, v *float64) *int64 {
			if v == nil {
				return nil
			}
			if *v < 0 || *v > 3600 {
				f.bad(at+"/"+name, string(readings.OutOfRange), "this is no time", "0 to 3600 s")
				return nil
			}
			ns := int64(*v*1e3+0.5) * 1e6
			return &ns
		}
		one.Delay, one.Escalate = seconds("delay_s", e.DelayS), seconds("escalate_s", e.EscalateS)
		if e.Priority != "" {
			p, ok := alarm.ParsePriority(e.Priority)
			if !ok {
				f.bad(at+"/priority", string(readings.OutOfRange), "there is no such priority", "low, medium, high")
			}
			one.Priority = p
		}
		out = append(out, one)
	}
	return out
}

func sign(v float64) float64 {
	if v < 0 {
		return -1
	}
	return 1
}

// faults is the answer to rules that do not hold together.
func faults(err error) error {
	var list alarm.Faults
	var late *alarm.ActionError
	switch {
	case errors.As(err, &list):
		var out []FieldError
		for _, one := range list {
			out = append(out, FieldError{Path: "/edits", Code: "rule", Detail: one.Error()})
		}
		return unprocessable(out)
	case errors.As(err, &late):
		return problem(http.StatusConflict, "changed", "Nothing was changed", late.Text)
	}
	return err
}

func (a *API) profileOf(p *watch.ProfileVersion) AlarmProfile {
	at := stamp(p.At)
	return AlarmProfile{Name: p.Profile.Name, Version: p.Profile.Version, Base: p.Base, Edits: editsOf(p.Edits), Rules: rulesOf(&p.Profile, 0), At: &at, Actor: p.Actor, Reason: a.unseal(p.Reason)}
}

// getAlarmProfiles lists the built-in profiles and every version of the others.
func (a *API) getAlarmProfiles(w http.ResponseWriter, r *http.Request, _ *Caller) error {
	q := ask(r)
	name := q.text("name")
	var list []AlarmProfile
	for _, builtin := range []string{"infant", "child", "adult"} {
		p, err := alarm.Named(builtin)
		if err != nil {
			return err
		}
		list = append(list, AlarmProfile{Name: p.Name, Version: p.Version, Rules: rulesOf(p, 0)})
	}
	made := a.cfg.Alarms.Profiles()
	var names []string
	for n := range made {
		names = append(names, n)
	}
	slices.Sort(names)
	for _, n := range names {
		for i := range made[n] {
			list = append(list, a.profileOf(&made[n][i]))
		}
	}
	if name != "" {
		list = slices.DeleteFunc(list, func(p AlarmProfile) bool { return p.Name != name })
	}
	page, next := part(q, list)
	if err := q.done(); err != nil {
		return err
	}
	return writeList(w, "profiles", page, next)
}

// putAlarmProfile makes a new version of a profile.
func (a *API) putAlarmProfile(w http.ResponseWriter, r *http.Request, who *Caller) error {
	var in NewAlarmProfile
	if err := a.post(w, r, &in); err != nil {
		return err
	}
	var f form
	name := r.PathValue("name")
	if !readings.ValidDevice(name) || len(name) > 64 {
		f.bad("name", string(readings.OutOfRange), "this cannot name a profile", "1 to 64 letters, digits and . _ - : @ ~")
	}
	f.text("reason", in.Reason, true)
	p := watch.ProfileVersion{Base: in.Base, Edits: f.edits(in.Edits)}
	p.Profile.Name = name
	if err := f.done(); err != nil {
		return err
	}
	made, err := a.cfg.Alarms.PutProfile(r.Context(), who.name, a.seal(in.Reason), p)
	if err != nil {
		return faults(err)
	}
	return writeJSON(w, http.StatusCreated, a.profileOf(made))
}

func (a *API) limitsOf(l *watch.Limits) AlarmLimits {
	out := AlarmLimits{Version: l.Version, Profile: l.Profile, Edits: editsOf(l.Edits), AveragingS: float64(l.Averaging) / 1e9, Bed: l.Bed, Gateway: l.Gateway, Beds: l.Beds,
		At: stamp(l.At), Actor: l.Actor, Reason: a.unseal(l.Reason)}
	if l.Device != "" {
		out.Device = &l.Device
	}
	if l.Subject != "" {
		out.Subject = &l.Subject
	}
	return out
}

// getAlarmLimits lists every version of the limits of a device, a subject, or
// the house, the newest first.
func (a *API) getAlarmLimits(w http.ResponseWriter, r *http.Request, who *Caller) error {
	q := ask(r)
	device := ofDevice(q)
	subject, nobody, err := a.subject(r.Context(), who, q.text("subject_id"))
	if err != nil {
		return err
	}
	if device != "" && subject != "" {
		q.bad("subject_id", "duplicate_parameter", "name a device or a subject, or neither for the house", "", "")
	}
	var list []AlarmLimits
	if !nobody {
		for _, l := range slices.Backward(a.cfg.Alarms.Limits(device, subject)) {
			list = append(list, a.limitsOf(&l))
		}
	}
	page, next := part(q, list)
	if err := q.done(); err != nil {
		return err
	}
	return writeList(w, "limits", page, next)
}

// putAlarmLimits makes new limits.
func (a *API) putAlarmLimits(w http.ResponseWriter, r *http.Request, who *Caller) error {
	var in NewAlarmLimits
	if err := a.post(w, r, &in); err != nil {
		return err
	}
	var f form
	if in.Device != "" {
		f.device(in.Device)
	}
	if in.Device != "" && in.Subject != "" {
		f.bad("subject_id", "conflict", "limits are of a device or of a subject", "one of the two, or neither for the house")
	}
	if in.Device == "" && (in.Bed != "" || in.Gateway != "" || in.AveragingS != 0) {
		f.bad("device_id", "missing_field", "bed, gateway and averaging_s are those of a device", "")
	}
	f.text("reason", in.Reason, true)
	f.beds(in)
	if len(in.Bed) > 64 || len(in.Gateway) > 64 {
		f.bad("bed", string(readings.TooLong), "this is too long", "64 bytes")
	}
	if in.AveragingS < 0 || in.AveragingS > 60 {
		f.bad("averaging_s", string(readings.OutOfRange), "no device averages so long", "0 to 60 s")
	}
	l := watch.Limits{Device: in.Device, Profile: in.Profile, Edits: f.edits(in.Edits), Averaging: int64(time.Duration(in.AveragingS * 1e9)), Bed: in.Bed, Gateway: in.Gateway, Beds: in.Beds}
	var err error
	if len(f.errs) == 0 {
		if l.Subject, err = a.pseudonym(r, &f, in.Subject); err != nil {
			return err
		}
	}
	if err := f.done(); err != nil {
		return err
	}
	made, err := a.cfg.Alarms.PutLimits(r.Context(), who.name, a.seal(in.Reason), l)
	if err != nil {
		return faults(err)
	}
	return writeJSON(w, http.StatusCreated, a.limitsOf(made))
}

// maxBeds is the number of beds that one house may keep.
const maxBeds = 2000

// beds checks the list of beds of the house.
func (f *form) beds(in NewAlarmLimits) {
	if in.Beds != nil && in.Device+in.Subject != "" {
		f.bad("beds", "conflict", "the list of beds is that of the house", "name no device and no subject")
	}
	if len(in.Beds) > maxBeds {
		f.bad("beds", string(readings.TooLong), "these are too many beds", strconv.Itoa(maxBeds))
	}
	seen := map[string]bool{}
	for i, b := range in.Beds {
		at := "beds/" + strconv.Itoa(i)
		switch {
		case strings.TrimSpace(b) != b || b == "" || len(b) > 64 || !utf8.ValidString(b):
			f.bad(at, string(readings.OutOfRange), "this cannot name a bed", "1 to 64 bytes without spaces around them")
		case seen[b]:
			f.bad(at, "duplicate", "this bed is named twice", "each once")
		}
		seen[b] = true
	}
}

// getAlarmRules answers with the rules in force for a device.
func (a *API) getAlarmRules(w http.ResponseWriter, r *http.Request, _ *Caller) error {
	in, ok := a.cfg.Alarms.Rules(r.PathValue("device_id"))
	if !ok {
		return notFound("no reading of this device has come")
	}
	return writeJSON(w, http.StatusOK, AlarmProfile{Name: in.Profile.Name, Version: in.Profile.Version, Rules: rulesOf(&in.Profile, in.Averaging)})
}

// getAlarmReport counts alarms.
func (a *API) getAlarmReport(w http.ResponseWriter, r *http.Request, _ *Caller) error {
	q := ask(r)
	q.used["what_if"] = true
	list := q.values["what_if"]
	from, to := q.span()
	for _, text := range list {
		if _, err := watch.ParseWhatIf(text); err != nil {
			q.bad("what_if", string(readings.OutOfRange), err.Error(), text, "")
		}
	}
	if len(list) > 8 {
		q.bad("what_if", string(readings.OutOfRange), "these are too many at once", "", "8")
	}
	if err := q.done(); err != nil {
		return err
	}
	if a.cfg.Report == nil {
		return notFound("this server makes no reports of alarms")
	}
	rep, err := a.cfg.Report(r.Context(), list, from, to)
	var wrong alarm.Faults
	if errors.As(err, &wrong) {
		q.bad("what_if", "rule", err.Error(), "", "")
		return q.done()
	}
	if err != nil {
		return err
	}
	return writeJSON(w, http.StatusOK, rep)
}
