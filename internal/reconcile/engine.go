package reconcile

import "context"

// shape returns how the engine of a side is to hash.
func (d *diff) shape(s *side) Shape {
	name := func(c Column) string {
		if s.b {
			return c.B
		}
		return c.A
	}
	out := Shape{Fold: d.spec.Fold, Time: name(d.spec.Time), Channel: name(d.spec.Channel), Zone: s.zone, Day: d.spec.Day, From: d.spec.From, To: d.spec.To, Days: d.days, Alike: d.alike, Seed: d.seed, Range: d.span}
	for _, c := range d.spec.Key {
		out.Key = append(out.Key, name(c))
	}
	for _, c := range d.spec.Compare {
		var images map[string]string
		if !s.b {
			images = d.spec.Status[c.A]
		}
		out.Compare, out.Status, out.Local = append(out.Compare, name(c)), append(out.Status, images), append(out.Local, d.spec.Times[c.A])
	}
	for _, c := range d.spec.Measures {
		out.Measures = append(out.Measures, name(c))
	}
	return out
}

// ask lets the engine of a side count its buckets, and fetches what cannot be
// compared.
func (d *diff) ask(ctx context.Context, s *side) error {
	s.buckets = map[BucketID]*Tally{}
	if d.placed() {
		lines, err := s.engine.Tally(ctx, d.shape(s), 0)
		if err != nil {
			return err
		}
		for i := range lines {
			if lines[i].Odd {
				s.strange += lines[i].Rows
				continue
			}
			s.buckets[lines[i].Bucket] = &lines[i].Tally
			s.out.Rows += lines[i].Rows
		}
		if s.last, err = s.engine.Last(ctx, d.shape(s)); err != nil {
			return err
		}
	} else if err := d.askParts(ctx, s); err != nil {
		return err
	}
	if s.strange > 0 {
		if err := d.odd(ctx, s); err != nil {
			return err
		}
	}
	for _, c := range d.spec.Compare {
		if d.spec.Status[c.A] == nil {
			continue
		}
		name := c.A
		if s.b {
			name = c.B
		}
		words, err := s.engine.Words(ctx, d.shape(s), name)
		if err != nil {
			return err
		}
		r := &reader{d: d, s: s}
		for word, n := range words {
			_, known := d.spec.Status[c.A][word]
			if word == "" || known && !s.b || d.images[c.A][word] {
				continue
			}
			r.unmapped(name, []byte(word))
			s.unknown[name][word] = n
		}
	}
	var err error
	if s.out.Keys, err = s.engine.Keys(ctx, d.shape(s)); err != nil {
		return err
	}
	if s.out.Keys < 0 {
		s.out.Keys = s.out.Rows - s.out.NoKey - s.out.Rejected
	}
	types, err := s.engine.Types(ctx)
	if err != nil {
		return err
	}
	s.typed(types)
	return nil
}

// odd fetches the rows that cannot be compared.
func (d *diff) odd(ctx context.Context, s *side) error {
	r := d.reader(s)
	return s.engine.Odd(d.shape(s), d.spec.Limit).Scan(ctx, func(place int64, cells []Cell) error {
		_, cannot, why := r.read(cells)
		if cannot == "" || r.outside && cannot != Rejected {
			return nil
		}
		f := Finding{Class: cannot, Text: why, Key: d.shown(s, cells)}
		r.stamp(&f)
		s.out.Rows++
		if cannot == NoKey {
			s.out.NoKey++
		} else {
			s.out.Rejected++
		}
		d.cannot(s, f, place)
		s.notRead(r, cannot)
		return nil
	}, func(place int64, why string) error {
		s.out.Rejected++
		d.cannot(s, Finding{Class: Rejected, Text: why}, place)
		return nil
	})
}

// askParts lets the engine of a side hash its parts. A side that was streamed
// has them.
func (d *diff) askParts(ctx context.Context, s *side) error {
	if s.engine == nil || s.parts != nil {
		return nil
	}
	lines, err := s.engine.Tally(ctx, d.shape(s), d.parts)
	if err != nil {
		return err
	}
	s.parts = make([]part, d.parts)
	for i := range lines {
		if lines[i].Odd {
			if !d.placed() {
				s.strange += lines[i].Rows
			}
			continue
		}
		s.parts[lines[i].Part] = part{lines[i].Rows, lines[i].Digest}
		if !d.placed() {
			s.out.Rows += lines[i].Rows
		}
	}
	return nil
}
