package geth

import (
	"context"
	"errors"
	"fmt"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/consensus/misc"
	"github.com/ethereum/go-ethereum/consensus/misc/eip4844"
	"github.com/ethereum/go-ethereum/core"
	"github.com/ethereum/go-ethereum/core/rawdb"
	"github.com/ethereum/go-ethereum/core/state"
	"github.com/ethereum/go-ethereum/core/types"
	"github.com/ethereum/go-ethereum/core/vm"
	"github.com/ethereum/go-ethereum/params"

	"github.com/cairn-rollup/cairn/eth"
)

// building is a block being executed: opened on its parent, transactions applied one after the other, then finished.
// Whoever opened it calls stop when it is not needed any more, finished or not.
type building struct {
	chain  *Chain
	order  Order
	header *types.Header
	signer types.Signer
	state  *state.StateDB
	evm    *vm.EVM
	gas    *core.GasPool

	txs      types.Transactions
	receipts types.Receipts
	sidecars []*types.BlobTxSidecar

	size      uint64 // bytes of the transactions
	blobs     int
	maxBlobs  int
	daScalar  uint64 // DA footprint gas scalar; 0 where there is no footprint
	footprint uint64 // gas
}

// Reasons not to include a transaction that op-geth has no error for.
var (
	errBlobs     = errors.New("no room for its blobs")
	errFootprint = errors.New("DA footprint exceeds the block gas limit")
)

// build prepares a block up to its first transaction. The caller holds the lock.
func (c *Chain) build(o Order) (*building, error) {
	parent := c.blocks.GetHeaderByHash(o.Parent)
	if parent == nil {
		return nil, fmt.Errorf("parent %s is unknown: %w", o.Parent, eth.ErrForkchoice)
	}
	header, err := newHeader(c.rules, parent, &o)
	if err != nil {
		return nil, err
	}
	b := &building{
		chain: c, order: o, header: header,
		signer: types.MakeSigner(c.rules, header.Number, header.Time),
		gas:    core.NewGasPool(header.GasLimit),
	}
	if header.BlobGasUsed != nil && !c.rules.IsOptimism() {
		b.maxBlobs = eip4844.MaxBlobsPerBlock(c.rules, header.Time)
	}
	if c.rules.IsJovian(parent.Time) {
		if b.daScalar, err = daFootprintScalar(o.Forced); err != nil {
			return nil, err
		}
	}
	core.SenderCacher().Recover(b.signer, o.Forced) // in the background, on all cores
	if b.state, err = c.stateAt(parent); err != nil {
		return nil, err
	}
	// Other cores load the tries that get touched. It has to see the system calls below.
	b.state.StartPrefetcher("build", nil)
	c.open[b] = struct{}{}
	b.evm = vm.NewEVM(core.NewEVMBlockContext(header, c.blocks, &header.Coinbase, c.rules, b.state), b.state, c.rules, vm.Config{})
	misc.EnsureCreate2Deployer(c.rules, header.Time, b.state)
	if header.ParentBeaconRoot != nil {
		core.ProcessBeaconBlockRoot(*header.ParentBeaconRoot, b.evm)
	}
	if c.rules.IsPrague(header.Number, header.Time) {
		core.ProcessParentBlockHash(header.ParentHash, b.evm)
	}
	return b, nil
}

// stop ends what runs beside a building. The caller holds the lock.
func (b *building) stop() {
	b.state.StopPrefetcher()
	delete(b.chain.open, b)
}

// stateAt is the state after a block. Without Archive op-geth keeps the newest 128 states; an older one is brought back
// by making its block the head first, which is where the chain is about to go anyway.
func (c *Chain) stateAt(h *types.Header) (*state.StateDB, error) {
	if !c.blocks.HasState(h.Root) {
		block := c.blocks.GetBlock(h.Hash(), h.Number.Uint64())
		if block == nil {
			return nil, fmt.Errorf("block %s has no body", h.Hash())
		}
		if _, err := c.blocks.SetCanonical(block); err != nil {
			return nil, fmt.Errorf("recover state of block %d: %w", h.Number, err)
		}
	}
	st, err := c.blocks.StateAt(h.Root)
	if err != nil {
		return nil, fmt.Errorf("state of block %d: %w", h.Number, err)
	}
	return st, nil
}

// daFootprintScalar is in the L1 info deposit of every block after Jovian's first (specs: jovian exec-engine, DA
// footprint block limit).
func daFootprintScalar(forced types.Transactions) (uint64, error) {
	if len(forced) == 0 || !forced[0].IsDepositTx() {
		return 0, eth.Rejected("missing L1 attributes deposit transaction")
	}
	scalar, err := types.ExtractDAFootprintGasScalar(forced[0].Data())
	if err != nil {
		return 0, eth.Rejected("%s", err)
	}
	return uint64(scalar), nil
}

// force applies the forced transactions: all, or the block is rejected.
func (b *building) force(ctx context.Context) error {
	for i, tx := range b.order.Forced {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := b.apply(tx); err != nil {
			if dbErr := b.state.Error(); dbErr != nil {
				return fmt.Errorf("read state: %w", dbErr)
			}
			return eth.Rejected("forced transaction %d (%s): %s", i, tx.Hash(), err)
		}
	}
	return nil
}

// apply executes one transaction, or leaves everything as it was.
func (b *building) apply(tx *types.Transaction) error {
	sidecar := tx.BlobTxSidecar()
	if tx.Type() == types.BlobTxType {
		switch {
		case b.maxBlobs == 0:
			return core.ErrTxTypeNotSupported
		case sidecar == nil:
			return errors.New("blob transaction without its sidecar")
		case b.blobs+len(sidecar.Blobs) > b.maxBlobs:
			return errBlobs
		}
		tx = tx.WithoutBlobTxSidecar()
	}
	footprint := b.footprintOf(tx)
	if footprint > b.header.GasLimit-b.footprint {
		return errFootprint
	}
	msg, err := core.TransactionToMessage(tx, b.signer, b.header.BaseFee)
	if err != nil {
		return err
	}
	before, gas := b.state.Snapshot(), b.gas.Snapshot()
	b.state.SetTxContext(tx.Hash(), len(b.txs))
	receipt, err := core.ApplyTransactionWithEVM(msg, b.gas, b.state, b.header.Number, common.Hash{}, b.header.Time, tx, b.evm)
	if err != nil {
		b.state.RevertToSnapshot(before)
		b.gas.Set(gas)
		return err
	}
	b.txs, b.receipts = append(b.txs, tx), append(b.receipts, receipt)
	b.size += tx.Size()
	b.footprint += footprint
	if sidecar != nil {
		b.sidecars = append(b.sidecars, sidecar)
		b.blobs += len(sidecar.Blobs)
		*b.header.BlobGasUsed += receipt.BlobGasUsed
	}
	return nil
}

// footprintOf is the gas that a transaction's data counts for in a Jovian block.
func (b *building) footprintOf(tx *types.Transaction) uint64 {
	if b.daScalar == 0 || tx.IsDepositTx() {
		return 0
	}
	return tx.RollupCostData().EstimatedDASize().Uint64() * b.daScalar
}

// finish closes the block, checks it by the rules a received block is checked by, except for executing it again, and
// writes block, receipts and state. The head stays. The caller holds the lock.
func (b *building) finish() (*Assembled, error) {
	c := b.chain
	requests, err := b.requests()
	if err != nil {
		return nil, err
	}
	if requests != nil {
		hash := types.CalcRequestsHash(requests)
		b.header.RequestsHash = &hash
	}
	b.header.GasUsed = b.gas.Used()
	body := &types.Body{Transactions: b.txs}
	if c.rules.IsShanghai(b.header.Number, b.header.Time) {
		body.Withdrawals = types.Withdrawals{}
	}
	block, err := c.blocks.Engine().FinalizeAndAssemble(context.Background(), c.blocks, b.header, b.state, body, b.receipts)
	if dbErr := b.state.Error(); dbErr != nil {
		return nil, fmt.Errorf("read state: %w", dbErr)
	}
	if err != nil {
		return nil, eth.Rejected("%s", err)
	}
	if err := c.blocks.Engine().VerifyHeader(c.blocks, block.Header()); err != nil {
		return nil, eth.Rejected("header: %s", err)
	}
	switch err := c.blocks.Validator().ValidateBody(block); {
	case err == nil:
		if err := b.commit(block); err != nil {
			return nil, err
		}
	case !errors.Is(err, core.ErrKnownBlock): // the same order once more needs no second write
		return nil, eth.Rejected("body: %s", err)
	}
	c.keep(block)
	sealReceipts(b.receipts, block.Hash())
	return &Assembled{Block: block, Receipts: b.receipts, Sidecars: b.sidecars, Requests: requests}, nil
}

// requests are the execution layer's requests to the consensus layer (EIP-7685). An L2 has none: nil before Isthmus,
// empty from then on.
func (b *building) requests() ([][]byte, error) {
	cfg := b.chain.rules
	if !cfg.IsPrague(b.header.Number, b.header.Time) {
		return nil, nil
	}
	requests := [][]byte{}
	if cfg.IsIsthmus(b.header.Time) {
		return requests, nil
	}
	var logs []*types.Log
	for _, r := range b.receipts {
		logs = append(logs, r.Logs...)
	}
	if err := core.ParseDepositLogs(&requests, logs, cfg); err != nil {
		return nil, eth.Rejected("validator deposits: %s", err)
	}
	if err := core.ProcessWithdrawalQueue(&requests, b.evm); err != nil {
		return nil, eth.Rejected("withdrawal queue: %s", err)
	}
	if err := core.ProcessConsolidationQueue(&requests, b.evm); err != nil {
		return nil, eth.Rejected("consolidation queue: %s", err)
	}
	return requests, nil
}

// commit writes the block before the state, as op-geth does: a block without its state counts as unknown, a state
// without its block would be garbage.
func (b *building) commit(block *types.Block) error {
	c := b.chain
	batch := c.backend.ChainDb().NewBatch()
	defer batch.Close()
	rawdb.WriteBlock(batch, block)
	rawdb.WriteReceipts(batch, block.Hash(), block.NumberU64(), b.receipts)
	if err := batch.Write(); err != nil {
		return fmt.Errorf("write block %d: %w", block.NumberU64(), err)
	}
	if c.blocks.HasState(block.Root()) {
		return nil // of a sibling with the same transactions; the path scheme takes no state twice
	}
	root, err := b.state.Commit(block.NumberU64(), true, c.rules.IsCancun(block.Number(), block.Time()))
	if err != nil {
		return fmt.Errorf("commit state of block %d: %w", block.NumberU64(), err)
	}
	if root != block.Root() {
		return fmt.Errorf("state of block %d committed as %s, computed as %s", block.NumberU64(), root, block.Root())
	}
	if !c.cfg.Archive {
		return nil // the path scheme keeps the state in memory and writes older ones by itself
	}
	if err := c.blocks.TrieDB().Commit(root, false); err != nil {
		return fmt.Errorf("write state of block %d: %w", block.NumberU64(), err)
	}
	return nil
}

// sealReceipts adds the block hash, which nobody knew while the transactions ran.
func sealReceipts(receipts types.Receipts, block common.Hash) {
	for _, r := range receipts {
		r.BlockHash = block
		for _, l := range r.Logs {
			l.BlockHash = block
		}
	}
}

// maxTxBytes is how many bytes of transactions go into a block from the pool: the protocol's limit of a block (EIP-7934)
// with room for the rest of it.
const maxTxBytes = params.MaxBlockSize - 1_000_000
