package testkit

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"hash"

	"github.com/ethereum/go-ethereum/common"

	"github.com/cairn-rollup/cairn/eth"
)

// BadMark is what makes a block invalid if it is in a transaction of it, a deposit included.
const BadMark = "\xbabad\xba"

// Execute is the execution engine: it gives the hash of the block that attributes make on a parent, or calls them invalid.
// The hash commits to everything in the attributes.
func Execute(parent common.Hash, number uint64, a *eth.PayloadAttributes) (hash common.Hash, valid bool) {
	for _, tx := range a.Transactions {
		if bytes.Contains(tx, []byte(BadMark)) {
			return common.Hash{}, false
		}
	}
	return BlockHash(parent, number, a), true
}

// BlockHash is the hash that a block would have, valid or not.
func BlockHash(parent common.Hash, number uint64, a *eth.PayloadAttributes) common.Hash {
	h := digest{sha256.New()}
	h.Write(parent[:])
	h.numbers(number, a.Timestamp, a.GasLimit, flag(a.NoTxPool))
	h.Write(a.PrevRandao[:])
	h.Write(a.SuggestedFeeRecipient[:])
	h.optional(a.Withdrawals != nil, func() {
		h.numbers(uint64(len(*a.Withdrawals)))
	})
	h.optional(a.ParentBeaconBlockRoot != nil, func() { h.Write(a.ParentBeaconBlockRoot[:]) })
	h.optional(a.EIP1559Params != nil, func() { h.Write(a.EIP1559Params[:]) })
	h.optional(a.MinBaseFee != nil, func() { h.numbers(*a.MinBaseFee) })
	h.numbers(uint64(len(a.Transactions)))
	for _, tx := range a.Transactions {
		h.numbers(uint64(len(tx)))
		h.Write(tx)
	}
	return common.BytesToHash(h.Sum(nil))
}

type digest struct{ hash.Hash }

func (d digest) numbers(numbers ...uint64) {
	var buf [8]byte
	for _, n := range numbers {
		binary.BigEndian.PutUint64(buf[:], n)
		d.Write(buf[:])
	}
}

func (d digest) optional(present bool, write func()) {
	d.numbers(flag(present))
	if present {
		write()
	}
}

func flag(b bool) uint64 {
	if b {
		return 1
	}
	return 0
}
