package api_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"pleth/internal/api"
)

func TestAKeyIsExchangedForACookieThatNoScriptReads(t *testing.T) {
	t.Parallel()
	s := start(t)
	s.do("POST", "/api/v1/sign-in", `{"token":"guess"}`, "Authorization: ").want(t, 401, nil)
	s.do("POST", "/api/v1/sign-in", `{"token":"`+token+`"}`, "Authorization: ", "Sec-Fetch-Site: cross-site").want(t, 403, nil)
	in := s.do("POST", "/api/v1/sign-in", `{"token":"`+token+`"}`, "Authorization: ")
	in.want(t, 204, nil)
	got := in.Cookies()
	if len(got) != 1 || !got[0].HttpOnly || got[0].SameSite != http.SameSiteStrictMode || got[0].MaxAge != 0 || strings.Contains(got[0].Value, token) {
		t.Fatalf("%+v", got)
	}
	s.do("GET", "/api/v1/devices", "", "Authorization: ", "Cookie: "+got[0].Name+"="+got[0].Value).want(t, 200, nil)
	out := s.do("DELETE", "/api/v1/sign-in", "", "Authorization: ")
	out.want(t, 204, nil)
	if got := out.Cookies(); len(got) != 1 || got[0].MaxAge >= 0 {
		t.Fatalf("%+v", got)
	}
}

func TestADeviceSaysItsBedAndWhatScreensCallItsPerson(t *testing.T) {
	t.Parallel()
	s := startWatch(t)
	s.post("ECG-001", `{"spo2":90,"timestamp":"2025-11-28T20:15:00Z"}`).want(t, 201, nil)
	s.do("POST", "/api/v1/assignments", `{"device_id":"ECG-001","subject_id":"P-9","label":"Margarethe Lindqvist"}`).want(t, 422, nil)
	var as api.Assignment
	s.do("POST", "/api/v1/assignments", `{"device_id":"ECG-001","subject_id":"P-9","label":" M.L. ","from":"2025-11-28T20:00:00Z"}`).want(t, 201, &as)
	if as.Label != "M.L." {
		t.Errorf("%+v", as)
	}
	s.do("PUT", "/api/v1/alarm-limits", `{"device_id":"ECG-001","bed":"06","gateway":"east","reason":"admitted"}`).want(t, 201, nil)
	var d api.Device
	s.do("GET", "/api/v1/devices/ECG-001", "").want(t, 200, &d)
	if d.Bed != "06" || d.Gateway != "east" || d.Label != "M.L." || d.Subject == nil {
		t.Errorf("%+v", d)
	}
	s.do("POST", "/api/v1/assignments", `{"device_id":"ECG-001","subject_id":null,"from":"2025-11-28T20:10:00Z"}`).want(t, 201, nil)
	var list struct{ Devices []api.Device }
	s.do("GET", "/api/v1/devices", "").want(t, 200, &list)
	if len(list.Devices) != 1 || list.Devices[0].Label != "" || list.Devices[0].Subject != nil || list.Devices[0].Bed != "06" {
		t.Errorf("%+v", list)
	}
}

func TestTheHouseKeepsItsBeds(t *testing.T) {
	t.Parallel()
	s := startWatch(t)
	beds := func(want ...string) {
		t.Helper()
		var page struct {
			Limits []api.AlarmLimits `json:"limits"`
		}
		s.do("GET", "/api/v1/alarm-limits", "").want(t, 200, &page)
		if len(page.Limits) == 0 || !slices.Equal(page.Limits[0].Beds, want) {
			t.Errorf("beds %+v, want %v", page.Limits, want)
		}
	}
	s.do("PUT", "/api/v1/alarm-limits", `{"beds":["01","02","window"],"reason":"the ward opens"}`).want(t, 201, nil)
	beds("01", "02", "window")
	// Who changes a limit does not lose the beds, and who changes the beds says so.
	s.do("PUT", "/api/v1/alarm-limits", `{"edits":[{"rule":"spo2.low","limit":91}],"reason":"after the round"}`).want(t, 201, nil)
	beds("01", "02", "window")
	s.do("PUT", "/api/v1/alarm-limits", `{"beds":[],"reason":"the ward closes"}`).want(t, 201, nil)
	beds()
}
