package api

import (
	"net/http"

	"pleth/internal/reconcile/desk"
)

// integrationRoutes are the routes of integrations and their incidents.
func integrationRoutes() []route {
	missing := answer{http.StatusNotFound, "There is no such thing.", nil}
	wrong := answer{http.StatusBadRequest, "Parameters that are not valid; errors lists all of them.", nil}
	invalid := answer{http.StatusUnprocessableEntity, "Fields that are not valid; errors lists them.", nil}
	noObject := answer{http.StatusBadRequest, "Not a JSON object.", nil}
	conflict := answer{http.StatusConflict, "It cannot be, and why; nothing was changed.", nil}
	scope := answer{http.StatusForbidden, "The key may only ask.", nil}
	name := param{name: "integration", in: "path", about: "Name of the integration."}
	number := param{name: "incident", in: "path", whole: true, about: "Number of the incident."}
	one := []answer{{http.StatusOK, "The integration.", jsonOf(IntegrationDetail{})}, missing, wrong}
	list := []route{
		{method: "GET", path: "/api/v1/integrations", id: "getIntegrations", tag: "integrations", summary: "Everything on one page: groups, colours, strips of eight hours",
			about:   "A check that failed or did not run is red, never green. Grey is paused or not set up.",
			answers: []answer{{http.StatusOK, "The page.", jsonOf(desk.Overview{})}}, handle: (*API).getIntegrations},
		{method: "GET", path: "/api/v1/integrations/{integration}", id: "getIntegration", tag: "integrations", summary: "One integration", params: []param{name, {name: "hours", in: "query", whole: true, low: float(1), high: float(960), about: "Length of the strip; 8."}},
			answers: one, handle: (*API).getIntegration},
		{method: "POST", path: "/api/v1/integrations/{integration}/checks", id: "postCheck", tag: "integrations", once: true, bare: true, summary: "Has an integration checked soon", about: "Asking twice is asking once.", params: []param{name}, body: jsonOf(NewCheck{}),
			answers: []answer{{http.StatusAccepted, "It will be.", jsonOf(map[string]any{})}, missing, scope}, handle: (*API).postCheck},
		{method: "POST", path: "/api/v1/integration-checks", id: "postChecks", tag: "integrations", once: true, bare: true, summary: "Has every integration checked soon", body: jsonOf(NewCheck{}),
			answers: []answer{{http.StatusAccepted, "They will be.", jsonOf(map[string]any{})}, scope}, handle: (*API).postCheck},
		{method: "POST", path: "/api/v1/integrations/{integration}/pause", id: "postPause", tag: "integrations", once: true, summary: "Pauses an integration until a time, or ends the pause", params: []param{name}, body: jsonOf(NewPause{}),
			answers: append([]answer{invalid, scope}, one...), handle: (*API).postPause},
		{method: "GET", path: "/api/v1/integrations/{integration}/checks", id: "getChecks", tag: "integrations", summary: "The last checks, the newest first", params: []param{name, byLimit},
			answers: []answer{{http.StatusOK, "Checks.", []content{{media: mediaJSON, schema: page("checks", desk.Check{})}}}, missing, wrong}, handle: (*API).getChecks},
		{method: "GET", path: "/api/v1/integrations/{integration}/delays", id: "getIntegrationDelays", tag: "integrations", summary: "How long records took to arrive, by five minutes", params: []param{name, {name: "hours", in: "query", whole: true, low: float(1), high: float(72), about: "How far back; 8."}},
			answers: []answer{{http.StatusOK, "The delays.", jsonOf(desk.Delays{})}, missing, wrong}, handle: (*API).getDelays},
		{method: "GET", path: "/api/v1/integrations/{integration}/buckets", id: "getIntegrationBuckets", tag: "integrations", summary: "The matrix of days and channels, with what both sides have", params: []param{name,
			{name: "from", in: "query", format: "date", about: "First day."}, {name: "to", in: "query", format: "date", about: "Last day."}},
			answers: []answer{{http.StatusOK, "Buckets, by day and channel.", []content{{media: mediaJSON, schema: page("buckets", desk.BucketState{})}}}, missing, wrong}, handle: (*API).getMatrix},
		{method: "GET", path: "/api/v1/integrations/{integration}/findings", id: "getFindings", tag: "integrations", summary: "What is wrong, the newest first", params: []param{name,
			{name: "day", in: "query", format: "date"}, {name: "channel", in: "query"}, {name: "class", in: "query"}, {name: "closed", in: "query", one: []string{"true", "false"}, about: "Those that are over, too."}, byLimit},
			answers: []answer{{http.StatusOK, "Findings.", []content{{media: mediaJSON, schema: page("findings", DeskFinding{})}}}, missing, wrong}, handle: (*API).getFindings},
		{method: "GET", path: "/api/v1/integrations/{integration}/findings/{finding}", id: "getFinding", tag: "integrations", summary: "The record of a finding as both sides have it now, side by side, and what happened to it",
			params: []param{name, {name: "finding", in: "path"}}, answers: []answer{{http.StatusOK, "The record.", jsonOf(desk.Timeline{})}, missing}, handle: (*API).getTimeline},
		{method: "GET", path: "/api/v1/integration-summary", id: "getIntegrationSummary", tag: "integrations", summary: "What happened in the last day or week", params: []param{{name: "period", in: "query", one: []string{"day", "week"}}, {name: "form", in: "query", one: []string{"json", "html", "pdf"}}},
			answers: []answer{{http.StatusOK, "The summary.", []content{{media: mediaJSON, schema: desk.Summary{}}, {media: "text/html"}, {media: "application/pdf"}}}, wrong}, handle: (*API).getSummary},
		{method: "GET", path: "/api/v1/incidents", id: "getIncidents", tag: "integrations", summary: "Incidents, the newest first: also what mended this the last time", params: []param{
			{name: "integration", in: "query"}, {name: "state", in: "query"}, {name: "class", in: "query"}, {name: "over", in: "query", one: []string{"true", "false"}}, {name: "q", in: "query", about: "In titles, owners, causes and notes, or the key of a record."}, byLimit, byCursor},
			answers: []answer{{http.StatusOK, "One page.", []content{{media: mediaJSON, schema: page("incidents", IncidentLine{})}}}, wrong}, handle: (*API).getIncidents},
		{method: "GET", path: "/api/v1/incidents/{incident}", id: "getIncident", tag: "integrations", summary: "One incident with its steps, mends, findings and messages", params: []param{number},
			answers: []answer{{http.StatusOK, "The incident.", jsonOf(IncidentDetail{})}, missing}, handle: (*API).getIncident},
		{method: "POST", path: "/api/v1/incidents/{incident}/actions", id: "postIncidentAction", tag: "integrations", once: true, summary: "Acknowledges, notes, assigns, accepts or resolves an incident", about: "Every step stays in its history.", params: []param{number}, body: jsonOf(IncidentAction{}),
			answers: []answer{{http.StatusCreated, "The incident as it stands now.", jsonOf(IncidentDetail{})}, noObject, missing, conflict, invalid, scope}, handle: (*API).postIncident},
		{method: "POST", path: "/api/v1/incidents/{incident}/mends", id: "postMend", tag: "integrations", once: true, dry: true, summary: "Mends an incident, or says what that would do", about: "Doing it twice is doing it once. The incident is over when a check of the same buckets finds nothing any more. An override waits for a second person.", params: []param{number}, body: jsonOf(NewMend{}),
			answers: []answer{{http.StatusOK, "What would happen.", jsonOf(desk.Mend{})}, {http.StatusCreated, "What was done, or is proposed.", jsonOf(desk.Mend{})}, noObject, missing, conflict, invalid, scope}, handle: (*API).postMend},
		{method: "POST", path: "/api/v1/incidents/{incident}/mends/{mend}/confirm", id: "postMendConfirmation", tag: "integrations", once: true, summary: "Confirms what another person proposed, which is then done", params: []param{number, {name: "mend", in: "path", whole: true}}, body: jsonOf(NewConfirmation{}),
			answers: []answer{{http.StatusCreated, "What was done.", jsonOf(desk.Mend{})}, noObject, missing, conflict, invalid, scope}, handle: (*API).postConfirmation},
	}
	for i := range list {
		do := list[i].handle
		list[i].handle = func(a *API, w http.ResponseWriter, r *http.Request, who *Caller) error {
			if a.cfg.Desk == nil {
				return notFound("this server watches no integrations")
			}
			return do(a, w, r, who)
		}
	}
	return list
}
