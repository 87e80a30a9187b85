package app

import (
	"errors"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"pleth/internal/analysis"
	"pleth/internal/sqlitefile"
)

// TestFlippedBytesBesideTheStorage: a flipped byte in any file of a server that
// was stopped is found, named, and not served; after a crash, when there is no
// checksum, one in what is sealed is.
func TestFlippedBytesBesideTheStorage(t *testing.T) {
	t.Parallel()
	s, stop := serving(t, nil)
	if got := post(t, http.DefaultClient, s); got != http.StatusCreated {
		t.Fatal(got)
	}
	refused, err := http.NewRequest("POST", address(s)+"/api/v1/readings", strings.NewReader(`{"device_id":"ECG-001","spo2":197}`))
	if err != nil {
		t.Fatal(err)
	}
	refused.Header.Set("Authorization", "Bearer "+s.token)
	res, err := http.DefaultClient.Do(refused)
	if err != nil || res.StatusCode != http.StatusUnprocessableEntity {
		t.Fatal(res, err)
	}
	res.Body.Close()
	dir := s.settings.Data
	if err := stop(); err != nil {
		t.Fatal(err)
	}
	found, err := Fsck(dir, "", false)
	if err != nil || !found.Sound() || len(found.Files) < 3 {
		t.Fatalf("%+v, %v", found, err)
	}
	r := rand.New(rand.NewPCG(1, 2))
	for _, f := range found.Files {
		path := filepath.Join(dir, f.Name)
		whole, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for range 10 {
			at := r.IntN(len(whole))
			flipped := append([]byte{}, whole...)
			flipped[at] ^= 1 << r.IntN(8)
			if err := os.WriteFile(path, flipped, 0o600); err != nil {
				t.Fatal(err)
			}
			got, err := Fsck(dir, "", false)
			if err != nil {
				t.Fatal(err)
			}
			for _, g := range got.Files {
				if bad := len(g.Flaws) > 0; bad != (g.Name == f.Name) {
					t.Errorf("byte %d of %s: %s has flaws %q", at, f.Name, g.Name, g.Flaws)
				}
			}
		}
		if again, err := NewServer(Settings{Data: dir, Listen: "127.0.0.1:0"}, analysis.Program{Version: "test"}, t.Output()); err != nil {
			t.Error(err)
		} else {
			if err := again.Start(t.Context()); !errors.Is(err, sqlitefile.ErrChanged) || !strings.Contains(err.Error(), "fsck") {
				t.Errorf("%s: started with %v", f.Name, err)
			}
			_ = again.Stop(t.Context())
		}
		if err := os.WriteFile(path, whole, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for name, sealed := range map[string]string{"identity/identity.db": "p-", "deadletters.db": "rest"} {
		path := filepath.Join(dir, name)
		_ = os.Remove(path + ".sum") // as after kill -9
		whole, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		at := strings.LastIndex(string(whole), sealed)
		whole[at+len(sealed)+3] ^= 1
		if err := os.WriteFile(path, whole, 0o600); err != nil {
			t.Fatal(err)
		}
		got, err := Fsck(dir, "", false)
		if err != nil || got.Sound() {
			t.Errorf("%s: %v, sound %t", name, err, got.Sound())
		}
	}
}
