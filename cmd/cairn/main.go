// Command cairn is an OP Stack rollup in one binary.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"reflect"
	"runtime/debug"
	"strconv"
	"syscall"

	"github.com/alecthomas/kong"

	"github.com/cairn-rollup/cairn/rollup"
)

// Exit codes: what was asked makes no sense, or what was asked did not work.
const (
	exitOK      = 0
	exitFailed  = 1
	exitMisused = 2
)

type cli struct {
	Devnet  devnetCmd  `cmd:"" help:"Run a whole rollup on this machine, or talk to a running one."`
	Node    nodeCmd    `cmd:"" help:"Follow a chain from L1, with the flags of op-node."`
	Explain explainCmd `cmd:"" help:"Say why a running node is where it is, and what to do."`
	Peers   peersCmd   `cmd:"" help:"Show the peers of a running node, and what became of what they sent."`
	Doctor  doctorCmd  `cmd:"" help:"Examine what a node would be started with: takes its flags, and changes nothing."`
	Derive  deriveCmd  `cmd:"" help:"Derive a recorded piece of a chain, or record one."`
	Inspect inspectCmd `cmd:"" help:"Say what a transaction, blob, frame, channel or batch is."`

	Networks networksCmd `cmd:"" help:"List the public networks that are built in."`

	Version kong.VersionFlag `help:"Print the version and exit."`
}

const description = `Cairn: an OP Stack rollup in one binary.

A first try, with nothing but this program:
  cairn devnet
Then point any Ethereum wallet or library at http://127.0.0.1:9545.`

func main() { os.Exit(run(asOpNode(os.Args), os.Stdout, os.Stderr)) }

// run is main with its surroundings as parameters.
func run(args []string, stdout, stderr io.Writer) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop) // a second Ctrl-C does not wait
	if len(args) == 0 {
		args = []string{"--help"}
	}
	code := -1
	parser, err := kong.New(&cli{},
		kong.Name("cairn"), kong.Description(description),
		kong.Vars{"version": version()}, kong.Writers(stdout, stderr),
		kong.Exit(func(c int) { code = c }),
		kong.Help(printHelp),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true, FlagsLast: true}),
		kong.KindMapper(reflect.Uint64, kong.MapperFunc(decodeUint)), kong.KindMapper(reflect.Int, kong.MapperFunc(decodeInt)),
		kong.BindTo(ctx, (*context.Context)(nil)),
		kong.Bind(&streams{out: stdout, err: stderr}),
	)
	if err != nil {
		panic(err) // the declaration of the commands is wrong
	}
	parsed, err := parser.Parse(longFlags(args))
	switch {
	case code == exitOK: // --help or --version has said all
		return exitOK
	case err != nil:
		fmt.Fprintf(stderr, "cairn: %s (try: %s --help)\n", err, commandOf(err))
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
	var field *rollup.FieldError
	if errors.As(err, &field) {
		return exitMisused
	}
	return exitFailed
}

// commandOf is the command whose --help says what is possible instead.
func commandOf(err error) string {
	var parse *kong.ParseError
	if !errors.As(err, &parse) || parse.Context.Selected() == nil {
		return "cairn"
	}
	return "cairn " + parse.Context.Selected().Path()
}

// decodeUint and decodeInt read whole numbers as kong does, with errors for people.
func decodeUint(ctx *kong.DecodeContext, target reflect.Value) error {
	n, err := strconv.ParseUint(ctx.Scan.Peek().String(), 10, 64)
	if err != nil {
		return notWhole(ctx.Scan.Pop(), "0 or more")
	}
	ctx.Scan.Pop()
	target.SetUint(n)
	return nil
}

func decodeInt(ctx *kong.DecodeContext, target reflect.Value) error {
	n, err := strconv.Atoi(ctx.Scan.Peek().String())
	if err != nil {
		return notWhole(ctx.Scan.Pop(), "such as 1")
	}
	ctx.Scan.Pop()
	target.SetInt(int64(n))
	return nil
}

func notWhole(token kong.Token, which string) error {
	if token.IsEOL() {
		return fmt.Errorf("the value is missing: give a whole number, %s", which)
	}
	return fmt.Errorf("%q is not a whole number: give one, %s", token.String(), which)
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
