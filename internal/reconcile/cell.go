package reconcile

import (
	"bytes"
	"fmt"
	"math/big"
	"time"

	"golang.org/x/text/unicode/norm"
)

// Cell is one value of a row as its side has it. A Cell belongs to the reader
// and is valid until the next row.
type Cell struct {
	Text []byte
	Null bool
	// Number says that the side itself holds a number here, by the type of its
	// column: 1001.00 of an engine is 1001. Texts that look like numbers are not.
	Number bool
	// Long says that Text is only the begin of what stands there.
	Long bool
}

// canonicalKey appends the form in which keys are compared. They are text:
// 1001, 1001.0 and 01001 are three records, 1E3 and 1000 two. Numbers are
// those of a numeric type, and of columns that are declared as numbers.
func canonicalKey(dst []byte, c Cell, fold, declared bool) (out []byte, k kind) {
	text := bytes.TrimSpace(c.Text)
	if c.Null || len(text) == 0 {
		return dst, null
	}
	from := len(dst)
	if c.Number || declared {
		if digits := bytes.TrimLeft(text, "0"); declared && len(digits) < len(text) && (len(digits) == 0 || digits[0] < '0' || digits[0] > '9') {
			text = text[len(text)-len(digits)-1:]
		} else if declared {
			text = digits
		}
	}
	dst, k = canonical(dst, Cell{Text: text}, fold)
	if k == number && !c.Number && !declared {
		dst = append(dst[:from], text...)
		if fold { // 1e3
			copy(dst[from:], bytes.ToLower(text))
		}
	}
	if k == instant {
		dst = appendFiner(dst, text)
	}
	return dst, k
}

// appendFiner appends what an instant says below the millisecond: keys of two
// records may differ in it alone.
func appendFiner(dst, text []byte) []byte {
	t, err := time.Parse(time.RFC3339Nano, string(text[:10])+"T"+string(text[11:]))
	if finer := t.Nanosecond() % 1e6; err == nil && finer != 0 {
		return fmt.Appendf(dst, "+%d", finer)
	}
	return dst
}

// canonical appends the form in which two sides are compared: spaces around it
// removed, Unicode composed, numbers without signs and zeros that say nothing,
// instants in UTC. A cell of spaces is null: files have no other way to say it.
func canonical(dst []byte, c Cell, fold bool) (out []byte, k kind) {
	text := bytes.TrimSpace(c.Text)
	if c.Null || len(text) == 0 {
		return dst, null
	}
	if out, ok := canonicalNumber(dst, text); ok {
		return out, number
	}
	if out, ok := canonicalTime(dst, text); ok {
		return out, instant
	}
	if !ascii(text) {
		text = norm.NFC.Bytes(text)
	}
	if fold {
		text = bytes.ToLower(text)
	}
	return append(dst, text...), words
}

// kind is what a cell turned out to be.
type kind uint8

const (
	null kind = iota
	number
	instant
	words
)

func ascii(b []byte) bool {
	for _, c := range b {
		if c >= 0x80 {
			return false
		}
	}
	return true
}

// canonicalNumber appends a plain decimal number: 10.50 is 10.5, +3 is 3, -0 is
// 0, .5 is 0.5. What begins with a zero and goes on with digits is a name, not a
// number.
func canonicalNumber(dst, text []byte) ([]byte, bool) {
	i := 0
	negative := false
	if text[0] == '-' || text[0] == '+' {
		negative, i = text[0] == '-', 1
	}
	whole := i
	for i < len(text) && text[i] >= '0' && text[i] <= '9' {
		i++
	}
	digits := text[whole:i]
	if len(digits) > 1 && digits[0] == '0' {
		return dst, false
	}
	var decimals []byte
	if i < len(text) && text[i] == '.' {
		from := i + 1
		for i = from; i < len(text) && text[i] >= '0' && text[i] <= '9'; i++ {
		}
		if decimals = text[from:i]; len(decimals) == 0 {
			return dst, false
		}
	}
	if len(digits) == 0 { // some engines leave the zero out
		if digits = []byte{'0'}; len(decimals) == 0 {
			return dst, false
		}
	}
	if i < len(text) {
		return canonicalExponent(dst, text, i)
	}
	decimals = bytes.TrimRight(decimals, "0")
	if negative && (len(decimals) > 0 || digits[0] != '0') {
		dst = append(dst, '-')
	}
	dst = append(dst, digits...)
	if len(decimals) > 0 {
		dst = append(append(dst, '.'), decimals...)
	}
	return dst, true
}

// canonicalExponent appends 1.5e3 as 1500; at is where the exponent begins.
func canonicalExponent(dst, text []byte, at int) ([]byte, bool) {
	if text[at] != 'e' && text[at] != 'E' || at+1 == len(text) || len(text)-at > 4 || len(text) > 40 {
		return dst, false
	}
	for k, c := range text[at+1:] {
		if (c < '0' || c > '9') && (k > 0 || c != '-' && c != '+' || len(text) == at+2) {
			return dst, false
		}
	}
	r, ok := new(big.Rat).SetString(string(text))
	if !ok {
		return dst, false
	}
	if r.IsInt() {
		return append(dst, r.Num().String()...), true
	}
	digits, exact := r.FloatPrec()
	if !exact {
		return dst, false
	}
	return append(dst, r.FloatString(digits)...), true
}

// canonicalTime appends an instant that names its zone in UTC, to the
// millisecond. A time without a zone is text: nobody knows when it was.
func canonicalTime(dst, text []byte) ([]byte, bool) {
	if len(text) < len("2006-01-02T15:04:05Z") || len(text) > 40 || text[4] != '-' || text[7] != '-' || text[10] != 'T' && text[10] != ' ' {
		return dst, false
	}
	s := []byte(string(text))
	s[10] = 'T'
	t, err := time.Parse(time.RFC3339Nano, string(s))
	if err != nil {
		return dst, false
	}
	return t.UTC().Truncate(time.Millisecond).AppendFormat(dst, instantForm), true
}

// ratOf returns the number that a canonical form is. What only begins like one,
// as 1e999999999 does, is none: it would fill the memory.
func ratOf(form []byte) (*big.Rat, bool) {
	if len(form) == 0 {
		return nil, false
	}
	plain, ok := canonicalNumber(nil, form)
	if !ok {
		return nil, false
	}
	return new(big.Rat).SetString(string(plain))
}

// within reports whether two canonical forms are numbers no further apart than
// the tolerance.
func within(a, b []byte, tolerance *big.Rat) bool {
	x, ok := ratOf(a)
	if !ok {
		return false
	}
	y, ok := ratOf(b)
	if !ok {
		return false
	}
	d := x.Sub(x, y)
	return d.Abs(d).Cmp(tolerance) <= 0
}

// Key returns the form in which a cell is compared as part of a key, empty for
// null; declared says that its column is declared as numbers. What findings show
// of a key has the same form as the cell that it is from.
func Key(c Cell, fold, declared bool) string {
	out, _ := canonicalKey(nil, c, fold, declared)
	return string(out)
}

// shownKey is how a cell of a key is shown: a number of the type of its column
// as it is compared, so that it can be looked for as the text that it is.
func shownKey(c Cell) string {
	if c.Number {
		return Key(c, false, false)
	}
	return string(bytes.TrimSpace(c.Text))
}

// Canonical returns the form in which a text is compared, empty for null.
func Canonical(text string, fold bool) string {
	out, _ := canonical(nil, Cell{Text: []byte(text)}, fold)
	return string(out)
}
