package evaluate

import (
	"slices"
	"strings"
)

// Version is the version of the rule set. It changes with any change of a
// rule, a threshold or a text.
const Version = "2"

// Level says how much a finding asks of the reader.
type Level uint8

// The levels. Worst is the highest.
const (
	Info      Level = iota // shown, nothing asked
	Note                   // worth mentioning at the next visit
	Attention              // worth a clinician's look
	Urgent                 // contact a clinician promptly
)

var levelNames = [...]string{"info", "note", "attention", "urgent"}

// String returns the name used in documents.
func (l Level) String() string { return levelNames[l] }

// Finding is one rule that has something to say.
type Finding struct {
	Rule     string // "R-02"
	Level    Level
	Text     string
	Metrics  []string // references of every number in Text and in the rule's sentences, and of what set the level
	Evidence []string // ids of episodes, falls or clusters, at most maxEvidence, worst first
}

// Summary is the evaluation in words.
type Summary struct {
	Headline   string   // one sentence
	Sentences  []string // in the order of docs/definitions/rules.md
	Questions  []string // for the visit; may be empty
	Disclaimer string   // the same for every session
}

// Evaluation is what the rules say of a session. Lists are never nil.
type Evaluation struct {
	Findings []Finding // worst level first, then by rule
	Summary  Summary

	facts facts
}

// Value returns the number that ref, one of Metrics of a finding, stands for,
// and whether it stands for one. It is that of Input.Value.
func (e *Evaluation) Value(ref string) (float64, bool) {
	v, _, ok := e.facts.number(ref)
	return v, ok
}

// Worst returns the highest level among the findings.
func (e *Evaluation) Worst() Level {
	worst := Info
	for i := range e.Findings {
		worst = max(worst, e.Findings[i].Level)
	}
	return worst
}

// Of evaluates a session. in is not modified.
func Of(in *Input) *Evaluation {
	f := newFacts(in)
	e := &Evaluation{Findings: []Finding{}, facts: *f}
	said := f.applyAll()
	e.Summary = f.summary(said)
	for i := range said {
		if s := &said[i]; s.text != "" {
			e.Findings = append(e.Findings, Finding{s.rule.id, s.level, s.text, s.refs, s.evidence})
		}
	}
	slices.SortStableFunc(e.Findings, func(a, b Finding) int {
		if a.Level != b.Level {
			return int(b.Level) - int(a.Level)
		}
		return strings.Compare(a.Rule, b.Rule)
	})
	return e
}
