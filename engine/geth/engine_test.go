package geth_test

import (
	"context"
	"errors"
	"slices"
	"testing"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/core/types"

	"github.com/cairn-rollup/cairn/engine/geth"
	"github.com/cairn-rollup/cairn/eth"
)

func newEngine(t testing.TB) (*geth.Chain, *geth.Engine) {
	t.Helper()
	c := openL2(t)
	e, err := geth.NewEngine(c, 0)
	if err != nil {
		t.Fatal(err)
	}
	return c, e
}

// sequence are attributes that let the pool in.
func sequence(t testing.TB, parent *types.Header, forced ...*types.Transaction) *eth.PayloadAttributes {
	t.Helper()
	a := l2Attributes(t, l2Order(parent, forced...))
	a.NoTxPool = false
	return a
}

func TestEngineNeedsAnL2(t *testing.T) {
	c := openChain(t, geth.Config{Name: "l1", Genesis: l1Genesis()})
	if _, err := geth.NewEngine(c, 0); err == nil {
		t.Error("an engine on an L1")
	}
}

func TestSealTakesWhatCameAfterStart(t *testing.T) {
	c, e := newEngine(t)
	who := newUsers()
	forced, early, late := who[0].transfer(l2ChainID), who[1].transfer(l2ChainID), who[2].transfer(l2ChainID)
	send(t, c, early)
	id, err := e.Start(t.Context(), onHead(c.Head().Hash()), sequence(t, c.Head(), forced))
	if err != nil {
		t.Fatal(err)
	}
	send(t, c, late)
	env, err := e.Seal(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	made := c.BlockByHash(env.ExecutionPayload.BlockHash)
	if want := hashesOf(forced, early, late); !slices.Equal(hashes(made), want) {
		t.Errorf("block has %v, want %v", hashes(made), want)
	}
	check := openL2(t)
	if err := check.Import(t.Context(), made); err != nil {
		t.Errorf("another chain refuses the block: %v", err)
	}
}

func TestStartFindsAnInvalidForcedTransaction(t *testing.T) {
	c, e := newEngine(t)
	u := newUsers()[0]
	u.nonce = 5
	if _, err := e.Start(t.Context(), onHead(c.Head().Hash()), sequence(t, c.Head(), u.transfer(l2ChainID))); !eth.IsRejected(err) {
		t.Errorf("error %v", err)
	}
}

func TestCancelledSealLeavesTheJob(t *testing.T) {
	c, e := newEngine(t)
	send(t, c, transfers(newUsers(), l2ChainID, users)...)
	id, err := e.Start(t.Context(), onHead(c.Head().Hash()), sequence(t, c.Head()))
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := e.Seal(ctx, id); !errors.Is(err, context.Canceled) {
		t.Fatalf("error %v", err)
	}
	env, err := e.Seal(t.Context(), id)
	if err != nil || len(env.ExecutionPayload.Transactions) != users+1 {
		t.Errorf("sealed later: %v", err)
	}
}

func TestOldJobsMakeRoom(t *testing.T) {
	c, e := newEngine(t)
	var ids []eth.PayloadID
	for range 5 {
		id, err := e.Start(t.Context(), onHead(c.Head().Hash()), sequence(t, c.Head()))
		if err != nil {
			t.Fatal(err)
		}
		if slices.Contains(ids, id) {
			t.Fatalf("id %s twice", id)
		}
		ids = append(ids, id)
	}
	if _, err := e.Seal(t.Context(), ids[0]); !errors.Is(err, eth.ErrUnknownPayload) {
		t.Errorf("the oldest job: %v", err)
	}
	for _, id := range ids[1:] {
		if _, err := e.Seal(t.Context(), id); err != nil {
			t.Errorf("job %s: %v", id, err)
		}
	}
}

func TestStartOnASideChainMovesTheHeadThere(t *testing.T) {
	c, e := newEngine(t)
	genesis := c.Head()
	side, err := c.Assemble(t.Context(), l2Order(genesis, newUsers()[0].transfer(l2ChainID)))
	if err != nil {
		t.Fatal(err)
	}
	first := make1(t, c, l2Order(genesis)).Block
	make1(t, c, l2Order(first.Header()))
	// On a canonical block below the head the head stays, as op-geth has it.
	if _, err := e.Start(t.Context(), onHead(first.Hash()), sequence(t, first.Header())); err != nil {
		t.Fatal(err)
	}
	if c.Head().Number.Uint64() != 2 {
		t.Errorf("head %d after a start on a canonical block", c.Head().Number)
	}
	if _, err := e.Start(t.Context(), onHead(side.Block.Hash()), sequence(t, side.Block.Header())); err != nil {
		t.Fatal(err)
	}
	if c.Head().Hash() != side.Block.Hash() {
		t.Errorf("head %d after a start on a side chain", c.Head().Number)
	}
}

func TestForkchoiceRewinds(t *testing.T) {
	c, e := newEngine(t)
	var blocks []*types.Block
	for range 5 {
		blocks = append(blocks, make1(t, c, l2Order(c.Head())).Block)
	}
	fc := eth.ForkchoiceState{HeadBlockHash: blocks[2].Hash(), SafeBlockHash: blocks[1].Hash()}
	if err := e.Forkchoice(t.Context(), fc); err != nil {
		t.Fatal(err)
	}
	if c.Head().Number.Uint64() != 3 || c.Safe().Number.Uint64() != 2 || c.BlockByNumber(4) != nil {
		t.Errorf("head %d, safe %d", c.Head().Number, c.Safe().Number)
	}
}

func TestEngineOfAClosedChain(t *testing.T) {
	c, e := newEngine(t)
	head := c.Head()
	id, err := e.Start(t.Context(), onHead(head.Hash()), sequence(t, head)) // left open
	if err != nil {
		t.Fatal(err)
	}
	env, err := e.PayloadByHash(t.Context(), head.Hash())
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	fc := onHead(head.Hash())
	_, build := e.Build(t.Context(), fc, sequence(t, head))
	_, start := e.Start(t.Context(), fc, sequence(t, head))
	_, seal := e.Seal(t.Context(), id)
	for name, err := range map[string]error{
		"Build": build, "Start": start, "Seal": seal, "Insert": e.Insert(t.Context(), fc, env), "Forkchoice": e.Forkchoice(t.Context(), fc),
		"SetHead": c.SetHead(head.Hash(), common.Hash{}, common.Hash{}),
	} {
		if !errors.Is(err, geth.ErrClosed) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
