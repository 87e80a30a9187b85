package pdf_test

import (
	"bytes"
	"errors"
	"regexp"
	"strings"
	"testing"

	"pleth/internal/report/format"
	"pleth/internal/report/page"
	"pleth/internal/report/pdf"
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

func written(tb testing.TB, p *page.Page) []byte {
	tb.Helper()
	var b bytes.Buffer
	if err := pdf.Write(&b, p); err != nil {
		tb.Fatal(err)
	}
	return b.Bytes()
}

// plain is how the PDF writes blanks.
func plain(s string) string {
	return strings.NewReplacer(format.Thin, " ", format.Joined, " ").Replace(s)
}

// The text of the page can be read back, and it is that of the document.
func TestThePageSaysWhatTheDocumentSays(t *testing.T) {
	t.Parallel()
	p := made(t, reporttest.Fortnight(nil))
	pages := readPages(t, written(t, p))
	if len(pages) != 2 {
		t.Fatalf("%d pages, want 2", len(pages))
	}
	want := []string{p.Title, p.Date, p.Fields[1].Value, p.Fields[2].Value, p.Fields[2].Detail, p.Headline, p.Trace.Title, p.Trace.Aside,
		"90", "88", "85", "23:00", "06:00", p.TrendTitle, p.DipCount, p.Maker + " · " + p.Rules, "page 1 of 2"}
	for _, f := range p.Figures {
		want = append(want, f.Label, f.Number, f.Unit, f.Notes[0])
	}
	for _, r := range p.Ranges {
		want = append(want, r.Label, r.Time, r.Share)
	}
	for _, h := range p.Hours {
		want = append(want, h.From, h.Mean, h.Lowest, h.Below, h.Dips, h.Pulse)
	}
	for _, d := range p.Dips[:4] {
		want = append(want, d.Start, d.Length, d.Lowest, d.Drop, d.Pulse)
	}
	// The level stands where it begins, the rule on every line.
	want = append(want, "attention · R-02", "R-03", "R-11", "note · R-09", "info · R-00", "R-01")
	texts := map[string]bool{}
	for _, s := range pages[0] {
		texts[s.Text] = true
	}
	for _, w := range want {
		if w = plain(w); !texts[w] {
			t.Errorf("page 1 lacks %q", w)
		}
	}
	all := strings.ReplaceAll(joined(pages[0]), "\n", " ")
	for _, w := range append([]string{p.Disclaimer, p.Facts[0].Value, p.Facts[1].Value, p.Lead[0]}, p.Definitions...) {
		if !strings.Contains(all, plain(w)) {
			t.Errorf("page 1 lacks %q", w)
		}
	}
	second := joined(pages[1])
	for _, r := range p.Compare.Rows {
		for _, w := range []string{r.Label, r.Value, r.Median, r.Half, r.Place} {
			if !strings.Contains(second, plain(w)) {
				t.Errorf("page 2 lacks %q", w)
			}
		}
	}
	for _, n := range p.Compare.Nights {
		if !strings.Contains(second, n.Date) || !strings.Contains(second, plain(n.Lowest)) {
			t.Errorf("page 2 lacks the night %s", n.Date)
		}
	}
	if !strings.Contains(strings.ReplaceAll(second, "\n", " "), p.Disclaimer) {
		t.Error("page 2 lacks the disclaimer")
	}
}

// Whatever the night is like, the page stands on one sheet, no text leaves it,
// and the foot with the disclaimer is there.
func TestEveryStateFitsOnItsPage(t *testing.T) {
	t.Parallel()
	const width, height = 595.28, 841.89
	for name, in := range reporttest.States() {
		p := made(t, in)
		b := written(t, p)
		if len(b) > 300_000 {
			t.Errorf("%s: %d bytes, more than 300 kB", name, len(b))
		}
		pages := readPages(t, b)
		wantPages := 1
		if p.Compare != nil {
			wantPages = 2
		}
		if len(pages) != wantPages {
			t.Fatalf("%s: %d pages, want %d", name, len(pages), wantPages)
		}
		for i, page := range pages {
			for _, s := range page {
				if s.X < 15 || s.X > width-15 || s.Y < 15 || s.Y > height-15 {
					t.Errorf("%s, page %d: %q stands at %.0f, %.0f", name, i+1, s.Text, s.X, s.Y)
				}
			}
			if !strings.Contains(strings.ToLower(joined(page)), "not a medical device") {
				t.Errorf("%s, page %d has no disclaimer", name, i+1)
			}
		}
	}
}

// Texts of one page do not lie on each other: no two base lines of the left
// column are nearer than a line of small print.
func TestLinesDoNotOverlap(t *testing.T) {
	t.Parallel()
	for name, in := range reporttest.States() {
		for i, page := range readPages(t, written(t, made(t, in))) {
			var edge []textAt
			for _, s := range page {
				if s.X > 29.9 && s.X < 30.1 { // texts that begin at the left margin
					edge = append(edge, s)
				}
			}
			for a := range edge {
				for b := range a {
					if d := edge[a].Y - edge[b].Y; d > -6 && d < 6 {
						t.Errorf("%s, page %d: %q lies on %q", name, i+1, edge[a].Text, edge[b].Text)
					}
				}
			}
		}
	}
}

func TestTheSameNightGivesTheSameBytes(t *testing.T) {
	t.Parallel()
	first := written(t, made(t, reporttest.Fortnight(nil)))
	for range 3 {
		if !bytes.Equal(first, written(t, made(t, reporttest.Fortnight(nil)))) {
			t.Fatal("the same nights gave other bytes")
		}
	}
	if !bytes.Contains(first, []byte("/CreationDate")) || bytes.Contains(first, []byte("/ID")) {
		t.Error("dates or ids are not as expected")
	}
}

func TestFontsAreEmbedded(t *testing.T) {
	t.Parallel()
	b := written(t, made(t, reporttest.One(reporttest.Night{})))
	fonts := regexp.MustCompile(`/BaseFont /\S+`).FindAll(b, -1)
	files := bytes.Count(b, []byte("/FontFile2 "))
	if files != 3 || len(fonts) != 6 { // each font is named by itself and by its descendant
		t.Errorf("%d fonts embedded, named %q", files, fonts)
	}
	if n := bytes.Count(b, []byte("/ToUnicode ")); n != 3 {
		t.Errorf("%d fonts can be read back, want 3", n)
	}
	if bytes.Contains(b, []byte("/Subtype /Image")) {
		t.Error("the page holds an image: it must be vector")
	}
	if !bytes.Contains(b, []byte("/Lang (en)")) {
		t.Error("the language is not stated")
	}
}

// What the fonts lack is a sign that says so, and nothing breaks.
func TestHostileNames(t *testing.T) {
	t.Parallel()
	text := joined(readPages(t, written(t, made(t, reporttest.States()["long names"])))[0])
	if !strings.Contains(text, "A maker whose name") || strings.ContainsAny(text, "\x1b\u202e") {
		t.Errorf("the device reads %q", text[:400])
	}
}

type broken struct{}

func (broken) Write([]byte) (int, error) { return 0, errors.New("disk full") }

func TestAFailedWriteIsReported(t *testing.T) {
	t.Parallel()
	if err := pdf.Write(broken{}, made(t, reporttest.One(reporttest.Night{}))); err == nil || !strings.Contains(err.Error(), "disk full") {
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
