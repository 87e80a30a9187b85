package stream

import (
	"slices"
	"testing"

	"pgregory.net/rapid"

	"pleth"
	"pleth/internal/session"
)

// TestMarkingSoFar asks a Marking at any time: it says what Derive says of the
// same rows, and goes on as if nobody had asked.
func TestMarkingSoFar(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		b := drawRows(t)
		c := session.NewCutter(pleth.Header{})
		for i := range b.Len() {
			if c.Push(b.Time(i), b, i) != nil {
				break // one session will do
			}
		}
		s := c.Close()
		if s == nil {
			return
		}
		cfg := Config{Quantize: rapid.Bool().Draw(t, "quantize"), Clean: rapid.IntRange(0, 3).Draw(t, "clean") == 0}
		want := Derive(s, cfg)
		m := NewMarking(s, cfg)
		if !m.Fits(s) {
			t.Fatal("it does not fit its own session")
		}
		for range rapid.IntRange(1, 4).Draw(t, "questions") {
			m.Take(s.Rows, rapid.IntRange(m.Rows(), s.Rows.Len()).Draw(t, "taken"))
			got := m.End(s.Rows)
			if !slices.Equal(got.marks, want.marks) || !slices.Equal(got.Grid.V, want.Grid.V) || !slices.Equal(got.Grid.R, want.Grid.R) {
				t.Fatalf("after %d of %d rows it comes to something else", m.Rows(), s.Rows.Len())
			}
			part := s.Rows.Slice(0, m.Rows())
			half := *s
			half.Rows = &part
			if got, want := m.End(&part), Derive(&half, cfg); !slices.Equal(got.marks, want.marks) || !slices.Equal(got.Grid.V, want.Grid.V) || !slices.Equal(got.Grid.R, want.Grid.R) {
				t.Fatalf("ended after %d rows it comes to something else", m.Rows())
			}
		}
	})
}
