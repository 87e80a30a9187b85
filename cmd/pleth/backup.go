package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"pleth/internal/app"
	"pleth/internal/backup"
)

type backupCmd struct {
	Dir string `arg:"" type:"existingdir" help:"Data folder of the server."`
	Out string `arg:"" type:"path" help:"Archive to write."`

	Server  string `placeholder:"URL" default:"http://127.0.0.1:8080" help:"Where the server answers if it is running (http://127.0.0.1:8080)."`
	WithKey bool   `help:"Add the key of the identity store. Without it, keep DIR/identity/key elsewhere."`
}

// Run takes a snapshot of a running server, or of the folder of a stopped one.
func (c backupCmd) Run(e *env) (err error) {
	if _, err := os.Stat(c.Out); err == nil {
		return fmt.Errorf("%s is there already: write to another file", c.Out)
	}
	if rel, err := filepath.Rel(c.Dir, c.Out); err == nil && filepath.IsLocal(rel) {
		return usage("%s lies in the data folder: write the backup elsewhere, best to another disk", c.Out)
	}
	f, err := os.OpenFile(c.Out+".part", os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, f.Close(), os.Remove(f.Name()))
		}
	}()
	err = app.BackupStopped(c.Dir, f, c.WithKey, e.program)
	if errors.Is(err, app.ErrRunning) {
		if c.WithKey {
			return usage("--with-key: the key does not travel over a network; stop the server, or copy %s yourself", filepath.Join(c.Dir, "identity", "key"))
		}
		token := filepath.Join(c.Dir, "admin-token")
		if _, err := os.Stat(token); errors.Is(err, fs.ErrNotExist) {
			token = "" // a server of --insecure-local has none
		}
		var r *app.Remote
		if r, err = remoteOf(e, "server", c.Server, token); err == nil {
			err = r.Backup(e.ctx, f)
		}
	}
	if err != nil {
		return err
	}
	if err := f.Sync(); err != nil {
		return err
	}
	if err := f.Close(); err != nil {
		return err
	}
	return os.Rename(f.Name(), c.Out)
}

type restoreCmd struct {
	Backup string `arg:"" type:"existingfile" help:"Archive of pleth backup."`
	Dir    string `arg:"" type:"path" help:"Data folder to make: empty, or not there."`
}

// Run puts a backup back, whole or not at all.
func (c restoreCmd) Run(e *env) error {
	f, err := os.Open(c.Backup)
	if err != nil {
		return err
	}
	defer f.Close()
	list, err := backup.Restore(f, c.Dir)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(e.stdout, "%d files of %s by pleth %s are in %s\n", len(list.Files), list.Made.Format("2006-01-02 15:04:05Z"), list.Program, c.Dir)
	key := filepath.Join(c.Dir, "identity", "key")
	if _, missing := os.Stat(key); missing != nil {
		fmt.Fprintf(e.stdout, "The key of the identity store is not among them: unless the server has a key file, put it to %s before it starts.\n", key)
	}
	return err
}
