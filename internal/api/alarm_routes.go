package api

import "net/http"

// alarmRoutes are the routes of alarms.
func alarmRoutes() []route {
	badParameters := answer{http.StatusBadRequest, "Parameters that are not valid; errors lists all of them.", nil}
	missing := answer{http.StatusNotFound, "There is no such alert.", nil}
	alert := param{name: "alert", in: "path", about: "Id of the alert."}
	act := func(verb, id, summary, about string) route {
		return route{method: "POST", path: "/api/v1/alerts/{alert}/" + verb, id: id, tag: "alarms", once: true, summary: summary, about: about, params: []param{alert}, body: jsonOf(AlertAction{}),
			answers: []answer{{http.StatusCreated, "Logged; the alert as it stands now.", jsonOf(Alert{})}, {http.StatusBadRequest, "Not a JSON object.", nil}, missing,
				{http.StatusConflict, "The alarm is over (alert-cleared), or somebody was first (alert-acknowledged), and who.", nil},
				{http.StatusUnprocessableEntity, "Fields that are not valid; errors lists them.", nil}},
			handle: (*API).postAlert}
	}
	return []route{
		{method: "GET", path: "/api/v1/alerts", id: "getAlerts", tag: "alarms", summary: "Alarms, the newest first",
			about: "What is said of the newest readings may change until the lateness bound has passed: final says so. Pending alarms are listed where state asks for them.",
			params: []param{byDevice, bySubject, {name: "state", in: "query", list: true, one: states, about: "In these states; left out: all but pending."},
				{name: "priority", in: "query", list: true, one: []string{"low", "medium", "high"}, about: "Of these priorities; left out: of all."},
				{name: "from", in: "query", format: "date-time", about: "Onset, included."}, {name: "to", in: "query", format: "date-time", about: "Onset, not included."}, byLimit, byCursor},
			answers: []answer{{http.StatusOK, "One page.", []content{{media: mediaJSON, schema: page("alerts", Alert{})}}}, badParameters}, handle: (*API).getAlerts},
		{method: "GET", path: "/api/v1/alerts/{alert}", id: "getAlert", tag: "alarms", summary: "One alarm with every step and the samples around it", params: []param{alert},
			answers: []answer{{http.StatusOK, "The alert.", jsonOf(Alert{})}, missing}, handle: (*API).getAlert},
		act("ack", "acknowledgeAlert", "Takes an alarm over: it is seen", "A latched alarm and a spot check are cleared by it. An acknowledged alarm that still holds reminds after 15 minutes."),
		act("silence", "silenceAlert", "Keeps an alarm quiet until a time", "Counts for its rule at its priority: should it become more urgent, it sounds."),
		act("note", "noteAlert", "Notes something of an alarm", "Also of one that is over. The text is sealed on disk."),
	}
}
