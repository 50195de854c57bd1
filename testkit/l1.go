package testkit

import (
	"crypto/sha256"
	"encoding/binary"
	"math/big"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/core/types"

	"github.com/cairn-rollup/cairn/derive"
	"github.com/cairn-rollup/cairn/eth"
	"github.com/cairn-rollup/cairn/rollup"
)

// L1 is a chain of L1 blocks, and the blobs its transactions name.
type L1 struct {
	Blocks []L1Block
	Blobs  map[common.Hash]*eth.Blob
}

// L1Block is an L1 block as an endpoint gives it.
type L1Block struct {
	Header       *types.Header
	Transactions types.Transactions // nil entries stand for types that nobody can read
	Receipts     types.Receipts
}

// L1Tx is a transaction with what came of it.
type L1Tx struct {
	Tx     *types.Transaction // nil: of a type that nobody can read
	Logs   []*types.Log
	Failed bool
}

// Fields are what the header of an L1 block says freely.
type Fields struct {
	Number        uint64 // of the first block; the others follow
	Time          uint64 // seconds since 1970
	PrevRandao    common.Hash
	BaseFee       *big.Int     // nil before London
	ExcessBlobGas *uint64      // nil before Cancun
	BeaconRoot    *common.Hash // nil before Cancun
	Branch        byte         // tells blocks of different branches apart
}

// Head is the newest block.
func (c *L1) Head() *types.Header { return c.Blocks[len(c.Blocks)-1].Header }

// Header makes the header of the next block, in which there will be logs of these contracts. The roots are made up, so
// that a block has a hash before it has transactions: in this model a batch can name the block it is in.
func (c *L1) Header(f Fields, logs ...*types.Log) *types.Header {
	h := &types.Header{
		UncleHash: types.EmptyUncleHash, Difficulty: new(big.Int), Number: new(big.Int).SetUint64(f.Number), GasLimit: 30_000_000,
		Time: f.Time, MixDigest: f.PrevRandao, BaseFee: f.BaseFee, Extra: []byte{f.Branch},
		Bloom: types.CreateBloom(&types.Receipt{Logs: logs}),
	}
	if f.ExcessBlobGas != nil || f.BeaconRoot != nil {
		h.WithdrawalsHash, h.BlobGasUsed = &types.EmptyWithdrawalsHash, new(uint64)
		h.ExcessBlobGas, h.ParentBeaconRoot = f.ExcessBlobGas, f.BeaconRoot
	}
	if len(c.Blocks) > 0 {
		parent := c.Head()
		h.ParentHash = parent.Hash()
		h.Number.Add(parent.Number, common.Big1)
	}
	return h
}

// Mine adds a block of a header that Header made. What logs say about their place is wrong on purpose: the receipts root
// does not commit to it, so nobody may believe it.
func (c *L1) Mine(header *types.Header, txs ...L1Tx) {
	b := L1Block{Header: header}
	gas := uint64(0)
	for i, tx := range txs {
		gas += 21_000
		r := &types.Receipt{Status: types.ReceiptStatusSuccessful, CumulativeGasUsed: gas, Logs: tx.Logs}
		if tx.Failed {
			r.Status = types.ReceiptStatusFailed
		}
		if tx.Tx != nil {
			r.Type = tx.Tx.Type()
		}
		if len(tx.Logs) > 0 {
			r.Bloom = types.CreateBloom(r)
		}
		for _, l := range tx.Logs {
			l.Index, l.TxIndex, l.BlockNumber = uint(1000-i), 77, 99
		}
		b.Transactions, b.Receipts = append(b.Transactions, tx.Tx), append(b.Receipts, r)
	}
	c.Blocks = append(c.Blocks, b)
}

// AddBlob makes a blob known and gives the versioned hash by which transactions name it.
func (c *L1) AddBlob(blob *eth.Blob) common.Hash {
	if c.Blobs == nil {
		c.Blobs = map[common.Hash]*eth.Blob{}
	}
	hash := common.Hash(sha256.Sum256(binary.BigEndian.AppendUint64([]byte("blob"), uint64(len(c.Blobs)))))
	hash[0] = 1
	c.Blobs[hash] = blob
	return hash
}

// Select is what the node takes from a block: without the receipts, if the bloom says that nothing is in them.
func Select(cfg *rollup.Config, b *L1Block) *eth.L1Block {
	receipts := b.Receipts
	if !types.BloomLookup(b.Header.Bloom, cfg.DepositContractAddress) && !types.BloomLookup(b.Header.Bloom, cfg.L1SystemConfigAddress) {
		receipts = nil
	}
	return derive.SelectL1Block(cfg, b.Header, b.Transactions, receipts)
}

// BlobFraction is the divisor for the price of blob gas that a schedule has at a time.
func BlobFraction(s rollup.BlobSchedule) func(time uint64) uint64 {
	return func(time uint64) uint64 {
		fraction := uint64(rollup.CancunUpdateFraction)
		for _, p := range s {
			if p.Time <= time {
				fraction = p.UpdateFraction
			}
		}
		return fraction
	}
}
