package realengine

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/common/hexutil"
	"github.com/ethereum/go-ethereum/crypto"
	"github.com/ethereum/go-ethereum/rpc"

	"github.com/cairn-rollup/cairn/devnet"
	"github.com/cairn-rollup/cairn/eth"
	"github.com/cairn-rollup/cairn/testkit/process"
)

// signerKey is the devnet's unsafe block signer: account 12 of the test mnemonic, which everyone knows.
const signerKey = "a267530f49f8280200edf313ee7af6b827f2a8bce2897751d06a843f644967b1"

// party is a rollup node and its engine, asked by JSON-RPC.
type party struct {
	t            *testing.T
	name         string
	node, engine *rpc.Client
	log          string // file; empty: the test's own
}

func dial(t *testing.T, name, node, engine, log string) *party {
	t.Helper()
	p := &party{t: t, name: name, log: log}
	for url, client := range map[string]**rpc.Client{node: &p.node, engine: &p.engine} {
		c, err := rpc.Dial(url)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(c.Close)
		*client = c
	}
	return p
}

// ask has the node answer, which it must.
func (p *party) ask(result any, method string, args ...any) {
	p.t.Helper()
	if err := p.node.CallContext(p.t.Context(), result, method, args...); err != nil {
		p.t.Fatalf("%s: %s%v: %v", p.name, method, args, err)
	}
}

func (p *party) sync() (s eth.SyncStatus) {
	p.t.Helper()
	p.ask(&s, "optimism_syncStatus")
	return s
}

// hash is that of the engine's block of a number; zero: it has none.
func (p *party) hash(number uint64) common.Hash {
	p.t.Helper()
	var header *struct{ Hash common.Hash }
	if err := p.engine.CallContext(p.t.Context(), &header, "eth_getBlockByNumber", hexutil.Uint64(number), false); err != nil {
		p.t.Fatalf("%s: block %d: %v", p.name, number, err)
	}
	if header == nil {
		return common.Hash{}
	}
	return header.Hash
}

// until waits for a condition.
func (p *party) until(what string, condition func() bool) {
	p.t.Helper()
	deadline := time.After(patience)
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for !condition() {
		select {
		case <-deadline:
			p.t.Fatalf("%s: never: %s; it is at %+v\n%s", p.name, what, p.sync(), process.Last(p.log, 30))
		case <-tick.C:
		}
	}
}

// passes waits until the safe head is at a block or above.
func (p *party) passes(number uint64) {
	p.t.Helper()
	p.until("safe head", func() bool { return p.sync().SafeL2.Number >= number })
}

// leads waits until a party has more blocks from another's gossip than L1 has, at least so many above a number. While the
// heads of both move it looks again.
func (p *party) leads(number uint64, from *party) (at uint64) {
	p.t.Helper()
	p.until("blocks by gossip", func() bool {
		s := p.sync()
		at = s.UnsafeL2.Number
		return at >= number && at > s.SafeL2.Number && from.hash(at) == s.UnsafeL2.Hash
	})
	return at
}

// TestOpNodeFollowsAndLeads puts op-node beside Cairn, as an operator would who changes from one to the other.
func TestOpNodeFollowsAndLeads(t *testing.T) {
	cairn, geth, opNode := process.Binary(t, "CAIRN", "opnode"), process.Binary(t, "CAIRN_GETH", "opnode"), process.Binary(t, "CAIRN_OP_NODE", "opnode")
	dir := t.TempDir()
	at := func(name string) string { return filepath.Join(dir, name) }
	chain := startChain(t, cairn, dir, 4)
	e := newEngine(t, geth, dir, "engine")
	e.Start()
	ports := process.FreePorts(t, 2)
	reference := process.New(t, dir, "op-node", opNode,
		"--l1="+chain.L1.RPC, "--l1.beacon="+chain.L1.Beacon, "--l1.http-poll-interval=250ms", "--l1.epoch-poll-interval=1s",
		"--l2="+e.auth, "--l2.jwt-secret="+e.secret, "--rollup.config="+at("rollup.json"), "--rollup.l1-chain-config="+at("genesis.l1.json"),
		"--rpc.addr=127.0.0.1", "--rpc.port="+ports[0], "--rpc.enable-admin", "--safedb.path="+at("safedb"),
		"--p2p.listen.ip=127.0.0.1", "--p2p.listen.tcp="+ports[1], "--p2p.no-discovery", "--p2p.static="+chain.Sequencer.Peer,
		"--p2p.bootnodes=enode://"+publicKey(t)+"@127.0.0.1:1", // nobody; its own ones need a resolver of names
		"--p2p.priv.path="+at("op_priv.txt"), "--p2p.peerstore.path=memory", "--p2p.discovery.path=memory",
		"--sequencer.enabled", "--sequencer.stopped", "--p2p.sequencer.key="+signerKey,
	)
	reference.Start()

	op := dial(t, "op-node", "http://127.0.0.1:"+ports[0], e.rpc, reference.Log)
	sequencer := dial(t, "sequencer", chain.Sequencer.Node, chain.Sequencer.RPC, os.DevNull)
	verifier := dial(t, "verifier", chain.Verifiers[0].Node, chain.Verifiers[0].RPC, os.DevNull)
	op.answers(reference)

	first := op.leads(12, sequencer)
	t.Logf("op-node has block %d from gossip, and L1 has not", first)
	control(t, chain, "devnet_deposit", chain.Accounts[1].Address, hexutil.Uint64(1e9))
	control(t, chain, "devnet_reorg", 2)
	op.passes(first)
	t.Logf("op-node derives what Cairn does: %d blocks", agree(t, op, verifier))

	// op-node takes over.
	var head common.Hash
	sequencer.ask(&head, "admin_stopSequencer")
	op.until("the sequencer's last block", func() bool { return op.sync().UnsafeL2.Hash == head })
	begun := op.sync().UnsafeL2.Number
	op.ask(nil, "admin_startSequencer", head)
	theirs := verifier.leads(begun+5, op)
	t.Logf("op-node has made blocks %d to %d, Cairn has them from gossip", begun+1, theirs)
	verifier.passes(theirs)
	op.passes(theirs)
	t.Logf("Cairn's batcher has posted them, both derive the same: %d blocks", agree(t, op, verifier))

	// And back.
	op.ask(&head, "admin_stopSequencer")
	sequencer.until("op-node's last block", func() bool { return sequencer.sync().UnsafeL2.Hash == head })
	begun = sequencer.sync().UnsafeL2.Number
	sequencer.ask(nil, "admin_startSequencer", head)
	ours := op.leads(begun+5, sequencer)
	op.passes(ours)
	verifier.passes(ours)
	t.Logf("Cairn has made blocks %d to %d; both derive the same: %d blocks", begun+1, ours, agree(t, op, verifier))
	answerAlike(t, op, sequencer)
}

// publicKey is somebody's, in hex.
func publicKey(t *testing.T) string {
	t.Helper()
	key, err := crypto.HexToECDSA(signerKey)
	if err != nil {
		t.Fatal(err)
	}
	return common.Bytes2Hex(crypto.FromECDSAPub(&key.PublicKey)[1:])
}

// answers waits until a party has started.
func (p *party) answers(program *process.Process) {
	p.t.Helper()
	deadline := time.After(patience)
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	var s eth.SyncStatus
	for p.node.CallContext(p.t.Context(), &s, "optimism_syncStatus") != nil {
		if program.Ended() {
			p.t.Fatalf("%s has ended by itself\n%s", p.name, process.Last(p.log, 30))
		}
		select {
		case <-deadline:
			p.t.Fatalf("%s does not answer\n%s", p.name, process.Last(p.log, 30))
		case <-tick.C:
		}
	}
}

func control(t *testing.T, chain devnet.Info, method string, args ...any) {
	t.Helper()
	c, err := rpc.Dial(chain.Control)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	call(t, c, nil, method, args...)
}

// agree compares what both hold for safe: blocks, output roots, and after which L1 block a block was safe.
func agree(t *testing.T, op, cairn *party) (blocks uint64) {
	t.Helper()
	a, b := op.sync(), cairn.sync()
	safe := min(a.SafeL2.Number, b.SafeL2.Number)
	for number := range safe + 1 {
		if x, y := op.hash(number), cairn.hash(number); x != y || x == (common.Hash{}) {
			t.Fatalf("block %d: op-node %s, Cairn %s", number, x, y)
		}
	}
	var x, y map[string]any
	op.ask(&x, "optimism_outputAtBlock", hexutil.Uint64(safe))
	cairn.ask(&y, "optimism_outputAtBlock", hexutil.Uint64(safe))
	delete(x, "syncStatus") // of now
	delete(y, "syncStatus")
	if !reflect.DeepEqual(x, y) {
		t.Errorf("output at block %d:\nop-node %v\nCairn   %v", safe, x, y)
	}
	compared := 0
	for number := range min(a.CurrentL1.Number, b.CurrentL1.Number) {
		var x, y map[string]any
		if op.node.CallContext(t.Context(), &x, "optimism_safeHeadAtL1Block", hexutil.Uint64(number)) != nil {
			continue // before the first batch it has nothing
		}
		cairn.ask(&y, "optimism_safeHeadAtL1Block", hexutil.Uint64(number))
		if !reflect.DeepEqual(x["safeHead"], y["safeHead"]) {
			t.Errorf("safe head at L1 block %d: op-node %v, Cairn %v", number, x, y)
		}
		compared++
	}
	if compared < 3 {
		t.Errorf("safe heads of %d L1 blocks were compared", compared)
	}
	return safe + 1
}

// answerAlike asks both the same: what can be asked for, and what is a mistake.
func answerAlike(t *testing.T, op, cairn *party) {
	t.Helper()
	for _, call := range []struct {
		method string
		args   []any
	}{
		{"optimism_syncStatus", nil},
		{"optimism_rollupConfig", nil},
		{"optimism_version", nil},
		{"optimism_outputAtBlock", []any{"0x3"}},
		{"optimism_outputAtBlock", []any{"0xffffff"}},
		{"optimism_outputAtBlock", []any{"latest"}},
		{"optimism_outputAtBlock", nil},
		{"optimism_safeHeadAtL1Block", []any{"0xffffff"}},
		{"optimism_dependencySet", nil},
		{"admin_sequencerActive", nil},
		{"admin_conductorEnabled", nil},
		{"admin_startSequencer", []any{"0x00"}},
		{"opp2p_self", nil},
		{"opp2p_peers", []any{true}},
		{"opp2p_peerStats", nil},
		{"opp2p_discoveryTable", nil},
		{"opp2p_listBlockedPeers", nil},
		{"opp2p_listBlockedAddrs", nil},
		{"opp2p_listBlockedSubnets", nil},
		{"opp2p_blockPeer", []any{"x"}},
		{"opp2p_blockSubnet", []any{"1.2.3.4"}},
		{"opp2p_connectPeer", []any{"/ip4/127.0.0.1"}},
		{"opp2p_disconnectPeer", []any{"x"}},
		{"opp2p_protectPeer", []any{"x"}},
		{"optimism_noSuchMethod", nil},
	} {
		x, errX := op.answer(call.method, call.args...)
		y, errY := cairn.answer(call.method, call.args...)
		if errX != errY {
			t.Errorf("%s%v: op-node says %q, Cairn %q", call.method, call.args, errX, errY)
		}
		sameShape(t, call.method, x, y)
	}
}

// answer gives the result, or the code and the words of the error.
func (p *party) answer(method string, args ...any) (result any, mistake string) {
	err := p.node.CallContext(p.t.Context(), &result, method, args...)
	var coded rpc.Error
	switch {
	case errors.As(err, &coded):
		return nil, strings.TrimSpace(hexutil.EncodeUint64(uint64(-coded.ErrorCode())) + " " + err.Error()) //nolint:gosec // codes are negative
	case errors.Is(err, context.Canceled), err != nil:
		p.t.Fatalf("%s: %s%v: %v", p.name, method, args, err)
	}
	return result, ""
}

// onlyCairn are the fields that other versions of op-node have.
var onlyCairn = map[string]bool{"cross_unsafe_l2": true}

// sameShape demands that two answers have the same keys with values of the same kind. Keys of peers are no keys.
func sameShape(t *testing.T, path string, op, cairn any) {
	t.Helper()
	if reflect.TypeOf(op) != reflect.TypeOf(cairn) {
		t.Errorf("%s: op-node has %v, Cairn %v", path, op, cairn)
		return
	}
	x, ok := op.(map[string]any)
	if !ok {
		return
	}
	y := cairn.(map[string]any)
	if strings.HasSuffix(path, "/peers") {
		x, y = anyOf(x), anyOf(y)
	}
	for key, value := range x {
		if other, ok := y[key]; ok {
			sameShape(t, path+"/"+key, value, other)
		} else {
			t.Errorf("%s/%s: only op-node has it", path, key)
		}
	}
	for key := range y {
		if _, ok := x[key]; !ok && !onlyCairn[key] {
			t.Errorf("%s/%s: only Cairn has it", path, key)
		}
	}
}

// anyOf keeps one of several values, whose key is of no interest.
func anyOf(values map[string]any) map[string]any {
	for _, value := range values {
		return map[string]any{"": value}
	}
	return nil
}
