package page_test

import (
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"pleth/internal/analysis"
	"pleth/internal/report/format"
	"pleth/internal/report/page"
	"pleth/internal/report/reporttest"
)

func made(t *testing.T, in page.Input) *page.Page {
	t.Helper()
	p, err := page.New(in, format.English())
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// blank puts plain blanks in the place of the joining ones.
func blank(s string) string {
	return strings.NewReplacer(format.Thin, " ", format.Joined, " ").Replace(s)
}

func TestAPageNeedsANight(t *testing.T) {
	t.Parallel()
	if _, err := page.New(page.Input{}, format.English()); err == nil {
		t.Error("a page of nothing was made")
	}
}

func TestHead(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		night                            reporttest.Night
		title, date, recording, detail   string
		device, deviceDetail, conditions string
	}{
		{
			reporttest.Night{},
			"Overnight oximetry summary", "Night of Tuesday 17 November 2026", "22:41 – 06:52, 8 h 11 min", "time zone unknown, device clock",
			"Sample PX-204, firmware 2.3.1", "averaging not stated · a value every 1 s", "not stated",
		},
		{
			reporttest.Night{Start: time.Date(2026, 3, 10, 0, 2, 16, 0, time.UTC), Average: 8 * time.Second, Interval: 2 * time.Second},
			"Overnight oximetry summary", "Night to Tuesday 10 March 2026", "00:02 – 08:13, 8 h 11 min", "time zone unknown, device clock",
			"Sample PX-204, firmware 2.3.1", "8 s averaging · a value every 2 s", "not stated",
		},
		{
			reporttest.Night{Start: time.Date(2021, 5, 15, 12, 6, 42, 0, time.UTC), Length: 2*time.Hour + 54*time.Minute},
			"Oximetry summary", "Recording of Saturday 15 May 2021", "12:06 – 15:00, 2 h 54 min", "time zone unknown, device clock",
			"Sample PX-204, firmware 2.3.1", "averaging not stated · a value every 1 s", "not stated",
		},
		{
			reporttest.Night{NoClock: true},
			"Oximetry summary", "Recording without a clock: times count from its start", "8 h 11 min", "no clock in the recording",
			"Sample PX-204, firmware 2.3.1", "averaging not stated · a value every 1 s", "not stated",
		},
	} {
		p := made(t, reporttest.One(c.night))
		got := []string{p.Title, p.Date, p.Fields[1].Value, p.Fields[1].Detail, p.Fields[2].Value, p.Fields[2].Detail, p.Fields[3].Value}
		want := []string{c.title, c.date, c.recording, c.detail, c.device, c.deviceDetail, c.conditions}
		for i := range got {
			if blank(got[i]) != want[i] {
				t.Errorf("head %d: %q, want %q", i, blank(got[i]), want[i])
			}
		}
		if p.Fields[0].Value != "" {
			t.Errorf("the page knows a patient: %q", p.Fields[0].Value)
		}
	}
}

func TestAge(t *testing.T) {
	t.Parallel()
	for given, want := range map[string]string{"6y": "age 6 years", "1y": "age 1 year", "8mo": "age 8 months", "4m": "age 4 months", "2y6m": "age 2 years 6 months",
		"3w": "age 3 weeks", "10d": "age 10 days", "about ten": "age about ten", "": "age not given", "6": "age 6"} {
		in := reporttest.One(reporttest.Night{Length: 10 * time.Minute})
		in.Document.Generator.Config.Age = &given
		if got := blank(made(t, in).Fields[0].Detail); got != want {
			t.Errorf("age %q reads %q, want %q", given, got, want)
		}
	}
}

func TestAnIntervalHasFewDecimals(t *testing.T) {
	t.Parallel()
	for interval, want := range map[float64]string{1.099937: "1.1 s", 1.024: "1.024 s", 4: "4 s", 60: "1 min 00 s", 0.5: "0.5 s"} {
		in := reporttest.One(reporttest.Night{Length: 10 * time.Minute})
		in.Document.Sessions[0].IntervalS = interval
		if got := blank(made(t, in).Fields[2].Detail); got != "averaging not stated · a value every "+want {
			t.Errorf("an interval of %v reads %q", interval, got)
		}
	}
}

// The clock of a page with a zone follows its changes.
func TestSummerTime(t *testing.T) {
	t.Parallel()
	p := made(t, reporttest.States()["known zone"])
	if got, want := blank(p.Fields[1].Value), "22:00 – 05:11, 8 h 11 min"; got != want {
		t.Errorf("recording %q, want %q: the clock went back in that night", got, want)
	}
	if got, want := p.Fields[1].Detail, "time zone Europe/Berlin"; got != want {
		t.Errorf("detail %q, want %q", got, want)
	}
}

// Every figure of the page is the number of the document.
func TestFiguresComeFromTheDocument(t *testing.T) {
	t.Parallel()
	in := reporttest.One(reporttest.Night{})
	m := in.Document.Sessions[0].Metrics
	m["below.90.seconds"], m["below.88.seconds"], m["below.85.seconds"] = 1020, 204, 43
	m["below.90.pct"], m["spo2.min"], m["odi4.per_h"], m["odi4.count"] = 3.45, 79.5, 6.04, 48
	m["spo2.mean"], m["spo2.median"], m["time.valid_pct"], m["time.valid_s"] = 95.44, 96, 98.4, 28860
	delete(m, "below.88.pct")
	p := made(t, in)
	want := []struct{ number, unit, notes string }{
		{"17", "min", "3.5 % of usable time"}, {"3.4", "min", ""}, {"79.5", "%", ""},
		{"6.0", "per h", "48 in all"}, {"95.4", "%", "median 96.0 %"}, {"98", "%", "8 h 01 min"},
	}
	for i, w := range want {
		f := p.Figures[i]
		if f.Number != w.number || f.Unit != w.unit || blank(strings.Join(f.Notes, "|")) != w.notes {
			t.Errorf("%s: %q %q %q, want %q", f.Label, f.Number, f.Unit, f.Notes, w)
		}
	}
	ranges := [][2]string{{"7 h 44 min", "96.5 %"}, {"13 min 36 s", "2.8 %"}, {"2 min 41 s", "0.6 %"}, {"43 s", "0.1 %"}}
	for i, r := range p.Ranges {
		if blank(r.Time) != ranges[i][0] || blank(r.Share) != ranges[i][1] {
			t.Errorf("%s: %q %q, want %q", r.Label, blank(r.Time), blank(r.Share), ranges[i])
		}
	}
}

// What the document lacks is a dash with the reason that it gives.
func TestMissingFiguresAreDashesWithTheirReason(t *testing.T) {
	t.Parallel()
	in := reporttest.One(reporttest.Night{})
	s := in.Document.Sessions[0]
	for _, id := range []string{"below.90.seconds", "below.88.seconds", "spo2.min", "odi4.per_h", "odi4.count", "spo2.mean", "time.valid_pct", "time.valid_s"} {
		delete(s.Metrics, id)
		s.NotComputed[id] = "because of " + id
	}
	p := made(t, in)
	for i, id := range []string{"below.90.seconds", "below.88.seconds", "spo2.min", "odi4.per_h", "spo2.mean", "time.valid_pct"} {
		if f := p.Figures[i]; f.Number != format.Dash || f.Unit != "" || len(f.Notes) != 1 || f.Notes[0] != "because of "+id {
			t.Errorf("%s without a value: %+v", id, f)
		}
	}
	for _, r := range p.Ranges {
		if r.Time != format.Dash || r.Share != format.Dash || r.Part != 0 {
			t.Errorf("range without a value: %+v", r)
		}
	}
	if p.DipCount != "of –" {
		t.Errorf("dips without a count: %q", p.DipCount)
	}
}

func TestTooLittleSignal(t *testing.T) {
	t.Parallel()
	p := made(t, reporttest.One(reporttest.Night{Length: 85 * time.Minute}))
	if want := "Only 1 h 23 min usable; at least 4 h needed to judge."; !p.TooLittle || len(p.Lead) != 1 || blank(p.Lead[0]) != want {
		t.Errorf("too little signal reads %q, want %q", p.Lead, want)
	}
	if p := made(t, reporttest.One(reporttest.Night{})); p.TooLittle {
		t.Error("eight hours are called too little")
	}
	p = made(t, reporttest.States()["lost"])
	if !p.TooLittle || blank(p.Lead[0]) != "Only 1 s usable; at least 4 h needed to judge." {
		t.Errorf("a recording that lost nearly all reads %q", p.Lead)
	}
}

func TestHeadline(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ headline, title, lead string }{
		{"Worth a clinician’s look: SpO₂ was low.", "Worth a clinician’s look", "SpO₂ was low."},
		{"Contact a clinician promptly: oxygen fell.", "Contact a clinician promptly", "Oxygen fell."},
		{"No usable oxygen readings were found", "No usable oxygen readings were found", "First. Second."},
		{strings.Repeat("long ", 20) + ": rest", strings.Repeat("long ", 20) + ": rest", "First. Second."},
	} {
		in := reporttest.One(reporttest.Night{})
		in.Document.Sessions[0].Summary = analysis.Summary{Headline: c.headline, Sentences: []string{"First.", "Second."}}
		p := made(t, in)
		if p.Headline != c.title || strings.Join(p.Lead, " ") != c.lead || len(p.Sentences) != 2 {
			t.Errorf("%q: title %q, lead %q", c.headline, p.Headline, p.Lead)
		}
	}
}

func TestFindingsAreOrderedByUrgency(t *testing.T) {
	t.Parallel()
	in := reporttest.One(reporttest.Night{})
	in.Document.Sessions[0].Findings = []analysis.Finding{
		{Rule: "R-1", Level: "info", Text: "a"}, {Rule: "R-2", Level: "attention", Text: "b 88 %"}, {Rule: "R-3", Level: "urgent", Text: "c"},
		{Rule: "R-4", Level: "note", Text: "d"}, {Rule: "R-5", Level: "attention", Text: "e\x1b[0m"},
	}
	p := made(t, in)
	var got []string
	for _, f := range p.Findings {
		got = append(got, f.Rule+" "+f.Word+" "+f.Text)
	}
	want := []string{"R-3 urgent c", "R-2 attention b 88" + format.Thin + "%", "R-5 attention e [0m", "R-4 note d", "R-1 info a"}
	if !slices.Equal(got, want) {
		t.Errorf("findings %q, want %q", got, want)
	}
	if p.Level != page.Urgent {
		t.Errorf("level %v, want urgent", p.Level)
	}
}

func TestNobodyJudgedIsNoGoodSign(t *testing.T) {
	t.Parallel()
	in := reporttest.One(reporttest.Night{})
	in.Document.Sessions[0].Findings, in.Document.Sessions[0].Summary = nil, analysis.Summary{}
	p := made(t, in)
	if p.Level != page.Note || p.Headline != "Not evaluated" || p.NoFindings != p.Headline {
		t.Errorf("a night that nobody judged: %v %q %q", p.Level, p.Headline, p.NoFindings)
	}
	for _, must := range []string{"Not a medical device", "diagnosis", "life support", "replace observation", "SIDS"} {
		if !strings.Contains(p.Disclaimer, must) {
			t.Errorf("the disclaimer %q lacks %q", p.Disclaimer, must)
		}
	}
}

// Merged or not, the table of hours holds the whole night.
func TestHoursHoldTheWholeNight(t *testing.T) {
	t.Parallel()
	for name, in := range reporttest.States() {
		p := made(t, in)
		if n := len(p.Hours); n > 13 || n == 0 {
			t.Errorf("%s: %d lines of hours", name, n)
		}
	}
	value := func(v float64) *float64 { return &v }
	in := reporttest.One(reporttest.Night{Start: time.Date(2026, 1, 1, 23, 30, 0, 0, time.UTC)})
	var hours []analysis.Hour
	for k := range 14 {
		hours = append(hours, analysis.Hour{StartS: float64(k) * 3600, EndS: float64(k+1) * 3600, ValidS: 3600, Mean: value(90 + float64(k)), Min: value(80 + float64(k)),
			Below90S: 60, Falls4: 2, PulseMean: value(60 + float64(k))})
	}
	hours[2] = analysis.Hour{StartS: hours[2].StartS, EndS: hours[2].EndS}
	in.Document.Sessions[0].Hours = hours
	got := made(t, in).Hours
	// Pairs of hours from the start; the third has no signal.
	want := []page.Hour{
		{From: "23:30", Mean: "90.5", Lowest: "80", Band: 85, Below: "2 min 00 s", Dips: "4", Pulse: "60–61"},
		{From: "01:30", Mean: "93.0", Lowest: "83", Band: 85, Below: "1 min 00 s", Dips: "2", Pulse: "63"},
		{From: "03:30", Mean: "94.5", Lowest: "84", Band: 85, Below: "2 min 00 s", Dips: "4", Pulse: "64–65"},
	}
	for i, w := range want {
		h := got[i]
		h.Below = blank(h.Below)
		if h != w {
			t.Errorf("hour %d: %+v, want %+v", i, h, w)
		}
	}
	if len(got) != 7 {
		t.Errorf("%d lines, want 7", len(got))
	}
}

func TestAnHourWithoutSignalIsDashes(t *testing.T) {
	t.Parallel()
	in := reporttest.One(reporttest.Night{})
	in.Document.Sessions[0].Hours = []analysis.Hour{{StartS: 0, EndS: 1140}}
	want := page.Hour{From: "22:41", Mean: "–", Lowest: "–", Below: "–", Dips: "–", Pulse: "–"}
	if got := made(t, in).Hours[0]; got != want {
		t.Errorf("hour %+v, want %+v", got, want)
	}
}

func TestDipsAreTheDeepestFirst(t *testing.T) {
	t.Parallel()
	value := func(v float64) *float64 { return &v }
	in := reporttest.One(reporttest.Night{})
	s := in.Document.Sessions[0]
	s.Falls = []analysis.Fall{
		{ID: "f100", StartS: 100, NadirS: 130, EndS: 160, From: 96, Nadir: 90, Drop: 6},
		{ID: "f200", StartS: 200, NadirS: 230, EndS: 400, From: 96, Nadir: 84, Drop: 12},
		{ID: "f500", StartS: 500, NadirS: 520, EndS: 540, From: 96, Nadir: 93, Drop: 3},
		{ID: "f600", StartS: 600, NadirS: 630, EndS: 640, From: 98, Nadir: 90, Drop: 8},
	}
	s.Episodes = []analysis.Episode{
		{ID: "e85", Limit: 85, NadirS: 230, Nadir: 84, PulseResponse: value(30)},
		{ID: "e90", Limit: 90, StartS: 215, NadirS: 230, EndS: 487, Nadir: 84, PulseResponse: value(17.6)},
		{ID: "other", Limit: 90, NadirS: 635, Nadir: 89, PulseResponse: value(4)},
	}
	s.Metrics["odi4.count"] = 3
	p := made(t, in)
	var got []string
	for _, d := range p.Dips {
		got = append(got, blank(strings.Join([]string{d.ID, d.Start, d.Length, d.Lowest, d.Drop, d.Pulse}, " ")))
	}
	want := []string{"f200 22:44:20 4 min 47 s 84 −12 +18", "f600 22:51:00 40 s 90 −8 –", "f100 22:42:40 60 s 90 −6 –"}
	if !slices.Equal(got, want) {
		t.Errorf("dips %q, want %q", got, want)
	}
	if p.DipCount != "of 3" {
		t.Errorf("count %q", p.DipCount)
	}
}

func TestLowestIsAtItsFirstTime(t *testing.T) {
	t.Parallel()
	in := reporttest.One(reporttest.Night{})
	s := in.Document.Sessions[0]
	s.Metrics["spo2.min"] = 80
	s.Falls = []analysis.Fall{{Nadir: 80, NadirS: 7200}, {Nadir: 80, NadirS: 3600}, {Nadir: 81, NadirS: 60}}
	s.Episodes = nil
	if got := made(t, in).Figures[2].Notes; len(got) != 1 || got[0] != "at 23:41" {
		t.Errorf("lowest %q, want at 23:41", got)
	}
}

func TestComparison(t *testing.T) {
	t.Parallel()
	in := reporttest.Fortnight(nil)
	p := made(t, in)
	c := p.Compare
	if c == nil || len(p.Trend) != 14 || len(c.Nights) != 14 || !c.ByClock || c.Traces != 13 {
		t.Fatalf("comparison %+v", c)
	}
	if p.TrendTitle != "Minutes below 90 %, last 14 nights" || c.Title != "Tue 17 Nov against 13 other nights" {
		t.Errorf("titles %q, %q", p.TrendTitle, c.Title)
	}
	if last := p.Trend[13]; !last.This || last.Label != "17" {
		t.Errorf("the last bar is %+v", last)
	}
	if !c.Nights[0].This || c.Nights[1].Date != "Mon 16 Nov" || c.Nights[13].Date != "Wed 4 Nov" {
		t.Errorf("nights %q, %q, %q", c.Nights[0].Date, c.Nights[1].Date, c.Nights[13].Date)
	}
	for _, n := range c.Nights {
		if n.Trace == nil || n.From < c.From || n.From+float64(n.Trace.Span) > c.To {
			t.Errorf("%s lies outside of the axis %v..%v", n.Date, c.From, c.To)
		}
	}
	if got := c.Ticks[0].Label; got != "22:30" && got != "23:00" && got != "22:00" {
		t.Errorf("first mark %q", got)
	}
	position := in.Document.Comparison.Sessions[0].Metrics["below.90.seconds"]
	if want := (page.Place{Label: "Below 90 %", Value: format.Short(position.Value), Median: format.Short(position.Median),
		Half: format.Short(position.Q1) + " – " + format.Short(position.Q3), Place: "14 of 14"}); c.Rows[0] != want {
		t.Errorf("first figure %+v, want %+v", c.Rows[0], want)
	}
	if note := p.Figures[0].Notes; len(note) != 1 || note[0] != "usual "+format.Short(position.Median) {
		t.Errorf("below 90: %q", note)
	}
	// The lowest of the five minutes is that of the night.
	low := math.Inf(1)
	for _, v := range c.This {
		if v < low {
			low = v
		}
	}
	if want := in.Document.Sessions[0].Metrics["spo2.min"]; low != want {
		t.Errorf("the ribbon goes down to %v, the night to %v", low, want)
	}
}

// TestTwoNightsHaveNoUsual: the median of fewer than three nights is no habit.
func TestTwoNightsHaveNoUsual(t *testing.T) {
	t.Parallel()
	in := reporttest.Fortnight(nil)
	for id, p := range in.Document.Comparison.Sessions[0].Metrics {
		p.Of = 3
		in.Document.Comparison.Sessions[0].Metrics[id] = p
	}
	for _, f := range made(t, in).Figures {
		if strings.Contains(strings.Join(f.Notes, " "), "usual") {
			t.Errorf("%s: %q with two other nights", f.Label, f.Notes)
		}
	}
}

func TestComparisonWithoutTracesOrClocks(t *testing.T) {
	t.Parallel()
	in := reporttest.Fortnight(nil)
	in.Strips = nil
	c := made(t, in).Compare
	if c.Traces != 0 || c.Nights[1].Trace != nil || c.Nights[0].Trace == nil {
		t.Errorf("without strips: %d traces, %+v", c.Traces, c.Nights[0])
	}
	p := made(t, reporttest.States()["nights without a clock"])
	if p.Compare.ByClock || p.Compare.From != 0 || p.Compare.Nights[1].Date != "Night 13" || p.Trend[0].Label != "1" {
		t.Errorf("without clocks: %+v", p.Compare.Nights[1])
	}
	if made(t, reporttest.One(reporttest.Night{})).Compare != nil {
		t.Error("one night is compared with nothing")
	}
}

// The bars of the levels are shares of one whole.
func TestLevelsSumUp(t *testing.T) {
	t.Parallel()
	for name, in := range reporttest.States() {
		sum := 0.0
		for _, b := range made(t, in).Levels {
			sum += b.Parts[0]
		}
		if math.Abs(sum-100) > 1e-9 {
			t.Errorf("%s: the levels sum up to %v %%", name, sum)
		}
	}
}

func TestFoot(t *testing.T) {
	t.Parallel()
	in := reporttest.Fortnight(nil)
	in.Document.Inputs = append(in.Document.Inputs, in.Document.Inputs[0])
	p := made(t, in)
	if want := in.Document.Sessions[0].Summary.Disclaimer; p.Disclaimer != want {
		t.Errorf("disclaimer %q, want that of the document, %q", p.Disclaimer, want)
	}
	if got := p.Facts; len(got) != 2 || got[0].Value != in.Night.Result.ID || got[1].Value != reporttest.Digest+" and 1 more" {
		t.Errorf("facts %+v", got)
	}
	if len(p.Definitions) != 3 || p.Maker != "pleth 1.0.0" || p.Rules != "rule set "+in.Document.Generator.Rules {
		t.Errorf("foot %q %q %q", p.Definitions, p.Maker, p.Rules)
	}
	for _, r := range p.Provenance {
		if strings.Contains(r.Value, "sample.csv") {
			t.Error("a page names the file, which may bear the name of a person")
		}
	}
}
