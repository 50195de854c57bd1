package main

import (
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/alecthomas/kong"

	"github.com/cairn-rollup/cairn/testkit/golden"
)

// The table of docs/from-op-node.md is made of the flags themselves, so that it cannot be wrong.
func TestDocsListEveryFlag(t *testing.T) {
	_, parser := nodeParser(t, io.Discard)
	golden.Part(t, "../../docs/from-op-node.md", "flags", flagTables(nodeOf(parser)))
}

func flagTables(node *kong.Node) string {
	var does, accepted, refused strings.Builder
	for _, flag := range node.Flags {
		name := "`--" + flag.Name + "`"
		for _, alias := range flag.Aliases {
			name += ", `--" + alias + "`"
		}
		switch legacy, env := flag.Tag.Get("legacy"), envText(flag); {
		case flag.Tag.Has("refuse"):
			fmt.Fprintf(&refused, "| %s | %s | %s |\n", name, env, flag.Tag.Get("refuse"))
		case legacy != "":
			fmt.Fprintf(&accepted, "| %s | %s | %s |\n", name, env, legacy)
		case strings.HasPrefix(env, "`OP_NODE_"):
			fmt.Fprintf(&does, "| %s | %s | %s | %s |\n", name, env, orDash(flag.Default), flag.Help)
		case env != "":
			fmt.Fprintf(&does, "| %s (Cairn's own) | %s | %s | %s |\n", name, env, orDash(flag.Default), flag.Help)
		}
	}
	return "### Implemented\n\n| Flag | Variable | Default | What it does |\n|---|---|---|---|\n" + does.String() +
		"\n### Accepted without effect\n\n| Flag | Variable | Why it has none |\n|---|---|---|\n" + accepted.String() +
		"\n### Refused\n\n| Flag | Variable | Why, and what to do |\n|---|---|---|\n" + refused.String()
}

func envText(flag *kong.Flag) string {
	var all []string
	for _, env := range flag.Tag.Envs {
		all = append(all, "`"+env+"`")
	}
	return strings.Join(all, ", ")
}

func orDash(text string) string {
	if text == "" {
		return "-"
	}
	return "`" + text + "`"
}
