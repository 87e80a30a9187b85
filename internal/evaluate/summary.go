package evaluate

import (
	"slices"
	"strings"
)

// headlineOrder is the order in which rules are heard for the headline, most
// telling first.
var headlineOrder = []string{"R-02", "R-03", "R-04", "R-01", "R-11", "R-12", "R-09", "R-07", "R-13", "R-14", "R-16", "R-17"}

// maxClauses is the most rules that speak in a headline.
const maxClauses = 2

// summary puts together what the rules said, in their order. What to do comes
// first when it is urgent, else before the limits of the method. The numbers of
// those limits go to the references of R-00, which says something of every recording.
func (f *facts) summary(list []said) Summary {
	s := Summary{Headline: f.headline(list), Sentences: []string{}, Questions: []string{}, Disclaimer: f.lang.texts["disclaimer"]}
	if f.others == Urgent {
		s.Sentences = append(s.Sentences, f.lang.texts[f.advice()], f.lang.texts["emergency"])
	}
	for i := range list {
		s.Sentences = append(s.Sentences, list[i].sentences...)
	}
	if f.others != Urgent {
		s.Sentences = append(s.Sentences, f.lang.texts[f.advice()])
	}
	limits, _ := f.say(f.lang.texts["limits.accuracy"], nil)
	s.Sentences = append(s.Sentences, limits.text, f.lang.texts["limits.cannot"])
	if i := slices.IndexFunc(list, func(one said) bool { return one.rule.id == "R-00" }); i >= 0 {
		list[i].refs = slices.Concat(list[i].refs, limits.refs)
	}
	if f.infant() && f.others != Urgent {
		s.Sentences = append(s.Sentences, f.lang.texts["emergency"])
	}
	for i := range list {
		q := f.lang.texts[list[i].rule.question]
		if list[i].level >= Note && q != "" && !slices.Contains(s.Questions, q) {
			s.Questions = append(s.Questions, q)
		}
	}
	return s
}

// advice returns the key of the sentence that says what to do.
func (f *facts) advice() string {
	switch {
	case f.judged:
		return "advice." + f.others.String()
	case f.others >= Attention:
		return "advice.low"
	}
	return "advice.little"
}

// headline is one sentence: how much the night asks for, and why.
func (f *facts) headline(list []said) string {
	if valid, ok := f.shown("time.valid_s"); !ok || valid == 0 {
		return f.lang.texts["headline.none"] + "."
	}
	if !f.judged {
		text := f.lang.texts["headline.little"]
		if f.others >= Attention {
			text = f.lang.texts["headline.low"]
		}
		return text + clauseOf(list, signalRule) + "."
	}
	if f.others == Info {
		figures := f.first([]variant{
			sayIf("headline.never", is("below.90.seconds", 0)), say("headline.figures"), say("headline.nothing"),
		}, nil)
		return f.lang.texts["headline.info"] + figures.text + "."
	}
	var clauses []string
	for _, id := range headlineOrder {
		for i := range list {
			s := &list[i]
			if s.rule.id == id && s.level == f.others && s.clause != "" && len(clauses) < maxClauses {
				clauses = append(clauses, s.clause)
			}
		}
	}
	if len(clauses) == 0 {
		clauses = []string{f.lang.texts["headline.nothing"]}
	}
	joint := f.lang.and
	if strings.Contains(clauses[0], ", ") {
		joint = "," + f.lang.and
	}
	return f.lang.texts["headline."+f.others.String()] + strings.Join(clauses, joint) + "."
}

// clauseOf returns what a rule has for the headline; empty if nothing.
func clauseOf(list []said, id string) string {
	for i := range list {
		if list[i].rule.id == id {
			return list[i].clause
		}
	}
	return ""
}
