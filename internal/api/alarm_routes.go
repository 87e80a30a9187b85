package api

import (
	"net/http"

	"pleth/internal/watch"
)

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
	invalid := answer{http.StatusUnprocessableEntity, "Fields or rules that are not valid; errors lists every fault, of rules in words with the word.", nil}
	changed := answer{http.StatusConflict, "Somebody has changed it at the same moment.", nil}
	noObject := answer{http.StatusBadRequest, "Not a JSON object.", nil}
	list := []route{
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
		{method: "GET", path: "/api/v1/alarm-profiles", id: "getAlarmProfiles", tag: "alarms", summary: "Sets of rules: the built-in ones, and every version of those that were made",
			params:  []param{{name: "name", in: "query", about: "Of this name alone."}, byLimit, byCursor},
			answers: []answer{{http.StatusOK, "One page.", []content{{media: mediaJSON, schema: page("profiles", AlarmProfile{})}}}, badParameters}, handle: (*API).getAlarmProfiles},
		{method: "PUT", path: "/api/v1/alarm-profiles/{name}", id: "putAlarmProfile", tag: "alarms", summary: "Makes a new version of a set of rules", params: []param{{name: "name", in: "path"}}, body: jsonOf(NewAlarmProfile{}),
			answers: []answer{{http.StatusCreated, "Logged; it comes into force for every device that has it.", jsonOf(AlarmProfile{})}, noObject, invalid, changed}, handle: (*API).putAlarmProfile},
		{method: "GET", path: "/api/v1/alarm-limits", id: "getAlarmLimits", tag: "alarms", summary: "What differs for a device, a subject or the house: every version, the newest first",
			params:  []param{byDevice, bySubject, byLimit, byCursor},
			answers: []answer{{http.StatusOK, "One page.", []content{{media: mediaJSON, schema: page("limits", AlarmLimits{})}}}, badParameters}, handle: (*API).getAlarmLimits},
		{method: "PUT", path: "/api/v1/alarm-limits", id: "putAlarmLimits", tag: "alarms", summary: "Makes new limits in the place of those before", body: jsonOf(NewAlarmLimits{}),
			about:   "Of the profile the device's own goes first, then that of the subject, then that of the house; edits are made in the order house, subject, device.",
			answers: []answer{{http.StatusCreated, "Logged.", jsonOf(AlarmLimits{})}, noObject, invalid, changed}, handle: (*API).putAlarmLimits},
		{method: "GET", path: "/api/v1/alarm-report", id: "getAlarmReport", tag: "alarms", summary: "Alarms per device-hour by condition, time to acknowledge, and what other settings would have given on the same log",
			params:  []param{{name: "what_if", in: "query", about: "delay=15s, spo2.low.delay=20s, spo2.low.limit=88, spo2.low.off, or a name, a colon and a rule in words. May stand several times.", list: true}, fromTime, toTime},
			answers: []answer{{http.StatusOK, "The report. It replays the log: a long one takes its time.", jsonOf(watch.Report{})}, badParameters}, handle: (*API).getAlarmReport},
		{method: "GET", path: "/api/v1/devices/{device_id}/alarm-rules", id: "getAlarmRules", tag: "alarms", summary: "The rules in force for a device, with conditions and delays in words", params: []param{{name: "device_id", in: "path"}},
			answers: []answer{{http.StatusOK, "The rules.", jsonOf(AlarmProfile{})}, missing}, handle: (*API).getAlarmRules},
	}
	for i := range list {
		do := list[i].handle
		list[i].handle = func(a *API, w http.ResponseWriter, r *http.Request, who *Caller) error {
			if a.cfg.Alarms == nil {
				return notFound("this server keeps no alarms")
			}
			return do(a, w, r, who)
		}
	}
	return list
}
