package api_test

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"pleth/internal/api"
)

// at returns a reading of second n.
func at(n int, rest string) string {
	return fmt.Sprintf(`{"timestamp":"2025-11-28T%02d:%02d:%02dZ",%s}`, 10+n/3600, n/60%60, n%60, rest)
}

// list returns n good readings as a list.
func list(n int) string {
	var all []string
	for i := range n {
		all = append(all, at(i, fmt.Sprintf(`"spo2":%d.%d,"pulse_rate":61,"seq":%d`, 95+i%4, i%10, i)))
	}
	return "[" + strings.Join(all, ",") + "]"
}

// What is sent and what is answered: docs/api.md has the same table.
func TestWhatIsSentAndWhatIsAnswered(t *testing.T) {
	t.Parallel()
	deep := strings.Repeat("[", 100_000) + strings.Repeat("]", 100_000)
	for name, c := range map[string]struct {
		body   string
		header []string
		status int
		want   []string // parts of the answer
	}{
		"one":                          {body: at(0, `"spo2":97.1`), status: 201, want: []string{`"accepted":1`, `"status":"accepted"`}},
		"a list":                       {body: list(3), status: 201, want: []string{`"accepted":3`}},
		"the full set":                 {body: at(0, `"spo2":97,"pulse_rate":61,"heart_rate":62,"local_tissue_o2":36.5,"rso2":70,"perfusion_index":1.25,"resp_rate":14,"motion":3,"temperature_c":36.6,"signal_quality":80,"battery_mv":3700,"firmware_version":"1.2.3","seq":7`), status: 201, want: []string{`"accepted":1`}},
		"null is measured and missing": {body: at(0, `"spo2":null`), status: 201},
		"a duplicate in one request":   {body: "[" + at(0, `"spo2":97`) + "," + at(0, `"spo2":97`) + "]", status: 201, want: []string{`"accepted":1`, `"duplicate":1`}},
		"a conflict":                   {body: "[" + at(0, `"spo2":97`) + "," + at(0, `"spo2":90`) + "]", status: 201, want: []string{`"accepted":2`, `"conflict":1`, `"flags":["conflict"]`}},
		"one bad spoils no other":      {body: "[" + at(0, `"spo2":97`) + "," + at(1, `"spo2":197`) + "]", status: 207, want: []string{`"accepted":1`, `"refused":1`, `"index":1,"status":"refused","code":"out_of_range"`, `"path":"/1/spo2"`, `"allowed":"0..100 %"`}},
		"every bad field at once":      {body: at(0, `"spo2":197,"pulse_rate":"fast","temperature_c":true,"nonsense":5`), status: 422, want: []string{`"path":"/spo2"`, `"path":"/pulse_rate"`, `"path":"/temperature_c"`, `"path":"/nonsense"`, `"code":"unknown_field"`}},
		"a misspelt vital":             {body: at(0, `"sp02":97`), status: 422, want: []string{`unknown_field`, `spo2`}},
		"a string for a number":        {body: at(0, `"spo2":"97"`), status: 422, want: []string{`wrong_type`}},
		"NaN":                          {body: at(0, `"spo2":NaN`), status: 422, want: []string{`not_finite`}},
		"an infinity":                  {body: at(0, `"spo2":-Infinity`), status: 422, want: []string{`not_finite`}},
		"1e999":                        {body: at(0, `"spo2":1e999`), status: 422, want: []string{`out_of_range`}},
		"wrong unit":                   {body: at(0, `"temperature_c":101.3`), status: 422, want: []string{`out_of_range`, `Cel`}},
		"no time":                      {body: `{"spo2":97}`, status: 422, want: []string{`missing_timestamp`}},
		"no zone":                      {body: `{"spo2":97,"timestamp":"2025-11-28T20:15:00"}`, status: 422, want: []string{`bad_timestamp`}},
		"the future":                   {body: `{"spo2":97,"timestamp":"2025-11-28T20:22:00Z"}`, status: 422, want: []string{`future_timestamp`}},
		"a little in the future":       {body: `{"spo2":97,"timestamp":"2025-11-28T20:20:00Z"}`, status: 201},
		"another device":               {body: at(0, `"spo2":97,"device_id":"other"`), status: 422, want: []string{`device_mismatch`}},
		"nothing measured":             {body: at(0, `"firmware_version":"1"`), status: 422, want: []string{`no_values`}},
		"an empty list":                {body: `[]`, status: 422, want: []string{`the list is empty`}},
		"not an object":                {body: `[1,2]`, status: 422, want: []string{`wrong_type`}},
		"an empty body":                {body: ``, status: 400, want: []string{`malformed`}},
		"broken JSON":                  {body: `{"spo2":97`, status: 400, want: []string{`malformed`, `byte`}},
		"something behind":             {body: at(0, `"spo2":97`) + "x", status: 400, want: []string{`malformed`}},
		"deep nesting":                 {body: deep, status: 400, want: []string{`malformed`}},
		"deep nesting in a field":      {body: at(0, `"spo2":`+deep), status: 400},
		"11 MB":                        {body: "[" + strings.Repeat(" ", 11<<20) + "]", status: 413, want: []string{`too-large`, `10485760`}},
		"another type":                 {body: at(0, `"spo2":97`), header: []string{"Content-Type: application/xml"}, status: 415},
		"another packing":              {body: at(0, `"spo2":97`), header: []string{"Content-Encoding: br"}, status: 415},
		"said to be gzip":              {body: at(0, `"spo2":97`), header: []string{"Content-Encoding: gzip"}, status: 400},
		"minimal answer":               {body: list(3), header: []string{"Prefer: return=minimal"}, status: 201, want: []string{`"conflict":0}`}},
		"no token":                     {body: list(1), header: []string{"Authorization: "}, status: 401, want: []string{`unauthorized`}},
		"a wrong token":                {body: list(1), header: []string{"Authorization: Bearer x"}, status: 401},
		"from another site":            {body: list(1), header: []string{"Sec-Fetch-Site: cross-site"}, status: 403},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := start(t)
			got := s.post("d", c.body, c.header...)
			if got.StatusCode != c.status {
				t.Fatalf("status %d, want %d: %.300s", got.StatusCode, c.status, got.body)
			}
			for _, part := range c.want {
				if !strings.Contains(string(got.body), part) {
					t.Errorf("no %s in %.600s", part, got.body)
				}
			}
			kind := "application/json"
			if c.status >= 400 {
				kind = "application/problem+json"
			}
			if got.Header.Get("Content-Type") != kind {
				t.Errorf("Content-Type %s, want %s", got.Header.Get("Content-Type"), kind)
			}
			// Whatever came, the server goes on.
			s.post("d", at(100, `"spo2":90`)).want(t, 201, nil)
		})
	}
}

func TestAHundredThousandReadings(t *testing.T) {
	t.Parallel()
	s := start(t)
	const n = 100_000
	all := make([]string, n)
	for i := range all {
		all[i] = fmt.Sprintf(`{"time":%d,"spo2":97}`, 1764300000+i/10*10-i)
	}
	s.post("d", "["+strings.Join(all, ",")+"]", "Prefer: return=minimal").want(t, 201, nil)
	s.post("d", "["+strings.Join(all, ",")+","+all[0]+"]").want(t, 413, nil)
}

func TestPackedBodies(t *testing.T) {
	t.Parallel()
	s := start(t)
	pack := func(text string) string {
		var b bytes.Buffer
		z := gzip.NewWriter(&b)
		_, _ = z.Write([]byte(text))
		_ = z.Close()
		return b.String()
	}
	var taken api.Taken
	s.post("d", pack(list(1000)), "Content-Encoding: gzip").want(t, 201, &taken)
	if taken.Accepted != 1000 {
		t.Errorf("taken %+v", taken)
	}
	// 40 MB that come as 40 kB.
	s.post("d", pack(strings.Repeat(" ", 40<<20)), "Content-Encoding: gzip").want(t, 413, nil)
}

// The clock of a device jumps back: late readings are kept and say so.
func TestAClockThatJumpsBack(t *testing.T) {
	t.Parallel()
	s := start(t)
	s.post("d", at(3600, `"spo2":97`)).want(t, 201, nil)
	var taken api.Taken
	s.post("d", at(0, `"spo2":96`)).want(t, 201, &taken)
	if taken.Late != 1 || !slices.Equal(taken.Results[0].Flags, []string{"late"}) {
		t.Errorf("taken %+v", taken)
	}
	if got := s.do("GET", "/api/v1/readings", ""); !strings.Contains(string(got.body), `"spo2":96,"flags":["late"]`) {
		t.Errorf("got %s", got.body)
	}
}

func TestUnknownDevices(t *testing.T) {
	t.Parallel()
	s := start(t, func(c *api.Config) { c.Intake.Known = func(d string) bool { return d == "known" } })
	s.post("known", at(0, `"spo2":97`)).want(t, 201, nil)
	if got := s.post("unknown", at(0, `"spo2":97`)); got.StatusCode != 422 || !strings.Contains(string(got.body), "unknown_device") {
		t.Errorf("got %d %s", got.StatusCode, got.body)
	}
	if len(s.aside.kept) != 1 || !strings.HasPrefix(s.aside.kept[0], "rest unknown_device {") {
		t.Errorf("kept aside %q", s.aside.kept)
	}
}

func TestQuotas(t *testing.T) {
	t.Parallel()
	s := start(t, func(c *api.Config) {
		c.Keys = append(c.Keys, api.Key{Name: "small", Token: "the token of the small key", ReadingsPerSecond: 5})
		c.DeviceReadingsPerSecond = 100
	})
	small := "Authorization: Bearer the token of the small key"
	s.post("a", list(5), small).want(t, 201, nil)
	got := s.post("a", at(10, `"spo2":97`), small)
	if got.want(t, 429, nil); got.Header.Get("Retry-After") != "1" {
		t.Errorf("Retry-After %q", got.Header.Get("Retry-After"))
	}
	s.post("a", list(95)).want(t, 201, nil) // the other key has no quota
	if got := s.post("a", list(1)); got.StatusCode != 429 || !strings.Contains(string(got.body), "of a device") {
		t.Errorf("got %d %s", got.StatusCode, got.body)
	}
	s.post("b", list(1)).want(t, 201, nil)
}

func TestTheSameKeyGetsTheSameAnswer(t *testing.T) {
	t.Parallel()
	s := start(t)
	first := s.post("d", list(2), "Idempotency-Key: k1")
	again := s.post("d", list(2), "Idempotency-Key: k1")
	if first.want(t, 201, nil); string(first.body) != string(again.body) || again.Header.Get("Idempotent-Replayed") != "true" {
		t.Errorf("first %s, again %s", first.body, again.body)
	}
	if got := s.post("d", list(3), "Idempotency-Key: k1"); got.StatusCode != 422 || !strings.Contains(string(got.body), "key_reused") {
		t.Errorf("got %d %s", got.StatusCode, got.body)
	}
	body := `{"device_id":"d","from":"2025-11-28T10:00:00Z","text":"seen by Dr. Example"}`
	one := s.do("POST", "/api/v1/annotations", body, "Idempotency-Key: k2")
	two := s.do("POST", "/api/v1/annotations", body, "Idempotency-Key: k2")
	if one.want(t, 201, nil); string(one.body) != string(two.body) {
		t.Errorf("one %s, two %s", one.body, two.body)
	}
	if got := s.do("GET", "/api/v1/annotations", ""); strings.Count(string(got.body), `"id"`) != 1 {
		t.Errorf("got %s", got.body)
	}
}

// The log knows a request by its key when the server has been started anew.
func TestTheSameKeyAfterARestart(t *testing.T) {
	t.Parallel()
	var r api.Road
	s := start(t, func(c *api.Config) { r = c.Road })
	again := start(t, func(c *api.Config) { c.Road = r })
	for path, body := range map[string]string{
		"annotations":  `{"device_id":"d","from":"2025-11-28T10:00:00Z","text":"noted"}`,
		"assignments":  `{"device_id":"d","subject_id":"P-1","from":"2025-11-28T10:00:00Z"}`,
		"calibrations": `{"device_id":"d","metric":"spo2","from":"2025-11-28T10:00:00Z","gain":1.01,"reason":"bench"}`,
	} {
		one := s.do("POST", "/api/v1/"+path, body, "Idempotency-Key: k")
		two := again.do("POST", "/api/v1/"+path, body, "Idempotency-Key: k")
		if one.want(t, 201, nil); string(one.body) != string(two.body) {
			t.Errorf("one %s, two %s", one.body, two.body)
		}
		if got := s.do("GET", "/api/v1/"+path, ""); strings.Count(string(got.body), `"device_id"`) != 1 {
			t.Errorf("%s: %s", path, got.body)
		}
	}
}

// No bytes may crash or stall the door.
func FuzzPost(f *testing.F) {
	f.Add([]byte(example))
	f.Add([]byte(list(2)))
	f.Add([]byte(`[{"timestamp":1e18,"spo2":[[[{}]]]}]`))
	s := start(f)
	f.Fuzz(func(t *testing.T, body []byte) {
		one := *s
		one.t = t
		got := one.post("d", string(body))
		if got.StatusCode >= 500 {
			t.Fatalf("%d %s", got.StatusCode, got.body)
		}
	})
}

func BenchmarkPostBatch(b *testing.B) {
	s := start(b)
	base := 0
	for b.Loop() {
		b.StopTimer()
		all := make([]string, 1000)
		for i := range all {
			all[i] = fmt.Sprintf(`{"timestamp":%d,"spo2":%d,"pulse_rate":%d,"temperature_c":36.%d,"resp_rate":14,"seq":%d}`, 1700000000+base+i, 95+rand.IntN(4), 60+rand.IntN(9), i%10, base+i)
		}
		base += 1000
		body := "[" + strings.Join(all, ",") + "]"
		b.StartTimer()
		s.post("d", body).want(b, 201, nil)
	}
}
