package format_test

import (
	"reflect"
	"regexp"
	"slices"
	"testing"
	"time"

	"pleth/internal/report/format"
)

// TestGermanSaysAllThatEnglishSays walks through every text: none is left out,
// and each takes the same values in the same order.
func TestGermanSaysAllThatEnglishSays(t *testing.T) {
	verb := regexp.MustCompile(`%[a-z]`)
	var walk func(path string, a, b reflect.Value)
	walk = func(path string, a, b reflect.Value) {
		switch a.Kind() {
		case reflect.String:
			x, y := a.String(), b.String()
			if (x == "") != (y == "") || !slices.Equal(verb.FindAllString(x, -1), verb.FindAllString(y, -1)) {
				t.Errorf("%s: %q in English, %q in German", path, x, y)
			}
		case reflect.Struct:
			for i := range a.NumField() {
				name := a.Type().Field(i).Name
				if name == "Terminal" || name == "date" || name == "shortDate" { // the terminal speaks English
					continue
				}
				walk(path+"."+name, a.Field(i), b.Field(i))
			}
		case reflect.Array:
			for i := range a.Len() {
				walk(path, a.Index(i), b.Index(i))
			}
		case reflect.Map:
			if a.Len() != b.Len() {
				t.Errorf("%s: %d in English, %d in German", path, a.Len(), b.Len())
			}
			for _, k := range a.MapKeys() {
				if !b.MapIndex(k).IsValid() {
					t.Errorf("%s: no %q in German", path, k)
					continue
				}
				walk(path+"."+k.String(), a.MapIndex(k), b.MapIndex(k))
			}
		}
	}
	walk("", reflect.ValueOf(*format.English()), reflect.ValueOf(*format.German()))
}

func TestNumbersAndDatesOfALanguage(t *testing.T) {
	w := format.In("de")
	for text, want := range map[string]string{
		"6.8": "6,8", "1.024 s": "1,024 s", "95.5 % – 95.9 %": "95,5 % – 95,9 %", "Dr. A. 3": "Dr. A. 3", "5.": "5.", ".5": ".5", "−0.4 µ1.5": "−0,4 µ1,5",
	} {
		if got := w.Local(text); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
		if got := format.In("en").Local(text); got != text {
			t.Errorf("%q in English: %q", text, got)
		}
	}
	day := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
	if got := w.Date(day) + " / " + w.ShortDate(day); got != "Sonntag, 1. März 2026 / So 1. Mär" {
		t.Error(got)
	}
	if format.In("xx").Lang != "en" || format.In("").Lang != "en" {
		t.Error("a language that is not there is not English")
	}
}
