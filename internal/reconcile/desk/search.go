package desk

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"sort"
	"strconv"
	"strings"
	"sync"
)

// index is what is said of incidents, in small letters, in one piece of memory
// that is searched from its begin to its end: notes are sealed in the file, so
// that the engine cannot search them. Steps are never changed, and every change
// of an incident is a step, so that new steps say what is to be read. The first
// search reads all.
type index struct {
	mu   sync.Mutex
	last int64 // number of the newest step that was read
	text []byte
	// Of each passage of text where it ends and the incident that it is said of;
	// 0: it does not hold any more.
	ends []int
	of   []int64
	head map[int64]int // the passage with what the incident itself says
}

// border stands after every passage; no word has it.
const border = 0

func (x *index) add(incident int64, parts ...string) {
	for _, p := range parts {
		x.text = append(append(x.text, strings.ReplaceAll(strings.ToLower(p), string(rune(border)), " ")...), border)
	}
	x.ends, x.of = append(x.ends, len(x.text)), append(x.of, incident)
}

// read reads what is new.
func (x *index) read(ctx context.Context, d *Desk) error {
	rows, err := d.store.file.Read.QueryContext(ctx, `SELECT number, incident, body FROM step WHERE number > ? ORDER BY number`, x.last)
	if err != nil {
		return err
	}
	defer rows.Close()
	changed := map[int64]bool{}
	last := x.last
	for rows.Next() {
		var incident int64
		var body []byte
		var step Step
		if err = rows.Scan(&last, &incident, &body); err == nil {
			err = d.store.open(body, fmt.Sprint("step ", incident), &step)
		}
		if err != nil {
			break
		}
		x.add(incident, step.What, step.Why)
		changed[incident] = true
	}
	if err == nil {
		err = rows.Err()
	}
	if err == nil && len(changed) > 0 {
		err = x.readHeads(ctx, d, changed)
	}
	if err != nil { // the next search reads all of it again
		x.last, x.text, x.ends, x.of, x.head = 0, nil, nil, nil, nil
		return err
	}
	x.last = last
	return nil
}

// readHeads reads what some incidents say themselves.
func (x *index) readHeads(ctx context.Context, d *Desk, some map[int64]bool) error {
	ids := make([]int64, 0, len(some))
	for id := range some {
		ids = append(ids, id)
	}
	list, err := json.Marshal(ids)
	if err != nil {
		return err
	}
	incidents, err := d.store.incidents(ctx, `id IN (SELECT value FROM json_each(?))`, string(list))
	if err != nil {
		return err
	}
	if x.head == nil {
		x.head = map[int64]int{}
	}
	for i := range incidents {
		one := &incidents[i]
		if old, ok := x.head[one.ID]; ok {
			x.of[old] = 0
		}
		x.head[one.ID] = len(x.of)
		title := ""
		if in := d.byName[one.Integration]; in != nil {
			title = in.title()
		}
		x.add(one.ID, one.Integration, title, string(one.Class), one.Owner, one.Cause, one.Channel)
	}
	return nil
}

// find returns the incidents of which a word is said, each once, in no order.
func (x *index) find(word string) []int64 {
	said := map[int64]bool{}
	for at := 0; at < len(x.text) && !strings.ContainsRune(word, border); {
		i := bytes.Index(x.text[at:], []byte(word))
		if i < 0 {
			break
		}
		n := sort.SearchInts(x.ends, at+i+1)
		if x.of[n] != 0 {
			said[x.of[n]] = true
		}
		at = x.ends[n]
	}
	out := make([]int64, 0, len(said))
	for id := range said {
		out = append(out, id)
	}
	return out
}

// warm reads what searches look through, so that the first of them waits less.
func (d *Desk) warm(ctx context.Context) {
	d.index.mu.Lock()
	defer d.index.mu.Unlock()
	_ = d.index.read(ctx, d) // a search says what is wrong
}

// searchedAtOnce is how many incidents one statement looks at.
const searchedAtOnce = 1000

// search returns the incidents that have to do with the text of a query: in
// their notes, causes, owners, channels, classes or titles, as their number or
// as the key of a record; of those the ones that where lets through.
func (d *Desk) search(ctx context.Context, q *IncidentQuery, where string, args []any) ([]Incident, error) {
	d.index.mu.Lock()
	err := d.index.read(ctx, d)
	var ids []int64
	if err == nil {
		ids = d.index.find(strings.ToLower(q.Text))
	}
	d.index.mu.Unlock()
	if err != nil {
		return nil, err
	}
	byKey, err := d.store.findings(ctx, `key_hash = ? AND incident IS NOT NULL LIMIT 1000`, d.store.hash(strings.Fields(q.Text)))
	if err != nil {
		return nil, err
	}
	for i := range byKey {
		ids = append(ids, byKey[i].Incident)
	}
	if id, err := strconv.ParseInt(q.Text, 10, 64); err == nil {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	ids = slices.Compact(ids)
	slices.Reverse(ids)
	if q.Before != 0 { // pages far back do not look at all that are before them
		n, _ := slices.BinarySearchFunc(ids, q.Before, func(id, before int64) int {
			if id >= before {
				return -1
			}
			return 1
		})
		ids = ids[n:]
	}
	var out []Incident
	for len(ids) > 0 && len(out) < q.Limit {
		n := min(len(ids), searchedAtOnce)
		list, err := json.Marshal(ids[:n])
		if err != nil {
			return nil, err
		}
		ids = ids[n:]
		some, err := d.store.incidents(ctx, `id IN (SELECT value FROM json_each(?)) AND `+where+fmt.Sprintf(" ORDER BY id DESC LIMIT %d", q.Limit-len(out)), append([]any{string(list)}, args...)...)
		if err != nil {
			return nil, err
		}
		out = append(out, some...)
	}
	return out, nil
}
