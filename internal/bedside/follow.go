package bedside

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/klauspost/compress/gzip"

	"pleth/internal/atomicfile"
	"pleth/internal/cmf"
)

// Bounds of what becomes durable together.
const (
	groupBytes = 256 << 10
	groupLines = 1000
)

// place is how far a file was read.
type place struct {
	Path   string `json:"path"`
	Offset int64  `json:"offset"` // bytes that are settled: whole lines, unpacked
	// Head is the SHA-256 of the first HeadBytes bytes. A file that begins
	// otherwise is another one of that name.
	Head      string `json:"head"`
	HeadBytes int    `json:"head_bytes"`
	Counts    Counts `json:"counts"` // of the file, from its start
}

// headBytes is how much of a file tells it from another.
const headBytes = 4 << 10

// Stream reads lines from r until it ends, or ctx does, and returns what
// became of them. It remembers nothing.
func (d *Door) Stream(ctx context.Context, r io.Reader) (Counts, error) {
	var sum Counts
	in := newGroups(&leavable{ctx: ctx, src: r, parts: make(chan part)})
	for {
		body, err := in.next(true)
		if len(body) > 0 {
			got, failed := d.lines(ctx, body)
			if failed != nil {
				return sum, failed
			}
			sum.add(&got)
		}
		switch {
		case errors.Is(err, io.EOF):
			return sum, nil
		case err != nil:
			return sum, err
		case ctx.Err() != nil:
			return sum, ctx.Err()
		}
	}
}

// Follow reads the file at path from where it was left, and what is written to
// it later, until ctx ends. A file that is renamed and made anew, or cut, is
// read to its end and then from the start of the new one. A packed file (.gz)
// is read once. It returns what became of the lines of the last file, from its
// start.
func (d *Door) Follow(ctx context.Context, path string) (Counts, error) {
	for {
		sum, err := d.file(ctx, path)
		if err != nil || strings.HasSuffix(path, ".gz") {
			return sum, err
		}
	}
}

// file follows one file until another takes its name.
func (d *Door) file(ctx context.Context, path string) (Counts, error) {
	f, err := d.open(ctx, path)
	if err != nil {
		return Counts{}, err
	}
	defer f.Close()
	packed := strings.HasSuffix(path, ".gz")
	at, err := d.resume(f, path)
	if err != nil {
		return Counts{}, err
	}
	d.adopt(&at.Counts)
	var src io.Reader = f
	if packed {
		if src, err = gzip.NewReader(bufio.NewReader(f)); err != nil {
			return Counts{}, fmt.Errorf("read %s: %w", path, err)
		}
		if _, err := io.CopyN(io.Discard, src, at.Offset); err != nil {
			return Counts{}, fmt.Errorf("find byte %d of %s, where it was left: %w", at.Offset, path, err)
		}
	} else if _, err := f.Seek(at.Offset, io.SeekStart); err != nil {
		return Counts{}, fmt.Errorf("find byte %d of %s, where it was left: %w", at.Offset, path, err)
	}
	in := newGroups(src)
	for {
		body, err := in.next(packed)
		if len(body) == 0 {
			body = in.message()
		}
		if len(body) > 0 {
			got, failed := d.lines(ctx, body)
			if failed != nil {
				return at.Counts, failed
			}
			at.Offset += int64(len(body))
			at.Counts.add(&got)
			if err := d.remember(f, at); err != nil {
				return at.Counts, err
			}
		}
		switch {
		case ctx.Err() != nil:
			return at.Counts, ctx.Err()
		case err == nil:
			continue
		case !errors.Is(err, io.EOF):
			return at.Counts, fmt.Errorf("read %s: %w", path, err)
		case packed:
			return at.Counts, nil
		}
		if another(f, at) {
			// What was written up to the change is read; a line without an end
			// will not get one.
			if rest, _ := in.next(true); len(rest) > 0 {
				got, failed := d.lines(ctx, rest)
				if failed != nil {
					return at.Counts, failed
				}
				at.Counts.add(&got)
			}
			return at.Counts, nil
		}
		if err := pause(ctx, d.cfg.Poll); err != nil {
			return at.Counts, err
		}
	}
}

// open opens the file, which may have yet to be made.
func (d *Door) open(ctx context.Context, path string) (*os.File, error) {
	for {
		f, err := os.Open(path)
		if err == nil || !errors.Is(err, os.ErrNotExist) {
			return f, err
		}
		if err := pause(ctx, d.cfg.Poll); err != nil {
			return nil, err
		}
	}
}

// another reports whether the path now names another file than f, or f was
// cut, or written anew.
func another(f *os.File, at *place) bool {
	own, err := f.Stat()
	if err != nil {
		return true
	}
	now, err := os.Stat(at.Path)
	if err != nil {
		return false // between two: renamed, and not made yet
	}
	if !os.SameFile(own, now) || own.Size() < at.Offset {
		return true
	}
	head, n, err := headOf(f, at.HeadBytes)
	return err == nil && at.HeadBytes > 0 && (n != at.HeadBytes || head != at.Head)
}

// placeFile is where the place in the file at path is kept.
func (d *Door) placeFile(path string) string {
	whole, err := filepath.Abs(path)
	if err != nil {
		whole = path
	}
	sum := sha256.Sum256([]byte(whole))
	return filepath.Join(d.cfg.Dir, hex.EncodeToString(sum[:8])+".json")
}

// resume returns where the file was left: its start if it is another one.
func (d *Door) resume(f *os.File, path string) (*place, error) {
	at := &place{Path: path}
	if d.cfg.Dir == "" {
		return at, nil
	}
	text, err := os.ReadFile(d.placeFile(path))
	if errors.Is(err, os.ErrNotExist) {
		return at, nil
	}
	if err != nil {
		return nil, err
	}
	var kept place
	if err := json.Unmarshal(text, &kept); err != nil {
		return nil, fmt.Errorf("read how far %s was read: %w; remove %s to read it from its start", path, err, d.placeFile(path))
	}
	head, n, err := headOf(f, kept.HeadBytes)
	if err != nil {
		return nil, err
	}
	size, err := f.Stat()
	if err != nil {
		return nil, err
	}
	if n == kept.HeadBytes && head == kept.Head && (strings.HasSuffix(path, ".gz") || size.Size() >= kept.Offset) {
		return &kept, nil
	}
	return at, nil
}

// headOf digests the first n bytes of f, or as many as it has.
func headOf(f *os.File, n int) (sum string, got int, err error) {
	buf := make([]byte, n)
	got, err = f.ReadAt(buf, 0)
	if err != nil && !errors.Is(err, io.EOF) {
		return "", 0, err
	}
	digest := sha256.Sum256(buf[:got])
	return hex.EncodeToString(digest[:]), got, nil
}

// remember keeps how far f was read.
func (d *Door) remember(f *os.File, at *place) error {
	if at.HeadBytes < headBytes {
		var err error
		if at.Head, at.HeadBytes, err = headOf(f, int(min(at.Offset, headBytes))); err != nil {
			return err
		}
	}
	if d.cfg.Dir == "" {
		return nil
	}
	return atomicfile.Write(d.placeFile(at.Path), func(w io.Writer) error { return json.NewEncoder(w).Encode(at) })
}

// groups cuts a reader into whole lines.
type groups struct {
	src  io.Reader
	data []byte // read and not given out
	used int    // of data, given out last
}

func newGroups(src io.Reader) *groups { return &groups{src: src, data: make([]byte, 0, groupBytes)} }

// next returns whole lines with their ends. At the end of the source it
// returns io.EOF with what there is: with all, also a last line without an
// end, which else waits for the rest of it. The bytes are good until next is
// called again.
func (g *groups) next(all bool) ([]byte, error) {
	g.data = append(g.data[:0], g.data[g.used:]...)
	g.used = 0
	for {
		if end := whole(g.data); end > 0 {
			g.used = end
			return g.data[:end], nil
		}
		if len(g.data) > groupBytes+cmf.MaxLine {
			// A line without an end: nobody reads that much of one.
			g.used = len(g.data)
			return g.data, nil
		}
		if cap(g.data)-len(g.data) < 64<<10 {
			g.data = append(make([]byte, 0, 2*cap(g.data)+64<<10), g.data...)
		}
		n, err := g.src.Read(g.data[len(g.data):min(cap(g.data), len(g.data)+64<<10)])
		g.data = g.data[:len(g.data)+n]
		if n == 0 && err != nil {
			if all && errors.Is(err, io.EOF) {
				g.used = len(g.data)
				return g.data, err
			}
			return nil, err
		}
	}
}

// message returns what is left at the end of the source if it is a message: a
// last line may have no end. It may be called after next has returned nothing.
func (g *groups) message() []byte {
	var m cmf.Message
	if len(g.data) == 0 || g.used > 0 || !m.Parse(g.data) {
		return nil
	}
	g.used = len(g.data)
	return g.data
}

// whole returns where the last whole line of data ends that belongs to a group.
func whole(data []byte) int {
	if len(data) > groupBytes {
		data = data[:groupBytes]
	}
	end := 0
	for range groupLines {
		n := bytes.IndexByte(data[end:], '\n')
		if n < 0 {
			break
		}
		end += n + 1
	}
	return end
}

// leavable is a reader that can be left while it waits, as standard input
// cannot: the goroutine that reads it then ends with its next byte.
type leavable struct {
	ctx     context.Context
	src     io.Reader
	parts   chan part
	started bool
	rest    part
}

type part struct {
	data []byte
	err  error
}

func (l *leavable) Read(p []byte) (int, error) {
	if !l.started {
		l.started = true
		go l.pump()
	}
	if len(l.rest.data) == 0 && l.rest.err == nil {
		select {
		case l.rest = <-l.parts:
		case <-l.ctx.Done():
			return 0, l.ctx.Err()
		}
	}
	n := copy(p, l.rest.data)
	l.rest.data = l.rest.data[n:]
	if len(l.rest.data) == 0 {
		return n, l.rest.err
	}
	return n, nil
}

func (l *leavable) pump() {
	for {
		buf := make([]byte, 64<<10)
		n, err := l.src.Read(buf)
		select {
		case l.parts <- part{buf[:n], err}:
		case <-l.ctx.Done():
			return
		}
		if err != nil {
			return
		}
	}
}
