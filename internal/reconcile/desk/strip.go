package desk

import (
	"context"
	"encoding/json"
	"strings"
	"time"
)

// slot is a quarter of an hour of the strip, slotsOfDay how many a day of UTC
// has. A strip is kept by day: pages read a row for each day and integration,
// not one for each quarter of an hour.
const (
	slot       = 15 * time.Minute
	slotsOfDay = 96
	stripDays  = 40 // that are kept
)

// slotOf returns the number of the quarter of an hour since 1970.
func slotOf(t time.Time) int64 { return t.UnixNano() / int64(slot) }

// putStrip keeps a colour; the worst of a quarter of an hour stays.
func (s *store) putStrip(ctx context.Context, tx execer, name string, now time.Time, c Colour) error {
	day, n := slotOf(now)/slotsOfDay, int(slotOf(now)%slotsOfDay)
	colours := strings.Repeat("0", n) + string(rune('0'+c.rank())) + strings.Repeat("0", slotsOfDay-1-n)
	_, err := tx.ExecContext(ctx, `INSERT INTO strip_day (integration, day, colours) VALUES (?1, ?2, ?3) ON CONFLICT (integration, day) DO UPDATE
		SET colours = substr(colours, 1, ?4) || max(substr(colours, ?4 + 1, 1), substr(excluded.colours, ?4 + 1, 1)) || substr(colours, ?4 + 2)`, name, day, colours, n)
	if err == nil {
		_, err = tx.ExecContext(ctx, `DELETE FROM strip_day WHERE integration = ? AND day < ?`, name, day-stripDays)
	}
	return err
}

// strips returns the colours of the last n quarters of an hour up to an instant
// by integration, the oldest first; empty where nothing was checked. names is a
// JSON list of integrations; of those without any colour there is no strip.
func (s *store) strips(ctx context.Context, names string, to time.Time, n int) (map[string][]Colour, error) {
	last := slotOf(to)
	first := last - int64(n) + 1
	rows, err := s.file.Read.QueryContext(ctx, `SELECT integration, day, colours FROM strip_day WHERE integration IN (SELECT value FROM json_each(?)) AND day BETWEEN ? AND ?`, names, first/slotsOfDay, last/slotsOfDay)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	out := map[string][]Colour{}
	for rows.Next() {
		var name, colours string
		var day int64
		if err := rows.Scan(&name, &day, &colours); err != nil {
			return nil, err
		}
		strip := out[name]
		for k := range colours {
			at := day*slotsOfDay + int64(k) - first
			if at < 0 || at >= int64(n) || colours[k] == '0' {
				continue
			}
			if strip == nil {
				strip = make([]Colour, n)
				out[name] = strip
			}
			strip[at] = colourOfRank(int(colours[k] - '0'))
		}
	}
	return out, rows.Err()
}

// carries returns for how many quarters of an hour a colour stands: of what is
// checked less often than they come, until the next check is due.
func (i *integration) carries() int {
	if i.cadence() < slot {
		return 0
	}
	return int(min((i.cadence()+slot-1)/slot, slotsOfDay))
}

// carry fills up to n quarters of an hour without a check with the colour before
// them. Where checks were left out the rest stays empty.
func carry(strip []Colour, n int) []Colour {
	last := -1
	for i, c := range strip {
		if c != "" {
			last = i
		} else if last >= 0 && i-last <= n {
			strip[i] = strip[last]
		}
	}
	return strip
}

// shares counts the colours of the quarters of an hour of integrations from one
// instant to another.
func (s *store) shares(ctx context.Context, names []string, from, to time.Time) (map[string]map[Colour]int, error) {
	list, err := json.Marshal(names)
	if err != nil {
		return nil, err
	}
	strips, err := s.strips(ctx, string(list), to, int(to.Sub(from)/slot)+1)
	if err != nil {
		return nil, err
	}
	out := map[string]map[Colour]int{}
	for name, strip := range strips {
		var counts [5]int // by rank
		for _, c := range strip {
			if c != "" {
				counts[c.rank()]++
			}
		}
		out[name] = map[Colour]int{}
		for rank, n := range counts {
			if n > 0 {
				out[name][colourOfRank(rank)] = n
			}
		}
	}
	return out, nil
}
