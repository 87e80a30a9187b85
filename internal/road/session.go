package road

import (
	"context"
	"encoding/hex"
	"errors"
	"slices"

	"pleth"
	"pleth/internal/eventlog"
	"pleth/internal/reading"
	"pleth/internal/session"
)

// header returns what is known of the recording of h for sessions of metric m.
// The caller holds mu.
func (h *head) header(m pleth.Metric) pleth.Header {
	i := h.state.Import
	if i == nil {
		return pleth.Header{Clock: pleth.UTCClock, Metric: m, Device: pleth.Device{Serial: h.partition.Device, Firmware: h.state.Firmware}}
	}
	return i.Header.header(m)
}

// header returns the header that the reader gave, for sessions of metric m.
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

// timeline reports whether sessions of metric m are cut from the rows of s: an
// import has those of its header alone.
func (s *state) timeline(m pleth.Metric) bool {
	if s.Import == nil {
		return true
	}
	own, ok := pleth.ParseMetric(s.Import.Header.Metric)
	if !ok {
		own = pleth.SpO2
	}
	return m == own
}

// key returns the key of the session of h that was first seen to start at
// start. The key of an import of its default device is the one in the document
// of its file.
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

// tracked brings a track up to date and returns its spans, which belong to the
// caller, and what one needs to cut them.
func (r *Road) tracked(ctx context.Context, h *head, m pleth.Metric) ([]span, error) {
	for try := 0; ; try++ {
		h.mu.RLock()
		t := h.state.track(m)
		if t == nil {
			h.mu.RUnlock()
			return nil, nil
		}
		copied := *t
		copied.open, copied.named = nil, nil // they belong to the track
		copied.Spans = slices.Clone(t.Spans)
		next := h.next
		h.mu.RUnlock()
		if !copied.dirty() {
			if copied.inherit() {
				h.mu.Lock()
				h.changed = h.state.track(m).inherit() || h.changed
				h.mu.Unlock()
			}
			return copied.Spans, nil
		}
		k, upTo, found, err := r.again(ctx, h, &copied)
		if err != nil {
			return nil, err
		}
		h.mu.Lock()
		now := h.state.track(m)
		current := h.next == next
		if current {
			if now.dirty() { // nobody else has cut it meanwhile
				now.recut(k, upTo, found)
				h.changed = true
			}
			now.inherit()
			copied.Spans = slices.Clone(now.Spans)
		}
		h.mu.Unlock()
		if current {
			return copied.Spans, nil
		}
		if try == 3 { // rows keep coming: what was found is right for the time it was asked for
			copied.recut(k, upTo, found)
			copied.inherit()
			return copied.Spans, nil
		}
	}
}

// again cuts the rows again around where a track is dirty. What it finds
// stands for the spans from index k on that start before upTo.
func (r *Road) again(ctx context.Context, h *head, t *track) (k int, upTo int64, found []span, err error) {
	k = t.anchor(t.From)
	from := t.From
	if k >= 0 {
		from = min(from, t.Spans[k].Start)
	}
	upTo = forever
	late := tardy{metric: t.Metric}
	done, err := r.cut(ctx, h, t.Metric, from, forever, late.table, func(s *session.Session, next int64) bool {
		// From a session on that begins where one did, nothing is new.
		k, same := slices.BinarySearchFunc(t.Spans, next, func(s span, start int64) int { return int(max(-1, min(1, s.Start-start))) })
		if same && next > t.To && !t.Spans[k].leans() {
			upTo = next
			return false
		}
		return true
	})
	if err != nil {
		return 0, 0, nil, err
	}
	for _, s := range done {
		if s.Start < upTo {
			found = append(found, spanOf(s, t.Metric, late))
		}
	}
	return k, upTo, found, nil
}

// cut cuts the rows of h with from <= t <= to into sessions of metric m. more
// is asked after each, with the start of the one that follows, whether to go on;
// nil: always. see is shown the rows; nil: nobody is.
func (r *Road) cut(ctx context.Context, h *head, m pleth.Metric, from, to int64, see func(*reading.Table), more func(s *session.Session, next int64) bool) ([]*session.Session, error) {
	h.mu.RLock()
	header := h.header(m)
	first, _ := slices.BinarySearch(h.state.Ends, from)
	ends := slices.Clone(h.state.Ends[first:])
	correct := newCalibrator(h.state.Calibrations)
	h.mu.RUnlock()
	k := knife{cutter: session.NewCutter(header), ends: ends}
	asked := 0
	err := r.merged(h, from, to, func(t *reading.Table) (bool, error) {
		if see != nil {
			see(t)
		}
		k.table(correct.table(t))
		for ; more != nil && asked < len(k.done); asked++ {
			next := int64(forever)
			if asked+1 < len(k.done) {
				next = k.done[asked+1].Start
			} else if open := k.cutter.Open(); open != nil {
				next = open.Start
			}
			if !more(k.done[asked], next) {
				return false, nil
			}
		}
		return true, ctx.Err()
	})
	if err != nil {
		return nil, err
	}
	k.close(k.cutter.Close())
	return k.done, nil
}

// whole returns the session of span i with its rows.
func (r *Road) whole(ctx context.Context, h *head, m pleth.Metric, spans []span, i int) (*session.Session, error) {
	s := &spans[i]
	from, to := s.Start, int64(forever)
	if i == len(spans)-1 {
		if so, err := r.soFar(ctx, h, m, s.Start, false, false); so != nil || err != nil {
			return so.session(), err
		}
	}
	if i+1 < len(spans) {
		to = spans[i+1].Start - 1
	}
	if s.leans() {
		t := track{Metric: m, Spans: spans}
		from = spans[t.anchor(s.Start)].Start
	}
	all, err := r.cut(ctx, h, m, from, to, nil, nil)
	if err != nil {
		return nil, err
	}
	for _, one := range all {
		if one.Start == s.Start {
			return one, nil
		}
	}
	return nil, errMoved
}

// errMoved says that late rows moved a session while it was read.
var errMoved = errors.New("the session changed while it was read; ask again")

// settled calls ask again where a session moved while it was read: late rows
// rarely come three times in that moment.
func settled(ask func() error) error {
	err := ask()
	for try := 0; try < 3 && errors.Is(err, errMoved); try++ {
		err = ask()
	}
	return err
}

// identify makes sure that the id of span i is the one of its rows.
func (r *Road) identify(ctx context.Context, h *head, m pleth.Metric, spans []span, i int) error {
	s := &spans[i]
	if s.IDAt == s.Revision {
		return nil
	}
	if i == len(spans)-1 {
		if so, err := r.namedSoFar(ctx, h, m, s.Start); so != nil || err != nil {
			if err == nil {
				r.identified(h, m, s, so)
			}
			return err
		}
	}
	whole, err := r.whole(ctx, h, m, spans, i)
	if err != nil {
		return err
	}
	r.identified(h, m, s, whole)
	return nil
}

// identified notes the id of a session, as of the revision of s, in s and in
// the state.
func (r *Road) identified(h *head, m pleth.Metric, s *span, whole *session.Session) {
	was := s.ID
	s.ID, s.IDAt, s.Interval, s.Rows = whole.ID(), s.Revision, whole.Interval, whole.Len()
	h.mu.Lock()
	defer h.mu.Unlock()
	t := h.state.track(m)
	k, have := slices.BinarySearchFunc(t.Spans, s.Start, func(s span, start int64) int { return int(max(-1, min(1, s.Start-start))) })
	if !have || t.Spans[k].Revision != s.Revision || t.Spans[k].IDAt == s.IDAt {
		return
	}
	kept := &t.Spans[k]
	kept.ID, kept.IDAt, kept.Interval, kept.Rows = s.ID, s.IDAt, s.Interval, s.Rows
	if was != s.ID {
		kept.Told = false
		kept.remember(was)
	}
	s.Old = slices.Clone(kept.Old)
	h.changed = true
	if h.state.Done { // nothing else will write it soon
		_ = r.queue(&request{partition: h.partition, touch: true, done: func(answer) {}})
	}
}

// info returns span i as it is listed.
func (r *Road) info(h *head, m pleth.Metric, spans []span, i int) SessionInfo {
	s := &spans[i]
	who, stated := r.worn(h), r.stated(h)
	h.mu.RLock()
	defer h.mu.RUnlock()
	out := SessionInfo{Partition: h.partition, Key: h.key(m, s.KeyStart), ID: s.ID, Metric: m, Clock: h.header(m).Clock,
		Start: s.Start, End: s.Last, Rows: s.Rows, Revision: s.Revision, Subject: subjectAt(who, stated, s.Start)}
	gap := int64(session.Gap)
	if s.Long || s.Start == s.Last {
		gap = max(gap, s.Interval*5/2)
	}
	out.Open = i == len(spans)-1 && !h.state.Done && h.state.Newest-s.Last <= gap && h.state.Newest-s.Start < int64(session.MaxSpan)
	return out
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
func (r *Road) Sessions(ctx context.Context, q SessionQuery) (list []SessionInfo, next string, err error) {
	err = settled(func() error {
		list, next, err = r.sessions(ctx, q)
		return err
	})
	return list, next, err
}

func (r *Road) sessions(ctx context.Context, q SessionQuery) ([]SessionInfo, string, error) {
	list := r.all()
	if q.Device != "" {
		list = r.of(q.Device)
	}
	out := []SessionInfo{}
	seen := q.After == ""
	var told told
	defer told.settle(ctx)
	for _, h := range list {
		for _, m := range timelines {
			spans, err := r.tracked(ctx, h, m)
			if err != nil {
				return nil, "", err
			}
			for i := range spans {
				one := r.info(h, m, spans, i)
				if !seen {
					seen = one.Key == q.After
					continue
				}
				if one.End < q.From && q.From != 0 || q.To != 0 && one.Start >= q.To || q.Subject != "" && one.Subject != q.Subject {
					continue
				}
				if q.Limit > 0 && len(out) == q.Limit {
					return out, out[len(out)-1].Key, nil
				}
				if err := r.identify(ctx, h, m, spans, i); err != nil {
					return nil, "", err
				}
				one = r.info(h, m, spans, i)
				told.id(r, h, m, one.Start, one.ID)
				out = append(out, one)
			}
		}
	}
	return out, "", nil
}

// place is where a session was found.
type place struct {
	h     *head
	m     pleth.Metric
	spans []span
	i     int
}

// find returns the session with a key or an id that it has or had. It returns
// ErrNotFound.
func (r *Road) find(ctx context.Context, keyOrID string) (*place, error) {
	unknown := false
	for _, byID := range [...]bool{false, true} {
		if byID && (!unknown || !mayBeID(keyOrID)) {
			break // nothing is read for what cannot be an id
		}
		for _, h := range r.all() {
			for _, m := range timelines {
				spans, err := r.tracked(ctx, h, m)
				if err != nil {
					return nil, err
				}
				for i := range spans {
					s := &spans[i]
					if byID {
						if err := r.identify(ctx, h, m, spans, i); err != nil {
							return nil, err
						}
					}
					unknown = unknown || s.IDAt != s.Revision
					if s.ID == keyOrID || slices.Contains(s.Old, keyOrID) || h.named(m, s, keyOrID) {
						return &place{h, m, spans, i}, nil
					}
				}
			}
		}
	}
	return nil, ErrNotFound
}

// named reports whether s has or had that key.
func (h *head) named(m pleth.Metric, s *span, key string) bool {
	h.mu.RLock()
	defer h.mu.RUnlock()
	return h.key(m, s.KeyStart) == key || slices.ContainsFunc(s.Merged, func(start int64) bool { return h.key(m, start) == key })
}

// mayBeID reports whether text has the form of the id of a session.
func mayBeID(text string) bool {
	_, err := hex.DecodeString(text)
	return err == nil && len(text) == 32
}

// touched notes that a control record changed what is derived from time from on.
func (s *state) touched(from int64, next eventlog.Offset) {
	for _, t := range s.Tracks {
		t.disturb()
		for i := range t.Spans {
			if t.Spans[i].Last >= from {
				t.Spans[i].Revision = uint64(next)
			}
		}
	}
}

// ended notes an end of the recording at time at: a session that goes on
// behind it is two.
func (s *state) ended(at int64, next eventlog.Offset) {
	for _, t := range s.Tracks {
		t.disturb()
		for i := range t.Spans {
			if t.Spans[i].Start <= at && t.Spans[i].Last > at {
				t.soil(at, uint64(next))
				t.soil(t.Spans[i].Last, uint64(next))
			}
		}
	}
}

// track returns the track of metric m, nil if there is none.
func (s *state) track(m pleth.Metric) *track {
	for _, t := range s.Tracks {
		if t.Metric == m {
			return t
		}
	}
	return nil
}

// follow takes row i of h into the tracks.
func (s *state) follow(h *head, i int) {
	at, offset := h.rows.Time(i), uint64(h.meta[i].offset)+1
	for _, m := range timelines {
		own := !h.rows.Value(m, i).IsAbsent()
		t := s.track(m)
		if t == nil {
			if !own || !s.timeline(m) {
				continue
			}
			t = newTrack(m)
			s.Tracks = append(s.Tracks, t)
		}
		t.take(at, own, h.meta[i].flags&reading.IsLate != 0, offset, s.Ends)
	}
}
