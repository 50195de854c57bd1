package txmgr

import (
	"context"
	"log/slog"
	"math/big"
	"testing"
	"time"

	"github.com/ethereum/go-ethereum/core"
	"github.com/ethereum/go-ethereum/core/types"
	"github.com/ethereum/go-ethereum/ethclient/simulated"
	"github.com/ethereum/go-ethereum/log"

	"github.com/cairn-rollup/cairn/eth"
)

// TestAgainstGeth holds the model of L1 against the real thing: geth's pools, RPC errors and receipts, at Osaka. It
// covers blob transactions with real proofs, a replacement, a change of type, and a reorg.
func TestAgainstGeth(t *testing.T) {
	if testing.Short() {
		t.Skip("starts a geth and computes KZG proofs")
	}
	log.SetDefault(log.NewLogger(slog.DiscardHandler))
	cfg := DefaultConfig()
	sign, from := PrivateKeySigner(testKey)
	cfg.From, cfg.MaxPendingTx, cfg.NumConfirmations = from, 3, 3
	cfg.RetryInterval, cfg.ReceiptQueryInterval = 10*time.Millisecond, 20*time.Millisecond
	cfg.RebroadcastInterval, cfg.ResubmissionTimeout = 200*time.Millisecond, time.Second
	alloc := core.DeveloperGenesisBlock(30_000_000, &from).Alloc
	backend := simulated.NewBackend(alloc)
	defer backend.Close()
	client, ok := backend.Client().(Client)
	if !ok {
		t.Fatal("the simulated client is not a Client")
	}
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	m, err := New(ctx, cfg, client, sign, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan error)
	go func() { done <- m.Run(ctx) }()
	defer func() { cancel(); <-done }()

	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	until := func(what string, f func() bool) {
		t.Helper()
		for !f() {
			select {
			case <-ctx.Done():
				t.Fatalf("%s: not in time; status %+v", what, *m.Status())
			case <-tick.C:
			}
		}
	}
	receipt := func(what string, r <-chan Result) (got *types.Receipt) {
		t.Helper()
		until(what, func() bool {
			select {
			case res := <-r:
				if res.Err != nil {
					t.Fatalf("%s: %v", what, res.Err)
				}
				got = res.Receipt
				return true
			default:
				backend.Commit()
				return false
			}
		})
		return got
	}

	q := m.NewQueue()
	var results []<-chan Result
	for _, c := range []Candidate{blobs("a"), blobs("b"), normal("c")} {
		if c.Blobs != nil {
			c.Blobs = append(c.Blobs, new(eth.Blob))
		}
		r, err := q.Send(ctx, c)
		if err != nil {
			t.Fatal(err)
		}
		results = append(results, r)
	}
	until("replacement", func() bool { return m.Status().Bumps > 0 })
	a, b, c := receipt("a", results[0]), receipt("b", results[1]), receipt("c", results[2])
	if a.Type != types.BlobTxType || a.BlobGasUsed != 2*131072 || c.Type != types.DynamicFeeTxType {
		t.Errorf("types %d, %d, blob gas %d", a.Type, c.Type, a.BlobGasUsed)
	}
	after := func(x, y *types.Receipt) bool {
		n := y.BlockNumber.Cmp(x.BlockNumber)
		return n > 0 || n == 0 && y.TransactionIndex > x.TransactionIndex
	}
	if !after(a, b) || !after(b, c) {
		t.Errorf("blocks %v, %v, %v: not in order", a.BlockNumber, b.BlockNumber, c.BlockNumber)
	}

	nonce, err := client.NonceAt(ctx, from, nil)
	if err != nil {
		t.Fatal(err)
	}
	r, err := q.Send(ctx, normal("d"))
	if err != nil {
		t.Fatal(err)
	}
	var parent *types.Header
	until("d is mined", func() bool {
		parent, err = client.HeaderByNumber(ctx, nil)
		if err != nil {
			t.Fatal(err)
		}
		backend.Commit()
		n, err := client.NonceAt(ctx, from, nil)
		return err == nil && n > nonce
	})
	mined, err := client.HeaderByNumber(ctx, nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := backend.Fork(parent.Hash()); err != nil {
		t.Fatal(err)
	}
	d := receipt("d, reorged", r)
	if d.BlockHash == mined.Hash() {
		t.Error("receipt of a block that was reorged out")
	}
	head, err := client.NonceAt(ctx, from, nil)
	if err != nil || head != 4 {
		t.Errorf("nonce %d, error %v, want 4: every candidate once, nothing else", head, err)
	}
	if st := m.Status(); st.SpentWei.Cmp(new(big.Int)) <= 0 || st.Confirmed != 4 {
		t.Errorf("status %+v", *st)
	}
}
