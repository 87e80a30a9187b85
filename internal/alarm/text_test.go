package alarm_test

import (
	"errors"
	"strings"
	"testing"

	"pleth"
	"pleth/internal/alarm"
	"pleth/internal/signal"
)

func TestParseRule(t *testing.T) {
	t.Parallel()
	r, err := alarm.ParseRule("mine", "avg(local_tissue_o2) over tumbling 30s < 25.0 for 0s priority medium")
	if err != nil {
		t.Fatal(err)
	}
	if r.Kind != alarm.Windowed || r.Aggregate != alarm.Mean || r.Metric != pleth.TissuePO2 || r.Sliding || r.High ||
		r.Window != 30*signal.Second || r.Limit != signal.Whole(25) || r.Delay != 0 || r.Priority != alarm.Medium {
		t.Errorf("%+v", r)
	}
	r, err = alarm.ParseRule("mine", "max( heart_rate )over sliding 5m>140.5 for 20s priority high")
	if err != nil || !r.Sliding || !r.High || r.Window != 300*signal.Second || r.Limit != 1405*signal.One/10 {
		t.Errorf("%+v, %v", r, err)
	}
	r, err = alarm.ParseRule("mine", "heart_rate > 140 for 20s priority medium")
	if err != nil || r.Kind != alarm.Above || r.Delay != 20*signal.Second {
		t.Errorf("%+v, %v", r, err)
	}
	for text, word := range map[string]string{
		"avg(local_tissue) over tumbling 30s < 25 for 0s priority low":   "local_tissue",
		"average(spo2) over tumbling 30s < 25 for 0s priority low":       "average",
		"avg spo2 over tumbling 30s < 25 for 0s priority low":            "spo2",
		"avg(spo2) over jumping 30s < 25 for 0s priority low":            "jumping",
		"avg(spo2) over tumbling 30 < 25 for 0s priority low":            "30",
		"avg(spo2) over tumbling 2h < 25 for 0s priority low":            "2h",
		"avg(spo2) over tumbling 30s = 25 for 0s priority low":           "=",
		"avg(spo2) over tumbling 30s < ninety for 0s priority low":       "ninety",
		"avg(spo2) over tumbling 30s < 25 for ever priority low":         "ever",
		"avg(spo2) over tumbling 30s < 25 for 0s priority urgent":        "urgent",
		"avg(spo2) over tumbling 30s < 25 for 0s priority low and so on": "and",
		"spo2 < 90 for 10s": "",
		"":                  "",
	} {
		_, err := alarm.ParseRule("mine", text)
		var own *alarm.SyntaxError
		if !errors.As(err, &own) || own.Word != word || word != "" && text[own.Column-1:own.Column-1+len(word)] != word {
			t.Errorf("%q: %v, want it to point at %q", text, err, word)
		} else if !strings.Contains(err.Error(), "^") {
			t.Errorf("%q: %v", text, err)
		}
	}
}

func FuzzParseRule(f *testing.F) {
	f.Add("avg(local_tissue_o2) over tumbling 30s < 25.0 for 0s priority medium")
	f.Add("heart_rate > 1e5 for 20s priority high")
	f.Fuzz(func(t *testing.T, text string) {
		r, err := alarm.ParseRule("fuzz", text)
		if err != nil {
			_ = err.Error()
			return
		}
		p := &alarm.Profile{Rules: []alarm.Rule{r}}
		if p.Check() != nil {
			return
		}
		e := alarm.New(p)
		for k := range 100 {
			one := alarm.Reading{At: int64(k) * signal.Second}
			one.Set(r.Metric, signal.Whole(k))
			if _, err := e.Push(&one); err != nil {
				t.Fatal(err)
			}
		}
	})
}
