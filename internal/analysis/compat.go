package analysis

import (
	"slices"

	"pleth/internal/oximetry/pobm"
	"pleth/internal/stream"
)

// compat adds the blocks of other programs that are asked for by name.
func (r *Session) compat(d *stream.Derived, names []string) {
	if slices.Contains(names, "pobm") {
		r.Compat = map[string]any{"pobm": pobm.Measure(pobm.Series(&d.Grid))}
	}
}
