package l1

import (
	"github.com/ethereum/go-ethereum/common"

	"github.com/cairn-rollup/cairn/eth"
)

// BlockKeep keeps verified blocks where they outlive the process, at most one for each number. Blocks may come in any
// order and are never changed. What is not there is eth.ErrNotFound; any other error concerns the keep alone, and costs
// nothing but requests.
type BlockKeep interface {
	Block(number uint64) (*eth.L1Block, error)
	PutBlock(block *eth.L1Block) error
	DropBlock(number uint64) error
}

// BlobKeep keeps verified blobs where they outlive the process, under the number of their L1 block and their versioned
// hash. What is not there is eth.ErrNotFound; any other error concerns the keep alone.
type BlobKeep interface {
	Blob(number uint64, hash common.Hash) (*eth.Blob, error)
	PutBlob(number uint64, hash common.Hash, blob *eth.Blob) error
}
