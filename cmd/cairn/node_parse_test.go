package main

import (
	"io"
	"reflect"
	"testing"

	"github.com/alecthomas/kong"
)

// nodeParser reads command lines as run does.
func nodeParser(t testing.TB, out io.Writer) (*cli, *kong.Kong) {
	t.Helper()
	c := new(cli)
	parser, err := kong.New(c, kong.Vars{"version": "test"}, kong.Writers(out, out), kong.Exit(func(int) {}),
		kong.KindMapper(reflect.Uint64, kong.MapperFunc(decodeUint)), kong.KindMapper(reflect.Int, kong.MapperFunc(decodeInt)))
	if err != nil {
		t.Fatal(err)
	}
	return c, parser
}

// parseNode reads the flags of cairn node.
func parseNode(t testing.TB, args ...string) *nodeCmd {
	t.Helper()
	c, parser := nodeParser(t, io.Discard)
	if _, err := parser.Parse(longFlags(append([]string{"node"}, args...))); err != nil {
		t.Fatal(err)
	}
	return &c.Node
}
