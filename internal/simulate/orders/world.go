// Package orders simulates four systems of a shop that must agree: the shop
// itself, an ERP, a warehouse and a marketplace. Orders come evenly over the
// days of a zone, reach the other systems a little later, and change their
// status; faults are planted and known. The same seed makes the same orders.
package orders

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"sync"
	"time"

	"pleth/internal/reconcile"
)

// The systems. The shop is the source of truth, except for the orders of the
// marketplace, which come from there.
const (
	Shop        = "shopify"
	ERP         = "erp"
	Warehouse   = "wms"
	Marketplace = "marketplace"
	// Inbox is the shop as it takes orders of the marketplace in: what is wrong
	// there does not go on to the others.
	Inbox = "shopify inbox"
)

// Systems returns all systems.
func Systems() []string { return []string{Shop, ERP, Warehouse, Marketplace} }

// Channels returns the channels that orders come through.
func Channels() []string { return []string{"web", "store", "market"} }

// words are what a system calls a status: open, paid, shipped.
var words = map[string][3]string{Shop: {"open", "paid", "fulfilled"}, ERP: {"N", "P", "S"}, Warehouse: {"created", "released", "shipped"}, Marketplace: {"pending", "paid", "shipped"}, Inbox: {"open", "paid", "fulfilled"}}

// StatusMap returns what the words of a are called in b.
func StatusMap(a, b string) map[string]string {
	out := map[string]string{}
	for i, w := range words[a] {
		out[w] = words[b][i]
	}
	return out
}

// Columns returns the columns of every system.
func Columns() []string {
	return []string{"order_id", "channel", "created_at", "updated_at", "arrived_at", "seq", "total", "items", "status"}
}

// Fault is something that is wrong, planted.
type Fault struct {
	Class   reconcile.Class `json:"class"`
	System  string          `json:"system"`
	Order   string          `json:"order,omitempty"` // empty: of the system as a whole
	Day     string          `json:"day,omitempty"`
	Channel string          `json:"channel,omitempty"`
	From    time.Time       `json:"from"`           // when it begins
	Until   time.Time       `json:"until,omitzero"` // when it is mended; zero: never
	// Found is the class that it is found as, where that is another one: what the
	// marketplace lacks the shop has too much. Empty: its own.
	Found reconcile.Class `json:"found,omitempty"`
	// Follows says that it was not planted and comes of what was: orders that a
	// silent system lacks, days that lack more than 2 % of their orders.
	Follows bool `json:"follows,omitempty"`
}

// Order is one order as the shop knows it.
type Order struct {
	ID, Channel   string
	At            time.Time // when it was made
	Seen          time.Time // when the shop shows it: some come later than their date
	Paid, Shipped time.Time
	Cents         int64
	Items         int

	delay time.Duration // to the other systems
}

// Config is what a World is made of.
type Config struct {
	Seed  uint64
	Zone  *time.Location
	Start time.Time // the first day; its date in Zone counts
	// PerDay is how many orders a channel has on a weekday; 0: 30. Two thirds
	// come on days of a weekend.
	PerDay int
	// Slack bounds how late an order may be and still be fine; 0: 10 minutes.
	Slack time.Duration
	// Prompt leaves orders out that the shop shows later than their date.
	Prompt bool
	// Local are systems that write the times of Zone without saying so.
	Local []string
}

// World is the four systems. It is safe for concurrent use.
type World struct {
	cfg Config

	mu     sync.Mutex
	days   map[int][]*Order // by day since Start
	byID   map[string]*Order
	faults map[string][]*Fault // by system and order
	whole  map[string][]*Fault // of systems
	fixed  map[string]bool     // by system and order: what was mended by hand
	voids  map[string]bool
}

// New returns a world without faults.
func New(cfg Config) *World {
	if cfg.PerDay == 0 {
		cfg.PerDay = 30
	}
	if cfg.Slack == 0 {
		cfg.Slack = 10 * time.Minute
	}
	if cfg.Zone == nil {
		cfg.Zone = time.UTC
	}
	return &World{cfg: cfg, days: map[int][]*Order{}, byID: map[string]*Order{}, faults: map[string][]*Fault{}, whole: map[string][]*Fault{}, fixed: map[string]bool{}, voids: map[string]bool{}}
}

// Midnight returns the begin of a day since the start.
func (w *World) Midnight(day int) time.Time {
	y, m, d := w.cfg.Start.In(w.cfg.Zone).Date()
	return time.Date(y, m, d+day, 0, 0, 0, 0, w.cfg.Zone)
}

// Day returns the orders of a day, in order of time.
func (w *World) Day(day int) []*Order {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.day(day)
}

func (w *World) day(day int) []*Order {
	if list, ok := w.days[day]; ok {
		return list
	}
	r := rand.New(rand.NewPCG(w.cfg.Seed, uint64(day)))
	begin, end := w.Midnight(day), w.Midnight(day+1)
	n := w.cfg.PerDay
	if wd := begin.Weekday(); wd == time.Saturday || wd == time.Sunday {
		n = n * 2 / 3
	}
	n += r.IntN(n/10+1) - n/20
	list := []*Order{}
	for c, channel := range Channels() {
		for k := range n {
			// Evenly, so that a silence is a silence.
			at := begin.Add(time.Duration((float64(k) + r.Float64()) / float64(n) * float64(end.Sub(begin)))).Truncate(time.Second)
			o := &Order{ID: fmt.Sprintf("%s-%05d-%03d", []string{"W", "S", "M"}[c], day, k), Channel: channel, At: at, Seen: at, Cents: 500 + r.Int64N(20_000), Items: 1 + r.IntN(5), delay: 5*time.Second + time.Duration(r.IntN(60))*time.Second}
			switch r.IntN(30) {
			case 0: // late and fine
				o.delay = w.cfg.Slack - time.Duration(r.IntN(60))*time.Second
			case 1: // dated back
				if w.cfg.Prompt {
					break
				}
				o.Seen = at.Add(time.Duration(20+r.IntN(60)) * time.Minute)
			}
			o.Paid = o.Seen.Add(time.Duration(1+r.IntN(90)) * time.Minute)
			o.Shipped = o.Paid.Add(time.Duration(1+r.IntN(20)) * time.Hour)
			list = append(list, o)
			w.byID[o.ID] = o
		}
	}
	slices.SortStableFunc(list, func(x, y *Order) int { return x.At.Compare(y.At) })
	w.days[day] = list
	return list
}

// Plant plants a fault.
func (w *World) Plant(f Fault) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if f.Order == "" {
		w.whole[f.System] = append(w.whole[f.System], &f)
		return
	}
	k := f.System + " " + f.Order
	w.faults[k] = append(w.faults[k], &f)
	if f.Class == reconcile.Extra || f.Class == reconcile.NoKey {
		w.whole[f.System] = append(w.whole[f.System], &f)
	}
}

func (f *Fault) active(at time.Time) bool {
	return !at.Before(f.From) && (f.Until.IsZero() || at.Before(f.Until))
}

// Mend makes an order right in a system: replay and the like put what the shop
// has, dedupe keeps one, void takes it out. Doing it twice is doing it once.
func (w *World) Mend(system, action, order string) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if action == "void" {
		w.voids[system+" "+order] = true
		return nil
	}
	if w.byID[order] == nil {
		return errors.New("there is no such order")
	}
	w.fixed[system+" "+order] = true
	return nil
}

// Table is the orders of a system as they are at an instant.
type Table struct {
	world   *World
	system  string
	channel string // empty: all
	now     func() time.Time
	want    reconcile.Want
}

// Table returns the orders of a system, of one channel where channel is not
// empty. now says when it is looked at.
func (w *World) Table(system, channel string, now func() time.Time) *Table {
	return &Table{world: w, system: system, channel: channel, now: now}
}

// Name returns the name of the system.
func (t *Table) Name() string { return t.system }

// Size implements reconcile.Sizer.
func (t *Table) Size(context.Context) (int64, error) { return 500, nil }

// ErrDown is what a system says that is down.
var ErrDown = errors.New("the system does not answer: connection refused")

// Columns returns the columns, fewer where the schema has drifted.
func (t *Table) Columns(context.Context) ([]string, error) {
	t.world.mu.Lock()
	defer t.world.mu.Unlock()
	now := t.now()
	cols := Columns()
	for _, f := range t.world.whole[t.system] {
		switch {
		case f.active(now) && f.Class == reconcile.CheckFailed:
			return nil, fmt.Errorf("%s: %w", t.system, ErrDown)
		case f.active(now) && f.Class == reconcile.SchemaDrift:
			cols = slices.DeleteFunc(cols, func(c string) bool { return c == "total" })
		}
	}
	return cols, nil
}

// Narrow implements reconcile.Narrower.
func (t *Table) Narrow(w reconcile.Want) reconcile.Source {
	one := *t
	one.want = w
	return &one
}

// Scan gives the rows that the system shows now.
func (t *Table) Scan(ctx context.Context, row func(int64, []reconcile.Cell) error, _ func(int64, string) error) error {
	cols, err := t.Columns(ctx)
	if err != nil {
		return err
	}
	n := int64(0)
	drifted := len(cols) != len(Columns())
	for _, r := range t.rows() {
		n++
		cells := make([]reconcile.Cell, 0, len(r))
		for i, c := range r {
			if drifted && Columns()[i] == "total" {
				continue
			}
			cells = append(cells, reconcile.Cell{Text: []byte(c), Null: c == ""})
		}
		if err := row(n, cells); err != nil {
			return err
		}
	}
	return nil
}

// rows makes the rows of the days that are wanted.
func (t *Table) rows() [][]string {
	w := t.world
	w.mu.Lock()
	defer w.mu.Unlock()
	now := t.now()
	first, last := 0, int(now.Sub(w.Midnight(0)).Hours()/24)+1
	if !t.want.From.IsZero() {
		first = max(first, int(t.want.From.Sub(w.Midnight(0)).Hours()/24)-1)
	}
	if !t.want.To.IsZero() {
		last = min(last, int(t.want.To.Sub(w.Midnight(0)).Hours()/24)+1)
	}
	var out [][]string
	if len(t.want.Keys) > 0 {
		for _, k := range t.want.Keys {
			if o := w.byID[k[0]]; o != nil {
				out = t.appendOrder(out, o, now)
			}
		}
	} else {
		for day := first; day <= last; day++ {
			for _, o := range w.day(day) {
				out = t.appendOrder(out, o, now)
			}
		}
	}
	for _, f := range w.whole[t.system] {
		if !f.active(now) || w.voids[t.system+" "+f.Order] || t.channel != "" && f.Channel != t.channel {
			continue
		}
		id := f.Order
		switch f.Class {
		case reconcile.NoKey:
			id = ""
		case reconcile.Extra:
		default:
			continue
		}
		at := t.stamp(f.From)
		out = append(out, []string{id, f.Channel, at, at, at, strconv.FormatInt(f.From.Unix(), 10), "12.34", "1", words[t.system][0]})
	}
	return out
}

const stampForm = "2006-01-02T15:04:05.000Z"

// localForm is that of systems that do not say their zone.
const localForm = "2006-01-02 15:04:05"

// stamp writes an instant as the system does.
func (t *Table) stamp(at time.Time) string {
	if slices.Contains(t.world.cfg.Local, t.system) {
		return at.In(t.world.cfg.Zone).Format(localForm)
	}
	return at.UTC().Format(stampForm)
}

// gone reports whether the shop was closed when an order would have been made.
func (w *World) gone(o *Order) bool {
	for _, f := range w.whole[Shop] {
		switch f.Class {
		case reconcile.Stale:
			if !o.At.Before(f.From) && o.At.Before(f.Until) {
				return true
			}
		case reconcile.Volume:
			if o.At.In(w.cfg.Zone).Format(time.DateOnly) == f.Day && o.Cents%100 != 0 {
				return true
			}
		}
	}
	return false
}

// silent reports whether a system took nothing in at an instant, and still does
// not.
func (w *World) silent(system string, arrived, now time.Time) bool {
	return slices.ContainsFunc(w.whole[system], func(f *Fault) bool {
		return f.Class == reconcile.Stale && f.active(now) && !arrived.Before(f.From)
	})
}

// appendOrder appends what the system shows of an order.
func (t *Table) appendOrder(out [][]string, o *Order, now time.Time) [][]string {
	w := t.world
	if t.channel != "" && o.Channel != t.channel || t.system == Marketplace && o.Channel != "market" || w.gone(o) || w.voids[t.system+" "+o.ID] {
		return out
	}
	origin := t.system == Shop && o.Channel != "market" || t.system == Marketplace
	delay := o.delay
	if origin {
		delay = 0
	}
	var active []*Fault
	mended := w.fixed[t.system+" "+o.ID]
	for _, f := range w.faults[t.system+" "+o.ID] {
		if f.Class == reconcile.Late {
			delay += 5 * time.Hour
		}
		if f.active(now) && !mended {
			active = append(active, f)
		}
	}
	arrived := o.Seen.Add(delay)
	if origin {
		delay = 0
	} else {
		delay = o.delay // of changes; only the order itself may come late
	}
	if now.Before(arrived) || (!origin || t.system == Marketplace) && w.silent(t.system, arrived, now) {
		return out
	}
	if through := o.Seen.Add(o.delay); t.system != Inbox && o.Channel == "market" && !origin && w.silent(Shop, through, now) {
		return out // it comes through the shop
	}
	has := func(classes ...reconcile.Class) bool {
		return slices.ContainsFunc(active, func(f *Fault) bool { return slices.Contains(classes, f.Class) })
	}
	if has(reconcile.Missing, reconcile.NeverAttempted, reconcile.Rejected) {
		return out
	}
	status, updated := 0, o.Seen
	if !now.Before(o.Paid.Add(delay)) {
		status, updated = 1, o.Paid
	}
	if !now.Before(o.Shipped.Add(delay)) {
		status, updated = 2, o.Shipped
	}
	cents, items, seq := o.Cents, o.Items, arrived.Unix() // numbers follow arrivals
	word := words[t.system][status]
	if has(reconcile.MismatchValue) {
		cents += 10
	}
	if has(reconcile.MismatchStatus) {
		word = words[t.system][(status+1)%3]
	}
	if has(reconcile.Unmapped) {
		word = "on_hold"
	}
	if has(reconcile.MismatchTotal) {
		items++
	}
	if has(reconcile.OutOfOrder) {
		seq -= 6 * 3600
	}
	r := []string{o.ID, o.Channel, t.stamp(o.At), t.stamp(updated), t.stamp(arrived), strconv.FormatInt(seq, 10), fmt.Sprintf("%d.%02d", cents/100, cents%100), strconv.Itoa(items), word}
	out = append(out, r)
	if has(reconcile.Duplicate) {
		out = append(out, slices.Clone(r))
	}
	return out
}

// Attempts is where the shop notes what it sent: order_id and state.
type Attempts struct{ *Table }

// Attempts returns the attempts to send orders to a system.
func (w *World) Attempts(system string, now func() time.Time) Attempts {
	return Attempts{w.Table(system, "", now)}
}

// Columns returns the columns.
func (Attempts) Columns(context.Context) ([]string, error) {
	return []string{"order_id", "state"}, nil
}

// Narrow implements reconcile.Narrower.
func (a Attempts) Narrow(w reconcile.Want) reconcile.Source {
	one := *a.Table
	one.want = w
	return Attempts{&one}
}

// Scan gives the attempts.
func (a Attempts) Scan(_ context.Context, row func(int64, []reconcile.Cell) error, _ func(int64, string) error) error {
	w := a.world
	w.mu.Lock()
	var lines [][2]string
	now := a.now()
	var list []*Order
	for _, k := range a.want.Keys {
		if o := w.byID[k[0]]; o != nil {
			list = append(list, o)
		}
	}
	for day := 0; a.want.Keys == nil && w.Midnight(day).Before(now); day++ {
		for _, o := range w.day(day) {
			if !o.Seen.After(now) && (a.system != Inbox || o.Channel == "market") {
				list = append(list, o)
			}
		}
	}
	for _, o := range list {
		state, sent := "ACK", true
		for _, f := range w.faults[a.system+" "+o.ID] {
			switch {
			case !f.active(now):
			case f.Class == reconcile.NeverAttempted:
				sent = false
			case f.Class == reconcile.Rejected:
				state = "NAK"
			}
		}
		if sent {
			lines = append(lines, [2]string{o.ID, state})
		}
	}
	w.mu.Unlock()
	for i, l := range lines {
		if err := row(int64(i+1), []reconcile.Cell{{Text: []byte(l[0])}, {Text: []byte(l[1])}}); err != nil {
			return err
		}
	}
	return nil
}
