package road

import (
	"context"
	"fmt"

	"pleth"
	"pleth/internal/analysis"
	"pleth/internal/reading"
	"pleth/internal/series"
)

// Provenance returns where the value of metric m that a device sent for the
// event time at comes from, and what is done to it: of the live stream if it
// has such a value, else of the first import that has. It returns ErrNotFound.
func (r *Road) Provenance(ctx context.Context, device string, m pleth.Metric, at int64) (*Provenance, error) {
	for _, h := range r.of(device) {
		p, err := r.provenance(ctx, h, m, at)
		if p != nil || err != nil {
			return p, err
		}
	}
	return nil, ErrNotFound
}

func (r *Road) provenance(ctx context.Context, h *head, m pleth.Metric, at int64) (*Provenance, error) {
	var out *Provenance
	q := Query{From: at, To: at + 1}
	err := r.rows(ctx, nil, h, &q, func(t *reading.Table) (bool, error) {
		for i := range t.Rows.Len() {
			v := t.Rows.Value(m, i)
			if v.IsAbsent() {
				continue
			}
			o := t.OriginOf(i)
			out = &Provenance{Partition: h.partition, Metric: m, At: at, Seq: t.SeqOf(i), Value: trimmed(v), Flags: t.FlagsOf(i),
				Schema: schemaID, Firmware: o.Firmware, Door: o.Door, Subject: subjectAt(r.worn(h), o.Subject, at)}
			return false, nil
		}
		return true, nil
	})
	if err != nil || out == nil {
		return nil, err
	}
	if err := r.locate(h, out); err != nil {
		return nil, err
	}
	doc := analysis.NewDocument(r.cfg.Program, r.cfg.Settings, nil)
	out.Rules, out.Program, out.Commit, out.Config = doc.Generator.Rules, doc.Generator.Version, doc.Generator.Commit, doc.Generator.ConfigSHA256
	out.Steps = []string{
		fmt.Sprintf("taken at the door %q, checked for unit, range and duplicates", out.Door),
		"logged by (device, event time, sequence, content)",
	}
	h.mu.RLock()
	c := calibrationAt(h.state.Calibrations, m, at)
	h.mu.RUnlock()
	if c != nil {
		out.Calibration = c.Version
		out.Steps = append(out.Steps, fmt.Sprintf("calibrated by version %d", c.Version))
	}
	out.Steps = append(out.Steps, "marked by the rules of quality", "held, windowed and searched for events by the rule set "+out.Rules)
	return out, nil
}

// schemaID is the id of the one schema of readings in the log.
const schemaID = 1

func trimmed(v pleth.Value) pleth.Value {
	if !v.Ok() {
		return v
	}
	return trim(v)
}

// sourced is a Series that knows which records the rows of a chunk came with,
// as package series/pebble does.
type sourced interface {
	Chunks(p reading.Partition, from, to int64, metrics []pleth.Metric, f func(*series.Chunk) error) error
}

// locate says of a point which record it came with: the very one where its row
// is in the head, else those that its chunk came with.
func (r *Road) locate(h *head, p *Provenance) error {
	if h.locate(p) {
		return nil
	}
	chunks, ok := r.cfg.Series.(sourced)
	if !ok {
		return nil
	}
	return chunks.Chunks(h.partition, p.At, p.At+1, nil, func(c *series.Chunk) error {
		t := c.Rows
		for i, at := range t.Rows.Times() {
			if at == p.At && t.SeqOf(i) == p.Seq && compareValues(t.Rows.Value(p.Metric, i), p.Value) == 0 {
				p.Offset, p.LastOffset, p.Received, p.Exact = c.First, c.Last, at+c.LagMedian, c.First == c.Last
			}
		}
		return nil
	})
}

// locate says of a point which record it came with, and whether its row is in
// the head.
func (h *head) locate(p *Provenance) bool {
	h.mu.RLock()
	defer h.mu.RUnlock()
	for k := searchOrder(h, p.At); k < len(h.order) && h.rows.Time(int(h.order[k])) == p.At; k++ {
		i := int(h.order[k])
		if h.seqOf(i) == p.Seq && compareValues(h.rows.Value(p.Metric, i), p.Value) == 0 {
			m := &h.meta[i]
			p.Offset, p.LastOffset, p.Received, p.Exact = m.offset, m.offset, m.received, true
			return true
		}
	}
	return false
}
