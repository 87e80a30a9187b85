package bedside_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"pleth"
	"pleth/internal/device"
	"pleth/internal/device/bedside"
	"pleth/internal/device/devicetest"
)

func TestCases(t *testing.T) {
	devicetest.Made(t, made())
	devicetest.Run(t, bedside.Formats())
}

func FuzzRead(f *testing.F) { devicetest.Fuzz(f, bedside.Formats()) }

// The recordings of a bed do not depend on where the lines of others stand, nor
// on the order of instants: only the lines of one instant belong together.
func TestOrderOfInstantsDoesNotMatter(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		var instants []string
		for bed := 1; bed <= 3; bed++ {
			for n := range rapid.IntRange(1, 8).Draw(t, "instants") {
				value := fmt.Sprint(rapid.IntRange(50, 100).Draw(t, "value"))
				lines := []string{met(bed, sat, n, value), met(bed, pulse, n, "14"+value[:1])}
				if bed == 2 {
					lines = append(lines, met(bed, satPre, n, value[1:]+"9"), met(bed, perfPre, n, "1.5"), met(bed, pulse, n, "15"+value[:1]))
				}
				instants = append(instants, strings.Join(lines, "\n"))
			}
		}
		// The beds keep the order in which they appear first.
		head := met(1, heart, 9, "150") + "\n" + met(2, heart, 9, "150") + "\n" + met(3, heart, 9, "150") + "\n"
		read := func(instants []string) []devicetest.Recording {
			got := devicetest.ReadBytes(bedside.Formats(), []byte(head+strings.Join(instants, "\n")+"\n"), device.Given{})
			if got.Err != nil {
				t.Fatal(got.Err)
			}
			return got.Recordings
		}
		want, got := read(instants), read(rapid.Permutation(instants).Draw(t, "order"))
		if len(want) != 4 || len(got) != 4 {
			t.Fatalf("got %d and %d recordings, want 4", len(want), len(got))
		}
		for i := range want {
			if a, b := dump(want[i]), dump(got[i]); a != b {
				t.Fatalf("recording %d: got:\n%s\nwant:\n%s", i, b, a)
			}
		}
	})
}

func dump(r devicetest.Recording) string {
	one := devicetest.Result{Header: r.Header, Rows: r.Rows}
	return one.Dump()
}

// A line as long as lines may be, nested as deep as it goes, is left out and
// takes no more memory than its length justifies.
func TestDeepNesting(t *testing.T) {
	t.Parallel()
	deep := `{"devid": 1, "mname": "x", "mtime": ` + strings.Repeat("[", 900_000)
	input := met(1, sat, 0, "97") + "\n" + deep + "\n" + met(1, sat, 1, "96") + "\n"
	got := devicetest.ReadBytes(bedside.Formats(), []byte(input), device.Given{})
	if got.Err != nil || got.Rows.Len() != 2 || len(got.Warnings) != 1 || got.Warnings[0].Code != "bad-line" {
		t.Errorf("got %d rows, %v, %v, want 2 and a bad line", got.Rows.Len(), got.Warnings, got.Err)
	}
}

func TestStopsWithTheContext(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	err := bedside.Formats()[0].Read(ctx, &device.Source{R: bytes.NewReader(made()["several-beds/input.jsonl"])}, device.NewWriter(discard{}))
	if !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want the end of the context", err)
	}
}

// discard takes rows and keeps nothing.
type discard struct{}

func (discard) Start(pleth.Header) error { return nil }
func (discard) Rows(*pleth.Batch) error  { return nil }

func BenchmarkRead(b *testing.B) {
	var numerics, mixed bytes.Buffer
	wave := strings.Replace(wav(7, 0), "1^2^3", strings.Repeat("0.02354090^", 128)+"1", 1)
	for n := range 2000 {
		for bed := 1; bed <= 4; bed++ {
			for _, name := range []string{sat, perf, pulse, heart, resp} {
				line := met(bed, name, n, "97") + "\n"
				numerics.WriteString(line)
				mixed.WriteString(line)
			}
			mixed.WriteString(wave + "\n")
		}
	}
	for name, input := range map[string][]byte{"numerics": numerics.Bytes(), "with-waveforms": mixed.Bytes()} {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(input)))
			b.ReportAllocs()
			for b.Loop() {
				w := device.NewWriter(discard{})
				if err := bedside.Formats()[0].Read(context.Background(), &device.Source{R: bytes.NewReader(input)}, w); err != nil {
					b.Fatal(err)
				}
				if err := w.Close(); err != nil || w.RowCount() != 8000 {
					b.Fatalf("%d rows, %v", w.RowCount(), err)
				}
			}
		})
	}
}
