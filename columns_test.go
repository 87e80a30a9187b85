package pleth

import "testing"

func TestSlice(t *testing.T) {
	t.Parallel()
	var b Batch
	for i := range 10 {
		b.AddRow(int64(i))
		if i < 4 {
			b.SetInt(SpO2, int64(90+i))
		}
		if i == 2 {
			b.Mark(InMotion)
		}
	}
	s := b.Slice(2, 6)
	if s.Len() != 4 || s.Time(0) != 2 || s.Value(SpO2, 1).String() != "93" || !s.Value(SpO2, 2).IsAbsent() || s.Marks(0) != InMotion || s.Marks(3) != 0 {
		t.Errorf("rows 2 to 6 are %+v", s)
	}
	s.AddRow(99)
	if b.Time(6) != 6 {
		t.Error("a row added to a slice changed the batch")
	}
	if s := b.Slice(5, 8); s.Has(SpO2) {
		t.Error("rows without the metric have it")
	}
}

func TestSetColumn(t *testing.T) {
	t.Parallel()
	var b Batch
	b.SetRows([]int64{1, 2, 3}, nil)
	b.SetColumn(Temperature, 1, []int64{365, MissingMantissa})
	if v := b.Value(Temperature, 0); v.String() != "36.5" {
		t.Errorf("the value is %v, want 36.5", v)
	}
	if v := b.Value(Temperature, 1); !v.IsMissing() {
		t.Errorf("the value is %v, want missing", v)
	}
	if v := b.Value(Temperature, 2); !v.IsAbsent() {
		t.Errorf("the value is %v, want absent", v)
	}
}
