package api

import (
	"net/http"

	"github.com/danielgtaylor/huma/v2"
)

// Parameters that several routes have.
var (
	byDevices = param{name: "device_id", in: "query", list: true, about: "Of these devices; left out: of all."}
	byDevice  = param{name: "device_id", in: "query", about: "Of this device; left out: of all."}
	bySubject = param{name: "subject_id", in: "query", about: "Of this person: a pseudonym, or the identifier that senders use."}
	byMetric  = param{name: "metric", in: "query", list: true, about: "Only these, by the names of the fields: " + metricNames() + "."}
	fromTime  = param{name: "from", in: "query", format: "date-time", about: "Event time, included; left out: from the first."}
	toTime    = param{name: "to", in: "query", format: "date-time", about: "Event time, not included; left out: to the newest."}
	byLimit   = param{name: "limit", in: "query", whole: true, low: float(1), high: float(maxLimit), about: "Entries of a page."}
	byCursor  = param{name: "cursor", in: "query", about: "next_cursor of the page before."}
	byRecord  = param{name: "recording", in: "query", about: "Of this import; empty: of the live streams; left out: of all."}
)

func float(f float64) *float64 { return &f }

// exampleReading is the one of the documentation.
var exampleReading = map[string]any{"device_id": "ECG-001", "patient_id": "P-123", "heart_rate": 130, "spo2": 90, "temperature_c": 38.5, "timestamp": "2025-11-28T20:15:00Z"}

// routes are all routes of this door, in the order of the document.
func routes() []route {
	readingBody := []content{{media: mediaJSON, example: exampleReading, schema: &huma.Schema{OneOf: []*huma.Schema{ref("Reading"), {Type: "array", Items: ref("Reading")}}}}}
	readingAnswers := []answer{
		{http.StatusCreated, "Everything was taken, or was there already; on disk.", jsonOf(Taken{})},
		{http.StatusMultiStatus, "Some readings were taken, others refused: results says which.", jsonOf(Taken{})},
		{http.StatusBadRequest, "Not JSON: nothing was taken.", nil},
		{http.StatusRequestEntityTooLarge, "The body or the list is too long: send it in parts.", nil},
		{http.StatusUnprocessableEntity, "Nothing was accepted; errors lists every field that is wrong.", nil},
		{http.StatusTooManyRequests, "The quota of the key or of a device is used up: send it again after the time of Retry-After.", nil},
	}
	badParameters := answer{http.StatusBadRequest, "Parameters that are not valid; errors lists all of them.", nil}
	missing := answer{http.StatusNotFound, "There is no such thing.", nil}
	invalid := answer{http.StatusUnprocessableEntity, "Fields that are not valid; errors lists them.", nil}
	malformedBody := answer{http.StatusBadRequest, "Not a JSON object.", nil}
	list := func(method, path, id, tag, summary string, params []param, shape any, h func(*API, http.ResponseWriter, *http.Request, *Caller) error) route {
		return route{method: method, path: path, id: id, tag: tag, summary: summary, params: params, handle: h,
			answers: []answer{{http.StatusOK, "One page.", []content{{media: mediaJSON, schema: shape}}}, badParameters}}
	}
	all := []route{
		{method: "POST", path: "/api/v1/devices/{device_id}/readings", id: "postReadings", tag: "readings", once: true,
			summary: "Takes one reading of a device, or a list",
			about:   "Answers when what it accepted is on disk. Readings are checked one by one: a wrong one spoils no other and lies in the dead letters afterwards. A reading that is there already is a duplicate: sending again is always safe. Bodies may be packed with gzip or zstd.",
			params:  []param{{name: "device_id", in: "path", about: "Of all readings."}},
			body:    readingBody, answers: readingAnswers, handle: (*API).postReadings},
		{method: "POST", path: "/api/v1/readings", id: "postReadingsOfDevices", tag: "readings", once: true,
			summary: "Takes readings that each name their device",
			body:    readingBody, answers: readingAnswers, handle: (*API).postReadings},
		{method: "GET", path: "/api/v1/readings", id: "getReadings", tag: "readings", summary: "Raw rows, or buckets where a resolution is asked for",
			about: "Includes everything acknowledged before the request. A raw row is the whole reading under the names of the POST. The form follows Accept: JSON comes in pages; NDJSON, CSV, Arrow and Parquet come whole unless a limit is given, and then the header Link holds the next page.",
			params: []param{byDevices, bySubject, byMetric, fromTime, toTime,
				{name: "resolution", in: "query", about: "Width of a bucket: 10s, 1m, 1h, 1d, or any whole seconds; left out or raw: rows."},
				{name: "worn", in: "query", about: "now: of each device only what is of who wears it now, of nobody where nobody does."}, byLimit, byCursor, byRecord},
			answers: []answer{{http.StatusOK, "Rows in the order of device, recording, event time and sequence; or buckets.", []content{
				{media: mediaJSON, schema: page("readings", &huma.Schema{OneOf: []*huma.Schema{ref("StoredReading"), ref("Bucket")}})},
				{media: mediaNDJSON}, {media: mediaCSV}, {media: mediaArrow}, {media: mediaParquet}}},
				badParameters, {http.StatusNotAcceptable, "No such form.", nil}},
			handle: (*API).getReadings},
		list("GET", "/api/v1/derived", "getDerived", "readings", "Quality, rolling means, rates and calibrated values, derived from the rows",
			[]param{byDevices, bySubject, byMetric, fromTime, toTime, byLimit, byCursor, byRecord}, page("samples", Sample{}), (*API).getDerived),
		list("GET", "/api/v1/latest", "getLatest", "readings", "The newest values of devices", []param{byDevices, byLimit, byCursor}, page("latest", Latest{}), (*API).getLatest),
		{method: "GET", path: "/api/v1/provenance", id: "getProvenance", tag: "readings", summary: "Where one value comes from and what was done to it",
			params: []param{{name: "device_id", in: "query", must: true, about: "Of this device."}, {name: "metric", in: "query", must: true, about: "One of " + metricNames() + "."},
				{name: "at", in: "query", must: true, format: "date-time", about: "Event time of the value."}},
			answers: []answer{{http.StatusOK, "The origin of the value.", jsonOf(Provenance{})}, badParameters, missing}, handle: (*API).getProvenance},

		list("GET", "/api/v1/devices", "getDevices", "devices", "All devices that ever sent or were assigned", []param{bySubject, byLimit, byCursor}, page("devices", Device{}), (*API).getDevices),
		{method: "GET", path: "/api/v1/devices/{device_id}", id: "getDevice", tag: "devices", summary: "One device", params: []param{{name: "device_id", in: "path"}},
			answers: []answer{{http.StatusOK, "What is known of it.", jsonOf(Device{})}, missing}, handle: (*API).getDevice},
		list("GET", "/api/v1/subjects", "getSubjects", "devices", "Persons by pseudonym, with their devices", []param{byLimit, byCursor}, page("subjects", Subject{}), (*API).getSubjects),
		{method: "POST", path: "/api/v1/subjects", id: "postSubject", tag: "devices", summary: "Exchanges an identifier for a pseudonym", body: jsonOf(NewSubject{}),
			answers: []answer{{http.StatusCreated, "The pseudonym; the same identifier has the same one.", jsonOf(Subject{})}, malformedBody, invalid}, handle: (*API).postSubject},
		list("GET", "/api/v1/assignments", "getAssignments", "devices", "Which device was on whom, from when to when", []param{byDevice, bySubject, byLimit, byCursor}, page("assignments", Assignment{}), (*API).getAssignments),
		{method: "POST", path: "/api/v1/assignments", id: "postAssignment", tag: "devices", once: true, summary: "Puts a device on a person, or takes it off", body: jsonOf(NewAssignment{}),
			answers: []answer{{http.StatusCreated, "Logged.", jsonOf(Assignment{})}, malformedBody, invalid}, handle: (*API).postAssignment},
		list("GET", "/api/v1/calibrations", "getCalibrations", "devices", "Calibrations by version", []param{byDevice, byMetric, byLimit, byCursor}, page("calibrations", Calibration{}), (*API).getCalibrations),
		{method: "POST", path: "/api/v1/calibrations", id: "postCalibration", tag: "devices", once: true, summary: "Corrects a metric of a device from an event time on",
			about: "A calibration is never edited: a later version for the same time replaces it for what is derived after it.", body: jsonOf(NewCalibration{}),
			answers: []answer{{http.StatusCreated, "Logged, with its version.", jsonOf(Calibration{})}, malformedBody, invalid}, handle: (*API).postCalibration},

		list("GET", "/api/v1/sessions", "getSessions", "sessions", "Sessions", []param{byDevice, bySubject, fromTime, toTime, byLimit, byCursor}, page("sessions", Session{}), (*API).getSessions),
		{method: "GET", path: "/api/v1/sessions/{session}/analysis", id: "getAnalysis", tag: "sessions", summary: "The analysis document of a session",
			about: "The document that pleth analyze writes. That of an open session is what it would be if it ended now. With from or to it is the document that pleth analyze makes of that part: every figure of it is computed anew by the same core, and no other nights are compared.",
			params: []param{{name: "session", in: "path", about: "Key or id."},
				{name: "from", in: "query", about: "Leave out what comes before: 23:30, 2025-03-06T23:30, an instant with its zone, or +1h30m after the first row."},
				{name: "to", in: "query", about: "Leave out what comes from then on."}},
			answers: []answer{badParameters, {http.StatusOK, "pleth.analysis/1.", []content{{media: mediaJSON, schema: &huma.Schema{Type: "object", Description: "pleth.analysis/1, as pleth schema analysis describes it."}}}}, missing}, handle: (*API).getAnalysis},
		list("GET", "/api/v1/annotations", "getAnnotations", "sessions", "What was noted of instants and stretches", []param{byDevice, bySubject, fromTime, toTime, byLimit, byCursor}, page("annotations", Annotation{}), (*API).getAnnotations),
		{method: "POST", path: "/api/v1/annotations", id: "postAnnotation", tag: "sessions", once: true, summary: "Notes something; its text is sealed on disk", body: jsonOf(NewAnnotation{}),
			answers: []answer{{http.StatusCreated, "Logged.", jsonOf(Annotation{})}, malformedBody, invalid}, handle: (*API).postAnnotation},

		list("GET", "/api/v1/dead-letters", "getDeadLetters", "dead letters", "What was refused, oldest first",
			[]param{byDevice, {name: "door", in: "query", about: "Through which it came: rest, line, mqtt, ndjson, bedside."}, {name: "code", in: "query", about: "With this error among others."},
				{name: "open", in: "query", one: []string{"true", "false"}, about: "true: only what no attempt has settled."}, byLimit, byCursor}, page("dead_letters", Letter{}), (*API).getLetters),
		{method: "GET", path: "/api/v1/dead-letters/{number}", id: "getDeadLetter", tag: "dead letters", summary: "One letter with its bytes and every error", params: []param{{name: "number", in: "path", whole: true}},
			answers: []answer{{http.StatusOK, "The letter.", jsonOf(OpenLetter{})}, missing}, handle: (*API).getLetter},
		{method: "POST", path: "/api/v1/dead-letters/{number}/resubmit", id: "resubmitDeadLetter", tag: "dead letters", once: true, bare: true, summary: "Sends a letter again",
			about:  "With an empty body as it came, which helps where a device has been assigned or a stamp is no longer in the future; else with the readings of the body in its place.",
			params: []param{{name: "number", in: "path", whole: true}, {name: "reason", in: "query", about: "Kept with the attempt."}},
			body:   readingBody, answers: append(readingAnswers[:len(readingAnswers):len(readingAnswers)], missing), handle: (*API).resubmit},
		{method: "POST", path: "/api/v1/dead-letters/drop", id: "dropDeadLetters", tag: "dead letters", summary: "Removes letters for good; who and why is kept", body: jsonOf(DropLetters{}),
			answers: []answer{{http.StatusOK, "Removed.", jsonOf(Dropped{})}, malformedBody, invalid}, handle: (*API).dropLetters},

		{method: "GET", path: "/openapi.json", id: "getOpenAPI", tag: "server", public: true, summary: "This document", answers: []answer{{http.StatusOK, "OpenAPI 3.1.", []content{{media: mediaJSON, schema: &huma.Schema{Type: "object"}}}}}, handle: (*API).getOpenAPI},
		{method: "GET", path: "/docs", id: "getDocs", tag: "server", public: true, summary: "This document to read", answers: []answer{{http.StatusOK, "A page.", []content{{media: "text/html"}}}}, handle: (*API).getDocs},
		{method: "GET", path: "/docs/rapidoc.js", id: "getViewer", tag: "server", public: true, summary: "The program of /docs", answers: []answer{{http.StatusOK, "A script.", []content{{media: "text/javascript"}}}}, handle: (*API).getViewer},
		{method: "POST", path: "/api/v1/sign-in", id: "signIn", tag: "server", public: true, summary: "Exchanges a key for a cookie that lets this browser in until it is closed", body: jsonOf(SignIn{}),
			answers: []answer{{http.StatusNoContent, "The cookie is set.", nil}, {http.StatusUnauthorized, "No such key.", nil}, malformedBody, invalid}, handle: (*API).signIn},
		{method: "DELETE", path: "/api/v1/sign-in", id: "signOut", tag: "server", public: true, summary: "Takes the cookie away",
			answers: []answer{{http.StatusNoContent, "The cookie is gone.", nil}}, handle: (*API).signOut},
		{method: "GET", path: "/{$}", id: "getStart", tag: "server", public: true, summary: "Takes the token of the address into a cookie and shows the first page",
			params:  []param{{name: "token", in: "query", about: "As the server printed it."}},
			answers: []answer{{http.StatusSeeOther, "To the first page.", nil}}, handle: (*API).enter},
	}
	return append(append(all, alarmRoutes()...), integrationRoutes()...)
}
