package paper_test

import (
	"bytes"
	"os"
	"strings"
	"testing"
	"time"

	"pleth/internal/reconcile"
	"pleth/internal/reconcile/desk"
	"pleth/internal/reconcile/paper"
)

func TestSummary(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 3, 29, 12, 0, 0, 0, time.UTC)
	took := 90.0
	s := &desk.Summary{From: at.AddDate(0, 0, -7), To: at, MTTD: &took, Colours: map[desk.Colour]int{desk.Red: 1},
		Integrations: []desk.SummaryLine{{Group: "Shop", Title: "Orders <b>", Colour: desk.Red, Why: "1 record is missing 漢", Share: map[desk.Colour]float64{desk.Red: 0.25}, Opened: 1}},
		Incidents:    []desk.Incident{{ID: 7, Integration: "orders", Class: reconcile.MismatchValue, State: desk.Opened, Opened: at}}}
	s.Integrations = append(s.Integrations, desk.SummaryLine{Name: "orders", Group: "Pipes of this server", Title: "Orders of the shop to the warehouse in the north", Colour: desk.Red, Why: strings.Repeat("the check failed: nothing answers; ", 9)})
	for range 80 { // more than a page
		s.Incidents = append(s.Incidents, s.Incidents[0])
	}
	var page, pdf bytes.Buffer
	if err := paper.HTML(&page, s); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"Orders &lt;b&gt;", "mismatch value", "1m30s", "25.0 %"} {
		if !strings.Contains(page.String(), want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	if path := os.Getenv("PLETH_PAPER"); path != "" { // to be looked at
		defer func() { _ = os.WriteFile(path, pdf.Bytes(), 0o600) }()
	}
	if err := paper.PDF(&pdf, s, at); err != nil || !bytes.HasPrefix(pdf.Bytes(), []byte("%PDF")) || bytes.Count(pdf.Bytes(), []byte("/Type /Page\n")) < 2 {
		t.Errorf("%d bytes of PDF: %v", pdf.Len(), err)
	}
}
