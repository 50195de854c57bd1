//go:build linux

package anvil

import (
	"bytes"
	"errors"
	"fmt"
	"math/big"
	"os"
	"testing"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/common/hexutil"
	"github.com/ethereum/go-ethereum/core/types"
	"github.com/ethereum/go-ethereum/ethclient"
	"github.com/ethereum/go-ethereum/params"

	"github.com/cairn-rollup/cairn/attributes"
	"github.com/cairn-rollup/cairn/contracts/bindings"
	"github.com/cairn-rollup/cairn/eth"
)

// TestNodeFollowsAnvil has anvil reorganise while everything derives from it.
func TestNodeFollowsAnvil(t *testing.T) {
	w := newWorld(t)
	batches := w.post()
	finality := w.finality()
	w.passes(3, w.sequencer, w.verifier)

	for _, r := range []reorg{
		{depth: 3},
		{depth: 5, keep: true},
		{depth: 8, arrived: true},
		{depth: 8, keep: true, arrived: true},
		{depth: 4, killed: []*cairn{w.verifier}},
		{depth: 6, keep: true, killed: []*cairn{w.sequencer, w.verifier}},
	} {
		w.reorg(r)
		w.compare(w.verifier)
	}
	w.joins()

	b := batches.Status()
	t.Logf("batcher: %d transactions, %d bytes; L1 is at %d, L2 at %d", b.Txs, b.Bytes, w.at("latest").Number, w.is(w.verifier).Sync.SafeL2.Number)

	looks, went := finality.of("anvil finalized")
	t.Logf("anvil's finalized block went back %d times in %d looks", len(went), looks)
	w.breaks()
	w.noComplaints()
	for _, who := range []string{"sequencer finalized L2", "verifier finalized L2"} {
		looks, went := finality.of(who)
		if looks < 100 || len(went) > 0 {
			t.Errorf("%s: taken back in %d looks: %q", who, looks, went)
		}
		w.stays(finality.called(who))
	}
}

// reorg is what anvil does to the end of its chain.
type reorg struct {
	depth   uint64
	keep    bool     // the transactions are in the new blocks too, each one block later than it was if there is one
	arrived bool     // not before a deposit in one of the blocks is in a safe L2 block
	killed  []*cairn // these are dead meanwhile
}

func (r reorg) String() string {
	text := fmt.Sprintf("reorg of %d blocks", r.depth)
	if r.keep {
		text += " with their transactions"
	}
	for _, n := range r.killed {
		text += ", " + n.Name + " dead"
	}
	return text
}

// deposit is one ether sent from L1 to a new account on L2.
type deposit struct {
	to     common.Address
	l1, l2 common.Hash // transactions
	block  uint64      // of L1
}

// reorg replaces L1 blocks that hold batches and a deposit, and demands that both nodes follow.
func (w *world) reorg(r reorg) {
	w.t.Helper()
	sent := w.doomed(r)
	before, seqBefore := w.is(w.verifier), w.is(w.sequencer)
	for _, n := range r.killed {
		n.Kill()
	}
	head := w.replace(r.depth, r.keep)
	for _, n := range r.killed {
		n.Start()
	}
	w.mine(true)
	w.passes(seqBefore.Sync.UnsafeL2.Number+2, w.sequencer, w.verifier)
	w.settled(r, sent)
	after := w.is(w.verifier)
	w.t.Logf("%s at L1 %d: the verifier was at L2 %d, the sequencer at %d; both are at %d", r, head, before.Sync.SafeL2.Number,
		seqBefore.Sync.UnsafeL2.Number, after.Sync.SafeL2.Number)
	if rewinds := after.Counts.Rewinds - before.Counts.Rewinds; len(r.killed) == 0 && rewinds < int(r.depth) {
		w.t.Errorf("%s: %d rewinds", r, rewinds)
	}
}

// replace has anvil replace its last blocks, and gives the height of its head.
func (w *world) replace(depth uint64, keep bool) (head uint64) {
	w.t.Helper()
	head = uint64(w.at("latest").Number)
	var old []l1Block
	for number := head - depth; number <= head; number++ {
		old = append(old, w.at(number))
	}
	moved := []any{} // pairs of a transaction and the new block that it goes into, counted from 0
	if keep {
		for i, b := range old[1:] {
			for _, tx := range b.Transactions {
				var raw hexutil.Bytes
				w.call(&raw, "eth_getRawTransactionByHash", tx)
				moved = append(moved, []any{raw, min(uint64(i)+1, depth-1)})
			}
		}
	}
	// The new blocks have the time of the last one that stays, all of them, and those after them go on from there: L1
	// falls behind the clock by so many seconds.
	w.call(nil, "anvil_reorg", depth, moved)
	for i, b := range old {
		if now := w.at(uint64(b.Number)); (now.Hash == b.Hash) != (i == 0) {
			w.t.Fatalf("anvil_reorg of %d blocks from %d: block %d was %s, is %s", depth, head, b.Number, b.Hash, now.Hash)
		}
	}
	return head
}

// joins starts a node with an empty disk that is slow enough for L1 to reorganise while it is on its way, and demands that
// it arrives.
func (w *world) joins() {
	w.t.Helper()
	const depth, start = 8, 10
	newcomer := w.node("newcomer", "--l1.rpc-rate-limit=25")
	w.eventually("the newcomer is on its way", func() error {
		if at := w.is(newcomer).Sync.CurrentL1.Number; at < start {
			return fmt.Errorf("it is at L1 block %d", at)
		}
		return nil
	})
	head := w.replace(depth, false)
	at, target := w.is(newcomer).Sync, w.is(w.sequencer).Sync.UnsafeL2.Number+2
	if at.CurrentL1.Number >= head {
		w.t.Errorf("the newcomer was at the end of L1, %d, before the reorg", head)
	}
	w.passes(target, w.sequencer, w.verifier, newcomer)
	w.compare(newcomer)
	w.t.Logf("reorg of %d blocks at L1 %d while a newcomer was at %d: it is at L2 %d", depth, head, at.CurrentL1.Number, w.is(newcomer).Sync.SafeL2.Number)
}

// breaks has anvil go back on what it called finalized. Nobody can follow: nodes that run say that they look for a new
// start, and they hold on to what is final, as one that is started again does.
func (w *world) breaks() {
	w.t.Helper()
	w.mine(false)
	head := uint64(w.at("latest").Number)
	sequencer, verifier := w.is(w.sequencer).Sync.FinalizedL2, w.is(w.verifier).Sync.FinalizedL2
	w.replace(head-min(sequencer.L1Origin.Number, verifier.L1Origin.Number)+1, false)
	w.mine(true)
	w.holds(w.sequencer, sequencer, head, true)
	w.holds(w.verifier, verifier, head, true)
	w.verifier.Kill()
	w.verifier.Start()
	w.holds(w.verifier, verifier, head, false)
}

// holds waits until a node has heard of an L1 block above a height, and if asked to, that it is in trouble. What is final
// stays.
func (w *world) holds(n *cairn, final eth.L2Ref, above uint64, trouble bool) {
	w.t.Helper()
	w.eventually(n.Name+" learns that finality is broken", func() error {
		s, err := n.status(w.t.Context())
		switch {
		case err != nil:
			return err
		case s.Sync.HeadL1.Number <= above || s.Sync.FinalizedL2 == (eth.L2Ref{}):
			return fmt.Errorf("it is at %+v", s.Sync)
		case s.Sync.FinalizedL2.Number < final.Number || s.Sync.FinalizedL2.Number == final.Number && s.Sync.FinalizedL2 != final:
			w.t.Fatalf("%s: final was %s, is %s", n.Name, final, s.Sync.FinalizedL2)
		case !trouble:
			return nil
		}
		for _, wait := range s.Waits {
			if wait.Lane == "start" {
				w.t.Logf("%s, on broken finality: %s", n.Name, wait.Cause)
				return nil
			}
		}
		return fmt.Errorf("it waits for %+v", s.Waits)
	})
}

// doomed stops anvil's clock when the last blocks hold batches and a deposit, and both nodes have read them.
func (w *world) doomed(r reorg) deposit {
	w.t.Helper()
	for {
		sent := w.deposit()
		if r.arrived {
			w.eventually("the deposit is safe on the verifier", func() error {
				receipt, err := w.verifier.l2.TransactionReceipt(w.t.Context(), sent.l2)
				if err == nil && receipt.Status != types.ReceiptStatusSuccessful {
					err = errors.New("it failed")
				}
				return err
			})
		}
		w.mine(false)
		head := w.at("latest")
		batches := 0
		for number := uint64(head.Number) - r.depth + 1; number <= uint64(head.Number); number++ {
			for _, tx := range w.at(number).Transactions {
				if tx != sent.l1 {
					batches++
				}
			}
		}
		if batches > 0 && sent.block > uint64(head.Number)-r.depth {
			w.eventually("both nodes have read L1 to its end", func() error {
				for _, n := range []*cairn{w.sequencer, w.verifier} {
					if at := w.is(n).Sync.CurrentL1; at.Hash != head.Hash {
						return fmt.Errorf("%s is at %s, the head is %s", n.Name, at, head.id())
					}
				}
				return nil
			})
			return sent
		}
		w.mine(true) // too slow, or nothing was posted: the next one
	}
}

// mine starts and stops anvil's clock.
func (w *world) mine(on bool) {
	w.t.Helper()
	seconds := 0
	if on {
		seconds = 1
	}
	w.call(nil, "evm_setIntervalMining", seconds)
}

// deposit sends an ether through the portal, and waits until it is on L1.
func (w *world) deposit() (d deposit) {
	w.t.Helper()
	const l2Gas = 100_000
	l1, user, ctx := ethclient.NewClient(w.l1), w.chain.user, w.t.Context()
	nonce, err := l1.NonceAt(ctx, user.address, nil)
	if err != nil {
		w.t.Fatal(err)
	}
	d.to = common.BigToAddress(new(big.Int).SetUint64(0xd0e0_0000 + uint64(w.at("latest").Number)))
	tx := types.MustSignNewTx(user.key, types.LatestSignerForChainID(big.NewInt(l1ChainID)), &types.DynamicFeeTx{
		ChainID: big.NewInt(l1ChainID), Nonce: nonce, GasTipCap: big.NewInt(params.GWei), GasFeeCap: big.NewInt(100 * params.GWei), Gas: 500_000,
		To: &w.chain.addresses.OptimismPortal, Value: big.NewInt(params.Ether),
		Data: bindings.NewOptimismPortal().PackDepositTransaction(d.to, big.NewInt(params.Ether), l2Gas, false, nil),
	})
	if err := l1.SendTransaction(ctx, tx); err != nil {
		w.t.Fatalf("send deposit: %v", err)
	}
	d.l1 = tx.Hash()
	w.eventually("the deposit is on L1", func() error {
		l2, block, err := w.deposited(d)
		d.l2, d.block = l2, block
		return err
	})
	return d
}

// deposited gives the L2 transaction that a deposit on L1 becomes.
func (w *world) deposited(d deposit) (l2 common.Hash, block uint64, err error) {
	receipt, err := ethclient.NewClient(w.l1).TransactionReceipt(w.t.Context(), d.l1)
	if err != nil {
		return l2, 0, err
	}
	deposits, err := attributes.UserDeposits(receipt.BlockHash, receipt.Logs, w.chain.addresses.OptimismPortal)
	if err != nil || len(deposits) != 1 {
		return l2, 0, fmt.Errorf("it made %d L2 transactions: %w", len(deposits), err)
	}
	var tx types.Transaction
	if err := tx.UnmarshalBinary(deposits[0]); err != nil {
		return l2, 0, err
	}
	return tx.Hash(), receipt.BlockNumber.Uint64(), nil
}

// passes waits until the safe heads of nodes are at or above a block.
func (w *world) passes(number uint64, nodes ...*cairn) {
	w.t.Helper()
	w.eventually(fmt.Sprintf("safe heads pass %d", number), func() error {
		for _, n := range nodes {
			if s := w.is(n).Sync; s.SafeL2.Number < number {
				return fmt.Errorf("%s: safe %s, unsafe %s, L1 %s of %s", n.Name, s.SafeL2, s.UnsafeL2, s.CurrentL1, s.HeadL1)
			}
		}
		return nil
	})
}

// settled demands that a deposit that L1 has forgotten is not on L2, and that one it took again is, as another transaction.
func (w *world) settled(r reorg, d deposit) {
	w.t.Helper()
	want := new(big.Int)
	if r.keep {
		l2, _, err := w.deposited(d)
		if err != nil || l2 == d.l2 {
			w.t.Fatalf("%s: the deposit made %s, and now %s: %v", r, d.l2, l2, err)
		}
		want.SetUint64(params.Ether)
		w.eventually("the deposit arrives again", func() error {
			_, err := w.verifier.l2.TransactionReceipt(w.t.Context(), l2)
			return err
		})
	}
	for _, n := range []*cairn{w.sequencer, w.verifier} {
		if _, err := n.l2.TransactionReceipt(w.t.Context(), d.l2); err == nil {
			w.t.Errorf("%s: the %s has the deposit of a block that L1 has not", r, n.Name)
		}
		if got, err := n.l2.BalanceAt(w.t.Context(), d.to, nil); err != nil || got.Cmp(want) != 0 {
			w.t.Errorf("%s: the %s has %v (%v) of the deposit, want %v", r, n.Name, got, err, want)
		}
	}
}

// compare demands that each block of a node's safe chain is the sequencer's, and stands on anvil's chain.
func (w *world) compare(n *cairn) {
	w.t.Helper()
	safe := w.is(n).Sync.SafeL2
	for number := range safe.Number + 1 {
		if a, b := w.header(w.sequencer, number).Hash(), w.header(n, number).Hash(); a != b {
			w.t.Fatalf("block %d: the sequencer has %s, the %s %s", number, a, n.Name, b)
		}
	}
	if origin := w.at(safe.L1Origin.Number).id(); origin != safe.L1Origin {
		w.t.Errorf("safe block %s stands on %s, L1 has %s", safe, safe.L1Origin, origin)
	}
}

// stays demands that what was called finalized at any time is on the chain now.
func (w *world) stays(called map[uint64]common.Hash) {
	w.t.Helper()
	for number, hash := range called {
		if now := w.header(w.verifier, number).Hash(); now != hash {
			w.t.Errorf("finalized block %d was %s, is %s", number, hash, now)
		}
	}
}

// noComplaints demands that all nodes could verify all that anvil told, and asked for no blobs.
func (w *world) noComplaints() {
	w.t.Helper()
	if n := w.asked.Load(); n != 0 {
		w.t.Errorf("the Beacon API was asked %d times, for calldata", n)
	}
	for _, n := range w.nodes {
		log, err := os.ReadFile(n.Log)
		if err != nil {
			w.t.Fatal(err)
		}
		for line := range bytes.Lines(log) {
			if bytes.Contains(line, []byte("does not match")) {
				w.t.Errorf("%s: %s", n.Name, line)
			}
		}
	}
}
