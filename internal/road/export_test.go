package road

import (
	"bytes"
	"encoding/json"
)

// Forget makes r forget all that it keeps of sessions to answer quicker, so that
// the next answer is made from the rows.
func (r *Road) Forget() {
	r.derived, r.documents = newKept[*derivation](keptDerived), newKept[*analysed](keptDocuments)
	r.opened = newOpenList(mostOpen)
	for _, h := range r.all() {
		h.mu.Lock()
		for _, t := range h.state.Tracks {
			t.open, t.named = nil, nil
		}
		h.mu.Unlock()
	}
}

// Opened returns of how many open sessions something is kept, and its bytes.
func (r *Road) Opened() (sessions int, bytes int64) {
	r.opened.mu.Lock()
	defer r.opened.mu.Unlock()
	return len(r.opened.by), r.opened.bytes
}

// BoundOpened makes r keep at most so many bytes of open sessions.
func (r *Road) BoundOpened(most int64) { r.opened.most = most }

// EditState returns a state as it is written with its JSON changed.
func EditState(b []byte, edit func(map[string]any)) []byte {
	text, followed, err := unpackState(b)
	if err != nil {
		panic(err)
	}
	var m map[string]any
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	if err := d.Decode(&m); err != nil {
		panic(err)
	}
	edit(m)
	if text, err = json.Marshal(m); err != nil {
		panic(err)
	}
	return packState(text, followed)
}
