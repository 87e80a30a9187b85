package wfdb

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"slices"
	"strings"
	"time"

	"pleth"
	"pleth/internal/device"
	"pleth/internal/signalfile"
)

func readHeaderFile(ctx context.Context, src *device.Source, w *device.Writer) error {
	p, err := parse(device.NewLines(src.R))
	if err != nil {
		return err
	}
	return readRecord(ctx, p, src, w)
}

// maxHeader is the longest header that is looked into for the name of a file.
const maxHeader = 1 << 20

// readSignalFile reads the record whose header, in the same folder, names the
// file. Of several headers one with SpO2 wins, then the first by name.
func readSignalFile(ctx context.Context, src *device.Source, w *device.Writer) error {
	none := &device.Error{What: "if this is the signal file of a WFDB record, its header is not beside it", Do: "give the .hea file of the record, in one folder with this file"}
	if src.Sibling == nil || src.Siblings == nil {
		return none
	}
	names := src.Siblings()
	slices.Sort(names)
	var found *parser
	for _, name := range names {
		if !strings.EqualFold(name[max(0, len(name)-4):], ".hea") {
			continue
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		p, ok := headerOf(src, name)
		if !ok {
			continue
		}
		if _, _, err := p.choose(device.NewWriter(nil)); err == nil {
			return readRecord(ctx, p, src, w)
		}
		if found == nil {
			found = p
		}
	}
	if found == nil {
		return none
	}
	return readRecord(ctx, found, src, w)
}

// SignalFiles returns the names of the signal files that the header in r
// brings with it; none if r holds no header.
func SignalFiles(r io.Reader) []string {
	p, err := parse(device.NewLines(io.LimitReader(r, maxHeader)))
	if err != nil {
		return nil
	}
	var names []string
	for _, s := range p.signals {
		if !slices.Contains(names, s.file) {
			names = append(names, s.file)
		}
	}
	return names
}

// headerOf reads the header of the given name and reports whether it names the file of src.
func headerOf(src *device.Source, name string) (*parser, bool) {
	named := func(open func(string) (io.ReadCloser, error)) (*parser, bool) {
		r, err := open(name)
		if err != nil {
			return nil, false
		}
		defer r.Close()
		p, err := parse(device.NewLines(io.LimitReader(r, maxHeader)))
		if err != nil {
			return nil, false
		}
		return p, slices.ContainsFunc(p.signals, func(s signal) bool { return s.file == src.Name })
	}
	if src.Look == nil {
		return named(src.Sibling)
	}
	if p, ok := named(src.Look); !ok {
		return p, false
	}
	return named(src.Sibling) // now it is a part of the recording
}

// saturations in the order in which they make the timeline.
var saturations = []pleth.Metric{pleth.SpO2, pleth.SpO2PreDuctal, pleth.SpO2PostDuctal}

// choose returns the wanted metrics, that of the timeline first, and the
// signal that each comes from. Warnings go to w.
func (p *parser) choose(w *device.Writer) (metrics []pleth.Metric, from []int, err error) {
	first := map[pleth.Metric]int{} // the first signal of each metric
	var names, more []string
	for i := range p.signals {
		s := &p.signals[i]
		if s.name != "" {
			names = append(names, s.name)
		}
		m, ok := s.metric(p.rate)
		if !ok {
			continue
		}
		if _, taken := first[m]; taken {
			more = append(more, s.name)
			continue
		}
		first[m] = i
	}
	timeline := slices.IndexFunc(saturations, func(m pleth.Metric) bool { _, ok := first[m]; return ok })
	if timeline < 0 {
		return nil, nil, &device.Error{What: "this WFDB record has no SpO2 signal; its signals are " + some(names), Do: "give the numerics record of the same stay, whose name ends in n", Kind: device.ErrNoOximetry}
	}
	for _, m := range saturations[timeline+1:] {
		if i, ok := first[m]; ok {
			more = append(more, p.signals[i].name)
		}
	}
	for _, m := range []pleth.Metric{saturations[timeline], pleth.PulseRate, pleth.HeartRate, pleth.RespRate} {
		i, ok := first[m]
		if !ok {
			continue
		}
		if s := &p.signals[i]; bits(s.format) == 0 {
			if len(metrics) == 0 {
				return nil, nil, &device.Error{What: fmt.Sprintf("the SpO2 signal is stored in WFDB format %d; formats 16 and 212 are read", s.format), Do: "convert the record with xform to format 16"}
			}
			w.Warn("", "signal-format", fmt.Sprintf("the signal %q is stored in WFDB format %d, which is not read; it is left out", s.name, s.format))
			continue
		}
		metrics, from = append(metrics, m), append(from, i)
	}
	if len(more) > 0 {
		w.Warn("", "more-channels", "one signal of each kind is read; left out: "+some(more))
	}
	return metrics, from, nil
}

// feed is one signal file that is read in step with the others.
type feed struct {
	file     io.Closer
	samples  samples
	perFrame int     // samples of all signals in a frame
	buf      []int16 // of a block of frames
	frames   int     // whole frames in buf
	total    int64   // frames read so far
	part     int     // samples of a frame that the file ends in
	err      error   // what ended the file
}

// wanted is one signal that is read.
type wanted struct {
	feed  *feed
	at    int // of its first sample in a frame
	n     int // its samples in a frame
	sum   int16
	name  string
	check bool // sum is to be want at the end of the record
	want  int16
}

// reader reads the frames of one record.
type reader struct {
	*parser
	w        *device.Writer
	grid     grid
	start    int64 // of frame 0
	feeds    []*feed
	wanted   []wanted
	channels []signalfile.Channel
	measured bool // there was a number on the timeline
}

func readRecord(ctx context.Context, p *parser, src *device.Source, w *device.Writer) error {
	metrics, from, err := p.choose(w)
	if err != nil {
		return err
	}
	r := &reader{parser: p, w: w}
	var ok bool
	if r.grid, ok = newGrid(p.rate); !ok {
		return &device.Error{What: "the WFDB header states a frame rate that no record has", Do: "download the header again"}
	}
	h := pleth.Header{}
	r.start = p.start(&h, w)
	period, _ := r.grid.at(1)
	h.Interval = time.Duration(period / int64(p.signals[from[0]].perFrame))
	if metrics[0] != pleth.SpO2 {
		h.Metric = metrics[0]
	}
	w.Header = h
	defer r.close()
	if err := r.open(src, metrics, from); err != nil {
		return err
	}
	return r.frames(ctx)
}

func (r *reader) close() {
	for _, f := range r.feeds {
		_ = f.file.Close() // read only
	}
}

// open opens the signal files. Signals of one file and skew share a feed.
func (r *reader) open(src *device.Source, metrics []pleth.Metric, from []int) error {
	type key struct{ group, skew int }
	feeds := map[key]*feed{}
	for j, i := range from {
		s := &r.signals[i]
		first, perFrame, before := r.group(i)
		f := feeds[key{first, s.skew}]
		if f == nil {
			var err error
			if f, err = r.feed(src, first, perFrame, s.skew); err != nil && j == 0 {
				return err
			} else if err != nil {
				r.w.Warn("", "missing-file", fmt.Sprintf("the file of the signal %q is not beside the header; it is left out", s.name))
				continue
			}
			feeds[key{first, s.skew}] = f
			r.feeds = append(r.feeds, f)
		}
		r.wanted = append(r.wanted, wanted{feed: f, at: before, n: s.perFrame, name: s.name, check: s.hasSum && s.skew == 0, want: s.sum})
		r.channels = append(r.channels, signalfile.Channel{Metric: metrics[j], Scale: s.scale(metrics[j])})
	}
	return nil
}

// group returns the first signal of the file that signal i is in, the samples
// in a frame of that file, and those of them before signal i.
func (p *parser) group(i int) (first, perFrame, before int) {
	for first = i; first > 0 && p.signals[first-1].file == p.signals[i].file; first-- {
		before += p.signals[first-1].perFrame
	}
	for j := first; j < len(p.signals) && p.signals[j].file == p.signals[i].file; j++ {
		perFrame += p.signals[j].perFrame
	}
	return first, perFrame, before
}

// feed opens the file of signal first and moves to the frame that skew says.
func (r *reader) feed(src *device.Source, first, perFrame, skew int) (*feed, error) {
	s := &r.signals[first]
	if src.Sibling == nil {
		return nil, &device.Error{What: fmt.Sprintf("the signals of this WFDB record are in the file %s, which cannot be reached from here", s.file), Do: "give the header as a file, in one folder with its signal files"}
	}
	file, err := src.Sibling(s.file)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, &device.Error{What: fmt.Sprintf("the signal file %s that the WFDB header names is not beside it", s.file), Do: "put the signal files of the record into the folder of its header"}
	}
	if err != nil {
		return nil, &device.Error{What: fmt.Sprintf("the signal file %s cannot be opened", s.file), Do: "check that it may be read"}
	}
	f := &feed{file: file, perFrame: perFrame, samples: samples{r: bufio.NewReaderSize(file, 64<<10), format: s.format}}
	if _, err := io.CopyN(io.Discard, f.samples.r, s.offset); err != nil {
		f.err = err
	}
	f.buf = make([]int16, perFrame*blockFrames(perFrame))
	for ; skew > 0 && f.err == nil; skew -= f.frames {
		f.fill(min(skew, blockFrames(perFrame)))
	}
	f.total = 0
	return f, nil
}

// blockFrames returns how many frames are read at a time.
func blockFrames(perFrame int) int { return max(1, min(1024, (64<<10)/perFrame)) }

// fill reads n frames, fewer at the end of the file.
func (f *feed) fill(n int) {
	f.frames = 0
	if f.err != nil {
		return
	}
	got, err := f.samples.read(f.buf[:n*f.perFrame])
	f.frames, f.part, f.err = got/f.perFrame, got%f.perFrame, err
	f.total += int64(f.frames)
	if f.samples.format == 212 && f.part == 1 {
		f.part = 0 // the last pair is filled up
	}
}

// frames reads all frames and writes their rows.
func (r *reader) frames(ctx context.Context) error {
	size := blockFrames(slices.MaxFunc(r.feeds, func(a, b *feed) int { return a.perFrame - b.perFrame }).perFrame)
	timeline := r.wanted[0].feed
	k := int64(0)
	for r.parser.frames == 0 || k < r.parser.frames {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		n := size
		if left := r.parser.frames - k; r.parser.frames > 0 && left < int64(n) {
			n = int(left)
		}
		for _, f := range r.feeds {
			f.fill(n)
		}
		more, err := r.write(k, timeline.frames)
		if !more {
			return err
		}
		k += int64(timeline.frames)
		if timeline.frames < n {
			break
		}
	}
	return r.finish(ctx, k, timeline)
}

// write writes n frames from frame k on. It returns false when there is to be
// no more, or an error.
func (r *reader) write(k int64, n int) (bool, error) {
	if n == 0 {
		return true, nil
	}
	from, ok1 := r.grid.at(k)
	to, ok2 := r.grid.at(k + int64(n))
	if !ok1 || !ok2 {
		return false, &device.Error{What: fmt.Sprintf("the record goes on for more than 30 years at frame %d", k), Do: "check the frame rate in its header"}
	}
	for i := range r.wanted {
		one, c := &r.wanted[i], &r.channels[i]
		c.PerBlock, c.Samples = n*one.n, c.Samples[:0]
		for frame := range min(n, one.feed.frames) {
			at := frame*one.feed.perFrame + one.at
			for _, d := range one.feed.buf[at : at+one.n] {
				one.sum += d
				c.Samples = append(c.Samples, d)
				r.measured = r.measured || i == 0 && c.Scale.Value(d).Ok()
			}
		}
	}
	return signalfile.WriteBlock(r.w, r.start+from, to-from, r.channels), nil
}

// finish judges the end of the record after k frames of the timeline's file.
func (r *reader) finish(ctx context.Context, k int64, f *feed) error {
	ended := f.err == nil || errors.Is(f.err, io.EOF) || errors.Is(f.err, io.ErrUnexpectedEOF)
	if k < r.parser.frames || k == 0 || f.part > 0 || !ended {
		text := fmt.Sprintf("the signal file is cut off; frames read: %d", k)
		if r.parser.frames > 0 {
			text += fmt.Sprintf(" of %d", r.parser.frames)
		}
		if err := device.CutOff(ctx, r.w, "", text, f.err); err != nil {
			return err
		}
	} else {
		for _, one := range r.wanted {
			if one.check && one.sum != one.want {
				r.w.Warn("", "checksum", fmt.Sprintf("the samples of the signal %q do not add up to the sum in the header: the file was changed or damaged", one.name))
			}
		}
	}
	for _, other := range r.feeds {
		if other.total < f.total {
			r.w.Warn("", "truncated", fmt.Sprintf("the file of signals beside SpO2 is cut off; frames read: %d of %d", other.total, f.total))
		}
	}
	if !r.measured {
		r.w.Warn("", "no-oximetry", "the SpO2 signal holds no value: every sample is a mark for a missing one")
	}
	return nil
}
