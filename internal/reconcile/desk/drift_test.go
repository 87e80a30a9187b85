package desk

import (
	"testing"

	"pleth/internal/reconcile"
)

// TestTypesThatAreCalledLikeContents: an engine may call a type text, which is
// also a word for what cells hold; a column that becomes one has drifted.
func TestTypesThatAreCalledLikeContents(t *testing.T) {
	t.Parallel()
	st := &state{}
	for n, c := range []struct {
		kinds map[string]int64
		found int
	}{
		{map[string]int64{"type numeric": 1}, 0},
		{map[string]int64{"type numeric": 1}, 0},
		{map[string]int64{"type text": 1}, 1},
		{map[string]int64{"text": 10}, 0}, // too few to say
		{map[string]int64{"text": 30, "null": 5}, 1},
	} {
		s := &sight{judged: map[reconcile.Class]bool{}, columns: map[string]bool{}}
		drift(s, st, &reconcile.Result{B: reconcile.Side{Name: "erp", Kinds: map[string]map[string]int64{"total": c.kinds}}})
		if len(s.findings) != c.found {
			t.Errorf("%d: %+v", n, s.findings)
		}
	}
}
