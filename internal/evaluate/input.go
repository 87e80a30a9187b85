package evaluate

import "time"

// Input is what is known of one session. Everything but Metrics may be empty;
// what is absent is not talked about. Numbers that are not finite, and times,
// shares and counts below zero, are treated as absent.
type Input struct {
	Metrics     map[string]float64 // by id of the analysis document
	NotComputed map[string]string  // id: why there is no value
	Quality     Quality
	IntervalS   float64 // seconds between readings, 0 if unknown
	AveragingS  float64 // averaging time of the device in seconds, 0 if unknown
	ODIMethod   string  // name of the detector of the falls
	EpisodeMinS float64 // seconds below a limit that make an episode, 0 if unknown
	// Language is the code of what is written in; empty: English.
	Language   string
	Start      time.Time           // first instant in its own zone or wall clock; zero: moments count from the start
	AgeYears   *float64            // age of the person, corrected for prematurity if the caller can; nil if unknown
	Episodes   []Episode           // in time order
	Falls      []Fall              // in time order
	Clusters   []Cluster           // in time order
	Comparison map[string]Position // by metric id, among other nights of the same person
	Earlier    bool                // all those nights lie before this one, so texts call them the last ones
	Bands      []Band              // published figures that match the age and the method
}

// Quality is how far the recording can be judged (docs/definitions/rules.md).
// The usable time itself is the metrics time.valid_s and time.valid_pct.
type Quality struct {
	Grade       string  // good, adequate, limited or inadequate; empty if unknown
	Score       float64 // 0..100
	LongestGapS float64
	SuspectS    float64 // usable, but doubtful
}

// Episode is time below an absolute limit. Times are seconds since the start.
type Episode struct {
	ID            string
	Limit         int // 90, 88 or 85
	StartS, EndS  float64
	BelowS        float64 // time strictly below the limit
	Nadir, NadirS float64
	Truncated     bool     // the end was not seen
	SuspectPct    float64  // share of BelowS that is doubtful signal
	PulseResponse *float64 // rise of the pulse after the nadir, /min; nil without pulse
}

// Fall is a drop from the signal's own level.
type Fall struct {
	ID           string
	StartS, EndS float64
	Nadir, Drop  float64
}

// Cluster is a group of falls close together.
type Cluster struct {
	ID           string
	StartS, EndS float64
	N            int
	WorstNadir   float64
}

// Position is the place of one value among those of the reference nights.
type Position struct {
	Value, Median, Q1, Q3 float64
	Rank                  int // 1 is the lowest; of equals the lowest
	Of                    int // reference nights and this one
}

// Band is a pair of published figures of one metric. The caller passes it only
// if age and method match; without What, Group and Source it is ignored.
type Band struct {
	Metric    string
	Low, High float64 // as published; printed without rounding
	What      string  // what the two are: "5th to 95th centile"
	Bounds    bool    // they bound most of the group; false for a confidence interval of a mean, which one night may well lie outside of
	Group     string  // whom it was measured in, as the source says
	Source    string  // citation
}
