package attributes

import (
	"fmt"
	"math/big"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/common/hexutil"
	"github.com/ethereum/go-ethereum/core/types"
	"github.com/ethereum/go-ethereum/rlp"

	"github.com/cairn-rollup/cairn/eth"
)

// encodeDeposit writes 0x7E ‖ rlp[sourceHash, from, to, mint, value, gas, isSystem, data] (specs: protocol/deposits.md).
// It is written out because every L2 block has one: rlp.Encode takes half as much memory again.
func encodeDeposit(tx *types.DepositTx) hexutil.Bytes {
	w := rlp.NewEncoderBuffer(nil)
	list := w.List()
	w.WriteBytes(tx.SourceHash[:])
	w.WriteBytes(tx.From[:])
	w.WriteBytes(orEmpty(tx.To)) // empty: creates a contract
	w.WriteBigInt(orZero(tx.Mint))
	w.WriteBigInt(orZero(tx.Value))
	w.WriteUint64(tx.Gas)
	w.WriteBool(tx.IsSystemTransaction)
	w.WriteBytes(tx.Data)
	w.ListEnd(list)
	out := make([]byte, 1, 1+w.Size())
	out[0] = types.DepositTxType
	out = w.AppendToBytes(out)
	_ = w.Flush() // gives the buffer back; there is no writer that could fail
	return out
}

func orEmpty(a *common.Address) []byte {
	if a == nil {
		return nil
	}
	return a[:]
}

func orZero(n *big.Int) *big.Int {
	if n == nil {
		return new(big.Int)
	}
	return n
}

// decodeDeposit is the inverse; it refuses bytes after the end.
func decodeDeposit(raw []byte) (*types.DepositTx, error) {
	if !eth.IsDeposit(raw) {
		return nil, fmt.Errorf("transaction %.8x… is not a deposit", raw)
	}
	tx := new(types.DepositTx)
	if err := rlp.DecodeBytes(raw[1:], tx); err != nil {
		return nil, fmt.Errorf("decode deposit: %w", err)
	}
	return tx, nil
}
