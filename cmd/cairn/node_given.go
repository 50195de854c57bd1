package main

import (
	"fmt"
	"log/slog"
	"os"
	"reflect"
	"slices"
	"strings"

	"github.com/alecthomas/kong"

	"github.com/cairn-rollup/cairn/rollup"
)

// opNodeEnv begins the names of op-node's environment variables.
const opNodeEnv = "OP_NODE_"

// givenFlags is what is known of a command line and environment beside the values themselves.
type givenFlags struct {
	unknownEnv []string            // variables of op-node that no flag has
	ignored    []ignoredFlag       // flags that were given and change nothing
	refused    []rollup.FieldError // flags that cannot be ignored
	atStart    map[string]bool     // names of the flags given, by command line or environment
}

type ignoredFlag struct{ name, reason string }

// BeforeReset drops empty environment variables, which op-node takes for variables that are not there, and looks for
// unknown ones.
func (c *nodeCmd) BeforeReset(ctx *kong.Context) error { //nolint:unparam // kong wants an error
	c.given = givenFlags{}
	known := make(map[string]bool)
	for _, flag := range ctx.Selected().Flags {
		for _, env := range flag.Tag.Envs {
			known[env] = true
		}
		flag.Tag.Envs = slices.DeleteFunc(slices.Clone(flag.Tag.Envs), func(env string) bool { return os.Getenv(env) == "" })
	}
	for _, variable := range os.Environ() {
		if name, value, _ := strings.Cut(variable, "="); strings.HasPrefix(name, opNodeEnv) && value != "" && !known[name] {
			c.given.unknownEnv = append(c.given.unknownEnv, name)
		}
	}
	slices.Sort(c.given.unknownEnv)
	return nil
}

// AfterApply judges the flags that were given and do nothing.
func (c *nodeCmd) AfterApply(ctx *kong.Context) error { //nolint:unparam // kong wants an error
	c.given = givenFlags{unknownEnv: c.given.unknownEnv, atStart: make(map[string]bool)}
	for _, step := range ctx.Path {
		if step.Flag != nil {
			c.given.atStart[step.Flag.Name] = true
		}
	}
	for _, flag := range ctx.Selected().Flags {
		if len(flag.Tag.Envs) > 0 { // BeforeReset has left those with a value
			c.given.atStart[flag.Name] = true
		}
		if c.given.atStart[flag.Name] {
			c.given.judge(flag)
		}
	}
	return nil
}

// judge looks at the tags of a flag that was given: see legacyFlags.
func (g *givenFlags) judge(flag *kong.Flag) {
	legacy, refuse := flag.Tag.Get("legacy"), flag.Tag.Get("refuse")
	switch {
	case !asksForSomething(flag):
	case legacy != "":
		g.ignored = append(g.ignored, ignoredFlag{"--" + flag.Name, legacy})
	case refuse != "":
		g.refused = append(g.refused, rollup.FieldError{Field: "--" + flag.Name, Value: fmt.Sprint(flag.Target.Interface()), Fix: refuse})
	}
}

// asksForSomething says whether a flag's value differs from leaving the flag out.
func asksForSomething(flag *kong.Flag) bool {
	if !flag.HasDefault {
		return !flag.Target.IsZero()
	}
	given := flag.Target.Interface()
	plain := reflect.New(flag.Target.Type()).Elem()
	if err := flag.Parse(kong.ScanFromTokens(kong.Token{Type: kong.FlagValueToken, Value: flag.Default}), plain); err != nil {
		return true
	}
	return !reflect.DeepEqual(given, plain.Interface())
}

// report writes the warnings.
func (g *givenFlags) report(log *slog.Logger) {
	for _, name := range g.unknownEnv {
		log.Warn("Unknown env var", "env_var", name)
	}
	for _, f := range g.ignored {
		log.Warn("this flag has no effect", "flag", f.name, "reason", f.reason)
	}
}
