package contracts

import (
	"fmt"
	"maps"
	"math/big"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/core"
	"github.com/ethereum/go-ethereum/core/rawdb"
	"github.com/ethereum/go-ethereum/core/state"
	"github.com/ethereum/go-ethereum/core/tracing"
	"github.com/ethereum/go-ethereum/core/types"
	"github.com/ethereum/go-ethereum/core/vm"
	"github.com/ethereum/go-ethereum/params"
	"github.com/ethereum/go-ethereum/triedb"
	"github.com/holiman/uint256"
)

// constructorGas is far above what any constructor here uses; it ends one that loops.
const constructorGas = 10_000_000

// construct runs a contract's creation code at address at, in block 0 of the given chain, and returns the account the
// chain then has there. On a revert it also returns the revert data.
//
// The creation code runs as the code of at itself, not through CREATE: CREATE would choose the address. A constructor
// cannot tell the difference, as it reads its arguments from the end of its own code either way.
func construct(config *params.ChainConfig, time uint64, at common.Address, creation []byte) (types.Account, []byte, error) {
	db, err := state.New(types.EmptyRootHash, state.NewDatabase(triedb.NewDatabase(rawdb.NewMemoryDatabase(), nil), nil))
	if err != nil {
		return types.Account{}, nil, fmt.Errorf("open empty state: %w", err)
	}
	db.SetCode(at, creation, tracing.CodeChangeUnspecified)

	storage := make(map[common.Hash]common.Hash)
	hooks := &tracing.Hooks{OnStorageChange: func(account common.Address, slot, _, value common.Hash) {
		if account == at {
			storage[slot] = value
		}
	}}
	block := vm.BlockContext{
		CanTransfer: core.CanTransfer,
		Transfer:    core.Transfer,
		BlockNumber: new(big.Int),
		Time:        time,
		Difficulty:  new(big.Int),
		GasLimit:    constructorGas,
		BaseFee:     big.NewInt(params.InitialBaseFee),
		BlobBaseFee: big.NewInt(params.BlobTxMinBlobGasprice),
		Random:      new(common.Hash),
	}
	evm := vm.NewEVM(block, state.NewHookedState(db, hooks), config, vm.Config{})
	evm.SetTxContext(vm.TxContext{GasPrice: new(uint256.Int)})
	code, _, err := evm.Call(common.Address{}, at, nil, constructorGas, new(uint256.Int))
	if err != nil {
		return types.Account{}, code, err
	}
	maps.DeleteFunc(storage, func(_, value common.Hash) bool { return value == common.Hash{} })
	// A contract's nonce starts at 1 (EIP-161).
	return types.Account{Code: code, Storage: storage, Balance: new(big.Int), Nonce: 1}, nil, nil
}
