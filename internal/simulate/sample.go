package simulate

import "time"

// Sample returns the Params of the sample night of the documentation: a child
// of nine years. Its seed was chosen for what it drew: three clusters, single
// falls down to 80, one time of five minutes at 85, a probe that came off,
// missing rows, a lone spike and low perfusion.
func Sample() Params {
	return Params{
		Seed:    1031,
		Profile: Child,
		Age:     9 * year,
		Start:   time.Date(2026, 1, 14, 21, 30, 0, 0, time.UTC),
		Length:  8*time.Hour + 20*time.Minute,
	}
}
