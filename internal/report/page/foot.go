package page

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"pleth"
	"pleth/internal/evaluate"
	"pleth/internal/report/format"
)

// quality makes the lines on how far the recording can be judged.
func (b *builder) quality() {
	p, w, q := b.page, b.w, b.s.Quality
	grade := format.Dash
	if q.Grade != "" {
		grade = fmt.Sprintf(w.Grade, w.Grades[q.Grade], format.Number(q.Score, 0))
	}
	valid := b.metric("time.valid_s")
	p.Quality = []Row{
		{w.QualityGrade, grade},
		{w.Usable, fmt.Sprintf(w.UsableOf, format.Duration(valid), format.Duration(b.span))},
	}
	if q.Grade == "" {
		return
	}
	p.Quality = append(p.Quality,
		Row{w.LongestGap, format.Duration(q.LongestGapS)},
		Row{w.Suspect, format.Duration(q.SuspectS)},
		Row{w.Interpolated, format.Duration(q.InterpolatedS)})
	for _, r := range pleth.AllReasons() {
		if s, ok := q.Reasons[r.String()]; ok && s > 0 {
			p.Reasons = append(p.Reasons, Row{w.Reason(r.String()), format.Duration(s)})
		}
	}
}

// everything makes the lists of all metrics, of those that are missing, and
// of the warnings of the inputs.
func (b *builder) everything() {
	p := b.page
	for _, id := range slices.Sorted(maps.Keys(b.s.Metrics)) {
		p.All = append(p.All, Row{clean(id), plain(b.s.Metrics[id])})
	}
	for _, id := range slices.Sorted(maps.Keys(b.s.NotComputed)) {
		p.Missing = append(p.Missing, Row{clean(id), clean(evaluate.Told(b.w.Lang, b.s.NotComputed[id]))})
	}
	for i := range b.doc.Inputs {
		for _, one := range b.doc.Inputs[i].Warnings {
			p.Warnings = append(p.Warnings, Row{clean(one.At), clean(evaluate.Told(b.w.Lang, one.Text))})
		}
	}
}

// plain returns v with at most six significant digits.
func plain(v float64) string {
	s := strconv.FormatFloat(v, 'g', 6, 64)
	return strings.Replace(s, "-", format.Minus, 1)
}

// foot makes the disclaimer, the definitions and the provenance.
func (b *builder) foot() {
	p, w, g := b.page, b.w, b.doc.Generator
	p.Disclaimer = b.disclaimer
	if p.Disclaimer == "" {
		p.Disclaimer = w.Disclaimer
	}
	p.Definitions = []string{w.DefineTime}
	dip := w.DefineDip
	if m := b.s.ODI.Method; m != "" {
		dip = fmt.Sprintf(w.DefineDipBy, clean(m))
	}
	p.Definitions = append(p.Definitions, dip)
	if b.place != nil {
		usual := w.DefineUsualOne
		if n := len(b.place.Reference); n > 1 {
			usual = fmt.Sprintf(w.DefineUsual, n)
		}
		p.Definitions = append(p.Definitions, usual)
	}
	p.Maker, p.Rules = clean(g.Program+" "+g.Version), fmt.Sprintf(w.RulesVersion, g.Rules)
	p.Provenance = append(p.Provenance, Row{w.Program, p.Maker})
	if g.Commit != "" {
		p.Provenance = append(p.Provenance, Row{w.Commit, g.Commit})
	}
	p.Provenance = append(p.Provenance, Row{w.RuleSet, g.Rules}, Row{w.ConfigDigest, g.ConfigSHA256}, Row{w.Session, b.s.ID})
	p.Facts = []Row{{w.Session, b.s.ID}}
	for i := range b.doc.Inputs {
		p.Provenance = append(p.Provenance, Row{w.Data, b.doc.Inputs[i].SHA256})
		if i == 0 {
			p.Facts = append(p.Facts, Row{w.Data, b.doc.Inputs[i].SHA256})
		}
	}
	if n := len(b.doc.Inputs); n > 1 {
		p.Facts[1].Value += " " + fmt.Sprintf(w.AndMore, n-1)
	}
}
