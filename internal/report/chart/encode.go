package chart

import (
	"encoding/base64"
	"encoding/binary"

	"pleth"
	"pleth/internal/signal"
	"pleth/internal/window"
)

// maxDecimals is how finely Encode tells values apart.
const maxDecimals = 3

// Encode returns the values of g, one a second for at least seconds, as text
// for the page's script, and the decimals of the numbers in it. The text is
// base64 of runs of equal values: the varint of 2*length, and of zigzag(value -
// value of the run before, from 0) at 10^-decimals; or of 2*length + 1 for a
// run without values. Values with more than maxDecimals are rounded.
func Encode(g *window.Grid, seconds int) (text string, decimals int) {
	for k, v := range g.V {
		for g.Ok(k) && decimals < maxDecimals && v%unit(decimals) != 0 {
			decimals++
		}
	}
	step := int64(unit(decimals))
	at := func(k int) (int64, bool) {
		if k >= g.Len() || !g.Ok(k) {
			return 0, false
		}
		return pleth.DivRound(int64(g.V[k]), step), true
	}
	var b []byte
	last := int64(0)
	n := max(g.Len(), seconds)
	for k := 0; k < n; {
		v, ok := at(k)
		end := k + 1
		for ; end < n; end++ {
			if w, also := at(end); w != v || also != ok {
				break
			}
		}
		b = binary.AppendUvarint(b, uint64(end-k)<<1|missingBit(ok))
		if ok {
			b = binary.AppendVarint(b, v-last)
			last = v
		}
		k = end
	}
	return base64.StdEncoding.EncodeToString(b), decimals
}

func unit(decimals int) signal.Fixed { return signal.Fixed(pleth.Pow10(uint8(9 - decimals))) }

func missingBit(ok bool) uint64 {
	if ok {
		return 0
	}
	return 1
}
