package attributes

import (
	"github.com/ethereum/go-ethereum/common/hexutil"
	"github.com/ethereum/go-ethereum/core/types"

	"github.com/cairn-rollup/cairn/rollup"
)

// Gas of the L1 info transaction (specs: protocol/deposits.md, L1 attributes deposited transaction).
const (
	infoGasBedrock  = 150_000_000 // of a system transaction, which pays for no gas
	infoGasRegolith = 1_000_000   // of an ordinary one
)

// L1InfoTx encodes the first transaction of the L2 block that rules hold for.
func L1InfoTx(info *L1Info, rules *rollup.L2Rules) hexutil.Bytes {
	tx := types.DepositTx{
		SourceHash: L1InfoSource(info.BlockHash, info.SequenceNumber),
		From:       DepositorAddress,
		To:         &L1BlockAddress,
		Gas:        infoGasRegolith,
		Data:       info.Encode(rules.Info),
	}
	if !rules.Regolith {
		tx.Gas, tx.IsSystemTransaction = infoGasBedrock, true
	}
	return encodeDeposit(&tx)
}
