// Package identitytest holds what every place for the pairs of the identity
// store must do.
package identitytest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"testing"

	"pleth/internal/identity"
)

// Rows runs the suite. open opens the same place again after a Close.
func Rows(t *testing.T, open func() (identity.Rows, error)) {
	t.Helper()
	ctx := context.Background()
	rows, err := open()
	if err != nil {
		t.Fatal(err)
	}
	pair := func(n int, name string) identity.Pair {
		return identity.Pair{Index: [32]byte{byte(n)}, Pseudonym: name, Sealed: []byte(name + " sealed"), Created: int64(n)}
	}
	names := func(pairs ...identity.Pair) string {
		got, err := rows.Add(ctx, pairs)
		if err != nil {
			t.Fatal(err)
		}
		var out []string
		for _, p := range got {
			if string(p.Sealed) != p.Pseudonym+" sealed" {
				t.Errorf("%s came with %s", p.Pseudonym, p.Sealed)
			}
			out = append(out, p.Pseudonym)
		}
		return fmt.Sprint(out)
	}
	if got := names(pair(1, "a"), pair(2, "b"), pair(1, "c")); got != "[a b a]" {
		t.Errorf("the first name of an index stays: %s", got)
	}
	if got := names(pair(2, "d"), pair(3, "e")); got != "[b e]" {
		t.Errorf("a name that was there stays: %s", got)
	}
	if _, err := rows.Add(ctx, []identity.Pair{pair(8, "x"), pair(9, "a")}); err == nil {
		t.Error("two people under one pseudonym")
	}
	if _, err := rows.Find(ctx, [32]byte{8}); !errors.Is(err, identity.ErrUnknown) {
		t.Errorf("a part of what failed was kept: %v", err)
	}
	if kept, err := rows.Check(ctx, []byte("first")); err != nil || string(kept) != "first" {
		t.Errorf("check: %q %v", kept, err)
	}
	for i := range 5 {
		if err := rows.Note(ctx, int64(i), []byte{byte(i)}); err != nil {
			t.Fatal(err)
		}
	}
	if err := rows.Close(); err != nil {
		t.Fatal(err)
	}
	if rows, err = open(); err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	if kept, err := rows.Check(ctx, []byte("second")); err != nil || string(kept) != "first" {
		t.Errorf("check: %q %v", kept, err)
	}
	p, err := rows.Find(ctx, [32]byte{3})
	if q, err2 := rows.Named(ctx, "e"); err != nil || err2 != nil || p.Pseudonym != "e" || q.Index != p.Index || p.Created != 3 || !bytes.Equal(p.Sealed, q.Sealed) || string(p.Sealed) != "e sealed" {
		t.Errorf("found %+v %v and %+v %v", p, err, q, err2)
	}
	if _, err := rows.Named(ctx, "c"); !errors.Is(err, identity.ErrUnknown) {
		t.Errorf("nobody: %v", err)
	}
	if n, err := rows.Size(ctx); err != nil || n != 3 {
		t.Errorf("%d people, %v", n, err)
	}
	looks, err := rows.Looks(ctx, 2, 2)
	if err != nil || len(looks) != 2 || looks[0].Number != 3 || looks[1].At != 3 || looks[1].Sealed[0] != 3 {
		t.Errorf("looks %+v %v", looks, err)
	}
}
