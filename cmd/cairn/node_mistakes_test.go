package main

import (
	"slices"
	"strings"
	"testing"
)

// Each mistake in the flags of a node ends it at once, with one line that names flag, value and what to do.
func TestAMistakeInAFlagOfTheNodeIsNamed(t *testing.T) {
	t.Chdir(t.TempDir())
	karst := rollupFile(t, "op-mainnet", map[string]any{"karst_time": 5})
	twice := rollupFile(t, "op-mainnet", map[string]any{"lagoon_time": 1900000000, "interop_time": 1900000001})
	other := rollupFile(t, "op-mainnet", map[string]any{"karst_time": 1783526402})
	plain := []string{"node", "--l1.beacon=http://127.0.0.1:1", "--l2=http://127.0.0.1:1", "--l2.jwt-secret=no-such-file"}
	chain := slices.Concat(plain, []string{"--network=op-mainnet"})
	with := func(args []string, more ...string) []string { return slices.Concat(args, more) }
	for _, c := range []struct {
		name  string
		args  []string
		words []string
	}{
		{"no chain", plain, []string{"--network (or --rollup.config) = not given"}},
		{"nothing at all", []string{"node"}, []string{"--l1.beacon, --l2 (or --engine=embedded), --l2.jwt-secret, --network"}},
		{"embedded without genesis", []string{"node", "--engine=embedded", "--l1.beacon=http://x", "--rollup.config=x"}, []string{"--l2.genesis = not given"}},
		{"wrong network", with(plain, "--network=op-manet"), []string{"--network = op-manet", "op-mainnet", "cairn networks", "--rollup.config"}},
		{"network with data elsewhere", with(plain, "--network=cyber-mainnet"), []string{"--network = cyber-mainnet", "not on L1"}},
		{"network and another chain's file", with(chain, "--rollup.config="+rollupFile(t, "op-sepolia", nil)), []string{"--rollup.config", "--network op-mainnet is given too", "l2_chain_id 11155420, the network's is 10"}},
		{"network and a file that differs", with(chain, "--rollup.config="+other), []string{"karst_time 1783526402, the network's is 1783526401", "leave out one"}},
		{"forks out of order", with(plain, "--rollup.config="+karst), []string{"--rollup.config", "karst_time = 5", "forks activate in order"}},
		{"one fork twice", with(plain, "--rollup.config="+twice), []string{"interop_time = 1900000001", "lagoon_time = 1900000000"}},
		{"overrides out of order", with(chain, "--override.karst=5"), []string{"--override.karst = 5", "forks activate in order"}},
		{"override without its fork before", with(plain, "--network=bob-mainnet", "--override.lagoon=5"), []string{"--override.lagoon = 5", "set karst_time too"}},
		{"network that makes no sense", with(plain, "--network=rehearsal-0-bn-0-rehearsal-0-bn"), []string{"--network", "lagoon_time", "set karst_time too"}},
		{"override of no number", with(chain, "--override.karst=soon"), []string{"--override.karst", "soon", "whole number"}},
		{"alt-DA", with(chain, "--altda.enabled"), []string{"--altda.enabled = true", "not supported"}},
		{"conductor", with(chain, "--conductor.enabled"), []string{"--conductor.enabled = true", "op-conductor"}},
		{"follow source", with(chain, "--l2.follow.source=http://x"), []string{"--l2.follow.source = http://x", "derives from L1"}},
		{"two signers", with(chain, "--sequencer.enabled", "--signer.endpoint=http://x", "--p2p.sequencer.key=c0ffee"), []string{"--signer.endpoint", "--p2p.sequencer.key", "one of them"}},
		{"signer without an address", with(chain, "--sequencer.enabled", "--signer.endpoint=http://x"), []string{"--signer.address", "address of the signer's key"}},
		{"signer that is not there", with(chain, "--sequencer.enabled", "--signer.endpoint=http://127.0.0.1:1", "--signer.tls.enabled=false", "--signer.address=0x0000000000000000000000000000000000000001"), []string{"--signer.endpoint", "refused"}},
		{"header of the signer", with(chain, "--sequencer.enabled", "--signer.endpoint=http://127.0.0.1:1", "--signer.header=key", "--signer.address=0x0000000000000000000000000000000000000001"), []string{"--signer.header = (secret)", "key=value"}},
		{"key of a sequencer", with(chain, "--sequencer.enabled", "--p2p.sequencer.key=c0ffee"), []string{"--p2p.sequencer.key = (secret)", "32 bytes in hex"}},
		{"address of gossip", with(chain, "--p2p.listen.ip=here"), []string{"p2p.listen.ip = here", "IP address"}},
		{"static peer", with(chain, "--p2p.static=/ip4/1.2.3.4/tcp/9222"), []string{"p2p.static", "/p2p/"}},
		{"bootnode", with(chain, "--p2p.bootnodes=enr:-x"), []string{"p2p.bootnodes = enr:-x", "node records"}},
		{"port of gossip", with(chain, "--p2p.listen.tcp=80"), []string{"p2p.listen.tcp = 80", "1024"}},
		{"engine", with(chain, "--engine=inside"), []string{"--engine = inside", "external or embedded"}},
		{"port", with(chain, "--rpc.port=65536"), []string{"--rpc.port = 65536", "0 to 65535"}},
		{"empty URL", with(chain, "--l1=http://a,,http://key@b"), []string{"--l1 = (URL 2 of 3)", "comma"}},
		{"URL of L1", with(chain, "--l2.jwt-secret="+secretFile(t), "--l1=ftp://a"), []string{"--l1 = (URL 1 of 1)", "http"}},
		{"URL of the Beacon API", with(chain, "--l2.jwt-secret="+secretFile(t), "--l1.beacon=5052"), []string{"--l1.beacon", "http"}},
		{"concurrency", with(chain, "--l1.max-concurrency=0"), []string{"--l1.max-concurrency = 0", "1 or more"}},
		{"batch size", with(chain, "--l1.rpc-max-batch-size=501"), []string{"--l1.rpc-max-batch-size = 501", "1 to 500"}},
		{"rate limit", with(chain, "--l1.rpc-rate-limit=-1"), []string{"--l1.rpc-rate-limit = -1", "0 for any"}},
		{"poll interval", with(chain, "--l1.http-poll-interval=0s"), []string{"--l1.http-poll-interval = 0s", "12s"}},
		{"header", with(chain, "--l1.beacon-header=key"), []string{"--l1.beacon-header = (secret)", "X-Key: value"}},
		{"header with a line break", with(chain, "--l1.beacon-header=a: b\nc"), []string{"--l1.beacon-header"}},
		{"sync mode", with(chain, "--syncmode=snap"), []string{"--syncmode = snap", "consensus-layer, execution-layer or auto"}},
		{"sync modes", with(chain, "--syncmode=consensus-layer", "--l2.engine-sync"), []string{"--l2.engine-sync = true", "--syncmode=consensus-layer"}},
		{"offset", with(chain, "--syncmode.offset-el-safe=-1h"), []string{"--syncmode.offset-el-safe = -1h0m0s"}},
		{"engine timeout", with(chain, "--l2.engine-rpc-timeout=0s"), []string{"--l2.engine-rpc-timeout = 0s"}},
		{"status interval", with(chain, "--status-interval=-1s"), []string{"--status-interval = -1s"}},
		{"secret", with(chain, "--l2.jwt-secret="+writeText(t, "secret")), []string{"--l2.jwt-secret", "not hex"}},
		{"profile", with(chain, "--l2.jwt-secret="+secretFile(t), "--pprof.type=all"), []string{"--pprof.type = all", "cpu, heap"}},
		{"profile's path", with(chain, "--l2.jwt-secret="+secretFile(t), "--pprof.type=heap", "--pprof.path=no/such/dir"), []string{"--pprof.path", "no such file"}},
		{"log level", with(chain, "--log.level=loud"), []string{"--log.level = loud"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			code, stdout, stderr := runs(t, c.args...)
			last := stderr[strings.LastIndex(strings.TrimSuffix(stderr, "\n"), "\n")+1:]
			if code != exitMisused || stdout != "" || !strings.HasPrefix(last, "cairn: ") {
				t.Errorf("exit code %d, standard output %q, standard error %q", code, stdout, stderr)
			}
			for _, word := range c.words {
				if !strings.Contains(last, word) {
					t.Errorf("%q does not say %q", last, word)
				}
			}
		})
	}
}

func secretFile(t *testing.T) string {
	t.Helper()
	return writeText(t, strings.Repeat("ab", 32))
}
