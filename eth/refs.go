package eth

import (
	"fmt"

	"github.com/ethereum/go-ethereum/common"
)

// BlockID names one block of either layer.
type BlockID struct {
	Hash   common.Hash `json:"hash"`
	Number uint64      `json:"number"`
}

// String is the short form used in logs: first bytes of the hash, and the number.
func (id BlockID) String() string { return fmt.Sprintf("%s:%d", id.Hash.TerminalString(), id.Number) }

// L1Ref is an L1 block with what is needed to walk and to date it. JSON as op-node's L1BlockRef.
type L1Ref struct {
	Hash       common.Hash `json:"hash"`
	Number     uint64      `json:"number"`
	ParentHash common.Hash `json:"parentHash"`
	Time       uint64      `json:"timestamp"` // seconds since 1970
}

// ID drops everything but the identity.
func (r L1Ref) ID() BlockID { return BlockID{Hash: r.Hash, Number: r.Number} }

// ParentID is the identity of the parent; the zero value for block 0.
func (r L1Ref) ParentID() BlockID {
	if r.Number == 0 {
		return BlockID{}
	}
	return BlockID{Hash: r.ParentHash, Number: r.Number - 1}
}

func (r L1Ref) String() string { return r.ID().String() }

// L2Ref is an L2 block with its place in the epoch structure. JSON as op-node's L2BlockRef.
type L2Ref struct {
	Hash           common.Hash `json:"hash"`
	Number         uint64      `json:"number"`
	ParentHash     common.Hash `json:"parentHash"`
	Time           uint64      `json:"timestamp"` // seconds since 1970
	L1Origin       BlockID     `json:"l1origin"`  // the L1 block of the epoch this block belongs to
	SequenceNumber uint64      `json:"sequenceNumber"`
}

// ID drops everything but the identity.
func (r L2Ref) ID() BlockID { return BlockID{Hash: r.Hash, Number: r.Number} }

func (r L2Ref) String() string { return r.ID().String() }
