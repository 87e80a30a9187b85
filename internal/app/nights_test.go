package app

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"pleth/internal/analysis"
	"pleth/internal/api"
	"pleth/internal/intake"
	"pleth/internal/rawfile"
	"pleth/internal/reading"
	"pleth/internal/road"
	"pleth/internal/simulate"
)

// imported puts a file on the road of im.
func imported(t *testing.T, im *importer, f importFile, subject ...string) {
	t.Helper()
	raw, err := rawfile.Create(filepath.Join(t.TempDir(), "raw"), im.box, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer raw.Close()
	if err := raw.Append(bytes.NewReader(f.body), 1<<30, nil); err != nil {
		t.Fatal(err)
	}
	p := importParams{Filename: f.name, Subject: strings.Join(subject, "")}
	all, err := im.read(t.Context(), raw, &p)
	if err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256(f.body)
	if _, err := im.store(t.Context(), hex.EncodeToString(sum[:]), &p, all, func(int, []reading.Outcome) {}); err != nil {
		t.Fatal(err)
	}
}

// nightServer serves the door of nights.
func nightServer(t *testing.T, r *road.Road) string {
	t.Helper()
	d := &nightDoor{road: r, log: slog.New(slog.DiscardHandler)}
	mux := http.NewServeMux()
	for _, m := range d.mounts() {
		mux.HandleFunc(m.Method+" "+m.Path, func(w http.ResponseWriter, r *http.Request) { m.Handle(w, r, new(api.Caller)) })
	}
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	return server.URL
}

func fetched(t *testing.T, url string) (int, []byte) {
	t.Helper()
	res, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res.StatusCode, body
}

// onlyRecording returns what analyze makes of a part of a file, nil where it
// is not one recording of one session.
func onlyRecording(t *testing.T, path, from, to string) *Recording {
	t.Helper()
	a, err := NewAnalyzer(Options{From: from, To: to}, testProgram, nil)
	if err != nil {
		t.Fatal(err)
	}
	var all []*Recording
	run := &Run{Analyzer: a, Jobs: 1, Traces: true}
	err = run.Each(context.Background(), []string{path}, func(r *Recording) any { return r }, func(v any) error {
		all = append(all, v.(*Recording))
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(all) != 1 || all[0].Len() != 1 || all[0].Long() {
		return nil
	}
	return all[0]
}

// TestNightsEqualFiles imports real recordings and compares what is taken away
// of a session and of parts of it with what analyze writes of the file, byte
// for byte: the tables, and the sessions of the document.
func TestNightsEqualFiles(t *testing.T) {
	t.Parallel()
	n := 0
	for _, f := range importFiles(t) {
		path := filepath.Join(t.TempDir(), f.name)
		if err := os.WriteFile(path, f.body, 0o600); err != nil {
			t.Fatal(err)
		}
		whole := onlyRecording(t, path, "", "")
		if whole == nil {
			continue
		}
		n++
		im, r := newImportBench(t)
		imported(t, im, f)
		base := nightServer(t, r)
		list, _, err := r.Sessions(t.Context(), road.SessionQuery{})
		if err != nil || len(list) != 1 {
			t.Fatalf("%s: %d sessions, %v", f.name, len(list), err)
		}
		for _, part := range [][2]string{{"", ""}, {"+2m", ""}, {"", "+7m30s"}, {"+61s", "+11m"}, {stampAt(whole, 200), stampAt(whole, 900)}} {
			rec := whole
			if part != [2]string{} {
				if rec = onlyRecording(t, path, part[0], part[1]); rec == nil {
					continue
				}
			}
			for _, table := range []string{"samples", "episodes", "falls"} {
				var want bytes.Buffer
				if err := WriteCSV(&want, rec, table); err != nil {
					t.Fatal(err)
				}
				status, got := fetched(t, base+"/api/v1/sessions/"+list[0].Key+"/export?"+url.Values{"as": {table}, "from": {part[0]}, "to": {part[1]}}.Encode())
				if status != http.StatusOK || !bytes.Equal(got, want.Bytes()) {
					t.Errorf("%s %v %s: %d, %s", f.name, part, table, status, firstDifference(string(got), want.String()))
				}
			}
			bounds := road.Part{From: bound(t, part[0]), To: bound(t, part[1])}
			night, err := r.Night(t.Context(), list[0].Key, bounds)
			if err != nil {
				t.Fatal(err)
			}
			if got, want := sessionsOf(t, night.Document), sessionsOf(t, rec.Doc); got != want {
				t.Errorf("%s %v: %s", f.name, part, firstDifference(got, want))
			}
			if got, want := night.Document.Generator, rec.Doc.Generator; got.ConfigSHA256 != want.ConfigSHA256 {
				t.Errorf("%s %v: the configuration is %+v, want %+v", f.name, part, got.Config, want.Config)
			}
		}
	}
	if n < 8 {
		t.Errorf("only %d files were compared", n)
	}
}

// stampAt returns the time of the clock of a recording so many seconds after
// its start, an offset where it has none.
func stampAt(r *Recording, seconds int) string {
	const form = "2006-01-02T15:04:05"
	offset := time.Duration(seconds) * time.Second
	s := r.Doc.Sessions[0]
	if s.Start == nil {
		return "+" + offset.String()
	}
	at, err := time.Parse(form, (*s.Start)[:len(form)])
	if err != nil {
		return "+" + offset.String()
	}
	return at.Add(offset).Format(form)
}

func bound(t *testing.T, text string) intake.Bound {
	t.Helper()
	if text == "" {
		return intake.Bound{}
	}
	b, err := intake.ParseBound(text)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func sessionsOf(t *testing.T, d *analysis.Document) string {
	t.Helper()
	b, err := json.Marshal(d.Sessions)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// TestNightDoor: the other forms, the comparison and the sample nights; and
// what is answered where there is nothing.
func TestNightDoor(t *testing.T) {
	t.Parallel()
	im, r := newImportBench(t)
	status, _, job := importAsk(t, "POST", importServer(t, im)+"/api/v1/import/sample", nil)
	if status != http.StatusCreated && status != http.StatusAccepted {
		t.Fatalf("%d: %v", status, job)
	}
	im.job(job["id"].(string)).finished(t.Context())
	base := nightServer(t, r) + "/api/v1/sessions/"
	list, _, err := r.Sessions(t.Context(), road.SessionQuery{})
	if err != nil || len(list) != sampleNights {
		t.Fatalf("%d nights, %v", len(list), err)
	}
	key := list[0].Key
	for i := range list {
		if list[i].Start > list[0].Start {
			key = list[i].Key
			list[0] = list[i]
		}
	}
	for form, head := range map[string]string{"pdf": "%PDF-", "html": "<!doctype html>", "parquet": "PAR1", "json": `{"format":"pleth.analysis/1"`} {
		status, body := fetched(t, base+key+"/export?as="+form)
		if status != http.StatusOK || !strings.HasPrefix(strings.ToLower(string(body)), strings.ToLower(head)) {
			t.Errorf("%s: %d, %.40q", form, status, body)
		}
	}
	for _, align := range []string{"clock", "start"} {
		status, body := fetched(t, base+key+"/comparison?align="+align)
		var c nightComparison
		if err := json.Unmarshal(body, &struct {
			ByClock *bool                         `json:"by_clock"`
			Metrics *map[string]analysis.Position `json:"metrics"`
			Nights  *[]comparedNight              `json:"nights"`
		}{&c.ByClock, &c.Metrics, &c.Nights}); err != nil || status != http.StatusOK {
			t.Fatalf("%d, %v, %.80s", status, err, body)
		}
		if c.ByClock != (align == "clock") || len(c.Nights) != sampleNights || !c.Nights[0].This || c.Metrics["below.90.seconds"].Of != sampleNights {
			t.Errorf("%s: by clock %v, %d nights, %+v", align, c.ByClock, len(c.Nights), c.Metrics["below.90.seconds"])
		}
		var chosen []string
		for _, one := range c.Nights[1:4] {
			chosen = append(chosen, one.ID)
		}
		_, body = fetched(t, base+key+"/comparison?with="+strings.Join(chosen, ","))
		if n := strings.Count(string(body), `"in":true`); n != 3 {
			t.Errorf("%d nights of the three that were chosen", n)
		}
	}
	var s nightSummary
	if _, body := fetched(t, base+key+"/summary"); json.Unmarshal(body, &s) != nil || s.Key != key || len(s.Low) == 0 || len(s.Episodes) == 0 {
		t.Errorf("the summary is %+v", s)
	}
	said := map[string]toldSession{}
	for _, lang := range []string{"en", "de"} {
		status, body := fetched(t, base+key+"/evaluation?lang="+lang)
		var one toldSession
		if err := json.Unmarshal(body, &one); err != nil || status != http.StatusOK || one.Language != lang || len(one.Findings) == 0 {
			t.Fatalf("%s: %d, %v, %.80s", lang, status, err, body)
		}
		said[lang] = one
	}
	if en, de := said["en"], said["de"]; len(en.Findings) != len(de.Findings) || !strings.Contains(de.Summary.Disclaimer, "Medizinprodukt") || !strings.Contains(en.Summary.Headline, ": ") {
		t.Errorf("%+v and %+v", en.Summary, de.Summary)
	}
	if status, body := fetched(t, base+key+"/export?as=html&lang=de"); status != http.StatusOK || !strings.Contains(string(body), said["de"].Findings[0].Rule) || !strings.Contains(string(body), "Medizinprodukt") || strings.Contains(string(body), "clinician") {
		t.Errorf("the German page: %d, %.80s", status, body)
	}
	for path, want := range map[string]int{"nobody/export?as=pdf": 404, "nobody/evaluation": 404, key + "/evaluation?lang=xx": 400, key + "/export?as=pdf&lang=xx": 400, key + "/export?as=docx": 400, key + "/export?as=pdf&form=1": 400, key + "/export?as=pdf&from=yesterday": 400,
		key + "/export?as=samples&from=%2B20h": 404, "nobody/summary": 404, key + "/comparison?align=moon": 400, "nobody/comparison": 404} {
		if status, body := fetched(t, base+path); status != want || !strings.Contains(string(body), "urn:pleth:problem:") {
			t.Errorf("%s: %d, want %d: %.80s", path, status, want, body)
		}
	}
}

// TestNightsOfOnePerson: nights that were imported one by one are compared
// where they are of one person, and with nobody's else.
func TestNightsOfOnePerson(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		subjects [3]string
		of       int
	}{{[3]string{"p-a", "p-a", "p-a"}, 3}, {[3]string{"p-a", "p-b", "p-a"}, 2}, {[3]string{"p-a", "", ""}, 0}, {[3]string{}, 0}} {
		im, r := newImportBench(t)
		for i, subject := range c.subjects {
			night, err := simulate.Night(simulate.Params{Seed: uint64(i + 1), Length: 5 * time.Hour, Start: time.Date(2026, 3, 1+i, 22, 0, 0, 0, time.UTC)})
			if err != nil {
				t.Fatal(err)
			}
			var body bytes.Buffer
			if err := night.WriteCSV(&body); err != nil {
				t.Fatal(err)
			}
			imported(t, im, importFile{"night.csv", body.Bytes()}, subject)
		}
		list, _, err := r.Sessions(t.Context(), road.SessionQuery{})
		if err != nil || len(list) != 3 {
			t.Fatalf("%d sessions, %v", len(list), err)
		}
		slices.SortFunc(list, func(a, b road.SessionInfo) int { return cmp.Compare(a.Start, b.Start) })
		doc, err := r.Analysis(t.Context(), list[0].Key)
		if err != nil {
			t.Fatal(err)
		}
		of := 0
		if doc.Comparison != nil {
			of = doc.Comparison.Sessions[0].Metrics["spo2.mean"].Of
		}
		if of != c.of {
			t.Errorf("%v: the first night is one of %d, want %d", c.subjects, of, c.of)
		}
	}
}
