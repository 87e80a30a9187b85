package evaluate

import "slices"

// rule is one rule of the evaluation, as data. docs/definitions/rules.md is
// made from it.
type rule struct {
	id       string
	name     string // what it is about, for the page of rules
	version  int
	shown    []cond      // all must hold, or the rule is silent
	criteria []criterion // the highest level of which one holds is the rule's; Info if none
	quiet    bool        // silent unless a criterion holds
	limit    string      // default of the bind q; empty if the rule has none
	// each returns what the rule speaks about, one finding for each; nil for once.
	each func(*facts) []binds
	// pick adds to b what the rule speaks about and returns the evidence.
	pick      func(f *facts, b binds) []string
	finding   []variant   // the first that can be said is the finding's text
	sentences [][]variant // of each list the first that can be said
	headline  []variant   // a clause for the headline
	question  string      // key of a question for the visit, asked from Note on
}

// criterion is what gives a rule its level.
type criterion struct {
	level  Level
	when   []cond // all must hold
	limit  string // bound to q, so that the text speaks of the limit that decided
	deep   bool   // bound to deep: the text speaks of a deep dip
	source string
}

// variant is a template said under conditions.
type variant struct {
	text string // key
	when []cond
}

// say returns a variant without conditions.
func say(key string) variant { return variant{text: key} }

// sayIf returns a variant with conditions.
func sayIf(key string, when ...cond) variant { return variant{key, when} }

// cond compares a reference, as it prints, with a number. A reference without
// a value fulfils none but "absent".
type cond struct {
	ref   string
	op    string // ≥ > < ≤ = known absent
	limit float64
}

func atLeast(ref string, v float64) cond { return cond{ref, "≥", v} }
func over(ref string, v float64) cond    { return cond{ref, ">", v} }
func under(ref string, v float64) cond   { return cond{ref, "<", v} }
func atMost(ref string, v float64) cond  { return cond{ref, "≤", v} }
func is(ref string, v float64) cond      { return cond{ref, "=", v} }
func known(ref string) cond              { return cond{ref: ref, op: "known"} }
func absent(ref string) cond             { return cond{ref: ref, op: "absent"} }

// all reports whether all conditions hold.
func (f *facts) all(conds []cond, b binds) bool {
	for _, c := range conds {
		if !f.holds(c, b) {
			return false
		}
	}
	return true
}

func (f *facts) holds(c cond, b binds) bool {
	ref := b.fill(c.ref)
	v, ok := f.shown(ref)
	if !ok && (c.op == "known" || c.op == "absent") {
		_, ok = f.words(ref)
	}
	switch {
	case c.op == "absent":
		return !ok
	case !ok:
		return false
	}
	switch c.op {
	case "≥":
		return v >= c.limit
	case ">":
		return v > c.limit
	case "<":
		return v < c.limit
	case "≤":
		return v <= c.limit
	case "=":
		return v == c.limit
	}
	return true
}

// said is a rule applied: what it says of a session.
type said struct {
	rule      *rule
	weight    Level // by the criteria alone
	level     Level // after the gate of the signal quality
	text      string
	sentences []string
	clause    string // for the headline
	refs      []string
	evidence  []string
}

// maxEvidence is the most ids a finding lists.
const maxEvidence = 10

// applyAll applies every rule in the order of the sentences. R-00 comes last
// in time, for it must know what the others found, but keeps its place.
func (f *facts) applyAll() []said {
	var out []said
	at := 0
	for _, r := range rules {
		if r.id == signalRule {
			at = len(out)
			continue
		}
		out = append(out, f.apply(r)...)
	}
	for i := range out {
		f.others = max(f.others, out[i].weight)
	}
	for _, r := range rules {
		if r.id == signalRule {
			out = slices.Insert(out, at, f.apply(r)...)
		}
	}
	return out
}

func (f *facts) apply(r *rule) []said {
	if !f.all(r.shown, nil) {
		return nil
	}
	if r.each == nil {
		return []said{f.applyOnce(r, binds{})}
	}
	var out []said
	for _, b := range r.each(f) {
		out = append(out, f.applyOnce(r, b))
	}
	return out
}

// applyOnce applies r to what b binds. The text of what it returns is empty if
// the rule has nothing to say.
func (f *facts) applyOnce(r *rule, b binds) said {
	s := said{rule: r}
	if r.limit != "" {
		b["q"] = r.limit
	}
	var l line
	c := f.decide(r, b)
	if c == nil && r.quiet {
		return s
	}
	if c != nil {
		s.weight = c.level
		if c.limit != "" {
			b["q"] = c.limit
		}
		if c.deep {
			b["deep"] = "deep"
		}
		for _, w := range c.when {
			if f.printable(b.fill(w.ref)) {
				l.add(b.fill(w.ref))
			}
		}
	}
	if r.pick != nil {
		s.evidence = r.pick(f, b)
	}
	finding := f.first(r.finding, b)
	s.text = finding.text
	l.add(finding.refs...)
	for _, list := range r.sentences {
		if sentence := f.first(list, b); sentence.text != "" {
			s.sentences = append(s.sentences, sentence.text)
			l.add(sentence.refs...)
		}
	}
	clause := f.first(r.headline, b)
	s.clause = clause.text
	l.add(clause.refs...)
	s.refs, s.evidence = nonNil(l.refs), nonNil(s.evidence)
	s.evidence = s.evidence[:min(len(s.evidence), maxEvidence)]
	s.level = s.weight
	if !f.judged && r.id != signalRule {
		s.level = Info
	}
	return s
}

// printable reports whether ref is a number of the session that can be shown,
// not a flag and not a constant.
func (f *facts) printable(ref string) bool {
	_, k, ok := f.number(ref)
	return ok && k != kindFlag && ref != "others.level"
}

// decide returns the first criterion of the highest level that holds; nil if
// none does.
func (f *facts) decide(r *rule, b binds) *criterion {
	var best *criterion
	for i := range r.criteria {
		c := &r.criteria[i]
		if (best == nil || c.level > best.level) && f.all(c.when, b) {
			best = c
		}
	}
	return best
}

// first says the first variant that can be said.
func (f *facts) first(list []variant, b binds) line {
	for _, v := range list {
		if !f.all(v.when, b) {
			continue
		}
		if l, ok := f.say(f.lang.texts[v.text], b); ok {
			return l
		}
	}
	return line{}
}

func nonNil(s []string) []string {
	if s == nil {
		return []string{}
	}
	return s
}
