package road

import (
	"context"
	"slices"

	"pleth"
	"pleth/internal/analysis"
	"pleth/internal/reading"
	"pleth/internal/session"
)

// timelines are the metrics whose rows make sessions, each its own.
var timelines = []pleth.Metric{pleth.SpO2, pleth.SpO2PreDuctal, pleth.SpO2PostDuctal}

// header returns what is known of the recording of h for sessions of metric m.
// The caller holds mu.
func (h *head) header(m pleth.Metric) pleth.Header {
	i := h.state.Import
	if i == nil {
		return pleth.Header{Clock: pleth.UTCClock, Metric: m, Device: pleth.Device{Serial: h.partition.Device, Firmware: h.state.Firmware}}
	}
	return i.Header.header(m)
}

// Header returns the header that the readers gave.
func (i *ImportHeader) header(m pleth.Metric) pleth.Header {
	return pleth.Header{
		Device: pleth.Device{Maker: i.Maker, Model: i.Model, Serial: i.Serial, Firmware: i.Firmware},
		Metric: m, Clock: i.Clock, Zone: i.Zone, Interval: durationOf(i.Interval), Averaging: durationOf(i.Averaging), Origin: i.Origin,
		Reported: i.Reported,
	}
}

// HeaderOf returns what the log keeps of the header of a recording.
func HeaderOf(h pleth.Header) ImportHeader {
	out := ImportHeader{
		Maker: h.Device.Maker, Model: h.Device.Model, Serial: h.Device.Serial, Firmware: h.Device.Firmware,
		Clock: h.Clock, Zone: h.Zone, Interval: int64(h.Interval), Averaging: int64(h.Averaging), Origin: h.Origin, Reported: h.Reported,
	}
	if h.Metric != 0 {
		out.Metric = h.Metric.String()
	}
	return out
}

// timelinesOf returns the metrics that h has sessions of. The caller holds mu.
func (h *head) timelinesOf() []pleth.Metric {
	if i := h.state.Import; i != nil {
		m, ok := pleth.ParseMetric(i.Header.Metric)
		if !ok {
			m = pleth.SpO2
		}
		return []pleth.Metric{m}
	}
	var out []pleth.Metric
	for _, m := range timelines {
		if h.state.Latest[m].Metric != 0 {
			out = append(out, m)
		}
	}
	return out
}

// key returns the key of the session of h that starts at start. The key of an
// import of its default device is the one in the document of its file.
func (h *head) key(m pleth.Metric, start int64) string {
	p := h.partition
	recording := p.Recording
	if recording != "" && len(recording) >= 8 && p.Device == "import-"+recording[:8] {
		recording = ""
	}
	if m != pleth.SpO2 && h.state.Import == nil {
		recording += "/" + m.String()
	}
	return session.Key(p.Device, recording, start)
}

// cut is one session cut from the rows of a partition.
type cut struct {
	info SessionInfo
	of   *session.Session
}

// cuts returns the sessions of h, in order of metric and time, with their rows.
func (r *Road) cuts(ctx context.Context, h *head) ([]cut, error) {
	h.mu.RLock()
	timelines := h.timelinesOf()
	h.mu.RUnlock()
	var out []cut
	for _, m := range timelines {
		all, err := r.cutsOf(ctx, h, m)
		if err != nil {
			return nil, err
		}
		out = append(out, all...)
	}
	return out, nil
}

// cutsOf returns the sessions of metric m of h.
func (r *Road) cutsOf(ctx context.Context, h *head, m pleth.Metric) ([]cut, error) {
	h.mu.RLock()
	header := h.header(m)
	done, ends := h.state.Done, slices.Clone(h.state.Ends)
	newest, next := h.state.Newest, h.next
	h.mu.RUnlock()
	k := knife{cutter: session.NewCutter(header), ends: ends}
	err := r.merged(h, minTime, forever, func(t *reading.Table) (bool, error) {
		k.table(t)
		return true, ctx.Err()
	})
	if err != nil {
		return nil, err
	}
	k.close(k.cutter.Close())
	who, stated := r.worn(h), r.stated(h)
	var out []cut
	for i, s := range k.done {
		n := s.Rows.Len()
		info := SessionInfo{Partition: h.partition, Key: h.key(m, s.Start), ID: s.ID(), Metric: m, Clock: header.Clock,
			Start: s.Start, End: s.Start + s.Rows.Time(n-1), Rows: int64(n), Revision: uint64(next)}
		info.Open = i == len(k.done)-1 && !done && newest-info.End <= max(int64(session.Gap), s.Interval*5/2)
		info.Subject = subjectAt(who, stated, s.Start)
		out = append(out, cut{info, s})
	}
	return out, nil
}

// knife cuts rows that come in order into sessions.
type knife struct {
	cutter *session.Cutter
	ends   []int64 // event times behind which a new session begins
	any    bool
	last   int64
	done   []*session.Session
}

// table takes the rows that follow. Rows of one time are one row.
func (k *knife) table(t *reading.Table) {
	for i := 0; i < t.Rows.Len(); {
		at := t.Rows.Time(i)
		for len(k.ends) > 0 && at > k.ends[0] {
			if k.any {
				k.close(k.cutter.Close())
			}
			k.ends = k.ends[1:]
		}
		if k.any && at == k.last {
			_, closed := k.cutter.Merge(&t.Rows, i)
			k.close(closed)
			i++
			continue
		}
		n := 0
		if len(k.ends) == 0 {
			n = k.cutter.Run(&t.Rows, i, 0, forever)
		}
		if n == 0 {
			k.close(k.cutter.Push(at, &t.Rows, i))
			n = 1
		}
		i += n
		k.any, k.last = true, t.Rows.Time(i-1)
	}
}

func (k *knife) close(s *session.Session) {
	if s != nil {
		k.done = append(k.done, s)
	}
}

// stated returns the subject that all readings of h state, empty where they
// state none or several.
func (r *Road) stated(h *head) string {
	h.mu.RLock()
	defer h.mu.RUnlock()
	if len(h.state.Subjects) == 1 {
		return h.state.Subjects[0]
	}
	return ""
}

// Sessions returns the sessions that q selects, by device, recording, metric
// and start, and the key to go on behind; empty where there are no more.
func (r *Road) Sessions(ctx context.Context, q SessionQuery) ([]SessionInfo, string, error) {
	list := r.all()
	if q.Device != "" {
		list = r.of(q.Device)
	}
	out := []SessionInfo{}
	seen := q.After == ""
	for _, h := range list {
		all, err := r.cuts(ctx, h)
		if err != nil {
			return nil, "", err
		}
		for _, c := range all {
			if !seen {
				seen = c.info.Key == q.After
				continue
			}
			if c.info.End < q.From || q.To != 0 && c.info.Start >= q.To || q.Subject != "" && c.info.Subject != q.Subject {
				continue
			}
			if q.Limit > 0 && len(out) == q.Limit {
				return out, out[len(out)-1].Key, nil
			}
			out = append(out, c.info)
		}
	}
	return out, "", nil
}

// Analysis returns the document of one session, by its key or an id it has or
// had. An open session is analysed as if it ended now. It returns ErrNotFound.
func (r *Road) Analysis(ctx context.Context, keyOrID string) (*analysis.Document, error) {
	for _, h := range r.all() {
		all, err := r.cuts(ctx, h)
		if err != nil {
			return nil, err
		}
		for _, c := range all {
			if c.info.Key == keyOrID || c.info.ID == keyOrID {
				return r.document(h, &c), nil
			}
		}
	}
	return nil, ErrNotFound
}

// document analyses one session, as a file with it alone would be.
func (r *Road) document(h *head, c *cut) *analysis.Document {
	set := r.cfg.Settings
	h.mu.RLock()
	var inputs []analysis.Input
	if i := h.state.Import; i != nil {
		inputs = slices.Clone(i.Inputs)
		set.Zone = i.Zone
	}
	h.mu.RUnlock()
	doc := analysis.NewDocument(r.cfg.Program, set, inputs)
	one := analysis.Analyse(c.of, c.info.Key, set)
	if one.Derived.Valid > 0 {
		doc.Sessions = append(doc.Sessions, one.Result)
	}
	analysis.Evaluate(doc)
	return doc
}
