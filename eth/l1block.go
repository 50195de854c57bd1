package eth

import (
	"math/big"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/core/types"
)

// L1Block is the part of an L1 block that derivation can need: header fields, the transactions sent to the batch
// inbox, and the logs of the two contracts the rollup listens to. Whoever makes one has verified it against the
// block hash.
type L1Block struct {
	L1Ref
	PrevRandao    common.Hash  // mixHash of the header
	BaseFee       *big.Int     // wei
	ExcessBlobGas *uint64      // nil before Cancun
	BeaconRoot    *common.Hash // parentBeaconBlockRoot, nil before Cancun

	// Inbox holds the transactions whose data may count as batcher data, in block order. The batcher address is
	// derived state, so the sender is still to be compared.
	Inbox []InboxTx
	// Logs holds the logs of successful transactions emitted by the deposit contract and the system config contract,
	// in block order; Log.Index counts from the start of the block.
	Logs []*types.Log
}

// InboxTx is an L1 transaction to the batch inbox.
type InboxTx struct {
	Hash       common.Hash
	Index      uint64 // position in the block
	From       common.Address
	Blob       bool          // type 3 from Ecotone on: the data is in the blobs, calldata does not count
	Data       []byte        // calldata; nil if Blob
	BlobHashes []common.Hash // versioned hashes, in transaction order
}

// Blob is the raw content of one EIP-4844 blob: 4096 field elements of 32 bytes. It converts to kzg4844.Blob.
type Blob [131072]byte
