package analysis

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"iter"
	"strconv"
	"time"

	"pleth"
	"pleth/internal/intake"
	"pleth/internal/oximetry"
	"pleth/internal/session"
	"pleth/internal/signal"
	"pleth/internal/stream"
)

// RuleSet is the version of the definitions and rules that documents are made
// by. It changes with any change of a result.
const RuleSet = "2"

// RuleSets returns the versions of the rules that documents can be made by, the
// newest last. Documents of others are made by the program that made them.
func RuleSets() []string { return []string{RuleSet} }

// Program is what made a document.
type Program struct {
	Version string
	Commit  string
}

// Settings is what the user asked for, in the form the core takes.
type Settings struct {
	Config Config // as given, for the document
	Stream stream.Config
	Age    oximetry.Age // of the person; the zero Age is unknown
	Zone   string       // given by the user; empty: none
}

// Analysed is a session with all that was derived from it: what reports draw.
type Analysed struct {
	Session *session.Session
	Derived *stream.Derived
	Result  *Session
}

// Free gives the memory of the session and of what was derived from it to others,
// and leaves the result. Nobody may hold either.
func (a *Analysed) Free() {
	if a.Session != nil {
		a.Session.Free()
	}
	if a.Derived != nil {
		a.Derived.Free()
	}
	a.Session, a.Derived = nil, nil
}

// NewDocument returns a document without sessions.
func NewDocument(p Program, set Settings, inputs []Input) *Document {
	if inputs == nil {
		inputs = []Input{}
	}
	for i := range inputs {
		if inputs[i].Warnings == nil {
			inputs[i].Warnings = []Warning{}
		}
	}
	if set.Config.Compat == nil {
		set.Config.Compat = []string{}
	}
	return &Document{
		Format: Format,
		Generator: Generator{Program: "pleth", Version: p.Version, Commit: p.Commit, Rules: RuleSet,
			ConfigSHA256: configDigest(set.Config), Config: set.Config},
		Inputs:   inputs,
		Sessions: []*Session{},
	}
}

func configDigest(c Config) string {
	b, err := json.Marshal(c)
	if err != nil {
		panic(err) // a struct of strings and numbers always encodes
	}
	sum := sha256.Sum256(append([]byte("rules "+RuleSet+"\n"), b...))
	return hex.EncodeToString(sum[:])
}

// Analyse runs the core over one session and measures it. The findings are
// added by Evaluate, when the comparison with other nights is known.
func Analyse(s *session.Session, key string, set Settings) *Analysed {
	if set.Stream.EpisodeMinimum == 0 && set.Age.Infant() {
		set.Stream.EpisodeMinimum = oximetry.InfantMinimum
	}
	d, clean := stream.DeriveBoth(s, set.Stream)
	w := newWhole(d, set.Age)
	m, byHour := w.measure(), hoursOf(w)
	w.series.Free()
	if clean == d { // nothing is doubted
		m.clean(m)
	} else {
		without := newWhole(clean, set.Age)
		m.clean(without.measure())
		without.series.Free()
		clean.Free()
	}
	r := &Session{
		ID: s.ID(), Key: key, Metric: s.Header.Timeline().String(), IntervalS: seconds(s.Interval),
		Device:      device(s.Header.Device),
		ODI:         ODI{set.Stream.Method.String(), set.Stream.Method.Parameters()},
		Metrics:     m.values,
		NotComputed: m.absent,
		Quality:     qualityOf(d),
		Hours:       byHour,
		Segments:    []Segment{}, Episodes: []Episode{}, Falls: []Fall{}, Clusters: []Cluster{}, Bands: []Band{}, Findings: []Finding{},
		Histogram: map[string]float64{}, Cumulative: map[string]float64{},
		Summary: Summary{Sentences: []string{}, Questions: []string{}},
	}
	if s.Header.Averaging > 0 {
		v := s.Header.Averaging.Seconds()
		r.AveragingS = &v
	}
	r.clock(s, d, set.Zone)
	for _, g := range d.Segments {
		r.Segments = append(r.Segments, Segment{seconds(g.Start), seconds(g.End)})
	}
	r.histogram(d)
	r.episodes(w)
	r.falls(d)
	r.patterns(w)
	r.bands(oximetry.BandsFor(set.Age, s.Header.Averaging, set.Stream.Method))
	r.compat(d, set.Config.Compat)
	return &Analysed{s, d, r}
}

func device(d pleth.Device) Device {
	text := func(s string) *string {
		if s == "" {
			return nil
		}
		return &s
	}
	return Device{text(d.Maker), text(d.Model), text(d.Serial), text(d.Firmware)}
}

// clock sets start, end and zone.
func (r *Session) clock(s *session.Session, d *stream.Derived, given string) {
	r.ZoneSource = "unknown"
	if s.Header.Clock == pleth.NoClock {
		return
	}
	form := "2006-01-02T15:04:05"
	if s.Header.Clock == pleth.UTCClock {
		form = time.RFC3339
		r.ZoneSource = "file"
		zone := s.Header.Zone
		if zone == "" {
			zone = "UTC"
		}
		if zone == given {
			r.ZoneSource = "given"
		}
		r.Zone = &zone
	}
	if s.Start%signal.Second != 0 {
		form = fractional(form)
	}
	at := func(t int64) *string {
		text := time.Unix(s.Header.Origin, t).In(intake.Zone(s.Header)).Format(form)
		return &text
	}
	r.Start, r.End = at(s.Start), at(s.Start+d.Span)
}

// fractional returns the time form with the fraction of a second.
func fractional(form string) string {
	const upToSeconds = len("2006-01-02T15:04:05")
	return form[:upToSeconds] + ".999999999" + form[upToSeconds:]
}

func (r *Session) histogram(d *stream.Derived) {
	var whole [101]int64
	for _, b := range d.All.Bins() {
		whole[b.V.Round()/signal.One] += b.Weight
	}
	below := int64(0)
	for v, w := range whole {
		if w > 0 {
			r.Histogram[strconv.Itoa(v)] = seconds(w)
		}
		below += w
		if v >= 70 && d.Valid > 0 {
			r.Cumulative[strconv.Itoa(v)] = 100 * float64(below) / float64(d.Valid)
		}
	}
}

func (r *Session) episodes(w *whole) {
	for i := range w.d.Episodes {
		e := &w.d.Episodes[i]
		out := Episode{
			ID: e.ID(), Limit: e.Limit, StartS: seconds(e.Start), EndS: seconds(e.End), BelowS: seconds(e.Below),
			Nadir: e.Nadir.Float(), NadirS: seconds(e.NadirAt), AreaPctS: e.Area.Float() / 1e18,
			Severity: string(e.Severity()), Prolonged: e.Prolonged(), Truncated: e.Truncated,
			SuspectPct: 100 * float64(e.Suspect) / float64(e.Below),
		}
		start, nadir := gridSecond(e.Start), gridSecond(e.NadirAt)
		if rate, ok := oximetry.SteepestFall(&w.d.Grid, start-oximetry.RateSpan, nadir+oximetry.RateSpan/2); ok {
			out.MaxFallRate = &rate
		}
		if !e.Truncated {
			recovery := seconds(e.End - e.NadirAt)
			out.RecoveryS = &recovery
		}
		if v, ok := oximetry.PulseResponse(&w.d.Pulse, start, nadir); ok {
			response := v.Float()
			out.PulseResponse = &response
		}
		r.Episodes = append(r.Episodes, out)
	}
}

// gridSecond returns the first second of the grid at or after t.
func gridSecond(t int64) int { return int((t + signal.Second - 1) / signal.Second) }

func (r *Session) falls(d *stream.Derived) {
	for i := range d.Falls {
		f := &d.Falls[i]
		r.Falls = append(r.Falls, fallOf(f))
	}
}

func fallOf(f *oximetry.Fall) Fall {
	return Fall{
		ID: f.ID(), StartS: float64(f.Start), NadirS: float64(f.Nadir), EndS: float64(f.End),
		From: f.From.Float(), Nadir: f.Low.Float(), Drop: f.Drop().Float(),
		MeanRate: f.MeanRate(), AreaPctS: float64(f.Area) / float64(signal.One),
	}
}

// patterns lists what falls make together, and the trend.
func (r *Session) patterns(w *whole) {
	for i := range w.clusters {
		c := &w.clusters[i]
		r.Clusters = append(r.Clusters, Cluster{ID: c.ID(), StartS: float64(c.Start), EndS: float64(c.End), N: c.N,
			WorstNadir: c.Lowest.Float(), PerH: c.PerHour()})
	}
	if t := w.trend; w.hasTrend {
		r.Trend = Trend{&t.PerHour, &t.P, &t.Change}
	}
}

func (r *Session) bands(fit []oximetry.Band) {
	for _, b := range fit {
		r.Bands = append(r.Bands, Band{Metric: b.Metric, Low: b.Low, High: b.High, What: b.What, Bounds: b.Bounds,
			Group: b.Group, Method: b.Method, Source: b.Source})
	}
}

// Encode returns the document as one line of JSON with a line end.
func Encode(d *Document) ([]byte, error) {
	b, err := json.Marshal(d)
	if err != nil {
		return nil, err
	}
	return append(b, '\n'), nil
}

// EncodeTo writes what Encode returns of a document like d that has the given
// sessions, one at a time. It stops at the first error among them.
func EncodeTo(w io.Writer, d *Document, sessions iter.Seq2[*Session, error]) error {
	head := *d
	head.Sessions, head.Comparison = []*Session{}, nil
	b, err := json.Marshal(&head)
	if err != nil {
		return err
	}
	out := bufio.NewWriter(w)
	out.Write(bytes.TrimSuffix(b, []byte("]}")))
	list := func(first bool, v any) error {
		if !first {
			out.WriteByte(',')
		}
		b, err := json.Marshal(v)
		out.Write(b)
		return err
	}
	first := true
	for s, err := range sessions {
		if err != nil {
			return err
		}
		if err := list(first, s); err != nil {
			return err
		}
		first = false
	}
	out.WriteByte(']')
	if c := d.Comparison; c != nil {
		out.WriteString(`,"comparison":{"nights":[`)
		for i := range c.Nights {
			if err := list(i == 0, &c.Nights[i]); err != nil {
				return err
			}
		}
		out.WriteString(`],"sessions":[`)
		for i := range c.Sessions {
			if err := list(i == 0, &c.Sessions[i]); err != nil {
				return err
			}
		}
		out.WriteString(`]}`)
	}
	out.WriteString("}\n")
	return out.Flush()
}

// Resolve checks the configuration and derives from it what the core takes.
// Its errors name the flag that is wrong.
func (set *Settings) Resolve() (err error) {
	if set.Stream.Method, err = oximetry.ParseMethod(set.Config.ODI); err != nil {
		return fmt.Errorf("--odi: %w", err)
	}
	set.Age = oximetry.Age{}
	if set.Config.Age != nil {
		if set.Age, err = oximetry.ParseAge(*set.Config.Age); err != nil {
			return fmt.Errorf("--age: %w", err)
		}
	}
	return nil
}
