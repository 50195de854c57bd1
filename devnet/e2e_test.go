package devnet_test

import (
	"context"
	"crypto/ecdsa"
	"errors"
	"log/slog"
	"math/big"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/common/hexutil"
	"github.com/ethereum/go-ethereum/core/types"
	"github.com/ethereum/go-ethereum/crypto"
	"github.com/ethereum/go-ethereum/ethclient"
	"github.com/ethereum/go-ethereum/params"
	"github.com/ethereum/go-ethereum/rpc"

	"github.com/cairn-rollup/cairn/devnet"
	"github.com/cairn-rollup/cairn/eth"
)

// world is a running devnet and clients of it, over HTTP as anybody else's.
type world struct {
	t    *testing.T
	d    *devnet.Devnet
	info devnet.Info

	seq, ver, l1              *ethclient.Client
	seqNode, verNode, control *rpc.Client

	stop  context.CancelFunc
	ended chan error
}

func testConfig() devnet.Config {
	cfg := devnet.DefaultConfig()
	cfg.Ports = devnet.Ports{}
	cfg.L1BlockTime, cfg.L2BlockTime = 1, 1
	cfg.BatchMaxWait = 2
	return cfg
}

func start(t *testing.T, cfg devnet.Config) *world {
	t.Helper()
	cfg.Log = slog.New(slog.NewTextHandler(t.Output(), &slog.HandlerOptions{Level: slog.LevelWarn}))
	d, err := devnet.Open(t.Context(), cfg)
	if err != nil {
		t.Fatalf("open devnet: %v", err)
	}
	w := &world{t: t, d: d, info: d.Info(), ended: make(chan error, 1)}
	ctx, cancel := context.WithCancel(context.Background())
	w.stop = cancel
	go func() { w.ended <- d.Run(ctx) }()
	t.Cleanup(w.end)
	ready, cancelReady := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancelReady()
	if err := d.Ready(ready); err != nil {
		t.Fatalf("devnet does not come up: %v", err)
	}
	dial := func(url string) *rpc.Client {
		c, err := rpc.Dial(url)
		if err != nil {
			t.Fatalf("dial %s: %v", url, err)
		}
		t.Cleanup(c.Close)
		return c
	}
	w.l1, w.seq, w.ver = ethclient.NewClient(dial(w.info.L1.RPC)), ethclient.NewClient(dial(w.info.Sequencer.RPC)), ethclient.NewClient(dial(w.info.Verifiers[0].WS))
	w.seqNode, w.verNode, w.control = dial(w.info.Sequencer.Node), dial(w.info.Verifiers[0].Node), dial(w.info.Control)
	return w
}

// end stops the devnet and demands that it ends cleanly and soon. It may be called again.
func (w *world) end() {
	if w.d == nil {
		return
	}
	began := time.Now()
	w.stop()
	if err := <-w.ended; err != nil && !errors.Is(err, context.Canceled) {
		w.t.Errorf("devnet ended with: %v", err)
	}
	if err := w.d.Close(); err != nil {
		w.t.Errorf("close devnet: %v", err)
	}
	w.t.Logf("ended in %s", time.Since(began))
	w.d = nil
}

// eventually waits for a condition.
func (w *world) eventually(what string, cond func() bool) {
	w.t.Helper()
	deadline := time.After(40 * time.Second)
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for !cond() {
		select {
		case <-deadline:
			w.t.Fatalf("not within 40 s: %s\nstatus: %+v", what, w.d.Status())
		case err := <-w.ended:
			w.ended <- err
			w.t.Fatalf("devnet ended while waiting for %s: %v", what, err)
		case <-tick.C:
		}
	}
}

func (w *world) call(c *rpc.Client, result any, method string, args ...any) {
	w.t.Helper()
	if err := c.CallContext(w.t.Context(), result, method, args...); err != nil {
		w.t.Fatalf("%s: %v", method, err)
	}
}

func (w *world) sync(node *rpc.Client) (s eth.SyncStatus) {
	w.t.Helper()
	w.call(node, &s, "optimism_syncStatus")
	return s
}

func (w *world) hash(c *ethclient.Client, number uint64) common.Hash {
	w.t.Helper()
	h, err := c.HeaderByNumber(w.t.Context(), new(big.Int).SetUint64(number))
	if err != nil {
		w.t.Fatalf("header %d: %v", number, err)
	}
	return h.Hash()
}

func (w *world) key(n int) *ecdsa.PrivateKey {
	w.t.Helper()
	k, err := crypto.ToECDSA(w.info.Accounts[n].PrivateKey)
	if err != nil {
		w.t.Fatal(err)
	}
	return k
}

// load sends transfers from one account until the context ends. It counts what the sequencer's pool took.
func (w *world) load(ctx context.Context, account int, sent *atomic.Int64) {
	key := w.key(account)
	from := crypto.PubkeyToAddress(key.PublicKey)
	signer := types.LatestSignerForChainID(big.NewInt(devnet.L2ChainID))
	tick := time.NewTicker(30 * time.Millisecond)
	defer tick.Stop()
	for ctx.Err() == nil {
		nonce, err := w.seq.PendingNonceAt(ctx, from)
		if err == nil {
			tx := types.MustSignNewTx(key, signer, &types.DynamicFeeTx{
				ChainID: big.NewInt(devnet.L2ChainID), Nonce: nonce, GasTipCap: big.NewInt(params.GWei), GasFeeCap: big.NewInt(10 * params.GWei),
				Gas: 21000, To: &from, Value: big.NewInt(1),
			})
			if w.seq.SendTransaction(ctx, tx) == nil {
				sent.Add(1)
			}
		}
		select {
		case <-ctx.Done():
		case <-tick.C:
		}
	}
}

// TestWholeRollup runs a devnet through what happens to a rollup in its life: load, a deposit, a change of configuration,
// an L1 reorg, a stop of the sequencer, a restart of everything. At the end the verifier, which has seen nothing but L1,
// has the sequencer's blocks.
func TestWholeRollup(t *testing.T) {
	if testing.Short() {
		t.Skip("runs a devnet for half a minute")
	}
	cfg := testConfig()
	cfg.DataDir, cfg.NoGossip = t.TempDir(), true
	w := start(t, cfg)

	loading, stopLoad := context.WithCancel(t.Context())
	var sent atomic.Int64
	var loads sync.WaitGroup
	for n := range 3 {
		loads.Go(func() { w.load(loading, 1+n, &sent) })
	}

	w.eventually("verifier's safe head moves", func() bool { return w.sync(w.verNode).SafeL2.Number > 2 })

	// A deposit on L1 becomes the L2 transaction that was foretold, on the verifier too.
	var deposit devnet.Deposited
	to := common.HexToAddress("0x00000000000000000000000000000000000d0e05")
	w.call(w.control, &deposit, "devnet_deposit", to, (*hexutil.Big)(big.NewInt(params.Ether)))
	w.eventually("the deposit reaches the verifier", func() bool {
		receipt, err := w.ver.TransactionReceipt(t.Context(), deposit.L2Tx)
		return err == nil && receipt.Status == types.ReceiptStatusSuccessful
	})
	if balance, err := w.ver.BalanceAt(t.Context(), to, nil); err != nil || balance.Cmp(big.NewInt(params.Ether)) != 0 {
		t.Errorf("deposited balance is %v (%v), want 1 ether", balance, err)
	}

	// A new gas limit on L1 shows in L2 blocks, on the verifier too.
	const limit = 45_000_000
	w.call(w.control, nil, "devnet_setGasLimit", limit)
	w.eventually("the gas limit reaches the verifier", func() bool {
		h, err := w.ver.HeaderByNumber(t.Context(), nil)
		return err == nil && h.GasLimit == limit
	})

	w.strangerPosts()
	w.reorg(3)
	w.stopAndStartSequencer()

	stopLoad()
	loads.Wait()
	if sent.Load() < 100 {
		t.Errorf("the load sent only %d transactions", sent.Load())
	}

	// Everything stops and comes back from the data directory.
	before := w.sync(w.seqNode)
	w.end()
	w = start(t, cfg)
	if got := w.hash(w.seq, before.UnsafeL2.Number); got != before.UnsafeL2.Hash {
		t.Errorf("after the restart block %d is %s, want %s", before.UnsafeL2.Number, got, before.UnsafeL2.Hash)
	}
	w.eventually("the verifier passes the old unsafe head", func() bool {
		return w.sync(w.verNode).SafeL2.Number > before.UnsafeL2.Number+2
	})
	w.compare()
}

// strangerPosts sends data to the inbox that is not the batcher's. It is left out and counted, and nothing else happens.
func (w *world) strangerPosts() {
	w.t.Helper()
	key := w.key(5)
	nonce, err := w.l1.PendingNonceAt(w.t.Context(), crypto.PubkeyToAddress(key.PublicKey))
	if err != nil {
		w.t.Fatal(err)
	}
	tx := types.MustSignNewTx(key, types.LatestSignerForChainID(big.NewInt(devnet.L1ChainID)), &types.DynamicFeeTx{
		ChainID: big.NewInt(devnet.L1ChainID), Nonce: nonce, GasTipCap: big.NewInt(params.GWei), GasFeeCap: big.NewInt(100 * params.GWei),
		Gas: 100_000, To: &w.info.BatchInbox, Data: []byte{0, 1, 2, 3},
	})
	if err := w.l1.SendTransaction(w.t.Context(), tx); err != nil {
		w.t.Fatalf("send to the inbox: %v", err)
	}
	w.eventually("the verifier counts the stranger's transaction", func() bool {
		var s devnet.Status
		w.call(w.control, &s, "devnet_status")
		return s.Dropped["tx/wrong-sender"] == 1
	})
}

// reorg replaces L1 blocks and demands that no block that was safe is lost.
func (w *world) reorg(depth uint64) {
	w.t.Helper()
	before := w.sync(w.seqNode)
	w.call(w.control, nil, "devnet_reorg", depth)
	w.eventually("safe heads pass the reorg", func() bool {
		return w.sync(w.seqNode).SafeL2.Number > before.UnsafeL2.Number && w.sync(w.verNode).SafeL2.Number > before.UnsafeL2.Number
	})
	if got := w.hash(w.seq, before.SafeL2.Number); got != before.SafeL2.Hash {
		w.t.Errorf("the sequencer lost a block that was safe: %d was %s, is %s", before.SafeL2.Number, before.SafeL2.Hash, got)
	}
}

func (w *world) stopAndStartSequencer() {
	w.t.Helper()
	var head common.Hash
	w.call(w.seqNode, &head, "admin_stopSequencer")
	var active bool
	if w.call(w.seqNode, &active, "admin_sequencerActive"); active {
		w.t.Error("the sequencer is active after admin_stopSequencer")
	}
	stopped := w.sync(w.seqNode).UnsafeL2
	if stopped.Hash != head {
		w.t.Errorf("admin_stopSequencer said %s, the unsafe head is %s", head, stopped.Hash)
	}
	if err := w.seqNode.CallContext(w.t.Context(), nil, "admin_startSequencer", common.Hash{1}); err == nil {
		w.t.Error("the sequencer started on a foreign head")
	}
	l1 := w.d.Status().L1Head
	w.eventually("two L1 blocks without the sequencer", func() bool { return w.d.Status().L1Head >= l1+2 })
	if now := w.sync(w.seqNode).UnsafeL2; now != stopped {
		w.t.Errorf("a stopped sequencer went from %s to %s", stopped, now)
	}
	w.call(w.seqNode, nil, "admin_startSequencer", head)
	w.eventually("the sequencer goes on", func() bool { return w.sync(w.seqNode).UnsafeL2.Number > stopped.Number+2 })
}

// compare demands equal blocks and equal output roots on both nodes up to the verifier's safe head.
func (w *world) compare() {
	w.t.Helper()
	safe := w.sync(w.verNode).SafeL2.Number
	for n := range safe + 1 {
		if a, b := w.hash(w.seq, n), w.hash(w.ver, n); a != b {
			w.t.Fatalf("block %d: sequencer has %s, verifier %s", n, a, b)
		}
	}
	var a, b eth.OutputResponse
	w.call(w.seqNode, &a, "optimism_outputAtBlock", hexutil.Uint64(safe))
	w.call(w.verNode, &b, "optimism_outputAtBlock", hexutil.Uint64(safe))
	if a.OutputRoot != b.OutputRoot || a.OutputRoot == (eth.Bytes32{}) {
		w.t.Errorf("output roots at %d: %s and %s", safe, a.OutputRoot, b.OutputRoot)
	}
	w.compareSafeHeads()
	w.t.Logf("compared %d blocks", safe+1)
}

// compareSafeHeads demands that both nodes say the same of the safe head as of an L1 block, and that it is a block of the
// chain. The record goes on over the restart.
func (w *world) compareSafeHeads() {
	w.t.Helper()
	type answer struct{ L1Block, SafeHead eth.BlockID }
	at := min(w.sync(w.seqNode).CurrentL1.Number, w.sync(w.verNode).CurrentL1.Number) - 1
	for number := at - 5; number <= at; number++ {
		var a, b answer
		w.call(w.seqNode, &a, "optimism_safeHeadAtL1Block", hexutil.Uint64(number))
		w.call(w.verNode, &b, "optimism_safeHeadAtL1Block", hexutil.Uint64(number))
		if a != b || a.L1Block.Number != number || a.SafeHead.Hash != w.hash(w.seq, a.SafeHead.Number) {
			w.t.Errorf("safe head at L1 block %d: the sequencer says %+v, the verifier %+v", number, a, b)
		}
	}
}
