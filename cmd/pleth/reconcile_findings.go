package main

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"text/tabwriter"

	"pleth/internal/reconcile/desk"
)

type reconcileFindingsCmd struct {
	deskFlags
	Pair    string `help:"Check only this pair (all)." placeholder:"NAME"`
	NoCheck bool   `help:"List what is known, without a check."`
	Full    bool   `help:"Check all of the history."`
	Limit   int    `default:"10000" help:"So many, the newest first."`
}

func (c *reconcileFindingsCmd) Run(e *env) error {
	if c.Limit < 1 {
		return usage("--limit %d: from 1", c.Limit)
	}
	d, err := c.open(e)
	if err != nil {
		return err
	}
	if !c.NoCheck {
		err = d.check(e.ctx, c.Pair, c.Full)
	}
	var list []desk.Finding
	var all *desk.Overview
	if err == nil {
		all, err = d.Overview(e.ctx)
	}
	if err == nil {
		list, err = d.standing(e.ctx, c.Limit)
	}
	if err == nil && c.JSON {
		if list == nil {
			list = []desk.Finding{}
		}
		err = json.NewEncoder(e.stdout).Encode(map[string]any{"findings": list})
	} else if err == nil {
		slices.SortStableFunc(list, func(x, y desk.Finding) int {
			return cmp.Or(cmp.Compare(x.Integration, y.Integration), cmp.Compare(x.Class, y.Class), slices.Compare(x.Key, y.Key))
		})
		w := tabwriter.NewWriter(e.stdout, 0, 4, 2, ' ', 0)
		for i := range list {
			f := &list[i]
			word := "on its way"
			if f.Confirmed {
				word = "confirmed"
			}
			fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\t%s\n", f.Integration, f.Class, inLine(strings.Join(f.Key, " ")), f.Day, inLine(f.Channel), word, strings.Join(differences(&f.Finding), "; "))
		}
		err = w.Flush()
		for _, g := range all.Groups {
			for i := range g.Integrations {
				for _, h := range g.Integrations[i].Hints {
					fmt.Fprintf(e.stdout, "hint: %s: %s\n", g.Integrations[i].Name, inLine(h.Text))
				}
			}
		}
	}
	if err = errors.Join(err, d.close()); err == nil && len(list) > 0 {
		return &exitError{code: exitRefused}
	}
	return err
}
