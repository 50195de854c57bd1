package contracts

import (
	"fmt"
	"math/big"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/core/types"
)

// fund adds accounts with a balance, in wei. An address that the genesis already uses is refused: the caller's key
// would not control it.
func fund(alloc types.GenesisAlloc, balances map[common.Address]*big.Int) error {
	for address, balance := range balances {
		if _, taken := alloc[address]; taken {
			return fmt.Errorf("fund %s: the genesis has a system account there", address)
		}
		if balance == nil || balance.Sign() < 0 || balance.BitLen() > 256 {
			return fmt.Errorf("fund %s: balance %v is not a uint256", address, balance)
		}
		alloc[address] = types.Account{Balance: new(big.Int).Set(balance)}
	}
	return nil
}
