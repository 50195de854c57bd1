//go:build linux

package realengine

import (
	"context"
	"flag"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/ethereum/go-ethereum/core/types"
	"github.com/ethereum/go-ethereum/rpc"

	"github.com/cairn-rollup/cairn/devnet"
	"github.com/cairn-rollup/cairn/eth"
	"github.com/cairn-rollup/cairn/testkit/process"
)

var (
	kills = flag.Int("kills", 20, "how often node, engine or both are killed")
	seed  = flag.Uint64("seed", 0, "of what is killed when; 0: another one each time")
)

// patience is how long a condition may take.
const patience = 90 * time.Second

// world is a chain, an engine and a node.
type world struct {
	t            *testing.T
	chain        devnet.Info
	node, engine *process.Process
	nodeURL      string
	engineURL    string
	reference    *rpc.Client // the devnet's verifier
}

// TestKilledNodeAndEngineGoOn kills the node, its engine, or both at random moments while they follow a chain from its
// genesis. Nobody helps: each time the safe head goes on, and in the end the blocks are those of the chain.
func TestKilledNodeAndEngineGoOn(t *testing.T) {
	cairn, geth := process.Binary(t, "CAIRN", "kill"), process.Binary(t, "CAIRN_GETH", "kill")
	if *seed == 0 {
		*seed = rand.Uint64() //nolint:gosec // chance of a test
	}
	t.Logf("replay what is killed when with -seed=%d", *seed)
	rng := rand.New(rand.NewPCG(*seed, 1)) //nolint:gosec // as above
	w := newWorld(t, cairn, geth)
	w.node.Start()
	w.engine.Start()
	w.passes(2)

	var derives []time.Duration // from the start of the node to a safe head above the one before the kill
	for i := range *kills {
		before := w.safe()
		victims := [][]*process.Process{{w.node}, {w.engine}, {w.node, w.engine}, {w.engine, w.node}}[rng.IntN(4)]
		// Not before something has been derived, and then at any time within a few blocks.
		delay := time.NewTimer(time.Duration(rng.IntN(3000)) * time.Millisecond)
		select {
		case <-delay.C:
		case <-t.Context().Done():
			t.Fatal(context.Cause(t.Context()))
		}
		names := ""
		for _, v := range victims {
			v.Kill()
			names += " " + v.Name
		}
		if victims[0] == w.engine && len(victims) == 1 {
			before = w.safe() // the node is there and may have gone on
		}
		for _, v := range slices.Backward(victims) {
			v.Start()
		}
		began := time.Now()
		w.passes(before + 1)
		if victims[0] == w.node && len(victims) == 1 {
			derives = append(derives, time.Since(began))
		}
		t.Logf("kill %d of%s at safe head %d: on after %s", i+1, names, before, time.Since(began).Round(10*time.Millisecond))
	}
	w.compare()
	if len(derives) > 0 {
		slices.Sort(derives)
		t.Logf("kills of the node alone: safe head beyond the one before after %s (median), %s (worst)",
			derives[len(derives)/2].Round(time.Millisecond), derives[len(derives)-1].Round(time.Millisecond))
	}
}

// newWorld starts the chain and prepares the rest.
func newWorld(t *testing.T, cairn, geth string) *world {
	t.Helper()
	dir := t.TempDir()
	at := func(name string) string { return filepath.Join(dir, name) }
	w := &world{t: t, chain: startChain(t, cairn, dir, 1)}
	var err error
	if w.reference, err = rpc.Dial(w.chain.Verifiers[0].RPC); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(w.reference.Close)

	e := newEngine(t, geth, dir, "engine")
	w.engine, w.engineURL = e.Process, e.rpc
	port := process.FreePorts(t, 1)[0]
	w.nodeURL = "http://127.0.0.1:" + port
	w.node = process.New(t, dir, "node",
		cairn, "node", "--p2p.disable", "--l1="+w.chain.L1.RPC, "--l1.beacon="+w.chain.L1.Beacon, "--l1.http-poll-interval=250ms", "--l1.epoch-poll-interval=1s",
		"--l2="+e.auth, "--l2.jwt-secret="+e.secret,
		"--rollup.config="+at("rollup.json"), "--rollup.l1-chain-config="+at("genesis.l1.json"), "--datadir="+at("node"),
		"--rpc.addr=127.0.0.1", "--rpc.port="+port, "--log.level=debug", "--log.format=logfmt",
	)
	return w
}

// sync is the node's status; not ok if it does not answer.
func (w *world) sync() (s eth.SyncStatus, ok bool) {
	c, err := rpc.Dial(w.nodeURL)
	if err != nil {
		return s, false
	}
	defer c.Close()
	ctx, cancel := context.WithTimeout(w.t.Context(), time.Second)
	defer cancel()
	return s, c.CallContext(ctx, &s, "optimism_syncStatus") == nil
}

func (w *world) safe() uint64 {
	s, _ := w.sync()
	return s.SafeL2.Number
}

// passes waits until the node's safe head is at or above a block.
func (w *world) passes(number uint64) {
	w.t.Helper()
	deadline := time.After(patience)
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		s, ok := w.sync()
		if ok && s.SafeL2.Number >= number {
			return
		}
		for _, p := range []*process.Process{w.node, w.engine} {
			if p.Ended() {
				w.t.Fatalf("%s has ended by itself:\n%s", p.Name, process.Last(p.Log, 40))
			}
		}
		select {
		case <-deadline:
			w.t.Fatalf("safe head is %d, not %d after %s\nnode:\n%s\nengine:\n%s", s.SafeL2.Number, number, patience, process.Last(w.node.Log, 60), process.Last(w.engine.Log, 20))
		case <-tick.C:
		}
	}
}

// compare asks for every block of the node's safe chain, and the devnet's verifier for the same.
func (w *world) compare() {
	w.t.Helper()
	engine, err := rpc.Dial(w.engineURL)
	if err != nil {
		w.t.Fatal(err)
	}
	defer engine.Close()
	safe := w.safe()
	if safe == 0 {
		w.t.Fatal("nothing was derived")
	}
	for number := uint64(0); number <= safe; number++ {
		var have, want *types.Header
		for client, header := range map[*rpc.Client]**types.Header{engine: &have, w.reference: &want} {
			if err := client.CallContext(w.t.Context(), header, "eth_getBlockByNumber", fmt.Sprintf("0x%x", number), false); err != nil {
				w.t.Fatal(err)
			}
		}
		if have == nil || want == nil || have.Hash() != want.Hash() {
			w.t.Fatalf("block %d is %v, the chain has %v", number, have, want)
		}
	}
	w.t.Logf("%d blocks are the same", safe+1)
}
