package reading

import (
	"cmp"
	"slices"

	"pleth"
)

// Compare orders row i of t and row j of u as stored readings are: by event
// time, sequence number (NoSeq first) and content.
func Compare(t *Table, i int, u *Table, j int) int {
	if c := cmp.Compare(t.Rows.Time(i), u.Rows.Time(j)); c != 0 {
		return c
	}
	return cmp.Or(cmp.Compare(t.SeqOf(i), u.SeqOf(j)), pleth.CompareRows(&t.Rows, i, &u.Rows, j))
}

// Slice returns rows i to j, j not included. They share their memory with t.
func (t *Table) Slice(i, j int) *Table {
	s := &Table{Partition: t.Partition, Rows: t.Rows.Slice(i, j), Origins: slices.Clip(t.Origins)}
	s.Seq, s.Flags, s.Of = part(t.Seq, i, j), part(t.Flags, i, j), part(t.Of, i, j)
	return s
}

// part returns s[i:j] as far as s goes.
func part[T any](s []T, i, j int) []T {
	j = min(j, len(s))
	if i >= j {
		return nil
	}
	return slices.Clip(s[i:j])
}

// AppendRow appends row i of u to t.
func (t *Table) AppendRow(u *Table, i int) {
	row := t.Rows.Len()
	t.Rows.AppendRow(&u.Rows, i)
	if s := u.SeqOf(i); s != NoSeq {
		for len(t.Seq) < row {
			t.Seq = append(t.Seq, NoSeq)
		}
		t.Seq = append(t.Seq, s)
	}
	if f := u.FlagsOf(i); f != 0 {
		for len(t.Flags) < row {
			t.Flags = append(t.Flags, 0)
		}
		t.Flags = append(t.Flags, f)
	}
	of := t.origin(u.OriginOf(i))
	if of == 0 && len(t.Of) == 0 {
		return
	}
	for len(t.Of) < row {
		t.Of = append(t.Of, 0)
	}
	t.Of = append(t.Of, of)
}

// origin returns the index of o in t's origins, where it is put if it is new.
func (t *Table) origin(o *Origin) uint32 {
	for i := len(t.Origins) - 1; i >= 0; i-- {
		if t.Origins[i].Equal(o) {
			return uint32(i)
		}
	}
	t.Origins = append(t.Origins, *o)
	return uint32(len(t.Origins) - 1)
}

// Equal reports whether o and p say the same.
func (o *Origin) Equal(p *Origin) bool {
	return o.Door == p.Door && o.Subject == p.Subject && o.Firmware == p.Firmware && slices.Equal(o.Tags, p.Tags)
}
