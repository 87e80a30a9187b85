package deadletter

import (
	"encoding/binary"
	"encoding/json"
	"errors"

	"pleth/internal/intake/readings"
)

// head is what stands before the bytes of the items of a letter.
type head struct {
	Index    int                `json:"i"`
	Size     int                `json:"n"`
	Problems []readings.Problem `json:"p"`
}

// pack writes items: the length of their heads, the heads as JSON, and the
// bytes of one after the other, as they came, for they pack well so.
func pack(items []Item) ([]byte, error) {
	heads := make([]head, len(items))
	size := 0
	for i, it := range items {
		heads[i] = head{it.Index, len(it.Bytes), it.Problems}
		size += len(it.Bytes)
	}
	text, err := json.Marshal(heads)
	if err != nil {
		return nil, err
	}
	out := make([]byte, 0, binary.MaxVarintLen64+len(text)+size)
	out = binary.AppendUvarint(out, uint64(len(text)))
	out = append(out, text...)
	for _, it := range items {
		out = append(out, it.Bytes...)
	}
	return out, nil
}

var errPacked = errors.New("the letter is damaged")

// unpackItems reads what pack wrote.
func unpackItems(b []byte) ([]Item, error) {
	n, used := binary.Uvarint(b)
	if used <= 0 || n > uint64(len(b)-used) {
		return nil, errPacked
	}
	var heads []head
	if err := json.Unmarshal(b[used:used+int(n)], &heads); err != nil {
		return nil, err
	}
	b = b[used+int(n):]
	items := make([]Item, len(heads))
	for i, h := range heads {
		if h.Size < 0 || h.Size > len(b) {
			return nil, errPacked
		}
		items[i] = Item{h.Index, b[:h.Size:h.Size], h.Problems}
		b = b[h.Size:]
	}
	return items, nil
}
