package api

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"pleth"
	"pleth/internal/eventlog"
	"pleth/internal/intake/readings"
	"pleth/internal/reading"
	"pleth/internal/road"
)

// Assignment says that a device is on a subject.
type Assignment struct {
	Device  string  `json:"device_id"`
	Subject *string `json:"subject_id" doc:"Pseudonym; null: taken off."`
	Label   string  `json:"label,omitempty" doc:"What screens call the person, such as initials; sealed on disk."`
	From    string  `json:"from"`
	To      *string `json:"to" doc:"null: until the next one."`
}

// NewAssignment is what is posted for one.
type NewAssignment struct {
	Device  string  `json:"device_id"`
	Subject *string `json:"subject_id" required:"false" nullable:"true" doc:"Pseudonym or identifier of the person, which is exchanged for one; null: taken off."`
	Label   string  `json:"label,omitempty" required:"false" doc:"What screens call the person, such as initials: up to 16 letters, never the name."`
	From    string  `json:"from" required:"false" doc:"RFC 3339; left out: now."`
	To      string  `json:"to" required:"false" doc:"RFC 3339; left out: until the next one."`
	Reason  string  `json:"reason" required:"false"`
}

// Calibration corrects one metric of one device.
type Calibration struct {
	Device  string        `json:"device_id"`
	Metric  string        `json:"metric"`
	Version int           `json:"version"`
	From    string        `json:"from"`
	Offset  json.Number   `json:"offset"`
	Gain    json.Number   `json:"gain"`
	Poly    []json.Number `json:"poly" doc:"Coefficients from the constant term up, applied before gain and offset."`
	Reason  string        `json:"reason"`
	Actor   string        `json:"actor"`
}

// NewCalibration is what is posted for one: value = poly(value) * gain + offset.
type NewCalibration struct {
	Device string        `json:"device_id"`
	Metric string        `json:"metric"`
	From   string        `json:"from" doc:"RFC 3339: event time from which it holds."`
	Offset json.Number   `json:"offset" required:"false"`
	Gain   json.Number   `json:"gain" required:"false" doc:"Left out: 1."`
	Poly   []json.Number `json:"poly" required:"false"`
	Reason string        `json:"reason"`
}

// Annotation is what somebody noted.
type Annotation struct {
	ID      string  `json:"id"`
	Device  string  `json:"device_id"`
	Subject *string `json:"subject_id"`
	From    string  `json:"from"`
	To      *string `json:"to" doc:"null: an instant."`
	Text    string  `json:"text"`
	Author  string  `json:"author"`
}

// NewAnnotation is what is posted for one.
type NewAnnotation struct {
	Device  string `json:"device_id"`
	Subject string `json:"subject_id" required:"false"`
	From    string `json:"from"`
	To      string `json:"to" required:"false"`
	Text    string `json:"text"`
	Author  string `json:"author" required:"false" doc:"Left out: the name of the key."`
}

// maxText is the length of a note or a reason.
const maxText = 4096

// maxLabel is the length of what screens call a person, letters.
const maxLabel = 16

// form is a posted object whose mistakes are collected.
type form struct{ errs []FieldError }

func (f *form) bad(path, code, detail, allowed string) {
	f.errs = append(f.errs, FieldError{Path: "/" + path, Code: code, Detail: detail, Allowed: allowed})
}

func (f *form) done() error {
	if len(f.errs) == 0 {
		return nil
	}
	return unprocessable(f.errs)
}

// post reads the posted object into to. Unknown fields and wrong types are
// answered; the rest is for the form.
func (a *API) post(w http.ResponseWriter, r *http.Request, to any) error {
	if err := takesJSON(r); err != nil {
		return err
	}
	body, release, err := a.body(w, r)
	if err != nil {
		return err
	}
	defer release()
	dec := json.NewDecoder(bytes.NewReader(body))
	dec.DisallowUnknownFields()
	err = dec.Decode(to)
	if err == nil {
		if _, err = dec.Token(); errors.Is(err, io.EOF) {
			return nil
		}
		return malformed("something follows the end of the object")
	}
	var wrong *json.UnmarshalTypeError
	var syntax *json.SyntaxError
	unknown, isUnknown := strings.CutPrefix(err.Error(), "json: unknown field ")
	switch {
	case errors.As(err, &wrong):
		return unprocessable([]FieldError{{Path: "/" + strings.ReplaceAll(wrong.Field, ".", "/"), Code: string(readings.WrongType), Detail: "this must not be a " + wrong.Value, Allowed: wrong.Type.String()}})
	case isUnknown:
		return unprocessable([]FieldError{{Path: "/" + strings.Trim(unknown, `"`), Code: string(readings.UnknownField), Detail: "there is no such field"}})
	case errors.As(err, &syntax):
		return malformed(syntax.Error())
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return malformed("the body ends before the object does")
	}
	return malformed("this is no JSON object of the kind that is posted here")
}

// time reads a stamp; def where it is not said.
func (f *form) time(path, text string, def int64) int64 {
	if text == "" {
		if def == 0 {
			f.bad(path, "missing_field", "this is needed", "RFC 3339 with a zone")
		}
		return def
	}
	t, err := time.Parse(time.RFC3339Nano, text)
	if err != nil || t.Year() < 1970 || t.Year() > 2261 {
		f.bad(path, string(readings.BadTimestamp), "this is no time", "RFC 3339 with a zone, such as 2025-11-28T20:15:00Z")
		return 0
	}
	return t.UnixNano()
}

// end reads a stamp that may be left out: 0.
func (f *form) end(path, text string, from int64) int64 {
	if text == "" {
		return 0
	}
	t := f.time(path, text, 1)
	if t != 0 && t <= from {
		f.bad(path, "out_of_range", "the end is not after the beginning", "a time after from")
	}
	return t
}

func (f *form) device(id string) {
	switch {
	case id == "":
		f.bad("device_id", string(readings.MissingDevice), "this is needed", "")
	case !readings.ValidDevice(id):
		f.bad("device_id", string(readings.BadDevice), "this cannot name a device", "1 to 128 letters, digits and . _ - : @ ~")
	}
}

func (f *form) text(path, text string, must bool) {
	switch {
	case must && strings.TrimSpace(text) == "":
		f.bad(path, "missing_field", "this is needed", "")
	case len(text) > maxText:
		f.bad(path, string(readings.TooLong), "this is too long", "4096 bytes")
	}
}

// seal returns a text of a person for the log, where nobody's name may stand
// in plain; unseal is its inverse, for texts of others too.
func (a *API) seal(text string) string {
	if text == "" {
		return ""
	}
	return sealedMark + base64.RawStdEncoding.EncodeToString(a.cfg.People.Seal([]byte(text)))
}

const sealedMark = "sealed:"

func (a *API) unseal(text string) string {
	b, ok := strings.CutPrefix(text, sealedMark)
	if !ok {
		return text
	}
	raw, err := base64.RawStdEncoding.DecodeString(b)
	if err == nil {
		raw, err = a.cfg.People.Open(raw)
	}
	if err != nil {
		return "(does not open: the identity key is another)"
	}
	return string(raw)
}

// pseudonym exchanges what a sender calls a person.
func (a *API) pseudonym(r *http.Request, f *form, id string) (string, error) {
	if id == "" || readings.IsPseudonym(id) {
		return id, nil
	}
	if len(id) > readings.MaxText {
		f.bad("subject_id", string(readings.TooLong), "this is too long", "256 bytes")
		return "", nil
	}
	names, err := a.cfg.People.Pseudonyms(r.Context(), []string{id})
	if err != nil {
		return "", err
	}
	return names[0], nil
}

// Sealed returns a text about a person for the log, as this door writes it.
func (a *API) Sealed(text string) string { return a.seal(text) }

// record appends a control record.
func (a *API) record(r *http.Request, who *Caller, device, kind, reason string, payload any) error {
	_, err := a.cfg.Road.Control(r.Context(), reading.Partition{Device: device}, eventlog.Control{Kind: kind, Actor: who.name, Reason: a.seal(reason), Payload: appendJSON(nil, payload)})
	var refused *road.ErrControl
	if errors.As(err, &refused) {
		return unprocessable([]FieldError{{Code: "refused", Detail: refused.What}})
	}
	return err
}

func (a *API) postAssignment(w http.ResponseWriter, r *http.Request, who *Caller) error {
	var in NewAssignment
	if err := a.post(w, r, &in); err != nil {
		return err
	}
	var f form
	f.device(in.Device)
	f.text("reason", in.Reason, false)
	if utf8.RuneCountInString(in.Label) > maxLabel {
		f.bad("label", string(readings.TooLong), "this is too long", "16 letters: initials, not the name")
	}
	as := road.Assignment{Device: in.Device, Label: a.seal(strings.TrimSpace(in.Label)), Request: requestOf(r, who), From: f.time("from", in.From, a.cfg.Clock().UnixNano())}
	as.To = f.end("to", in.To, as.From)
	var err error
	if in.Subject != nil && len(f.errs) == 0 {
		if as.Subject, err = a.pseudonym(r, &f, *in.Subject); err != nil {
			return err
		}
	}
	if err := f.done(); err != nil {
		return err
	}
	for _, one := range a.cfg.Road.Assignments(in.Device) {
		if as.Request != "" && one.Request == as.Request {
			return writeJSON(w, http.StatusCreated, a.assignmentOf(&one))
		}
	}
	if err := a.record(r, who, in.Device, eventlog.KindAssignment, in.Reason, as); err != nil {
		return err
	}
	return writeJSON(w, http.StatusCreated, a.assignmentOf(&as))
}

func (a *API) assignmentOf(as *road.Assignment) Assignment {
	out := Assignment{Device: as.Device, Label: a.unseal(as.Label), From: stamp(as.From), To: stampOr(as.To)}
	if as.Subject != "" {
		out.Subject = &as.Subject
	}
	return out
}

func (a *API) postCalibration(w http.ResponseWriter, r *http.Request, who *Caller) error {
	var in NewCalibration
	if err := a.post(w, r, &in); err != nil {
		return err
	}
	var f form
	f.device(in.Device)
	f.text("reason", in.Reason, true)
	m, ok := metricNamed(in.Metric)
	if !ok {
		f.bad("metric", "unknown_metric", "there is no such metric", metricNames())
		m = pleth.SpO2
	}
	c := road.Calibration{Device: in.Device, Request: requestOf(r, who), Metric: reading.FieldOf(m).Name, From: f.time("from", in.From, 0), Offset: in.Offset.String(), Gain: in.Gain.String()}
	if c.Offset == "" {
		c.Offset = "0"
	}
	for i, n := range append([]json.Number{json.Number(c.Offset), in.Gain}, in.Poly...) {
		if _, ok := pleth.ParseValue([]byte(n)); !ok && n != "" {
			f.bad([]string{"offset", "gain", "poly"}[min(i, 2)], string(readings.OutOfRange), "this number does not fit", "a decimal of up to 18 digits")
		}
		if i >= 2 {
			c.Poly = append(c.Poly, n.String())
		}
	}
	if err := f.done(); err != nil {
		return err
	}
	for _, one := range a.cfg.Road.Calibrations(in.Device) {
		if c.Request != "" && one.Request == c.Request {
			return writeJSON(w, http.StatusCreated, a.calibrationOf(&one))
		}
	}
	if err := a.record(r, who, in.Device, eventlog.KindCalibration, in.Reason, c); err != nil {
		return err
	}
	// The road gave it its version.
	all := a.cfg.Road.Calibrations(in.Device)
	for _, one := range slices.Backward(all) {
		if one.Metric == c.Metric && one.From == c.From && one.Offset == c.Offset && one.Gain == c.Gain {
			return writeJSON(w, http.StatusCreated, a.calibrationOf(&one))
		}
	}
	return writeJSON(w, http.StatusCreated, a.calibrationOf(&c))
}

func (a *API) calibrationOf(c *road.Calibration) Calibration {
	number := func(s, def string) json.Number {
		if s == "" {
			s = def
		}
		return json.Number(s)
	}
	out := Calibration{Device: c.Device, Metric: c.Metric, Version: c.Version, From: stamp(c.From), Offset: number(c.Offset, "0"), Gain: number(c.Gain, "1"),
		Poly: []json.Number{}, Reason: a.unseal(c.Reason), Actor: c.Actor}
	for _, p := range c.Poly {
		out.Poly = append(out.Poly, json.Number(p))
	}
	return out
}

func (a *API) postAnnotation(w http.ResponseWriter, r *http.Request, who *Caller) error {
	var in NewAnnotation
	if err := a.post(w, r, &in); err != nil {
		return err
	}
	var f form
	f.device(in.Device)
	f.text("text", in.Text, true)
	f.text("author", in.Author, false)
	if in.Author == "" {
		in.Author = who.name
	}
	n := road.Annotation{Device: in.Device, Request: requestOf(r, who), From: f.time("from", in.From, 0), Text: a.seal(in.Text), Author: a.seal(in.Author)}
	n.To = f.end("to", in.To, n.From)
	var err error
	if len(f.errs) == 0 {
		if n.Subject, err = a.pseudonym(r, &f, in.Subject); err != nil {
			return err
		}
	}
	if err := f.done(); err != nil {
		return err
	}
	for _, one := range a.cfg.Road.Annotations(in.Device) {
		if n.Request != "" && one.Request == n.Request {
			return writeJSON(w, http.StatusCreated, a.annotationOf(&one))
		}
	}
	if err := a.record(r, who, in.Device, eventlog.KindAnnotation, "", n); err != nil {
		return err
	}
	for _, one := range slices.Backward(a.cfg.Road.Annotations(in.Device)) {
		if one.From == n.From && one.To == n.To && one.Text == n.Text && one.Author == n.Author {
			return writeJSON(w, http.StatusCreated, a.annotationOf(&one))
		}
	}
	return writeJSON(w, http.StatusCreated, a.annotationOf(&n))
}

func (a *API) annotationOf(n *road.Annotation) Annotation {
	out := Annotation{ID: n.ID, Device: n.Device, From: stamp(n.From), To: stampOr(n.To), Text: a.unseal(n.Text), Author: a.unseal(n.Author)}
	if n.Subject != "" {
		out.Subject = &n.Subject
	}
	return out
}
