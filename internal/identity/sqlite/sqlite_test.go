package sqlite_test

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"pleth/internal/identity"
	"pleth/internal/identity/identitytest"
	"pleth/internal/identity/sqlite"
	"pleth/internal/sealed"
)

var ctx = context.Background()

func TestRows(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "a b?c#.db")
	identitytest.Rows(t, func() (identity.Rows, error) { return sqlite.Open(ctx, path) })
	files, _ := filepath.Glob(filepath.Join(filepath.Dir(path), "*"))
	for _, f := range files {
		if info, _ := os.Stat(f); info.Mode().Perm() != 0o600 {
			t.Errorf("%s has mode %04o", f, info.Mode().Perm())
		}
	}
}

func openStore(t *testing.T, dir string) *identity.Store {
	t.Helper()
	s, _, err := sqlite.OpenStore(ctx, dir, sealed.Key{}, func() int64 { return 7 })
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

func TestPseudonymsStay(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "identity")
	s := openStore(t, dir)
	var ids []string
	for i := range 100 {
		ids = append(ids, fmt.Sprintf("MRN %d", i%60))
	}
	// Everybody asks at once, for overlapping people: one pseudonym each.
	var wg sync.WaitGroup
	answers := make([][]string, 16)
	for i := range answers {
		wg.Go(func() {
			var err error
			if answers[i], err = s.Pseudonyms(ctx, ids[i:i+60]); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	name := map[string]string{}
	for i, got := range answers {
		for j, p := range got {
			id := ids[i+j]
			if name[id] == "" {
				name[id] = p
			}
			if name[id] != p || len(p) != 28 || !strings.HasPrefix(p, "p-") {
				t.Fatalf("%s is %s and %s", id, name[id], p)
			}
		}
	}
	if n, err := s.Size(ctx); err != nil || n != 60 {
		t.Errorf("%d people, %v", n, err)
	}
	tags := s.Seal([]byte(`{"a":"b"}`))
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Pseudonyms(ctx, ids); !errors.Is(err, identity.ErrClosed) {
		t.Errorf("closed: %v", err)
	}
	again := openStore(t, dir)
	got, err := again.Pseudonyms(ctx, []string{"MRN 3", "MRN 61"})
	if err != nil || got[0] != name["MRN 3"] || got[1] == name["MRN 3"] {
		t.Errorf("after a restart: %v %v", got, err)
	}
	if opened, err := again.Open(tags); err != nil || string(opened) != `{"a":"b"}` || !bytes.Equal(tags, again.Seal(opened)) {
		t.Errorf("tags: %s %v", opened, err)
	}
}

func TestLooksAreNoted(t *testing.T) {
	t.Parallel()
	s := openStore(t, t.TempDir())
	names, err := s.Pseudonyms(ctx, []string{"Erika Mustermann"})
	if err != nil {
		t.Fatal(err)
	}
	who := identity.Who{Actor: "ward-3", Reason: "call back", From: "10.0.0.1"}
	if id, err := s.Reveal(ctx, names[0], who); err != nil || id != "Erika Mustermann" {
		t.Errorf("%q %v", id, err)
	}
	if _, err := s.Reveal(ctx, "p-nobody", who); !errors.Is(err, identity.ErrUnknown) {
		t.Error(err)
	}
	if p, err := s.Find(ctx, "Erika Mustermann", who); err != nil || p != names[0] {
		t.Errorf("%q %v", p, err)
	}
	if _, err := s.Find(ctx, "Somebody else", who); !errors.Is(err, identity.ErrUnknown) {
		t.Error(err)
	}
	if _, err := s.Reveal(ctx, names[0], identity.Who{Actor: "ward-3", Reason: " "}); err == nil {
		t.Error("revealed without a reason")
	}
	entries, err := s.Entries(ctx, 0, 10)
	if err != nil {
		t.Fatal(err)
	}
	want := []identity.Entry{
		{Number: 1, At: 7, Who: who, Action: "reveal", Pseudonym: names[0], Found: true},
		{Number: 2, At: 7, Who: who, Action: "reveal", Pseudonym: "p-nobody"},
		{Number: 3, At: 7, Who: who, Action: "find", Pseudonym: names[0], Found: true},
		{Number: 4, At: 7, Who: who, Action: "find"},
	}
	if fmt.Sprint(entries) != fmt.Sprint(want) {
		t.Errorf("got  %v\nwant %v", entries, want)
	}
}

// Nothing in the file changes once it is there, and none of it reads.
func TestFile(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := openStore(t, dir)
	const name, reason = "Erika Mustermann", "her sister Hildegard asked"
	names, err := s.Pseudonyms(ctx, []string{name})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Reveal(ctx, names[0], identity.Who{Actor: "a", Reason: reason}); err != nil {
		t.Fatal(err)
	}
	db, err := sql.Open("sqlite", filepath.Join(dir, "identity.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	for _, q := range []string{"UPDATE look SET at = 1", "DELETE FROM look", "UPDATE pair SET created = 1"} {
		if _, err := db.Exec(q); err == nil {
			t.Errorf("%s worked", q)
		}
	}
	files, _ := filepath.Glob(filepath.Join(dir, "*"))
	for _, f := range files {
		b, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		for _, word := range []string{name, "Hildegard", hex.EncodeToString([]byte(name)), base64.StdEncoding.EncodeToString([]byte(name))} {
			if bytes.Contains(b, []byte(word)) {
				t.Errorf("%s holds %s", f, word)
			}
		}
	}
	if len(files) < 3 {
		t.Errorf("looked into %v only", files)
	}
}

func TestKeys(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := openStore(t, dir).Close(); err != nil {
		t.Fatal(err)
	}
	clock := func() int64 { return 0 }
	if _, _, err := sqlite.OpenStore(ctx, dir, sealed.NewKey(), clock); !errors.Is(err, identity.ErrWrongKey) {
		t.Errorf("another key: %v", err)
	}
	if err := os.Remove(filepath.Join(dir, "key")); err != nil {
		t.Fatal(err)
	}
	if _, _, err := sqlite.OpenStore(ctx, dir, sealed.Key{}, clock); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a lost key: %v", err)
	}
	if _, err := os.Stat(filepath.Join(dir, "key")); err == nil {
		t.Error("a new key was made for an old store")
	}
}

// What cannot be made durable is not answered, and is mended by the next try.
func TestCanceled(t *testing.T) {
	t.Parallel()
	s := openStore(t, t.TempDir())
	gone, cancel := context.WithCancel(ctx)
	cancel()
	for range 20 {
		_, _ = s.Pseudonyms(gone, []string{"x"})
	}
	first, err := s.Pseudonyms(ctx, []string{"x"})
	if err != nil {
		t.Fatal(err)
	}
	if second, err := s.Pseudonyms(gone, []string{"x"}); err != nil || second[0] != first[0] {
		t.Errorf("from memory: %v %v", second, err)
	}
}

func BenchmarkPseudonyms(b *testing.B) {
	s, _, err := sqlite.OpenStore(ctx, b.TempDir(), sealed.Key{}, func() int64 { return 0 })
	if err != nil {
		b.Fatal(err)
	}
	defer s.Close()
	b.Run("known", func(b *testing.B) {
		for b.Loop() {
			if _, err := s.Pseudonyms(ctx, []string{"MRN 1234567"}); err != nil {
				b.Fatal(err)
			}
		}
	})
	n := 0
	b.Run("new, 1000 at once", func(b *testing.B) {
		ids := make([]string, 1000)
		for b.Loop() {
			for i := range ids {
				n++
				ids[i] = fmt.Sprint("MRN ", n)
			}
			if _, err := s.Pseudonyms(ctx, ids); err != nil {
				b.Fatal(err)
			}
		}
	})
}
