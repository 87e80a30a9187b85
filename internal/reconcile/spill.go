package reconcile

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"os"
)

// lookSpilled compares the records of some parts, held of them, which are more
// than passes over the sides could hold: one pass puts them into a file for
// each side, sorted into groups by their keys, and the groups are compared one
// after the other.
func (d *diff) lookSpilled(ctx context.Context, some []uint64, held int64) error {
	// Smaller ones than could be held, because some come out larger than others.
	groups := uint64(held/(maxHeld/3) + 1)
	var files [2]*spill
	defer func() {
		for _, f := range files {
			if f != nil {
				f.close()
			}
		}
	}()
	at := func(s *side) int {
		if s.b {
			return 1
		}
		return 0
	}
	err := d.both(func(s *side) error {
		f, err := newSpill(int(groups), s)
		if err != nil {
			return err
		}
		files[at(s)] = f
		src, wanted := d.suspected(s, some)
		r := d.reader(s)
		err = src.Scan(ctx, func(place int64, cells []Cell) error {
			key, cannot, _ := r.read(cells)
			if cannot != "" || r.outside || !wanted(key, nil) {
				return nil
			}
			return f.put(int(key>>32%groups), place, cells)
		}, func(int64, string) error { return nil })
		if err != nil {
			return err
		}
		return f.flush()
	})
	if err != nil {
		return err
	}
	for g := range int(groups) {
		err := d.compare(func(s *side) (map[string][]*record, error) {
			src := &group{Source: s.Source, spill: files[at(s)], n: g}
			return d.collect(ctx, s, src, true, func(uint64, []byte) bool { return true })
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// spillBlock is how many bytes of a group are written at once.
const spillBlock = 64 << 10

// spill keeps rows by group in a file of its owner alone, enciphered with a key
// that nobody else has: nothing of them can be read when the process is gone.
type spill struct {
	file   *os.File
	gone   bool // its name is
	block  cipher.Block
	used   []int // the columns that are looked at; the others are null
	width  int   // columns of a row
	groups []spilled
	size   int64
}

// spilled is one group: what is in memory still, and where the rest stands.
type spilled struct {
	open   []byte
	blocks [][2]int64 // from, length
}

func newSpill(groups int, s *side) (*spill, error) {
	key := make([]byte, 32)
	_, _ = rand.Read(key) // it does not fail
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	file, err := os.CreateTemp("", "pleth-spill-*")
	if err != nil {
		return nil, fmt.Errorf("records that differ are put into a file: %w", err)
	}
	gone := os.Remove(file.Name()) == nil // where an open file can be taken away, nothing stays after kill -9
	used := append([]int(nil), s.index...)
	for _, i := range append([]int{s.roles.time, s.roles.channel, s.roles.updated, s.roles.arrived}, s.roles.measures...) {
		if i >= 0 {
			used = append(used, i)
		}
	}
	f := &spill{file: file, gone: gone, block: block, used: used, groups: make([]spilled, groups)}
	for _, i := range used {
		f.width = max(f.width, i+1)
	}
	return f, nil
}

func (f *spill) close() {
	_ = f.file.Close()
	if !f.gone {
		_ = os.Remove(f.file.Name())
	}
}

// put adds a row to a group: its place, and the used cells with their lengths
// and one, doubled, and one more for numbers; 0 is null.
func (f *spill) put(g int, place int64, cells []Cell) error {
	at := &f.groups[g]
	at.open = binary.AppendVarint(at.open, place)
	for _, i := range f.used {
		if cells[i].Null {
			at.open = binary.AppendUvarint(at.open, 0)
			continue
		}
		head := (uint64(len(cells[i].Text)) + 1) << 1
		if cells[i].Number {
			head |= 1
		}
		at.open = append(binary.AppendUvarint(at.open, head), cells[i].Text...)
	}
	if len(at.open) < spillBlock {
		return nil
	}
	return f.write(at)
}

// write writes what is in memory of a group; blocks hold whole rows.
func (f *spill) write(g *spilled) error {
	f.cipher(g.open, f.size)
	if _, err := f.file.WriteAt(g.open, f.size); err != nil {
		return fmt.Errorf("records that differ are put into a file: %w", err)
	}
	g.blocks = append(g.blocks, [2]int64{f.size, int64(len(g.open))})
	f.size += (int64(len(g.open)) + aes.BlockSize - 1) / aes.BlockSize * aes.BlockSize
	g.open = g.open[:0]
	return nil
}

// cipher enciphers or deciphers what stands at a place of the file.
func (f *spill) cipher(b []byte, at int64) {
	iv := make([]byte, aes.BlockSize)
	binary.BigEndian.PutUint64(iv[8:], uint64(at/aes.BlockSize))
	cipher.NewCTR(f.block, iv).XORKeyStream(b, b)
}

func (f *spill) flush() error {
	for i := range f.groups {
		if len(f.groups[i].open) == 0 {
			continue
		}
		if err := f.write(&f.groups[i]); err != nil {
			return err
		}
		f.groups[i].open = nil
	}
	return nil
}

// group is one group of a spill as a Source.
type group struct {
	Source
	spill *spill
	n     int
}

var errSpill = errors.New("the file of records that differ was changed")

// Scan implements Source.
func (g *group) Scan(ctx context.Context, row func(int64, []Cell) error, _ func(int64, string) error) error {
	cells := make([]Cell, g.spill.width)
	for i := range cells {
		cells[i].Null = true
	}
	var b []byte
	for _, at := range g.spill.groups[g.n].blocks {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		b = append(b[:0], make([]byte, at[1])...)
		if _, err := g.spill.file.ReadAt(b, at[0]); err != nil {
			return fmt.Errorf("records that differ: %w", err)
		}
		g.spill.cipher(b, at[0])
		for rest := b; len(rest) > 0; {
			place, n := binary.Varint(rest)
			if n <= 0 {
				return errSpill
			}
			rest = rest[n:]
			for _, i := range g.spill.used {
				head, n := binary.Uvarint(rest)
				size := head >> 1
				if n <= 0 || size > math.MaxInt32 || int(size)-1 > len(rest)-n {
					return errSpill
				}
				rest = rest[n:]
				cells[i] = Cell{Null: true}
				if size > 0 {
					cells[i] = Cell{Text: rest[: size-1 : size-1], Number: head&1 == 1}
					rest = rest[size-1:]
				}
			}
			if err := row(place, cells); err != nil {
				return err
			}
		}
	}
	return nil
}
