package api

import (
	"net/http"
	"strconv"
	"sync"
)

// rooms is memory that answers were written into, for those to come: one takes
// a megabyte, and made anew each time it is what the collector works for.
var rooms = sync.Pool{New: func() any { return new([]byte) }}

// largestRoom is how much of it one answer may keep.
const largestRoom = 4 << 20

// takeRoom returns empty memory for an answer.
func takeRoom() []byte { return (*rooms.Get().(*[]byte))[:0] }

// keepRoom takes back what takeRoom gave, grown or not. Nobody uses it after.
func keepRoom(b []byte) {
	if cap(b) > 0 && cap(b) <= largestRoom {
		rooms.Put(&b)
	}
}

// writeWhole answers with all of b, and says before how long it is: it goes out
// in one piece.
func writeWhole(w http.ResponseWriter, b []byte) {
	w.Header()["Content-Length"] = []string{strconv.Itoa(len(b))}
	_, _ = w.Write(b)
}
