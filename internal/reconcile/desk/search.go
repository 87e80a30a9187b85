package desk

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"sync"

	"pleth/internal/reconcile"
)

// notes are what people and the desk wrote about incidents, in small letters.
// In the file it is sealed, so that the engine cannot search it; steps are never
// changed, so that new ones are read alone. The first search reads all.
type notes struct {
	mu   sync.Mutex
	last int64 // number of the newest step that was read
	text map[int64][]string
}

// find returns the incidents in whose steps a word stands. The word is in small
// letters.
func (n *notes) find(ctx context.Context, s *store, word string) ([]int64, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.text == nil {
		n.text = map[int64][]string{}
	}
	rows, err := s.file.Read.QueryContext(ctx, `SELECT number, incident, body FROM step WHERE number > ? ORDER BY number`, n.last)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var number, incident int64
		var body []byte
		if err := rows.Scan(&number, &incident, &body); err != nil {
			return nil, err
		}
		var step Step
		if err := s.open(body, fmt.Sprint("step ", incident), &step); err != nil {
			return nil, err
		}
		n.last = number
		n.text[incident] = append(n.text[incident], strings.ToLower(step.What+" "+step.Why))
	}
	out := []int64{}
	for incident, list := range n.text {
		for _, text := range list {
			if strings.Contains(text, word) {
				out = append(out, incident)
				break
			}
		}
	}
	return out, rows.Err()
}

// searched returns the condition for incidents that have to do with a text: in
// their notes, causes, owners or titles, or as the key of a record.
func (d *Desk) searched(ctx context.Context, text string) (string, []any, error) {
	word := strings.ToLower(text)
	ids, err := d.notes.find(ctx, d.store, word)
	if err != nil {
		return "", nil, err
	}
	byKey, err := d.store.findings(ctx, `key_hash = ? AND incident IS NOT NULL LIMIT 1000`, d.store.hash(strings.Fields(text)))
	if err != nil {
		return "", nil, err
	}
	for i := range byKey {
		ids = append(ids, byKey[i].Incident)
	}
	named := []string{}
	for _, in := range d.all {
		if strings.Contains(strings.ToLower(in.name()+" "+in.title()), word) {
			named = append(named, in.name())
		}
	}
	classes := []reconcile.Class{}
	for _, c := range sortedClasses {
		if strings.Contains(string(c), word) {
			classes = append(classes, c)
		}
	}
	args := []any{}
	for _, list := range []any{ids, named, classes} {
		b, err := json.Marshal(list)
		if err != nil {
			return "", nil, err
		}
		args = append(args, string(b))
	}
	return `(id IN (SELECT value FROM json_each(?)) OR integration IN (SELECT value FROM json_each(?)) OR class IN (SELECT value FROM json_each(?)) OR instr(lower(owner), ?) OR instr(lower(cause), ?) OR instr(lower(channel), ?) OR CAST(id AS TEXT) = ?)`, append(args, word, word, word, word), nil
}
