package main

import (
	"fmt"
	"io"
	"os"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/alecthomas/kong"

	"github.com/cairn-rollup/cairn/testkit/golden"
)

// opNodeFlag is a flag as it is written down of op-node.
type opNodeFlag struct {
	names []string // the flag, then its aliases
	kind  string
	envs  []string
	plain string // default; "" for none
}

var quoted = regexp.MustCompile("`([^`]*)`")

// opNodeFlags reads the table of op-node's flags.
func opNodeFlags(t *testing.T) (all []opNodeFlag) {
	t.Helper()
	text, err := os.ReadFile("../../../shared/peers/flags-op-node.md")
	if err != nil {
		t.Skipf("the table of op-node's flags is not here: %v", err)
	}
	for line := range strings.Lines(string(text)) {
		cells := strings.Split(line, "|")
		if !strings.HasPrefix(line, "| `--") || len(cells) < 6 {
			continue
		}
		flag := opNodeFlag{kind: strings.TrimSpace(cells[2])}
		for _, name := range quoted.FindAllStringSubmatch(cells[1], -1) {
			flag.names = append(flag.names, strings.TrimPrefix(name[1], "--"))
		}
		for _, env := range quoted.FindAllStringSubmatch(cells[3], -1) {
			flag.envs = append(flag.envs, env[1])
		}
		if plain := quoted.FindStringSubmatch(cells[4]); plain != nil && plain[1] != "(unset)" {
			flag.plain, _, _ = strings.Cut(plain[1], " ")
		}
		all = append(all, flag)
	}
	if len(all) < 141 {
		t.Fatalf("only %d flags in the table", len(all))
	}
	return all
}

// moreFlags are those of other versions of op-node: what v1.19 has more, and what older ones had.
var moreFlags = []opNodeFlag{
	{names: []string{"override.lagoon"}, kind: "Uint64", envs: []string{"OP_NODE_OVERRIDE_LAGOON"}},
	{names: []string{"override.keep-karst-upgrade-gas"}, kind: "Bool", envs: []string{"OP_NODE_OVERRIDE_KEEP_KARST_UPGRADE_GAS"}},
	{names: []string{"rollup.halt"}, kind: "String", envs: []string{"OP_NODE_ROLLUP_HALT"}},
	{names: []string{"rollup.load-protocol-versions"}, kind: "Bool", envs: []string{"OP_NODE_ROLLUP_LOAD_PROTOCOL_VERSIONS"}},
}

// changed are defaults that op-node v1.19.6 has otherwise than the table, which is older.
var changed = map[string]string{"syncmode.offset-el-safe": "12h", "l2.enginekind": "reth"}

func TestEveryFlagOfOpNodeHasItsNameTypeVariablesAndDefault(t *testing.T) {
	for _, want := range append(opNodeFlags(t), moreFlags...) {
		name := want.names[0]
		_, parser := nodeParser(t, io.Discard)
		flag := nodeFlag(parser, name)
		if flag == nil {
			t.Errorf("--%s is not known", name)
			continue
		}
		for _, alias := range want.names[1:] {
			if nodeFlag(parser, alias) != flag {
				t.Errorf("--%s is not --%s", alias, name)
			}
		}
		for _, env := range want.envs {
			if !slices.Contains(flag.Tag.Envs, env) {
				t.Errorf("--%s is not %s", name, env)
			}
		}
		if got := kindOf(flag); got != want.kind && (got != "StringSlice" || name != "l1") {
			t.Errorf("--%s is a %s, op-node's is a %s", name, got, want.kind)
		}
		if plain, ok := changed[name]; ok {
			want.plain = plain
		}
		if !sameDefault(t, flag, want.plain) {
			t.Errorf("--%s is %q by default, op-node's %q", name, flag.Default, want.plain)
		}
	}
}

// nodeFlag finds a flag of cairn node by name or alias.
func nodeFlag(parser *kong.Kong, name string) *kong.Flag {
	for _, command := range parser.Model.Children {
		if command.Name != "node" {
			continue
		}
		for _, flag := range command.Flags {
			if flag.Name == name || slices.Contains(flag.Aliases, name) {
				return flag
			}
		}
	}
	return nil
}

// kindOf is a flag's type in op-node's words. Of strings it may have checked ones and paths.
func kindOf(flag *kong.Flag) string {
	kind := flag.Target.Type()
	if kind.Kind() == reflect.Pointer {
		kind = kind.Elem()
	}
	switch kind {
	case reflect.TypeFor[time.Duration]():
		return "Duration"
	case reflect.TypeFor[[]string]():
		return "StringSlice"
	case reflect.TypeFor[uint64]():
		if slices.Contains(unsigned, flag.Name) {
			return "Uint"
		}
		return "Uint64"
	case reflect.TypeFor[string]():
		switch flag.Name {
		case "syncmode", "l1.rpckind", "l2.enginekind", "log.level", "log.format", "pprof.path", "pprof.type":
			return "Generic"
		case "rollup.l1-chain-config", "interop.dependency-set":
			return "Path"
		}
		return "String"
	}
	name := kind.String()
	return strings.ToUpper(name[:1]) + name[1:]
}

// unsigned are flags whose numbers have the machine's width in op-node. It makes no difference.
var unsigned = []string{
	"l1.cache-size", "p2p.listen.tcp", "p2p.listen.udp", "p2p.advertise.tcp", "p2p.advertise.udp", "p2p.peers.lo", "p2p.peers.hi",
	"p2p.gossip.mesh.d", "p2p.gossip.mesh.lo", "p2p.gossip.mesh.dhi", "p2p.gossip.mesh.dlazy",
}

func sameDefault(t *testing.T, flag *kong.Flag, plain string) bool {
	t.Helper()
	parse := func(text string) any {
		value := reflect.New(flag.Target.Type()).Elem()
		if text != "" {
			if err := flag.Parse(kong.ScanFromTokens(kong.Token{Type: kong.FlagValueToken, Value: text}), value); err != nil {
				t.Fatalf("--%s: %v", flag.Name, err)
			}
		}
		return value.Interface()
	}
	if flag.Name == "log.level" {
		plain = strings.ToLower(plain)
	}
	return reflect.DeepEqual(parse(flag.Default), parse(plain))
}

// sample is a value that a flag takes and that is not its default.
func sample(flag *kong.Flag) string {
	switch kind := kindOf(flag); kind {
	case "Bool":
		return fmt.Sprint(flag.Default != "true")
	case "Duration":
		return "7m3s"
	case "Uint64", "Uint", "Int":
		return "4711"
	case "Float64":
		return "-4.5"
	case "StringSlice":
		return "one,two"
	}
	return "/some/text"
}

func TestEveryVariableOfOpNodeSetsItsFlag(t *testing.T) {
	for _, want := range append(opNodeFlags(t), moreFlags...) {
		for _, env := range want.envs {
			t.Run(env, func(t *testing.T) {
				_, model := nodeParser(t, io.Discard)
				value := sample(nodeFlag(model, want.names[0]))
				t.Setenv(env, value)
				_, parser := nodeParser(t, io.Discard)
				if _, err := parser.Parse([]string{"node"}); err != nil {
					t.Fatal(err)
				}
				flag := nodeFlag(parser, want.names[0])
				byEnv := fmt.Sprint(reflect.Indirect(flag.Target).Interface())
				t.Setenv(env, "")
				_, parser = nodeParser(t, io.Discard)
				if _, err := parser.Parse([]string{"node", "--" + want.names[0] + "=" + value}); err != nil {
					t.Fatal(err)
				}
				flag = nodeFlag(parser, want.names[0])
				if byFlag := fmt.Sprint(reflect.Indirect(flag.Target).Interface()); byEnv != byFlag || sameDefault(t, flag, byFlag) && byFlag != "[one two]" {
					t.Errorf("%s=%s gives %s, --%s=%s gives %s", env, value, byEnv, want.names[0], value, byFlag)
				}
			})
		}
	}
}

func TestEveryFlagOfTheNodeIsInOneClass(t *testing.T) {
	_, parser := nodeParser(t, io.Discard)
	counts := make(map[string]int)
	for _, flag := range nodeOf(parser).Flags {
		legacy, refuse := flag.Tag.Has("legacy"), flag.Tag.Has("refuse")
		switch {
		case flag.Help != "" && !legacy && !refuse:
			counts["implemented"]++
		case flag.Help == "" && legacy != refuse && flag.Tag.Get("legacy")+flag.Tag.Get("refuse") != "":
			counts[map[bool]string{true: "accepted", false: "refused"}[legacy]]++
		default:
			t.Errorf("--%s: help %q, legacy %t, refuse %t", flag.Name, flag.Help, legacy, refuse)
		}
	}
	if counts["implemented"] < 110 || counts["accepted"] < 30 || counts["refused"] < 3 {
		t.Errorf("%v", counts)
	}
	t.Log(counts)
}

func nodeOf(parser *kong.Kong) *kong.Node {
	i := slices.IndexFunc(parser.Model.Children, func(n *kong.Node) bool { return n.Name == "node" })
	return parser.Model.Children[i]
}

func TestNodeHelpIsOfOnePage(t *testing.T) {
	_, stdout, _ := runs(t, "node", "--help")
	if lines := strings.Count(stdout, "\n"); lines > 110 {
		t.Errorf("%d lines", lines)
	}
	for line := range strings.Lines(stdout) {
		if len(line) > 81 {
			t.Errorf("%d letters wide: %s", len(line), line)
		}
	}
	code, legacy, stderr := runs(t, "node", "--help-legacy")
	if code != exitOK || stderr != "" {
		t.Errorf("exit code %d, %q", code, stderr)
	}
	golden.File(t, "testdata/help-node-legacy.txt", legacy)
}
