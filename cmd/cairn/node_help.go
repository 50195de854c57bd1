package main

import (
	"fmt"
	"strings"

	"github.com/alecthomas/kong"
)

const nodeIntro = `Usage: cairn node [flags]

Follow an OP Stack chain: read it from L1, have an execution engine compute it.

Beside an op-geth or op-reth whose Engine API is on port 8551:
  cairn node --network=op-mainnet --l1=http://l1:8545 \
    --l1.beacon=http://l1:5052 --l2=http://127.0.0.1:8551 --l2.jwt-secret=jwt

Flags and environment are op-node's: --l1.beacon is OP_NODE_L1_BEACON. Cairn's
own variables are CAIRN_*. What op-node has and this list has not is accepted,
or refused with the reason: cairn node --help-legacy.
`

// Widths of the column of flags, and of a line.
const (
	helpWidth     = 28
	helpLineWidth = 80
)

// printHelp writes the help. That of node has too many flags for one list.
func printHelp(options kong.HelpOptions, ctx *kong.Context) error {
	node := ctx.Selected()
	if node == nil || node.Name != "node" {
		return kong.DefaultHelpPrinter(options, ctx)
	}
	_, err := fmt.Fprint(ctx.Stdout, nodeIntro+nodeFlagsText(node))
	return err
}

func nodeFlagsText(node *kong.Node) string {
	var b strings.Builder
	title := ""
	for _, flag := range node.Flags {
		if flag.Group == nil || flag.Group.Title == "legacy" {
			continue
		}
		if flag.Group.Title != title {
			title = flag.Group.Title
			fmt.Fprintf(&b, "\n%s\n", title)
		}
		if flag.Name == "override.canyon" { // stands for all of them
			b.WriteString(helpLine("--override.FORK=TIME", "Time of a fork, from canyon to lagoon, instead of the chain's own. Also pectrablobschedule, keep-karst-upgrade-gas."))
		}
		if !flag.Hidden {
			b.WriteString(helpLine(helpName(flag), flag.Help))
		}
	}
	return b.String()
}

// helpName is a flag with its default, or with what it takes.
func helpName(flag *kong.Flag) string {
	switch {
	case flag.IsBool():
		return "--" + flag.Name
	case flag.HasDefault:
		return "--" + flag.Name + "=" + flag.Default
	}
	return "--" + flag.Name + "=" + flag.PlaceHolder
}

// helpLine is a flag and what it does, in two columns; a long name has a line of its own.
func helpLine(name, text string) string {
	lead := "  " + name
	if len(name) > helpWidth {
		lead += "\n" + strings.Repeat(" ", helpWidth+2)
	} else {
		lead += strings.Repeat(" ", helpWidth-len(name))
	}
	return lead + "  " + strings.Join(wrap(text, helpLineWidth-helpWidth-4), "\n"+strings.Repeat(" ", helpWidth+4)) + "\n"
}

// wrap breaks a text into lines of at most width letters.
func wrap(text string, width int) (lines []string) {
	line := ""
	for _, word := range strings.Fields(text) {
		if line != "" && len(line)+1+len(word) > width {
			lines, line = append(lines, line), ""
		}
		line = strings.TrimPrefix(line+" "+word, " ")
	}
	return append(lines, line)
}

// helpLegacyArg is a flag that answers instead of the command.
type helpLegacyArg bool

// BeforeReset writes the table of legacyFlags and ends the program.
func (helpLegacyArg) BeforeReset(ctx *kong.Context) error {
	if _, err := fmt.Fprint(ctx.Stdout, legacyText(ctx.Selected())); err != nil {
		return err
	}
	ctx.Exit(exitOK)
	return nil
}

func legacyText(node *kong.Node) string {
	var accepted, refused strings.Builder
	for _, flag := range node.Flags {
		switch legacy := flag.Tag.Get("legacy"); {
		case legacy != "":
			accepted.WriteString(helpLine("--"+flag.Name, legacy))
		case flag.Tag.Has("refuse"):
			refused.WriteString(helpLine("--"+flag.Name, flag.Tag.Get("refuse")))
		}
	}
	return "Accepted without effect:\n" + accepted.String() + "\nRefused:\n" + refused.String()
}
