package contracts_test

import (
	"errors"
	"math/big"
	"testing"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/core"
	"github.com/ethereum/go-ethereum/core/rawdb"
	"github.com/ethereum/go-ethereum/core/state"
	"github.com/ethereum/go-ethereum/core/tracing"
	"github.com/ethereum/go-ethereum/core/types"
	"github.com/ethereum/go-ethereum/core/vm"
	"github.com/ethereum/go-ethereum/core/vm/runtime"
	"github.com/ethereum/go-ethereum/params"
	"github.com/ethereum/go-ethereum/triedb"
	"github.com/holiman/uint256"

	"github.com/cairn-rollup/cairn/contracts"
)

var (
	owner    = common.HexToAddress("0x00000000000000000000000000000000000A0001")
	batcher  = common.HexToAddress("0x00000000000000000000000000000000000A0002")
	signer   = common.HexToAddress("0x00000000000000000000000000000000000A0003")
	inbox    = common.HexToAddress("0xFf00000000000000000000000000000000000901")
	alice    = common.HexToAddress("0x00000000000000000000000000000000000a11cE")
	receiver = common.HexToAddress("0x00000000000000000000000000000000000FeE01")
	ether    = big.NewInt(params.Ether)
)

func l1Params() contracts.L1Params {
	return contracts.L1Params{
		ChainID:              900,
		Time:                 1_700_000_000,
		GasLimit:             60_000_000,
		Fund:                 map[common.Address]*big.Int{alice: new(big.Int).Mul(ether, big.NewInt(1000))},
		Owner:                owner,
		Batcher:              batcher,
		UnsafeBlockSigner:    signer,
		BatchInbox:           inbox,
		L2ChainID:            big.NewInt(901),
		L2GasLimit:           60_000_000,
		BasefeeScalar:        1368,
		BlobbasefeeScalar:    810949,
		EIP1559Denominator:   250,
		EIP1559Elasticity:    6,
		OperatorFeeScalar:    11,
		OperatorFeeConstant:  22,
		MinBaseFee:           33,
		DAFootprintGasScalar: 44,
	}
}

func l2Params() contracts.L2Params {
	return contracts.L2Params{
		ChainID:                  901,
		Time:                     1_700_000_000,
		GasLimit:                 60_000_000,
		EIP1559Denominator:       50,
		EIP1559Elasticity:        6,
		EIP1559DenominatorCanyon: 250,
		MinBaseFee:               33,
		Fund:                     map[common.Address]*big.Int{alice: ether},
		ProxyAdminOwner:          owner,
		FeeRecipient:             receiver,
	}
}

func l1Genesis(t *testing.T) (*core.Genesis, contracts.L1Addresses) {
	t.Helper()
	genesis, addresses, err := contracts.L1Genesis(l1Params())
	if err != nil {
		t.Fatal(err)
	}
	return genesis, addresses
}

func l2Genesis(t *testing.T) *core.Genesis {
	t.Helper()
	genesis, err := contracts.L2Genesis(l2Params())
	if err != nil {
		t.Fatal(err)
	}
	return genesis
}

// world is the state of a chain on top of its genesis; calls change it.
type world struct {
	t      *testing.T
	config *params.ChainConfig
	state  *state.StateDB
	time   uint64
	block  int64
}

func newWorld(t *testing.T, genesis *core.Genesis) *world {
	t.Helper()
	db := rawdb.NewMemoryDatabase()
	tries := triedb.NewDatabase(db, nil)
	block, err := genesis.Commit(db, tries, nil)
	if err != nil {
		t.Fatal(err)
	}
	at, err := state.New(block.Root(), state.NewDatabase(tries, nil))
	if err != nil {
		t.Fatal(err)
	}
	return &world{t: t, config: genesis.Config, state: at, time: genesis.Timestamp, block: 1}
}

func newL1(t *testing.T) (*world, contracts.L1Addresses) {
	t.Helper()
	genesis, addresses := l1Genesis(t)
	return newWorld(t, genesis), addresses
}

// send is a transaction in the current block. It returns what the call returned, or the revert data, and its logs.
func (w *world) send(from, to common.Address, value *big.Int, data []byte) (ret []byte, logs []*types.Log, reverted bool) {
	w.t.Helper()
	before := len(w.state.Logs())
	ret, _, err := runtime.Call(to, data, &runtime.Config{
		ChainConfig: w.config,
		State:       w.state,
		Origin:      from,
		Value:       value,
		GasLimit:    10_000_000,
		BlockNumber: big.NewInt(w.block),
		Time:        w.time + uint64(w.block),
	})
	if err != nil && !errors.Is(err, vm.ErrExecutionReverted) {
		w.t.Fatalf("call %s: %v", to, err)
	}
	return ret, w.state.Logs()[before:], err != nil
}

// read is a call that must succeed and log nothing.
func (w *world) read(to common.Address, data []byte) []byte {
	w.t.Helper()
	ret, logs, reverted := w.send(alice, to, new(big.Int), data)
	if reverted || len(logs) != 0 {
		w.t.Fatalf("read %x of %s: reverted %t, %d logs, data %x", data, to, reverted, len(logs), ret)
	}
	return ret
}

// place puts an account with code and 10 ether into the state.
func (w *world) place(at common.Address, code []byte) {
	w.state.SetCode(at, code, tracing.CodeChangeUnspecified)
	w.state.SetBalance(at, uint256.MustFromBig(new(big.Int).Mul(ether, big.NewInt(10))), tracing.BalanceChangeUnspecified)
}

// got unwraps a decoded answer.
func got[T any](t *testing.T) func(T, error) T {
	return func(value T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return value
	}
}
