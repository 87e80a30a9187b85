package app

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"path"
	"strconv"
	"strings"
	"time"

	"pleth/internal/api"
	"pleth/internal/intake/readings"
	"pleth/internal/pebbledb"
	"pleth/internal/rawfile"
)

// importDoor answers HTTP for imports.
type importDoor struct {
	*importer
	people readings.People
	idle   time.Duration // between two bytes of a body
	wait   time.Duration // how long an answer waits for an import to be done
}

// mounts returns what the door answers.
func (d *importDoor) mounts() []api.Mount {
	const tag = "imports"
	state := map[int]string{200: "The import.", 404: "There is no such import."}
	return []api.Mount{
		{Method: "POST", Path: "/api/v1/import", ID: "postImport", Tag: tag, Summary: "Takes a device file",
			About: "The body is the file, of any kind that `pleth formats` lists. " +
				"With the header Upload-Length and no body the file comes in parts by PATCH. With Prefer: respond-async the answer does not wait.",
			Params: []api.Param{{Name: "filename", In: "query", About: "As the device or the app named it.", Required: true},
				{Name: "device_id", In: "query", About: "Left out: import- and the first 8 digits of the file's SHA-256."},
				{Name: "subject_id", In: "query", About: "The person: a pseudonym or an identifier, which is exchanged for one."},
				{Name: "zone", In: "query", About: "Of the recording's clock, as for pleth analyze."}, {Name: "interval", In: "query", About: "Between rows of a file without times."},
				{Name: "columns", In: "query", About: "Of a CSV: time=t_s,spo2=spo2."}, {Name: "Upload-Length", In: "header", About: "Bytes of a file that comes in parts."},
				{Name: "Prefer", In: "header", About: "respond-async: answer at once."}},
			Media: []string{"application/octet-stream"}, Handle: d.post,
			Answers: map[int]string{200: "Every row was there already.", 201: "Its sessions are complete; or, with Upload-Length, the upload is open.", 202: "It is under way: see Location.", 413: "Too large.", 422: "It cannot be read."}},
		{Method: "POST", Path: "/api/v1/import/sample", ID: "postSample", Tag: tag, Summary: "Imports two weeks of simulated nights, to look around",
			About: "They are of nobody: the simulator makes them, the same ones each time.", Handle: d.sample,
			Answers: map[int]string{200: "They were there already.", 201: "Their sessions are complete.", 202: "It is under way: see Location."}},
		{Method: "GET", Path: "/api/v1/imports", ID: "getImports", Tag: tag, Summary: "Lists imports, the newest first", Handle: d.list, Answers: map[int]string{200: "The imports."}},
		{Method: "GET", Path: "/api/v1/imports/{import_id}", ID: "getImport", Tag: tag, Summary: "Says how far an import is", Handle: d.get, Answers: state},
		{Method: "PATCH", Path: "/api/v1/imports/{import_id}", ID: "patchImport", Tag: tag, Summary: "Takes the next part of a file",
			About:  "The header Upload-Offset says where the part begins: the received_bytes of the import. A part that breaks off is kept as far as it came.",
			Params: []api.Param{{Name: "Upload-Offset", In: "header", About: "Where the part begins.", Required: true}},
			Media:  []string{"application/offset+octet-stream"}, Handle: d.patch,
			Answers: map[int]string{200: "Every row was there already.", 201: "It was the last part, and the sessions are complete.", 202: "More is to come, or it is under way.", 404: "There is no such import.", 409: "The part begins elsewhere: see Upload-Offset."}},
		{Method: "DELETE", Path: "/api/v1/imports/{import_id}", ID: "deleteImport", Tag: tag, Summary: "Drops an upload that has not come whole",
			Handle: d.drop, Answers: map[int]string{204: "Nothing of it is kept.", 404: "There is no such import.", 409: "It has come whole."}},
	}
}

// post takes a file, or opens an upload.
func (d *importDoor) post(w http.ResponseWriter, r *http.Request, who *api.Caller) {
	p, bad := d.params(r, who)
	if len(bad) > 0 {
		importProblem(w, http.StatusUnprocessableEntity, "invalid", "The request is not valid", "see errors; nothing was kept", bad)
		return
	}
	open := r.Header.Get("Upload-Length")
	switch {
	case open != "":
		n, err := strconv.ParseInt(open, 10, 64)
		if err != nil || n < 0 {
			importProblem(w, http.StatusBadRequest, "malformed", "Bad Upload-Length", "send the number of bytes of the file", nil)
			return
		}
		p.Size = n
	case r.ContentLength >= 0:
		p.Size = r.ContentLength
	}
	if p.Size > d.limit {
		importProblem(w, http.StatusRequestEntityTooLarge, "too-large", "Too large", "a file may have "+strconv.FormatInt(d.limit, 10)+" bytes", nil)
		return
	}
	j, err := d.create(p)
	if err != nil {
		d.failed(w, err)
		return
	}
	s, _ := j.look()
	w.Header().Set("Location", "/api/v1/imports/"+s.ID)
	if open != "" && p.Size > 0 {
		d.answer(w, http.StatusCreated, j)
		return
	}
	if err := d.receive(j, 0, d.body(w, r), true); err != nil {
		d.discard(j) // the sender has it all and sends it again
		d.failed(w, err)
		return
	}
	d.settled(w, r, j)
}

// patch takes a part of a file.
func (d *importDoor) patch(w http.ResponseWriter, r *http.Request, _ *api.Caller) {
	j := d.job(r.PathValue("import_id"))
	if j == nil {
		d.unknown(w)
		return
	}
	offset, err := strconv.ParseInt(r.Header.Get("Upload-Offset"), 10, 64)
	if err != nil || offset < 0 {
		importProblem(w, http.StatusBadRequest, "malformed", "Bad Upload-Offset", "say where the part begins: the received_bytes of the import", nil)
		return
	}
	err = d.receive(j, offset, d.body(w, r), false)
	s, _ := j.look()
	w.Header().Set("Upload-Offset", strconv.FormatInt(s.Received, 10))
	switch {
	case errors.Is(err, errOffset), errors.Is(err, errUploading), errors.Is(err, errReceived):
		importProblem(w, http.StatusConflict, "offset", "Not here", err.Error()+"; it stands at "+strconv.FormatInt(s.Received, 10)+" bytes", nil)
	case err != nil:
		d.failed(w, err)
	case s.State == importReceiving:
		d.answer(w, http.StatusAccepted, j)
	default:
		d.settled(w, r, j)
	}
}

// drop forgets an upload that somebody ended. It waits for the part that is on
// its way, which ends with its connection.
func (d *importDoor) drop(w http.ResponseWriter, r *http.Request, _ *api.Caller) {
	j := d.job(r.PathValue("import_id"))
	if j == nil {
		d.unknown(w)
		return
	}
	j.busy.Lock()
	defer j.busy.Unlock()
	if !d.discard(j) {
		importProblem(w, http.StatusConflict, "received", "It has come whole", errReceived.Error()+"; what is imported stays", nil)
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

func (d *importDoor) get(w http.ResponseWriter, r *http.Request, _ *api.Caller) {
	j := d.job(r.PathValue("import_id"))
	if j == nil {
		d.unknown(w)
		return
	}
	s, _ := j.look()
	w.Header().Set("Upload-Offset", strconv.FormatInt(s.Received, 10))
	d.answer(w, http.StatusOK, j)
}

func (d *importDoor) list(w http.ResponseWriter, _ *http.Request, _ *api.Caller) {
	list := []importState{}
	for _, j := range d.all() {
		s, _ := j.look()
		list = append(list, s)
	}
	writeAnswer(w, http.StatusOK, map[string]any{"imports": list, "next_cursor": ""})
}

func (d *importDoor) unknown(w http.ResponseWriter) {
	importProblem(w, http.StatusNotFound, "not-found", "Not found", "there is no such import; uploads that stop are dropped after a day", nil)
}

// params reads what is said of the file.
func (d *importDoor) params(r *http.Request, who *api.Caller) (p importParams, bad []api.FieldError) {
	q := r.URL.Query()
	wrong := func(path, code, detail string) {
		bad = append(bad, api.FieldError{Path: path, Code: code, Detail: detail})
	}
	p = importParams{Filename: path.Base(strings.ReplaceAll(q.Get("filename"), "\\", "/")), Device: q.Get("device_id"), Zone: q.Get("zone"),
		Interval: q.Get("interval"), Columns: q.Get("columns"), Actor: who.Name(), Size: -1}
	for name := range q {
		switch name {
		case "filename", "device_id", "subject_id", "zone", "interval", "columns":
		default:
			wrong(name, "unknown_parameter", "there is no such parameter")
		}
	}
	if q.Get("filename") == "" {
		p.Filename = "upload"
	}
	if len(p.Filename) > 255 {
		wrong("filename", "too_long", "up to 255 bytes")
	}
	if p.Device != "" && !readings.ValidDevice(p.Device) {
		wrong("device_id", string(readings.BadDevice), "1 to 128 letters, digits and . _ - : @ ~")
	}
	o, err := p.options()
	if err == nil {
		_, err = NewAnalyzer(o, d.program, nil)
	}
	if err != nil {
		wrong("zone, interval, columns", "invalid_parameter", strings.TrimPrefix(err.Error(), "--"))
	}
	switch subject := q.Get("subject_id"); {
	case len(bad) > 0, subject == "":
	case readings.IsPseudonym(subject):
		p.Subject = subject
	case len(subject) > readings.MaxText:
		wrong("subject_id", "too_long", "up to 256 bytes")
	default:
		names, err := d.people.Pseudonyms(r.Context(), []string{subject})
		if err != nil {
			wrong("subject_id", "unavailable", "the identity store does not answer; try again")
		} else {
			p.Subject = names[0]
		}
	}
	return p, bad
}

// settled answers once an import is done, or as it is after a while.
func (d *importDoor) settled(w http.ResponseWriter, r *http.Request, j *importJob) {
	ctx, cancel := context.WithTimeout(r.Context(), d.wait)
	defer cancel()
	s, _ := j.look()
	if !strings.Contains(r.Header.Get("Prefer"), "respond-async") {
		s = j.finished(ctx)
	}
	switch {
	case s.State == importDone && s.Accepted+s.Conflict == 0:
		d.answer(w, http.StatusOK, j)
	case s.State == importDone:
		d.answer(w, http.StatusCreated, j)
	case s.State == importFailed:
		importProblem(w, http.StatusUnprocessableEntity, "unreadable", "The file cannot be taken", s.Problem, nil)
	default:
		d.answer(w, http.StatusAccepted, j)
	}
}

// importAnswer is what is told of one import.
type importAnswer struct {
	importState
	Sessions []api.Session `json:"sessions"`
}

func (d *importDoor) answer(w http.ResponseWriter, status int, j *importJob) {
	s, _ := j.look()
	out := importAnswer{importState: s, Sessions: []api.Session{}}
	if s.State == importDone {
		list := s.Sessions
		if list == nil { // done before the last start
			list, _ = d.sessions(context.Background(), s.Parts)
		}
		for i := range list {
			out.Sessions = append(out.Sessions, api.SessionOf(&list[i]))
		}
	}
	writeAnswer(w, status, out)
}

// body returns the body of a request, which may take its time but not stand still.
func (d *importDoor) body(w http.ResponseWriter, r *http.Request) io.Reader {
	return &unhurried{Reader: r.Body, control: http.NewResponseController(w), idle: d.idle, wait: d.wait}
}

// unhurried reads a body of any length, and gives up where nothing comes.
type unhurried struct {
	io.Reader
	control    *http.ResponseController
	idle, wait time.Duration
}

func (u *unhurried) Read(p []byte) (int, error) {
	now := time.Now()
	_ = u.control.SetReadDeadline(now.Add(u.idle))
	_ = u.control.SetWriteDeadline(now.Add(u.idle + 2*u.wait))
	return u.Reader.Read(p)
}

// failed answers where a file could not be received.
func (d *importDoor) failed(w http.ResponseWriter, err error) {
	var timeout interface{ Timeout() bool }
	switch {
	case errors.Is(err, rawfile.ErrTooLong):
		importProblem(w, http.StatusRequestEntityTooLarge, "too-large", "Too large", "more bytes came than were announced or are allowed", nil)
	case errors.As(err, &timeout) && timeout.Timeout():
		importProblem(w, http.StatusRequestTimeout, "idle", "Nothing came", "no byte came for a while; what came is kept where the upload has parts", nil)
	case pebbledb.IsFull(err):
		d.log.Error("an upload failed: the disk is full")
		w.Header().Set("Retry-After", "60")
		importProblem(w, http.StatusServiceUnavailable, "unavailable", "Not now", "the disk of the server is full; send it again after the time of Retry-After, or go on at received_bytes", nil)
	default:
		d.log.Error("an upload failed", "error", kindOf(err))
		importProblem(w, http.StatusInternalServerError, "internal", "The upload broke off", "send it again, or go on at received_bytes", nil)
	}
}

func importProblem(w http.ResponseWriter, status int, kind, title, detail string, fields []api.FieldError) {
	api.NewProblem(status, kind, title, detail, fields...).Write(w)
}

func writeAnswer(w http.ResponseWriter, status int, body any) {
	if w.Header().Get("Content-Type") == "" {
		w.Header().Set("Content-Type", "application/json")
	}
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body)
}
