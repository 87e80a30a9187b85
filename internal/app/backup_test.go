package app

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"pleth/internal/analysis"
	"pleth/internal/backup"
	"pleth/internal/pebbledb"
)

// ask gets an address of s.
func ask(t *testing.T, s *Server, path string) string {
	t.Helper()
	req, _ := http.NewRequest("GET", address(s)+path, nil)
	req.Header.Set("Authorization", "Bearer "+s.token)
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil || res.StatusCode != http.StatusOK {
		t.Fatalf("%s: %s %s %v", path, res.Status, b, err)
	}
	return string(b)
}

// A backup of a server under load holds all that was acknowledged before it
// began, and who the people are, once the key is put back.
func TestBackup(t *testing.T) {
	t.Parallel()
	for _, encrypted := range []bool{false, true} {
		t.Run(fmt.Sprint("encrypted ", encrypted), func(t *testing.T) {
			t.Parallel()
			key := ""
			if encrypted {
				key = filepath.Join(t.TempDir(), "key")
				if err := os.WriteFile(key, []byte(strings.Repeat("5a", 32)+"\n"), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			s, stop := serving(t, func(set *Settings) { set.KeyFile = key })
			post(t, http.DefaultClient, s)
			before := ask(t, s, "/api/v1/readings?device_id=ECG-001")
			// The server waits for a second reading before it judges one alone.
			alerts := ""
			for strings.Count(alerts, `"onset"`) < 2 {
				alerts = ask(t, s, "/api/v1/alerts?device_id=ECG-001")
				time.Sleep(20 * time.Millisecond)
			}
			var sending sync.WaitGroup
			sending.Go(func() {
				for i := range 50 {
					send(t, s, fmt.Sprintf(`{"device_id":"busy","patient_id":"P-%d","spo2":97,"timestamp":"2025-11-28T20:15:%02dZ"}`, i, i), 201)
				}
			})
			var archive bytes.Buffer
			r := &Remote{URL: address(s), Token: s.token}
			if err := r.Backup(context.Background(), &archive); err != nil {
				t.Fatal(err)
			}
			sending.Wait()
			if err := BackupStopped(s.settings.Data, io.Discard, true, analysis.Program{}); !errors.Is(err, ErrRunning) {
				t.Errorf("of a running server: %v", err)
			}
			if left, _ := filepath.Glob(filepath.Join(s.settings.Data, staging+"*")); len(left) > 0 {
				t.Errorf("%v is left", left)
			}
			if err := stop(); err != nil {
				t.Fatal(err)
			}
			// Left where the process was killed.
			if err := os.WriteFile(filepath.Join(s.settings.Data, "store", pebbledb.PreparedFile), make([]byte, 1000), 0o600); err != nil {
				t.Fatal(err)
			}
			var stopped bytes.Buffer
			if err := BackupStopped(s.settings.Data, &stopped, true, analysis.Program{}); err != nil {
				t.Fatal(err)
			}
			for name, b := range map[string][]byte{"running": archive.Bytes(), "stopped": stopped.Bytes()} {
				dir := filepath.Join(t.TempDir(), "restored")
				list, err := backup.Restore(bytes.NewReader(b), dir)
				if err != nil {
					t.Fatal(name, err)
				}
				for _, f := range list.Files {
					if f.Name == "admin-token" || f.Name == "store/"+pebbledb.PreparedFile || f.Name == identityKey && name == "running" {
						t.Errorf("%s: %s is in it", name, f.Name)
					}
				}
				if name == "running" && !encrypted {
					secret, err := os.ReadFile(filepath.Join(s.settings.Data, "identity", "key"))
					if err == nil {
						err = os.WriteFile(filepath.Join(dir, "identity", "key"), secret, 0o600)
					}
					if err != nil {
						t.Fatal(err)
					}
				}
				again, stopAgain := serving(t, func(set *Settings) { set.Data, set.KeyFile = dir, key })
				if got := ask(t, again, "/api/v1/readings?device_id=ECG-001"); got != before {
					t.Errorf("%s:\n%s\nwant\n%s", name, got, before)
				}
				if got := ask(t, again, "/api/v1/alerts?device_id=ECG-001"); got != alerts {
					t.Errorf("%s: alerts\n%s\nwant\n%s", name, got, alerts)
				}
				var found struct{ Readings []json.RawMessage }
				if err := json.Unmarshal([]byte(ask(t, again, "/api/v1/readings?subject_id=P-123")), &found); err != nil || len(found.Readings) != 1 {
					t.Errorf("%s: of the person: %d readings, %v", name, len(found.Readings), err)
				}
				if err := stopAgain(); err != nil {
					t.Fatal(err)
				}
			}
		})
	}
}
