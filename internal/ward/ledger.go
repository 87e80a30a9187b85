package ward

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"os"
	"sync"

	"pleth"
	"pleth/internal/reading"
)

// Outcome is what the ledger notes of one reading that was sent.
type Outcome uint8

// The outcomes. Acknowledged: the server answered for it, with no word on what
// it did with it. The next four are those of the road. Refused: the server will
// not have it.
const (
	Acknowledged Outcome = iota
	Accepted
	Late
	Duplicate
	Conflict
	Refused
)

// outcomeOf translates what the road says.
func outcomeOf(o reading.Outcome) Outcome { return Accepted + Outcome(o) }

// Ledger is an append-only file of every send and every acknowledgement.
//
// What is sent is written to the file before it is sent, and an acknowledgement
// after it came. So after the death of either side the ledger is true: a
// reading it calls acknowledged was acknowledged, and a reading the server
// holds is in it. An acknowledgement that was not written any more makes the
// check weaker, never wrong, which is why nothing waits for a sync: the file is
// synced by Close. Its methods may be called by several goroutines at a time.
type Ledger struct {
	mu      sync.Mutex
	file    *os.File
	devices map[string]uint64
	block   []byte
}

const (
	ledgerMagic = "plethlg1"
	blockDevice = 'D'
	blockSent   = 'S'
	blockAnswer = 'A'
	blockHead   = 8
	maxBlock    = 16 << 20
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// OpenLedger opens or makes the ledger at path and cuts off a torn last block.
func OpenLedger(path string) (*Ledger, error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR|os.O_APPEND, 0o644)
	if err != nil {
		return nil, fmt.Errorf("open the ledger: %w", err)
	}
	l := &Ledger{file: f, devices: map[string]uint64{}}
	if err := l.load(path); err != nil {
		f.Close()
		return nil, err
	}
	return l, nil
}

func (l *Ledger) load(path string) error {
	info, err := l.file.Stat()
	if err != nil {
		return err
	}
	if info.Size() == 0 {
		_, err := l.file.WriteString(ledgerMagic)
		return err
	}
	size, err := readLedger(l.file, func(b *block) error {
		if b.kind == blockDevice {
			l.devices[b.name] = b.device
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("ledger %s: %w", path, err)
	}
	return l.file.Truncate(size)
}

// Sent notes that readings are about to be sent.
func (l *Ledger) Sent(device string, readings []Send) error {
	return l.write(blockSent, device, len(readings), func(i int) (int64, int64) {
		return readings[i].Reading.At, readings[i].Reading.Seq
	}, func(b []byte, i int) []byte {
		return binary.LittleEndian.AppendUint64(b, readings[i].Reading.hash())
	})
}

// Answered notes what the server said of readings.
func (l *Ledger) Answered(device string, readings []Send, outcomes []Outcome) error {
	return l.write(blockAnswer, device, len(readings), func(i int) (int64, int64) {
		return readings[i].Reading.At, readings[i].Reading.Seq
	}, func(b []byte, i int) []byte { return append(b, byte(outcomes[i])) })
}

func (l *Ledger) write(kind byte, device string, n int, key func(int) (at, seq int64), rest func([]byte, int) []byte) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.block = l.block[:0]
	index, known := l.devices[device]
	if !known {
		index = uint64(len(l.devices))
		l.devices[device] = index
		l.begin(blockDevice, index)
		l.block = append(l.block, device...)
		l.end(0)
	}
	from := len(l.block)
	l.begin(kind, index)
	l.block = binary.AppendUvarint(l.block, uint64(n))
	var at, seq int64
	for i := range n {
		a, s := key(i)
		l.block = binary.AppendVarint(l.block, a-at)
		l.block = binary.AppendVarint(l.block, s-seq)
		l.block = rest(l.block, i)
		at, seq = a, s
	}
	l.end(from)
	if _, err := l.file.Write(l.block); err != nil {
		return fmt.Errorf("write the ledger: %w", err)
	}
	return nil
}

func (l *Ledger) begin(kind byte, device uint64) {
	l.block = append(l.block, make([]byte, blockHead)...)
	l.block = append(l.block, kind)
	l.block = binary.AppendUvarint(l.block, device)
}

// end fills the head of the block that begins at from.
func (l *Ledger) end(from int) {
	payload := l.block[from+blockHead:]
	binary.LittleEndian.PutUint32(l.block[from:], uint32(len(payload)))
	binary.LittleEndian.PutUint32(l.block[from+4:], crc32.Checksum(payload, castagnoli))
}

// Close syncs and closes the file.
func (l *Ledger) Close() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	return errors.Join(l.file.Sync(), l.file.Close())
}

// block is one decoded block of a ledger; its slices are used again.
type block struct {
	kind    byte
	device  uint64
	name    string   // of a device
	at, seq []int64  // of sends and answers
	hash    []uint64 // of sends
	outcome []Outcome
}

var errBlock = errors.New("a block of the ledger is damaged")

// readLedger calls f with every block from the first and returns where the
// last whole one ends. A torn end is no error.
func readLedger(r io.ReadSeeker, f func(*block) error) (size int64, err error) {
	if _, err := r.Seek(0, io.SeekStart); err != nil {
		return 0, err
	}
	in := bufio.NewReaderSize(r, 1<<20)
	head := make([]byte, blockHead)
	if _, err := io.ReadFull(in, head); err != nil || string(head) != ledgerMagic {
		return 0, errors.New("is no ledger")
	}
	size = int64(len(ledgerMagic))
	var payload []byte
	var b block
	for {
		if _, err := io.ReadFull(in, head); err != nil {
			return size, ended(err)
		}
		n := binary.LittleEndian.Uint32(head)
		if n == 0 || n > maxBlock {
			return size, fmt.Errorf("at byte %d: %w", size, errBlock)
		}
		if uint32(cap(payload)) < n {
			payload = make([]byte, n)
		}
		payload = payload[:n]
		if _, err := io.ReadFull(in, payload); err != nil {
			return size, ended(err)
		}
		if crc32.Checksum(payload, castagnoli) != binary.LittleEndian.Uint32(head[4:]) || !b.decode(payload) {
			return size, fmt.Errorf("at byte %d: %w", size, errBlock)
		}
		if err := f(&b); err != nil {
			return size, err
		}
		size += blockHead + int64(n)
	}
}

// ended is nil for an end in the middle of a block: the writer was killed.
func ended(err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return nil
	}
	return err
}

func (b *block) decode(p []byte) bool {
	b.kind = p[0]
	device, w := binary.Uvarint(p[1:])
	if w <= 0 {
		return false
	}
	b.device, p = device, p[1+w:]
	b.at, b.seq, b.hash, b.outcome = b.at[:0], b.seq[:0], b.hash[:0], b.outcome[:0]
	if b.kind == blockDevice {
		b.name = string(p)
		return true
	}
	n, w := binary.Uvarint(p)
	if w <= 0 || n > uint64(len(p)) {
		return false
	}
	p = p[w:]
	var at, seq int64
	for range n {
		a, wa := binary.Varint(p)
		if wa <= 0 {
			return false
		}
		s, ws := binary.Varint(p[wa:])
		if ws <= 0 {
			return false
		}
		p = p[wa+ws:]
		at, seq = at+a, seq+s
		b.at, b.seq = append(b.at, at), append(b.seq, seq)
		switch {
		case b.kind == blockSent && len(p) >= 8:
			b.hash, p = append(b.hash, binary.LittleEndian.Uint64(p)), p[8:]
		case b.kind == blockAnswer && len(p) >= 1:
			b.outcome, p = append(b.outcome, Outcome(p[0])), p[1:]
		default:
			return false
		}
	}
	return len(p) == 0
}

// hash is of what r says, apart from when: the metrics it carries with their
// values, each as plain decimal without idle zeros.
func (r *Reading) hash() uint64 {
	h := newContent()
	for i, m := range Metrics {
		h = h.with(m, r.Values[i])
	}
	return uint64(h)
}

// HashRow is the hash of row i of b, comparable with that of the ledger.
func HashRow(b *pleth.Batch, i int) uint64 {
	h := newContent()
	for _, m := range hashed {
		h = h.with(m, b.Value(m, i))
	}
	return uint64(h)
}

// hashed are the metrics that count, those of a Reading before all others so
// that both hashes go in one order.
var hashed = func() []pleth.Metric {
	out := append([]pleth.Metric(nil), Metrics[:]...)
	for _, m := range pleth.Metrics() {
		own := false
		for _, o := range Metrics {
			own = own || o == m
		}
		if !own {
			out = append(out, m)
		}
	}
	return out
}()

// content is FNV-1a of 64 bits.
type content uint64

func newContent() content { return 0xcbf29ce484222325 }

func (c content) byte(b byte) content { return (c ^ content(b)) * 0x100000001b3 }

func (c content) with(m pleth.Metric, v pleth.Value) content {
	if v.IsAbsent() {
		return c
	}
	c = c.byte(byte(m))
	if !v.Ok() {
		return c.byte(0xff)
	}
	mant, scale := v.Mantissa()
	for scale > 0 && mant%10 == 0 {
		mant, scale = mant/10, scale-1
	}
	c = c.byte(scale)
	for range 8 {
		c, mant = c.byte(byte(mant)), mant>>8
	}
	return c
}
