package identity

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
)

// Who says who asks who somebody is, and why.
type Who struct {
	Actor  string `json:"actor"`          // the name of an API key or user
	Reason string `json:"reason"`         // in the actor's words
	From   string `json:"from,omitempty"` // network address
}

// Entry is one look at who somebody is. It does not name the person.
type Entry struct {
	Number int64 `json:"number"` // from 1, in order
	At     int64 `json:"-"`      // nanoseconds UTC
	Who
	Action    string `json:"action"`    // "reveal" or "find"
	Pseudonym string `json:"pseudonym"` // empty: an identifier that nobody has
	Found     bool   `json:"found"`
}

// errNobodyAsks refuses a look without a name and a reason.
var errNobodyAsks = errors.New("identity: say who asks and why: both are kept")

// Reveal returns the identifier of a pseudonym, or ErrUnknown. That it was
// asked, by whom and why, is durable before it returns, also where it fails.
func (s *Store) Reveal(ctx context.Context, pseudonym string, who Who) (string, error) {
	pair, err := s.rows.Named(ctx, pseudonym)
	if err != nil && !errors.Is(err, ErrUnknown) {
		return "", err
	}
	if noteErr := s.note(ctx, Entry{Who: who, Action: "reveal", Pseudonym: clip(pseudonym), Found: err == nil}); noteErr != nil {
		return "", noteErr
	}
	if err != nil {
		return "", err
	}
	id, err := s.box.Open(pair.Sealed, forPerson+pair.Pseudonym)
	if err != nil {
		return "", fmt.Errorf("identity: %s: %w", pair.Pseudonym, err)
	}
	return string(id), nil
}

// Find returns the pseudonym of an identifier without making one, or
// ErrUnknown. It is noted like Reveal.
func (s *Store) Find(ctx context.Context, id string, who Who) (string, error) {
	pair, err := s.rows.Find(ctx, s.index.Index([]byte(id)))
	if err != nil && !errors.Is(err, ErrUnknown) {
		return "", err
	}
	if noteErr := s.note(ctx, Entry{Who: who, Action: "find", Pseudonym: pair.Pseudonym, Found: err == nil}); noteErr != nil {
		return "", noteErr
	}
	if err == nil && s.sound(pair, id) != nil {
		return "", fmt.Errorf("%w: what is kept of a person is damaged: stop and run pleth fsck", ErrStore)
	}
	return pair.Pseudonym, err
}

// note keeps an entry.
func (s *Store) note(ctx context.Context, e Entry) error {
	if s.closed.Load() {
		return ErrClosed
	}
	if strings.TrimSpace(e.Actor) == "" || strings.TrimSpace(e.Reason) == "" {
		return errNobodyAsks
	}
	text, err := json.Marshal(e)
	if err != nil {
		return err
	}
	return s.rows.Note(ctx, s.clock(), s.box.Seal(text, forLook))
}

// Entries returns up to limit looks with numbers above after, in order.
func (s *Store) Entries(ctx context.Context, after int64, limit int) ([]Entry, error) {
	looks, err := s.rows.Looks(ctx, after, limit)
	if err != nil {
		return nil, err
	}
	entries := make([]Entry, len(looks))
	for i, l := range looks {
		text, err := s.box.Open(l.Sealed, forLook)
		if err == nil {
			err = json.Unmarshal(text, &entries[i])
		}
		if err != nil {
			return nil, fmt.Errorf("identity: look %d: %w", l.Number, err)
		}
		entries[i].Number, entries[i].At = l.Number, l.At
	}
	return entries, nil
}

// clip keeps short what was asked for.
func clip(s string) string { return s[:min(len(s), 64)] }
