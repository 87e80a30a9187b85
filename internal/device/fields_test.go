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

// TestSplitterAgreesWithFields: lines that are mostly like the one before are
// split as each is alone, and are called alike where digits stand for digits only.
func TestSplitterAgreesWithFields(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		sep := rapid.SampledFrom([]byte{',', ';', '\t', '7'}).Draw(t, "sep")
		s := device.NewSplitter(sep)
		letters := rapid.SampledFrom([]byte("0123456789,;\t \"-:/a\x00\xb1\xb9\xff"))
		var before []byte
		for range rapid.IntRange(1, 12).Draw(t, "lines") {
			line := bytes.Clone(before)
			if len(line) == 0 || rapid.IntRange(0, 3).Draw(t, "other") == 0 {
				line = rapid.SliceOfN(letters, 0, 40).Draw(t, "line")
			}
			for range rapid.IntRange(0, 4).Draw(t, "changes") {
				if len(line) > 0 {
					line[rapid.IntRange(0, len(line)-1).Draw(t, "at")] = letters.Draw(t, "letter")
				}
			}
			want := device.Fields(nil, line, sep)
			// Memory beyond the line must not matter.
			got, alike := s.Split(append(bytes.Clone(line), "5,5"...)[:len(line)])
			if !slices.EqualFunc(got, want, bytes.Equal) {
				t.Fatalf("%q after %q: got %q, want %q", line, before, got, want)
			}
			if alike != (before != nil && sep != '7' && bytes.Equal(form(line), form(before))) {
				t.Fatalf("%q after %q: alike is %v", line, before, alike)
			}
			before = append([]byte{}, line...)
		}
	})
}

// form returns line with 0 for every digit.
func form(line []byte) []byte {
	form := bytes.Clone(line)
	for i, b := range form {
		if b >= '0' && b <= '9' {
			form[i] = '0'
		}
	}
	return form
}
