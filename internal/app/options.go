package app

import (
	"fmt"
	"io"
	"slices"
	"time"

	"pleth/internal/analysis"
	"pleth/internal/device"
	"pleth/internal/intake"
	"pleth/internal/signalfile/csv"
)

// Options is what a user asks for with an analysis, as text. The zero Options
// are the defaults. A document keeps them, so that it can be made again.
type Options struct {
	ODI      string        // detector of the falls: abosa (default), luna, oscar, pobm
	Age      string        // "6y", "4m", "10d"; empty: unknown
	Zone     string        // of the recording's clock; empty: unknown
	From, To string        // part of the recording
	Interval time.Duration // between rows of a file without a time column
	Columns  string        // of a CSV: "time=t_s,spo2=spo2"
	Quantize int           // 1: round SpO2 to whole percent first
	Compat   []string      // blocks of other programs: "pobm"

	// UnpackMB may come out of one compressed file; 0: as device.DefaultLimits
	// says. No result depends on it, and documents do not keep it.
	UnpackMB int64
}

// OptionsOf returns the options that a document was made with.
func OptionsOf(c analysis.Config) Options {
	text := func(s *string) string {
		if s == nil {
			return ""
		}
		return *s
	}
	o := Options{ODI: c.ODI, Age: text(c.Age), Zone: text(c.Zone), From: text(c.From), To: text(c.To), Columns: text(c.Columns), Compat: c.Compat}
	if c.IntervalS != nil {
		o.Interval = time.Duration(*c.IntervalS * float64(time.Second))
	}
	if c.Quantize {
		o.Quantize = 1
	}
	return o
}

// NewAnalyzer checks the options and returns what analyses by them. stdin is
// read for the path "-".
func NewAnalyzer(o Options, p analysis.Program, stdin io.Reader) (*Analyzer, error) {
	a := &Analyzer{formats: Formats(), program: p, stdin: stdin, given: device.Given{Columns: o.Columns, Interval: o.Interval}}
	a.limits = device.DefaultLimits
	switch {
	case o.UnpackMB < 0 || o.UnpackMB > 1<<30:
		return nil, fmt.Errorf("--unpack %d: must be a number of MB from 1 to %d", o.UnpackMB, 1<<30)
	case o.UnpackMB > 0:
		a.limits.MostBytes = o.UnpackMB << 20
	}
	text := func(s string) *string {
		if s == "" {
			return nil
		}
		return &s
	}
	c := &a.settings.Config
	c.ODI = o.ODI
	if c.ODI == "" {
		c.ODI = "abosa"
	}
	c.Age, c.Zone, c.From, c.To, c.Columns = text(o.Age), text(o.Zone), text(o.From), text(o.To), text(o.Columns)
	if o.Zone != "" {
		zone, err := intake.ParseZone(o.Zone)
		if err != nil {
			return nil, fmt.Errorf("--zone: %w", err)
		}
		a.intake.Zone, a.settings.Zone = zone, zone.String()
	}
	for _, b := range []struct {
		name, text string
		to         *intake.Bound
	}{{"--from", o.From, &a.intake.From}, {"--to", o.To, &a.intake.To}} {
		if b.text == "" {
			continue
		}
		bound, err := intake.ParseBound(b.text)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", b.name, err)
		}
		*b.to = bound
	}
	if o.Interval < 0 {
		return nil, fmt.Errorf("--interval %s: must be positive", o.Interval)
	}
	if o.Interval > 0 {
		s := o.Interval.Seconds()
		c.IntervalS = &s
	}
	if o.Columns != "" {
		if err := csv.CheckColumns(o.Columns); err != nil {
			return nil, err
		}
	}
	switch o.Quantize {
	case 0:
	case 1:
		c.Quantize, a.settings.Stream.Quantize = true, true
	default:
		return nil, fmt.Errorf("--quantize %d: only 1 (whole percent) is known", o.Quantize)
	}
	for _, name := range o.Compat {
		if name != "pobm" {
			return nil, fmt.Errorf("--compat %s: only pobm is known", name)
		}
	}
	c.Compat = slices.Clone(o.Compat)
	slices.Sort(c.Compat)
	c.Compat = slices.Compact(c.Compat)
	if err := a.settings.Resolve(); err != nil {
		return nil, err
	}
	return a, nil
}
