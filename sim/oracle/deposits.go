package oracle

import (
	"errors"
	"fmt"
	"math/big"

	"github.com/ethereum/go-ethereum/core/types"
	"github.com/ethereum/go-ethereum/crypto"
)

var transactionDeposited = crypto.Keccak256Hash([]byte("TransactionDeposited(address,address,uint256,bytes)"))

// userDeposits reads the deposits of an L1 block out of its logs. One that cannot be read is an error: the contract does not
// emit such logs, and to leave one out would be to lose somebody's money.
func (d *derivation) userDeposits(block *L1Block) (deposits [][]byte, err error) {
	hash := block.Header.Hash()
	index := uint64(0) // of the log among all logs of the block
	for _, receipt := range block.Receipts {
		for _, log := range receipt.Logs {
			if receipt.Status == types.ReceiptStatusSuccessful && log.Address == d.config.DepositContractAddress &&
				len(log.Topics) > 0 && log.Topics[0] == transactionDeposited {
				tx, err := readDeposit(log)
				if err != nil {
					return nil, fmt.Errorf("log %d of L1 block %d: %w", index, block.Header.Number, err)
				}
				tx.SourceHash = sourceHash(0, hash, index)
				deposits = append(deposits, tx.encode())
			}
			index++
		}
	}
	return deposits, nil
}

// readDeposit reads a log of the deposit contract: indexed are from, to and the version, and the data are ABI-encoded
// bytes, which in version 0 are packed.
//
//	opaque = mint (32) ++ value (32) ++ gas limit (8) ++ is creation (1) ++ data
func readDeposit(log *types.Log) (tx depositTx, err error) {
	if len(log.Topics) != 4 {
		return tx, errors.New("a deposit without its four topics")
	}
	if !isZero(log.Topics[3][:]) {
		return tx, errors.New("a deposit of an unknown version")
	}
	data := log.Data
	if len(data) < 64 || len(data)%32 != 0 {
		return tx, errors.New("a deposit whose data are not words")
	}
	offset, length, content := new(big.Int).SetBytes(data[:32]), new(big.Int).SetBytes(data[32:64]), data[64:]
	if offset.Cmp(big.NewInt(32)) != 0 {
		return tx, errors.New("a deposit whose data do not start where they must")
	}
	// The padding is less than a word.
	if !length.IsUint64() || length.Uint64() > uint64(len(content)) || uint64(len(content))-length.Uint64() >= 32 {
		return tx, errors.New("a deposit whose data have another length than they say")
	}
	opaque := content[:length.Uint64()]
	if len(opaque) < 32+32+8+1 {
		return tx, errors.New("a deposit that is too short")
	}
	tx = depositTx{
		Mint:  new(big.Int).SetBytes(opaque[:32]),
		Value: new(big.Int).SetBytes(opaque[32:64]),
		Gas:   getUint(opaque[64:72]),
		Data:  opaque[73:],
	}
	copy(tx.From[:], log.Topics[1][12:])
	if opaque[72] == 0 {
		tx.To = log.Topics[2][12:]
	}
	return tx, nil
}
