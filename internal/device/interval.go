package device

import (
	"fmt"
	"time"
)

// longestInterval bounds what a user may give, so that times stay in range.
const longestInterval = time.Hour

// AssumedInterval returns the time from row to row of a recording that does
// not state it: the one the user gives, if that is more than 0 and at most an
// hour, else usual, with the warning "interval-assumed".
func AssumedInterval(w *Writer, given Given, usual time.Duration) time.Duration {
	if given.Interval > 0 && given.Interval <= longestInterval {
		return given.Interval
	}
	w.Warn("", "interval-assumed", fmt.Sprintf("the file does not state the time from row to row; %s is assumed, give another with --interval", usual))
	return usual
}
