package alarm

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"pleth"
	"pleth/internal/reading"
	"pleth/internal/signal"
)

// SyntaxError says which word of a rule is wrong and what may stand there.
type SyntaxError struct {
	Text   string
	Column int // of the word, from 1, in bytes
	Word   string
	Want   string
}

// Error shows the rule with the word underlined.
func (e *SyntaxError) Error() string {
	if e.Word == "" {
		return fmt.Sprintf("the rule ends at column %d where %s is missing:\n  %s\n  %s^", e.Column, e.Want, e.Text, strings.Repeat(" ", e.Column-1))
	}
	return fmt.Sprintf("%q at column %d: write %s:\n  %s\n  %s%s", e.Word, e.Column, e.Want, e.Text, strings.Repeat(" ", e.Column-1), strings.Repeat("^", len(e.Word)))
}

// Aggregate is how the readings of a window become one number.
type Aggregate string

// The aggregates of valid values; Count counts them.
const (
	Mean     Aggregate = "avg"
	Lowest   Aggregate = "min"
	Highest  Aggregate = "max"
	CountOf  Aggregate = "count"
	noWindow Aggregate = ""
)

// ParseRule reads a rule from text:
//
//	avg(local_tissue_o2) over tumbling 30s < 25.0 for 0s priority medium
//	min(spo2) over sliding 5m < 85 for 0s priority high
//	heart_rate > 140 for 20s priority medium
//
// Fields have the names that senders use. A *SyntaxError points at the word
// that is wrong. Tumbling windows begin at whole multiples of their length
// since 1970; a sliding one is looked at thirty times within its length, once
// a second at most.
func ParseRule(id, text string) (Rule, error) {
	p := &parser{text: text}
	r := Rule{ID: id, Kind: Below, Hold: 10 * second}
	word := p.next()
	for _, a := range []Aggregate{Mean, Lowest, Highest, CountOf} {
		if word.text == string(a) {
			r.Aggregate = a
		}
	}
	if r.Aggregate != noWindow {
		p.want("(", "“(” and a field")
		word = p.next()
	}
	f, ok := reading.FieldNamed(word.text)
	if !ok {
		p.fail(word, "a field such as spo2, heart_rate or local_tissue_o2, or avg(…), min(…), max(…), count(…)")
	}
	r.Metric = f.Metric
	if r.Aggregate != noWindow {
		p.want(")", "“)”")
		p.want("over", "over tumbling or over sliding")
		switch w := p.next(); w.text {
		case "tumbling":
		case "sliding":
			r.Sliding = true
		default:
			p.fail(w, "tumbling or sliding")
		}
		r.Window = p.duration("the length of the window, such as 30s", second, int64(time.Hour))
		r.Kind, r.Hold = Windowed, 0
	}
	switch w := p.next(); w.text {
	case "<":
	case ">":
		r.High = true
		if r.Kind == Below {
			r.Kind = Above
		}
	default:
		p.fail(w, "< or >")
	}
	w := p.next()
	v, err := strconv.ParseFloat(w.text, 64)
	if err != nil || v < -1e6 || v > 1e6 {
		p.fail(w, "a number")
	}
	r.Limit = signal.Fixed(pleth.DivRound(int64(v*1e10), 10))
	p.want("for", "for and a time")
	r.Delay = p.duration("how long it must hold, such as 10s", 0, maxDelay)
	p.want("priority", "priority")
	w = p.next()
	if r.Priority, ok = ParsePriority(w.text); !ok {
		p.fail(w, "low, medium or high")
	}
	if w := p.next(); w.text != "" {
		p.fail(w, "nothing more")
	}
	if p.err != nil {
		return Rule{}, p.err
	}
	return r, nil
}

type token struct {
	text string
	at   int
}

// parser reads words; after its first error it reads on to no purpose.
type parser struct {
	text string
	pos  int
	err  error
}

func (p *parser) fail(w token, want string) {
	if p.err == nil {
		p.err = &SyntaxError{Text: p.text, Column: w.at + 1, Word: w.text, Want: want}
	}
}

func (p *parser) next() token {
	for p.pos < len(p.text) && (p.text[p.pos] == ' ' || p.text[p.pos] == '\t') {
		p.pos++
	}
	from := p.pos
	if from == len(p.text) {
		return token{"", from}
	}
	if strings.IndexByte("()<>", p.text[from]) >= 0 {
		p.pos++
	} else {
		for p.pos < len(p.text) && strings.IndexByte(" \t()<>", p.text[p.pos]) < 0 {
			p.pos++
		}
	}
	return token{p.text[from:p.pos], from}
}

func (p *parser) want(text, say string) {
	if w := p.next(); w.text != text {
		p.fail(w, say)
	}
}

func (p *parser) duration(want string, low, high int64) int64 {
	w := p.next()
	d, err := time.ParseDuration(w.text)
	if err != nil {
		p.fail(w, want)
		return 0
	}
	if int64(d) < low || int64(d) > high {
		p.fail(w, fmt.Sprintf("%s, between %v and %v", want, time.Duration(low), time.Duration(high)))
	}
	return int64(d)
}
