package device_test

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"pleth/internal/device"
)

func fields(line string, sep byte) []string {
	var all []string
	for _, f := range device.Fields(nil, []byte(line), sep) {
		all = append(all, string(f))
	}
	return all
}

func TestFields(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		line string
		sep  byte
		want []string
	}{
		{"", ',', []string{""}},
		{"a", ',', []string{"a"}},
		{"a,b", ',', []string{"a", "b"}},
		{"a,b,", ',', []string{"a", "b", ""}},
		{",", ',', []string{"", ""}},
		{" a , b\t", ',', []string{"a", "b"}},
		{"2021-05-15, 12:06:42, 95, 71", ',', []string{"2021-05-15", "12:06:42", "95", "71"}},
		{`"11:20:29PM Jun 19, 2026",97,62`, ',', []string{"11:20:29PM Jun 19, 2026", "97", "62"}},
		{`"a" , "b"`, ',', []string{"a", "b"}},
		{`"say ""no""",2`, ',', []string{`say ""no""`, "2"}},
		{`"open,2`, ',', []string{"open,2"}},
		{`""`, ',', []string{""}},
		{`"`, ',', []string{""}},
		{`"a"x,2`, ',', []string{"a", "2"}},
		{`5",2`, ',', []string{`5"`, "2"}},
		{"1,5;2,5", ';', []string{"1,5", "2,5"}},
		{"a\t b\t", '\t', []string{"a", "b", ""}},
		{"\t\tb", '\t', []string{"", "", "b"}},
	} {
		if got := fields(c.line, c.sep); !slices.Equal(got, c.want) {
			t.Errorf("%q: got %q, want %q", c.line, got, c.want)
		}
	}
}

func TestFieldsWrittenAreFieldsRead(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		sep := rapid.SampledFrom([]byte{',', ';', '\t'}).Draw(t, "sep")
		want := rapid.SliceOfN(rapid.StringOf(rapid.SampledFrom([]rune("ab1 ,;\t\""))), 1, 9).Draw(t, "fields")
		parts := make([]string, len(want))
		for i, f := range want {
			plain := strings.Trim(f, " \t") == f && !strings.ContainsAny(f, "\""+string(sep))
			if plain && rapid.Bool().Draw(t, "plain") {
				parts[i] = f
				continue
			}
			want[i] = strings.ReplaceAll(f, `"`, `""`)
			parts[i] = `"` + want[i] + `"`
		}
		if got := fields(strings.Join(parts, string(sep)), sep); !slices.Equal(got, want) {
			t.Fatalf("got %q, want %q", got, want)
		}
	})
}

func FuzzFields(f *testing.F) {
	f.Add([]byte(`"a, b",2, 3 ,`), byte(','))
	f.Add([]byte(`"`), byte(';'))
	f.Fuzz(func(t *testing.T, line []byte, sep byte) {
		if sep == '"' || sep == ' ' {
			return
		}
		all := device.Fields(nil, line, sep)
		if len(all) == 0 || len(all) > bytes.Count(line, []byte{sep})+1 {
			t.Fatalf("%d fields in %q", len(all), line)
		}
		if !bytes.ContainsRune(line, '"') && len(all) != bytes.Count(line, []byte{sep})+1 {
			t.Fatalf("%d fields in %q, which has no quotes", len(all), line)
		}
	})
}
