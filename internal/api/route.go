package api

import (
	"net/http"
	"regexp"
)

// inPath finds the parameters of a path.
var inPath = regexp.MustCompile(`\{(\w+)\}`)

// route is one method on one path.
type route struct {
	method, path string
	id           string // operation id
	tag          string
	summary      string
	about        string // more than one sentence, if needed
	params       []param
	body         []content // what may be sent; nil: nothing
	answers      []answer
	public       bool // needs no token
	once         bool // honours Idempotency-Key
	dry          bool // keys that may only ask may use it to ask what would happen
	bare         bool // the body may be left out
	handle       func(*API, http.ResponseWriter, *http.Request, *Caller) error
}

// param is one parameter of a route.
type param struct {
	name      string
	in        string // "query", "path", "header"
	about     string
	format    string
	must      bool
	list      bool // may stand several times, or be a list with commas
	whole     bool // an integer
	low, high *float64
	one       []string // nil: any
}

// content is a body of one media type.
type content struct {
	media   string
	schema  any // a Go value whose type says the shape, or *huma.Schema; nil: bytes
	example any
}

// answer is one answer of a route.
type answer struct {
	status int
	about  string
	bodies []content
}

// jsonOf is the one content of most bodies.
func jsonOf(shape any) []content { return []content{{media: "application/json", schema: shape}} }

// Mount is a handler of another door that shares the port and is documented
// in the same document.
type Mount struct {
	Method, Path string
	ID           string // of the operation
	Tag          string
	Summary      string
	About        string
	Params       []Param  // besides those in the path
	Media        []string // of the body; nil: none
	Answers      map[int]string
	// Public says that the handler itself asks who is calling.
	Public bool
	Handle func(w http.ResponseWriter, r *http.Request, who *Caller)
}

// Param is one parameter of a Mount.
type Param struct {
	Name, In string // In: "query" or "header"
	About    string
	Required bool
}

func (m *Mount) route() route {
	rt := route{method: m.Method, path: m.Path, id: m.ID, tag: m.Tag, summary: m.Summary, about: m.About, public: m.Public}
	for _, name := range inPath.FindAllStringSubmatch(m.Path, -1) {
		rt.params = append(rt.params, param{name: name[1], in: "path"})
	}
	for _, p := range m.Params {
		rt.params = append(rt.params, param{name: p.Name, in: p.In, about: p.About, must: p.Required})
	}
	for _, media := range m.Media {
		rt.body = append(rt.body, content{media: media})
	}
	for status, about := range m.Answers {
		rt.answers = append(rt.answers, answer{status: status, about: about})
	}
	rt.handle = func(_ *API, w http.ResponseWriter, r *http.Request, who *Caller) error {
		m.Handle(w, r, who)
		return nil
	}
	return rt
}
