// Package html writes the report of a night as one HTML file that loads
// nothing: styles, font, script and the signal are in it, and a content
// security policy with their digests lets nothing else in. It works from a
// disk, without a network and without scripts; a script adds zooming down to
// single seconds. The same page gives the same bytes.
package html

import (
	"bytes"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"html/template"
	"io"
	"slices"
	"strings"

	"pleth/internal/report/chart"
	"pleth/internal/report/font"
	"pleth/internal/report/format"
	"pleth/internal/report/page"
)

var (
	//go:embed page.tmpl
	source string
	//go:embed page.css
	style string
	//go:embed night.js
	script string
)

// view is what the template shows.
type view struct {
	P          *page.Page
	Policy     string
	CSS        template.CSS
	Script     template.JS
	Data       template.JS
	Panels     []panel
	Ticks      []tick
	Marks      []span
	Parts      []span
	Deepest    []page.Dip
	InTime     []page.Dip
	Trend      []bar
	TrendLines []line
	Levels     []bar
	LevelLines []line
	Compare    *compare
}

// deepest is how many of the deepest dips stand on the page itself.
const deepest = 10

// pair is a value and the band that it is shown on.
type pair struct {
	Text string
	Band page.Band
}

// dipTable is a table of dips.
type dipTable struct {
	Heads [5]string
	List  []page.Dip
}

// funcs are the functions of the template.
var funcs = template.FuncMap{
	"pair": func(text string, b page.Band) pair { return pair{text, b} },
	"dips": func(v *view, list []page.Dip) dipTable { return dipTable{v.P.Words.DipHeads, list} },
}

// Write writes p as one HTML file.
func Write(w io.Writer, p *page.Page) error {
	t, err := template.New("page").Funcs(funcs).Parse(source)
	if err != nil {
		return fmt.Errorf("read the template of the HTML report: %w", err)
	}
	css := fontFace() + style
	v := &view{P: p, CSS: template.CSS(css), Script: template.JS(script), Policy: policy(css, script)}
	if v.Data, err = data(p); err != nil {
		return fmt.Errorf("encode the signal of the HTML report: %w", err)
	}
	v.draw(p)
	var b bytes.Buffer
	if err := t.Execute(&b, v); err != nil {
		return fmt.Errorf("fill the HTML report: %w", err)
	}
	if _, err := w.Write(b.Bytes()); err != nil {
		return fmt.Errorf("write the HTML report: %w", err)
	}
	return nil
}

func fontFace() string {
	return `@font-face{font-family:"Inter";font-weight:400 700;font-display:swap;src:url(data:font/woff2;base64,` +
		base64.StdEncoding.EncodeToString(font.Variable()) + `) format("woff2")}` + "\n"
}

// policy allows the style and the script of this page and nothing else.
func policy(css, js string) string {
	digest := func(s string) string {
		sum := sha256.Sum256([]byte(s))
		return "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
	}
	return "default-src 'none'; script-src " + digest(js) + "; style-src " + digest(css) +
		"; font-src data:; base-uri 'none'; form-action 'none'"
}

// signal is one trace for the script.
type signal struct {
	Runs     string   `json:"runs"` // chart.Encode
	Decimals int      `json:"decimals"`
	Low      float64  `json:"low"`
	High     float64  `json:"high"`
	Label    string   `json:"label"`
	Gaps     [][2]int `json:"gaps"`
}

// data returns what the script needs, as JSON that is safe inside a script.
func data(p *page.Page) (template.JS, error) {
	t := p.Trace
	d := struct {
		Seconds int      `json:"seconds"`
		Clock   bool     `json:"clock"`
		Day     int      `json:"day"` // seconds since midnight at the start
		Shifts  [][2]int `json:"shifts"`
		SpO2    signal   `json:"spo2"`
		Pulse   *signal  `json:"pulse"`
		Dips    [][6]any `json:"dips"` // start, end, nadir, band, text, id
		None    string   `json:"none"`
	}{Seconds: t.Seconds, Clock: t.Clock.Known(), Day: int(t.Clock.DaySeconds()), Shifts: [][2]int{}, Dips: [][6]any{}, None: p.Words.HTML.None}
	for _, s := range t.Clock.Shifts(float64(t.Seconds)) {
		d.Shifts = append(d.Shifts, [2]int{s.At, s.By})
	}
	make := func(s *signal, label string, scale chart.Scale, gaps []chart.Gap) {
		s.Label, s.Low, s.High, s.Gaps = label, scale.Low, scale.High, [][2]int{}
		for _, g := range gaps {
			s.Gaps = append(s.Gaps, [2]int{g.Start, g.End})
		}
	}
	d.SpO2.Runs, d.SpO2.Decimals = chart.Encode(t.Grid, t.Seconds)
	make(&d.SpO2, t.Name, t.Scale, t.Gaps)
	if t.HasPulse {
		d.Pulse = &signal{}
		d.Pulse.Runs, d.Pulse.Decimals = chart.Encode(t.PulseGrid, t.Seconds)
		make(d.Pulse, strings.ToLower(p.Words.Pulse), t.PulseScale, t.PulseGaps)
	}
	for _, dip := range inTime(p.Dips) {
		text := fmt.Sprintf(p.Words.HTML.Dip, strings.TrimPrefix(dip.Drop, format.Minus), dip.Lowest, dip.Length)
		d.Dips = append(d.Dips, [6]any{dip.StartS, dip.EndS, dip.NadirS, dip.Band, text, dip.ID})
	}
	b, err := json.Marshal(d)
	return template.JS(b), err
}

// inTime returns the dips in order of time.
func inTime(dips []page.Dip) []page.Dip {
	out := slices.Clone(dips)
	slices.SortStableFunc(out, func(a, b page.Dip) int {
		switch {
		case a.StartS < b.StartS:
			return -1
		case a.StartS > b.StartS:
			return 1
		}
		return 0
	})
	return out
}
