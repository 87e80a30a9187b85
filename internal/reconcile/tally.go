package reconcile

import (
	"bytes"
	"math/big"
)

// BucketID names a bucket: a business day, a channel, or both. Both are empty
// where records are not told apart by them.
type BucketID struct {
	Day     string `json:"day,omitempty"` // 2006-01-02
	Channel string `json:"channel,omitempty"`
}

// Tally is what one side has in a bucket.
type Tally struct {
	Rows   int64  `json:"rows"`
	Sums   []Sum  `json:"sums"` // of the measures, in their order
	Digest uint64 `json:"-"`    // the sum of the digests of the rows, mod 2^64
}

// Bucket is what both sides have in a bucket. A side that has nothing there has
// a Tally of zero rows.
type Bucket struct {
	BucketID
	A, B  Tally
	Equal bool // by number, sums and digest
}

// sumScale is how many decimals are added as integers.
const sumScale = 6

// Sum is an exact decimal sum. The zero Sum is zero.
type Sum struct {
	n    int64    // at sumScale
	rest *big.Rat // what does not fit; nil: nothing
	// Bad counts cells that are no numbers. They are not in the sum.
	Bad int64
}

var pow10 = [...]int64{1, 10, 100, 1_000, 10_000, 100_000, 1_000_000}

// add adds a cell; null adds nothing.
func (s *Sum) add(c Cell) {
	text := bytes.TrimSpace(c.Text)
	if c.Null || len(text) == 0 {
		return
	}
	if v, ok := quickDecimal(text); ok {
		if sum := s.n + v; (sum > s.n) == (v > 0) {
			s.n = sum
			return
		}
	}
	r, ok := new(big.Rat).SetString(string(text))
	if !ok || len(text) > 100 || bytes.ContainsAny(text, "/_xXpPoObBeEiInN") && !plainExponent(text) {
		s.Bad++
		return
	}
	if s.rest == nil {
		s.rest = new(big.Rat)
	}
	s.rest.Add(s.rest, r)
}

// plainExponent reports whether a number has a short decimal exponent.
func plainExponent(text []byte) bool {
	_, ok := canonicalNumber(nil, text)
	return ok
}

// quickDecimal reads a plain number of up to sumScale decimals and 12 digits
// before them.
func quickDecimal(text []byte) (int64, bool) {
	negative := text[0] == '-'
	if negative || text[0] == '+' {
		text = text[1:]
	}
	var v int64
	decimals, digits := -1, 0
	for _, c := range text {
		switch {
		case c >= '0' && c <= '9':
			v = v*10 + int64(c-'0')
			digits++
			if decimals >= 0 {
				decimals++
			}
		case c == '.' && decimals < 0:
			decimals = 0
		default:
			return 0, false
		}
	}
	decimals = max(decimals, 0)
	if digits == 0 || decimals > sumScale || digits-decimals > 12 {
		return 0, false
	}
	v *= pow10[sumScale-decimals]
	if negative {
		v = -v
	}
	return v, true
}

// Rat returns the exact sum.
func (s *Sum) Rat() *big.Rat {
	r := big.NewRat(s.n, pow10[sumScale])
	if s.rest != nil {
		r.Add(r, s.rest)
	}
	return r
}

// String returns the sum as a plain decimal.
func (s Sum) String() string {
	r := s.Rat()
	n, exact := r.FloatPrec()
	if !exact {
		n = 12
	}
	return r.FloatString(n)
}

// MarshalText is String.
func (s Sum) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// UnmarshalText reads a plain decimal.
func (s *Sum) UnmarshalText(b []byte) error {
	*s = Sum{}
	s.add(Cell{Text: b})
	return nil
}

// ParseSum returns the sum that a text states; empty is zero.
func ParseSum(text string) Sum {
	var s Sum
	s.add(Cell{Text: []byte(text)})
	return s
}

// equal reports whether two tallies are the same, sums included.
func (t *Tally) equal(o *Tally) bool {
	if t.Rows != o.Rows || t.Digest != o.Digest {
		return false
	}
	for k := range t.Sums {
		if t.Sums[k].Rat().Cmp(o.Sums[k].Rat()) != 0 {
			return false
		}
	}
	return true
}
