package analysis

import (
	"slices"

	"github.com/segmentio/encoding/json"

	"pleth/internal/oximetry/pobm"
	"pleth/internal/stream"
)

// compat adds the blocks of other programs that are asked for by name.
func (r *Session) compat(d *stream.Derived, names []string) {
	if slices.Contains(names, "pobm") {
		r.Compat = map[string]any{"pobm": pobm.Measure(pobm.Series(&d.Grid))}
	}
}

// Decode reads what json.Marshal wrote of a document, so that it encodes to the
// same bytes again: the blocks of other programs stay as they were written.
func Decode(body []byte, d *Document) error {
	if err := json.Unmarshal(body, d); err != nil {
		return err
	}
	var again struct {
		Sessions []struct {
			Compat map[string]json.RawMessage `json:"compat"`
		} `json:"sessions"`
	}
	has := func(s *Session) bool { return s.Compat != nil }
	if !slices.ContainsFunc(d.Sessions, has) {
		return nil
	}
	if err := json.Unmarshal(body, &again); err != nil {
		return err
	}
	for i, s := range d.Sessions {
		for name, block := range again.Sessions[i].Compat {
			s.Compat[name] = block
		}
	}
	return nil
}
