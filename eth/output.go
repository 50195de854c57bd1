package eth

import (
	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/crypto"
)

// OutputRootV0 commits to an L2 block (specs: proposals, L2 output commitment): keccak256 of version 0 (32 zero
// bytes), state root, storage root of the L2ToL1MessagePasser, and block hash.
func OutputRootV0(stateRoot, messagePasserStorageRoot, blockHash common.Hash) Bytes32 {
	var version common.Hash
	return Bytes32(crypto.Keccak256Hash(version[:], stateRoot[:], messagePasserStorageRoot[:], blockHash[:]))
}

// OutputResponse is the answer of optimism_outputAtBlock, in op-node's shape.
type OutputResponse struct {
	Version               Bytes32     `json:"version"`
	OutputRoot            Bytes32     `json:"outputRoot"`
	BlockRef              L2Ref       `json:"blockRef"`
	WithdrawalStorageRoot common.Hash `json:"withdrawalStorageRoot"`
	StateRoot             common.Hash `json:"stateRoot"`
	Status                *SyncStatus `json:"syncStatus"`
}
