package deadletter_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"sync"
	"testing"

	"pleth/internal/deadletter"
	"pleth/internal/intake/readings"
	"pleth/internal/sealed"
)

var (
	ctx = context.Background()
	key = sealed.NewKey()
)

func open(t testing.TB, path string, limit int64) *deadletter.Store {
	t.Helper()
	s, err := deadletter.Open(ctx, path, key, limit, func() int64 { return 99 })
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

// refuse puts the words of body, each of a device named by its first letter.
func refuse(s *deadletter.Store, received int64, body string) error {
	var refused []readings.Refusal
	at := 0
	for i, word := range strings.Fields(body) {
		from := at + strings.Index(body[at:], word)
		at = from + len(word)
		refused = append(refused, readings.Refusal{Index: i, Device: word[:1], From: from, To: at,
			Problems: []readings.Problem{{Path: "spo2", Value: word, Code: readings.WrongType}, {Code: readings.Code("code_" + word[1:2])}}})
	}
	return s.Put(ctx, "rest", received, []byte(body), refused)
}

func TestLettersStay(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "deadletters.db")
	s := open(t, path, 0)
	for i, body := range []string{"a1-x b2-y a3-z", "c4", "c4", "b5"} {
		if err := refuse(s, int64(i), body); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Tried(ctx, 2, deadletter.Who{Actor: "admin", Reason: "mended"}, 0, 1); err != nil {
		t.Fatal(err)
	}
	if err := s.Tried(ctx, 2, deadletter.Who{Actor: "admin"}, 1, 0); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if err := refuse(s, 0, "a1"); !errors.Is(err, deadletter.ErrClosed) {
		t.Errorf("closed: %v", err)
	}

	s = open(t, path, 0)
	if st := s.State(); st.Letters != 4 || st.Readings != 5 || st.Bytes == 0 || st.Full {
		t.Errorf("state %+v", st)
	}
	l, items, attempts, err := s.Inspect(ctx, 1)
	if err != nil {
		t.Fatal(err)
	}
	l.Size = 0
	want := deadletter.Letter{Number: 1, Times: 1, Door: "rest", Device: "a", Readings: 2, Codes: []readings.Code{"code_1", "code_3", "wrong_type"}}
	if !reflect.DeepEqual(l, want) || len(items) != 2 || len(attempts) != 0 {
		t.Fatalf("got %+v %v %v", l, items, attempts)
	}
	if it := items[1]; it.Index != 2 || string(it.Bytes) != "a3-z" || it.Problems[0].Value != "a3-z" {
		t.Errorf("item %+v", it)
	}
	l, _, attempts, err = s.Inspect(ctx, 2)
	if err != nil || l.Attempts != 2 || !l.Settled || len(attempts) != 2 || attempts[0].Reason != "mended" || attempts[1].Taken != 1 || attempts[1].At != 99 {
		t.Errorf("got %+v %+v %v", l, attempts, err)
	}
	if l, _, _, _ = s.Inspect(ctx, 3); l.Times != 2 || l.Received != 1 || l.Latest != 2 {
		t.Errorf("the same twice: %+v", l)
	}
	if _, _, _, err := s.Inspect(ctx, 9); !errors.Is(err, deadletter.ErrUnknown) {
		t.Error(err)
	}
	if err := s.Tried(ctx, 9, deadletter.Who{Actor: "admin"}, 0, 0); !errors.Is(err, deadletter.ErrUnknown) {
		t.Error(err)
	}
}

func TestList(t *testing.T) {
	t.Parallel()
	s := open(t, filepath.Join(t.TempDir(), "d.db"), 0)
	for i := range 9 {
		if err := refuse(s, int64(i), fmt.Sprintf("%c%d", "abc"[i%3], i/2)); err != nil {
			t.Fatal(err)
		}
	}
	for _, n := range []int64{1, 2} {
		if err := s.Tried(ctx, n, deadletter.Who{Actor: "x"}, 1, int(n-1)); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range []struct {
		q    deadletter.Query
		want string
	}{
		{deadletter.Query{}, "[1 2 3 4 5 6 7 8 9]"},
		{deadletter.Query{After: 3, Limit: 2}, "[4 5]"},
		{deadletter.Query{Newest: true, Limit: 2}, "[9 8]"},
		{deadletter.Query{Newest: true, Limit: 2, After: 8}, "[7 6]"},
		{deadletter.Query{Device: "b"}, "[2 5 8]"},
		{deadletter.Query{Door: "mqtt"}, "[]"},
		{deadletter.Query{Code: "code_0"}, "[1 2]"},
		{deadletter.Query{Code: "code"}, "[]"},
		{deadletter.Query{Open: true, Limit: 2}, "[2 3]"},
	} {
		letters, err := s.List(ctx, c.q)
		var got []int64
		for _, l := range letters {
			got = append(got, l.Number)
		}
		if err != nil || fmt.Sprint(got) != c.want {
			t.Errorf("%+v: %v, want %s (%v)", c.q, got, c.want, err)
		}
	}
}

// When it is full nothing more is kept, and nothing is lost.
func TestFull(t *testing.T) {
	t.Parallel()
	s := open(t, filepath.Join(t.TempDir(), "d.db"), 2000)
	kept := 0
	var err error
	for ; kept < 100; kept++ {
		if err = refuse(s, 0, fmt.Sprintf("a%d", kept)); err != nil {
			break
		}
	}
	if !errors.Is(err, deadletter.ErrFull) || kept < 3 {
		t.Fatalf("after %d: %v", kept, err)
	}
	if err := refuse(s, 5, "a0"); err != nil {
		t.Errorf("what is there takes no room: %v", err)
	}
	st := s.State()
	if !st.Full || st.Letters != int64(kept) || st.Bytes > st.Limit {
		t.Errorf("state %+v", st)
	}
	if _, err := s.Drop(ctx, 2, false, deadletter.Who{Actor: "x"}); err == nil {
		t.Error("dropped without a reason")
	}
	why := deadletter.Who{Actor: "x", Reason: "a test gateway"}
	if n, err := s.Drop(ctx, 100, true, why); err != nil || n != 0 {
		t.Errorf("dropped %d unsettled letters: %v", n, err)
	}
	if err := s.Tried(ctx, 1, why, 1, 0); err != nil {
		t.Fatal(err)
	}
	if n, err := s.Drop(ctx, 2, false, why); err != nil || n != 2 {
		t.Errorf("dropped %d: %v", n, err)
	}
	if st := s.State(); st.Full || st.Letters != int64(kept-2) {
		t.Errorf("state %+v", st)
	}
	if err := refuse(s, 0, "a99"); err != nil {
		t.Error(err)
	}
}

func TestManyAtOnce(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := open(t, filepath.Join(dir, "d.db"), 0)
	var wg sync.WaitGroup
	for g := range 8 {
		wg.Go(func() {
			for i := range 20 {
				if err := refuse(s, 0, fmt.Sprintf("aSECRET-%d-%d bSECRET-%d-%d", g, i, g, i)); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	if st := s.State(); st.Letters != 320 || st.Readings != 320 {
		t.Errorf("state %+v", st)
	}
	big := []byte(strings.Repeat("SECRET", 1<<20))
	if err := s.Put(ctx, "line", 0, big, []readings.Refusal{{To: len(big), Problems: []readings.Problem{{Code: readings.Malformed}}}}); err != nil {
		t.Fatal(err)
	}
	if _, items, _, err := s.Inspect(ctx, 321); err != nil || !bytes.Equal(items[0].Bytes, big) {
		t.Errorf("a large body: %v", err)
	}
	files, _ := filepath.Glob(filepath.Join(dir, "*"))
	for _, f := range files {
		b, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		if bytes.Contains(b, []byte("SECRET")) {
			t.Errorf("%s can be read", f)
		}
	}
}

func BenchmarkPut(b *testing.B) {
	line := `{"device_id":"device-0001","timestamp":"2025-11-28T20:15:00Z","seq":%d,"spo2":971,"pulse_rate":63}`
	for _, n := range []int{1, 1000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			s := open(b, filepath.Join(b.TempDir(), "d.db"), 1<<40)
			seq := 0
			b.ReportAllocs()
			for b.Loop() {
				var body []byte
				var refused []readings.Refusal
				for i := range n {
					seq++
					from := len(body)
					body = fmt.Appendf(body, line, seq)
					refused = append(refused, readings.Refusal{Index: i, Device: "device-0001", From: from, To: len(body),
						Problems: []readings.Problem{{Path: "spo2", Value: "971", Code: readings.OutOfRange, Allowed: "0..100 %", Detail: "send spo2 in %; null where nothing was measured"}}})
				}
				if err := s.Put(ctx, "rest", 0, body, refused); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(s.State().Bytes)/float64(seq), "bytes/reading")
		})
	}
}
