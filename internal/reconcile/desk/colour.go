package desk

import (
	"fmt"
	"time"

	"pleth/internal/reconcile"
)

// Colour is how an integration is.
type Colour string

// The colours. A check that failed or did not run is red, never green.
const (
	Green  Colour = "green"
	Yellow Colour = "yellow"
	Red    Colour = "red"
	Grey   Colour = "grey" // paused, or not set up
)

// rank orders colours, the worst last.
func (c Colour) rank() int {
	switch c {
	case Grey:
		return 1
	case Green:
		return 2
	case Yellow:
		return 3
	case Red:
		return 4
	}
	return 0
}

func colourOfRank(n int) Colour {
	if n < 1 || n > 4 {
		return ""
	}
	return []Colour{Grey, Green, Yellow, Red}[n-1]
}

// Worst returns the worse of two colours.
func Worst(a, b Colour) Colour {
	if b.rank() > a.rank() {
		return b
	}
	return a
}

// graveness is the colour of a confirmed finding. affected is the share of
// records with it.
func graveness(f *Finding, now time.Time, affected float64) Colour {
	switch f.Class {
	case reconcile.Unmapped, reconcile.OutOfOrder, reconcile.Volume:
		return Yellow
	case reconcile.Late:
		if affected <= 0.001 {
			return Yellow
		}
	case reconcile.Rejected:
		if now.Sub(f.Due) <= time.Hour {
			return Yellow
		}
	}
	return Red
}

// overdue is how long after its last check an integration is not known to be
// well any more.
func overdue(cadence time.Duration) time.Duration { return 2*cadence + 2*time.Minute }

// unknown returns the colour of an integration of which no check says how it is.
func unknown(in *integration, st *state, now time.Time) (Colour, string, bool) {
	switch {
	case now.Before(st.PausedUntil):
		return Grey, "paused until " + st.PausedUntil.UTC().Format("2 Jan 15:04 UTC"), true
	case st.Tried.IsZero():
		return Red, "never checked", true
	case now.Sub(st.Tried) > overdue(in.cadence()):
		return Red, "not checked since " + st.Tried.UTC().Format("2 Jan 15:04 UTC"), true
	case st.Failed != "":
		return Red, "the check failed: " + st.Failed, true
	case st.NotSetUp:
		return Grey, "not set up", true
	}
	return "", "", false
}

// judge returns the colour of an integration and why. open are its findings
// that are not closed; hint is what speaks against green besides, empty: nothing.
func judge(in *integration, st *state, open []Finding, now time.Time) (Colour, string) {
	if c, why, ok := unknown(in, st, now); ok {
		return c, why
	}
	counts := map[reconcile.Class]int{}
	provisional := 0
	for i := range open {
		switch f := &open[i]; {
		case f.Accepted:
		case !f.standing():
			provisional++
		default:
			counts[f.Class]++
		}
	}
	rows := float64(max(1, st.Rows[0]))
	worst, why := Green, "all agrees"
	if in.probe != nil {
		why = "works"
	}
	if provisional > 0 {
		worst, why = Yellow, fmt.Sprintf("%d not there yet", provisional)
	}
	if st.Note != "" && in.pair != nil {
		worst, why = Yellow, st.Note
	}
	for i := range open {
		f := &open[i]
		if f.Accepted || !f.standing() {
			continue
		}
		c := graveness(f, now, float64(counts[f.Class])/rows)
		if c.rank() > worst.rank() || c == worst && why != "" && provisional > 0 && counts[f.Class] > 0 && worst == Yellow {
			worst = c
		}
	}
	for _, class := range sortedClasses {
		if counts[class] > 0 {
			for i := range open {
				if open[i].Class == class && !open[i].Accepted && open[i].standing() {
					return worst, sentence(class, counts[class], &open[i])
				}
			}
		}
	}
	return worst, why
}

// sentence says what is wrong in a line without content of records.
func sentence(class reconcile.Class, n int, f *Finding) string {
	many := func(one, more string) string {
		if n == 1 {
			return "1 " + one
		}
		return fmt.Sprintf("%d %s", n, more)
	}
	switch class {
	case reconcile.Missing:
		return many("record is missing", "records are missing")
	case reconcile.Extra:
		return many("record too much", "records too much")
	case reconcile.Duplicate:
		return many("record is there twice", "records are there twice")
	case reconcile.MismatchValue:
		return many("record has another value", "records have another value")
	case reconcile.MismatchStatus:
		return many("record has another status", "records have another status")
	case reconcile.MismatchTotal:
		return many("bucket has another total", "buckets have another total")
	case reconcile.MismatchCount:
		return many("bucket has another number of records", "buckets have another number of records")
	case reconcile.Late:
		return many("record came late", "records came late")
	case reconcile.OutOfOrder:
		return many("record came out of order", "records came out of order")
	case reconcile.NeverAttempted:
		return many("record was never sent", "records were never sent")
	case reconcile.Rejected:
		return many("record was refused or cannot be read", "records were refused or cannot be read")
	case reconcile.NoKey:
		return many("record without a key", "records without a key")
	case reconcile.Unmapped:
		return many("status that the map does not know", "statuses that the map does not know")
	}
	if f.Text != "" {
		return f.Text
	}
	return string(class)
}
