// Package page puts together what a report of one night says: every number
// formatted, every text chosen, every list in its order. The PDF, the HTML and
// the terminal show a Page and decide nothing about its content, so they
// cannot disagree.
//
// Numbers come from the analysis document and are only rounded here; the
// trace comes from the derived signal. What the document lacks is a dash with
// the reason, never a guess.
package page

import (
	"errors"
	"math"
	"time"

	"pleth"
	"pleth/internal/analysis"
	"pleth/internal/evaluate"
	"pleth/internal/intake"
	"pleth/internal/report/chart"
	"pleth/internal/report/format"
)

// Input is what a report is made from.
type Input struct {
	Document *analysis.Document
	Night    *analysis.Analysed // the session to report; its Result is one of the Document's
	// Strips are the traces of the nights that this one is compared with, by
	// session id. A night without one has its numbers only. May be nil.
	Strips map[string]*chart.Strip
	// FromStart aligns the nights of a comparison by their starts, even where all
	// of them have a clock.
	FromStart bool
	Language  string // of format.Languages; empty: English
}

// Level says how much a finding asks of the reader.
type Level uint8

// The levels, by how urgent they are.
const (
	Info Level = iota
	Note
	Attention
	Urgent
)

// levelOf returns the Level with the name used in documents.
func levelOf(name string) Level {
	switch name {
	case "urgent":
		return Urgent
	case "attention":
		return Attention
	case "note":
		return Note
	}
	return Info
}

// Band is the highest limit of 90, 88 and 85 that a value lies below; 0 if none.
type Band int

// bandOf returns the band of an SpO2 value.
func bandOf(v float64) Band {
	switch {
	case v < 85:
		return 85
	case v < 88:
		return 88
	case v < 90:
		return 90
	}
	return 0
}

// Field is one entry of the head of the page.
type Field struct {
	Label  string
	Value  string // empty: a line to fill in by hand
	Detail string
}

// Figure is one of the six figures.
type Figure struct {
	Label, Number, Unit string
	Notes               []string // what stands below it: where, how often, what is usual
}

// Finding is one line of the evaluation.
type Finding struct {
	Level            Level
	Word, Text, Rule string
}

// Page is the content of a report.
type Page struct {
	Words *format.Words

	Title, Date string
	Fields      [4]Field // patient, recording, device, conditions

	Level    Level
	Headline string
	// Lead is what stands below the headline: the rest of it, or the sentences
	// where the headline is whole by itself.
	Lead      []string
	Sentences []string // the evaluation in words
	// TooLittle says that the signal does not suffice to judge the night: the
	// figures are shown in grey.
	TooLittle bool

	Figures    [6]Figure
	Trace      *Trace
	Ranges     [4]Range
	Findings   []Finding // the most urgent first
	NoFindings string    // what stands there if there are none
	Hours      []Hour
	Dips       []Dip // the deepest first
	DipCount   string
	Levels     []Bar // time at each whole percent, from the lowest
	Trend      []Bar // nights, the earliest first; nil if this is the only one
	TrendTitle string
	Compare    *Compare

	Quality     []Row
	Reasons     []Row
	All         []Row // every metric of the document by its id
	Missing     []Row // ids that were not computed, and why
	Warnings    []Row
	Disclaimer  string
	Definitions []string
	Provenance  []Row  // label and value in full
	Facts       []Row  // the part of it that stands on every page
	Maker       string // program and version
	Rules       string // the rule set, in words

	Created time.Time // for the file's own dates: the end of the recording
}

// Row is a line of a plain table.
type Row struct{ Label, Value string }

// NeededSeconds is the usable time below which a night is not judged. Source:
// oximetry reference, section 10.
const NeededSeconds = 4 * 3600

// maxText is the length that a text from a file or a rule is cut to.
const maxText = 600

// builder carries what the parts of a page are made from.
type builder struct {
	in    Input
	doc   *analysis.Document
	s     *analysis.Session
	w     *format.Words
	clock format.Clock
	span  float64 // seconds
	place *analysis.SessionPosition
	page  *Page

	disclaimer string // of the summary, in the language of the page
}

// New puts the page of in.Night together, in the language w.
func New(in Input, w *format.Words) (*Page, error) {
	if in.Document == nil || in.Night == nil || in.Night.Session == nil || in.Night.Derived == nil || in.Night.Result == nil {
		return nil, errors.New("a report needs a document and one analysed night of it")
	}
	b := &builder{in: in, doc: in.Document, s: in.Night.Result, w: w, page: &Page{Words: w}}
	b.span = float64(in.Night.Derived.Span) / 1e9
	if h := in.Night.Session.Header; h.Clock != pleth.NoClock {
		b.clock = format.NewClock(time.Unix(h.Origin, in.Night.Session.Start).In(intake.Zone(h)))
	}
	if c := b.doc.Comparison; c != nil {
		for i := range c.Sessions {
			if c.Sessions[i].ID == b.s.ID && len(c.Sessions[i].Reference) > 0 {
				b.place = &c.Sessions[i]
			}
		}
	}
	b.head()
	b.evaluation()
	b.figures()
	b.trace()
	b.ranges()
	b.hours()
	b.dips()
	b.levels()
	b.nights()
	b.compare()
	b.quality()
	b.everything()
	b.foot()
	b.local()
	return b.page, nil
}

// metric returns the value of a metric id, NaN if the document has none.
func (b *builder) metric(id string) float64 {
	if v, ok := b.s.Metrics[id]; ok {
		return v
	}
	return math.NaN()
}

// usualNights is the number of reference nights from which on their median is
// called usual, as in the evaluation.
const usualNights = 3

// usual returns the median of the reference nights, and whether there are
// enough of them to call it so.
func (b *builder) usual(id string) (float64, bool) {
	if b.place == nil {
		return 0, false
	}
	p, ok := b.place.Metrics[id]
	return p.Median, ok && p.Of > usualNights
}

// why returns the reason that the document gives for a missing metric.
func (b *builder) why(id string) string {
	if reason, ok := b.s.NotComputed[id]; ok {
		return clean(evaluate.Told(b.w.Lang, reason))
	}
	return b.w.NotInDocument
}

func clean(s string) string { return format.Clean(s, maxText) }
