package alarm_test

import (
	"bytes"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"pleth"
	"pleth/internal/alarm"
	"pleth/internal/signal"
)

// lateness is how far readings are out of order in these tests.
const lateness = 30 * signal.Second

// arrival is readings in some order of arrival within the lateness.
func arrival(t *rapid.T, readings []alarm.Reading) []int {
	type one struct {
		i  int
		at int64
	}
	var all []one
	for i := range readings {
		all = append(all, one{i, readings[i].At + rapid.SampledFrom([]int64{0, 0, 0, signal.Second, 7 * signal.Second, lateness - 1}).Draw(t, "delay")})
	}
	slices.SortStableFunc(all, func(a, b one) int { return int((a.at - b.at) / 1e6) })
	var out []int
	for _, o := range all {
		out = append(out, o.i)
	}
	return out
}

// played is what a tracker said of readings: what is final, and what was said
// and not taken back.
type played struct{ final, said []alarm.Transition }

func (p *played) take(t *rapid.T, n alarm.News) {
	for _, one := range n.Taken {
		i := slices.Index(p.said, one)
		if i < 0 {
			t.Fatalf("%v is taken back and was never said", one)
		}
		p.said = slices.Delete(p.said, i, i+1)
	}
	for _, one := range n.Begun {
		if slices.Contains(p.said, one) {
			t.Fatalf("%v is said twice", one)
		}
		p.said = append(p.said, one)
	}
	p.final = append(p.final, n.Final...)
}

// play pushes readings in an order, with a crash and a restart at times.
func play(t *rapid.T, profile *alarm.Profile, readings []alarm.Reading, order []int, crash bool) *played {
	tr := alarm.NewTracker(profile)
	out := &played{}
	newest := int64(-1 << 62)
	// Batches of some size, or readings one by one.
	held, most := 0, rapid.SampledFrom([]int{0, 3, 60, 300}).Draw(t, "batch")
	for _, i := range order {
		r := readings[i]
		newest = max(newest, r.At)
		if held += rapid.IntRange(0, 1).Draw(t, "hold"); held > 0 && held < most {
			if !tr.Add(&r, int64(i)) {
				t.Fatalf("reading %d is too late", i)
			}
			if held < most-1 {
				continue // the watermark comes with the batch
			}
			held = 0
		} else {
			n, ok := tr.Push(&r, int64(i))
			if !ok {
				t.Fatalf("reading %d is too late", i)
			}
			out.take(t, n)
		}
		out.take(t, tr.Watermark(newest-lateness-rapid.Int64Range(0, 1).Draw(t, "just before")))
		if rapid.IntRange(0, 9).Draw(t, "tick") == 0 {
			out.take(t, tr.Advance(newest+rapid.Int64Range(0, 2*signal.Second).Draw(t, "ahead")))
		}
		if crash && rapid.IntRange(0, 30).Draw(t, "crash") == 0 {
			b, err := tr.AppendBinary(nil)
			if err != nil {
				t.Fatal(err)
			}
			back, err := alarm.UnmarshalTracker(b)
			if err != nil {
				t.Fatal(err)
			}
			if again, _ := back.AppendBinary(nil); !bytes.Equal(b, again) {
				t.Fatal("the state read back is another")
			}
			out.said = slices.Clone(back.Told())
			tr = back
			crash = false
		}
	}
	end := newest + 3600*signal.Second
	n := tr.Watermark(end)
	out.final = append(out.final, n.Final...)
	return out
}

// TestOrderOfArrivalChangesNothing: permuted within the lateness, with time told
// in between and a restart, the final transitions are those of an engine that
// got everything in order.
func TestOrderOfArrivalChangesNothing(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		readings := drawReadings(t)
		p := drawProfile(t)
		inOrder := make([]int, len(readings))
		for i := range inOrder {
			inOrder[i] = i
		}
		want := play(t, p, readings, inOrder, false).final
		got := play(t, p, readings, arrival(t, readings), rapid.Bool().Draw(t, "restart")).final
		if !slices.Equal(byTime(want), byTime(got)) {
			t.Fatalf("permuted\n%v\nin order\n%v\n%s", got, want, firstDifference(byTime(got), byTime(want)))
		}
	})
}

func TestAnActionIsPartOfTheRecord(t *testing.T) {
	t.Parallel()
	p, _ := alarm.Named("child")
	tr := alarm.NewTracker(p)
	at := int64(0)
	push := func(n, v int) {
		for range n {
			at += signal.Second
			r := &alarm.Reading{At: at}
			r.Set(pleth.SpO2, signal.Whole(v))
			tr.Push(r, 0)
		}
	}
	push(60, 97)
	if _, err := tr.Try(alarm.Action{At: at, Rule: "spo2.low"}, false); err == nil {
		t.Error("an alarm that is not is acknowledged")
	}
	push(20, 89)
	n := tr.Act(alarm.Action{At: at, Rule: "spo2.low", Actor: "nurse"}, false)
	if len(n.Begun) != 1 || n.Begun[0].To != alarm.Acknowledged || n.Begun[0].Actor != "nurse" {
		t.Errorf("%v", n)
	}
	var final []alarm.Transition
	final = append(final, tr.Watermark(at).Final...)
	if len(final) != 3 || final[2].Actor != "nurse" {
		t.Errorf("%v", final)
	}
}

func FuzzSnapshot(f *testing.F) {
	p, _ := alarm.Named("adult")
	tr := alarm.NewTracker(p)
	for k := range 400 {
		r := &alarm.Reading{At: int64(k) * signal.Second}
		r.Set(pleth.SpO2, signal.Whole(97-k%20))
		r.Set(pleth.TissuePO2, signal.Whole(40))
		tr.Push(r, 0)
	}
	tr.Watermark(390 * signal.Second)
	b, err := tr.AppendBinary(nil)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(b)
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, b []byte) {
		if len(b) > 1<<16 {
			return
		}
		back, err := alarm.UnmarshalTracker(b)
		if err != nil {
			return
		}
		if _, err := back.AppendBinary(nil); err != nil {
			t.Fatal(err)
		}
	})
}
