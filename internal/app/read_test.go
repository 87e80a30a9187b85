package app_test

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"pleth/internal/analysis"
	"pleth/internal/app"
	"pleth/internal/device"
)

const appNight = "Time,Oxygen Level,Pulse Rate,Motion\n" +
	"22:20:56 Mar 06 2025,97,60,0\n22:21:00 Mar 06 2025,96,61,0\n22:21:04 Mar 06 2025,95,60,0\n"

// analyseArchive analyses an archive of files on standard input.
func analyseArchive(t *testing.T, files map[string]string) []*app.Recording {
	t.Helper()
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for name, text := range files {
		m, err := w.Create(name)
		if err == nil {
			_, err = m.Write([]byte(text))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	a, err := app.NewAnalyzer(app.Options{}, analysis.Program{}, &b)
	if err != nil {
		t.Fatal(err)
	}
	return a.File(context.Background(), "-")
}

func TestArchiveWithFilesNobodyKnows(t *testing.T) {
	t.Parallel()
	all := analyseArchive(t, map[string]string{"night.csv": appNight, "readme.txt": "hello", "route.gpx": "<gpx></gpx>", "empty.csv": ""})
	if len(all) != 1 || all[0].Err != nil {
		t.Fatalf("got %d recordings, %v", len(all), all[0].Err)
	}
	in := all[0].Doc.Inputs[0]
	if in.Name != "night.csv" || in.Rows != 3 {
		t.Errorf("read %q with %d rows", in.Name, in.Rows)
	}
	left := 0
	for _, w := range in.Warnings {
		if w.Code == "files-left-out" {
			left++
		}
	}
	if left != 2 { // unknown ones and an empty one
		t.Errorf("got warnings %+v", in.Warnings)
	}
}

func TestArchiveWithNothingKnown(t *testing.T) {
	t.Parallel()
	all := analyseArchive(t, map[string]string{"readme.txt": "hello", "b.txt": "hello"})
	var own *device.Error
	if len(all) != 1 || all[0].Usable() || !errors.As(all[0].Err, &own) || !strings.Contains(own.What, "none of the 2 files") {
		t.Errorf("got %d recordings, %v", len(all), all[0].Err)
	}
}

func TestAppleHealthArchive(t *testing.T) {
	t.Parallel()
	record := func(source, at string) string {
		return `<Record type="HKQuantityTypeIdentifierOxygenSaturation" sourceName="` + source + `" unit="%" startDate="` + at + ` +0200" value="0.97"/>`
	}
	all := analyseArchive(t, map[string]string{
		"apple_health_export/export.xml": "<HealthData>" + record("Somebody's watch", "2025-07-01 22:00:00") + record("ring", "2025-07-01 22:00:00") +
			record("ring", "2025-07-01 22:00:04") + "</HealthData>",
		"apple_health_export/export_cda.xml":             `<?xml version="1.0"?><ClinicalDocument xmlns="urn:hl7-org:v3"></ClinicalDocument>`,
		"apple_health_export/workout-routes/route_1.gpx": `<?xml version="1.0"?><gpx></gpx>`,
		"apple_health_export/electrocardiograms/ecg.csv": "Name,Somebody\nDate of Birth,\"Jan 1, 2000\"\nSample Rate,512 hertz\n\nLead,Lead I\nUnit,µV\n\n12.5\n13.1\n",
	})
	if len(all) != 2 {
		t.Fatalf("got %d recordings, want one per source", len(all))
	}
	for i, rows := range []int64{1, 2} {
		in := all[i].Doc.Inputs[0]
		if all[i].Err != nil || in.Format != "apple-health" || in.Rows != rows || len(all[i].Doc.Sessions) != 1 {
			t.Errorf("got input %+v, %v", in, all[i].Err)
		}
		if text, err := json.Marshal(all[i].Doc); err != nil || strings.Contains(string(text), "Somebody") {
			t.Errorf("the document names a person, or %v", err)
		}
	}
	if in := all[0].Doc.Inputs[0]; len(in.Warnings) != 1 || in.Warnings[0].Code != "files-left-out" {
		t.Errorf("got warnings %+v", in.Warnings)
	}
}
