package pebbledb

import (
	"math/big"
	"slices"

	"github.com/cockroachdb/pebble/v2"

	"pleth/internal/reading"
)

// Flaw is something wrong with what is stored.
type Flaw struct {
	What      string            // in a few words, with the place
	Partition reading.Partition // zero: not of one partition, or of which is lost
	// Key and Value are the entry; the Value is nil where it cannot be read. A
	// flaw without a Key is of no single entry.
	Key, Value []byte
}

// keyWidth is the length to which keys are padded to be counted with.
const keyWidth = 40

// Walk calls f with every entry whose key begins with prefix, in order, until
// f fails, and goes on behind what cannot be read after calling unreadable with
// the first key that could not be and the next one that could (nil: none). Key
// and value are valid during the call only.
func (d *DB) Walk(prefix []byte, f func(key, value []byte) error, unreadable func(from, to []byte, err error) error) error {
	upper := after(prefix)
	from := slices.Clone(prefix)
	for {
		last, err := d.walkFrom(from, upper, f)
		if err == nil || last.stopped {
			return err
		}
		// The flaw begins behind the last key that could be read.
		start := from
		if last.key != nil {
			start = append(last.key, 0)
		}
		next := d.readableFrom(start, upper)
		if e := unreadable(start, next, err); e != nil {
			return e
		}
		if next == nil {
			return nil
		}
		from = next
	}
}

// place is where a walk ended.
type place struct {
	key     []byte // last key read
	stopped bool   // by the callback
}

// walkFrom calls f with entries until one cannot be read.
func (d *DB) walkFrom(from, upper []byte, f func(key, value []byte) error) (place, error) {
	it, err := d.DB.NewIter(&pebble.IterOptions{LowerBound: from, UpperBound: upper})
	if err != nil {
		return place{}, err
	}
	defer it.Close()
	var at place
	for ok := it.First(); ok; ok = it.Next() {
		v, err := it.ValueAndErr()
		if err != nil {
			return at, err
		}
		if err := f(it.Key(), v); err != nil {
			at.stopped = true
			return at, err
		}
		at.key = append(at.key[:0], it.Key()...)
	}
	return at, it.Error()
}

// readableFrom returns the first key at or behind start that can be read when
// one seeks it, found by doubling the distance and halving the last doubling;
// nil: nothing up to upper can be.
func (d *DB) readableFrom(start, upper []byte) []byte {
	base, end := number(start), number(upper)
	reads := func(step *big.Int) []byte {
		at := new(big.Int).Add(base, step)
		if at.Cmp(end) >= 0 {
			return nil
		}
		it, err := d.DB.NewIter(&pebble.IterOptions{LowerBound: at.FillBytes(make([]byte, keyWidth)), UpperBound: upper})
		if err != nil {
			return nil
		}
		defer it.Close()
		if !it.First() {
			return nil
		}
		if _, err := it.ValueAndErr(); err != nil {
			return nil
		}
		return slices.Clone(it.Key())
	}
	one := big.NewInt(1)
	step := new(big.Int).Set(one)
	for reads(step) == nil {
		step.Lsh(step, 1)
		if step.Cmp(end) >= 0 {
			return nil
		}
	}
	lo, hi := new(big.Int).Rsh(step, 1), step
	for new(big.Int).Sub(hi, lo).Cmp(one) > 0 {
		mid := new(big.Int).Add(lo, hi)
		mid.Rsh(mid, 1)
		if reads(mid) != nil {
			hi = mid
		} else {
			lo = mid
		}
	}
	return reads(hi)
}

// number returns key as a number, padded so that the order of keys is that of
// numbers.
func number(key []byte) *big.Int {
	b := make([]byte, keyWidth)
	copy(b, key)
	return new(big.Int).SetBytes(b)
}

// after returns the first key behind all that begin with prefix; prefix is not
// empty.
func after(prefix []byte) []byte {
	k := slices.Clone(prefix)
	for i := len(k) - 1; i >= 0; i-- {
		if k[i]++; k[i] != 0 {
			return k[:i+1]
		}
	}
	return []byte{0xff, 0xff}
}
