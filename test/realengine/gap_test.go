package realengine

import (
	"math/big"
	"os"
	"path/filepath"
	"strings"
	"testing"

	beacon "github.com/ethereum/go-ethereum/beacon/engine"
	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/ethclient"
	"github.com/ethereum/go-ethereum/rpc"

	"github.com/cairn-rollup/cairn/devnet"
	"github.com/cairn-rollup/cairn/testkit/process"
)

// TestEnginesFillGaps starts a node when a chain is some blocks long of which nothing is on L1. From gossip it has those that
// come from then on; the others its engine fetches from another engine.
func TestEnginesFillGaps(t *testing.T) {
	cairn, geth := process.Binary(t, "CAIRN", "kill"), process.Binary(t, "CAIRN_GETH", "kill")
	dir := t.TempDir()
	chain := startChain(t, cairn, dir, 10_000)
	sequencer := dial(t, "sequencer", chain.Sequencer.Node, chain.Sequencer.RPC, os.DevNull)

	first, _ := follow(t, chain, cairn, geth, dir, "first")
	posted := uint64(0) // it came late too, and gets by hand what it has missed, until one comes by itself
	first.until("blocks by gossip", func() bool {
		head := first.sync().UnsafeL2.Number
		if head > max(4, posted) {
			return true
		}
		if head == posted && head < sequencer.sync().UnsafeL2.Number {
			posted++
			post(t, sequencer, first, posted)
		}
		return false
	})
	second, program := follow(t, chain, cairn, geth, dir, "second")
	second.until("blocks beyond the gap", func() bool { return strings.Contains(process.Last(program.Log, 1000), "blocks are missing") })
	if head := second.sync().UnsafeL2.Number; head != 0 {
		t.Fatalf("unsafe head is %d before the engine has a peer", head)
	}
	var self struct{ Enode string }
	call(t, first.engine, &self, "admin_nodeInfo")
	call(t, second.engine, nil, "admin_addPeer", self.Enode)

	head := second.leads(8, sequencer)
	for number := range head + 1 {
		if x, y := second.hash(number), sequencer.hash(number); x != y || x == (common.Hash{}) {
			t.Fatalf("block %d: %s, the sequencer has %s", number, x, y)
		}
	}
	if safe := second.sync().SafeL2.Number; safe != 0 {
		t.Errorf("safe head is %d: L1 has nothing", safe)
	}
	t.Logf("the engine has fetched what was missing; block %d is from gossip", head)
}

// follow starts a node of the chain with an engine of its own, both of a name.
func follow(t *testing.T, chain devnet.Info, cairn, geth, dir, name string) (*party, *process.Process) {
	t.Helper()
	e := newEngine(t, geth, dir, name+"-engine")
	e.Start()
	ports := process.FreePorts(t, 2)
	program := process.New(t, dir, name, cairn, "node",
		"--l1="+chain.L1.RPC, "--l1.beacon="+chain.L1.Beacon, "--l1.http-poll-interval=250ms", "--l1.epoch-poll-interval=1s",
		"--l2="+e.auth, "--l2.jwt-secret="+e.secret,
		"--rollup.config="+filepath.Join(dir, "rollup.json"), "--rollup.l1-chain-config="+filepath.Join(dir, "genesis.l1.json"), "--datadir="+filepath.Join(dir, name),
		"--rpc.addr=127.0.0.1", "--rpc.port="+ports[0], "--rpc.enable-admin", "--log.format=logfmt",
		"--p2p.listen.ip=127.0.0.1", "--p2p.listen.tcp="+ports[1], "--p2p.no-discovery", "--p2p.static="+chain.Sequencer.Peer,
	)
	program.Start()
	p := dial(t, name, "http://127.0.0.1:"+ports[0], e.rpc, program.Log)
	p.answers(program)
	return p, program
}

// post hands a block of one party to another.
func post(t *testing.T, from, to *party, number uint64) {
	t.Helper()
	block, err := ethclient.NewClient(from.engine).BlockByNumber(t.Context(), new(big.Int).SetUint64(number))
	if err != nil {
		t.Fatal(err)
	}
	to.ask(nil, "admin_postUnsafePayload", map[string]any{
		"executionPayload": beacon.BlockToExecutableData(block, nil, nil, nil).ExecutionPayload, "parentBeaconBlockRoot": block.BeaconRoot(),
	})
}

func call(t *testing.T, c *rpc.Client, result any, method string, args ...any) {
	t.Helper()
	if err := c.CallContext(t.Context(), result, method, args...); err != nil {
		t.Fatalf("%s: %v", method, err)
	}
}
