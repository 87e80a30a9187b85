package oximetry

import (
	"math"
	"slices"
	"sync"

	"pleth/internal/signal"
)

// The parameters of the entropies. Source: docs/definitions/entropy.md.
const (
	ApEnLength      = 2
	ApEnTolerance   = signal.One / 4
	SampEnLength    = 3
	SampEnTolerance = signal.One / 5
)

// Entropies holds the approximate and the sample entropy of a series.
type Entropies struct {
	Approximate   float64
	Sample        float64
	ApproximateOk bool // there is a template of ApEnLength + 1
	SampleOk      bool // there are matches of both lengths
}

// templateIDs keeps memory that is needed for a moment only.
var templateIDs = sync.Pool{New: func() any { return new([]int32) }}

// EntropiesOf returns the entropies of s. On values that lie further apart
// than the tolerances the work is proportional to the length of s.
func EntropiesOf(s *Series) Entropies {
	all := []*templates{s.singles()}
	id := templateIDs.Get().(*[]int32)
	defer templateIDs.Put(id)
	*id = slices.Grow((*id)[:0], len(s.Ranks))[:len(s.Ranks)]
	for m := 1; m <= SampEnLength; m++ {
		all = append(all, s.longer(all[m-1], *id))
	}
	var e Entropies
	e.Approximate, e.ApproximateOk = s.approximate(all[ApEnLength-1], all[ApEnLength])
	e.Sample, e.SampleOk = s.sample(all[SampEnLength-1], all[SampEnLength])
	return e
}

// approximate returns phi(m) - phi(m+1), where phi is the mean logarithm of
// the share of templates that match each one, itself included (Pincus 1991).
func (s *Series) approximate(short, long *templates) (float64, bool) {
	if long.total == 0 {
		return 0, false
	}
	return s.phi(short) - s.phi(long), true
}

func (s *Series) phi(t *templates) float64 {
	matches := s.matches(t, ApEnTolerance)
	sum := 0.0
	for i, n := range t.count {
		sum += float64(float64(n) * math.Log(float64(matches[i])/float64(t.total)))
	}
	return sum / float64(t.total)
}

// sample returns -ln(A/B): B pairs of templates of length m match, and A of
// them match one value further. Only templates that have a further value are
// counted for both (Richman and Moorman 2000).
func (s *Series) sample(short, long *templates) (float64, bool) {
	b := s.pairs(s.extendable(short))
	a := s.pairs(long)
	if a == 0 || b == 0 {
		return 0, false
	}
	return -math.Log(float64(a) / float64(b)), true
}

// pairs returns twice the number of pairs of templates that match.
func (s *Series) pairs(t *templates) int64 {
	matches := s.matches(t, SampEnTolerance)
	sum := int64(0)
	for i, n := range t.count {
		sum += n * (matches[i] - 1)
	}
	return sum
}

// extendable returns the templates of short that have a further value: all but
// the last one of each stretch.
func (s *Series) extendable(short *templates) *templates {
	t := *short
	t.count = slices.Clone(short.count)
	for _, n := range short.last {
		t.count[n]--
		t.total--
	}
	return &t
}
