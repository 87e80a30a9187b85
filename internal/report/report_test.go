package report_test

import (
	"bytes"
	"strings"
	"testing"

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

func BenchmarkPDF(b *testing.B) {
	in := reporttest.One(reporttest.Night{})
	for b.Loop() {
		var out bytes.Buffer
		if err := report.PDF(&out, in); err != nil {
			b.Fatal(err)
		}
	}
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
