package attributes

import (
	"encoding/binary"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/crypto"
)

// A source hash makes a deposit unique and says where it comes from (specs: protocol/deposits.md, source hash
// computation). Domain 3 is not used, and 4 is for interop.
const (
	domainUserDeposit = 0
	domainL1Info      = 1
	domainUpgrade     = 2
)

// UserDepositSource is the source hash of a deposit made on L1: the block, and the log's index in that block.
func UserDepositSource(l1 common.Hash, logIndex uint64) common.Hash {
	return sourceHash(domainUserDeposit, hashAndNumber(l1, logIndex))
}

// L1InfoSource is the source hash of an L1 info transaction: the L1 origin and the sequence number.
func L1InfoSource(l1 common.Hash, sequenceNumber uint64) common.Hash {
	return sourceHash(domainL1Info, hashAndNumber(l1, sequenceNumber))
}

// UpgradeSource is the source hash of an upgrade transaction: a sentence that says what it is for.
func UpgradeSource(intent string) common.Hash {
	return sourceHash(domainUpgrade, crypto.Keccak256Hash([]byte(intent)))
}

func sourceHash(domain byte, id common.Hash) common.Hash {
	var in [64]byte
	in[31] = domain
	copy(in[32:], id[:])
	return crypto.Keccak256Hash(in[:])
}

func hashAndNumber(hash common.Hash, number uint64) common.Hash {
	var in [64]byte
	copy(in[:], hash[:])
	binary.BigEndian.PutUint64(in[56:], number)
	return crypto.Keccak256Hash(in[:])
}
