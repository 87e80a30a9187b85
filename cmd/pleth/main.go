// Command pleth reads what oximeters recorded, says what is in it, and keeps
// the evidence with every number. Not a medical device.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/alecthomas/kong"

	"pleth/internal/analysis"
	"pleth/internal/app"
)

// Set by the linker.
var (
	version = "dev"
	commit  = "unknown"
)

// Exit codes, the same for every command.
const (
	exitFine    = 0 // all is well
	exitFailed  = 1 // something failed
	exitUsage   = 2 // used wrongly
	exitNoData  = 3 // the input holds no usable data
	exitRefused = 4 // finished, some inputs were refused
)

// exitError carries an exit code; an empty message prints nothing.
type exitError struct {
	code int
	err  error
}

func (e *exitError) Error() string {
	if e.err == nil {
		return ""
	}
	return e.err.Error()
}

func (e *exitError) Unwrap() error { return e.err }

func usage(format string, args ...any) error {
	return &exitError{exitUsage, fmt.Errorf(format, args...)}
}

// env is what a command gets besides its flags.
type env struct {
	ctx            context.Context
	stdin          io.Reader
	stdout, stderr *os.File
	program        analysis.Program
}

type cli struct {
	Analyze   analyzeCmd   `cmd:"" help:"Analyse recordings: what was recorded, what is artefact, which dips matter."`
	Verify    verifyCmd    `cmd:"" help:"Re-derive every number of an analysis document from the raw file."`
	Replay    replayCmd    `cmd:"" help:"Build everything behind the log of a stopped server again, in a side store."`
	Fsck      fsckCmd      `cmd:"" help:"Check the storage of a stopped server, and repair it."`
	Formats   formatsCmd   `cmd:"" help:"List the recordings that can be read."`
	Reconcile reconcileCmd `cmd:"" help:"Compare what two systems of record say."`
	Simulate  simulateCmd  `cmd:"" help:"Make recordings whose truth is known."`
	Schema    schemaCmd    `cmd:"" help:"Print the schemas of what pleth writes."`
	Version   versionCmd   `cmd:"" help:"Print the version."`
	Import    importCmd    `cmd:"" help:"Send recordings to a server, which keeps and analyses them."`
	Export    exportCmd    `cmd:"" help:"Fetch readings from a server."`
	Alarms    alarmsCmd    `cmd:"" help:"What alarms there were."`
	Notify    notifyCmd    `cmd:"" help:"Try the channels that tell people of alarms."`
	Serve     serveCmd     `cmd:"" help:"Take readings from devices, keep them, and answer for them."`
	Backup    backupCmd    `cmd:"" help:"Write everything a server keeps to one archive, while it runs or not."`
	Restore   restoreCmd   `cmd:"" help:"Put a backup into a new data folder."`
	Watch     watchCmd     `cmd:"" help:"Show the devices and alarms of a server as they come."`
}

const about = `pleth reads what oximeters recorded and says what is in it.

It summarises and flags; it never diagnoses. Not a medical device, not for
diagnosis or life support.

Exit codes: 0 fine, 1 failed, 2 used wrongly, 3 no usable data, 4 finished with some inputs refused.`

func main() {
	app.GiveBack()
	app.Headroom()
	if len(os.Args) == 1 && clicked() {
		os.Exit(clickRun(os.Stdin, os.Stdout, os.Stderr))
	}
	os.Exit(run(os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}

func run(args []string, stdin io.Reader, stdout, stderr *os.File) int {
	end := []os.Signal{os.Interrupt, syscall.SIGTERM}
	if !signal.Ignored(syscall.SIGHUP) { // as nohup has it
		end = append(end, syscall.SIGHUP)
	}
	ctx, stop := signal.NotifyContext(context.Background(), end...)
	defer stop()
	var c cli
	exited := -1
	parser, err := kong.New(&c, kong.Name("pleth"), kong.Description(about), kong.UsageOnError(),
		kong.Writers(stdout, stderr), kong.Exit(func(code int) { exited = code }),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true}))
	if err != nil {
		fmt.Fprintln(stderr, "pleth:", err)
		return exitFailed
	}
	if len(args) == 0 {
		args = []string{"--help"}
	}
	parsed, err := parser.Parse(args)
	if exited >= 0 {
		return exited
	}
	if err != nil {
		// What a flag is without being given stands in its list of words as "".
		text := strings.Replace(err.Error(), `one of "",`, "one of ", 1)
		fmt.Fprintf(stderr, "pleth: %s\nSee pleth --help.\n", text)
		return exitUsage
	}
	err = parsed.Run(&env{ctx, stdin, stdout, stderr, analysis.Program{Version: version, Commit: commit}})
	var exit *exitError
	switch {
	case err == nil:
		return exitFine
	case errors.As(err, &exit):
		if msg := exit.Error(); msg != "" {
			fmt.Fprintln(stderr, "pleth:", msg)
		}
		return exit.code
	}
	fmt.Fprintln(stderr, "pleth:", err)
	return exitFailed
}

type versionCmd struct{}

func (versionCmd) Run(e *env) error {
	_, err := fmt.Fprintf(e.stdout, "pleth %s (%s), rules %s\n", e.program.Version, e.program.Commit, analysis.RuleSet)
	return err
}
