package vital

import (
	"bufio"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"strings"

	"pleth"
	"pleth/internal/device"
)

// values is a track with what was read of it.
type values struct {
	track
	collected device.Collector
	numbers   int // values that are no marks
}

// reader reads one file.
type reader struct {
	w       *device.Writer
	in      *bufio.Reader
	at      int64 // offset of the next byte of the file
	zone    string
	packets int
	limit   int   // of values
	values  int   // kept, of all tracks
	begun   int64 // offset of the packet that is being read
	length  int64 // of its content, -1 if not read yet
	badTime int   // records with a time that none has
	tracks  []*values
	byID    map[uint16]*values
	devices map[uint32]pleth.Device
}

func read(ctx context.Context, src *device.Source, w *device.Writer) error {
	return readUpTo(ctx, src, w, maxValues)
}

// readUpTo reads a file of which at most limit values are kept.
func readUpTo(ctx context.Context, src *device.Source, w *device.Writer, limit int) error {
	r := &reader{w: w, limit: limit, in: bufio.NewReaderSize(src.R, 64<<10), byID: map[uint16]*values{}, devices: map[uint32]pleth.Device{}}
	if err := r.header(); err != nil {
		return device.CutOff(ctx, w, device.Byte(r.at), fmt.Sprintf("the file ends after %d bytes, inside its header", r.at), err)
	}
	err := r.readPackets(ctx)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	written := r.write()
	switch {
	case errors.Is(err, errFull):
		w.Warn(device.Byte(r.begun), "truncated", fmt.Sprintf("the file holds more than %d values; what follows is not read: cut it into shorter ones", limit))
	case err != nil:
		return device.CutOff(ctx, w, device.Byte(r.begun), r.missing(), err)
	}
	if !written {
		return r.noSaturation()
	}
	return nil
}

// missing says how much of the file is there where it ends inside a packet.
func (r *reader) missing() string {
	s := fmt.Sprintf("the file is cut off in the packet that begins here; whole packets read: %d", r.packets)
	if r.length >= 0 {
		s += fmt.Sprintf("; of this one, %d of %d bytes are there", r.at-r.begun-packetHeader, r.length)
	}
	return s
}

// header reads the header up to the first packet.
func (r *reader) header() error {
	b, err := r.in.Peek(fixedBytes + 2)
	if err != nil {
		r.at = int64(len(b))
		return err
	}
	n := int(binary.LittleEndian.Uint16(b[8:]))
	if n >= minHeader {
		// Minutes that are added to local time to get UTC; zones reach from -12 to +14 h.
		if bias := int(int16(binary.LittleEndian.Uint16(b[10:]))); bias >= -14*60 && bias <= 12*60 {
			r.zone = zone(-bias)
		}
	}
	return r.skip(int64(fixedBytes + n))
}

// zone returns an offset in minutes as "+02:00".
func zone(minutes int) string {
	sign := '+'
	if minutes < 0 {
		sign, minutes = '-', -minutes
	}
	return fmt.Sprintf("%c%02d:%02d", sign, minutes/60, minutes%60)
}

// skip skips n bytes.
func (r *reader) skip(n int64) error {
	for n > 0 {
		done, err := r.in.Discard(int(min(n, 1<<30)))
		r.at += int64(done)
		n -= int64(done)
		if err != nil {
			return err
		}
	}
	return nil
}

// packetHeader is the length of type and length of a packet. Of a packet that
// is read, maxPacket bytes are looked at: names and numerics are short.
const (
	packetHeader = 5
	maxPacket    = 16 << 10
)

// maxValues is how many values are kept, at 32 bytes each: six a second for a
// fortnight.
const maxValues = 8 << 20

var errFull = errors.New("too many values")

// readPackets reads all packets. It returns nil where the file ends between two.
func (r *reader) readPackets(ctx context.Context) error {
	for {
		if r.packets%4096 == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		r.begun, r.length = r.at, -1
		b, err := r.in.Peek(packetHeader)
		if len(b) == 0 && errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		kind, length := b[0], int64(binary.LittleEndian.Uint32(b[1:]))
		r.length = length
		if err := r.skip(packetHeader); err != nil {
			return err
		}
		if kind == trackPacket || kind == recordPacket || kind == devicePacket {
			b, err := r.in.Peek(int(min(length, maxPacket)))
			if int64(len(b)) < min(length, maxPacket) {
				r.at += int64(len(b))
				return err
			}
			r.packet(kind, b)
		}
		if err := r.skip(length); err != nil {
			return err
		}
		r.packets++
		if r.values >= r.limit {
			return errFull
		}
	}
}

// packet takes the content of a packet, the beginning of a long one.
func (r *reader) packet(kind byte, b []byte) {
	switch kind {
	case devicePacket:
		if id, d, ok := parseDevice(b); ok {
			r.devices[id] = d
		}
	case trackPacket:
		id, t, ok := parseTrack(b)
		if !ok {
			return
		}
		if old := r.byID[id]; old != nil && old.name == t.name && old.numeric == t.numeric {
			old.track = t // told again, perhaps with more
			return
		}
		v := &values{track: t}
		r.tracks = append(r.tracks, v)
		r.byID[id] = v
	case recordPacket:
		r.record(b)
	}
}

// record takes a record if it is of a wanted track.
func (r *reader) record(b []byte) {
	f := newFields(b)
	info := int(f.u16())
	seconds := f.f64()
	t := r.byID[f.u16()]
	if !f.ok || t == nil || t.metric == 0 || 2+info > len(b) {
		return
	}
	at, ok := stamp(seconds)
	if !ok {
		r.badTime++
		return
	}
	if v, ok := t.value(b[2+info:]); ok {
		t.collected.Add(at, t.metric, v)
		r.values++
		if v.Ok() {
			t.numbers++
		}
	}
}

// write writes a recording for each saturation track. It returns false if
// there is none.
func (r *reader) write() bool {
	type sensor struct {
		device uint32
		metric pleth.Metric
	}
	found, numbers, repeated := false, 0, 0
	taken := map[sensor]bool{}
	var more []string
	for _, t := range r.tracks {
		if !isSaturation(t.metric) {
			continue
		}
		if taken[sensor{t.device, t.metric}] {
			more = append(more, t.name)
			continue
		}
		taken[sensor{t.device, t.metric}] = true
		found = true
		numbers += t.numbers
		if t.collected.Len() == 0 {
			continue
		}
		h := pleth.Header{Device: r.devices[t.device], Clock: pleth.UTCClock, Zone: r.zone, ByTime: true}
		if t.metric != pleth.SpO2 {
			h.Metric = t.metric
		}
		r.w.Begin(h)
		var rows device.Collector
		rows.AddAll(&t.collected)
		for _, m := range []pleth.Metric{pleth.PulseRate, pleth.HeartRate, pleth.PerfusionIndex, pleth.RespRate} {
			if other := beside(r.tracks, t, m); other != nil {
				rows.AddAll(&other.collected)
			}
		}
		repeated += rows.Write(r.w)
	}
	if repeated > 0 {
		r.w.Warn("", "repeated", fmt.Sprintf("values that came again for their time and were left out: %d", repeated))
	}
	if len(more) > 0 {
		r.w.Warn("", "more-channels", "one SpO2 track of each device is read; left out: "+some(more))
	}
	if r.badTime > 0 {
		r.w.Warn("", "bad-time", fmt.Sprintf("records with a time that no recording has, left out: %d", r.badTime))
	}
	if found && numbers == 0 {
		r.w.Warn("", "no-oximetry", "the SpO2 track holds no value")
	}
	return found
}

// noSaturation returns the error that lists which tracks there are.
func (r *reader) noSaturation() error {
	if len(r.tracks) == 0 {
		return damaged(r.at, "it describes no tracks")
	}
	var names []string
	for _, t := range r.tracks {
		names = append(names, t.name)
	}
	return &device.Error{What: "this Vital Recorder file has no numeric SpO2 track; its tracks are " + some(names), Do: "give a file that was recorded with an oximeter", Kind: device.ErrNoOximetry}
}

// some joins names, the first few of them.
func some(names []string) string {
	const most = 60
	s := strings.Join(names[:min(len(names), most)], ", ")
	if len(names) > most {
		s += fmt.Sprintf(" and %d more", len(names)-most)
	}
	return s
}
