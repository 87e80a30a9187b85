package wfdb_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"pleth"
	"pleth/internal/device"
	"pleth/internal/device/devicetest"
	"pleth/internal/signalfile/wfdb"
)

func TestCases(t *testing.T) {
	devicetest.Made(t, made())
	devicetest.Run(t, wfdb.Formats())
}

// FuzzRead fuzzes a header and its signal file together.
func FuzzRead(f *testing.F) {
	files := made()
	for name, hea := range files {
		if dir, ok := strings.CutSuffix(name, "input.hea"); ok {
			f.Add(hea, files[dir+"signals.dat"])
		}
	}
	f.Fuzz(func(t *testing.T, hea, dat []byte) {
		folder := map[string][]byte{"r.hea": hea, "signals.dat": dat}
		got := devicetest.ReadFolder(wfdb.Formats(), folder, "r.hea")
		if got.Rows.Len() > 4*len(dat) {
			t.Fatalf("%d rows from %d bytes of signals", got.Rows.Len(), len(dat))
		}
		devicetest.ReadFolder(wfdb.Formats(), folder, "signals.dat")
	})
}

// A signal file cut anywhere gives the rows that it holds, and says that it is cut.
func TestSignalFileCutAnywhere(t *testing.T) {
	t.Parallel()
	files := made()
	for _, name := range []string{"mimic-numerics/signals.dat", "format-212/signals.dat", "mat-frames/signals.mat"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir, base, _ := strings.Cut(name, "/")
			read := func(n int) devicetest.Result {
				return devicetest.ReadFolder(wfdb.Formats(), map[string][]byte{"r.hea": files[dir+"/input.hea"], base: files[name][:n]}, "r.hea")
			}
			whole := read(len(files[name]))
			for n := range len(files[name]) {
				got := read(n)
				truncated := slices.ContainsFunc(got.Warnings, func(w device.Warning) bool { return w.Code == "truncated" })
				if got.Rows.Len() == 0 && got.Err == nil || got.Rows.Len() > 0 && (got.Err != nil || !truncated) {
					t.Fatalf("cut at byte %d: %d rows, error %v, warnings %v", n, got.Rows.Len(), got.Err, got.Warnings)
				}
				for i := range got.Rows.Len() {
					if got.Rows.Time(i) != whole.Rows.Time(i) || got.Rows.Value(pleth.SpO2, i) != whole.Rows.Value(pleth.SpO2, i) {
						t.Fatalf("cut at byte %d: row %d differs from the whole", n, i)
					}
				}
			}
		})
	}
}

// Samples come back as they were written in either format, whatever shares
// the frames, over block and pair boundaries.
func TestRoundTrip(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		format, low, high, encode := "16", -32767, 32767, format16
		if rapid.Bool().Draw(t, "212") {
			format, low, high, encode = "212", -2047, 2047, format212
		}
		before, after := rapid.IntRange(0, 3).Draw(t, "before"), rapid.IntRange(0, 3).Draw(t, "after")
		values := rapid.SliceOfN(rapid.IntRange(low, high), 1, 3000).Draw(t, "values")
		var all []int
		lines := []string{fmt.Sprintf("r %d 2 %d", before+1+after, len(values))}
		for i := range before + 1 + after {
			name := "other"
			if i == before {
				name = "SpO2"
			}
			lines = append(lines, fmt.Sprintf("signals.dat %s 10(-40000)/%% 16 0 0 %s 0 %s", format, map[bool]string{true: sum(values...), false: "0"}[i == before], name))
		}
		for _, v := range values {
			for i := range before + 1 + after {
				all = append(all, map[bool]int{true: v, false: 7}[i == before])
			}
		}
		got := devicetest.ReadFolder(wfdb.Formats(), map[string][]byte{"r.hea": header(lines...), "signals.dat": encode(all...)}, "r.hea")
		if got.Err != nil || len(got.Warnings) > 0 || got.Rows.Len() != len(values) {
			t.Fatalf("got %d rows, %v, %v, want %d and nothing said", got.Rows.Len(), got.Warnings, got.Err, len(values))
		}
		for i, v := range values {
			if f := got.Rows.Value(pleth.SpO2, i).Float(); f != float64(v+40000)/10 || got.Rows.Time(i) != int64(i)*device.Second/2 {
				t.Fatalf("row %d: got %v at %d, want %v", i, f, got.Rows.Time(i), float64(v+40000)/10)
			}
		}
	})
}

// What is said of age, sex and diagnoses stays in the comments.
func TestCommentsStayIn(t *testing.T) {
	t.Parallel()
	files := made()
	got := devicetest.ReadFolder(wfdb.Formats(), map[string][]byte{"r.hea": files["mimic-numerics/input.hea"], "signals.dat": files["mimic-numerics/signals.dat"]}, "r.hea")
	if out := got.Dump(); got.Rows.Len() != 3 || strings.Contains(out, "119") || strings.Contains(out, "diagnos") {
		t.Errorf("%d rows; comments come out", got.Rows.Len())
	}
}

func TestSniffKnowsNoTables(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"97 60 1 2\n96 61 1 2\n", "97 60\n", "time spo2\n1 97\n", "Sats,Rate\n97,60\n", "a 1\n", "#\n", "", "r 1 x\n", "r 1 1\nf.dat 16y 1\n"} {
		for _, f := range wfdb.Formats() {
			if m := f.Sniff(device.Head{Bytes: []byte(text), Whole: true, Name: "x.dat", Size: int64(len(text))}); m != device.No {
				t.Errorf("%s takes %q for its own (%d)", f.Name, text, m)
			}
		}
	}
}

func TestStopsWithTheContext(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	files := made()
	src := &device.Source{R: bytes.NewReader(files["mimic-numerics/input.hea"])}
	if err := wfdb.Formats()[0].Read(ctx, src, device.NewWriter(discard{})); err == nil || errors.Is(err, context.Canceled) {
		t.Errorf("without a folder: got %v, want an error that says so", err)
	}
	opened := opener(files, "mimic-numerics/")
	src = &device.Source{R: bytes.NewReader(files["mimic-numerics/input.hea"]), Sibling: opened}
	if err := wfdb.Formats()[0].Read(ctx, src, device.NewWriter(discard{})); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want the end of the context", err)
	}
}
