package app

import (
	"bytes"
	"cmp"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"pleth/internal/analysis"
	"pleth/internal/api"
	"pleth/internal/evaluate"
	"pleth/internal/export"
	"pleth/internal/report"
	"pleth/internal/report/chart"
	"pleth/internal/road"
)

// nightDoor answers HTTP for what people do with one night: take it away as a
// file, and set it beside others.
type nightDoor struct {
	road *road.Road
	log  *slog.Logger
}

// exportForm is a form that a night is taken away in.
type exportForm struct {
	name, media, ending string
	write               func(w io.Writer, n *road.Night, lang string) error
}

// exportForms are all of them. The tables and reports are those of pleth analyze.
var exportForms = []exportForm{
	{"samples", "text/csv; charset=utf-8", ".samples.csv", func(w io.Writer, n *road.Night, _ string) error { return export.Samples(w, n.Traces) }},
	{"episodes", "text/csv; charset=utf-8", ".episodes.csv", func(w io.Writer, n *road.Night, _ string) error { return export.Episodes(w, n.Document.Sessions) }},
	{"falls", "text/csv; charset=utf-8", ".falls.csv", func(w io.Writer, n *road.Night, _ string) error { return export.Falls(w, n.Document.Sessions) }},
	{"parquet", "application/vnd.apache.parquet", ".parquet", func(w io.Writer, n *road.Night, _ string) error { return export.Parquet(w, n.Document, n.Traces) }},
	{"json", "application/json", ".json", func(w io.Writer, n *road.Night, _ string) error {
		body, err := analysis.Encode(n.Document)
		if err == nil {
			_, err = w.Write(body)
		}
		return err
	}},
	{"pdf", "application/pdf", ".pdf", func(w io.Writer, n *road.Night, lang string) error { return report.PDF(w, reportOf(n, lang)) }},
	{"html", "text/html; charset=utf-8", ".html", func(w io.Writer, n *road.Night, lang string) error { return report.HTML(w, reportOf(n, lang)) }},
}

// reportOf returns what a report of a night is made from. Of a part that has
// several sessions the first one is reported, in a language of
// report.Languages.
func reportOf(n *road.Night, lang string) report.Input {
	in := report.Input{Document: n.Document, Night: n.Traces[0], Language: lang, Strips: map[string]*chart.Strip{}}
	for id, p := range n.Peers {
		in.Strips[id] = p.Strip
	}
	return in
}

// mounts returns what the door answers.
func (d *nightDoor) mounts() []api.Mount {
	var names []string
	for _, f := range exportForms {
		names = append(names, f.name)
	}
	part := []api.Param{{Name: "from", In: "query", About: "Leave out what comes before, as for the analysis."}, {Name: "to", In: "query", About: "Leave out what comes from then on."}}
	missing := "There is no such session, or nothing was measured in that part of it."
	return []api.Mount{
		{Method: "GET", Path: "/api/v1/sessions/{session}/export", ID: "exportSession", Tag: "sessions", Summary: "A session or a part of it as a file",
			About: "The files are those that pleth analyze writes of the same rows, byte for byte.",
			Params: append([]api.Param{{Name: "as", In: "query", About: "One of " + strings.Join(names, ", ") + ".", Required: true},
				{Name: "lang", In: "query", About: "Of pdf and html: one of " + strings.Join(report.Languages(), ", ") + "; left out: en."}}, part...),
			Answers: map[int]string{200: "The file.", 400: "Parameters that are not valid.", 404: missing}, Handle: d.export},
		{Method: "GET", Path: "/api/v1/sessions/{session}/evaluation", ID: "getEvaluation", Tag: "sessions", Summary: "The findings and the summary of a session in words for a reader",
			About:   "They are those of the analysis document, in the language asked for and with moments by the clock of the recording where it has one.",
			Params:  []api.Param{{Name: "lang", In: "query", About: "One of " + strings.Join(evaluate.Languages(), ", ") + "; left out: en."}},
			Answers: map[int]string{200: "The evaluation.", 400: "There is no such language.", 404: missing}, Handle: d.evaluation},
		{Method: "GET", Path: "/api/v1/sessions/{session}/summary", ID: "getSummary", Tag: "sessions", Summary: "A session in a few figures and one small trace",
			Answers: map[int]string{200: "The summary.", 404: missing}, Handle: d.summary},
		{Method: "GET", Path: "/api/v1/sessions/{session}/comparison", ID: "getComparison", Tag: "sessions", Summary: "A session beside other nights of the same person",
			Params: []api.Param{{Name: "align", In: "query", About: "clock (default) or start."},
				{Name: "with", In: "query", About: "Ids of sessions, with commas: only these; left out: the 13 nearest that are fit for it."}},
			Answers: map[int]string{200: "Where it stands, with the traces of all of them.", 400: "Parameters that are not valid.", 404: missing}, Handle: d.comparison},
	}
}

// night returns the session of the address, or answers why not.
func (d *nightDoor) night(w http.ResponseWriter, r *http.Request, part road.Part) *road.Night {
	n, err := d.road.Night(r.Context(), r.PathValue("session"), part)
	switch {
	case err != nil:
		d.fail(w, r, err)
	case len(n.Traces) == 0:
		api.NewProblem(http.StatusNotFound, "no-data", "Nothing was measured there", "ask for more of the session").Write(w)
	default:
		return n
	}
	return nil
}

// fail answers why a night cannot be had.
func (d *nightDoor) fail(w http.ResponseWriter, r *http.Request, err error) {
	switch {
	case r.Context().Err() != nil: // nobody waits any more
	case errors.Is(err, road.ErrNotFound):
		api.NewProblem(http.StatusNotFound, "not-found", "Not found", "there is no such session").Write(w)
	default:
		d.log.Error("a night cannot be shown", "route", r.Pattern, "error", err)
		api.NewProblem(http.StatusInternalServerError, "internal", "Something failed inside", "the log of the server says what; nothing acknowledged is lost").Write(w)
	}
}

// only answers for parameters that nobody asked for.
func only(w http.ResponseWriter, q url.Values, errs []api.FieldError, names ...string) bool {
	for name := range q {
		known := false
		for _, n := range names {
			known = known || n == name
		}
		if !known {
			errs = append(errs, api.FieldError{Path: name, Code: "unknown_parameter", Detail: "there is no such parameter here"})
		}
	}
	if len(errs) > 0 {
		api.NewProblem(http.StatusBadRequest, "parameters", "The parameters are not valid", "see errors", errs...).Write(w)
	}
	return len(errs) == 0
}

// toldSession is what an evaluation says of a session.
type toldSession struct {
	Language string             `json:"language"`
	Findings []analysis.Finding `json:"findings"`
	Summary  analysis.Summary   `json:"summary"`
}

// evaluation answers with the words of a session.
func (d *nightDoor) evaluation(w http.ResponseWriter, r *http.Request, _ *api.Caller) {
	q := r.URL.Query()
	lang := cmp.Or(q.Get("lang"), "en")
	var bad []api.FieldError
	if !slices.Contains(evaluate.Languages(), lang) {
		bad = append(bad, api.FieldError{Path: "lang", Code: "unknown_language", Detail: "nothing is said in it", Value: lang, Allowed: strings.Join(evaluate.Languages(), ", ")})
	}
	if !only(w, q, bad, "lang") {
		return
	}
	doc, err := d.road.Analysis(r.Context(), r.PathValue("session"))
	switch {
	case err != nil:
		d.fail(w, r, err)
		return
	case len(doc.Sessions) == 0:
		api.NewProblem(http.StatusNotFound, "no-data", "Nothing was measured there", "there is nothing to say of this session").Write(w)
		return
	}
	out := toldSession{Language: lang}
	out.Findings, out.Summary = analysis.In(doc, doc.Sessions[0], lang)
	writeAnswer(w, http.StatusOK, out)
}

// export answers with a file.
func (d *nightDoor) export(w http.ResponseWriter, r *http.Request, _ *api.Caller) {
	q := r.URL.Query()
	part, bad := api.PartOf(q)
	var form *exportForm
	for i := range exportForms {
		if exportForms[i].name == q.Get("as") {
			form = &exportForms[i]
		}
	}
	if form == nil {
		bad = append(bad, api.FieldError{Path: "as", Code: "unknown_form", Detail: "there is no such form", Value: q.Get("as"), Allowed: "samples, episodes, falls, parquet, json, pdf, html"})
	}
	lang := cmp.Or(q.Get("lang"), "en")
	if !slices.Contains(report.Languages(), lang) {
		bad = append(bad, api.FieldError{Path: "lang", Code: "unknown_language", Detail: "no report is written in it", Value: lang, Allowed: strings.Join(report.Languages(), ", ")})
	}
	if !only(w, q, bad, "as", "from", "to", "lang") {
		return
	}
	n := d.night(w, r, part)
	if n == nil {
		return
	}
	var body bytes.Buffer
	if err := form.write(&body, n, lang); err != nil {
		d.fail(w, r, err)
		return
	}
	name := "night"
	if s := n.Document.Sessions[0]; s.Start != nil {
		name += "-" + (*s.Start)[:len("2006-01-02")]
	}
	h := w.Header()
	h.Set("Content-Type", form.media)
	h.Set("Cache-Control", "no-store")
	h.Set("Content-Disposition", `attachment; filename="`+name+form.ending+`"`)
	if form.name == "html" {
		h.Set("Content-Security-Policy", "sandbox") // it is to be kept, not run here
	}
	_, _ = w.Write(body.Bytes())
}
