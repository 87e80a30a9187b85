package oximetry

import "math"

// LempelZiv is the complexity of Lempel and Ziv (1976) of a series made
// binary: 1 where the value exceeds the median.
type LempelZiv struct {
	Phrases    int     // of the exhaustive history; the last, incomplete one counts
	Normalised float64 // phrases / (n / log2 n), about 1 for a random sequence
}

// LempelZiv76 returns the complexity of s. A missing second ends a phrase, and
// no phrase is copied across one. The work is proportional to the length of s:
// a suffix automaton of the whole sequence knows where each word ends first.
// It returns false if s has fewer than two valid seconds.
// Rule and source: docs/definitions/lempel-ziv.md.
func LempelZiv76(s *Series) (LempelZiv, bool) {
	if s.Valid < 2 {
		return LempelZiv{}, false
	}
	word := s.binary()
	phrases := phrases76(word)
	n := float64(s.Valid)
	return LempelZiv{phrases, float64(phrases) * math.Log2(n) / n}, true
}

// The letters of the binary sequence. Missing seconds between two stretches
// are one letter that no phrase contains.
const (
	atMost = iota // the median
	above
	between
	letters
)

func (s *Series) binary() []byte {
	limit := s.medianRank2()
	word := make([]byte, 0, len(s.Ranks))
	for i, part := range s.Stretches {
		if i > 0 {
			word = append(word, between)
		}
		for _, r := range s.Ranks[part.From:part.End] {
			letter := byte(atMost)
			if 2*r > limit {
				letter = above
			}
			word = append(word, letter)
		}
	}
	return word
}

// medianRank2 returns the sum of the ranks of the two middle values: a value
// exceeds the median if twice its rank exceeds that sum.
func (s *Series) medianRank2() int32 {
	t := newTally(s)
	t.add(s.Ranks, 1)
	return t.nth((t.n-1)/2) + t.nth(t.n/2)
}

// phrases76 counts the phrases of word: each is the shortest that does not
// occur before its own last letter.
func phrases76(word []byte) int {
	a := newAutomaton(word)
	phrases, state := 0, int32(0)
	open := false // a phrase has begun
	for i, c := range word {
		if c == between {
			if open {
				phrases++
			}
			state, open = 0, false
			continue
		}
		state, open = a.states[state].next[c], true
		if int(a.states[state].first) == i {
			phrases++
			state, open = 0, false
		}
	}
	if open {
		phrases++
	}
	return phrases
}

// automaton is the suffix automaton of a word (Blumer et al. 1985): every
// state stands for the words inside it that end at the same places.
type automaton struct{ states []suffixState }

type suffixState struct {
	next   [letters]int32 // 0 for none: no transition leads to the start
	link   int32          // -1 for the start
	length int32          // of the longest word of the state
	first  int32          // where its words end first
}

func newAutomaton(word []byte) *automaton {
	a := &automaton{states: make([]suffixState, 1, 2*len(word)+1)}
	a.states[0] = suffixState{link: -1, first: -1}
	last := int32(0)
	for i, c := range word {
		last = a.extend(last, int32(i), c)
	}
	return a
}

// extend adds letter c at place i to the automaton of the word before it,
// whose whole is in state last, and returns the state of the new whole.
func (a *automaton) extend(last, i int32, c byte) int32 {
	whole := int32(len(a.states))
	a.states = append(a.states, suffixState{length: i + 1, first: i})
	p := last
	for ; p >= 0 && a.states[p].next[c] == 0; p = a.states[p].link {
		a.states[p].next[c] = whole
	}
	if p < 0 {
		return whole
	}
	q := a.states[p].next[c]
	if a.states[p].length+1 == a.states[q].length {
		a.states[whole].link = q
		return whole
	}
	clone := int32(len(a.states))
	copied := a.states[q]
	copied.length = a.states[p].length + 1
	a.states = append(a.states, copied)
	for ; p >= 0 && a.states[p].next[c] == q; p = a.states[p].link {
		a.states[p].next[c] = clone
	}
	a.states[q].link, a.states[whole].link = clone, clone
	return whole
}
