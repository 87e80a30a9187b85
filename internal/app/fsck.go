package app

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"pleth/internal/deadletter"
	"pleth/internal/fsck"
	"pleth/internal/identity/sqlite"
	"pleth/internal/pebbledb"
	"pleth/internal/sealed"
	"pleth/internal/sqlitefile"
)

// Checked is what Fsck found in a data folder.
type Checked struct {
	Storage *fsck.Report // nil: it could not be opened
	Files   []CheckedFile
}

// CheckedFile is what was found in one of the files that are not of the
// storage.
type CheckedFile struct {
	Name   string   // in the data folder
	Flaws  []string // the first maxFileFlaws; none: it is sound
	More   int      // flaws beyond
	Advice string   // what to do where there are flaws
	Note   string   // what could not be checked, and why; empty: nothing
}

// maxFileFlaws is how many flaws of a file are described.
const maxFileFlaws = 100

// Sound reports whether nothing is wrong.
func (c *Checked) Sound() bool {
	for _, f := range c.Files {
		if len(f.Flaws) > 0 {
			return false
		}
	}
	return c.Storage != nil && c.Storage.Sound()
}

// Fsck checks everything in a data folder and, with repair, builds its storage
// anew from what is sound: fsck.Run. The other files are only read. keyFile is
// the key file that the folder is encrypted with; empty: it is not. Where the
// storage cannot be opened, what was found in the other files comes with the
// error.
func Fsck(dir, keyFile string, repair bool) (*Checked, error) {
	o := fsck.Options{Repair: repair}
	var key sealed.Key
	if keyFile != "" {
		var err error
		if key, err = sealed.Load(keyFile); err != nil {
			return nil, fmt.Errorf("--key-file: %w", err)
		}
		o.Key = key.Derive("storage").Bytes()
		key = key.Derive("identity store")
	}
	out := &Checked{}
	var err error
	if out.Storage, err = fsck.Run(dir, o); errors.Is(err, pebbledb.ErrInUse) {
		return nil, err
	}
	out.Files = checkFiles(context.Background(), dir, key)
	return out, err
}

// checkFiles reads the files beside the storage that are there.
func checkFiles(ctx context.Context, dir string, key sealed.Key) (out []CheckedFile) {
	var lost error // why there is no key
	if key.IsZero() {
		key, lost = sealed.Load(filepath.Join(dir, identityKey))
	}
	plain := func(ctx context.Context, path string, _ sealed.Key, flaw func(string)) error {
		return sqlitefile.Check(ctx, path, flaw, nil)
	}
	for _, file := range []struct {
		name, advice string
		check        func(context.Context, string, sealed.Key, func(string)) error
	}{
		{"identity/identity.db", "put the copy of a backup in its place: who was first seen after it gets a new pseudonym. Without one, move it away with identity/key: readings keep their pseudonyms, but nobody can say who they are of, and everybody gets a new one", sqlite.Check},
		{"deadletters.db", "put the copy of a backup in its place, or move it away: the server begins a new one, and what was refused before is gone", deadletter.Check},
		{"outbox.db", "put the copy of a backup in its place, or move it away: the server begins a new one; messages that waited are not sent, what was sent is not known any more, the alarms themselves are in the storage", plain},
		{"reconcile.db", "put the copy of a backup in its place, or move it away: the server begins a new one, incidents and their history are gone, the next checks find what still differs", plain},
	} {
		path := filepath.Join(dir, filepath.FromSlash(file.name))
		if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
			continue
		}
		found := CheckedFile{Name: file.name, Advice: "stop the server; " + file.advice}
		add := func(what string) {
			if len(found.Flaws) == maxFileFlaws {
				found.More++
				return
			}
			found.Flaws = append(found.Flaws, what)
		}
		if err := file.check(ctx, path, key, add); err != nil {
			add(err.Error())
		}
		if file.name == "identity/identity.db" && lost != nil {
			found.Note = fmt.Sprintf("what is sealed was not looked at: %v; put the copy of %s back, or give --key-file where the server has one", lost, identityKey)
		}
		out = append(out, found)
	}
	return out
}
