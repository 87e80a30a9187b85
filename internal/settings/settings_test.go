package settings_test

import (
	"strings"
	"testing"
	"time"

	"github.com/goccy/go-yaml"

	"pleth/internal/settings"
)

// TestDuration: durations are read as people write them, and what is none is
// told with its line.
func TestDuration(t *testing.T) {
	type file struct {
		Wait settings.Duration `yaml:"wait"`
	}
	for text, want := range map[string]time.Duration{"30s": 30 * time.Second, "1h30m": 90 * time.Minute, "35d": 35 * 24 * time.Hour, "0s": 0, `"2d"`: 48 * time.Hour} {
		var f file
		if err := yaml.Unmarshal([]byte("wait: "+text), &f); err != nil || time.Duration(f.Wait) != want {
			t.Errorf("%s: %s %v", text, time.Duration(f.Wait), err)
		}
	}
	for _, text := range []string{"soon", "-1s", "-3d", "5", "1.5d", "999999999999d", "[1s]", "d"} {
		var f file
		err := yaml.Unmarshal([]byte("\nwait: "+text), &f)
		if err == nil || !strings.Contains(settings.Explain(err), "line 2") {
			t.Errorf("%s: %s %v", text, time.Duration(f.Wait), err)
		}
	}
	if settings.Duration(0).Or(time.Minute) != time.Minute || settings.Duration(time.Second).Or(time.Minute) != time.Second {
		t.Error("Or")
	}
}
