package identity

import (
	"errors"
	"fmt"

	"pleth/internal/sealed"
)

// Inspector says whether what is stored is what a Store under a key wrote. It
// names nobody. It is safe for concurrent use.
type Inspector struct {
	index sealed.Key
	box   *sealed.Box
}

// NewInspector returns an inspector of what is under key.
func NewInspector(key sealed.Key) *Inspector {
	return &Inspector{key.Derive("identity index"), sealed.NewBox(key.Derive("identity"))}
}

// Key returns ErrWrongKey unless kept, the check of the key, was made with this
// key and is whole.
func (i *Inspector) Key(kept []byte) error {
	if text, err := i.box.Open(kept, forCheck); err != nil || string(text) != checkText {
		return ErrWrongKey
	}
	return nil
}

// Pair returns what is wrong with p, nil if nothing is.
func (i *Inspector) Pair(p Pair) error {
	id, err := i.box.Open(p.Sealed, forPerson+p.Pseudonym)
	switch {
	case err != nil:
		return fmt.Errorf("person %.64q: who it is cannot be opened, or the pseudonym is another", p.Pseudonym)
	case i.index.Index(id) != p.Index:
		return fmt.Errorf("person %s: the index is not that of the identifier", p.Pseudonym)
	}
	return nil
}

// Look returns what is wrong with l, nil if nothing is.
func (i *Inspector) Look(l Look) error {
	if _, err := i.box.Open(l.Sealed, forLook); err != nil {
		return errors.New("look " + fmt.Sprint(l.Number) + ": who asked and why cannot be opened")
	}
	return nil
}
