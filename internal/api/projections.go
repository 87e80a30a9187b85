package api

import (
	"net/http"
	"sort"
)

// part returns one page of a list that is in order, and the cursor of the next.
// A cursor is the number of entries before the page: these lists only grow.
func part[T any](q *asked, list []T) ([]T, string) {
	limit := q.limit(maxLimit)
	from := 0
	q.cursor(&from)
	from = max(0, min(from, len(list)))
	to := min(len(list), from+max(limit, 1))
	if to < len(list) {
		return list[from:to], cursorOf(to)
	}
	return list[from:to], ""
}

// ofDevice returns the device that is asked for, "" for all.
func ofDevice(q *asked) string {
	ids := q.devices("device_id")
	if len(ids) > 1 {
		q.bad("device_id", "duplicate_parameter", "name one device, or none for all", "", "")
	}
	if len(ids) == 0 {
		return ""
	}
	return ids[0]
}

func (a *API) getAssignments(w http.ResponseWriter, r *http.Request, who *Caller) error {
	q := ask(r)
	subject, nobody, err := a.subject(r.Context(), who, q.text("subject_id"))
	if err != nil {
		return err
	}
	var list []Assignment
	for _, one := range a.cfg.Road.Assignments(ofDevice(q)) {
		if !nobody && (subject == "" || one.Subject == subject) {
			list = append(list, a.assignmentOf(&one))
		}
	}
	page, next := part(q, list)
	if err := q.done(); err != nil {
		return err
	}
	return writeList(w, "assignments", page, next)
}

func (a *API) getCalibrations(w http.ResponseWriter, r *http.Request, _ *Caller) error {
	q := ask(r)
	metrics := q.metrics("metric")
	var list []Calibration
	for _, one := range a.cfg.Road.Calibrations(ofDevice(q)) {
		m, _ := metricNamed(one.Metric)
		if wanted(metrics, m) {
			list = append(list, a.calibrationOf(&one))
		}
	}
	page, next := part(q, list)
	if err := q.done(); err != nil {
		return err
	}
	return writeList(w, "calibrations", page, next)
}

func (a *API) getAnnotations(w http.ResponseWriter, r *http.Request, who *Caller) error {
	q := ask(r)
	from, to := q.span()
	subject, nobody, err := a.subject(r.Context(), who, q.text("subject_id"))
	if err != nil {
		return err
	}
	var list []Annotation
	for _, one := range a.cfg.Road.Annotations(ofDevice(q)) {
		end := max(one.From, one.To)
		if nobody || subject != "" && one.Subject != subject || end < from || to != 0 && one.From >= to {
			continue
		}
		list = append(list, a.annotationOf(&one))
	}
	page, next := part(q, list)
	if err := q.done(); err != nil {
		return err
	}
	return writeList(w, "annotations", page, next)
}

// Subject is one person, by pseudonym.
type Subject struct {
	ID          string       `json:"subject_id" doc:"Pseudonym: random, says nothing of the person."`
	Devices     []string     `json:"devices" doc:"Whose readings are of this person now."`
	Assignments []Assignment `json:"assignments"`
}

// NewSubject is a person's identifier to be exchanged for a pseudonym.
type NewSubject struct {
	Person string `json:"patient_id" doc:"The identifier of the person, kept in the identity store alone."`
}

// subjects returns who is known to wear or have worn a device, by pseudonym.
func (a *API) subjects() []Subject {
	by := map[string]*Subject{}
	get := func(id string) *Subject {
		if by[id] == nil {
			by[id] = &Subject{ID: id, Devices: []string{}, Assignments: []Assignment{}}
		}
		return by[id]
	}
	for _, d := range a.cfg.Road.Devices() {
		if d.Subject != "" {
			s := get(d.Subject)
			s.Devices = append(s.Devices, d.Device)
		}
	}
	for _, one := range a.cfg.Road.Assignments("") {
		if one.Subject != "" {
			s := get(one.Subject)
			s.Assignments = append(s.Assignments, a.assignmentOf(&one))
		}
	}
	list := make([]Subject, 0, len(by))
	for _, s := range by {
		list = append(list, *s)
	}
	sort.Slice(list, func(i, k int) bool { return list[i].ID < list[k].ID })
	return list
}

func (a *API) getSubjects(w http.ResponseWriter, r *http.Request, _ *Caller) error {
	q := ask(r)
	limit := q.limit(maxLimit)
	var after string
	q.cursor(&after)
	if err := q.done(); err != nil {
		return err
	}
	list := a.subjects()
	from := sort.Search(len(list), func(i int) bool { return list[i].ID > after })
	to := min(len(list), from+limit)
	next := ""
	if to < len(list) {
		next = cursorOf(list[to-1].ID)
	}
	return writeList(w, "subjects", list[from:to], next)
}

// postSubject exchanges an identifier for a pseudonym.
func (a *API) postSubject(w http.ResponseWriter, r *http.Request, _ *Caller) error {
	var in NewSubject
	if err := a.post(w, r, &in); err != nil {
		return err
	}
	var f form
	if in.Person == "" {
		f.bad("patient_id", "missing_field", "this is needed", "")
	}
	id, err := a.pseudonym(r, &f, in.Person)
	if err != nil {
		return err
	}
	if err := f.done(); err != nil {
		return err
	}
	return writeJSON(w, http.StatusCreated, Subject{ID: id, Devices: []string{}, Assignments: []Assignment{}})
}
