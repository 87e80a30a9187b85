package app_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode/utf16"

	"github.com/cockroachdb/pebble/v2"
	"github.com/eclipse/paho.golang/paho"
	"github.com/klauspost/compress/zstd"

	"pleth/internal/app"
)

// mark stands in every name and record number of the test, so that one search
// finds any of them. It is long enough to be found within base64, wherever it
// begins.
const mark = "Quellenhofstaetter"

// person is the name or the record number of the n-th person.
func person(n int) string {
	if n/5%2 == 0 {
		return fmt.Sprintf("%s, Zoltan %04d", mark, n)
	}
	return fmt.Sprintf("MRN-%s-%04d", mark, n)
}

// spellings are the ways in which mark may stand in bytes.
func spellings() map[string][]byte {
	out := map[string][]byte{"plain": []byte(mark), "lower case": []byte(strings.ToLower(mark)), "upper case": []byte(strings.ToUpper(mark))}
	out["hex"] = []byte(hex.EncodeToString([]byte(mark)))
	out["HEX"] = []byte(strings.ToUpper(hex.EncodeToString([]byte(mark))))
	var low, high []byte
	for _, u := range utf16.Encode([]rune(mark)) {
		low = append(low, byte(u), byte(u>>8))
		high = append(high, byte(u>>8), byte(u))
	}
	out["UTF-16LE"], out["UTF-16BE"] = low, high
	for shift := range 3 {
		text := base64.StdEncoding.EncodeToString([]byte(strings.Repeat("x", shift) + mark + "xxx"))
		// The letters at both ends depend on what stands beside the mark.
		out[fmt.Sprintf("base64 at %d", shift)] = []byte(text[4 : len(text)-8])
	}
	return out
}

// seek reports where mark stands in b, in any spelling, packed or not.
func seek(t *testing.T, where string, b []byte) {
	t.Helper()
	for name, s := range spellings() {
		if at := bytes.Index(b, s); at >= 0 {
			t.Errorf("%s holds a name (%s): %q", where, name, b[max(0, at-60):min(len(b), at+60)])
		}
	}
	magic := []byte{0x28, 0xb5, 0x2f, 0xfd}
	for rest := b; ; {
		at := bytes.Index(rest, magic)
		if at < 0 {
			return
		}
		rest = rest[at:]
		if z, err := zstd.NewReader(bytes.NewReader(rest), zstd.WithDecoderConcurrency(1)); err == nil {
			open, _ := io.ReadAll(io.LimitReader(z, 1<<24)) // what follows the frame is an error
			z.Close()
			for name, s := range spellings() {
				if bytes.Contains(open, s) {
					t.Errorf("%s holds a name (packed, %s)", where, name)
				}
			}
		}
		rest = rest[4:]
	}
}

// seekFolder looks into every file below dir but those of the identity store,
// and into every key and value of the storage, unpacked.
func seekFolder(t *testing.T, dir string) {
	t.Helper()
	files := 0
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && d.Name() == "identity":
			return filepath.SkipDir
		case d.IsDir():
			return nil
		}
		b, err := os.ReadFile(path)
		files++
		seek(t, path, b)
		return err
	})
	if err != nil || files < 5 {
		t.Errorf("looked into %d files: %v", files, err)
	}
	db, err := pebble.Open(filepath.Join(dir, "store"), &pebble.Options{ReadOnly: true, FormatMajorVersion: pebble.FormatNewest, Logger: quiet{}})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	it, err := db.NewIter(nil)
	if err != nil {
		t.Fatal(err)
	}
	defer it.Close()
	entries := 0
	for ok := it.First(); ok; ok = it.Next() {
		entries++
		v, err := it.ValueAndErr()
		if err != nil {
			t.Fatal(err)
		}
		seek(t, fmt.Sprintf("key %q", it.Key()), it.Key())
		seek(t, fmt.Sprintf("value of %x", it.Key()), v)
	}
	if entries < 300 {
		t.Errorf("looked into %d entries", entries)
	}
}

// quiet is a log that nobody reads.
type quiet struct{}

func (quiet) Infof(string, ...any)  {}
func (quiet) Errorf(string, ...any) {}
func (quiet) Fatalf(string, ...any) {}

// safe is a buffer for the log.
type safe struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (s *safe) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(p)
}

func (s *safe) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}

// hospital is a server and those who send to it.
type hospital struct {
	t          *testing.T
	url, token string
	mqtt       *paho.Client
	answers    map[int]int
}

// send sends a body and returns the answer.
func (h *hospital) send(method, path, body string, header ...string) (int, []byte) {
	h.t.Helper()
	req, err := http.NewRequest(method, h.url+path, strings.NewReader(body))
	if err != nil {
		h.t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+h.token)
	for i := 0; i < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		h.t.Fatal(err)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		h.t.Fatal(err)
	}
	if res.StatusCode == http.StatusInternalServerError {
		h.t.Errorf("%s %s: %s", method, path, b)
	}
	h.answers[res.StatusCode]++
	return res.StatusCode, b
}

// stamp is the event time of the n-th message.
func stamp(n int) string {
	return time.Now().Add(-time.Hour).UTC().Truncate(time.Second).Add(time.Duration(n) * time.Second).Format(time.RFC3339)
}

// noDevice returns a form of name that cannot be a device id. A word that can
// be one names a device where a device is named, and is kept as that: nothing
// tells the record number of a person from the serial number of a thing there.
func noDevice(name string) string { return "of " + name }

// doors send something about a person, valid or broken, through every door.
func (h *hospital) doors() []func(n int, name string) {
	device := func(n int) string { return fmt.Sprintf("dev-%d", n%7) }
	post := func(path, form string) func(int, string) {
		return func(n int, name string) {
			form := strings.NewReplacer("NAME", name, "STAMP", stamp(n), "DEVICE", device(n), "N", fmt.Sprint(n)).Replace(form)
			h.send("POST", strings.ReplaceAll(path, "DEVICE", device(n)), form)
		}
	}
	const one = "/api/v1/devices/DEVICE/readings"
	line := strings.NewReplacer(" ", `\ `, ",", `\,`)
	doors := []func(int, string){
		post(one, `{"patient_id":"NAME","spo2":97,"timestamp":"STAMP"}`),
		post(one, `{"patientId":"NAME","note":"NAME","tags":{"next of kin":"NAME","NAME":"x"},"spo2":96.5,"timestamp":"STAMP"}`),
		post(one, `{"subject_id":"NAME","firmware_version":"v NAME","awake":true,"spo2":95,"timestamp":"STAMP"}`),
		post(one, `[{"patient_id":"NAME","spo2":97,"timestamp":"STAMP","seq":1},{"patient_id":"NAME","spo2":"NAME","timestamp":"NAME","seq":"NAME","marks":["NAME"],"NAME":3}]`),
		post(one, `{"patient_id":"NAME","device_id":"NAME","spo2":970,"timestamp":"STAMP"}`),
		post(one, `{"patient_id":"NAME","spo2":97,`),
		post(one, `NAME`),
		post(one, `{"patient_id":["NAME"],"NAME":{"NAME":null},"spo2":"NAME","timestamp":"STAMP"}`),
		post("/api/v1/readings", `{"device_id":"DEVICE","patient_id":"NAME","spo2":97,"timestamp":"STAMP"}`),
		post("/api/v1/readings", `{"patient_id":"NAME","spo2":97,"timestamp":"STAMP"}`),
		post("/api/v1/readings:bulk", "{\"device_id\":\"DEVICE\",\"patient_id\":\"NAME\",\"spo2\":97,\"timestamp\":\"STAMP\"}\n{\"patient_id\":\"NAME\"}\n{NAME\nNAME\n"),
		post("/api/v1/subjects", `{"patient_id":"NAME"}`),
		post("/api/v1/subjects", `{"NAME":"NAME"}`),
		post("/api/v1/assignments", `{"device_id":"DEVICE","subject_id":"NAME","from":"STAMP","reason":"NAME asked"}`),
		post("/api/v1/assignments", `{"device_id":"NAME","subject_id":"NAME","from":"NAME"}`),
		post("/api/v1/calibrations", `{"device_id":"DEVICE","metric":"spo2","from":"STAMP","gain":1,"reason":"for NAME"}`),
		post("/api/v1/annotations", `{"device_id":"DEVICE","subject_id":"NAME","from":"STAMP","text":"NAME turned","author":"nurse NAME"}`),
		post("/api/v1/annotations", `{"device_id":"DEVICE","from":"STAMP","text":"NAME","NAME":1}`),
		func(n int, name string) {
			point := fmt.Sprintf("m%s,deviceId=%s,patient_id=%s,kin=%s spo2=97,text=%q,awake=t %d", line.Replace(name), device(n), line.Replace(name), line.Replace(name), name, time.Now().Add(-time.Minute).UnixNano())
			bad := fmt.Sprintf("m,host=%s spo2=\"%s\",%s=4\n%s", line.Replace(noDevice(name)), name, line.Replace(name), name)
			h.send("POST", "/write", point)
			h.send("POST", "/write?db="+url.QueryEscape(name), point+"\n"+bad)
			var zipped bytes.Buffer
			z := gzip.NewWriter(&zipped)
			_, _ = z.Write([]byte(point + "\n" + bad))
			_ = z.Close()
			h.send("POST", "/api/v2/write?bucket="+url.QueryEscape(name)+"&org="+url.QueryEscape(name), zipped.String(), "Content-Encoding", "gzip")
			h.send("POST", "/query?q="+url.QueryEscape("SELECT "+name), "")
		},
		func(n int, name string) { // addresses, parameters, headers
			h.send("GET", "/api/v1/readings?subject_id="+url.QueryEscape(name)+"&limit=1", "")
			h.send("GET", "/api/v1/readings?device_id="+url.QueryEscape(name)+"&"+url.QueryEscape(name)+"=1", "")
			h.send("POST", "/api/v1/devices/"+url.PathEscape(noDevice(name))+"/readings", name, "Idempotency-Key", name, "User-Agent", name)
			h.send("GET", "/"+url.PathEscape(name), "")
			h.send("GET", "/api/v1/sessions/"+url.PathEscape(name)+"/analysis", "", "Authorization", "Bearer "+name)
		},
	}
	for _, file := range []func(n int, name string) string{edfOf, csvOf, csvBroken, func(_ int, name string) string { return name }} {
		doors = append(doors, func(n int, name string) {
			h.send("POST", "/api/v1/import?filename="+url.QueryEscape(name+".edf")+"&subject_id="+url.QueryEscape(name), file(n, name))
			h.send("POST", "/api/v1/import?columns="+url.QueryEscape(name)+"&"+url.QueryEscape(name)+"=1&device_id="+url.QueryEscape(noDevice(name)), file(n, name))
			h.send("POST", "/api/v1/import?filename="+url.QueryEscape(name), file(n, name)[:20], "Upload-Length", "100")
		})
	}
	for _, payload := range []string{`{"patient_id":"NAME","kin":"NAME","spo2":97,"timestamp":"STAMP"}`, `{"patient_id":"NAME","spo2":"NAME","timestamp":"STAMP"}`, `{"NAME`, "\x1a\x04NAME"} {
		doors = append(doors, func(n int, name string) {
			ctx, cancel := context.WithTimeout(h.t.Context(), 30*time.Second)
			defer cancel()
			for _, topic := range []string{"pleth/v1/" + device(n) + "/readings", "pleth/v1/" + noDevice(name) + "/readings"} {
				_, _ = h.mqtt.Publish(ctx, &paho.Publish{Topic: topic, QoS: 1, Payload: []byte(strings.NewReplacer("NAME", name, "STAMP", stamp(n)).Replace(payload))})
			}
		})
	}
	return doors
}

// csvOf is a recording whose heading and cells name a person.
func csvOf(n int, name string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "time,spo2,pulse_rate,%s\n", strings.ReplaceAll(name, ",", " "))
	for i := range 60 {
		fmt.Fprintf(&b, "2026-01-%02dT21:30:%02d,%d,60,\"%s\"\n", 1+n%28, i, 90+i%9, name)
	}
	return b.String()
}

// csvBroken has names where numbers and times should be.
func csvBroken(n int, name string) string {
	return strings.NewReplacer("T21:30:07", name, ",93,", `,"`+name+`",`).Replace(csvOf(n, name))
}

// edfOf is a recording whose header names a person and a technician.
func edfOf(n int, name string) string {
	pad := func(text string, size int) string { return (text + strings.Repeat(" ", size))[:size] }
	var b strings.Builder
	for _, f := range []struct {
		text string
		size int
	}{{"0", 8}, {"X F 02-MAY-1951 " + name, 80}, {"Startdate 02-MAR-2026 PSG-1 " + name + " dev", 80}, {fmt.Sprintf("%02d.03.26", 1+n%28), 8}, {"22.15.00", 8}, {"512", 8}, {"", 44}, {"60", 8}, {"1", 8}, {"1", 4},
		{"SpO2", 16}, {name, 80}, {"%", 8}, {"0", 8}, {"100", 8}, {"0", 8}, {"1000", 8}, {name, 80}, {"1", 8}, {"", 32}} {
		b.WriteString(pad(f.text, f.size))
	}
	for i := range 60 {
		v := 900 + i
		b.WriteString(string([]byte{byte(v), byte(v >> 8)}))
	}
	return b.String()
}

// No name leaves the identity store: not into the data folder, not into the
// log, whatever door it came by and however broken.
func TestNamesStayInTheIdentityStore(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "data")
	free, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	broker := free.Addr().String()
	_ = free.Close()
	var log safe
	s, err := app.NewServer(app.Settings{Data: dir, Listen: "127.0.0.1:0", MQTT: app.MQTTSettings{Listen: broker}, Log: app.LogSettings{Level: "debug", Format: "json"}}, program, &log)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Start(t.Context()); err != nil {
		t.Fatal(errors.Join(err, s.Stop(context.Background())))
	}
	u, err := url.Parse(s.URL())
	if err != nil {
		t.Fatal(err)
	}
	h := &hospital{t: t, url: "http://" + u.Host, token: u.Query().Get("token"), answers: map[int]int{}}
	conn, err := net.Dial("tcp", broker)
	if err != nil {
		t.Fatal(err)
	}
	h.mqtt = paho.NewClient(paho.ClientConfig{Conn: conn, PacketTimeout: 30 * time.Second})
	if _, err := h.mqtt.Connect(t.Context(), &paho.Connect{ClientID: person(0), CleanStart: true, KeepAlive: 60, UsernameFlag: true, Username: person(1), PasswordFlag: true, Password: []byte(h.token)}); err != nil {
		t.Fatal(err)
	}
	doors := h.doors()
	const people = 1000
	for n := range max(people, len(doors)) {
		doors[n%len(doors)](n, person(n))
	}
	for i, door := range doors { // everybody through some door, and every door twice
		door(people+i, person(people+i))
	}
	_, metrics := h.send("GET", "/metrics", "")
	seek(t, "the metrics", metrics)
	for _, want := range []int{200, 201, 204, 207, 400, 404, 422} {
		if h.answers[want] == 0 {
			t.Errorf("no answer %d among %v", want, h.answers)
		}
	}
	var got struct {
		Readings []map[string]any `json:"readings"`
	}
	if _, body := h.send("GET", "/api/v1/readings", ""); json.Unmarshal(body, &got) != nil || len(got.Readings) < 300 {
		t.Errorf("only %d readings were stored", len(got.Readings))
	}
	var imports struct {
		Imports []struct{ State string } `json:"imports"`
	}
	if _, body := h.send("GET", "/api/v1/imports", ""); json.Unmarshal(body, &imports) != nil {
		t.Errorf("no list of imports: %s", body)
	}
	states := map[string]int{}
	for _, one := range imports.Imports {
		states[one.State]++
	}
	if states["done"] < 10 || states["failed"] < 10 || states["receiving"] < 10 {
		t.Errorf("imports: %v", states)
	}
	tagged := 0
	for _, r := range got.Readings {
		if id, ok := r["subject_id"].(string); ok && len(id) != 28 {
			t.Errorf("subject %q", id)
		}
		if r["tags"] != nil {
			tagged++
		}
	}
	if tagged == 0 {
		t.Error("no tags came back")
	}
	_ = h.mqtt.Disconnect(&paho.Disconnect{})
	if err := s.Stop(context.Background()); err != nil {
		t.Error(err)
	}
	seekFolder(t, dir)
	seek(t, "the log", []byte(log.String()))
}

// The search finds what it is to find.
func TestSeekFinds(t *testing.T) {
	t.Parallel()
	for n := range 3 {
		text := strings.Repeat("y", n) + person(n)
		for _, b := range [][]byte{[]byte(text), []byte(base64.StdEncoding.EncodeToString([]byte(text))), []byte(base64.RawURLEncoding.EncodeToString([]byte(text))), []byte(hex.EncodeToString([]byte(text)))} {
			found := false
			for _, s := range spellings() {
				found = found || bytes.Contains(b, s)
			}
			if !found {
				t.Errorf("%s is not found", b)
			}
		}
	}
}
