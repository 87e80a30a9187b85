package device_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"pleth"
	"pleth/internal/device"
)

type noRows struct{}

func (noRows) Start(pleth.Header) error { return nil }
func (noRows) Rows(*pleth.Batch) error  { return nil }

// readTable reads text with a header of two columns; a row is damaged if its
// first field is "bad". It returns the second fields.
func readTable(ctx context.Context, text string) ([]string, []device.Warning, error) {
	t := device.NewTable(&device.Source{R: strings.NewReader(text)}, ',')
	w := device.NewWriter(noRows{})
	var read []string
	t.Header()
	for t.Next(ctx) {
		f, ok := t.Fields()
		if !ok || string(f[0]) == "bad" {
			t.Damaged()
			continue
		}
		w.Row(0)
		read = append(read, string(f[1]))
	}
	err := t.End(ctx, w)
	warnings, _ := w.Warnings()
	return read, warnings, err
}

func TestTable(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, text string
		read       string // second fields, joined by blanks
		warnings   string // "code place", joined by semicolons
		err        string
	}{
		{"empty", "", "", "", ""},
		{"header only", "a,b\n", "", "", ""},
		{"rows", "a,b\n1,2\n3,4\n", "2 4", "", ""},
		{"comma at the end of the header", "a,b,\n1,2,\n3,4\n", "2 4", "", ""},
		{"comma at the end of a row", "a,b\n1,2,\n", "2", "", ""},
		{"blank lines", "a,b\r\n\r\n1,2\r\n \r\n3,4\r\n\r\n", "2 4", "", ""},
		{"one damaged row", "a,b\n1,2\nbad,4\n5,6\n", "2 6", "damaged-rows line 3", ""},
		{"too few and too many fields", "a,b\n1,2\n3\n4,5,6\n7,8\n", "2 8", "damaged-rows line 3", ""},
		{"no row can be read", "a,b\nbad,2\nbad,4\n", "", "", "line 2: this row cannot be read, nor can any other; check that the file is as the program of the oximeter wrote it"},
		{"cut in a row", "a,b\n1,2\n3", "2", "truncated line 3", ""},
		{"cut in the first row", "a,b\n1", "", "", "line 2: the file ends inside this row; before it 0 rows are read; copy the file again from the device"},
		{"last row without end", "a,b\n1,2\n3,4", "2 4", "truncated line 3", ""},
		{"endless line", "a,b\n1,2\n" + strings.Repeat("x", 2<<20), "2", "truncated line 2", ""},
		{"nothing but an endless line", "a,b\n" + strings.Repeat("x", 2<<20), "", "", "line 2: the line that begins at byte 4 is longer than 1048576 bytes; this is not a text export of an oximeter, or its line ends were lost"},
		{"damaged and cut", "a,b\nbad,1\n1,2\n3", "2", "damaged-rows line 2; truncated line 4", ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			read, warnings, err := readTable(t.Context(), test.text)
			if got := strings.Join(read, " "); got != test.read {
				t.Errorf("read %q, want %q", got, test.read)
			}
			var said []string
			for _, w := range warnings {
				said = append(said, w.Code+" "+w.At)
			}
			if got := strings.Join(said, "; "); got != test.warnings {
				t.Errorf("warnings %q, want %q", got, test.warnings)
			}
			if got := errText(err); got != test.err {
				t.Errorf("error %q, want %q", got, test.err)
			}
		})
	}
}

func errText(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

func TestTableStopsWithItsContext(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	read, _, err := readTable(ctx, "a,b\n"+strings.Repeat("1,2\n", 10000))
	if !errors.Is(err, context.Canceled) || len(read) > 4096 {
		t.Errorf("got %d rows and error %v; want at most 4096 and the end of the context", len(read), err)
	}
}

func TestVital(t *testing.T) {
	t.Parallel()
	tests := []struct {
		text string
		want pleth.Value
		ok   bool
	}{
		{"97", pleth.Num(97, 0), true},
		{"097", pleth.Num(97, 0), true},
		{"96.5", pleth.Num(965, 1), true},
		{"", pleth.Missing(), true},
		{"--", pleth.Missing(), true},
		{"---", pleth.Missing(), true},
		{"255", pleth.Missing(), true},
		{"0", pleth.Missing(), true},
		{"000", pleth.Missing(), true},
		{"9x", pleth.Value{}, false},
		{"NaN", pleth.Value{}, false},
		{"-x", pleth.Value{}, false},
	}
	for _, test := range tests {
		if got, ok := device.Vital([]byte(test.text), 255); got != test.want || ok != test.ok {
			t.Errorf("Vital(%q) = %v, %t; want %v, %t", test.text, got, ok, test.want, test.ok)
		}
	}
	if got, ok := device.Number([]byte("0")); got != pleth.Num(0, 0) || !ok {
		t.Errorf(`Number("0") = %v, %t; want 0, true`, got, ok)
	}
}
