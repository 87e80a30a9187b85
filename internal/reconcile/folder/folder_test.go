package folder_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/deprecated"

	"pleth/internal/reconcile"
	"pleth/internal/reconcile/folder"
)

type order struct {
	ID    string    `parquet:"id"`
	Total int64     `parquet:"total,decimal(2:10)"`
	At    time.Time `parquet:"at,timestamp(microsecond)"`
	Note  *string   `parquet:"note,optional"`
}

// TestFolders: the same orders as CSV files and as Parquet are equal.
func TestFolders(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write := func(name, text string) {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("o-1.csv", "id,total,at,note\nK1,10.50,2026-03-29T01:30:00Z,\nK2,0.07,2026-03-29T03:30:00+02:00,x\n")
	write("o-2.csv", "note;id;at;total\ny;K3;2026-03-30T00:00:00Z;-1\n")
	text := func(s string) *string { return &s }
	at := time.Date(2026, 3, 29, 1, 30, 0, 0, time.UTC)
	if err := parquet.WriteFile(filepath.Join(dir, "o.parquet"), []order{{"K1", 1050, at, nil}, {"K2", 7, at, text("x")}, {"K3", -100, time.Date(2026, 3, 30, 0, 0, 0, 0, time.UTC), text("y")}}); err != nil {
		t.Fatal(err)
	}
	c := func(n string) reconcile.Column { return reconcile.Column{A: n, B: n} }
	spec := reconcile.Spec{Key: []reconcile.Column{c("id")}, Compare: []reconcile.Column{c("total"), c("at"), c("note")}}
	diff := func(a, b string) (*reconcile.Result, error) {
		return reconcile.Diff(context.Background(), spec, &folder.Table{Label: "A", Folder: dir, Pattern: a}, &folder.Table{Label: "B", Folder: dir, Pattern: b})
	}
	r, err := diff("o-*.csv", "*.parquet")
	if err != nil || !r.Equal || r.A.Rows != 3 {
		t.Errorf("%+v %v", r, err)
	}
	write("p-1.csv", "id,total,at,note\n")
	write("p-2.csv", "id,total,at\n")
	write("bad.parquet", "PAR1 this is none")
	for pattern, want := range map[string]string{"z*.csv": "no file fits", "../*.csv": "out of the folder", "p-*.csv": `no column "note"`, "bad.parquet": "bad.parquet"} {
		if _, err := diff(pattern, "o-*.csv"); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", pattern, err, want)
		}
	}
}

// TestWhatOthersWrite: decimals of any length, numbers without a sign, instants
// of 96 bits and UUIDs are what they stand for.
func TestWhatOthersWrite(t *testing.T) {
	t.Parallel()
	type row struct {
		ID    [16]byte         `parquet:"id,uuid"`
		Total [9]byte          `parquet:"total,decimal(2:20)"`
		Count uint64           `parquet:"count"`
		At    deprecated.Int96 `parquet:"at"`
	}
	dir := t.TempDir()
	// 2026-03-29T01:30:00Z is Julian day 2461129, and 5400 s of it.
	nanos := uint64(5400 * 1e9)
	at := deprecated.Int96{uint32(nanos), uint32(nanos >> 32), 2461129}
	rows := []row{{[16]byte{0x12, 15: 1}, [9]byte{7: 0x03, 8: 0xe8}, 1<<64 - 1, at}, {[16]byte{15: 2}, [9]byte{0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xf9}, 7, at}, {[16]byte{15: 3}, [9]byte{1}, 0, at}}
	if err := parquet.WriteFile(filepath.Join(dir, "o.parquet"), rows); err != nil {
		t.Fatal(err)
	}
	csv := filepath.Join(dir, "o.csv")
	if err := os.WriteFile(csv, []byte("id,total,count,at\n12000000-0000-0000-0000-000000000001,10,18446744073709551615,2026-03-29T01:30:00.000\n00000000-0000-0000-0000-000000000002,-0.07,7,2026-03-29T01:30:00.000\n00000000-0000-0000-0000-000000000003,184467440737095516.16,0,2026-03-29T01:30:00.000\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	c := func(n string) reconcile.Column { return reconcile.Column{A: n, B: n} }
	r, err := reconcile.Diff(context.Background(), reconcile.Spec{Key: []reconcile.Column{c("id")}, Compare: []reconcile.Column{c("total"), c("count"), c("at")}}, folder.File(filepath.Join(dir, "o.parquet")), folder.File(csv))
	if err != nil || !r.Equal || r.A.Rows != 3 {
		t.Errorf("%+v %v", r, err)
	}
}
