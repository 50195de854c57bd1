package p2p

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"math/big"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/common/hexutil"
	"github.com/ethereum/go-ethereum/core/types"
	ethcrypto "github.com/ethereum/go-ethereum/crypto"
	"github.com/libp2p/go-libp2p/core/network"
	"github.com/libp2p/go-libp2p/core/peer"

	"github.com/cairn-rollup/cairn/eth"
	"github.com/cairn-rollup/cairn/p2p/gossip"
	"github.com/cairn-rollup/cairn/rollup"
)

// patienceOfTests is the most that a test waits for something that has to happen.
const patienceOfTests = 30 * time.Second

// clock is the time of a test.
type clock struct{ ns atomic.Int64 }

func newClock() *clock {
	c := &clock{}
	c.ns.Store(time.Now().UnixNano())
	return c
}

func (c *clock) now() time.Time          { return time.Unix(0, c.ns.Load()) }
func (c *clock) advance(d time.Duration) { c.ns.Add(int64(d)) }

const testChain = 424242

// isthmusChain has all forks up to Isthmus from genesis.
func isthmusChain() *rollup.Config {
	zero := uint64(0)
	return &rollup.Config{
		BlockTime: 2, L1ChainID: big.NewInt(900), L2ChainID: big.NewInt(testChain),
		RegolithTime: &zero, CanyonTime: &zero, DeltaTime: &zero, EcotoneTime: &zero, FjordTime: &zero, GraniteTime: &zero,
		HoloceneTime: &zero, IsthmusTime: &zero,
	}
}

// keyOf is a fixed secp256k1 key.
func keyOf(n byte) string { return hex.EncodeToString(common.LeftPadBytes([]byte{n}, 32)) }

func signerOf(t testing.TB, n byte) *gossip.LocalSigner {
	t.Helper()
	key, err := ethcrypto.HexToECDSA(keyOf(n))
	if err != nil {
		t.Fatal(err)
	}
	return gossip.NewLocalSigner(key)
}

func randomKey(t testing.TB) string {
	t.Helper()
	var key [32]byte
	if _, err := rand.Read(key[1:]); err != nil {
		t.Fatal(err)
	}
	key[0] = 1
	return hex.EncodeToString(key[:])
}

// testConfig is of a node on loopback that keeps nothing and looks for nobody.
func testConfig(t testing.TB, chain *rollup.Config, now func() time.Time) Config {
	cfg := DefaultConfig(chain)
	cfg.Now = now
	cfg.PrivPath, cfg.PrivRaw = "", randomKey(t)
	cfg.ListenIP, cfg.ListenTCP, cfg.ListenUDP = "127.0.0.1", 0, 0
	cfg.PeerstorePath, cfg.DiscoveryPath, cfg.NoDiscovery = Memory, Memory, true
	cfg.Pace = Pace{Redial: 20 * time.Millisecond, RedialMax: 200 * time.Millisecond, Inspect: 200 * time.Millisecond, Save: 50 * time.Millisecond, Search: 50 * time.Millisecond}
	return cfg
}

// openNode opens a node that believes in signer 1 and is closed at the end of the test.
func openNode(t testing.TB, cfg Config) *Node {
	t.Helper()
	n, err := Open(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := n.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	n.Rotate(signerOf(t, 1).Address())
	return n
}

// addrOf is where a node can be dialled.
func addrOf(n *Node) string {
	return n.host.Network().ListenAddresses()[0].String() + "/p2p/" + n.host.ID().String()
}

func connect(t testing.TB, from, to *Node) {
	t.Helper()
	if err := from.ConnectPeer(context.Background(), addrOf(to)); err != nil {
		t.Fatal(err)
	}
}

// eventually waits for a condition.
func eventually(t testing.TB, what string, condition func() bool) {
	t.Helper()
	eventuallyWithin(t, patienceOfTests, what, condition)
}

func eventuallyWithin(t testing.TB, limit time.Duration, what string, condition func() bool) {
	t.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	end := time.NewTimer(limit)
	defer end.Stop()
	for !condition() {
		select {
		case <-tick.C:
		case <-end.C:
			buf := make([]byte, 1<<20)
			t.Fatalf("never: %s\n%s", what, buf[:runtime.Stack(buf, false)])
		}
	}
}

func connected(n *Node, id peer.ID) bool {
	return n.host.Network().Connectedness(id) == network.Connected
}

// meshed waits until all nodes exchange whole blocks with at least so many others in the topic of a version.
func meshed(t testing.TB, peers int, version gossip.Version, nodes ...*Node) {
	t.Helper()
	for _, n := range nodes {
		eventually(t, "meshed", func() bool { return n.Status().Mesh[version] >= peers })
	}
}

// blockAt makes a valid block. salt makes different ones of a height.
func blockAt(chain *rollup.Config, number, timestamp uint64, salt byte) *eth.PayloadEnvelope {
	rules := chain.L2Rules(timestamp)
	p := &eth.ExecutionPayload{
		BlockNumber: number, Timestamp: timestamp, GasLimit: 30_000_000, BaseFeePerGas: big.NewInt(7), ExtraData: []byte{salt},
		Transactions: []hexutil.Bytes{{0x7e, 1, 2, salt}},
	}
	env := &eth.PayloadEnvelope{ExecutionPayload: p}
	if rules.Withdrawals {
		p.Withdrawals = &types.Withdrawals{}
	}
	if rules.BeaconRoot {
		p.BlobGasUsed, p.ExcessBlobGas, env.ParentBeaconBlockRoot = new(uint64), new(uint64), &common.Hash{1}
	}
	if rules.WithdrawalsRoot {
		p.WithdrawalsRoot = &common.Hash{2}
	}
	p.BlockHash = gossip.BlockHash(env)
	return env
}

// recv waits for a block.
func recv(t testing.TB, n *Node) Block {
	t.Helper()
	select {
	case b := <-n.Blocks():
		return b
	case <-time.After(patienceOfTests):
		t.Fatalf("no block came; messages %v rejects %v", n.Stats().Messages, n.Stats().Rejects)
		return Block{}
	}
}

// goroutinesNow counts what runs, but for the one goroutine of the process that measures all bandwidth: it comes and goes by
// itself.
func goroutinesNow() (count int, stacks string) {
	buf := make([]byte, 4<<20)
	stacks = string(buf[:runtime.Stack(buf, true)])
	for one := range strings.SplitSeq(stacks, "\n\n") {
		if !strings.Contains(one, "go-flow-metrics.(*sweeper)") {
			count++
		}
	}
	return count, stacks
}

// goroutines waits until no more goroutines run than before.
func goroutines(t testing.TB, before int) {
	t.Helper()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for deadline := time.Now().Add(patienceOfTests); ; <-tick.C {
		count, stacks := goroutinesNow()
		if count <= before {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("%d goroutines, %d before:\n%s", count, before, stacks)
		}
	}
}
