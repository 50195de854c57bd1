package main

import (
	"bytes"
	"io"
	"slices"
	"strings"
	"testing"
	"time"
)

// warnings are what a command line makes the node warn of at its start.
func warnings(t *testing.T, args ...string) string {
	t.Helper()
	c := parseNode(t, args...)
	var out bytes.Buffer
	log, _, err := c.Log.logger(&out)
	if err != nil {
		t.Fatal(err)
	}
	c.given.report(log)
	return out.String()
}

func TestFlagsWithoutEffectAreWarnedOfOnce(t *testing.T) {
	for name, c := range map[string]struct {
		args  []string
		lines int
		words []string
	}{
		"nothing given":                      {nil, 0, nil},
		"one":                                {[]string{"--l2.skip-sync-start-check"}, 1, []string{"no effect", "--l2.skip-sync-start-check", "quick"}},
		"by its default":                     {[]string{"--l1.rpckind=standard", "--beta.extra-networks=false", "--altda.verify-on-read=true"}, 0, nil},
		"several":                            {[]string{"--l1.rpckind=alchemy", "--rollup.halt=major"}, 2, []string{"--l1.rpckind", "--rollup.halt", "v1.17.0"}},
		"a protocol that is gone":            {[]string{"--p2p.sync.req-resp=false"}, 1, []string{"--p2p.sync.req-resp", "gone"}},
		"max-safe-lag of 0":                  {[]string{"--sequencer.max-safe-lag=0"}, 0, nil},
		"max-safe-lag":                       {[]string{"--sequencer.max-safe-lag=100"}, 1, []string{"v1.20.1"}},
		"with one dash, as op-node has it":   {[]string{"-beta.extra-networks", "-l1.rpckind=any"}, 2, []string{"--beta.extra-networks", "--l1.rpckind"}},
		"an endpoint of a refused conductor": {[]string{"--conductor.rpc=http://x"}, 1, []string{"--conductor.enabled"}},
	} {
		got := warnings(t, c.args...)
		if strings.Count(got, "\n") != c.lines {
			t.Errorf("%s: %d lines, want %d: %s", name, strings.Count(got, "\n"), c.lines, got)
		}
		for _, word := range c.words {
			if !strings.Contains(got, word) {
				t.Errorf("%s: %q does not say %q", name, got, word)
			}
		}
	}
}

func TestUnknownVariablesAreWarnedOf(t *testing.T) {
	t.Setenv("OP_NODE_NO_SUCH_THING", "secret")
	t.Setenv("OP_NODE_BETA_EXTRA_NETWORKS", "true")
	t.Setenv("OP_BATCHER_FOO", "1")
	got := warnings(t)
	if strings.Count(got, "Unknown env var") != 1 || !strings.Contains(got, "OP_NODE_NO_SUCH_THING") || strings.Contains(got, "secret") {
		t.Errorf("%q", got)
	}
	if !strings.Contains(got, "--beta.extra-networks") {
		t.Errorf("a flag given by variable is not warned of: %q", got)
	}
}

// Files of variables have lines such as OP_NODE_L1_TRUST_RPC= for what is not wanted.
func TestAnEmptyVariableIsNone(t *testing.T) {
	for _, env := range []string{"OP_NODE_L1_TRUST_RPC", "OP_NODE_L1_ETH_RPC", "OP_NODE_L1_MAX_CONCURRENCY", "OP_NODE_L1_HTTP_POLL_INTERVAL", "OP_NODE_OVERRIDE_KARST", "OP_NODE_L1_BEACON_FALLBACKS"} {
		t.Setenv(env, "")
	}
	t.Setenv("OP_NODE_L1_BEACON_ARCHIVER", "http://archive")
	c := parseNode(t)
	if !slices.Equal(c.L1.Endpoints, []string{"http://127.0.0.1:8545"}) || c.L1.MaxConcurrency != 10 || c.L1.Poll != 12*time.Second || c.Chain.Override.Karst != nil {
		t.Errorf("%+v, %v", c.L1, c.Chain.Override.Karst)
	}
	if !slices.Equal(c.L1.BeaconFallbacks, []string{"http://archive"}) {
		t.Errorf("the second variable of --l1.beacon-fallbacks: %v", c.L1.BeaconFallbacks)
	}
	if got := warnings(t); got != "" {
		t.Errorf("%q", got)
	}
}

func TestACommandLineWins(t *testing.T) {
	t.Setenv("OP_NODE_L1_ETH_RPC", "http://env")
	if c := parseNode(t, "--l1", "http://a,http://b"); !slices.Equal(c.L1.Endpoints, []string{"http://a", "http://b"}) {
		t.Errorf("%v", c.L1.Endpoints)
	}
	if c := parseNode(t); !slices.Equal(c.L1.Endpoints, []string{"http://env"}) {
		t.Errorf("%v", c.L1.Endpoints)
	}
}

func TestAWrongVariableIsNamed(t *testing.T) {
	t.Setenv("OP_NODE_RPC_PORT", "http")
	_, parser := nodeParser(t, io.Discard)
	if _, err := parser.Parse([]string{"node"}); err == nil || !strings.Contains(err.Error(), "OP_NODE_RPC_PORT") || !strings.Contains(err.Error(), "http") {
		t.Errorf("%v", err)
	}
}

func TestTheNameOpNodeIsCairnNode(t *testing.T) {
	for _, c := range []struct{ args, want []string }{
		{[]string{"cairn", "devnet"}, []string{"devnet"}},
		{[]string{"/usr/bin/op-node", "--l1=x"}, []string{"node", "--l1=x"}},
		{[]string{"op-node.exe"}, []string{"node"}},
		{[]string{"./cairn"}, nil},
	} {
		if got := asOpNode(c.args); !slices.Equal(got, c.want) {
			t.Errorf("%q: %q, want %q", c.args, got, c.want)
		}
	}
	in := []string{"node", "-l1=x", "-h", "--l2", "-100", "-p2p.static"}
	if got, want := longFlags(in), []string{"node", "--l1=x", "-h", "--l2", "-100", "--p2p.static"}; !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
	if got := longFlags([]string{"devnet", "-foo"}); got[1] != "-foo" {
		t.Errorf("%q", got)
	}
}

func TestLogLevelsAndFormatsOfOpNode(t *testing.T) {
	for _, level := range []string{"TRACE", "trce", "DBUG", "info", "Warn", "eror", "crit"} {
		c := nodeLogFlags{Level: level, Format: "terminal"}
		var out bytes.Buffer
		log, _, err := c.logger(&out)
		if err != nil {
			t.Errorf("%s: %v", level, err)
			continue
		}
		log.Error("something")
		if level != "crit" && !strings.Contains(out.String(), "\x1b[31mERROR\x1b[0m something") || level == "crit" && out.Len() > 0 {
			t.Errorf("%s: %q", level, &out)
		}
	}
	for format, want := range map[string]string{"text": "something pid=", "logfmt": "msg=something pid=", "logfmtms": "msg=something pid=", "json": `"msg":"something","pid":`, "jsonms": `"pid":`} {
		var out bytes.Buffer
		log, _, err := (&nodeLogFlags{Level: "info", Format: format, PID: true}).logger(&out)
		if err != nil {
			t.Errorf("%s: %v", format, err)
			continue
		}
		log.Info("something")
		log.Debug("else")
		if !strings.Contains(out.String(), want) || strings.Contains(out.String(), "else") {
			t.Errorf("%s: %q, want %q", format, &out, want)
		}
	}
}
