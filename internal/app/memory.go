package app

import "sync"

// HeadroomBytes is how much memory the collector counts as used after
// Headroom. It is never touched, so it costs address space only.
const HeadroomBytes = 16 << 20

var reserve = sync.OnceValue(func() []byte { return make([]byte, HeadroomBytes) })

// Headroom lets the heap grow by about 16 MB before the collector runs first.
// A night needs about 7 MB, of which little lives long: without headroom the
// collector runs twice in each, for nothing. Programs call it once when they
// start; it has no effect on results.
func Headroom() { reserve() }
