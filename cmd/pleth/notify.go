package main

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"pleth/internal/app"
)

type notifyCmd struct {
	Test notifyTestCmd `cmd:"" help:"Send a message that says it is a test."`
}

type notifyTestCmd struct {
	Config  string `required:"" help:"Settings, as pleth.yaml." placeholder:"FILE" type:"path"`
	Channel string `help:"Name of one channel (all)." placeholder:"NAME"`
}

func (c *notifyTestCmd) Run(e *env) error {
	set, err := app.ReadSettings(c.Config)
	if err != nil {
		return &exitError{exitUsage, err}
	}
	if len(set.Notify.Channels) == 0 {
		return usage("%s: there are no channels under notify.channels", c.Config)
	}
	sent, err := app.TestNotify(e.ctx, &set.Notify, c.Channel, time.Now())
	if err != nil {
		return &exitError{exitUsage, err}
	}
	failed := 0
	for _, name := range slices.Sorted(maps.Keys(sent)) {
		if err := sent[name]; err != nil {
			failed++
			fmt.Fprintf(e.stdout, "%s: not delivered: %v\n", name, err)
			continue
		}
		fmt.Fprintf(e.stdout, "%s: accepted\n", name)
	}
	if failed > 0 {
		return &exitError{exitFailed, fmt.Errorf("%d of %d channels did not accept the message", failed, len(sent))}
	}
	return nil
}
