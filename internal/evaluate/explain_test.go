package evaluate

import (
	"slices"
	"strings"
	"testing"
	"unicode"

	"pgregory.net/rapid"
)

func TestUnexplained(t *testing.T) {
	t.Parallel()
	in := design()
	for _, c := range []struct {
		name, text string
		refs, want []string
	}{
		{"as said", "Below 88~% for 10~min 12~s", []string{"limit.88", "below.88.seconds"}, nil},
		{"another second", "Below 88~% for 10~min 13~s", []string{"limit.88", "below.88.seconds"}, []string{"10", "13"}},
		{"another limit", "Below 86~% for 10~min 12~s", []string{"limit.88", "below.88.seconds"}, []string{"86"}},
		{"not listed", "Below 88~% for 10~min 12~s", []string{"limit.88"}, []string{"10", "12"}},
		{"of another metric", "Below 88~% for 10~min 12~s", []string{"limit.88", "below.90.seconds"}, []string{"10", "12"}},
		{"a constant not listed", "Below 88~% 6.0 per hour", []string{"odi4.per_h"}, []string{"88"}},
		{"part of a longer number", "Mean SpO₂ 195.4~%", []string{"spo2.mean"}, []string{"195", "4"}},
		{"rounded otherwise", "Mean SpO₂ 95.42~%", []string{"spo2.mean"}, []string{"95", "42"}},
		{"cut", "Mean SpO₂ 95~%", []string{"spo2.mean"}, []string{"95"}},
		{"another unit", "10~min below 85~%", []string{"dips.85.count", "limit.85"}, nil}, // a count explains its digits, not the word after them
		{"unknown reference", "Mean SpO₂ 95.4~%", []string{"spo2.average"}, []string{"95", "4"}},
		{"subscripts are letters", "SpO₂", nil, nil},
		{"constants that are", "88~% and 4~h", []string{"limit.88", "need.valid_s"}, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got := Unexplained(in, strings.ReplaceAll(c.text, "~", nbsp), c.refs)
			if !slices.Equal(got, c.want) {
				t.Errorf("Unexplained(%q) = %v, want %v", c.text, got, c.want)
			}
		})
	}
}

// TestChangedDigitsAreFound changes each digit of each finding of the
// hand-made sessions to every other digit. What is not found must be a number
// that the same finding could print.
func TestChangedDigitsAreFound(t *testing.T) {
	t.Parallel()
	changed, missed := 0, 0
	for _, name := range caseNames {
		in := makers[name]()
		e := Of(in)
		for i := range e.Findings {
			f := &e.Findings[i]
			for at, r := range f.Text {
				if r < '0' || r > '9' {
					continue
				}
				for d := '0'; d <= '9'; d++ {
					if d == r {
						continue
					}
					changed++
					text := f.Text[:at] + string(d) + f.Text[at+1:]
					if len(Unexplained(in, text, f.Metrics)) > 0 {
						continue
					}
					missed++
					if !printable(in, f, text, at) {
						t.Errorf("%s, %s: %q passes for %q", name, f.Rule, text, f.Text)
					}
				}
			}
		}
	}
	if changed == 0 || missed*20 > changed {
		t.Errorf("%d of %d changed digits were not found", missed, changed)
	}
}

// printable reports whether the number at the place of a changed digit is one
// that a reference of the finding prints.
func printable(in *Input, f *Finding, text string, at int) bool {
	isPart := func(r rune) bool { return unicode.IsDigit(r) || r == '.' }
	from := strings.LastIndexFunc(text[:at], func(r rune) bool { return !isPart(r) }) + 1
	to := len(text)
	if i := strings.IndexFunc(text[at:], func(r rune) bool { return !isPart(r) }); i >= 0 {
		to = at + i
	}
	for _, ref := range f.Metrics {
		if s, ok := in.Text(ref); ok && strings.Contains(s, strings.Trim(text[from:to], ".")) {
			return true
		}
	}
	return false
}

// TestUnexplainedTakesAnything: texts come from documents that were read back.
func TestUnexplainedTakesAnything(t *testing.T) {
	t.Parallel()
	in := design()
	refs := allRefs(Of(in))
	rapid.Check(t, func(t *rapid.T) {
		text := string(rapid.SliceOf(rapid.Byte()).Draw(t, "text"))
		digits := strings.ContainsFunc(text, unicode.IsDigit)
		if left := Unexplained(in, text, append(refs, text, "."+text, "episode."+text, "band."+text)); len(left) > 0 && !digits {
			t.Fatalf("%q: %v", text, left)
		}
	})
}
