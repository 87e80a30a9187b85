package reporttest

import (
	"sync"
	"time"

	"pleth"
	"pleth/internal/analysis"
	"pleth/internal/report/chart"
	"pleth/internal/report/page"
)

// One returns the input of a report of a single night.
func One(n Night) page.Input {
	a := n.Analysed()
	return page.Input{Document: Document(a), Night: a}
}

// Fortnight returns the input of a report of the last of fourteen nights, the
// deepest of them.
func Fortnight(tweak func(*Night)) page.Input {
	depths := [...]float64{.45, .6, .5, .35, .7, .42, .55, .3, .65, .5, .38, .85, .62, 1}
	var all []*analysis.Analysed
	strips := map[string]*chart.Strip{}
	for k, d := range depths {
		n := Night{
			Seed: uint64(k), Deep: .5 + d/2, Start: time.Date(2026, 11, 4+k, 22, 20+k*7%40, 10, 0, time.UTC),
			Length: 7*time.Hour + 30*time.Minute + time.Duration(k*977%3600)*time.Second,
		}
		if tweak != nil {
			tweak(&n)
		}
		a := n.Analysed()
		strips[a.Result.ID] = chart.NewStrip(&a.Derived.Grid)
		all = append(all, a)
	}
	last := all[len(all)-1]
	return page.Input{Document: Document(last, all...), Night: last, Strips: strips}
}

// LongNames is a device whose names are longer than a line, and hostile.
func LongNames() *pleth.Device {
	return &pleth.Device{
		Maker: "A maker whose name is longer than any line of a page could hold", Model: "Model <b>\"bold\"</b> & sons \u202e\x1b[31m 心電図 №7",
		Serial: "0123456789-0123456789-0123456789-0123456789", Firmware: "2026.11.17-rc.1+build.20261117",
	}
}

// States returns the inputs of reports of every kind of night that a page
// must hold, by a name for each. They are shared: nobody may change them.
var States = sync.OnceValue(states)

func states() map[string]page.Input {
	age := "2y6m"
	aged := One(Night{Average: 8 * time.Second})
	aged.Document.Generator.Config.Age = &age
	return map[string]page.Input{
		"night":                  One(Night{}),
		"fortnight":              Fortnight(nil),
		"no clock":               One(Night{NoClock: true}),
		"no pulse":               One(Night{NoPulse: true}),
		"known zone":             One(Night{Clock: pleth.UTCClock, Zone: "Europe/Berlin", Start: time.Date(2025, 10, 25, 20, 0, 0, 0, time.UTC)}),
		"four second":            One(Night{Interval: 4 * time.Second}),
		"fractions":              One(Night{Decimals: 2}),
		"too little":             One(Night{Length: 85 * time.Minute}),
		"eleven":                 One(Night{Length: 11*time.Hour + 20*time.Minute}),
		"a day":                  One(Night{Length: 23*time.Hour + 59*time.Minute}),
		"calm":                   One(Night{Calm: true}),
		"dense":                  One(Night{Dense: true}),
		"deep":                   One(Night{Deep: 3.2}),
		"long names":             One(Night{Device: LongNames()}),
		"no device":              One(Night{Device: &pleth.Device{}}),
		"aged":                   aged,
		"pre-ductal":             One(Night{Metric: pleth.SpO2PreDuctal}),
		"lost":                   One(Night{Lost: 1}),
		"nights without a clock": Fortnight(func(n *Night) { n.NoClock = true }),
	}
}
