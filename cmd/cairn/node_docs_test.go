package main

import (
	"fmt"
	"io"
	"os"
	"strings"
	"testing"

	"github.com/alecthomas/kong"
)

// The table of docs/from-op-node.md is made of the flags themselves, so that it cannot be wrong.
func TestDocsListEveryFlag(t *testing.T) {
	const path, begin, end = "../../docs/from-op-node.md", "-rewrite -->\n", "<!-- /flags -->"
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	head, rest, ok := strings.Cut(string(text), begin)
	table, tail, okToo := strings.Cut(rest, end)
	if !ok || !okToo {
		t.Fatalf("%s lacks the marks of the table", path)
	}
	_, parser := nodeParser(t, io.Discard)
	want := flagTables(nodeOf(parser))
	if *rewrite {
		if err := os.WriteFile(path, []byte(head+begin+want+end+tail), 0o644); err != nil { //nolint:gosec // a document
			t.Fatal(err)
		}
		table = want
	}
	if table != want {
		t.Errorf("the table differs from the flags; run with -rewrite. It should be:\n%s", want)
	}
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
	return "\n### Implemented\n\n| Flag | Variable | Default | What it does |\n|---|---|---|---|\n" + does.String() +
		"\n### Accepted without effect\n\n| Flag | Variable | Why it has none |\n|---|---|---|\n" + accepted.String() +
		"\n### Refused\n\n| Flag | Variable | Why, and what to do |\n|---|---|---|\n" + refused.String() + "\n"
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
