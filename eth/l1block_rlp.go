package eth

import (
	"errors"
	"io"
	"math/big"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/core/types"
	"github.com/ethereum/go-ethereum/rlp"
)

// l1BlockRLP is the form of an L1Block on disk. It is this project's own: nobody else reads it.
type l1BlockRLP struct {
	Ref           L1Ref
	PrevRandao    common.Hash
	BaseFee       *big.Int
	ExcessBlobGas []uint64     // none or one: RLP has no nil that differs from 0
	BeaconRoot    *common.Hash `rlp:"nilString"`
	Inbox         []InboxTx
	Logs          []logRLP
}

// logRLP is a log without what it shares with its block.
type logRLP struct {
	Address common.Address
	Topics  []common.Hash
	Data    []byte
	TxHash  common.Hash
	TxIndex uint64
	Index   uint64
}

// EncodeRLP writes the block in the form that DecodeRLP reads.
func (b *L1Block) EncodeRLP(w io.Writer) error {
	logs := make([]logRLP, len(b.Logs))
	for i, l := range b.Logs {
		logs[i] = logRLP{l.Address, l.Topics, l.Data, l.TxHash, uint64(l.TxIndex), uint64(l.Index)}
	}
	var excess []uint64
	if b.ExcessBlobGas != nil {
		excess = []uint64{*b.ExcessBlobGas}
	}
	return rlp.Encode(w, &l1BlockRLP{b.L1Ref, b.PrevRandao, b.BaseFee, excess, b.BeaconRoot, b.Inbox, logs})
}

// DecodeRLP reads a block. An error leaves it as it was.
func (b *L1Block) DecodeRLP(s *rlp.Stream) error {
	var in l1BlockRLP
	if err := s.Decode(&in); err != nil {
		return err
	}
	var excess *uint64
	switch len(in.ExcessBlobGas) {
	case 0:
	case 1:
		excess = &in.ExcessBlobGas[0]
	default:
		return errors.New("an L1 block has one excess blob gas at most")
	}
	var logs []*types.Log
	for _, l := range in.Logs {
		logs = append(logs, &types.Log{
			Address: l.Address, Topics: l.Topics, Data: l.Data, TxHash: l.TxHash, TxIndex: uint(l.TxIndex), Index: uint(l.Index),
			BlockNumber: in.Ref.Number, BlockHash: in.Ref.Hash, BlockTimestamp: in.Ref.Time,
		})
	}
	*b = L1Block{in.Ref, in.PrevRandao, in.BaseFee, excess, in.BeaconRoot, in.Inbox, logs}
	return nil
}
