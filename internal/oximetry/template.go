package oximetry

import (
	"pleth/internal/signal"
)

// A template is a run of m values without a missing one; two match if no pair
// of their values differs by more than a tolerance. The entropies count them.

// templates numbers the templates of one length: equal ones have one number.
type templates struct {
	m     int
	id    []int32 // of the template that begins at a second: the first and the last m+1 of a run
	first []int32 // second at which a template with that number begins first
	count []int64 // how often it occurs
	last  []int32 // the numbers of those that begin last in a stretch
	total int64
}

// singles returns the templates of length 1.
func (s *Series) singles() *templates {
	t := &templates{m: 1, id: s.Ranks, first: make([]int32, len(s.Values)), count: make([]int64, len(s.Values))}
	for _, r := range s.Runs {
		if r.Rank == Missing {
			continue
		}
		if t.count[r.Rank] == 0 {
			t.first[r.Rank] = r.From
		}
		t.count[r.Rank] += int64(r.End - r.From)
	}
	t.total = int64(s.Valid)
	return t
}

// tableLimit is how many pairs of a template and a value are numbered through
// a table; beyond it they are hashed.
const tableLimit = 1 << 20

// longer returns the templates one value longer than those of t, and writes
// where they begin into id, which may be that of t. The work is proportional to
// the length of the series.
func (s *Series) longer(t *templates, id []int32) *templates {
	next := &templates{m: t.m + 1, id: id}
	values := len(s.Values)
	var table []int32
	var hashed *hash
	if n := len(t.count) * values; n <= tableLimit {
		table = make([]int32, n)
	} else {
		hashed = newHash(len(t.id))
	}
	for _, part := range s.Stretches {
		number, end := Missing, part.End-t.m
		for _, r := range s.Between(part.From, end) {
			for k, n := int(r.From), 0; k < min(int(r.End), end); k += n {
				// Inside a run the same template begins at each second.
				n = max(int(r.End)-t.m-k, 1)
				pair := int(t.id[k])*values + int(s.Ranks[k+t.m])
				var at *int32
				if table != nil {
					at = &table[pair]
				} else {
					at = hashed.at(pair)
				}
				if *at == 0 {
					next.first = append(next.first, int32(k))
					next.count = append(next.count, 0)
					*at = int32(len(next.count))
				}
				number = *at - 1
				next.count[number] += int64(n)
				id[k], id[k+n-1] = number, number
			}
		}
		if number != Missing {
			next.last = append(next.last, number)
			next.total += int64(part.Len() - t.m)
		}
	}
	return next
}

// hash numbers keys that do not repeat often, with open addressing.
type hash struct {
	keys  []int // key+1; 0 is free
	value []int32
	shift uint
}

func newHash(n int) *hash {
	size, shift := 16, uint(60)
	for size < 2*n {
		size, shift = 2*size, shift-1
	}
	return &hash{make([]int, size), make([]int32, size), shift}
}

// at returns the place of the number of key, which is 0 at first.
func (h *hash) at(key int) *int32 {
	i := int(uint64(key) * 0x9E3779B97F4A7C15 >> h.shift)
	for h.keys[i] != 0 && h.keys[i] != key+1 {
		if i++; i == len(h.keys) {
			i = 0
		}
	}
	h.keys[i] = key + 1
	return &h.value[i]
}

// matches returns for each template of t how many templates match it within
// the tolerance, itself included. Where the values that occur lie further
// apart than the tolerance only equal ones match.
func (s *Series) matches(t *templates, tolerance signal.Fixed) []int64 {
	if gap, ok := s.Gap(); !ok || gap > tolerance {
		return t.count
	}
	return newKDTree(s, t, tolerance).matches(len(t.count))
}
