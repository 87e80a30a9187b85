package sqlsource

import (
	"testing"
	"time"
)

// TestSteps: times that an engine moves by steps come out as those of package
// time, by the minute around every change of a clock.
func TestSteps(t *testing.T) {
	zone := func(name string) *time.Location {
		l, err := time.LoadLocation(name)
		if err != nil {
			t.Fatal(err)
		}
		return l
	}
	move := func(steps []step, sec int64) int64 {
		shift := steps[0].shift
		for _, s := range steps {
			if s.from <= sec {
				shift = s.shift
			}
		}
		return sec + shift
	}
	for _, names := range [][2]string{{"Europe/Berlin", "UTC"}, {"UTC", "America/New_York"}, {"Europe/Berlin", "Europe/London"}, {"Australia/Lord_Howe", "Pacific/Apia"}, {"Asia/Kolkata", "Asia/Kolkata"}} {
		from, to := zone(names[0]), zone(names[1])
		steps := localToLocal(from, to)
		for _, day := range []string{"1941-08-10", "2011-12-30", "2026-03-29", "2026-10-25", "2026-03-08", "2026-11-01", "2026-10-04", "2055-07-01"} {
			at, err := time.Parse(time.DateOnly, day)
			if err != nil {
				t.Fatal(err)
			}
			for sec := at.Unix() - 40*3600; sec < at.Unix()+40*3600; sec += 60 {
				l := time.Unix(sec, 0).UTC()
				want := time.Date(l.Year(), l.Month(), l.Day(), l.Hour(), l.Minute(), l.Second(), 0, from).In(to).Format(time.DateTime)
				if got := time.Unix(move(steps, sec), 0).UTC().Format(time.DateTime); got != want {
					t.Fatalf("%v %s: %s, want %s", names, l, got, want)
				}
			}
		}
	}
}
