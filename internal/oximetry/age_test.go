package oximetry_test

import (
	"bytes"
	"math"
	"os"
	"path/filepath"
	"testing"
	"time"

	"pleth/internal/oximetry"
	"pleth/internal/plethtest"
)

func TestParseAge(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		text   string
		months int
		years  float64
	}{
		{"6y", 72, 6}, {"4m", 4, 4. / 12}, {"3w", 0, 21. / 365}, {"10d", 0, 10. / 365}, {"2y6m", 30, 2.5},
		{"0d", 0, 0}, {"1y2m3w4d", 14, 14./12 + 25./365}, {"12m", 12, 1}, {"52w", 11, 364. / 365}, {"365d", 12, 1}, {"130y", 1560, 130},
	} {
		a, err := oximetry.ParseAge(c.text)
		if err != nil || !a.Known() || a.Months() != c.months || math.Abs(a.Years()-c.years) > 1e-12 || a.String() != c.text {
			t.Errorf("%s: %d months, %v years, %v; want %d, %v", c.text, a.Months(), a.Years(), err, c.months, c.years)
		}
	}
	for _, text := range []string{"", "6", "y", "-6y", "6 y", "6Y", "6y6y", "6m2y", "1.5y", "6yy", "131y", "99999d", "9999y", "6y ", "y6", "٣y"} {
		if a, err := oximetry.ParseAge(text); err == nil || a.Known() {
			t.Errorf("%q is read as %v", text, a)
		}
	}
}

func TestAgeLimits(t *testing.T) {
	t.Parallel()
	age := func(text string) oximetry.Age {
		a, err := oximetry.ParseAge(text)
		if err != nil {
			t.Fatal(err)
		}
		return a
	}
	for text, infant := range map[string]bool{"0d": true, "11m": true, "11m30d": true, "11m31d": false, "364d": true, "365d": false, "1y": false, "12m": false, "52w": true} {
		if age(text).Infant() != infant {
			t.Errorf("%s: infant %v, want %v", text, !infant, infant)
		}
	}
	var unknown oximetry.Age
	if unknown.Known() || unknown.Infant() || unknown.AtLeast(0) || unknown.Months() != 0 || unknown.String() != "" {
		t.Error("the zero age is known")
	}
	if !age("4m").AtLeast(4) || age("4m").AtLeast(5) || !age("3m31d").AtLeast(4) {
		t.Error("months are not counted exactly")
	}
}

// TestBandsPage: the page of the bands names every study with its figures.
func TestBandsPage(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile(filepath.Join(plethtest.Root(t), "docs", "definitions", "bands.md"))
	if err != nil {
		t.Fatal(err)
	}
	for _, b := range oximetry.Bands() {
		for _, text := range []string{b.Source, b.Metric} {
			if !bytes.Contains(page, []byte(text)) {
				t.Errorf("bands.md does not name %s", text)
			}
		}
	}
}

func TestBands(t *testing.T) {
	t.Parallel()
	all := oximetry.Bands()
	for _, b := range all {
		if b.Metric == "" || b.Group == "" || b.Method == "" || b.Source == "" || b.What == "" || b.Low > b.High || b.FromMonths >= b.ToMonths {
			t.Errorf("incomplete: %+v", b)
		}
	}
	all[0].Metric = "changed"
	if oximetry.Bands()[0].Metric == "changed" {
		t.Error("the table can be changed from outside")
	}
	for _, c := range []struct {
		age       string
		averaging time.Duration
		want      int
	}{
		{"", 2 * time.Second, 0},
		{"5w", 0, 0}, {"5w", 8 * time.Second, 0},
		{"5w", 2 * time.Second, 1}, // Terrill states the averaging
		{"8m", 0, 0},               // an infant, though of the group of 6 months to 12 years
		{"13m", 0, 1}, {"9y", 0, 3}, {"10y", 0, 1}, {"12y", 0, 0}, {"40y", 2 * time.Second, 0},
	} {
		var age oximetry.Age
		if c.age != "" {
			var err error
			if age, err = oximetry.ParseAge(c.age); err != nil {
				t.Fatal(err)
			}
		}
		for _, m := range allMethods {
			got := oximetry.BandsFor(age, c.averaging, m)
			if len(got) != c.want {
				t.Errorf("%q, averaging %v, %v: %d bands, want %d", c.age, c.averaging, m, len(got), c.want)
			}
			for _, b := range got {
				if b.Falls != "" || b.Metric == "odi3.per_h" || b.Metric == "odi4.per_h" {
					t.Errorf("%v is set beside falls that were found otherwise: %+v", m, b)
				}
			}
		}
	}
}
