package orders

import (
	"cmp"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"time"

	"pleth/internal/reconcile"
)

// Plantable returns the classes of faults that can be planted, and whether one
// is of the system as a whole.
func Plantable() map[reconcile.Class]bool {
	return map[reconcile.Class]bool{
		reconcile.Missing: false, reconcile.Extra: false, reconcile.Duplicate: false, reconcile.Late: false, reconcile.OutOfOrder: false,
		reconcile.MismatchValue: false, reconcile.MismatchStatus: false, reconcile.MismatchTotal: false, reconcile.MismatchCount: false,
		reconcile.Unmapped: false, reconcile.Rejected: false, reconcile.NeverAttempted: false, reconcile.NoKey: false,
		reconcile.Stale: true, reconcile.SchemaDrift: true,
	}
}

// FoundAs returns the class that a fault of a system is found as; empty: such a
// fault cannot be there. Orders of the marketplace come from there: what it lacks
// the shop has too much, and nothing is sent to it that could be late or refused.
func FoundAs(system string, class reconcile.Class) reconcile.Class {
	if system != Marketplace {
		return class
	}
	switch class {
	case reconcile.Missing:
		return reconcile.Extra
	case reconcile.Extra:
		return reconcile.NeverAttempted // nobody sent what only the marketplace has
	case reconcile.Late, reconcile.OutOfOrder, reconcile.Rejected, reconcile.NeverAttempted:
		return ""
	}
	return class
}

// Target returns the system that is compared with where a fault is: findings of
// the marketplace are those of the orders that the shop takes in from there.
func Target(system string) string {
	if system == Marketplace {
		return Inbox
	}
	return system
}

// Grace is how long an order may be on its way to another system, and Deadline
// after how long one that came is late.
const (
	Grace    = 15 * time.Minute
	Deadline = 3 * time.Hour
)

// Batch is so many faults of a class in a system.
type Batch struct {
	System string
	Class  reconcile.Class
	N      int
}

// planter plants faults so that none hides another.
type planter struct {
	world   *World
	upTo    time.Time
	r       *rand.Rand
	used    map[string]bool // orders
	silent  map[string]bool // systems
	buckets map[string]int  // by system, day and channel: 1 holds faults, 2 takes none more
	out     []Fault
}

// PlantAll plants faults in orders before upTo, each in an order of its own, and
// returns them with what follows from them: orders that a silent system lacks,
// days of which more than 2 % are missing. It is an error where there is no
// room for all of them.
func (w *World) PlantAll(list []Batch, upTo time.Time, r *rand.Rand) ([]Fault, error) {
	p := &planter{world: w, upTo: upTo, r: r, used: map[string]bool{}, silent: map[string]bool{}, buckets: map[string]int{}}
	// What takes a day and channel for itself goes first.
	list = slices.Clone(list)
	slices.SortStableFunc(list, func(x, y Batch) int { return cmp.Compare(rankOf(x.Class), rankOf(y.Class)) })
	for _, b := range list {
		whole, known := Plantable()[b.Class]
		switch {
		case !known:
			return nil, fmt.Errorf("%s: a class that cannot be planted", b.Class)
		case whole && b.N != 1:
			return nil, fmt.Errorf("%s:%s=%d: it is of the whole system; write 1", b.System, b.Class, b.N)
		case b.System != ERP && b.System != Warehouse && b.System != Inbox && b.System != Marketplace:
			return nil, fmt.Errorf("%s:%s: faults are in a system that orders go to: %s, %s, or %s with those of the marketplace; or in the marketplace", b.System, b.Class, ERP, Warehouse, Shop)
		case FoundAs(b.System, b.Class) == "":
			return nil, fmt.Errorf("%s:%s: orders come from there; only what is sent can be %s", b.System, b.Class, b.Class)
		case b.Class == reconcile.SchemaDrift && slices.ContainsFunc(list, func(o Batch) bool { return Target(o.System) == Target(b.System) && o.Class == reconcile.MismatchValue }):
			return nil, fmt.Errorf("%s:%s: the column of the totals is what has gone there, so that %s is not found beside it", b.System, b.Class, reconcile.MismatchValue)
		}
		for range b.N {
			if !p.plant(b.Class, b.System) {
				return nil, fmt.Errorf("%s:%s=%d: there is no room for so many beside the others; make more days or orders", b.System, b.Class, b.N)
			}
		}
	}
	p.follow()
	return p.out, nil
}

func rankOf(c reconcile.Class) int {
	switch c {
	case reconcile.Stale:
		return 0
	case reconcile.MismatchCount:
		return 1
	case reconcile.MismatchTotal:
		return 2
	}
	return 3
}

// SilentFor is how long before the end a system that is stale is silent.
func (w *World) SilentFor(system string) time.Duration { return 3 * w.Expect(system) }

// Expect returns after how long without an order something is wrong in a
// system: eight times what is usual, an hour at least.
func (w *World) Expect(system string) time.Duration {
	perDay := w.cfg.PerDay * 2 // of three channels, two thirds on a weekend
	if Target(system) == Inbox {
		perDay = max(1, w.cfg.PerDay*2/3)
	}
	return max(time.Hour, (8 * 24 * time.Hour / time.Duration(perDay)).Round(time.Hour))
}

// Pairs returns the sides of the pairs of the systems, A first, and the channel
// that they have in common; empty: all.
func Pairs() [][3]string {
	return [][3]string{{Shop, ERP, ""}, {Shop, Warehouse, ""}, {Marketplace, Inbox, "market"}}
}

func (p *planter) bucket(system string, o *Order) string {
	return Target(system) + " " + o.At.In(p.world.cfg.Zone).Format(time.DateOnly) + " " + o.Channel
}

// fits reports whether an order can have a fault of a class.
func (p *planter) fits(class reconcile.Class, system string, o *Order, left int) bool {
	ago := func(t time.Time) time.Duration { return p.upTo.Sub(t) }
	fresh := func(t time.Time) bool { return ago(t) >= 0 && ago(t) < 45*time.Minute }
	switch {
	case ago(o.Seen) < 6*time.Hour, p.used[o.ID], Target(system) == Inbox && o.Channel != "market":
		return false
	case p.silent[Target(system)] && ago(o.Seen) < p.world.SilentFor(system)+6*time.Hour:
		return false // a late one comes before the silence
	case fresh(o.Paid), fresh(o.Shipped): // it may come right still
		return false
	case class == reconcile.OutOfOrder && o.At.Before(p.world.Midnight(0).Add(12*time.Hour)):
		return false // nothing came before it
	case p.buckets[p.bucket(system, o)] == 2:
		return false
	case class == reconcile.MismatchCount || class == reconcile.MismatchTotal: // when the day is over
		return left >= 2 && p.buckets[p.bucket(system, o)] == 0
	}
	return true
}

// plant plants one fault.
func (p *planter) plant(class reconcile.Class, system string) bool {
	w := p.world
	if Plantable()[class] {
		f := Fault{Class: class, System: system, From: w.Midnight(0)}
		if class == reconcile.Stale {
			f.From = p.upTo.Add(-w.SilentFor(system))
			p.silent[Target(system)] = true
		}
		p.add(f)
		return true
	}
	var fit []*Order
	last := 0
	for w.Midnight(last).Before(p.upTo) {
		last++
	}
	for day := range last {
		for _, o := range w.Day(day) {
			if p.fits(class, system, o, last-day) {
				fit = append(fit, o)
			}
		}
	}
	if len(fit) == 0 {
		return false
	}
	o := fit[p.r.IntN(len(fit))]
	key := p.bucket(system, o)
	p.buckets[key] = 1
	f := Fault{Class: class, System: system, Order: o.ID, Channel: o.Channel, Day: o.At.In(w.cfg.Zone).Format(time.DateOnly), From: o.Seen}
	switch class {
	case reconcile.Extra:
		f.Order = "X" + o.ID
	case reconcile.MismatchTotal:
		p.buckets[key] = 2
	case reconcile.MismatchCount:
		p.buckets[key] = 2
		var same []*Order
		for _, x := range fit {
			if p.bucket(system, x) == key {
				same = append(same, x)
			}
		}
		need := max(2, len(same)*4/100)
		if len(same) < need {
			return false
		}
		for _, i := range p.r.Perm(len(same))[:need] {
			x := same[i]
			p.used[x.ID] = true
			p.add(Fault{Class: reconcile.Missing, System: system, Order: x.ID, Channel: x.Channel, Day: f.Day, From: x.Seen, Follows: true})
		}
		p.note(Fault{Class: class, System: system, Channel: f.Channel, Day: f.Day, From: w.Midnight(0)})
		return true
	}
	p.used[o.ID] = true
	p.add(f)
	return true
}

func (p *planter) add(f Fault) {
	p.world.Plant(f)
	p.note(f)
}

// note notes a fault with the class that it is found as.
func (p *planter) note(f Fault) {
	if as := FoundAs(f.System, f.Class); as != f.Class {
		f.Found = as
	}
	p.out = append(p.out, f)
}

// follow adds what else is wrong because of what was planted.
func (p *planter) follow() {
	w := p.world
	now := func() time.Time { return p.upTo }
	for _, f := range slices.Clone(p.out) {
		if f.Class == reconcile.Unmapped { // an unknown word is none that was meant
			f.Class, f.Follows = reconcile.MismatchStatus, true
			p.out = append(p.out, f)
		}
	}
	for _, pair := range Pairs() {
		a, b := w.Table(pair[0], pair[2], now), w.Table(pair[1], pair[2], now)
		counts := [2]map[[2]string]int{{}, {}}
		has := [2]map[string][]string{{}, {}}
		for n, side := range []*Table{a, b} {
			for _, row := range side.rows() {
				has[n][row[0]] = row
				counts[n][w.bucketOf(row)]++
			}
		}
		// What is not there and should be by now lacks in a system that is silent.
		for n, system := range []string{pair[1], pair[0]} {
			for _, id := range slices.Sorted(maps.Keys(has[n])) {
				o := w.order(id)
				if o == nil || has[1-n][id] != nil || o.Seen.Add(o.delay).After(p.upTo) || p.planted(pair[1], id) || p.planted(pair[0], id) {
					continue
				}
				p.note(Fault{Class: reconcile.Missing, System: system, Order: o.ID, Channel: o.Channel, Day: w.bucketOf(has[n][id])[0], From: o.Seen, Follows: true})
			}
		}
		p.followCounts(pair[1], counts)
	}
}

// followCounts adds the days that are over of which a channel differs by more
// than 2 %.
func (p *planter) followCounts(system string, counts [2]map[[2]string]int) {
	today := p.upTo.Add(-Grace).In(p.world.cfg.Zone).Format(time.DateOnly)
	for _, side := range counts { // those of one side alone, too
		for k := range side {
			counts[0][k] += 0
		}
	}
	for _, k := range slices.SortedFunc(maps.Keys(counts[0]), func(x, y [2]string) int { return cmp.Or(cmp.Compare(x[0], y[0]), cmp.Compare(x[1], y[1])) }) {
		x, y := counts[0][k], counts[1][k]
		if k[0] >= today || k[1] == "" || (max(x, y)-min(x, y))*50 <= x {
			continue
		}
		known := slices.ContainsFunc(p.out, func(f Fault) bool {
			return f.Class == reconcile.MismatchCount && Target(f.System) == system && f.Day == k[0] && f.Channel == k[1]
		})
		if !known {
			p.out = append(p.out, Fault{Class: reconcile.MismatchCount, System: system, Day: k[0], Channel: k[1], From: p.world.Midnight(0), Follows: true})
		}
	}
}

// bucketOf returns the day and channel of a row; none of one without a key,
// which no comparison counts.
func (w *World) bucketOf(row []string) [2]string {
	at, err := time.Parse(stampForm, row[2])
	if err != nil {
		at, err = time.ParseInLocation(localForm, row[2], w.cfg.Zone)
	}
	if err != nil || row[0] == "" {
		return [2]string{}
	}
	return [2]string{at.In(w.cfg.Zone).Format(time.DateOnly), row[1]}
}

// order returns an order of a row of the shop.
func (w *World) order(id string) *Order {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.byID[id]
}

// planted reports whether a fault of an order was planted in a system.
func (p *planter) planted(system, order string) bool {
	return slices.ContainsFunc(p.out, func(f Fault) bool { return f.System == system && f.Order == order })
}
