package main

import (
	"path/filepath"
	"regexp"
	"strings"
)

// asOpNode are the arguments of the program. Under the name op-node, as a link or in an image that expects that name,
// it is cairn node.
func asOpNode(args []string) []string {
	if name := filepath.Base(args[0]); strings.TrimSuffix(name, ".exe") != "op-node" {
		return args[1:]
	}
	return append([]string{"node"}, args[1:]...)
}

var oneDash = regexp.MustCompile(`^-[a-z][a-z0-9.-]+(=|$)`)

// longFlags writes the flags of cairn node, which cairn doctor has too, with two dashes: op-node takes them with one too.
func longFlags(args []string) []string {
	if len(args) == 0 || args[0] != "node" && args[0] != "doctor" {
		return args
	}
	out := make([]string, len(args))
	for i, arg := range args {
		if oneDash.MatchString(arg) {
			arg = "-" + arg
		}
		out[i] = arg
	}
	return out
}
