package report_test

import (
	"bytes"
	"errors"
	"strings"
	"testing"
	"time"

	"pleth/internal/analysis"
	"pleth/internal/plethtest"
	"pleth/internal/report"
	"pleth/internal/report/reporttest"
	"pleth/internal/report/terminal"
)

// All faces of a night say the same.
func TestTheFacesAgree(t *testing.T) {
	t.Parallel()
	in := reporttest.States()["fortnight"]
	var pdf, page, text bytes.Buffer
	if err := report.PDF(&pdf, in); err != nil {
		t.Fatal(err)
	}
	if err := report.HTML(&page, in); err != nil {
		t.Fatal(err)
	}
	if err := terminal.Write(&text, in, terminal.Options{Width: 120}); err != nil {
		t.Fatal(err)
	}
	if !bytes.HasPrefix(pdf.Bytes(), []byte("%PDF-1.")) || !strings.HasPrefix(page.String(), "<!doctype html>") {
		t.Error("the reports are not what they are called")
	}
	for _, says := range []string{"Worth a clinician’s look", "more than on any", "the last 13", "nights"} {
		if !strings.Contains(page.String(), says) || !strings.Contains(text.String(), says) {
			t.Errorf("%q is not in all of them", says)
		}
	}
	for _, f := range in.Document.Sessions[0].Findings {
		if !strings.Contains(page.String(), f.Rule) || !strings.Contains(text.String(), f.Rule) {
			t.Errorf("%s is not in all of them", f.Rule)
		}
	}
}

// In German every label of the page is German. What other rules have judged is
// told in their words.
func TestGerman(t *testing.T) {
	t.Parallel()
	for name, in := range reporttest.States() {
		in.Language = "de"
		var pdf, page bytes.Buffer
		if err := errors.Join(report.PDF(&pdf, in), report.HTML(&page, in)); err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		text := page.String()
		for _, english := range []string{"Dips of", "Hour by", "Signal quality", "In words", "Every figure"} {
			if strings.Contains(text, english) {
				t.Errorf("%s: %q is in the German page", name, english)
			}
		}
		for _, f := range in.Night.Result.Findings {
			if !strings.Contains(text, f.Rule) {
				t.Errorf("%s: %s is not in the German page", name, f.Rule)
			}
		}
	}
}

func TestStripOfIsSmall(t *testing.T) {
	t.Parallel()
	in := reporttest.States()["a day"]
	s := report.StripOf(in.Night.Derived)
	if n := len(s.Low) + len(s.High); n > 10_000 || s.Span != in.Night.Derived.Grid.Len() {
		t.Errorf("the strip of a day takes %d bytes for %d s", n, s.Span)
	}
}

// A report of nothing is an error, not a blank page.
func TestNothingToReport(t *testing.T) {
	t.Parallel()
	var b bytes.Buffer
	if report.PDF(&b, report.Input{}) == nil || report.HTML(&b, report.Input{}) == nil || b.Len() > 0 {
		t.Error("a report of nothing was made")
	}
}

// However little a document holds, all faces can be made of it.
func TestAnEmptyDocument(t *testing.T) {
	t.Parallel()
	for _, n := range []reporttest.Night{{}, {NoClock: true, Length: time.Second}, {Lost: 1, NoPulse: true}} {
		night := n.Analysed()
		night.Result = &analysis.Session{ID: "0", Start: night.Result.Start}
		doc := &analysis.Document{Sessions: []*analysis.Session{night.Result}, Inputs: []analysis.Input{{}, {}}}
		doc.Comparison = &analysis.Comparison{
			Nights:   []analysis.Night{{ID: "0"}, {ID: "1"}, {ID: "2"}},
			Sessions: []analysis.SessionPosition{{ID: "0", Reference: []string{"1", "2", "gone"}}},
		}
		in := report.Input{Document: doc, Night: night}
		var pdf, page, text bytes.Buffer
		if err := errors.Join(report.PDF(&pdf, in), report.HTML(&page, in), terminal.Write(&text, in, terminal.Options{})); err != nil {
			t.Fatal(err)
		}
		for _, must := range []string{"Not a medical device", "SIDS", "–"} {
			if !strings.Contains(page.String(), must) || !strings.Contains(text.String(), must) {
				t.Errorf("a page of an empty document lacks %q", must)
			}
		}
	}
}

func BenchmarkPDF(b *testing.B) {
	in := reporttest.One(reporttest.Night{})
	size := 0
	defer plethtest.CPU(b)()
	for b.Loop() {
		var out bytes.Buffer
		if err := report.PDF(&out, in); err != nil {
			b.Fatal(err)
		}
		size = out.Len()
	}
	b.ReportMetric(float64(size)/1e3, "kB")
}

func BenchmarkHTML(b *testing.B) {
	in := reporttest.One(reporttest.Night{})
	for b.Loop() {
		var out bytes.Buffer
		if err := report.HTML(&out, in); err != nil {
			b.Fatal(err)
		}
	}
}
