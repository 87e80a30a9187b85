package app

import (
	"math"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"pleth/internal/analysis"
	"pleth/internal/api"
	"pleth/internal/report/chart"
	"pleth/internal/report/format"
	"pleth/internal/report/page"
	"pleth/internal/road"
)

// nightSummary is a session in a few figures. Times are seconds since its start.
type nightSummary struct {
	Key       string             `json:"key"`
	ID        string             `json:"id"`
	Start     *string            `json:"start"`
	Zone      *string            `json:"zone"`
	Grade     string             `json:"grade"`
	Metrics   map[string]float64 `json:"metrics"`
	Histogram map[string]float64 `json:"histogram"`
	Episodes  [][3]float64       `json:"episodes"` // below 90 %: start, end, lowest
	Step      int                `json:"step_s"`   // of low and high
	Low       []int              `json:"low"`      // 0: nothing was measured
	High      []int              `json:"high"`
}

// summaryOf returns a session with its small trace.
func summaryOf(s *analysis.Session, strip *chart.Strip) nightSummary {
	out := nightSummary{Key: s.Key, ID: s.ID, Start: s.Start, Zone: s.Zone, Grade: s.Quality.Grade, Metrics: s.Metrics, Histogram: s.Histogram,
		Episodes: [][3]float64{}, Step: chart.StripSeconds, Low: []int{}, High: []int{}}
	for _, e := range s.Episodes {
		if e.Limit == 90 {
			out.Episodes = append(out.Episodes, [3]float64{e.StartS, e.EndS, e.Nadir})
		}
	}
	if strip != nil {
		out.Low, out.High = ints(strip.Low), ints(strip.High)
	}
	return out
}

// ints returns bytes as numbers: JSON has another form for lists of bytes.
func ints(b []uint8) []int {
	out := make([]int, len(b))
	for i, v := range b {
		out[i] = int(v)
	}
	return out
}

// summary answers with a session in a few figures.
func (d *nightDoor) summary(w http.ResponseWriter, r *http.Request, _ *api.Caller) {
	if !only(w, r.URL.Query(), nil) {
		return
	}
	p, err := d.road.Peer(r.Context(), r.PathValue("session"))
	if err != nil {
		d.fail(w, r, err)
		return
	}
	writeAnswer(w, http.StatusOK, summaryOf(p.Session, p.Strip))
}

// nightComparison is a session beside others, on one axis.
type nightComparison struct {
	ByClock bool     `json:"by_clock"` // else by their starts
	From    float64  `json:"from_s"`   // of the axis: seconds since noon, or since the start
	To      float64  `json:"to_s"`
	Step    int      `json:"step_s"`
	This    nullable `json:"this"` // lowest of each step; null without signal
	Usual   spread   `json:"usual"`

	Metrics map[string]analysis.Position `json:"metrics"`
	Nights  []comparedNight              `json:"nights"` // this one first, then from the latest to the earliest
	Others  []otherNight                 `json:"others"` // that could be compared with, the earliest first
	Levels  levelSpread                  `json:"levels"`
}

// nullable are numbers of which those that are none are null.
type nullable []float64

// MarshalJSON implements json.Marshaler.
func (n nullable) MarshalJSON() ([]byte, error) {
	out := []byte{'['}
	for i, v := range n {
		if i > 0 {
			out = append(out, ',')
		}
		if math.IsNaN(v) {
			out = append(out, "null"...)
			continue
		}
		out = strconv.AppendFloat(out, v, 'f', -1, 64)
	}
	return append(out, ']'), nil
}

// spread is how the values of several nights are spread.
type spread struct {
	P5     nullable `json:"p5"`
	Q1     nullable `json:"q1"`
	Median nullable `json:"median"`
	Q3     nullable `json:"q3"`
	P95    nullable `json:"p95"`
}

func spreadOf(r chart.Ribbon) spread {
	return spread{r.P5, r.Q1, r.Median, r.Q3, r.P95}
}

// comparedNight is one night of a comparison.
type comparedNight struct {
	nightSummary
	This bool    `json:"this"`
	From float64 `json:"from_s"` // of its start, on the axis
}

// otherNight is one that may be chosen.
type otherNight struct {
	ID    string  `json:"id"`
	Key   string  `json:"key"`
	Start *string `json:"start"`
	In    bool    `json:"in"` // it is among those compared
}

// levelSpread is the time spent below whole percents, in seconds.
type levelSpread struct {
	Percent []int    `json:"percent"`
	This    nullable `json:"this"`
	Usual   spread   `json:"usual"`
}

// The levels that times below are compared at.
const lowestLevel, highestLevel = 80, 94

// below returns the seconds below each level.
func below(s *analysis.Session) []float64 {
	var out []float64
	for level := lowestLevel; level <= highestLevel; level++ {
		sum := 0.0
		for value, seconds := range s.Histogram {
			if v, err := strconv.Atoi(value); err == nil && v < level {
				sum += seconds
			}
		}
		out = append(out, sum)
	}
	return out
}

// comparison answers with a session beside other nights.
func (d *nightDoor) comparison(w http.ResponseWriter, r *http.Request, _ *api.Caller) {
	q := r.URL.Query()
	var bad []api.FieldError
	align := q.Get("align")
	if align != "" && align != "clock" && align != "start" {
		bad = append(bad, api.FieldError{Path: "align", Code: "unknown_value", Detail: "there is no such order", Value: align, Allowed: "clock, start"})
	}
	if !only(w, q, bad, "align", "with") {
		return
	}
	n := d.night(w, r, road.Part{})
	if n == nil {
		return
	}
	doc := n.Document
	if with := q.Get("with"); with != "" {
		chosen := strings.Split(with, ",")
		facts := analysis.FactsOf(doc)
		for _, id := range chosen {
			if p, ok := n.Peers[id]; ok {
				facts = append(facts, analysis.FactsOf(&analysis.Document{Sessions: []*analysis.Session{p.Session}})...)
			}
		}
		doc.Comparison = analysis.NewNights(facts).Compare(doc)
	}
	out, err := compared(n, align == "start")
	if err != nil {
		d.fail(w, r, err)
		return
	}
	writeAnswer(w, http.StatusOK, out)
}

// compared puts a night and its reference nights on one axis.
func compared(n *road.Night, fromStart bool) (*nightComparison, error) {
	in := reportOf(n, "")
	in.FromStart = fromStart
	sheet, err := page.New(in, format.English())
	if err != nil {
		return nil, err
	}
	own := n.Document.Sessions[0]
	out := &nightComparison{Step: chart.RibbonSeconds, Metrics: map[string]analysis.Position{}, Nights: []comparedNight{}, Others: []otherNight{}}
	among := map[string]bool{}
	if c := n.Document.Comparison; c != nil && sheet.Compare != nil {
		for i := range c.Sessions {
			if c.Sessions[i].ID == own.ID {
				out.Metrics = c.Sessions[i].Metrics
			}
		}
		p := sheet.Compare
		out.ByClock, out.From, out.To, out.This, out.Usual = p.ByClock, p.From, p.To, p.This, spreadOf(p.Usual)
		var others [][]float64
		for _, s := range p.Nights {
			session := own
			if !s.This {
				session = n.Peers[s.ID].Session
				among[s.ID] = true
				others = append(others, below(session))
			}
			out.Nights = append(out.Nights, comparedNight{summaryOf(session, s.Trace), s.This, s.From})
		}
		out.Levels.Usual = spreadOf(chart.Spread(others))
	}
	for level := lowestLevel; level <= highestLevel; level++ {
		out.Levels.Percent = append(out.Levels.Percent, level)
	}
	out.Levels.This = below(own)
	for id, p := range n.Peers {
		if id != own.ID {
			out.Others = append(out.Others, otherNight{id, p.Key, p.Session.Start, among[id]})
		}
	}
	slices.SortFunc(out.Others, func(a, b otherNight) int {
		return strings.Compare(startOf(a)+a.ID, startOf(b)+b.ID)
	})
	return out, nil
}

func startOf(n otherNight) string {
	if n.Start == nil {
		return "~"
	}
	return *n.Start
}
