package pdf

import (
	"testing"

	"pgregory.net/rapid"

	"pleth/internal/report/format"
	"pleth/internal/report/page"
	"pleth/internal/report/reporttest"
)

// Blocks keep what they need, stay apart, and end before the end wherever
// they can.
func TestStack(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		type place struct{ y, h float64 }
		var got []place
		var blocks []block
		for range rapid.IntRange(1, 8).Draw(t, "blocks") {
			least := rapid.Float64Range(0, 100).Draw(t, "least")
			blocks = append(blocks, block{
				least: least, want: least + rapid.Float64Range(-10, 100).Draw(t, "more"),
				grow: rapid.Float64Range(0, 2).Draw(t, "grow"), most: rapid.Float64Range(0, 100).Draw(t, "most"),
				draw: func(y, h float64) { got = append(got, place{y, h}) },
			})
		}
		end := needs(blocks) + rapid.Float64Range(0, 600).Draw(t, "room")
		stack(blocks, 0, end)
		at := 0.0
		for i, p := range got {
			if p.h < blocks[i].least-1e-9 {
				t.Fatalf("block %d has %v, needs %v", i, p.h, blocks[i].least)
			}
			if i > 0 && p.y < at+gapLeast-1e-9 {
				t.Fatalf("block %d begins at %v, the one before ends at %v", i, p.y, at)
			}
			at = p.y + p.h
		}
		if at > end+1e-6 {
			t.Fatalf("the blocks end at %v, after %v", at, end)
		}
	})
}

// What the blocks of any night need is there on an A4 page.
func TestEveryStateHasTheRoomItNeeds(t *testing.T) {
	t.Parallel()
	for name, in := range reporttest.States() {
		p, err := page.New(in, format.English())
		if err != nil {
			t.Fatal(err)
		}
		s := newSheet()
		s.page()
		y := s.header(p.Title, p.Date)
		room := bottom - s.footer(p, 1, 1) - beforeFoot - y
		if n := needs(s.nightBlocks(p)); n > room {
			t.Errorf("%s: the page needs %.0f px, there are %.0f", name, n, room)
		}
		if p.Compare == nil {
			continue
		}
		if n := needs(s.compareBlocks(p)); n > room {
			t.Errorf("%s: the second page needs %.0f px, there are %.0f", name, n, room)
		}
	}
}

func TestFiguresAreOfOneWidth(t *testing.T) {
	t.Parallel()
	s := newSheet()
	s.page()
	for _, w := range []weight{regular, semibold, bold} {
		st := style{w, 10, text, 0}
		one := s.width(st, "1")
		for _, r := range "0123456789−+" {
			if got := s.width(st, string(r)); got != one {
				t.Errorf("%s: %q is %v wide, 1 is %v", w, r, got, one)
			}
		}
		if blank := s.width(st, "a"+format.Thin+"b"+format.Joined+"c"); blank != s.width(st, "a b c") {
			t.Errorf("%s: blanks are not all alike", w)
		}
	}
}

func TestWrap(t *testing.T) {
	t.Parallel()
	s := newSheet()
	s.page()
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringMatching(`([a-zÄ-ž0-9]{1,40} ?){0,12}`).Draw(t, "text")
		w := rapid.Float64Range(20, 300).Draw(t, "width")
		most := rapid.IntRange(0, 4).Draw(t, "most")
		lines := s.wrap(bodyStyle, text, w, most)
		if most > 0 && len(lines) > most {
			t.Fatalf("%d lines, at most %d were asked for", len(lines), most)
		}
		for _, line := range lines {
			if got := s.width(bodyStyle, line); got > w && line != "…" {
				t.Fatalf("%q is %v wide, more than %v", line, got, w)
			}
		}
	})
}
