// Package identity holds who is who: it exchanges what senders call people for
// random pseudonyms, and says who a pseudonym is to those who give a reason.
// Nothing outside it knows a person's identifier. Where the pairs are kept is
// a matter of its folders.
package identity

import (
	"context"
	"crypto/rand"
	"encoding/base32"
	"errors"
	"strings"

	"pleth/internal/sealed"
)

// ErrUnknown says that a pseudonym or identifier is not in the store.
var ErrUnknown = errors.New("identity: nobody goes by that")

// ErrClosed says that the store was closed.
var ErrClosed = errors.New("identity: the store is closed")

// ErrStore says that the store could not be written or read. What was asked
// may or may not have happened; asking again is safe.
var ErrStore = errors.New("identity: the store failed")

// ErrWrongKey says that the store was made with another key.
var ErrWrongKey = errors.New("identity: the store was made with another key; start with the key file it was made with")

// Pair is one person as stored.
type Pair struct {
	Index     [32]byte // keyed hash of the identifier
	Pseudonym string   // "p-" and 26 letters of base32
	Sealed    []byte   // the identifier
	Created   int64    // nanoseconds UTC
}

// Look is one look at who somebody is, as stored.
type Look struct {
	Number int64 // from 1, in order
	At     int64 // nanoseconds UTC
	Sealed []byte
}

// Rows keeps pairs and looks durably. It is used by one Store alone; calls of
// Add come one after the other, others at any time.
type Rows interface {
	// Add keeps the pairs whose index is not there yet, all or none, and
	// returns for every pair the one that is kept under its index. They are
	// durable on return.
	Add(ctx context.Context, pairs []Pair) ([]Pair, error)
	// Find returns the pair kept under an index, or ErrUnknown.
	Find(ctx context.Context, index [32]byte) (Pair, error)
	// Named returns the pair with a pseudonym, or ErrUnknown.
	Named(ctx context.Context, pseudonym string) (Pair, error)
	// Note appends a look. It is durable on return and never changes.
	Note(ctx context.Context, at int64, sealed []byte) error
	// Looks returns up to limit looks with numbers above after, in order.
	Looks(ctx context.Context, after int64, limit int) ([]Look, error)
	// Check returns the bytes kept as the check of the key; it keeps those
	// given if there are none yet.
	Check(ctx context.Context, first []byte) ([]byte, error)
	// Size returns the number of pairs.
	Size(ctx context.Context) (int64, error)
	Close() error
}

// The contexts that sealed bytes are bound to.
const (
	forCheck  = "identity check"
	forPerson = "identity of "
	forLook   = "identity look"
	forTags   = "tags"
)

const checkText = "pleth identity 1"

var encoding = base32.StdEncoding.WithPadding(base32.NoPadding)

// newPseudonym returns a pseudonym that nobody had before: 130 random bits,
// not made from the person's data.
func newPseudonym() string {
	var b [17]byte
	_, _ = rand.Read(b[:])
	return "p-" + strings.ToLower(encoding.EncodeToString(b[:])[:26])
}

// checkKey makes sure that rows were made with the key of box.
func checkKey(ctx context.Context, rows Rows, box *sealed.Box) error {
	kept, err := rows.Check(ctx, box.Seal([]byte(checkText), forCheck))
	if err != nil {
		return err
	}
	if text, err := box.Open(kept, forCheck); err != nil || string(text) != checkText {
		return ErrWrongKey
	}
	return nil
}
