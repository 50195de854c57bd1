package eth_test

import (
	"bytes"
	"math/big"
	"reflect"
	"testing"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/core/types"
	"github.com/ethereum/go-ethereum/rlp"

	"github.com/cairn-rollup/cairn/eth"
)

func fullL1Block() *eth.L1Block {
	excess, root := uint64(0), common.Hash{9}
	ref := eth.L1Ref{Hash: common.Hash{1}, Number: 7, ParentHash: common.Hash{2}, Time: 1_700_000_000}
	return &eth.L1Block{
		L1Ref: ref, PrevRandao: common.Hash{3}, BaseFee: big.NewInt(1_000_000_007), ExcessBlobGas: &excess, BeaconRoot: &root,
		Inbox: []eth.InboxTx{
			{Hash: common.Hash{4}, Index: 3, From: common.Address{5}, Data: []byte{0, 1, 2}},
			{Hash: common.Hash{6}, Index: 5, From: common.Address{5}, Blob: true, BlobHashes: []common.Hash{{1, 1}, {1, 2}}},
		},
		Logs: []*types.Log{{
			Address: common.Address{7}, Topics: []common.Hash{{8}, {}}, Data: []byte{9}, TxHash: common.Hash{10}, TxIndex: 2, Index: 11,
			BlockNumber: ref.Number, BlockHash: ref.Hash, BlockTimestamp: ref.Time,
		}},
	}
}

func TestAnL1BlockComesBackFromDiskAsItWas(t *testing.T) {
	bare := &eth.L1Block{L1Ref: eth.L1Ref{Number: 1}, BaseFee: new(big.Int)}
	for name, block := range map[string]*eth.L1Block{"all fields": fullL1Block(), "before Cancun, nothing of interest": bare} {
		t.Run(name, func(t *testing.T) {
			text, err := rlp.EncodeToBytes(block)
			if err != nil {
				t.Fatal(err)
			}
			var got eth.L1Block
			if err := rlp.DecodeBytes(text, &got); err != nil {
				t.Fatal(err)
			}
			again, err := rlp.EncodeToBytes(&got)
			if err != nil || !bytes.Equal(again, text) {
				t.Errorf("%x\nbecame %x, %v", text, again, err)
			}
			if len(block.Logs) > 0 && !reflect.DeepEqual(got.Logs, block.Logs) {
				t.Errorf("logs are %+v, were %+v", got.Logs[0], block.Logs[0])
			}
			if got.L1Ref != block.L1Ref || got.PrevRandao != block.PrevRandao || got.BaseFee.Cmp(block.BaseFee) != 0 ||
				!reflect.DeepEqual(got.ExcessBlobGas, block.ExcessBlobGas) || !reflect.DeepEqual(got.BeaconRoot, block.BeaconRoot) {
				t.Errorf("got %+v, want %+v", got, block)
			}
			for i, in := range block.Inbox {
				have := got.Inbox[i]
				if have.Hash != in.Hash || have.Index != in.Index || have.From != in.From || have.Blob != in.Blob || !bytes.Equal(have.Data, in.Data) ||
					len(have.BlobHashes) != len(in.BlobHashes) {
					t.Errorf("inbox transaction %d is %+v, was %+v", i, have, in)
				}
			}
		})
	}
}

func FuzzL1BlockRLP(f *testing.F) {
	text, err := rlp.EncodeToBytes(fullL1Block())
	if err != nil {
		f.Fatal(err)
	}
	f.Add(text)
	f.Fuzz(func(t *testing.T, text []byte) {
		var block eth.L1Block
		if rlp.DecodeBytes(text, &block) != nil {
			return
		}
		again, err := rlp.EncodeToBytes(&block)
		if err != nil || !bytes.Equal(again, text) {
			t.Errorf("%x\nbecame %x, %v", text, again, err)
		}
	})
}
