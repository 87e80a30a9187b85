package reconcile

import (
	"bytes"
	"context"
	"strings"
	"time"
)

// Record is one row of a side.
type Record struct {
	Raw    map[string]*string `json:"raw"`    // as it stands there, by the names of the side; nil is null
	Parsed map[string]*string `json:"parsed"` // as it is compared: keys and compared columns
	Hash   string             `json:"hash"`   // SHA-256 of what is compared
	Place  int64              `json:"place"`
	At     time.Time          `json:"at,omitzero"`
	// Changed is when it was changed last, Arrived when it came; zero: unknown.
	Changed time.Time `json:"changed,omitzero"`
	Arrived time.Time `json:"arrived,omitzero"`
	// Long are columns of which Raw has the begin alone.
	Long []string `json:"long,omitempty"`
}

// Find returns the records of some keys on one side, by position in keys. The
// keys may stand as on either side. b says that the source is the side B.
func Find(ctx context.Context, spec Spec, src Source, b bool, keys [][]string) ([][]Record, error) {
	spec.From, spec.To = time.Time{}, time.Time{}
	d := newDiff(spec, src, src)
	s := d.a
	if b {
		s = d.b
	}
	if err := d.resolve(ctx, s); err != nil {
		return nil, err
	}
	want, places := Want{Key: d.keyOf(s), Loose: d.loose()}, map[string][]int{}
	for i, key := range keys {
		var parts []string
		for _, text := range key {
			parts = append(parts, Key(Cell{Text: []byte(text)}, spec.Fold, spec.Numbers[spec.Key[len(parts)].A]))
		}
		want.Keys = append(want.Keys, parts)
		name := strings.Join(parts, "\x00")
		places[name] = append(places[name], i)
	}
	names, err := src.Columns(ctx)
	if err != nil {
		return nil, err
	}
	if n, ok := src.(Narrower); ok {
		src = n.Narrow(want)
	}
	out := make([][]Record, len(keys))
	r := d.reader(s)
	err = src.Scan(ctx, func(place int64, cells []Cell) error {
		_, cannot, _ := r.read(cells)
		if cannot == NoKey {
			return nil
		}
		kept := r.keep(place, cells)
		at := places[string(bytes.Join(kept.name, []byte{0}))]
		if len(at) == 0 {
			return nil
		}
		one := Record{Raw: map[string]*string{}, Parsed: map[string]*string{}, Hash: kept.hash, Place: place, At: kept.at, Changed: kept.changed, Arrived: kept.arrived}
		for i, name := range names {
			one.Raw[name] = nil
			if !cells[i].Null {
				text := string(cells[i].Text)
				one.Raw[name] = &text
				if cells[i].Long {
					one.Long = append(one.Long, name)
				}
			}
		}
		from := 0
		for k, end := range r.ends {
			name := names[s.index[k]]
			one.Parsed[name] = nil
			if !r.nulls[k] {
				text := string(r.buf[from:end])
				one.Parsed[name] = &text
			}
			from = end
		}
		for _, i := range at {
			out[i] = append(out[i], one)
		}
		return nil
	}, func(int64, string) error { return nil })
	return out, err
}
