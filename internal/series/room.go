package series

// Room is memory that chunks are read into one after the other: the one read
// last and the one before it are good, those before are gone. The zero Room is
// ready to use; nil makes memory for every chunk. It is not for concurrent use.
type Room struct {
	halves [2]half
	odd    int
	packed []byte
}

type half struct {
	numbers []int64
	used    int
}

// Bytes returns how much memory it holds, about.
func (r *Room) Bytes() int {
	return 8*(cap(r.halves[0].numbers)+cap(r.halves[1].numbers)) + cap(r.packed)
}

// turn begins the next chunk, in the place of the one before the last.
func (r *Room) turn() {
	if r != nil {
		r.odd ^= 1
		r.halves[r.odd].used = 0
	}
}

// numbers returns n numbers that stand for nothing yet.
func (r *Room) numbers(n int) []int64 {
	if r == nil {
		return make([]int64, n)
	}
	h := &r.halves[r.odd]
	if h.used+n > len(h.numbers) {
		h.numbers, h.used = make([]int64, max(2*len(h.numbers), 4*n)), 0
	}
	out := h.numbers[h.used : h.used+n : h.used+n]
	h.used += n
	return out
}
