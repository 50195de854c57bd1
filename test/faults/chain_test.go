package faults

import (
	"context"
	"errors"
	"log/slog"
	"math/big"
	"sync"
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
)

// chain is the rollup that all cases follow: a devnet with blobs, and a deposit in every other L1 block, so that receipts
// matter.
type chain struct {
	d         *devnet.Devnet
	info      devnet.Info
	sequencer *ethclient.Client
}

// Distances of the labels of L1 from its head, in blocks.
const (
	safeDistance      = 2
	finalizedDistance = 4
)

func startChain(t *testing.T) *chain {
	t.Helper()
	cfg := devnet.DefaultConfig()
	cfg.Ports = devnet.Ports{}
	cfg.L1BlockTime, cfg.L2BlockTime, cfg.BatchMaxWait = 1, 1, 2
	cfg.L1SafeDistance, cfg.L1FinalizedDistance = safeDistance, finalizedDistance
	cfg.Log = slog.New(slog.DiscardHandler)
	d, err := devnet.Open(t.Context(), cfg)
	if err != nil {
		t.Fatalf("open devnet: %v", err)
	}
	c := &chain{d: d, info: d.Info()}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- d.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; !errors.Is(err, context.Canceled) {
			t.Errorf("devnet ended with: %v", err)
		}
		if err := d.Close(); err != nil {
			t.Errorf("close devnet: %v", err)
		}
	})
	ready, done := context.WithTimeout(t.Context(), patience)
	defer done()
	if err := d.Ready(ready); err != nil {
		t.Fatalf("devnet does not come up: %v", err)
	}
	c.sequencer = ethclient.NewClient(dial(t, c.info.Sequencer.RPC))
	control := dial(t, c.info.Control)
	var users sync.WaitGroup
	users.Go(func() { c.deposit(ctx, t, control) })
	users.Go(func() { c.send(ctx, t) })
	t.Cleanup(func() {
		cancel()
		users.Wait()
	})
	eventually(t, "the chain is safe and final beyond its genesis", func() bool {
		v := d.Status().Verifiers[0]
		return v.Safe > 3 && v.Finalized > 0
	})
	return c
}

// deposit deposits until the context ends.
func (c *chain) deposit(ctx context.Context, t *testing.T, control *rpc.Client) {
	for ctx.Err() == nil {
		if err := control.CallContext(ctx, nil, "devnet_deposit", common.Address{1}, (*hexutil.Big)(big.NewInt(1))); err != nil && ctx.Err() == nil {
			t.Errorf("deposit: %v", err)
			return
		}
	}
}

// send gives the sequencer some transactions at the beginning: each makes a batch, and a blob that all nodes verify.
func (c *chain) send(ctx context.Context, t *testing.T) {
	key, err := crypto.ToECDSA(c.info.Accounts[1].PrivateKey)
	if err != nil {
		t.Error(err)
		return
	}
	signer, to := types.LatestSignerForChainID(big.NewInt(devnet.L2ChainID)), common.Address{2}
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for nonce := range uint64(6) {
		tx := types.MustSignNewTx(key, signer, &types.DynamicFeeTx{
			ChainID: big.NewInt(devnet.L2ChainID), Nonce: nonce, GasTipCap: big.NewInt(params.GWei), GasFeeCap: big.NewInt(10 * params.GWei),
			Gas: 21000, To: &to, Value: big.NewInt(1),
		})
		if err := c.sequencer.SendTransaction(ctx, tx); err != nil && ctx.Err() == nil {
			t.Errorf("send: %v", err)
			return
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// withUsers gives the sequencer's first block from a number on that holds more than deposits.
func (c *chain) withUsers(t *testing.T, number uint64) *types.Block {
	t.Helper()
	for ; ; number++ {
		var b *types.Block
		eventually(t, "another block of the sequencer", func() (ok bool) {
			var err error
			b, err = c.sequencer.BlockByNumber(t.Context(), new(big.Int).SetUint64(number))
			return err == nil
		})
		if txs := b.Transactions(); !txs[len(txs)-1].IsDepositTx() {
			return b
		}
	}
}

// hash is that of the sequencer's block.
func (c *chain) hash(t *testing.T, number uint64) common.Hash {
	t.Helper()
	h, err := c.sequencer.HeaderByNumber(t.Context(), new(big.Int).SetUint64(number))
	if err != nil {
		t.Fatalf("the sequencer's block %d: %v", number, err)
	}
	return h.Hash()
}

func dial(t *testing.T, url string) *rpc.Client {
	t.Helper()
	client, err := rpc.Dial(url)
	if err != nil {
		t.Fatalf("dial %s: %v", url, err)
	}
	t.Cleanup(client.Close)
	return client
}

// patience is how long a condition is waited for: many nodes share few processors.
const patience = 40 * time.Second

// eventually waits for a condition.
func eventually(t *testing.T, what string, cond func() bool) {
	t.Helper()
	if !within(cond) {
		t.Fatalf("not within %s: %s", patience, what)
	}
}

// within says whether a condition came true in time.
func within(cond func() bool) bool {
	deadline := time.NewTimer(patience)
	defer deadline.Stop()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for !cond() {
		select {
		case <-deadline.C:
			return false
		case <-tick.C:
		}
	}
	return true
}
