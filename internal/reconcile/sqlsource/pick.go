package sqlsource

import (
	"context"
	"fmt"
	"strings"

	"pleth/internal/reconcile"
)

// rangesAtOnce is how many stretches of keys one statement asks for.
const rangesAtOnce = 100

// picked is what Pick and Odd return: forms are made when it is scanned.
type picked struct {
	*Table
	s     reconcile.Shape
	parts uint64
	some  []uint64
	limit int // of odd rows; 0: it is a Pick
}

// Pick implements reconcile.Tallier.
func (t *Table) Pick(s reconcile.Shape, parts uint64, some []uint64) reconcile.Source {
	return &picked{Table: t, s: s, parts: parts, some: some}
}

// Odd implements reconcile.Tallier.
func (t *Table) Odd(s reconcile.Shape, limit int) reconcile.Source {
	return &picked{Table: t, s: s, limit: max(1, limit)}
}

// Scan reads the rows. Those of ranges come in several statements, each of
// which reads what an index finds.
func (p *picked) Scan(ctx context.Context, row func(int64, []reconcile.Cell) error, bad func(int64, string) error) error {
	f, err := p.forms(ctx, &p.s)
	if err != nil {
		return err
	}
	one := *p.Table
	one.want = reconcile.Want{Columns: p.want.Columns}
	if p.limit > 0 {
		one.tail = fmt.Sprintf("%s AND %s LIMIT %d", f.odd, f.around(), p.limit)
		return one.Scan(ctx, row, bad)
	}
	base := f.inside + " AND NOT " + f.odd
	if p.s.Range == (reconcile.Range{}) {
		var list []string
		for _, n := range p.some {
			list = append(list, fmt.Sprint(n))
		}
		one.tail = base + " AND " + p.part(f, &p.s, p.parts) + " IN (" + strings.Join(list, ", ") + ")"
		return one.Scan(ctx, row, bad)
	}
	ranges := p.ranges()
	rows := int64(0)
	for len(ranges) > 0 {
		n := min(rangesAtOnce, len(ranges))
		one.tail = base + " AND (" + strings.Join(ranges[:n], " OR ") + ")"
		ranges = ranges[n:]
		before := rows
		err := one.Scan(ctx, func(place int64, cells []reconcile.Cell) error {
			rows = before + place
			return row(rows, cells)
		}, func(place int64, why string) error {
			rows = before + place
			return bad(rows, why)
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// ranges returns conditions on the key, parts beside each other in one. some is
// in order.
func (p *picked) ranges() []string {
	c := p.db.column(p.s.Key[0])
	r := p.s.Range
	var out []string
	for i := 0; i < len(p.some); {
		from := p.some[i]
		to := from
		for i++; i < len(p.some) && p.some[i] == to+1; i++ {
			to++
		}
		cond := "1 = 1"
		if from > 0 {
			cond = fmt.Sprintf("%s >= %d", c, r.From+int64(from)*r.Width)
		}
		if to < p.parts-1 {
			cond += fmt.Sprintf(" AND %s < %d", c, r.From+int64(to+1)*r.Width)
		}
		out = append(out, "("+cond+")")
	}
	return out
}
