package oracle

import (
	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/common/hexutil"
	"github.com/ethereum/go-ethereum/core/types"

	"github.com/cairn-rollup/cairn/eth"
	"github.com/cairn-rollup/cairn/rollup"
)

// L1Block is an L1 block as anybody can read it, nothing selected.
type L1Block struct {
	Header       *types.Header
	Transactions types.Transactions // an entry is nil if its type is unknown: it holds its place and means nothing
	Receipts     types.Receipts     // one for each transaction
}

// World is all there is to know when somebody asks what the L2 chain is.
type World struct {
	Config *rollup.Config
	L1     []L1Block                 // contiguous; the first one is Config.Genesis.L1
	Blobs  map[common.Hash]*eth.Blob // by versioned hash; each one the batcher posts must be there

	// Upgrades are the encoded upgrade transactions of each fork that has any.
	Upgrades map[rollup.Fork][]hexutil.Bytes
	// Execute is the execution engine: it gives the hash of the block that attributes make on a parent, or says that they
	// are invalid. It must give the same answer every time.
	Execute func(parent common.Hash, number uint64, attributes *eth.PayloadAttributes) (hash common.Hash, valid bool)
	// BlobUpdateFraction is the divisor that L1's own blob schedule has for the price of blob gas at a time.
	BlobUpdateFraction func(time uint64) uint64
}

// L2Block is a block of the safe chain.
type L2Block struct {
	Number, SequenceNumber uint64
	Hash                   common.Hash
	Origin                 uint64 // number of the L1 block that is its epoch
	Attributes             eth.PayloadAttributes
	Replaced               bool // the engine refused the batch's transactions: it has deposits only
}

// Result is the L2 chain that a whole history of L1 says there is.
type Result struct {
	Chain []L2Block // Chain[i] is the block i after genesis, Chain[0] genesis itself, without attributes
	// SafeAt[i] is how many blocks after genesis are safe once all data of L1[0] to L1[i] has been used.
	SafeAt []int
	// Halted says why there is no way on, if so: L1 carries a deposit no honest contract emits, a block of deposits only is
	// invalid, a batch skips an L1 block, a fee scalar from before Ecotone has no meaning after it, or the next block is of a
	// fork without public rules.
	Halted string
}
