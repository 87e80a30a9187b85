package api

import (
	"encoding/json"
	"fmt"
	"net/http"
	"reflect"
	"strconv"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"pleth"
	"pleth/internal/analysis"
	"pleth/internal/reading"
)

// document returns the OpenAPI 3.1 document of the routes.
func document(list []route, program analysis.Program) ([]byte, error) {
	schemas := huma.NewMapRegistry("#/components/schemas/", huma.DefaultSchemaNamer)
	schemas.RegisterTypeAlias(reflect.TypeFor[json.Number](), reflect.TypeFor[float64]())
	schemas.Schema(reflect.TypeFor[Bucket](), true, "")
	schemas.Map()["Reading"] = readingSchema(false)
	schemas.Map()["StoredReading"] = readingSchema(true)
	doc := &huma.OpenAPI{
		OpenAPI: "3.1.0",
		Info: &huma.Info{Title: "pleth", Version: program.Version,
			Description: "Readings of oximeters and other sensors of vital signs: in, kept, and out again. pleth summarises and flags; it never diagnoses. Not a medical device."},
		Components: &huma.Components{Schemas: schemas, SecuritySchemes: map[string]*huma.SecurityScheme{
			"token": {Type: "http", Scheme: "bearer", Description: "The token that the server prints when it starts, or that of a key of pleth.yaml."}}},
		Security: []map[string][]string{{"token": {}}},
		Tags:     tags,
		Paths:    map[string]*huma.PathItem{},
	}
	fault := []content{{media: "application/problem+json", schema: Problem{}}}
	for i := range list {
		rt := &list[i]
		op := &huma.Operation{OperationID: rt.id, Tags: []string{rt.tag}, Summary: rt.summary, Description: rt.about, Responses: map[string]*huma.Response{}}
		if rt.public {
			op.Security = []map[string][]string{{}}
		}
		for _, p := range rt.params {
			op.Parameters = append(op.Parameters, p.document())
		}
		if rt.once {
			op.Parameters = append(op.Parameters, &huma.Param{Name: "Idempotency-Key", In: "header", Schema: &huma.Schema{Type: "string"},
				Description: "The same key with the same body gets the first answer again, for a day."})
		}
		if rt.body != nil {
			op.RequestBody = &huma.RequestBody{Required: !rt.bare, Content: contents(rt.body, schemas)}
		}
		for _, an := range rt.answers {
			bodies := an.bodies
			if bodies == nil && an.status >= 400 {
				bodies = fault
			}
			op.Responses[strconv.Itoa(an.status)] = &huma.Response{Description: an.about, Content: contents(bodies, schemas)}
		}
		if !rt.public {
			op.Responses["401"] = &huma.Response{Description: "No token, or one that is not known.", Content: contents(fault, schemas)}
		}
		op.Responses["503"] = &huma.Response{Description: "Busy, recovering or stopping: send it again after the time of Retry-After.", Content: contents(fault, schemas)}
		if err := addOperation(doc, rt, op); err != nil {
			return nil, err
		}
	}
	return doc.MarshalJSON()
}

var tags = []*huma.Tag{
	{Name: "readings", Description: "What devices said, and what is derived from it."},
	{Name: "devices", Description: "Devices, who wears them, and how they are corrected."},
	{Name: "sessions", Description: "Recordings between long gaps and their analysis."},
	{Name: "alarms", Description: "Conditions of the signal that somebody must look at, and what was done about them."},
	{Name: "integrations", Description: "Systems that must agree and pipes that must flow: how they are, what is wrong, what mends it."},
	{Name: "imports", Description: "Whole files of devices."},
	{Name: "dead letters", Description: "What was refused, with its bytes and the reason."},
	{Name: "influx", Description: "Influx line protocol, as Telegraf and the clients of InfluxDB write it."},
	{Name: "server", Description: "The server itself."},
}

func addOperation(doc *huma.OpenAPI, rt *route, op *huma.Operation) error {
	path := strings.TrimSuffix(rt.path, "{$}")
	item := doc.Paths[path]
	if item == nil {
		item = &huma.PathItem{}
		doc.Paths[path] = item
	}
	switch rt.method {
	case http.MethodGet:
		item.Get = op
	case http.MethodPost:
		item.Post = op
	case http.MethodPut:
		item.Put = op
	case http.MethodPatch:
		item.Patch = op
	case http.MethodDelete:
		item.Delete = op
	default:
		return fmt.Errorf("api: no place in the document for %s %s", rt.method, rt.path)
	}
	return nil
}

func (p *param) document() *huma.Param {
	s := &huma.Schema{Type: "string", Format: p.format, Minimum: p.low, Maximum: p.high}
	if p.whole {
		s.Type = "integer"
	}
	for _, v := range p.one {
		s.Enum = append(s.Enum, v)
	}
	out := &huma.Param{Name: p.name, In: p.in, Description: p.about, Required: p.must || p.in == "path", Schema: s}
	if p.list {
		out.Schema = &huma.Schema{Type: "array", Items: s}
		explode := true
		out.Explode = &explode
	}
	return out
}

func contents(list []content, schemas huma.Registry) map[string]*huma.MediaType {
	if len(list) == 0 {
		return nil
	}
	out := map[string]*huma.MediaType{}
	for _, c := range list {
		m := &huma.MediaType{Example: c.example}
		if c.schema != nil {
			m.Schema = schemaOf(c.schema, schemas)
		} else {
			m.Schema = &huma.Schema{Type: "string", Format: "binary"}
			if strings.HasPrefix(c.media, "text/") {
				m.Schema.Format = ""
			}
		}
		out[c.media] = m
	}
	return out
}

// Schema describes a decimal to readers of the document.
func (decimal) Schema(huma.Registry) *huma.Schema {
	return &huma.Schema{Type: "number", Nullable: true, Description: "A decimal number with the digits that were sent; null where nothing was measured."}
}

// paged is the shape of a list: its entries under a name and the cursor of the
// next page.
type paged struct {
	name  string
	entry any // a Go value whose type says the shape, or *huma.Schema
}

func page(name string, entry any) paged { return paged{name, entry} }

func (p paged) schema(schemas huma.Registry) *huma.Schema {
	return &huma.Schema{Type: "object", Required: []string{p.name, "next_cursor"}, Properties: map[string]*huma.Schema{
		p.name:        {Type: "array", Items: schemaOf(p.entry, schemas)},
		"next_cursor": {Type: "string", Description: "Send it as cursor for the next page; empty on the last."},
	}}
}

// schemaOf returns the schema of a shape.
func schemaOf(shape any, schemas huma.Registry) *huma.Schema {
	switch s := shape.(type) {
	case *huma.Schema:
		return s
	case paged:
		return s.schema(schemas)
	}
	return schemas.Schema(reflect.TypeOf(shape), true, "")
}

func ref(name string) *huma.Schema { return &huma.Schema{Ref: "#/components/schemas/" + name} }

// readingSchema is the shape of one reading as it is sent, or as it is stored:
// the fields of package reading under their names.
func readingSchema(stored bool) *huma.Schema {
	text := func(about string) *huma.Schema { return &huma.Schema{Type: "string", Description: about} }
	s := &huma.Schema{Type: "object", Properties: map[string]*huma.Schema{
		"device_id":        text("1 to 128 letters, digits and . _ - : @ ~; may be left out where the address names the device."),
		"timestamp":        {Type: "string", Format: "date-time", Description: "Event time: RFC 3339 with a zone. Numbers since 1970 in s, ms, µs or ns are taken too."},
		"seq":              {Type: "integer", Description: "Sequence number of the device. With the time it tells a resend from a second reading."},
		"firmware_version": text("Of the device."),
		"marks":            {Type: "array", Items: &huma.Schema{Type: "string"}, Description: "What the device itself says against the reading."},
		"tags":             {Type: "object", AdditionalProperties: &huma.Schema{Type: "string"}, Description: "What else was said of the reading, sealed on disk."},
	}}
	for _, f := range reading.Fields() {
		low, high := float64(f.Low), float64(f.High)
		s.Properties[f.Name] = &huma.Schema{Type: "number", Nullable: true, Minimum: &low, Maximum: &high,
			Description: fmt.Sprintf("%s in %s. null: nothing was measured.", titleOf(f.Metric), f.Unit)}
	}
	if stored {
		s.Properties["subject_id"] = text("Pseudonym of the person, where the reading states one.")
		s.Properties["recording"] = text("Of an import; not there for the live stream.")
		s.Properties["local_time"] = text("Instead of timestamp, where the zone of a recording is unknown.")
		s.Properties["elapsed_s"] = &huma.Schema{Type: "number", Description: "Instead of timestamp, where a recording has no clock."}
		s.Properties["flags"] = &huma.Schema{Type: "array", Items: &huma.Schema{Type: "string", Enum: []any{"late", "conflict"}}}
		s.Required = []string{"device_id"}
		return s
	}
	s.Properties["patient_id"] = text("The person, exchanged for a pseudonym before anything is stored; a pseudonym may stand here as subject_id.")
	s.Properties["subject_id"] = text("The same.")
	s.Required = []string{"timestamp"}
	return s
}

var titles = map[pleth.Metric]string{
	pleth.SpO2: "Arterial oxygen saturation", pleth.SpO2PreDuctal: "Arterial oxygen saturation, right hand of a newborn",
	pleth.SpO2PostDuctal: "Arterial oxygen saturation, foot of a newborn", pleth.PulseRate: "Pulse rate", pleth.HeartRate: "Heart rate from the ECG",
	pleth.TissuePO2: "Local tissue oxygen", pleth.RSO2: "Regional oxygen saturation", pleth.Temperature: "Body temperature",
	pleth.PerfusionIndex: "Perfusion index", pleth.RespRate: "Respiration rate", pleth.Motion: "Motion as the device counts it",
	pleth.SignalQuality: "Signal quality as the device rates it", pleth.Battery: "Battery",
}

func titleOf(m pleth.Metric) string { return titles[m] }

// getOpenAPI answers with the document.
func (a *API) getOpenAPI(w http.ResponseWriter, _ *http.Request, _ *Caller) error {
	w.Header()["Content-Type"] = jsonType
	_, _ = w.Write(a.doc)
	return nil
}
