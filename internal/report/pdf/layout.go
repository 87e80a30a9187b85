package pdf

// block is one band of the page from edge to edge.
type block struct {
	least float64 // height it needs, px
	want  float64 // height it has where there is room, at least least
	grow  float64 // share of the room that is left when all have what they want
	most  float64 // of growing, px
	draw  func(y, h float64)
}

// The distance between blocks, px.
const (
	gapWanted = 11.0
	gapLeast  = 7.0
)

// needs returns the height that blocks need, with the room between them.
func needs(blocks []block) float64 {
	h := float64(len(blocks)-1) * gapLeast
	for _, b := range blocks {
		h += b.least
	}
	return h
}

// stack draws blocks from y down to end. Where there is too little room for
// what all want, all give way alike, down to what they need.
func stack(blocks []block, y, end float64) {
	gaps := float64(len(blocks) - 1)
	least, want, grow := needs(blocks), gaps*gapWanted, 0.0
	for _, b := range blocks {
		want += max(b.least, b.want)
		grow += b.grow
	}
	room := end - y
	t := 1.0
	if want > least {
		t = min(1, max(0, (room-least)/(want-least)))
	}
	left := max(0, room-want)
	gap := gapLeast + t*(gapWanted-gapLeast)
	for _, b := range blocks {
		h := b.least + t*max(0, b.want-b.least)
		if grow > 0 {
			h += min(b.most, left*b.grow/grow)
		}
		b.draw(y, h)
		y += h + gap
	}
}
