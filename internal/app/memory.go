package app

import (
	"runtime/debug"
	"sync"
)

// HeadroomBytes is how much memory the collector counts as used after
// Headroom. It is never touched, so it costs address space only.
const HeadroomBytes = 16 << 20

var reserve = sync.OnceValue(func() []byte { return make([]byte, HeadroomBytes) })

// Headroom lets the heap grow by about 16 MB before the collector runs first.
// A night needs about 7 MB, of which little lives long: without headroom the
// collector runs twice in each, for nothing. Programs call it once when they
// start; it has no effect on results.
func Headroom() { reserve() }

// heap bounds the memory of the process while a run has a recording of many
// sessions: what lives is little then, and what does not must not pile up.
type heap struct {
	most   int64 // bytes, headroom included
	mu     sync.Mutex
	before int64
	held   bool
}

// heapFor returns the bound for so many files at a time.
func heapFor(jobs int) int64 { return HeadroomBytes + 52<<20 + int64(max(jobs-1, 0))*24<<20 }

// hold sets the bound, until free.
func (h *heap) hold() {
	h.mu.Lock()
	defer h.mu.Unlock()
	if !h.held {
		h.held = true
		if h.before = debug.SetMemoryLimit(-1); h.before > h.most {
			debug.SetMemoryLimit(h.most)
		}
	}
}

// free takes the bound away again.
func (h *heap) free() {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.held {
		debug.SetMemoryLimit(h.before)
	}
}
