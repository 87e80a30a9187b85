package road

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"pleth"
	"pleth/internal/analysis"
	"pleth/internal/jsondiff"
	"pleth/internal/reading"
	"pleth/internal/series"
)

// Difference is the first thing in which two roads differ.
type Difference struct {
	reading.Partition
	// What differs: "row 17", "recording", "chunk", "rollup", "session s-...",
	// or a part of the state: "assignments", "counts".
	What   string
	Metric pleth.Metric // 0: it is of no single one
	Time   int64        // event time of the row, hour or session, nanoseconds; NoTime: it has none
	// Byte is where the first bytes differ, from 0, of what In says; -1: they
	// were not compared as bytes.
	Byte      int64
	In        string
	Have, Got string // "" where there is nothing
}

// NoTime stands for the event time of what has none.
const NoTime = int64(-1) << 63

// String says what differs, for people.
func (d *Difference) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "device %q recording %q: %s", d.Device, d.Recording, d.What)
	if d.Metric != 0 {
		b.WriteString(", " + d.Metric.String())
	}
	if d.Time != NoTime {
		b.WriteString(" at " + clockText(d.Partition, d.Time))
	}
	fmt.Fprintf(&b, ": stored %s, rebuilt %s", orNothing(d.Have), orNothing(d.Got))
	if d.Byte >= 0 {
		fmt.Fprintf(&b, " (byte %d of %s)", d.Byte, d.In)
	}
	return b.String()
}

func orNothing(s string) string {
	if s == "" {
		return "nothing"
	}
	return s
}

// clockText writes an event time. Recordings have clocks of their own.
func clockText(p reading.Partition, t int64) string {
	text := time.Unix(0, t).UTC().Format("2006-01-02T15:04:05.999999999")
	if p.Recording == "" {
		text += "Z"
	}
	return text
}

// at returns where a and b begin to differ.
func at(a, b []byte) int64 {
	i := 0
	for i < len(a) && i < len(b) && a[i] == b[i] {
		i++
	}
	return int64(i)
}

// comparison compares one partition of two roads.
type comparison struct {
	a, b     *Road
	x, y     *head
	from, to int64
	whole    bool // all of its log is there, and all times are asked for
	begins   bool // all of its log is there
}

// Compare returns the first difference between what two roads say, and keep, of
// the event times from <= t < to (to 0: no end); nil: they are equal. Compared
// are, recording by recording and byte by byte: the rows, written anew as one
// chunk for each hour, since chunks are cut as rows came in and were merged; the
// rollups of hours, with the rows that are not in a chunk yet; what control
// records came to; the list of sessions that begin there, and their documents.
// The chunks of a must name the log records of their rows. Without bounds the
// rest of the state is compared too, where the log of b still begins at its
// beginning.
func Compare(ctx context.Context, a, b *Road, from, to int64) (*Difference, error) {
	begins := map[reading.Partition]bool{}
	err := b.cfg.Log.Partitions(func(p reading.Partition, first, _ offset) error {
		begins[p] = first == 0
		return nil
	})
	if err != nil {
		return nil, err
	}
	x, y := a.all(), b.all()
	for i := range max(len(x), len(y)) {
		switch {
		case i >= len(x) || i < len(y) && comparePartitions(y[i].partition, x[i].partition) < 0:
			return &Difference{Partition: y[i].partition, What: "recording", Time: NoTime, Byte: -1, Got: "there"}, nil
		case i >= len(y) || x[i].partition != y[i].partition:
			return &Difference{Partition: x[i].partition, What: "recording", Time: NoTime, Byte: -1, Have: "there"}, nil
		}
		c := comparison{a, b, x[i], y[i], from, to, begins[x[i].partition] && from == 0 && to == 0, begins[x[i].partition]}
		for _, step := range []func(context.Context) (*Difference, error){c.control, c.rows, c.chunks, c.rollups, c.rest, c.sessions} {
			if d, err := step(ctx); d != nil || err != nil {
				return d, err
			}
		}
	}
	return nil, nil
}

// statePart is a part of a state.
type statePart struct {
	name string
	of   func(*state) any
}

// endParts are the ends that were told.
var endParts = []statePart{{"ends", func(s *state) any { return s.Ends }}}

// controlParts are what other control records came to.
var controlParts = []statePart{
	{"assignments", func(s *state) any { return s.Assignments }},
	{"calibrations", func(s *state) any { return s.Calibrations }},
	{"annotations", func(s *state) any { return s.Annotations }},
	{"import", func(s *state) any { return s.Import }},
}

// restParts are what all rows came to.
var restParts = []statePart{
	{"counts", func(s *state) any { return s.Counts }},
	{"newest", func(s *state) any { return s.Newest }},
	{"oldest", func(s *state) any { return s.Oldest }},
	{"received", func(s *state) any { return s.Received }},
	{"late", func(s *state) any { return s.Late }},
	{"firmware", func(s *state) any { return s.Firmware }},
	{"firmwares", func(s *state) any { return s.Firmwares }},
	{"subjects", func(s *state) any { return s.Subjects }},
	{"stated", func(s *state) any { return []any{s.Stated, s.StatedAt} }},
	{"contested hours", func(s *state) any { return s.Contested }},
	{"done", func(s *state) any { return s.Done }},
}

func (c *comparison) control(context.Context) (*Difference, error) {
	if d, err := c.parts(controlParts); d != nil || err != nil {
		return d, err
	}
	if c.begins {
		return c.parts(endParts)
	}
	// Of those before the log begins nothing is known.
	for _, at := range c.y.state.Ends {
		if !slices.Contains(c.x.state.Ends, at) {
			return &Difference{Partition: c.x.partition, What: "ends", Time: at, Byte: -1, Got: "there"}, nil
		}
	}
	return nil, nil
}

// rest compares what is known of all rows together.
func (c *comparison) rest(context.Context) (*Difference, error) {
	if !c.whole {
		return nil, nil
	}
	if d, err := c.parts(restParts); d != nil || err != nil {
		return d, err
	}
	for m := range metricCount {
		one, other := c.x.state.Latest[m], c.y.state.Latest[m]
		if one.Metric != other.Metric || one.At != other.At || one.Value.Compare(other.Value) != 0 {
			return &Difference{Partition: c.x.partition, What: "latest value", Metric: pleth.Metric(m), Time: max(one.At, other.At), Byte: -1,
				Have: one.text(c.x.partition), Got: other.text(c.y.partition)}, nil
		}
	}
	return nil, nil
}

func (l *LatestValue) text(p reading.Partition) string {
	if l.Metric == 0 {
		return ""
	}
	return valueText(l.Value) + " of " + clockText(p, l.At)
}

func (c *comparison) parts(list []statePart) (*Difference, error) {
	for _, part := range list {
		have, err := asJSON(c.x, part.of)
		if err != nil {
			return nil, err
		}
		got, err := asJSON(c.y, part.of)
		if err != nil {
			return nil, err
		}
		if !bytes.Equal(have, got) {
			h, g := around(have, got)
			return &Difference{Partition: c.x.partition, What: part.name, Time: NoTime, Byte: at(have, got), In: "their JSON", Have: h, Got: g}, nil
		}
	}
	return nil, nil
}

func asJSON(h *head, of func(*state) any) ([]byte, error) {
	h.mu.RLock()
	defer h.mu.RUnlock()
	return json.Marshal(of(&h.state))
}

// around returns a and b where they begin to differ, whole where they are short.
func around(a, b []byte) (string, string) {
	const most = 120
	i := int(at(a, b))
	cut := func(s []byte) string {
		if len(s) <= most {
			return string(s)
		}
		return "…" + string(s[min(len(s), max(0, i-40)):min(len(s), i+40)]) + "…"
	}
	return cut(a), cut(b)
}

// sessions compares the list of sessions and their documents.
func (c *comparison) sessions(ctx context.Context) (*Difference, error) {
	q := SessionQuery{Device: c.x.partition.Device, From: c.from, To: c.to}
	have, err := documentsOf(ctx, c.a, c.x.partition, q)
	if err != nil {
		return nil, err
	}
	got, err := documentsOf(ctx, c.b, c.y.partition, q)
	if err != nil {
		return nil, err
	}
	for i := range max(len(have), len(got)) {
		d := &Difference{Partition: c.x.partition, Time: NoTime, Byte: -1}
		switch {
		case i >= len(got) || i < len(have) && have[i].Start < got[i].Start:
			d.What, d.Metric, d.Time, d.Have = "session "+have[i].Key, have[i].Metric, have[i].Start, string(have[i].listed)
			return d, nil
		case i >= len(have) || have[i].Start > got[i].Start:
			d.What, d.Metric, d.Time, d.Got = "session "+got[i].Key, got[i].Metric, got[i].Start, string(got[i].listed)
			return d, nil
		}
		one, other := &have[i], &got[i]
		d.What, d.Metric, d.Time = "session "+one.Key, one.Metric, one.Start
		if !bytes.Equal(one.listed, other.listed) {
			d.Byte, d.In, d.Have, d.Got = at(one.listed, other.listed), "what the list says of it", string(one.listed), string(other.listed)
			return d, nil
		}
		if !bytes.Equal(one.document, other.document) {
			d.Byte, d.In = at(one.document, other.document), "its document"
			d.Have, d.Got = around(one.document, other.document)
			places, _, err := jsondiff.Compare(one.document, other.document)
			if err == nil && !c.begins {
				// The nights before it are not all there to be compared with.
				places = slices.DeleteFunc(places, func(p jsondiff.Difference) bool { return strings.HasPrefix(p.Path, "comparison") })
				if len(places) == 0 {
					continue
				}
			}
			if err == nil && len(places) > 0 {
				d.What += " " + places[0].Path
				d.Have, d.Got = places[0].Want, places[0].Got
			}
			return d, nil
		}
	}
	return nil, nil
}

// written is a session as the list has it, and its document.
type written struct {
	SessionInfo
	listed, document []byte
}

// documentsOf returns the sessions of one partition and their documents, in the
// order of the list.
func documentsOf(ctx context.Context, r *Road, p reading.Partition, q SessionQuery) ([]written, error) {
	list, _, err := r.Sessions(ctx, q)
	if err != nil {
		return nil, err
	}
	var out []written
	for _, s := range list {
		if s.Partition != p {
			continue
		}
		doc, err := r.Analysis(ctx, s.Key)
		if err != nil {
			return nil, err
		}
		one := written{SessionInfo: s}
		if one.document, err = analysis.Encode(doc); err != nil {
			return nil, err
		}
		// The revision is left out: where a boundary may have moved, it grows when
		// somebody asks, and nobody asked the one that was rebuilt.
		if one.listed, err = json.Marshal(map[string]any{"key": s.Key, "id": s.ID, "metric": s.Metric.String(), "subject": s.Subject, "clock": s.Clock,
			"start": s.Start, "end": s.End, "open": s.Open, "rows": s.Rows}); err != nil {
			return nil, err
		}
		out = append(out, one)
	}
	return out, nil
}

// rollups compares the rollups of whole hours, where both series keep them.
func (c *comparison) rollups(ctx context.Context) (*Difference, error) {
	one, ok := c.a.cfg.Series.(hourly)
	if !ok {
		return nil, nil
	}
	other, ok := c.b.cfg.Series.(hourly)
	if !ok {
		return nil, nil
	}
	from, to := int64(-1)<<63, series.HourOf(forever)
	if c.from != 0 {
		from = -floor(-c.from, series.Hour)
	}
	if c.to != 0 {
		to = floor(c.to, series.Hour)
	}
	for _, m := range metrics {
		have, err := hoursOf(c.x, m, from, to, one)
		if err != nil {
			return nil, err
		}
		got, err := hoursOf(c.y, m, from, to, other)
		if err != nil {
			return nil, err
		}
		for len(have) > 0 || len(got) > 0 {
			d := &Difference{Partition: c.x.partition, What: "rollup", Metric: m, Byte: -1}
			switch {
			case len(got) == 0 || len(have) > 0 && have[0].hour < got[0].hour:
				d.Time, d.Have = have[0].hour, have[0].text()
				return d, nil
			case len(have) == 0 || have[0].hour > got[0].hour:
				d.Time, d.Got = got[0].hour, got[0].text()
				return d, nil
			}
			if a, b := have[0].bytes, got[0].bytes; !bytes.Equal(a, b) {
				d.Time, d.Byte, d.In = have[0].hour, at(a, b), "the hour's rollup"
				d.Have, d.Got = have[0].text(), got[0].text()
				return d, nil
			}
			have, got = have[1:], got[1:]
		}
		if err := ctx.Err(); err != nil {
			return nil, err
		}
	}
	return nil, nil
}

// hour is what one metric came to in one hour, as it is stored.
type hour struct {
	hour  int64
	bytes []byte
}

// text says what the bytes of h say.
func (h *hour) text() string {
	var r series.Rollup
	if err := series.DecodeRollup(h.bytes, &r); err != nil {
		return err.Error()
	}
	return fmt.Sprintf("%d numbers from %v to %v with the mean %v", r.Count(), r.Min(), r.Max(), r.Mean())
}

// hoursOf returns the rollups of h as they would be stored if all of its rows
// lay in chunks, for the hours from <= t < to in order.
func hoursOf(h *head, m pleth.Metric, from, to int64, rollups hourly) ([]hour, error) {
	h.mu.RLock()
	fresh := h.table(h.order)
	h.mu.RUnlock()
	var out []hour
	times := fresh.Rows.Times()
	row := 0
	// add notes an hour: what r has of it, and its rows that are in no chunk.
	add := func(hourStart int64, r *series.Rollup) {
		end := row
		for end < len(times) && series.HourOf(times[end]) == hourStart {
			end++
		}
		r.AddRows(fresh, m, row, end)
		row = end
		if len(r.Bins) > 0 && hourStart >= from && hourStart < to {
			out = append(out, hour{hourStart, series.AppendRollup(nil, r)})
		}
	}
	// before notes the hours up to limit that are in no chunk at all.
	before := func(limit int64) {
		for row < len(times) && series.HourOf(times[row]) < limit {
			add(series.HourOf(times[row]), &series.Rollup{})
		}
	}
	err := rollups.Rollups(h.partition, m, from, to, func(at int64, r *series.Rollup) error {
		before(at)
		whole := series.Rollup{}
		whole.Add(r)
		add(at, &whole)
		return nil
	})
	if err != nil {
		return nil, err
	}
	before(forever)
	return out, nil
}
