package simulate

import (
	"fmt"

	"pleth/internal/signal"
)

// The usual times of a fall that does not state them, in seconds.
const (
	usualOver = 30
	usualTurn = 60 // of a prolonged event, and of a shift of the level
)

func readFall(it *item, p *plan) error {
	d := dip{kind: Fall, start: it.at, over: usualOver}
	var err error
	if d.bottom, err = it.number("points", signal.One, maxDepth); err != nil {
		return err
	}
	if err := readShape(it, &d, nil); err != nil {
		return err
	}
	p.dips = append(p.dips, d)
	return it.fits(d.end())
}

// readShape reads the options of a fall. It is a plateau if it holds, and
// comes back in half the time of its fall unless it says otherwise.
func readShape(it *item, d *dip, every *int) error {
	names := map[string]*int{"over": &d.over, "hold": &d.hold, "back": &d.back}
	if every != nil {
		names["every"] = every
		d.over = 0
	}
	if err := it.options(names); err != nil {
		return err
	}
	if d.over == 0 && every != nil {
		d.over = min(usualOver, max(shortestIn, *every/2))
	}
	if d.back == 0 {
		d.back = max(shortestIn, d.over/2)
	}
	if d.hold > 0 {
		d.kind = Plateau
	}
	return slow(d.bottom-d.before, d.over)
}

// slow reports a fall that blood cannot make.
func slow(depth signal.Fixed, over int) error {
	if depth > maxRate*signal.Fixed(over) {
		return fmt.Errorf("a fall of %s points over %d s is not possible: blood falls by at most %s points a second",
			decimal(depth), over, decimal(maxRate))
	}
	return nil
}

func readCluster(it *item, p *plan) error {
	n, err := it.count()
	if err != nil {
		return err
	}
	if err := it.word("fall"); err != nil {
		return err
	}
	d := dip{kind: Fall, start: it.at}
	if d.bottom, err = it.number("points", signal.One, maxDepth); err != nil {
		return err
	}
	every := 0
	if err := readShape(it, &d, &every); err != nil {
		return err
	}
	if every == 0 {
		return it.bad("it ends before its time after every")
	}
	if length := d.over + d.hold + d.back; every < length {
		return fmt.Errorf("a fall of %d s does not fit every %d s", length, every)
	}
	p.addCluster(d, n, every, func() signal.Fixed { return d.bottom })
	return it.fits(p.dips[len(p.dips)-1].end())
}

func readSawtooth(it *item, p *plan) error {
	n, err := it.count()
	if err != nil {
		return err
	}
	if err := it.word("fall"); err != nil {
		return err
	}
	depth, err := it.number("points", signal.One, maxDepth)
	if err != nil {
		return err
	}
	if err := it.word("every"); err != nil {
		return err
	}
	every, err := it.time("time after every")
	if err != nil {
		return err
	}
	if every < 3*shortestIn {
		return fmt.Errorf("a tooth takes at least %d s", 3*shortestIn)
	}
	if err := slow(depth, every*2/3); err != nil {
		return err
	}
	p.addSawtooth(it.at, n, every, depth)
	return it.fits(p.dips[len(p.dips)-1].end())
}

func readProlonged(it *item, p *plan) error {
	d := dip{kind: Prolonged, start: it.at, over: usualTurn, back: usualTurn / 2}
	var err error
	if d.level, err = it.number("percent", minLevel*signal.One, 95*signal.One); err != nil {
		return err
	}
	if err := it.word("for"); err != nil {
		return err
	}
	if d.hold, err = it.time("time after for"); err != nil {
		return err
	}
	if err := it.options(map[string]*int{"over": &d.over, "back": &d.back}); err != nil {
		return err
	}
	p.dips = append(p.dips, d)
	if err := slow(100*signal.One-d.level, d.over); err != nil {
		return err
	}
	return it.fits(d.end())
}

func readShift(it *item, p *plan) error {
	by, err := it.number("points", -20*signal.One, 20*signal.One)
	if err != nil {
		return err
	}
	length, err := it.forTime()
	if err != nil {
		return err
	}
	p.shifts = append(p.shifts, shift{it.at, it.at + length, by})
	return it.fits(it.at + length)
}

// forTime takes "for" and a time.
func (it *item) forTime() (int, error) {
	if err := it.word("for"); err != nil {
		return 0, err
	}
	return it.time("time after for")
}

func readMotion(it *item, p *plan) error {
	length, err := it.time("time")
	if err != nil {
		return err
	}
	b := bout{start: it.at, end: it.at + length}
	switch {
	case len(it.words) > 0 && it.words[0] == "held":
		it.words, b.held = it.words[1:], true
	case len(it.words) > 0:
		if err := readFalse(it, p, length); err != nil {
			return err
		}
	}
	p.bouts = append(p.bouts, b)
	return it.fits(b.end)
}

// readFalse reads the false dip of a motion of some seconds: it falls for a
// third of them and comes back in a quarter.
func readFalse(it *item, p *plan, length int) error {
	if err := it.word("dip"); err != nil {
		return err
	}
	depth, err := it.number("points", signal.One, maxDepth)
	if err != nil {
		return err
	}
	if length < 4*shortestIn {
		return fmt.Errorf("motion with a dip takes at least %d s", 4*shortestIn)
	}
	over, back := length/3, length/4
	p.lows = append(p.lows, low{it.at, over, length - over - back, back, depth})
	return nil
}

func readSpike(it *item, p *plan) error {
	depth, err := it.number("points", signal.One, maxDepth)
	if err != nil {
		return err
	}
	p.spikes = append(p.spikes, spike{it.at, depth})
	return nil
}

func readPerfusion(it *item, p *plan) error {
	index, err := it.number("percent", 2*hundredth, 20*signal.One)
	if err != nil {
		return err
	}
	length, err := it.forTime()
	if err != nil {
		return err
	}
	p.poor = append(p.poor, poorPerfusion{it.at, it.at + length, index})
	return it.fits(it.at + length)
}

func readLoss(kind GapKind) func(*item, *plan) error {
	return func(it *item, p *plan) error {
		length, err := it.time("time")
		if err != nil {
			return err
		}
		p.losses = append(p.losses, Gap{Kind: kind, Start: it.at, End: it.at + length})
		return it.fits(it.at + length)
	}
}

func readOff(it *item, p *plan) error {
	length, err := it.time("time")
	if err != nil {
		return err
	}
	p.addOff(it.at, it.at+length)
	return it.fits(it.at + length)
}
