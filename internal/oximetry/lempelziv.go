package oximetry

import (
	"math"
	"slices"
	"sync"
)

// LempelZiv is the complexity of Lempel and Ziv (1976) of a series made
// binary: 1 where the value exceeds the median.
type LempelZiv struct {
	Phrases    int     // of the exhaustive history; the last, incomplete one counts
	Normalised float64 // phrases / (n / log2 n), about 1 for a random sequence
}

// LempelZiv76 returns the complexity of s. A missing second ends a phrase, and
// no phrase is copied across one. The work is proportional to the length of s:
// a suffix automaton knows all words of what came before.
// It returns false if s has fewer than two valid seconds.
// Rule and source: docs/definitions/lempel-ziv.md.
func LempelZiv76(s *Series) (LempelZiv, bool) {
	if s.Valid < 2 {
		return LempelZiv{}, false
	}
	phrases := phrases76(s.binary())
	n := float64(s.Valid)
	return LempelZiv{phrases, float64(phrases) * math.Log2(n) / n}, true
}

// letters is the size of the alphabet: 0 at most the median, 1 above it.
const letters = 2

// sameLetters are runs of each letter to copy from.
var sameLetters = func() (runs [letters][64]byte) {
	for i := range runs[1] {
		runs[1][i] = 1
	}
	return runs
}()

// binary returns the words of the stretches.
func (s *Series) binary() [][]byte {
	t := newTally(s)
	t.add(s, 0, len(s.Ranks), 1)
	// A value exceeds the median if twice its rank exceeds this.
	limit := t.nth((t.n-1)/2) + t.nth(t.n/2)
	word := make([]byte, 0, s.Valid)
	words := make([][]byte, 0, len(s.Stretches))
	for _, part := range s.Stretches {
		from := len(word)
		for _, r := range s.Between(part.From, part.End) {
			run := &sameLetters[0]
			if 2*r.Rank > limit {
				run = &sameLetters[1]
			}
			for n := int(r.End - r.From); n > 0; n -= len(run) {
				word = append(word, run[:min(n, len(run))]...)
			}
		}
		words = append(words, word[from:])
	}
	return words
}

// phrases76 counts the phrases of words: each is the shortest that does not
// occur, in this word or one before, before its own last letter. The automaton
// knows what occurs in front of the letter that is looked at.
func phrases76(words [][]byte) int {
	a := automata.Get().(*automaton)
	defer automata.Put(a)
	a.begin(words)
	phrases := 0
	for _, word := range words {
		last := int32(0)                    // state of the word so far
		state, length := int32(0), int32(0) // of the phrase so far
		for _, c := range word {
			if state = a.states[state].next[c]; state != 0 {
				length++
			} else {
				phrases++
				length = 0
			}
			last = a.extend(last, c)
			if link := a.states[state].link; state != 0 && a.states[link].length >= length {
				state = link // a copy has taken the shorter words over
			}
		}
		if length > 0 {
			phrases++ // incomplete
		}
	}
	return phrases
}

// automata keeps the memory of automatons, which is much and short-lived.
var automata = sync.Pool{New: func() any { return new(automaton) }}

// automaton is the suffix automaton of some words (Blumer et al. 1985): every
// state stands for the words inside them that end at the same places.
type automaton struct {
	states []suffixState
}

type suffixState struct {
	next   [letters]int32 // 0 for none: no transition leads to the start
	link   int32          // -1 for the start
	length int32          // of the longest word of the state
}

// begin empties a and makes room for words. It keeps its memory.
func (a *automaton) begin(words [][]byte) {
	n := 0
	for _, word := range words {
		n += len(word)
	}
	a.states = slices.Grow(a.states[:0], 2*n+1) // there are at most two states a letter
	a.add(0, 0, -1, 0)
}

// add appends a state and returns its number. Its parts are written one by one:
// to copy a state whole, right after a part of it was written, takes longer than
// all else that is done with it.
func (a *automaton) add(next0, next1, link, length int32) int32 {
	n := len(a.states)
	a.states = a.states[:n+1]
	s := &a.states[n]
	s.next[0], s.next[1] = next0, next1
	s.link = link
	s.length = length
	return int32(n)
}

// extend adds letter c behind the beginning of a word that is in state last, and
// returns the state of the beginning with c.
func (a *automaton) extend(last int32, c byte) int32 {
	if q := a.states[last].next[c]; q != 0 {
		// A word before has had it.
		return a.split(last, q, c)
	}
	whole := a.add(0, 0, 0, a.states[last].length+1)
	p := last
	for p >= 0 {
		s := &a.states[p]
		if q := s.next[c]; q != 0 {
			a.states[whole].link = a.split(p, q, c)
			break
		}
		s.next[c] = whole
		p = s.link
	}
	return whole
}

// split returns the state of the longest word of p followed by c, which is in
// state q: q itself, or a copy of it for the words of q that are no longer.
func (a *automaton) split(p, q int32, c byte) int32 {
	length, old := a.states[p].length+1, &a.states[q]
	if length == old.length {
		return q
	}
	clone := a.add(old.next[0], old.next[1], old.link, length)
	old.link = clone
	for p >= 0 {
		s := &a.states[p]
		if s.next[c] != q {
			break
		}
		s.next[c] = clone
		p = s.link
	}
	return clone
}
