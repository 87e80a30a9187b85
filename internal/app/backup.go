package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"

	"pleth/internal/analysis"
	"pleth/internal/api"
	"pleth/internal/backup"
	"pleth/internal/pebbledb"
	"pleth/internal/sqlitefile"
)

// identityKey is the file that opens the identity store where no key file is
// given. It is kept apart from backups unless somebody asks for it.
const identityKey = "identity/key"

// staging is where a running server puts what it copies for a backup.
const staging = "backup-under-way-"

// kept reports whether a file of the data folder belongs in a backup: secrets,
// locks and what is built anew do not.
func kept(name string) bool {
	switch {
	case name == "lock", name == "admin-token", name == identityKey, name == "store/LOCK", name == "store/"+pebbledb.PreparedFile, strings.HasPrefix(name, staging), strings.HasPrefix(name, "lost/"):
		return false
	}
	return !strings.HasSuffix(name, ".db-shm")
}

// ErrRunning says that a server runs on a data folder.
var ErrRunning = errors.New("a server is running on it")

// BackupStopped writes the data folder of a server that is stopped. withKey
// adds the key of the identity store. ErrRunning is returned before anything
// is written.
func BackupStopped(dir string, out io.Writer, withKey bool, program analysis.Program) error {
	if _, err := os.Stat(filepath.Join(dir, "store")); err != nil {
		return fmt.Errorf("%s is no data folder of a server: %w", dir, err)
	}
	lock, err := vfs.Default.Lock(filepath.Join(dir, "lock"))
	if err != nil {
		return fmt.Errorf("%s: %w", dir, ErrRunning)
	}
	defer lock.Close()
	w := backup.New(out, time.Now(), program.Version)
	err = w.AddTree(dir, func(name string) bool { return kept(name) || withKey && name == identityKey })
	if err != nil {
		return err
	}
	return w.Close()
}

// Backup fetches a snapshot of a running server. The key of its identity store
// is not in it.
func (r *Remote) Backup(ctx context.Context, out io.Writer) error {
	return r.copy(ctx, "/api/v1/backup", nil, out)
}

// backupMount is the address of the snapshot.
func (s *Server) backupMount(p *parts) api.Mount {
	one := make(chan struct{}, 1)
	return api.Mount{Method: "GET", Path: "/api/v1/backup", ID: "getBackup", Tag: "server", Summary: "A consistent snapshot of everything kept, as an archive",
		About:   "For the administrator alone, one at a time. pleth restore puts it back; its last entry lists the others, and without it the archive is not whole. The key of the identity store is not in it.",
		Answers: map[int]string{200: "The archive.", 403: "Not the administrator.", 429: "One is being made: come again later."},
		Handle: func(w http.ResponseWriter, r *http.Request, who *api.Caller) {
			if who.Name() != "admin" && !s.settings.InsecureLocal {
				backupProblem(w, http.StatusForbidden, "a backup is for the administrator: use the token of the file admin-token")
				return
			}
			if err := s.unwell(); err != nil {
				w.Header().Set("Retry-After", "60")
				backupProblem(w, http.StatusServiceUnavailable, "a snapshot needs the disk to be written to: "+err.Error())
				return
			}
			select {
			case one <- struct{}{}:
			default:
				w.Header().Set("Retry-After", "60")
				backupProblem(w, http.StatusTooManyRequests, "a backup is being made; come again later")
				return
			}
			defer func() { <-one }()
			w.Header().Set("Content-Type", "application/x-tar")
			out := &patient{w: w, control: http.NewResponseController(w), wait: s.settings.Limits.Idle.Or(30 * time.Second)}
			s.log.Info("backup begins")
			if err := s.snapshot(r.Context(), p, out); err != nil {
				s.log.Error("backup failed", "error", err)
				if out.written {
					panic(http.ErrAbortHandler) // half an archive must not look whole
				}
				backupProblem(w, http.StatusInternalServerError, "the snapshot could not be made; the log of the server says why")
				return
			}
			s.log.Info("backup done")
		}}
}

func backupProblem(w http.ResponseWriter, status int, detail string) {
	w.Header().Set("Content-Type", "application/problem+json")
	w.WriteHeader(status)
	fmt.Fprintf(w, "{\"type\":\"urn:pleth:problem:backup\",\"title\":\"No backup\",\"status\":%d,\"detail\":%q}\n", status, detail)
}

// patient lets a long answer take as long as its reader goes on reading.
type patient struct {
	w       io.Writer
	control *http.ResponseController
	wait    time.Duration
	written bool
}

// Write implements io.Writer.
func (p *patient) Write(b []byte) (int, error) {
	p.written = true
	_ = p.control.SetWriteDeadline(time.Now().Add(p.wait)) // the socket's clock, not ours
	return p.w.Write(b)
}

// snapshot writes an archive of everything kept, as it is now. Log, series and
// alarms are one instant. The other files are copied after it: they hold all
// that the log refers to, and what came since is harmless.
func (s *Server) snapshot(ctx context.Context, p *parts, out io.Writer) (err error) {
	data := s.settings.Data
	tmp, err := os.MkdirTemp(data, staging)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(tmp)) }()
	if err := p.db.Snapshot(filepath.Join(tmp, "store")); err != nil {
		return fmt.Errorf("snapshot of the storage: %w", err)
	}
	if err := copyDatabases(ctx, data, tmp); err != nil {
		return err
	}
	w := backup.New(out, s.clock(), s.program.Version)
	if err := w.AddTree(tmp, kept); err != nil {
		return err
	}
	err = w.AddTree(data, func(name string) bool {
		return kept(name) && !strings.HasPrefix(name, "store/") && !strings.Contains(name, ".db")
	})
	if err != nil {
		return err
	}
	return w.Close()
}

// copyDatabases copies every SQLite file below data, each as of one instant.
func copyDatabases(ctx context.Context, data, to string) error {
	return filepath.WalkDir(data, func(full string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name, err := filepath.Rel(data, full)
		if err != nil {
			return err
		}
		if d.IsDir() && (name == "store" || strings.HasPrefix(name, staging) || name == "lost") {
			return fs.SkipDir
		}
		if d.IsDir() || filepath.Ext(name) != ".db" {
			return nil
		}
		copied := filepath.Join(to, name)
		if err := os.MkdirAll(filepath.Dir(copied), 0o700); err != nil {
			return err
		}
		return sqlitefile.Copy(ctx, full, copied)
	})
}

// clearStaging removes what a backup left that was cut off by a crash.
func clearStaging(data string) error {
	left, err := filepath.Glob(filepath.Join(data, staging+"*"))
	for _, dir := range left {
		err = errors.Join(err, os.RemoveAll(dir))
	}
	return err
}
