package txmgr

import (
	"fmt"
	"math/big"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/core/types"
	"github.com/ethereum/go-ethereum/params"
	"github.com/holiman/uint256"

	"github.com/cairn-rollup/cairn/eth"
)

// Candidate is a transaction to be: what it does, without nonce, fees and signature. It must not be changed after it
// was handed over.
type Candidate struct {
	To       *common.Address // nil creates a contract; not allowed with blobs
	Data     []byte          // calldata
	Blobs    []*eth.Blob     // at most 6; any makes it a blob transaction
	GasLimit uint64          // 0 lets L1 estimate it
	Value    *big.Int        // wei; nil means 0
}

// check refuses what no pool would take.
func (c *Candidate) check() error {
	if len(c.Blobs) > params.BlobTxMaxBlobs {
		return fmt.Errorf("%w: %d blobs, at most %d fit into a transaction", ErrInvalidCandidate, len(c.Blobs), params.BlobTxMaxBlobs)
	}
	if len(c.Blobs) > 0 && c.To == nil {
		return fmt.Errorf("%w: a blob transaction cannot create a contract", ErrInvalidCandidate)
	}
	if c.Value != nil && (c.Value.Sign() < 0 || c.Value.BitLen() > 256) {
		return fmt.Errorf("%w: value %v", ErrInvalidCandidate, c.Value)
	}
	return nil
}

// unsignedTx is a candidate at a nonce and a price. hashes are nil for a transaction without blobs.
func unsignedTx(chainID *big.Int, nonce uint64, f fees, c Candidate, hashes []common.Hash) (*types.Transaction, error) {
	value := c.Value
	if value == nil {
		value = new(big.Int)
	}
	if len(hashes) == 0 {
		return types.NewTx(&types.DynamicFeeTx{
			ChainID: chainID, Nonce: nonce, GasTipCap: f.tip, GasFeeCap: f.feeCap, Gas: c.GasLimit,
			To: c.To, Value: value, Data: c.Data,
		}), nil
	}
	tx := &types.BlobTx{Nonce: nonce, Gas: c.GasLimit, To: *c.To, Data: c.Data, BlobHashes: hashes}
	for _, n := range []struct {
		to   **uint256.Int
		from *big.Int
	}{
		{&tx.ChainID, chainID},
		{&tx.GasTipCap, f.tip},
		{&tx.GasFeeCap, f.feeCap},
		{&tx.BlobFeeCap, f.blobCap},
		{&tx.Value, value},
	} {
		x, overflow := uint256.FromBig(n.from)
		if overflow {
			return nil, fmt.Errorf("blob transaction number %v exceeds 256 bits", n.from)
		}
		*n.to = x
	}
	return types.NewTx(tx), nil
}

// costOf is what a mined transaction took from the account in fees, in wei.
func costOf(r *types.Receipt) *big.Int {
	cost := new(big.Int)
	if r.EffectiveGasPrice != nil {
		cost.Mul(r.EffectiveGasPrice, new(big.Int).SetUint64(r.GasUsed))
	}
	if r.BlobGasPrice != nil {
		cost.Add(cost, new(big.Int).Mul(r.BlobGasPrice, new(big.Int).SetUint64(r.BlobGasUsed)))
	}
	return cost
}
