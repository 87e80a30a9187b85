package oximetry

import "pleth/internal/signal"

// HighSD is the standard deviation of five minutes, in points, from which the
// level counts as highly variable. Source: docs/definitions/variability.md.
const HighSD = 2 * signal.One

// heldSeconds is how long the lowest held value stands at least.
const heldSeconds = 3

// LowestHeld returns the lowest value that the signal stayed at or below for
// three seconds. It returns false if no three seconds in a row are valid.
func LowestHeld(s *Series) (signal.Fixed, bool) {
	lowest := int32(len(s.Values))
	for _, part := range s.Stretches {
		for _, r := range s.Between(part.From, part.End) {
			if r.End-r.From >= heldSeconds {
				lowest = min(lowest, r.Rank)
			}
			// The first seconds of a run end three that began before it.
			for k := max(int(r.From), part.From+heldSeconds-1); k < min(int(r.From)+heldSeconds-1, int(r.End)); k++ {
				lowest = min(lowest, max(s.Ranks[k-2], s.Ranks[k-1], s.Ranks[k]))
			}
		}
	}
	if int(lowest) == len(s.Values) {
		return 0, false
	}
	return s.Values[lowest], true
}

// PlateauRatio returns the area of falls as a share of the box that their drop
// and their time from start to end span: near 1/2 for a saw-tooth, near 1 where
// the signal falls fast and stays low. It returns false without falls.
// Rule and source: docs/definitions/plateau.md.
func PlateauRatio(falls []Fall) (float64, bool) {
	var area, box signal.Sum
	for i := range falls {
		f := &falls[i]
		area.Add(f.Area, 1)
		box.Add(int64(f.Drop()), int64(f.End-f.Start))
	}
	if box.Float() <= 0 {
		return 0, false
	}
	return area.Float() / box.Float(), true
}
