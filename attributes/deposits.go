package attributes

import (
	"encoding/binary"
	"fmt"
	"math/big"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/common/hexutil"
	"github.com/ethereum/go-ethereum/core/types"
)

// depositTopic is keccak256("TransactionDeposited(address,address,uint256,bytes)").
var depositTopic = common.HexToHash("0xb3813568d9991fc951961fcb4c784893574240a28925604d09fc577c55bb7c32")

// depositHeader is the size of the fixed part of a deposit's opaque data: mint, value, gas, isCreation.
const depositHeader = 32 + 32 + 8 + 1

// DepositError means that the deposit contract emitted a log that is not a deposit. Deposits are never skipped: nothing
// can be derived from here on (RULES 6.1, 6.4).
type DepositError struct {
	LogIndex uint // in the L1 block
	Problem  string
}

func (e *DepositError) Error() string {
	return fmt.Sprintf("malformed deposit in log %d: %s", e.LogIndex, e.Problem)
}

// UserDeposits turns the deposit contract's logs of one L1 block into encoded deposit transactions, in their order (specs:
// protocol/deposits.md, deriving the transactions). Logs of failed transactions must not be among them; logs of other
// contracts and other events are passed over. The block's hash is an argument because a receipts root commits to
// topics and data only. The error is a *DepositError.
func UserDeposits(l1 common.Hash, logs []*types.Log, portal common.Address) ([]hexutil.Bytes, error) {
	var txs []hexutil.Bytes
	for _, log := range logs {
		if log.Address != portal || len(log.Topics) == 0 || log.Topics[0] != depositTopic {
			continue
		}
		tx, problem := userDeposit(l1, log)
		if problem != "" {
			return nil, &DepositError{LogIndex: log.Index, Problem: problem}
		}
		txs = append(txs, encodeDeposit(&tx))
	}
	return txs, nil
}

// userDeposit reads one log; the problem is empty when there is none.
func userDeposit(l1 common.Hash, log *types.Log) (tx types.DepositTx, problem string) {
	data := log.Data
	switch {
	case len(log.Topics) != 4:
		return tx, fmt.Sprintf("%d topics, want 4", len(log.Topics))
	case len(data) < 2*wordSize || len(data)%wordSize != 0:
		return tx, fmt.Sprintf("%d bytes of data, want at least two words and whole words", len(data))
	}
	offset, offsetOK := wordUint64(data)
	length, lengthOK := wordUint64(data[wordSize:])
	rest := uint64(len(data) - 2*wordSize)
	switch {
	case !offsetOK || offset != wordSize:
		return tx, fmt.Sprintf("offset %x, want 32", data[:wordSize])
	case !lengthOK || length > rest || length+wordSize <= rest:
		// Less than one word of padding; what is in the padding does not count.
		return tx, fmt.Sprintf("length %x does not fit %d bytes", data[wordSize:2*wordSize], rest)
	case log.Topics[3] != common.Hash{}:
		return tx, fmt.Sprintf("version %s, want 0", log.Topics[3])
	case length < depositHeader:
		return tx, fmt.Sprintf("%d bytes of opaque data, want at least %d", length, depositHeader)
	}
	opaque := data[2*wordSize:][:length]
	tx = types.DepositTx{
		SourceHash: UserDepositSource(l1, uint64(log.Index)),
		From:       common.Address(log.Topics[1][12:]),
		Mint:       new(big.Int).SetBytes(opaque[:32]), // zero is encoded like none
		Value:      new(big.Int).SetBytes(opaque[32:64]),
		Gas:        binary.BigEndian.Uint64(opaque[64:72]),
		Data:       opaque[depositHeader:],
	}
	if isCreation := opaque[72]; isCreation == 0 {
		to := common.Address(log.Topics[2][12:])
		tx.To = &to
	}
	return tx, ""
}
