package simulate

import (
	"fmt"
	"strings"
	"time"

	"pleth"
	"pleth/internal/signal"
)

// verb is one kind of event of the language: how it is written, and what
// reads the words after it into a plan.
type verb struct {
	name, form string
	read       func(it *item, p *plan) error
}

// verbs lists the language. docs/simulator.md explains each line.
var verbs = []verb{
	{"fall", "fall POINTS [over TIME] [hold TIME] [back TIME]", readFall},
	{"cluster", "cluster COUNT fall POINTS every TIME [over TIME] [hold TIME] [back TIME]", readCluster},
	{"sawtooth", "sawtooth COUNT fall POINTS every TIME", readSawtooth},
	{"prolonged", "prolonged PERCENT for TIME [over TIME] [back TIME]", readProlonged},
	{"shift", "shift POINTS for TIME", readShift},
	{"motion", "motion TIME [held | dip POINTS]", readMotion},
	{"spike", "spike POINTS", readSpike},
	{"perfusion", "perfusion PERCENT for TIME", readPerfusion},
	{"dropout", "dropout TIME", readLoss(Dropout)},
	{"off", "off TIME", readOff},
	{"gap", "gap TIME", readLoss(Absent)},
}

// Limits of what can be written.
const (
	maxItems   = 10000
	maxCount   = 1000
	maxDepth   = 45 * signal.One // from a level of 95 that is the 50 below which no oximeter reads
	maxRate    = 4 * signal.One  // %/s: blood does not desaturate faster
	minLevel   = 50
	shortestIn = 2 // seconds that anything takes
)

// parse reads events for a night of some seconds that begins clock seconds
// after midnight.
func parse(events string, clock, seconds int) (*plan, error) {
	p := &plan{}
	n := 0
	for line := range strings.SplitSeq(events, "\n") {
		line, _, _ = strings.Cut(line, "#")
		for text := range strings.SplitSeq(line, ";") {
			words := strings.Fields(text)
			if len(words) == 0 {
				continue
			}
			if n++; n > maxItems {
				return nil, fmt.Errorf("there are more than %d events", maxItems)
			}
			if err := parseItem(&item{words: words, seconds: seconds}, clock, p); err != nil {
				return nil, fmt.Errorf("event %d, %q: %w", n, strings.TrimSpace(text), err)
			}
		}
	}
	if n == 0 {
		return nil, fmt.Errorf("no event is written: write one as %q", "01:10 "+verbs[0].form)
	}
	p.sort()
	return p, nil
}

func parseItem(it *item, clock int, p *plan) error {
	at, err := parseWhen(it.words[0], clock)
	if err != nil {
		return err
	}
	if at >= it.seconds {
		return fmt.Errorf("%s is not in the night, which begins at %s and ends at %s", it.words[0], clockText(clock), clockText(clock+it.seconds))
	}
	it.at = at
	if len(it.words) < 2 {
		return fmt.Errorf("it does not say what happens: write %s after the time", verbNames())
	}
	for _, v := range verbs {
		if v.name != it.words[1] {
			continue
		}
		it.form, it.words = v.form, it.words[2:]
		if err := v.read(it, p); err != nil {
			return err
		}
		return it.done()
	}
	return fmt.Errorf("%q is no kind of event: write %s", it.words[1], verbNames())
}

func verbNames() string {
	names := make([]string, len(verbs))
	for i, v := range verbs {
		names[i] = v.name
	}
	return strings.Join(names[:len(names)-1], ", ") + " or " + names[len(names)-1]
}

// parseWhen reads a time of day, the first one in the night, or "+" and a time
// since its start, as seconds since the start.
func parseWhen(s string, clock int) (int, error) {
	if d, ok := strings.CutPrefix(s, "+"); ok {
		if d, err := time.ParseDuration(d); err == nil && d >= 0 && d%time.Second == 0 {
			return int(d / time.Second), nil
		}
	}
	for _, form := range []string{"15:04", "15:04:05"} {
		if t, err := time.Parse(form, s); err == nil {
			const daily = 24 * 3600
			return (clockSeconds(t) - clock + daily) % daily, nil
		}
	}
	return 0, fmt.Errorf("%q is no time: write 01:10, 01:10:30, or +2h10m after the start", s)
}

func clockSeconds(t time.Time) int { return (t.Hour()*60+t.Minute())*60 + t.Second() }

func clockText(seconds int) string {
	return fmt.Sprintf("%02d:%02d:%02d", seconds/3600%24, seconds/60%60, seconds%60)
}

// item is one event as it is written; words are those not read yet.
type item struct {
	at      int
	form    string
	words   []string
	seconds int // of the night
}

func (it *item) bad(format string, args ...any) error {
	return fmt.Errorf(format+": write %s", append(args, it.form)...)
}

func (it *item) done() error {
	if len(it.words) > 0 {
		return it.bad("%q is one word too many", it.words[0])
	}
	return nil
}

func (it *item) next(what string) (string, error) {
	if len(it.words) == 0 {
		return "", it.bad("it ends before its %s", what)
	}
	w := it.words[0]
	it.words = it.words[1:]
	return w, nil
}

// word takes the word that must stand here.
func (it *item) word(want string) error {
	w, err := it.next("word " + want)
	if err == nil && w != want {
		return it.bad("%q stands where %q belongs", w, want)
	}
	return err
}

// number takes a number of at most two decimals within low..high.
func (it *item) number(what string, low, high signal.Fixed) (signal.Fixed, error) {
	w, err := it.next(what)
	if err != nil {
		return 0, err
	}
	v, ok := pleth.ParseValue([]byte(w))
	f, _ := signal.FromValue(v)
	if !ok || f%hundredth != 0 {
		return 0, it.bad("%q is no number of %s", w, what)
	}
	if f < low || f > high {
		return 0, fmt.Errorf("%s %s are not possible for %s: it takes %s to %s", w, what, strings.Fields(it.form)[0], decimal(low), decimal(high))
	}
	return f, nil
}

// count takes a whole number from 2 to maxCount.
func (it *item) count() (int, error) {
	n, err := it.number("falls", 2*signal.One, maxCount*signal.One)
	if err == nil && n%signal.One != 0 {
		return 0, it.bad("a count has no decimals")
	}
	return int(n / signal.One), err
}

// time takes a time of whole seconds.
func (it *item) time(what string) (int, error) {
	w, err := it.next(what)
	if err != nil {
		return 0, err
	}
	d, err := time.ParseDuration(w)
	if err != nil || d%time.Second != 0 {
		return 0, it.bad("%q is no time of whole seconds, as 90s, 4m or 1h30m", w)
	}
	if d <= 0 || d > MaxLength {
		return 0, it.bad("the time %s is not possible", w)
	}
	return int(d / time.Second), nil
}

// options takes the remaining words as names and times and fills what was
// named; what is not named keeps its value.
func (it *item) options(names map[string]*int) error {
	seen := map[string]bool{}
	for len(it.words) > 0 {
		name := it.words[0]
		to := names[name]
		if to == nil {
			return it.bad("%q is not understood", name)
		}
		if seen[name] {
			return it.bad("%q stands there twice", name)
		}
		seen[name] = true
		it.words = it.words[1:]
		var err error
		if *to, err = it.time("time after " + name); err != nil {
			return err
		}
	}
	return nil
}

// fits reports an end that lies after the night.
func (it *item) fits(end int) error {
	if end > it.seconds {
		return fmt.Errorf("it lasts %d s longer than the night", end-it.seconds)
	}
	return nil
}

// decimal returns f with as many decimals as it has, at most two.
func decimal(f signal.Fixed) string {
	scale := uint8(2)
	n := int64(f / hundredth)
	for scale > 0 && n%10 == 0 {
		n, scale = n/10, scale-1
	}
	return pleth.Num(n, scale).String()
}
