package edf

import (
	"bytes"
)

// Marks in a time-stamped annotations list.
const (
	durationMark = 0x15
	textMark     = 0x14
)

// onset reads the onset in ns, counted from the start of the file, of the
// first list in the annotations of a record: "+567.5" up to its first mark.
func onset(b []byte) (int64, bool) {
	end := bytes.IndexAny(b, string([]byte{durationMark, textMark}))
	if end < 2 || b[0] != '+' && b[0] != '-' {
		return 0, false
	}
	return nanoseconds(string(b[:end]))
}
