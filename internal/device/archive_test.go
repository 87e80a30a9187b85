package device_test

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/iotest"

	"pleth/internal/device"
)

func names(all []got) string {
	var s []string
	for _, g := range all {
		s = append(s, g.name)
	}
	return strings.Join(s, " ")
}

func TestOpenZip(t *testing.T) {
	t.Parallel()
	b := zipped(t, stored{"export/", nil}, stored{"export/a.csv", []byte(night)}, stored{"b.csv.gz", gzipped(night)},
		stored{`c\d\e.csv`, append([]byte("\xef\xbb\xbf"), night...)}, stored{"__MACOSX/._a.csv", []byte("x")},
		stored{"export/.hidden", []byte("x")}, stored{"../../up.csv", []byte(night)}, stored{"bad\x1b\xff.csv", []byte(night)})
	all := openBytes(t, b)
	if got, want := names(all), "a.csv b.csv e.csv up.csv bad??.csv"; got != want {
		t.Errorf("got files %q, want %q", got, want)
	}
	for _, g := range all {
		if g.text != night || g.err != nil {
			t.Errorf("%s: got %q, %v", g.name, g.text, g.err)
		}
	}
	if all[0].size != int64(len(night)) || all[1].size != -1 {
		t.Errorf("sizes %d and %d", all[0].size, all[1].size)
	}
}

func TestOpenZipIsTheSameFromAFile(t *testing.T) {
	t.Parallel()
	noise := make([]byte, 700<<10) // does not pack: the archive has several blocks in memory
	rng := rand.New(rand.NewPCG(1, 2))
	for i := range noise {
		noise[i] = byte(rng.Uint32())
	}
	b := zipped(t, many(5, noise)...)
	path := filepath.Join(t.TempDir(), "x.zip")
	write(t, path, string(b))
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	fromFile, _, err := open(path, f, device.DefaultLimits)
	if err != nil {
		t.Fatal(err)
	}
	fromPipe := openBytes(t, b)
	if len(fromFile) != 5 || len(fromPipe) != 5 {
		t.Fatalf("%d and %d files", len(fromFile), len(fromPipe))
	}
	for i := range fromFile {
		if fromFile[i] != fromPipe[i] || fromFile[i].err != nil {
			t.Errorf("file %d differs", i)
		}
	}
}

func TestOpenZipSiblings(t *testing.T) {
	t.Parallel()
	b := zipped(t, stored{"n/a.hea", []byte("h")}, stored{"n/a.dat", []byte("data")}, stored{"other.dat", []byte("x")}, stored{"n/sub/", nil})
	_, err := device.Open("x.zip", bytes.NewReader(b), device.Given{}, device.DefaultLimits, func(src *device.Source) error {
		if src.Name != "a.hea" {
			return nil
		}
		if n := src.Siblings(); len(n) != 2 {
			t.Errorf("siblings %q", n)
		}
		s, err := src.Sibling("../n/a.dat")
		if err != nil {
			t.Fatal(err)
		}
		if b, err := io.ReadAll(s); string(b) != "data" || err != nil {
			t.Errorf("sibling holds %q, %v", b, err)
		}
		for _, name := range []string{"other.dat", "../other.dat", "sub", "."} {
			if _, err := src.Sibling(name); err == nil {
				t.Errorf("sibling %q was opened", name)
			}
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}

func TestOpenZipLeavesOutWhatNobodyKnows(t *testing.T) {
	t.Parallel()
	unknown := &device.Error{What: "nobody knows this", Do: "look elsewhere"}
	only := func(known string) func(*device.Source) error {
		return func(src *device.Source) error {
			if src.Name == known {
				return nil
			}
			return unknown
		}
	}
	b := zipped(t, append(many(5, []byte("x")), stored{"export.xml", []byte(night)}, stored{"z.7z", []byte("7z\xbc\xaf\x27\x1c....")})...)
	in, err := device.Open("x.zip", bytes.NewReader(b), device.Given{}, device.DefaultLimits, only("export.xml"))
	if err != nil {
		t.Fatal(err)
	}
	want := []device.Warning{
		{Code: "files-left-out", Text: "5 files of the archive were left out (0.csv, 1.csv, 2.csv and others): nobody knows this"},
		{Code: "files-left-out", Text: "z.7z was left out of the archive: this is a 7z archive"},
	}
	if len(in.Warnings) != 2 || in.Warnings[0] != want[0] || in.Warnings[1] != want[1] {
		t.Errorf("got warnings %+v", in.Warnings)
	}
	_, err = device.Open("x.zip", bytes.NewReader(b), device.Given{}, device.DefaultLimits, only(""))
	wantError(t, err, "none of the 7 files")
	one := zipped(t, stored{"a", []byte("x")})
	_, err = device.Open("x.zip", bytes.NewReader(one), device.Given{}, device.DefaultLimits, only(""))
	if !errors.Is(err, unknown) {
		t.Errorf("got %v, want the error of the only file", err)
	}
}

func TestOpenZipThatCannotBeRead(t *testing.T) {
	t.Parallel()
	whole := zipped(t, stored{"a.csv", []byte(strings.Repeat(night, 100))})
	_, _, err := open("x", strings.NewReader("PK\x05\x06"+strings.Repeat("\x00", 18)), device.DefaultLimits)
	wantError(t, err, "holds no files")
	for n := 4; n < len(whole); n++ {
		_, _, err := open("x", bytes.NewReader(whole[:n]), device.DefaultLimits)
		wantError(t, err, "damaged or cut off")
	}
	_, _, err = open("x", io.MultiReader(bytes.NewReader(whole[:40]), iotest.ErrReader(io.ErrClosedPipe)), device.DefaultLimits)
	wantError(t, err, "reading stopped")
	workbook := zipped(t, stored{"[Content_Types].xml", nil}, stored{"xl/workbook.xml", nil})
	_, _, err = open("x.xlsx", bytes.NewReader(workbook), device.DefaultLimits)
	wantError(t, err, "workbook")
	_, _, err = open("x", bytes.NewReader(zipped(t, stored{"in.zip", whole})), device.DefaultLimits)
	wantError(t, err, "archive inside another")
}

func TestOpenZipDamagedMember(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		at   int // byte of the entry in the table of contents
		to   byte
		what string
	}{
		{8, 1, "encrypted"},
		{10, 99, "not common"},
		{16, 0x55, "damaged here"},              // check sum
		{24, 200, "cut off"},                    // size when unpacked
		{42, 200, "not where the archive says"}, // offset of the file
	} {
		b := zipped(t, stored{"good.csv", []byte(night)}, stored{"bad.csv", []byte(night)})
		b[bytes.LastIndex(b, []byte("PK\x01\x02"))+c.at] = c.to
		all, in, err := open("x", bytes.NewReader(b), device.DefaultLimits)
		if err != nil || len(all) == 0 || all[0].text != night {
			t.Errorf("%s: got %+v, %v", c.what, all, err)
			continue
		}
		if len(all) == 2 {
			wantError(t, all[1].err, c.what)
		} else if len(in.Warnings) != 1 || !strings.Contains(in.Warnings[0].Text, c.what) {
			t.Errorf("%s: got warnings %+v", c.what, in.Warnings)
		}
	}
}

// TestOpenZipBombOfManyFiles has files that are modest one by one.
func TestOpenZipBombOfManyFiles(t *testing.T) {
	t.Parallel()
	limits := device.Limits{FreeBytes: 128 << 10, Ratio: 200}
	all, _, err := open("x", bytes.NewReader(zipped(t, many(64, make([]byte, 128<<10))...)), limits)
	wantError(t, err, "expands")
	if len(all) > 32 {
		t.Errorf("%d files were read", len(all))
	}
	// What siblings expand to counts as well.
	b := zipped(t, stored{"a", []byte("x")}, stored{"b", make([]byte, 1<<20)})
	_, err = device.Open("x", bytes.NewReader(b), device.Given{}, limits, func(src *device.Source) error {
		s, err := src.Sibling("b")
		if err != nil {
			t.Fatal(err)
		}
		_, err = io.Copy(io.Discard, s)
		wantError(t, err, "expands")
		return nil
	})
	wantError(t, err, "expands")
}

// overlaid returns an archive whose table of contents names one packed file n times.
func overlaid(t *testing.T, n int, data []byte) []byte {
	t.Helper()
	b := zipped(t, stored{"a.csv", data})
	dir, end := bytes.LastIndex(b, []byte("PK\x01\x02")), bytes.LastIndex(b, []byte("PK\x05\x06"))
	out := append(bytes.Clone(b[:dir]), bytes.Repeat(b[dir:end], n)...)
	tail := bytes.Clone(b[end:])
	binary.LittleEndian.PutUint16(tail[8:], uint16(n))
	binary.LittleEndian.PutUint16(tail[10:], uint16(n))
	binary.LittleEndian.PutUint32(tail[12:], uint32(n*(end-dir)))
	out = append(out, tail...)
	if z, err := zip.NewReader(bytes.NewReader(out), int64(len(out))); err != nil || len(z.File) != n {
		t.Fatalf("the archive for this test is not as it should be: %v", err)
	}
	return out
}

func TestOpenZipWithFilesOverEachOther(t *testing.T) {
	t.Parallel()
	all, _, err := open("x", bytes.NewReader(overlaid(t, 1000, make([]byte, 128<<10))), device.Limits{FreeBytes: 128 << 10, Ratio: 200})
	wantError(t, err, "expands")
	if len(all) > 200 {
		t.Errorf("%d files were read", len(all))
	}
}

func TestOpenZipOfTooManyFiles(t *testing.T) {
	t.Parallel()
	all, _, err := open("x", bytes.NewReader(overlaid(t, 100_001, nil)), device.DefaultLimits)
	wantError(t, err, "more than 100000 files")
	if len(all) > 0 {
		t.Errorf("%d files were read", len(all))
	}
}

func FuzzOpen(f *testing.F) {
	for _, b := range encodings(night) {
		f.Add(b)
	}
	f.Add(zipped(f, stored{"a.csv", []byte(night)}, stored{"b.gz", gzipped(night)}))
	f.Add([]byte("PK\x03\x04"))
	limits := device.Limits{FreeBytes: 1 << 16, Ratio: 50}
	f.Fuzz(func(t *testing.T, b []byte) {
		all, in, err := open("x", bytes.NewReader(b), limits)
		total := int64(0)
		for _, g := range all {
			total += int64(len(g.text))
		}
		// Text may triple as UTF-16 becomes UTF-8, and a block may be over.
		if total > 3*max(limits.FreeBytes, int64(len(b))*limits.Ratio)+device.HeadBytes {
			t.Fatalf("%d bytes from %d", total, len(b))
		}
		if err == nil && in.Bytes != int64(len(b)) {
			t.Fatalf("%d bytes counted of %d", in.Bytes, len(b))
		}
		var own *device.Error
		if err != nil && !errors.As(err, &own) {
			t.Fatalf("the error %v gives no advice", err)
		}
	})
}
