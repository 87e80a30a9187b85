package html_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"regexp"
	"strings"
	"testing"

	"pleth/internal/report/chart"
	"pleth/internal/report/format"
	"pleth/internal/report/html"
	"pleth/internal/report/page"
	"pleth/internal/report/reporttest"
)

func made(tb testing.TB, in page.Input) *page.Page {
	tb.Helper()
	p, err := page.New(in, format.English())
	if err != nil {
		tb.Fatal(err)
	}
	return p
}

func written(tb testing.TB, p *page.Page) string {
	tb.Helper()
	var b bytes.Buffer
	if err := html.Write(&b, p); err != nil {
		tb.Fatal(err)
	}
	return b.String()
}

// between returns what stands between the only opening and the next closing.
func between(t *testing.T, s, opening, closing string) string {
	t.Helper()
	_, rest, ok := strings.Cut(s, opening)
	if !ok {
		t.Fatalf("the page has no %q", opening)
	}
	inside, _, ok := strings.Cut(rest, closing)
	if !ok {
		t.Fatalf("%q is not closed by %q", opening, closing)
	}
	return inside
}

func digest(s string) string {
	sum := sha256.Sum256([]byte(s))
	return "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
}

// The policy names the digests of what is there: were one wrong, a browser
// would show the page bare or leave it still.
func TestNothingElseCanLoad(t *testing.T) {
	t.Parallel()
	for name, in := range reporttest.States() {
		s := written(t, made(t, in))
		policy := strings.NewReplacer("&#39;", "'", "&#43;", "+", "&#34;", `"`).Replace(between(t, s, `http-equiv="Content-Security-Policy" content="`, `"`))
		want := "default-src 'none'; script-src " + digest(between(t, s, "<script>", "</script>")) + "; style-src " + digest(between(t, s, "<style>", "</style>")) +
			"; font-src data:; base-uri 'none'; form-action 'none'"
		if policy != want {
			t.Errorf("%s: policy %q, want %q", name, policy, want)
		}
		head, _, _ := strings.Cut(s, "<body>")
		if !strings.Contains(head, "Content-Security-Policy") {
			t.Errorf("%s: the policy does not stand in the head", name)
		}
		for _, m := range regexp.MustCompile(`(?i)\s(?:src|href|action|data|poster|srcset|style|on[a-z]+)="[^"]*"`).FindAllString(s, -1) {
			if !strings.HasPrefix(m, ` href="#`) {
				t.Errorf("%s: the page refers to something else: %.80s", name, m)
			}
		}
		for _, m := range regexp.MustCompile(`url\([^)]{0,30}`).FindAllString(s, -1) {
			if !strings.HasPrefix(m, "url(#") && !strings.HasPrefix(m, "url(data:font/woff2") {
				t.Errorf("%s: a style loads %s", name, m)
			}
		}
		if strings.Count(s, "<script") != 2 || strings.Contains(s, "@import") || strings.Contains(s, "<link") || strings.Contains(s, "<iframe") {
			t.Errorf("%s: there is more than the page's own script", name)
		}
	}
}

// Names from files cannot become part of the page.
func TestValuesAreEscaped(t *testing.T) {
	t.Parallel()
	in := reporttest.One(reporttest.Night{Device: reporttest.LongNames()})
	in.Document.Sessions[0].Findings[0].Text = `</script><script>alert("1")</script><img src=x>`
	in.Document.Sessions[0].Falls[0].ID = `"><b>f</b>`
	in.Document.Sessions[0].Falls[0].Drop = 30
	in.Document.Sessions[0].NotComputed["<i>"] = "<u>"
	s := written(t, made(t, in))
	for _, raw := range []string{`alert("1")`, "<b>&#34;bold", `<b>"bold`, "<img", "<b>f</b>", "<u>", "<i>", "\x1b", "\u202e"} {
		if strings.Contains(s, raw) {
			t.Errorf("the page holds %q", raw)
		}
	}
	for _, want := range []string{"&lt;b&gt;", "心電図", "&lt;/script&gt;"} {
		if !strings.Contains(s, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
}

// Zooming reaches every second of the signal as it was.
func TestTheSignalIsInThePage(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"night", "fractions", "four second", "no pulse", "no clock", "known zone"} {
		p := made(t, reporttest.States()[name])
		var got struct {
			Seconds int
			Clock   bool
			Day     int
			Shifts  [][2]int
			SpO2    struct {
				Runs     string
				Decimals int
			}
			Pulse *struct {
				Runs     string
				Decimals int
			}
			Dips [][]any
		}
		if err := json.Unmarshal([]byte(between(t, written(t, p), `<script type="application/json" id="night">`, "</script>")), &got); err != nil {
			t.Fatal(err)
		}
		runs, decimals := chart.Encode(p.Trace.Grid, p.Trace.Seconds)
		if got.SpO2.Runs != runs || got.SpO2.Decimals != decimals || got.Seconds != len(p.Trace.SpO2) || len(got.Dips) != len(p.Dips) {
			t.Errorf("%s: the page holds another signal", name)
		}
		if (got.Pulse != nil) != p.Trace.HasPulse || got.Clock != p.Trace.Clock.Known() || got.Day != int(p.Trace.Clock.DaySeconds()) {
			t.Errorf("%s: pulse or clock are not those of the night", name)
		}
		if want := map[string]int{"known zone": 1}[name]; len(got.Shifts) != want {
			t.Errorf("%s: changes of the clock %v, want %d", name, got.Shifts, want)
		}
	}
}

var (
	tags  = regexp.MustCompile(`<(/?)([a-z][a-z0-9]*)([^>]*)>`)
	empty = map[string]bool{"meta": true}
)

// Every element is closed where it should be, ids are there once, and what
// points at an id finds it.
func TestThePageIsWellFormed(t *testing.T) {
	t.Parallel()
	for name, in := range reporttest.States() {
		s := written(t, made(t, in))
		s = regexp.MustCompile(`(?s)<(script|style)[^>]*>.*?</(script|style)>`).ReplaceAllString(s, "")
		var open []string
		ids := map[string]int{}
		for _, m := range tags.FindAllStringSubmatch(s, -1) {
			switch {
			case m[1] == "/":
				if len(open) == 0 || open[len(open)-1] != m[2] {
					t.Fatalf("%s: </%s> closes %v", name, m[2], open)
				}
				open = open[:len(open)-1]
			case !strings.HasSuffix(m[3], "/") && !empty[m[2]]:
				open = append(open, m[2])
			}
			for _, id := range regexp.MustCompile(` id="([^"]*)"`).FindAllStringSubmatch(m[3], -1) {
				ids[id[1]]++
			}
		}
		if len(open) > 0 {
			t.Errorf("%s: %v is not closed", name, open)
		}
		for id, n := range ids {
			if n > 1 {
				t.Errorf("%s: id %s is there %d times", name, id, n)
			}
		}
		for _, m := range regexp.MustCompile(`(?:aria-labelledby|aria-describedby)="([^"]*)"|href="#([^"]*)"`).FindAllStringSubmatch(s, -1) {
			if id := m[1] + m[2]; ids[id] == 0 {
				t.Errorf("%s: nothing has the id %q", name, id)
			}
		}
	}
}

// What a screen reader needs: the language, one first heading, a name for each
// section and figure, heads of columns, and the dips as a table.
func TestThePageCanBeHeard(t *testing.T) {
	t.Parallel()
	p := made(t, reporttest.Fortnight(nil))
	s := written(t, p)
	for what, ok := range map[string]bool{
		"language":                strings.Contains(s, `<html lang="en">`),
		"one first heading":       strings.Count(s, "<h1") == 1,
		"the chart's sentence":    strings.Contains(s, `aria-label="`+p.Trace.Label+`"`),
		"the chart takes keys":    strings.Contains(s, `<figure id="chart" tabindex="0"`),
		"a live readout":          strings.Contains(s, `role="status"`),
		"decoration is silent":    strings.Count(s, "<svg") > 0 && !regexp.MustCompile(`<i class="sh[^>]*"l\d">`).MatchString(s),
		"a row for each dip":      strings.Count(s, "data-dip=") == len(p.Dips)+10,
		"no table without heads":  strings.Count(s, "<table") <= strings.Count(s, `scope="`),
		"levels have words":       strings.Contains(s, "attention · R-03"),
		"the disclaimer is there": strings.Contains(s, p.Disclaimer),
		"the sentences are there": strings.Contains(s, "<p>"+p.Sentences[len(p.Sentences)-1]+"</p>"),
		"a title":                 strings.Contains(s, "<title>"+p.Title+", "+p.Date+"</title>"),
		"a phone's width":         strings.Contains(s, `content="width=device-width, initial-scale=1"`),
	} {
		if !ok {
			t.Errorf("missing: %s", what)
		}
	}
	for _, m := range regexp.MustCompile(`<section[^>]*>`).FindAllString(s, -1) {
		if !strings.Contains(m, "aria-labelledby=") && m != `<section class="card note">` {
			t.Errorf("a section without a name: %s", m)
		}
	}
	for _, m := range regexp.MustCompile(`<button[^>]*>([^<]*)</button>`).FindAllStringSubmatch(s, -1) {
		if len([]rune(m[1])) < 2 && !strings.Contains(m[0], "aria-label=") {
			t.Errorf("a button without a name: %s", m[0])
		}
	}
}

func TestSizeAndSameness(t *testing.T) {
	t.Parallel()
	for name, in := range reporttest.States() {
		p := made(t, in)
		first := written(t, p)
		if len(first) > 600_000 {
			t.Errorf("%s: %d bytes, more than 600 kB", name, len(first))
		}
		if written(t, made(t, in)) != first {
			t.Errorf("%s: the same night gave other bytes", name)
		}
	}
}

type broken struct{}

func (broken) Write([]byte) (int, error) { return 0, errors.New("disk full") }

func TestAFailedWriteIsReported(t *testing.T) {
	t.Parallel()
	if err := html.Write(broken{}, made(t, reporttest.One(reporttest.Night{}))); err == nil || !strings.Contains(err.Error(), "disk full") {
		t.Errorf("error %v", err)
	}
}

func BenchmarkWrite(b *testing.B) {
	for name, in := range map[string]page.Input{"night": reporttest.One(reporttest.Night{}), "fortnight": reporttest.Fortnight(nil)} {
		p := made(b, in)
		b.Run(name, func(b *testing.B) {
			size := 0
			for b.Loop() {
				size = len(written(b, p))
			}
			b.ReportMetric(float64(size), "bytes")
		})
	}
}
