package device_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"testing/iotest"
	"time"

	"pgregory.net/rapid"

	"pleth/internal/device"
)

// got is what a visit saw of one recording.
type got struct {
	name string
	size int64
	text string
	err  error
}

// open opens file and reads all its recordings.
func open(name string, file io.Reader, limits device.Limits) ([]got, *device.Input, error) {
	var all []got
	in, err := device.Open(name, file, device.Given{}, limits, func(src *device.Source) error {
		b, err := io.ReadAll(src.R)
		all = append(all, got{src.Name, src.Size, string(b), err})
		return nil
	})
	return all, in, err
}

func openBytes(t *testing.T, b []byte) []got {
	t.Helper()
	all, in, err := open("night.csv", bytes.NewReader(b), device.DefaultLimits)
	if err != nil {
		t.Fatalf("open: %v", err)
	}
	if in.Bytes != int64(len(b)) || in.SHA256 != sha256.Sum256(b) {
		t.Errorf("bytes %d and digest are not those of the input of %d bytes", in.Bytes, len(b))
	}
	return all
}

// wantError checks that err is an *device.Error that holds the text what.
func wantError(t *testing.T, err error, what string) {
	t.Helper()
	var own *device.Error
	if !errors.As(err, &own) || own.Do == "" || !strings.Contains(own.What, what) {
		t.Errorf("got error %v, want one of %q with advice", err, what)
	}
}

const night = "Time,SpO2\n1,97\n2,96\n"

func TestOpenPlain(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"", "a", "abc", night, "\x00\x00\x00\x00\x00", "Sättigung\n", "S\xe4ttigung\n"} {
		all := openBytes(t, []byte(text))
		if len(all) != 1 || all[0].text != text || all[0].name != "night.csv" || all[0].size != -1 {
			t.Errorf("%q: got %+v", text, all)
		}
	}
}

func TestOpenRemovesEncodings(t *testing.T) {
	t.Parallel()
	long := "Time,Temp (°C)\n" + strings.Repeat("1,36\n", 3000)
	for _, text := range []string{night, long} {
		for name, b := range encodings(text) {
			all := openBytes(t, b)
			if len(all) != 1 || all[0].text != text || all[0].err != nil {
				t.Errorf("%s: got %.40q, %v", name, all[0].text, all[0].err)
			}
		}
	}
}

func TestOpenWhateverTheEncodingAndTheChunks(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		text := "Time,SpO2 of the night\n" + rapid.StringOf(rapid.SampledFrom([]rune("0,\n\r;é血😀"))).Draw(t, "text")
		for name, b := range encodings(text) {
			if strings.Contains(name, "without") {
				continue // without a mark only Latin-1 is known to be text
			}
			r := iotest.OneByteReader(bytes.NewReader(b))
			all, _, err := open("x", r, device.DefaultLimits)
			if err != nil || len(all) != 1 || all[0].text != text || all[0].err != nil {
				t.Fatalf("%s: got %+v, %v, want %q", name, all, err, text)
			}
		}
	})
}

func TestUTF16Damaged(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, in, want string
	}{
		{"cut inside a character", "\xff\xfea\x00,\x00b", "a,"},
		{"cut inside a pair", "\xff\xfea\x00\x3d\xd8", "a\uFFFD"},
		{"samples behind a mark", "\xff\xfe\x00\x00\x01\x00", "\xff\xfe\x00\x00\x01\x00"},
		{"mark alone", "\xff\xfe", "\xff\xfe"},
		{"half a pair in the sample", "\xff\xfea\x00\x3d\xd8\n\x00", "\xff\xfea\x00\x3d\xd8\n\x00"},
		{"samples like letters", strings.Repeat("a\x00b\x00", 40), strings.Repeat("a\x00b\x00", 40)},
	} {
		if all := openBytes(t, []byte(c.in)); all[0].text != c.want || all[0].err != nil {
			t.Errorf("%s: got %q, %v, want %q", c.name, all[0].text, all[0].err, c.want)
		}
	}
	// Beyond what the encoding is told by, half a pair eats nothing.
	lead := "\xff\xfe" + strings.Repeat("a\x00", 300)
	want := strings.Repeat("a", 300) + "\uFFFD\nb"
	if all := openBytes(t, []byte(lead+"\x3d\xd8\n\x00b\x00")); all[0].text != want {
		t.Errorf("half a pair: got %q", all[0].text)
	}
}

func TestOpenGzip(t *testing.T) {
	t.Parallel()
	two := append(gzipped("Time,SpO2\n"), gzipped("1,97\n2,96\n")...)
	for name, b := range map[string][]byte{"one": gzipped(night), "two members": two, "empty first": append(gzipped(""), gzipped(night)...)} {
		all, in, err := open("night.csv.GZ", bytes.NewReader(b), device.DefaultLimits)
		if err != nil || len(all) != 1 || all[0].text != night || all[0].err != nil || all[0].name != "night.csv" || in.Name != "night.csv.GZ" {
			t.Errorf("%s: got %+v, %v", name, all, err)
		}
	}
}

func TestOpenDamagedGzip(t *testing.T) {
	t.Parallel()
	text := strings.Repeat(night, 100)
	whole := gzipped(text)
	for n := 3; n < len(whole); n++ {
		all, _, err := open("x.gz", bytes.NewReader(whole[:n]), device.DefaultLimits)
		if n < 10 {
			wantError(t, err, "header")
			continue
		}
		if err != nil || len(all) != 1 || !strings.HasPrefix(text, all[0].text) {
			t.Fatalf("cut at %d: got %d recordings, %v", n, len(all), err)
		}
		wantError(t, all[0].err, "cut off")
	}
	padded, _, _ := open("x.gz", bytes.NewReader(append(bytes.Clone(whole), make([]byte, 512)...)), device.DefaultLimits)
	if padded[0].text != text {
		t.Error("what follows the gzip data takes something away")
	}
	wantError(t, padded[0].err, "follows")
	whole[len(whole)-5]++ // the check sum
	damaged, _, _ := open("x.gz", bytes.NewReader(whole), device.DefaultLimits)
	wantError(t, damaged[0].err, "damaged")
}

func TestOpenGzipBomb(t *testing.T) {
	t.Parallel()
	bomb := gzippedZeros(4 << 20)
	limits := device.Limits{FreeBytes: 128 << 10, Ratio: 200}
	for name, b := range map[string][]byte{"gzip": bomb, "gzip in zip": zipped(t, stored{"a.gz", bomb})} {
		all, _, err := open("x.gz", bytes.NewReader(b), limits)
		if err == nil {
			err = all[0].err
		}
		wantError(t, err, "expands")
		if len(all) != 1 || len(all[0].text) > 2<<20 {
			t.Errorf("%s: %d recordings, %d bytes came out", name, len(all), len(all[0].text))
		}
	}
}

// TestOpenUnpacksSoMuch: what packs no better than a recording may is bounded in
// all, over the layers and the files of an archive.
func TestOpenUnpacksSoMuch(t *testing.T) {
	t.Parallel()
	rows := strings.Repeat("22:20:56 Mar 06 2025,97,60,0\n", 20_000)
	packed := gzipped(rows)
	limits := device.Limits{FreeBytes: 1 << 30, Ratio: 200, MostBytes: int64(len(rows))}
	once := zipped(t, stored{"a.csv", []byte(rows)})
	twice := zipped(t, stored{"a.csv", []byte(rows)}, stored{"b.csv", []byte("more")})
	for name, b := range map[string][]byte{"gzip": packed, "zip": once} {
		if all, _, err := open("x.gz", bytes.NewReader(b), limits); err != nil || all[0].err != nil || len(all[0].text) != len(rows) {
			t.Errorf("%s: what just fits is refused: %v", name, err)
		}
	}
	_, _, err := open("x.zip", bytes.NewReader(twice), limits)
	wantError(t, err, "more than")
	limits.MostBytes--
	all, _, err := open("x.gz", bytes.NewReader(packed), limits)
	if err == nil {
		err = all[0].err
	}
	wantError(t, err, "more than")
}

func TestOpenOtherPackers(t *testing.T) {
	t.Parallel()
	for _, magic := range []string{"7z\xbc\xaf\x27\x1c", "Rar!\x1a\x07\x00", "\xfd7zXZ\x00", "\x28\xb5\x2f\xfd", "BZh91AY&SY"} {
		all, _, err := open("x", strings.NewReader(magic+"....."), device.DefaultLimits)
		wantError(t, err, "this is")
		if len(all) > 0 {
			t.Errorf("%q was visited", magic)
		}
	}
}

func TestOpenFile(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write(t, filepath.Join(dir, "a.hea"), night)
	write(t, filepath.Join(dir, "a.dat"), "data")
	write(t, filepath.Join(dir, "sub", "secret"), "no")
	f, err := os.Open(filepath.Join(dir, "a.hea"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	_, err = device.Open(f.Name(), f, device.Given{}, device.DefaultLimits, func(src *device.Source) error {
		if src.Size != int64(len(night)) || src.Name != "a.hea" {
			t.Errorf("source is %q with %d bytes", src.Name, src.Size)
		}
		if names := src.Siblings(); strings.Join(names, " ") != "a.dat a.hea" {
			t.Errorf("siblings %q", names)
		}
		if s, err := src.Sibling("a.dat"); err != nil {
			t.Error(err)
		} else if b, _ := io.ReadAll(s); string(b) != "data" {
			t.Errorf("sibling holds %q", b)
		}
		for _, name := range []string{"sub", "sub/secret", "..", ".", "", "/etc/passwd", "nobody"} {
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

func TestOpenFileFromItsPosition(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "x")
	for _, content := range [][]byte{[]byte(night), zipped(t, stored{"n.csv", []byte(night)})} {
		write(t, path, "skip"+string(content))
		f, err := os.Open(path)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		if _, err := f.Seek(4, io.SeekStart); err != nil {
			t.Fatal(err)
		}
		all, in, err := open("-", f, device.DefaultLimits)
		if err != nil || len(all) != 1 || all[0].text != night || all[0].size != int64(len(night)) || in.Name != "-" {
			t.Errorf("got %+v, %v", all, err)
		}
	}
}

func TestOpenStandardInputHasNoFolder(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "x")
	write(t, path, night)
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	_, err = device.Open("-", f, device.Given{}, device.DefaultLimits, func(src *device.Source) error {
		if src.Sibling != nil || src.Siblings != nil {
			t.Error("standard input has siblings")
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}

func TestOpenFolder(t *testing.T) {
	t.Parallel()
	f, err := os.Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	_, _, err = open(f.Name(), f, device.DefaultLimits)
	wantError(t, err, "folder")
}

func TestOpenInputThatBreaksHalfWay(t *testing.T) {
	t.Parallel()
	broken := &os.PathError{Op: "read", Path: "/home/somebody/night.csv", Err: syscall.EIO}
	for n := range len(night) {
		all, in, err := open("x", io.MultiReader(strings.NewReader(night[:n]), iotest.ErrReader(broken)), device.DefaultLimits)
		if err == nil {
			err = all[0].err
			if all[0].text != night[:n] {
				t.Errorf("broken after %d bytes: got %q", n, all[0].text)
			}
		}
		wantError(t, err, "reading stopped")
		if strings.Contains(err.Error(), "somebody") {
			t.Errorf("the error names the path: %v", err)
		}
		if in.Bytes != int64(n) {
			t.Errorf("broken after %d bytes: %d counted", n, in.Bytes)
		}
	}
	// The rest, read for the digest only, may break as well.
	_, err := device.Open("x", io.MultiReader(strings.NewReader(strings.Repeat(night, 9000)), iotest.ErrReader(broken)), device.Given{},
		device.DefaultLimits, func(*device.Source) error { return nil })
	wantError(t, err, "reading stopped")
}

func TestOpenStopsAtAnErrorOfVisit(t *testing.T) {
	t.Parallel()
	src := &endless{b: 'x'}
	refused := &device.Error{What: "unknown", Do: "look"}
	_, err := device.Open("x", src, device.Given{}, device.DefaultLimits, func(*device.Source) error { return refused })
	if !errors.Is(err, refused) || src.n > 4*device.HeadBytes {
		t.Errorf("got %v after %d bytes of an input without end", err, src.n)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Nanosecond)
	defer cancel()
	<-ctx.Done()
	visits := 0
	archive := zipped(t, stored{"a", []byte(night)}, stored{"b", []byte(night)})
	_, err = device.Open("x", bytes.NewReader(archive), device.Given{}, device.DefaultLimits, func(*device.Source) error { visits++; return ctx.Err() })
	if !errors.Is(err, context.DeadlineExceeded) || visits != 1 {
		t.Errorf("got %v after %d visits", err, visits)
	}
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}
