package html_test

import (
	"strings"
	"testing"

	"pleth/internal/report/page"
	"pleth/internal/report/reporttest"
)

// TestPagesOnPaper: the sheet is the first page, the comparison begins the
// second, and the sentences follow; without a comparison they begin it.
func TestPagesOnPaper(t *testing.T) {
	t.Parallel()
	for name, in := range map[string]page.Input{"one night": reporttest.One(reporttest.Night{}), "several": reporttest.Fortnight(nil)} {
		s := written(t, made(t, in))
		compare, words := strings.Index(s, `aria-labelledby="compare"`), strings.Index(s, `aria-labelledby="words"`)
		breaks := strings.Count(s, `newpage" aria`)
		if compare > words || words < 0 || breaks != 1 || strings.Contains(s, `words newpage"`) != (compare < 0) {
			t.Errorf("%s: comparison at %d, words at %d, %d page breaks", name, compare, words, breaks)
		}
	}
}
