package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strings"
	"text/tabwriter"

	"pleth/internal/app"
	"pleth/internal/watch"
)

type alarmsCmd struct {
	Report alarmsReportCmd `cmd:"" help:"Count alarms per device-hour, and what other settings would have given on the same log."`
}

type alarmsReportCmd struct {
	Data      string   `help:"Data directory of a stopped server." placeholder:"DIR" type:"path" xor:"from" required:""`
	To        string   `help:"Address of a running server." placeholder:"URL" xor:"from" required:""`
	TokenFile string   `help:"Token of that server, such as DIR/admin-token." placeholder:"FILE" type:"path"`
	KeyFile   string   `help:"Key under which the directory lies on disk." placeholder:"FILE" type:"path"`
	WhatIf    []string `help:"Another setting: delay=15s, spo2.low.delay=20s, spo2.low.limit=88, spo2.low.off, or NAME: a rule in words. May stand several times." sep:"none" placeholder:"SETTING"`
	JSON      bool     `help:"Print JSON."`
}

func (c *alarmsReportCmd) Run(e *env) error {
	for _, text := range c.WhatIf {
		if _, err := watch.ParseWhatIf(text); err != nil {
			return &exitError{exitUsage, fmt.Errorf("--what-if %w", err)}
		}
	}
	r, err := c.report(e)
	if err != nil {
		return err
	}
	if c.JSON {
		enc := json.NewEncoder(e.stdout)
		enc.SetIndent("", "  ")
		return enc.Encode(r)
	}
	return writeAlarmReport(e.stdout, r)
}

func (c *alarmsReportCmd) report(e *env) (*watch.Report, error) {
	if c.To == "" {
		return app.AlarmReport(e.ctx, c.Data, c.KeyFile, c.WhatIf)
	}
	u := strings.TrimSuffix(c.To, "/") + "/api/v1/alarm-report?" + url.Values{"what_if": c.WhatIf}.Encode()
	req, err := http.NewRequestWithContext(e.ctx, http.MethodGet, u, nil)
	if err != nil {
		return nil, &exitError{exitUsage, fmt.Errorf("--to: %w", err)}
	}
	if c.TokenFile != "" {
		b, err := os.ReadFile(c.TokenFile)
		if err != nil {
			return nil, &exitError{exitUsage, fmt.Errorf("--token-file: %w", err)}
		}
		req.Header.Set("Authorization", "Bearer "+strings.TrimSpace(string(b)))
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return nil, err
	}
	defer res.Body.Close()
	body, err := io.ReadAll(io.LimitReader(res.Body, 16<<20))
	if err != nil {
		return nil, err
	}
	if res.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("%s answers %s: %s", c.To, res.Status, strings.TrimSpace(string(body[:min(len(body), 500)])))
	}
	r := &watch.Report{}
	return r, json.Unmarshal(body, r)
}

// writeAlarmReport writes r to be read.
func writeAlarmReport(w io.Writer, r *watch.Report) error {
	fmt.Fprintf(w, "%d devices, %.1f device-hours\n", r.Devices, r.DeviceHours)
	was := 0
	for i, s := range r.Settings {
		fmt.Fprintf(w, "\n%s: %d alarms, %.2f per device-hour", s.Settings, s.Alarms, s.PerDeviceHour)
		if i == 0 {
			was = s.Alarms
		} else if was > 0 {
			fmt.Fprintf(w, " (%+.0f %%)", 100*float64(s.Alarms-was)/float64(was))
		}
		fmt.Fprintln(w)
		if len(s.Conditions) == 0 {
			continue
		}
		t := tabwriter.NewWriter(w, 0, 4, 2, ' ', 0)
		fmt.Fprintln(t, "  rule\tpriority\talarms\tper device-hour\tacknowledged\tmedian\t90 %")
		for _, k := range s.Conditions {
			fmt.Fprintf(t, "  %s\t%s\t%d\t%.3f\t%d\t%s\t%s\n", k.Rule, k.Priority, k.Alarms, k.PerDeviceHour, k.Acknowledged, secondsOr(k.AckMedianS), secondsOr(k.AckP90S))
		}
		if err := t.Flush(); err != nil {
			return err
		}
	}
	return nil
}

func secondsOr(s *float64) string {
	if s == nil {
		return "-"
	}
	return fmt.Sprintf("%.0f s", *s)
}
