package api_test

import (
	"regexp"
	"testing"
)

// TestHowFarReadingsAreApart: the devices tell the median of their newest steps.
func TestHowFarReadingsAreApart(t *testing.T) {
	t.Parallel()
	s := start(t)
	s.post("d", `{"timestamp":"2025-11-28T10:00:00Z","spo2":96}`).want(t, 201, nil)
	if got := s.do("GET", "/api/v1/devices/d", ""); regexp.MustCompile(`interval_s`).Match(got.body) {
		t.Errorf("of one reading: %s", got.body)
	}
	for _, at := range []string{"00:30", "01:00", "04:00", "04:30"} { // with a gap
		s.post("d", `{"timestamp":"2025-11-28T10:`+at+`Z","spo2":96}`).want(t, 201, nil)
	}
	if got := s.do("GET", "/api/v1/devices/d", ""); !regexp.MustCompile(`"interval_s":30,`).Match(got.body) {
		t.Errorf("got %s", got.body)
	}
}

// TestNothingOfWhoWoreItBefore: neither the newest values nor the readings of
// who wears a device now hold any of who wore it before.
func TestNothingOfWhoWoreItBefore(t *testing.T) {
	t.Parallel()
	s := start(t)
	s.post("d", `{"timestamp":"2025-11-28T10:00:00Z","spo2":96,"perfusion_index":2.1,"battery_mv":3900}`).want(t, 201, nil)
	s.do("POST", "/api/v1/assignments", `{"device_id":"d","subject_id":"Jane Doe","from":"2025-11-28T10:00:30Z"}`).want(t, 201, nil)
	s.post("d", `{"timestamp":"2025-11-28T10:01:00Z","pulse_rate":61}`).want(t, 201, nil)
	for path, want := range map[string]string{
		"latest?device_id=d":                          `"values":{"pulse_rate":[^}]*},"battery_mv":[^}]*}}`,
		"readings?device_id=d&worn=now":               `"readings":\[{"device_id":"d","timestamp":"2025-11-28T10:01:00Z","pulse_rate":61[^{]*}\]`,
		"readings?device_id=d&worn=now&resolution=1h": `"readings":\[{"device_id":"d","metric":"pulse_rate",[^{]*}\]`,
	} {
		if got := s.do("GET", "/api/v1/"+path, ""); got.StatusCode != 200 || !regexp.MustCompile(want).Match(got.body) {
			t.Errorf("%s: %d %s", path, got.StatusCode, got.body)
		}
	}
	s.do("GET", "/api/v1/readings?worn=then", "").want(t, 400, nil)
	s.do("GET", "/api/v1/readings?worn=now&subject_id=Jane", "").want(t, 400, nil)
}
