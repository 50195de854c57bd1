package devnet_test

import (
	"errors"
	"net"
	"strconv"
	"strings"
	"testing"

	"github.com/cairn-rollup/cairn/devnet"
	"github.com/cairn-rollup/cairn/rollup"
)

// fieldError demands an error about a field, its value and a fix.
func fieldError(t *testing.T, err error, field, value string, fix ...string) {
	t.Helper()
	var wrong *rollup.FieldError
	if !errors.As(err, &wrong) {
		t.Fatalf("%v, want a FieldError about %s", err, field)
	}
	if wrong.Field != field || wrong.Value != value {
		t.Errorf("%q is about %s = %s, want %s = %s", err, wrong.Field, wrong.Value, field, value)
	}
	for _, word := range fix {
		if !strings.Contains(wrong.Fix, word) {
			t.Errorf("%q does not say %q", err, word)
		}
	}
	if text := err.Error(); strings.Contains(text, "\n") || !strings.HasPrefix(text, field+" = "+value+": ") {
		t.Errorf("not one line of field, value and fix: %q", text)
	}
}

func TestValidateNamesFieldValueAndFix(t *testing.T) {
	for _, c := range []struct {
		name         string
		change       func(*devnet.Config)
		field, value string
		fix          string
	}{
		{"L1 block time 0", func(c *devnet.Config) { c.L1BlockTime = 0 }, "--l1.block-time", "0", "1 to 3600"},
		{"L1 block time of more than an hour", func(c *devnet.Config) { c.L1BlockTime = 3601 }, "--l1.block-time", "3601", "1 to 3600"},
		{"L2 block time 0", func(c *devnet.Config) { c.L2BlockTime = 0 }, "--l2.block-time", "0", "1 to 3600"},
		{"L2 block time that overflows a duration", func(c *devnet.Config) { c.L2BlockTime = 1 << 63 }, "--l2.block-time", "9223372036854775808", "1 to 3600"},
		{"L2 slower than L1", func(c *devnet.Config) { c.L2BlockTime = 5 }, "--l2.block-time", "5", "at most --l1.block-time (4)"},
		{"finalized above safe", func(c *devnet.Config) { c.L1FinalizedDistance = 3 }, "--l1.finalized-distance", "3", "at least --l1.safe-distance (4)"},
		{"batches never posted", func(c *devnet.Config) { c.BatchMaxWait = 0 }, "--batcher.max-wait", "0", "at least 1"},
		{"host by name", func(c *devnet.Config) { c.Host = "localhost" }, "--host", `"localhost"`, "127.0.0.1"},
		{"no host", func(c *devnet.Config) { c.Host = "" }, "--host", `""`, "127.0.0.1"},
		{"host of another machine", func(c *devnet.Config) { c.Host = "192.0.2.1" }, "--host", "192.0.2.1", "address of this machine"},
		{"port too large", func(c *devnet.Config) { c.Ports.L1 = 65536 }, "--l1.port", "65536", "1 to 65535"},
		{"negative port", func(c *devnet.Config) { c.Ports.Control = -1 }, "--control.port", "-1", "1 to 65535"},
	} {
		t.Run(c.name, func(t *testing.T) {
			cfg := devnet.DefaultConfig()
			cfg.Ports = devnet.Ports{}
			if err := cfg.Validate(); err != nil {
				t.Fatalf("without the change: %v", err)
			}
			c.change(&cfg)
			fieldError(t, cfg.Validate(), c.field, c.value, c.fix)
			if _, err := devnet.Open(t.Context(), cfg); err == nil {
				t.Error("it opens all the same")
			}
		})
	}
	for name, change := range map[string]func(*devnet.Config){
		"L1 and L2 at the same pace":      func(c *devnet.Config) { c.L1BlockTime, c.L2BlockTime = 1, 1 },
		"an hour":                         func(c *devnet.Config) { c.L1BlockTime = 3600 },
		"everything final at once":        func(c *devnet.Config) { c.L1SafeDistance, c.L1FinalizedDistance = 0, 0 },
		"IPv4 address of every interface": func(c *devnet.Config) { c.Host = "0.0.0.0" },
	} {
		cfg := devnet.DefaultConfig()
		cfg.Ports = devnet.Ports{}
		if change(&cfg); cfg.Validate() != nil {
			t.Errorf("%s: %v", name, cfg.Validate())
		}
	}
}

func TestPortsAreCheckedByName(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	occupied := taken.Addr().(*net.TCPAddr).Port
	probe, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	free := probe.Addr().(*net.TCPAddr).Port
	if err := probe.Close(); err != nil {
		t.Fatal(err)
	}
	all := map[string]func(*devnet.Ports) *int{
		"--l1.port":             func(p *devnet.Ports) *int { return &p.L1 },
		"--l1.beacon-port":      func(p *devnet.Ports) *int { return &p.Beacon },
		"--sequencer.port":      func(p *devnet.Ports) *int { return &p.Sequencer },
		"--sequencer.node-port": func(p *devnet.Ports) *int { return &p.SequencerNode },
		"--verifier.port":       func(p *devnet.Ports) *int { return &p.Verifier },
		"--verifier.node-port":  func(p *devnet.Ports) *int { return &p.VerifierNode },
		"--control.port":        func(p *devnet.Ports) *int { return &p.Control },
	}
	for flag, port := range all {
		cfg := devnet.DefaultConfig()
		cfg.Ports = devnet.Ports{}
		*port(&cfg.Ports) = occupied
		fieldError(t, cfg.Validate(), flag, strconv.Itoa(occupied), "in use", "another port, or --ports auto")
		for other, second := range all {
			if other == flag {
				continue
			}
			cfg.Ports = devnet.Ports{}
			*port(&cfg.Ports), *second(&cfg.Ports) = free, free
			var wrong *rollup.FieldError
			if err := cfg.Validate(); !errors.As(err, &wrong) || !strings.Contains(wrong.Fix, "has the same") {
				t.Errorf("%s and %s have the same port: %v", flag, other, err)
			} else if text := err.Error(); !strings.Contains(text, flag) || !strings.Contains(text, other) {
				t.Errorf("%q does not name %s and %s", text, flag, other)
			}
		}
	}
}
