package attributes

import "github.com/ethereum/go-ethereum/common"

// Addresses of the L2 (specs: protocol/predeploys.md, protocol/deposits.md).
var (
	// L1BlockAddress is the predeploy that the L1 info transaction calls.
	L1BlockAddress = common.HexToAddress("0x4200000000000000000000000000000000000015")
	// SequencerFeeVaultAddress is the fee recipient of every L2 block.
	SequencerFeeVaultAddress = common.HexToAddress("0x4200000000000000000000000000000000000011")
	// DepositorAddress is the sender of the L1 info transaction; it has no known key.
	DepositorAddress = common.HexToAddress("0xdeaddeaddeaddeaddeaddeaddeaddeaddead0001")
)
