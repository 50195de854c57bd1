// Command cairn is an OP Stack rollup in one binary.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime/debug"
	"syscall"

	"github.com/alecthomas/kong"

	"github.com/cairn-rollup/cairn/devnet"
)

// Exit codes: what was asked makes no sense, or what was asked did not work.
const (
	exitOK      = 0
	exitFailed  = 1
	exitMisused = 2
)

type cli struct {
	Devnet devnetCmd `cmd:"" help:"Run a whole rollup on this machine, or talk to a running one."`

	Version kong.VersionFlag `help:"Print the version and exit."`
}

const description = `Cairn: an OP Stack rollup in one binary.

A first try, with nothing but this program:
  cairn devnet
Then point any Ethereum wallet or library at http://127.0.0.1:9545.`

func main() { os.Exit(run(os.Args[1:], os.Stdout, os.Stderr)) }

// run is main with its surroundings as parameters.
func run(args []string, stdout, stderr io.Writer) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	code := -1
	parser, err := kong.New(&cli{},
		kong.Name("cairn"), kong.Description(description), kong.UsageOnError(),
		kong.Vars{"version": version()}, kong.Writers(stdout, stderr),
		kong.Exit(func(c int) { code = c }),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true, FlagsLast: true}),
		kong.BindTo(ctx, (*context.Context)(nil)),
		kong.Bind(&streams{out: stdout, err: stderr}),
	)
	if err != nil {
		panic(err) // the declaration of the commands is wrong
	}
	parsed, err := parser.Parse(args)
	switch {
	case code == exitOK: // --help or --version has said all
		return exitOK
	case err != nil:
		fmt.Fprintf(stderr, "cairn: %s\nTry: cairn --help\n", err)
		return exitMisused
	}
	err = parsed.Run()
	switch {
	case err == nil:
		return exitOK
	case errors.Is(err, context.Canceled) && ctx.Err() != nil:
		return exitOK // asked to stop
	}
	fmt.Fprintf(stderr, "cairn: %s\n", err)
	var field *devnet.FieldError
	if errors.As(err, &field) {
		return exitMisused
	}
	return exitFailed
}

// streams are where a command writes: results to out, everything else to err.
type streams struct{ out, err io.Writer }

// version is that of the module, and the commit it was built from.
func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown"
	}
	v, commit := info.Main.Version, ""
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" {
			commit = "-" + s.Value[:min(8, len(s.Value))]
		}
	}
	if v == "" || v == "(devel)" {
		v = "v0.0.0"
	}
	return v + commit
}
