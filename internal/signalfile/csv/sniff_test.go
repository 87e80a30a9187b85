package csv

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"pleth/internal/device"
)

func TestSniff(t *testing.T) {
	t.Parallel()
	columns := device.Given{Columns: "time=t,spo2=o"}
	for _, c := range []struct {
		name, text string
		given      device.Given
		want       device.Match
	}{
		{"explains itself", "time,spo2\n0,97\n", device.Given{}, device.Likely},
		{"told", "t,o\n0,97\n", columns, device.Told},
		{"told, not there", "a,b\n0,97\n", columns, device.Possible},
		{"told, times of no form", "t,o\nnoon,97\n", columns, device.Possible},
		{"told wrongly", "t,o\n0,97\n", device.Given{Columns: "x"}, device.Possible},
		{"told, but no text", "\x01\x02\x03", columns, device.No},
		{"told, but nothing", "", columns, device.No},
		{"no time", "n,spo2\n1,97\n", device.Given{}, device.Possible},
		{"no time, interval", "n,spo2\n1,97\n", device.Given{Interval: time.Second}, device.Likely},
		{"stamps of a device", "Time,Oxygen Level\n22:20:56 Mar 06 2025,97\n", device.Given{}, device.Possible},
		{"two of SpO2", "time,spo2,oxygen\n0,97,97\n", device.Given{}, device.No},
		{"no SpO2", "time,pulse\n0,60\n", device.Given{}, device.No},
		{"prose", "The time of spo2, and so on.\nMore, of it.\n", device.Given{}, device.No},
		{"markup", "<html><body>time,spo2</body></html>\n", device.Given{}, device.No},
		{"nothing", "", device.Given{}, device.No},
		{"zero bytes", strings.Repeat("\x00", 64), device.Given{}, device.No},
		{"electrocardiogram", "Name,Some One\nDate of Birth,Jan 1, 2000\nSample Rate,512 hertz\n\nLead,Lead I\nUnit,µV\n\n12.5\n13.1\n", device.Given{}, device.No},
	} {
		if got := sniff(device.Head{Bytes: []byte(c.text), Whole: true, Given: c.given}); got != c.want {
			t.Errorf("%s: got match %d, want %d", c.name, got, c.want)
		}
	}
}

// TestErrorsTellNothingOfThePatient has a name and values before and among the
// rows; no error and no warning may show them.
func TestErrorsTellNothingOfThePatient(t *testing.T) {
	t.Parallel()
	const secret = "Somebody"
	for _, c := range []struct{ text, columns string }{
		{"Patient,Somebody\nBorn,2001-02-03\n\n0,97\n1,96\n", "time=t,spo2=o"},
		{"Patient;Somebody\nBorn;2001-02-03\n", "time=t,spo2=o"},
		{"Somebody,x\nSomebody,y\n", "time=t,spo2=o"},
		{"time,spo2\n0,97\nSomebody,Somebody\n1,Somebody\n2,96,\"Somebody\n", ""},
		{"time,spo2\n0,97\n1,96,Somebody\n", ""},
		{"time,spo2\nSomebody,97\n", ""},
	} {
		src := &device.Source{R: strings.NewReader(c.text), Given: device.Given{Columns: c.columns}}
		w := device.NewWriter(&take{})
		err := read(context.Background(), src, w)
		var own *device.Error
		if !errors.As(err, &own) || own.Do == "" {
			t.Errorf("%q: got %v, want an error with advice", c.text, err)
			continue
		}
		said := err.Error()
		warnings, _ := w.Warnings()
		for _, w := range warnings {
			said += w.Text
		}
		if strings.Contains(said, secret) {
			t.Errorf("%q: %s", c.text, said)
		}
	}
}

func TestCheckColumns(t *testing.T) {
	t.Parallel()
	for _, good := range []string{"spo2=1", "time=t_s,spo2=spo2", "time=1, SpO2 = \"O2 sat\" ,pulse=3,motion=4,pi=5,temperature=6",
		"date=d,time=t,spo2=s,spo2_preductal=p,battery=b"} {
		if err := CheckColumns(good); err != nil {
			t.Errorf("%q: %v", good, err)
		}
	}
	for _, bad := range []string{"", ",", "spo2", "spo2=", "=1", "time=1", "spo2=1,spo2=2", "spo2=1,x=2", "spo2=1,", "date=d,spo2=1", "time=a,spo2=1,pulse=2,pulse_rate=3"} {
		var own *device.Error
		if err := CheckColumns(bad); !errors.As(err, &own) || !strings.Contains(own.Do, "--columns time=NAME,spo2=NAME") {
			t.Errorf("%q: got %v, want an error that says the form", bad, err)
		}
	}
}
