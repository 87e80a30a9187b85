package desk

import (
	"context"
	"time"
)

// delaySlot is what delays are kept by, so that a page shows as many of a check
// every ten seconds as of one every five minutes; delayDays is how long.
const (
	delaySlot = 5 * time.Minute
	delayDays = 3
)

// Delays are how long records of an integration took to arrive, by slots of
// time.
type Delays struct {
	From time.Time `json:"from"`   // where the first slot begins
	Slot float64   `json:"slot_s"` // how long one is
	// Most is the longest p99 of the checks of each slot, in seconds, the oldest
	// first; null: no check said one.
	Most []*float64 `json:"p99_s"`
	// Gap is how long after a slot with a delay the next one may be without
	// checks having been left out.
	Gap float64 `json:"gap_s"`
}

// Delays returns the delays of the last hours of an integration, 72 at most.
func (d *Desk) Delays(ctx context.Context, name string, hours int) (*Delays, error) {
	in := d.byName[name]
	if in == nil {
		return nil, ErrUnknown
	}
	n := int(time.Duration(hours) * time.Hour / delaySlot)
	last := d.cfg.Clock().UnixNano() / int64(delaySlot)
	first := last - int64(n) + 1
	out := &Delays{From: at(first * int64(delaySlot)), Slot: delaySlot.Seconds(), Most: make([]*float64, n), Gap: (overdue(in.cadence()) + delaySlot).Seconds()}
	rows, err := d.store.file.Read.QueryContext(ctx, `SELECT slot, most FROM delay WHERE integration = ? AND slot BETWEEN ? AND ?`, name, first, last)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var slot int64
		var most float64
		if err := rows.Scan(&slot, &most); err != nil {
			return nil, err
		}
		out.Most[slot-first] = &most
	}
	return out, rows.Err()
}

// putDelay keeps the delay of a check; the longest of a slot stays.
func (s *store) putDelay(ctx context.Context, tx execer, c *Check) error {
	if c.Delay == nil {
		return nil
	}
	_, err := tx.ExecContext(ctx, `INSERT INTO delay (integration, slot, most) VALUES (?, ?, ?) ON CONFLICT (integration, slot) DO UPDATE SET most = max(most, excluded.most)`, c.Integration, c.Started.UnixNano()/int64(delaySlot), *c.Delay)
	return err
}
