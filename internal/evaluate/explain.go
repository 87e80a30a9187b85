package evaluate

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Unexplained returns the runs of digits in text that none of refs accounts
// for, each printed as texts print it; none if all are accounted for. The
// constants of the rules need a reference as well.
//
// It looks at the text and the input alone, not at how the text was made, so
// it also proves documents that were read back.
func Unexplained(in *Input, text string, refs []string) []string {
	f := newFacts(in)
	var known []string
	for _, ref := range refs {
		if s, ok := f.text(ref); ok && strings.ContainsFunc(s, unicode.IsDigit) {
			known = append(known, s)
		}
	}
	slices.SortFunc(known, func(a, b string) int {
		if len(a) != len(b) {
			return len(b) - len(a)
		}
		return strings.Compare(a, b)
	})
	for _, s := range slices.Compact(known) {
		text = blank(text, s)
	}
	return strings.FieldsFunc(text, func(r rune) bool { return !unicode.IsDigit(r) })
}

// blank replaces s in text by spaces wherever it is not part of a longer number.
func blank(text, s string) string {
	for from := 0; ; {
		i := strings.Index(text[from:], s)
		if i < 0 {
			return text
		}
		i += from
		end := i + len(s)
		if bounded(text[:i], text[end:], s) {
			text = text[:i] + strings.Repeat(" ", len(s)) + text[end:]
		}
		from = i + 1
	}
}

// bounded reports whether s, between before and after, is a number of its own.
func bounded(before, after, s string) bool {
	first, _ := utf8.DecodeRuneInString(s)
	last, _ := utf8.DecodeLastRuneInString(s)
	prev, size := utf8.DecodeLastRuneInString(before)
	next, width := utf8.DecodeRuneInString(after)
	if unicode.IsDigit(first) {
		beforePoint, _ := utf8.DecodeLastRuneInString(before[:len(before)-size])
		if unicode.IsDigit(prev) || prev == '.' && unicode.IsDigit(beforePoint) {
			return false
		}
	}
	if unicode.IsDigit(last) {
		afterPoint, _ := utf8.DecodeRuneInString(after[width:])
		if unicode.IsDigit(next) || next == '.' && unicode.IsDigit(afterPoint) {
			return false
		}
	}
	return true
}
