package page

// local writes the numbers of the page with the decimal sign of its language.
// What is no number of it stays as it is: versions, rules, ids, digests, and
// what a file says of itself.
func (b *builder) local() {
	p := b.page
	texts := []*string{&p.Fields[1].Value, &p.Fields[2].Detail, &p.Trace.Label, &p.DipCount}
	for i := range p.Figures {
		texts = append(texts, &p.Figures[i].Number)
		for k := range p.Figures[i].Notes {
			texts = append(texts, &p.Figures[i].Notes[k])
		}
	}
	for i := range p.Ranges {
		texts = append(texts, &p.Ranges[i].Time, &p.Ranges[i].Share)
	}
	for i := range p.Hours {
		h := &p.Hours[i]
		texts = append(texts, &h.Mean, &h.Lowest, &h.Below, &h.Dips, &h.Pulse)
	}
	for i := range p.Dips {
		d := &p.Dips[i]
		texts = append(texts, &d.Length, &d.Lowest, &d.Drop, &d.Pulse)
	}
	for _, bars := range [][]Bar{p.Levels, p.Trend} {
		for i := range bars {
			texts = append(texts, &bars[i].Text)
		}
	}
	for _, rows := range [][]Row{p.Quality, p.Reasons, p.All} {
		for i := range rows {
			texts = append(texts, &rows[i].Value)
		}
	}
	if c := p.Compare; c != nil {
		for i := range c.Rows {
			texts = append(texts, &c.Rows[i].Value, &c.Rows[i].Median, &c.Rows[i].Half)
		}
		for i := range c.Nights {
			texts = append(texts, &c.Nights[i].Below, &c.Nights[i].Lowest)
		}
	}
	for _, s := range texts {
		*s = b.w.Local(*s)
	}
}
