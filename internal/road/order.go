package road

import (
	"cmp"

	"pleth"
)

// metrics are all metrics in the order of content.
var metrics = pleth.Metrics()

// compareValues orders values: absent, missing, then numbers by size, however
// many decimals each was written with.
func compareValues(a, b pleth.Value) int {
	if !a.Ok() || !b.Ok() {
		return cmp.Compare(rank(a), rank(b))
	}
	am, as := a.Mantissa()
	bm, bs := b.Mantissa()
	if as == bs {
		return cmp.Compare(am, bm)
	}
	return compareScaled(am, as, bm, bs)
}

func rank(v pleth.Value) int {
	switch {
	case v.IsAbsent():
		return 0
	case v.IsMissing():
		return 1
	}
	return 2
}

// compareScaled compares am*10^-as with bm*10^-bs exactly.
func compareScaled(am int64, as uint8, bm int64, bs uint8) int {
	if as > bs {
		return -compareScaled(bm, bs, am, as)
	}
	// a has fewer decimals: compare whole parts at its scale, then what b has more.
	unit := pleth.Pow10(bs - as)
	whole, rest := bm/unit, bm%unit
	if rest < 0 {
		whole, rest = whole-1, rest+unit
	}
	if c := cmp.Compare(am, whole); c != 0 {
		return c
	}
	return cmp.Compare(0, rest)
}

// compareContent orders rows of equal time and sequence by what they say.
func compareContent(a *pleth.Batch, i int, b *pleth.Batch, k int) int {
	for _, m := range metrics {
		if c := compareValues(a.Value(m, i), b.Value(m, k)); c != 0 {
			return c
		}
	}
	return cmp.Compare(a.Marks(i), b.Marks(k))
}

// CompareRows compares row i of a with row k of b, which have the sequence
// numbers aSeq and bSeq, in the order of the road: time, sequence, content.
func CompareRows(a *pleth.Batch, aSeq int64, i int, b *pleth.Batch, bSeq int64, k int) int {
	return compareRows(a, aSeq, i, b, bSeq, k)
}

// compareRows orders rows by time, sequence and content.
func compareRows(a *pleth.Batch, aSeq int64, i int, b *pleth.Batch, bSeq int64, k int) int {
	if c := cmp.Compare(a.Time(i), b.Time(k)); c != 0 {
		return c
	}
	if c := cmp.Compare(aSeq, bSeq); c != 0 {
		return c
	}
	return compareContent(a, i, b, k)
}

// known is what rows of one time and sequence number say together.
type known struct {
	any   bool
	marks pleth.Reasons
	rows  []knownRow
}

type knownRow struct {
	of  *pleth.Batch
	row int
}

func (k *known) reset() { k.any, k.marks, k.rows = false, 0, k.rows[:0] }

// add adds a row that is there already.
func (k *known) add(b *pleth.Batch, i int) {
	k.any = true
	k.marks |= b.Marks(i)
	k.rows = append(k.rows, knownRow{b, i})
}

// verdict is how a row stands to those that are there.
type verdict uint8

const (
	isNew verdict = iota
	isKnown
	differs
)

// judge compares row i of b with the rows of its time and sequence.
func (k *known) judge(b *pleth.Batch, i int) verdict {
	if !k.any {
		return isNew
	}
	adds := b.Marks(i)&^k.marks != 0
	for _, m := range metrics {
		v := b.Value(m, i)
		if v.IsAbsent() {
			continue
		}
		carried, equal := false, false
		for _, r := range k.rows {
			have := r.of.Value(m, r.row)
			carried = carried || !have.IsAbsent()
			equal = equal || compareValues(v, have) == 0
		}
		switch {
		case equal:
		case carried:
			return differs
		default:
			adds = true
		}
	}
	if adds {
		return isNew
	}
	return isKnown
}
