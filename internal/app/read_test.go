package app_test

import (
	"archive/zip"
	"bytes"
	"context"
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
