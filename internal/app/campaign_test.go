package app

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"pleth"
	"pleth/internal/device"
	"pleth/internal/device/devicetest"
	"pleth/internal/plethtest"
)

// sample is one recording of a testcase of any reader, unpacked.
type sample struct {
	name  string // folder of the testcase
	file  string // name of the file
	owner string // format that reads it, empty if none does
	bytes []byte
	given device.Given
}

// samples returns the recordings of all testcases of all readers.
func samples(t *testing.T) []sample {
	t.Helper()
	root := plethtest.Root(t)
	dirs, err := filepath.Glob(filepath.Join(root, "internal", "*", "*", "testcases", "*"))
	if err != nil || len(dirs) == 0 {
		t.Fatalf("no testcases in the tree: %v", err)
	}
	var all []sample
	for _, dir := range dirs {
		input, given := devicetest.Case(t, dir)
		expected, err := os.ReadFile(filepath.Join(dir, "expected.out"))
		if err != nil {
			t.Fatal(err)
		}
		first, _, _ := strings.Cut(string(expected), "\n")
		name, _ := filepath.Rel(filepath.Join(root, "internal"), dir)
		f, err := os.Open(input)
		if err != nil {
			t.Fatal(err)
		}
		_, err = device.Open(input, f, given, device.DefaultLimits, func(src *device.Source) error {
			b, err := io.ReadAll(src.R)
			all = append(all, sample{filepath.ToSlash(name), src.Name, strings.TrimSpace(strings.TrimPrefix(first, "format")), b, given})
			return ignoreDamage(err)
		})
		if closed := f.Close(); closed != nil || err != nil {
			t.Logf("%s: %v, %v", name, err, closed)
		}
	}
	return all
}

// ignoreDamage returns nil for the errors of device, which testcases of damaged
// files have.
func ignoreDamage(err error) error {
	var own *device.Error
	if errors.As(err, &own) {
		return nil
	}
	return err
}

// head returns the first n bytes of s as a reader sees them, all if n is 0.
func (s *sample) head(n int) device.Head {
	h := device.Head{Bytes: s.bytes, Name: s.file, Size: int64(len(s.bytes)), Given: s.given, Whole: true}
	for _, limit := range []int{n, device.HeadBytes} {
		if limit > 0 && limit < len(h.Bytes) {
			h.Bytes, h.Whole = h.Bytes[:limit], false
		}
	}
	return h
}

// TestEveryInputHasOneOwner finds readers that claim the files of others. The
// name of a file must not matter, but to a reader that has nothing else to go
// by and knows that it may be wrong.
func TestEveryInputHasOneOwner(t *testing.T) {
	t.Parallel()
	formats := Formats()
	for _, s := range samples(t) {
		owner, _ := device.Detect(formats, s.head(0))
		if owner.Name != s.owner {
			t.Errorf("%s: read by %q, want %q", s.name, owner.Name, s.owner)
			continue
		}
		sure := s.owner != "" && owner.Sniff(s.head(0)) >= device.Likely
		for _, name := range []string{"", "night.csv", "export.xml", "20250306_222056_SAD.edf", "a.dat", "a.hea", "20250306222056"} {
			h := s.head(0)
			h.Name = name
			if got, ok := device.Detect(formats, h); got.Name != s.owner && (sure || ok && got.Sniff(h) >= device.Likely) {
				t.Errorf("%s, named %q: read by %q, want %q", s.name, name, got.Name, s.owner)
			}
		}
		for _, n := range []int{0, 64, 256, 4096} {
			h := s.head(n)
			for _, f := range formats {
				if m := f.Sniff(h); f.Name != s.owner && m >= device.Certain {
					t.Errorf("%s: %s is certain of %d bytes of it, but it belongs to %q", s.name, f.Name, len(h.Bytes), s.owner)
				}
			}
		}
	}
}

// TestRealRecordingsHaveOneOwner does the same with what devices wrote.
func TestRealRecordingsHaveOneOwner(t *testing.T) {
	t.Parallel()
	formats := Formats()
	err := filepath.WalkDir(plethtest.Shared(t, "data/oximetry"), func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		f, err := os.Open(path)
		if err != nil {
			return err
		}
		defer f.Close()
		_, err = device.Open(path, f, device.Given{}, device.DefaultLimits, func(src *device.Source) error {
			b, err := io.ReadAll(src.R)
			s := sample{file: src.Name, bytes: b}
			for _, n := range []int{0, 64, 256, 4096} {
				var certain []string
				for _, f := range formats {
					if f.Sniff(s.head(n)) >= device.Certain {
						certain = append(certain, f.Name)
					}
				}
				if len(certain) > 1 {
					t.Errorf("%s: %q are certain of %d bytes of it", d.Name(), certain, n)
				}
			}
			return err
		})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// nobodys returns inputs that no device wrote.
func nobodys() map[string][]byte {
	rng := rand.New(rand.NewPCG(1, 2))
	random := make([]byte, 256<<10)
	for i := range random {
		random[i] = byte(rng.Uint32())
	}
	digits := make([]byte, 3<<20)
	for i := range digits {
		digits[i] = '0' + byte(rng.Uint32()%10)
	}
	ramp := make([]byte, 64<<10)
	for i := range ramp {
		ramp[i] = byte(i)
	}
	all := map[string][]byte{
		"nothing": {}, "one byte": {0}, "a letter": []byte("a"), "a line end": []byte("\n"), "zeros": make([]byte, 1<<20),
		"ones": bytes.Repeat([]byte{0xff}, 1<<20), "random": random, "ramp": ramp, "digits without end": digits,
		"line ends": bytes.Repeat([]byte{'\n'}, 1<<20), "commas": bytes.Repeat([]byte{','}, 1<<20), "quotes": bytes.Repeat([]byte{'"'}, 1<<20),
		"blanks": bytes.Repeat([]byte{' '}, 1<<20), "angles": bytes.Repeat([]byte{'<'}, 1<<20), "brackets": bytes.Repeat([]byte("[{"), 1<<19),
		"prose":   []byte(strings.Repeat("It was the best of times, it was the worst of times.\n", 2000)),
		"numbers": []byte(strings.Repeat("1,2,3\n", 5000)), "page": []byte("<!DOCTYPE html>\n<html><head><title>SpO2, time</title></head><body>97</body></html>\n"),
		"picture": []byte("\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x01\x00\x00\x00\x01\x00\x08\x02\x00\x00\x00"),
		"paper":   []byte("%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj\n<< /Type /Catalog >>\nendobj\n"), "program": []byte("\x7fELF\x02\x01\x01\x00" + strings.Repeat("\x00", 56)),
		"object": []byte("{\"a\": [1, 2, 3]}\n"), "list": []byte("[]"), "object lines": []byte(strings.Repeat("{\"level\":\"info\",\"msg\":\"x\"}\n", 100)),
		"script": []byte("#!/bin/sh\necho time,spo2\n"), "key and value": []byte(strings.Repeat("key: value\n", 100)),
		"audio": []byte("RIFF\x24\x08\x00\x00WAVEfmt \x10\x00\x00\x00\x01\x00\x02\x00"), "database": []byte("SQLite format 3\x00" + strings.Repeat("\x00", 84)),
	}
	for _, n := range []int{7, 64, 1000, 4096} {
		all[fmt.Sprintf("random of %d", n)] = random[n : 2*n]
	}
	return all
}

// TestNobodysFilesAreNotClaimed gives every reader what no device wrote.
func TestNobodysFilesAreNotClaimed(t *testing.T) {
	t.Parallel()
	for name, b := range nobodys() {
		s := sample{bytes: b}
		for _, f := range Formats() {
			if m := f.Sniff(s.head(0)); m >= device.Likely {
				t.Errorf("%s: %s takes it for its own, match %d", name, f.Name, m)
			}
		}
	}
}

// readWith reads r with f, whatever Sniff says of it, and checks the promises
// that hold for any bytes.
func readWith(t *testing.T, f device.Format, name string, r io.Reader, size int, given device.Given) (*device.Writer, error) {
	t.Helper()
	defer func() {
		if p := recover(); p != nil {
			t.Fatalf("%s reading %s: panic: %v", f.Name, name, p)
		}
	}()
	begin := time.Now()
	w := device.NewWriter(nowhere{})
	err := f.Read(context.Background(), &device.Source{Name: "input", Size: int64(size), R: r, Given: given}, w)
	if closed := w.Close(); closed != nil {
		t.Errorf("%s reading %s: %v", f.Name, name, closed)
	}
	if took := time.Since(begin); took > 20*time.Second {
		t.Errorf("%s reading %s: took %s for %d bytes", f.Name, name, took, size)
	}
	if w.RowCount() > size*64+64 {
		t.Errorf("%s reading %s: %d rows from %d bytes", f.Name, name, w.RowCount(), size)
	}
	var own *device.Error
	if err != nil && (!errors.As(err, &own) || own.What == "" || own.Do == "") {
		t.Errorf("%s reading %s: the error %q does not say what is wrong and what to do", f.Name, name, err)
	}
	return w, err
}

type nowhere struct{}

func (nowhere) Start(pleth.Header) error { return nil }
func (nowhere) Rows(*pleth.Batch) error  { return nil }

// TestReadersSurviveTheFilesOfOthers gives every reader every file.
func TestReadersSurviveTheFilesOfOthers(t *testing.T) {
	t.Parallel()
	all := samples(t)
	for name, b := range nobodys() {
		all = append(all, sample{name: name, bytes: b})
	}
	for _, f := range Formats() {
		t.Run(f.Name, func(t *testing.T) {
			t.Parallel()
			for _, s := range all {
				readWith(t, f, s.name, bytes.NewReader(s.bytes), len(s.bytes), s.given)
			}
		})
	}
}

// TestNoReaderIsSilentAboutAnInputThatBreaks cuts every testcase short by an
// error of the operating system: the reader fails or warns.
func TestNoReaderIsSilentAboutAnInputThatBreaks(t *testing.T) {
	t.Parallel()
	formats := map[string]device.Format{}
	for _, f := range Formats() {
		formats[f.Name] = f
	}
	broken := &device.Error{What: "unplugged", Do: "plug it in"}
	for _, s := range samples(t) {
		f, ok := formats[s.owner]
		if !ok {
			continue
		}
		half := s.bytes[:len(s.bytes)/2]
		w, err := readWith(t, f, s.name, io.MultiReader(bytes.NewReader(half), iotest.ErrReader(broken)), len(s.bytes), s.given)
		if warnings, _ := w.Warnings(); err == nil && len(warnings) == 0 {
			t.Errorf("%s says nothing of %s breaking off after %d of %d bytes", f.Name, s.name, len(half), len(s.bytes))
		}
	}
}
