package page

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"pleth"
	"pleth/internal/analysis"
	"pleth/internal/report/format"
)

// head makes the title, the four fields and the date of the file.
func (b *builder) head() {
	p, w := b.page, b.w
	p.Title, p.Date = w.TitleDay, w.NoClock
	p.Created = time.Unix(0, 0).UTC()
	if b.clock.Known() {
		start, end := b.clock.At(0), b.clock.At(b.span)
		p.Created = end
		switch {
		case !overnight(start, end):
			p.Date = fmt.Sprintf(w.RecordingOf, w.Date(start))
		case start.Hour() < 12:
			p.Title, p.Date = w.Title, fmt.Sprintf(w.NightTo, w.Date(start))
		default:
			p.Title, p.Date = w.Title, fmt.Sprintf(w.NightOf, w.Date(start))
		}
	}
	p.Fields = [4]Field{b.patient(), b.recording(), b.device(), {w.Conditions, w.NotStated, w.ConditionsDetail}}
}

// overnight reports whether some of start..end lies between midnight and 5.
func overnight(start, end time.Time) bool {
	if start.Hour() < 5 {
		return true
	}
	y, m, d := start.Date()
	midnight := time.Date(y, m, d+1, 0, 0, 0, 0, start.Location())
	return end.After(midnight)
}

// patient is a line to fill in: pleth never knows a name.
func (b *builder) patient() Field {
	detail := b.w.AgeNotGiven
	if age := b.doc.Generator.Config.Age; age != nil && *age != "" {
		detail = fmt.Sprintf(b.w.Age, b.age(*age))
	}
	return Field{b.w.Patient, "", detail}
}

// age spells an age like "8mo" or "2y6m" out; anything else stays as given.
func (b *builder) age(given string) string {
	given = clean(given)
	var parts []string
	for rest := strings.ReplaceAll(given, " ", ""); rest != ""; {
		digits := strings.IndexFunc(rest, func(r rune) bool { return r < '0' || r > '9' })
		if digits <= 0 {
			return given
		}
		n, err := strconv.Atoi(rest[:digits])
		unit := rest[digits:]
		if end := strings.IndexAny(unit, "0123456789"); end >= 0 {
			unit = unit[:end]
		}
		names, ok := b.w.AgeUnits[unit]
		if err != nil || !ok {
			return given
		}
		name := names[1]
		if n == 1 {
			name = names[0]
		}
		parts = append(parts, strconv.Itoa(n)+format.Joined+name)
		rest = rest[digits+len(unit):]
	}
	return strings.Join(parts, " ")
}

func (b *builder) recording() Field {
	w := b.w
	length := format.Duration(b.span)
	if !b.clock.Known() {
		return Field{w.Recording, length, w.NoClockDetail}
	}
	value := fmt.Sprintf("%s – %s, %s", b.clock.HM(0), b.clock.HM(b.span), length)
	detail := w.ZoneUnknown
	if b.in.Night.Session.Header.Clock == pleth.UTCClock && b.s.Zone != nil {
		detail = fmt.Sprintf(w.Zone, clean(*b.s.Zone))
	}
	return Field{w.Recording, value, detail}
}

func (b *builder) device() Field {
	w, d := b.w, b.s.Device
	var parts []string
	add := func(s *string, f string) {
		if s == nil {
			return
		}
		if text := clean(*s); text != "" {
			parts = append(parts, fmt.Sprintf(f, text))
		}
	}
	name := ""
	for _, s := range []*string{d.Maker, d.Model} {
		if s != nil && clean(*s) != "" && !strings.Contains(name, clean(*s)) {
			name = strings.TrimSpace(name + " " + clean(*s))
		}
	}
	if name != "" {
		parts = append(parts, name)
	}
	add(d.Firmware, w.Firmware)
	add(d.Serial, w.Serial)
	value := strings.Join(parts, ", ")
	if value == "" {
		value = w.NotStated
	}
	averaging := w.AveragingUnknown
	if a := b.s.AveragingS; a != nil {
		averaging = fmt.Sprintf(w.Averaging, seconds(*a))
	}
	return Field{w.Device, value, averaging + " · " + fmt.Sprintf(w.Interval, seconds(b.s.IntervalS))}
}

// seconds returns a short time with the decimals it has, at most three: "4 s",
// "1.024 s".
func seconds(s float64) string {
	if s >= 60 {
		return format.Duration(s)
	}
	return format.With(strconv.FormatFloat(math.Round(s*1000)/1000, 'f', -1, 64), "s")
}

// evaluation makes the headline, the sentences and the findings.
func (b *builder) evaluation() {
	p, w := b.page, b.w
	findings, summary := analysis.ByClock(b.doc, b.s)
	if w.Lang != "en" {
		// A document that other rules have judged is told as it is, in English.
		told, words := analysis.In(b.doc, b.s, w.Lang)
		if slices.EqualFunc(told, findings, func(x, y analysis.Finding) bool { return x.Rule == y.Rule && x.Level == y.Level }) {
			findings, summary = told, words
		}
	}
	b.disclaimer = clean(summary.Disclaimer)
	for _, f := range findings {
		l := levelOf(f.Level)
		p.Level = max(p.Level, l)
		p.Findings = append(p.Findings, Finding{l, w.Levels[l], format.Bind(clean(f.Text)), clean(f.Rule)})
	}
	slices.SortStableFunc(p.Findings, func(a, b Finding) int { return int(b.Level) - int(a.Level) })
	for _, s := range summary.Sentences {
		p.Sentences = append(p.Sentences, format.Bind(clean(s)))
	}
	p.NoFindings = w.NoFindings
	headline, rest := split(format.Bind(clean(summary.Headline)))
	if headline == "" {
		// Nobody judged: that is not the sign of a good night.
		headline, p.NoFindings = w.NotEvaluated, w.NotEvaluated
		p.Level = max(p.Level, Note)
	}
	p.Headline, p.Lead = headline, p.Sentences
	if rest != "" {
		p.Lead = []string{rest}
	}
	if usable := b.s.Metrics["time.valid_s"]; usable < NeededSeconds {
		p.TooLittle = true
		p.Level = max(p.Level, Note)
		only := fmt.Sprintf(w.OnlyUsable, format.Duration(usable), format.With(format.Number(NeededSeconds/3600, 0), "h"))
		p.Lead = append([]string{only}, p.Lead...)
		if rest != "" {
			p.Lead = p.Lead[:1] // it says the same in other words
		}
	}
}

// maxTitle is the longest beginning of a headline that is set apart.
const maxTitle = 60

// split parts a headline like "Worth a look: SpO2 was low." into its beginning
// and the sentence after the colon.
func split(headline string) (title, rest string) {
	title, rest, ok := strings.Cut(headline, ": ")
	if !ok || len(title) > maxTitle {
		return headline, ""
	}
	first, size := utf8.DecodeRuneInString(rest)
	return title, string(unicode.ToUpper(first)) + rest[size:]
}

// figures makes the six figures.
func (b *builder) figures() {
	w := b.w
	b.page.Figures = [6]Figure{
		b.below(w.Below90, "below.90"), b.below(w.Below88, "below.88"), b.lowest(),
		b.figure(w.Dips4, "odi4.per_h", w.PerHour, 1), b.figure(w.Mean, "spo2.mean", "%", 1), b.usable(),
	}
}

// figure makes the figure of one metric with a fixed number of decimals.
func (b *builder) figure(label, id, unit string, decimals int) Figure {
	v, ok := b.s.Metrics[id]
	if !ok {
		return b.absent(label, id)
	}
	f := Figure{Label: label, Number: format.Number(v, decimals), Unit: unit}
	if u, ok := b.usual(id); ok {
		f.Notes = []string{fmt.Sprintf(b.w.UsualIs, format.Number(u, decimals))}
	} else if n, ok := b.s.Metrics["odi4.count"]; ok && id == "odi4.per_h" {
		f.Notes = []string{fmt.Sprintf(b.w.InAll, format.Number(n, 0))}
	} else if m, ok := b.s.Metrics["spo2.median"]; ok && id == "spo2.mean" {
		f.Notes = []string{fmt.Sprintf(b.w.MedianIs, format.Percent(m, 1))}
	}
	return f
}

// absent makes the figure of a metric without a value.
func (b *builder) absent(label, id string) Figure {
	return Figure{Label: label, Number: format.Dash, Notes: []string{b.why(id)}}
}

func (b *builder) below(label, id string) Figure {
	v, ok := b.s.Metrics[id+".seconds"]
	if !ok {
		return b.absent(label, id+".seconds")
	}
	f := Figure{Label: label}
	f.Number, f.Unit = format.Figure(v)
	if u, ok := b.usual(id + ".seconds"); ok {
		f.Notes = []string{fmt.Sprintf(b.w.UsualIs, format.Short(u))}
	} else if pct, ok := b.s.Metrics[id+".pct"]; ok {
		f.Notes = []string{fmt.Sprintf(b.w.OfUsable, format.Share(pct))}
	}
	return f
}

func (b *builder) lowest() Figure {
	v, ok := b.s.Metrics["spo2.min"]
	if !ok {
		return b.absent(b.w.Lowest, "spo2.min")
	}
	f := Figure{Label: b.w.Lowest, Number: format.Level(v), Unit: "%"}
	note := ""
	if at, ok := b.lowestAt(v); ok {
		note = fmt.Sprintf(b.w.At, b.clock.HM(at))
	}
	if u, ok := b.usual("spo2.min"); ok {
		if note != "" {
			note += ", "
		}
		note += fmt.Sprintf(b.w.UsualIs, format.Level(u))
	}
	if note != "" {
		f.Notes = []string{note}
	}
	return f
}

// lowestAt returns when the lowest value was reached first, by the events of
// the document.
func (b *builder) lowestAt(v float64) (at float64, ok bool) {
	see := func(nadir, when float64) {
		if nadir == v && (!ok || when < at) {
			at, ok = when, true
		}
	}
	for i := range b.s.Episodes {
		see(b.s.Episodes[i].Nadir, b.s.Episodes[i].NadirS)
	}
	for i := range b.s.Falls {
		see(b.s.Falls[i].Nadir, b.s.Falls[i].NadirS)
	}
	return at, ok
}

func (b *builder) usable() Figure {
	pct, ok := b.s.Metrics["time.valid_pct"]
	if !ok {
		return b.absent(b.w.Usable, "time.valid_pct")
	}
	return Figure{Label: b.w.Usable, Number: wholePercent(pct), Unit: "%", Notes: []string{format.Duration(b.metric("time.valid_s"))}}
}

// wholePercent returns a share without decimals that is never 100 for a part.
func wholePercent(pct float64) string {
	if pct < 100 && pct >= 99.5 {
		return ">" + format.Thin + "99"
	}
	return format.Number(pct, 0)
}
