package attributes

import (
	"fmt"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/common/hexutil"
	"github.com/ethereum/go-ethereum/core/types"

	"github.com/cairn-rollup/cairn/rollup"
)

// Upgrades gives the encoded upgrade transactions of a fork, in order; false when it does not know them. It must give
// the same answer every time.
type Upgrades func(fork rollup.Fork) (txs []hexutil.Bytes, ok bool)

// UpgradeTx is a deposit that the protocol itself makes in the first block of a fork.
type UpgradeTx struct {
	Intent string // what it is for; makes its source hash
	From   common.Address
	To     *common.Address // nil creates a contract
	Gas    uint64
	Data   []byte
}

// Encode writes the deposit transaction. It mints and carries nothing.
func (t UpgradeTx) Encode() hexutil.Bytes {
	return encodeDeposit(&types.DepositTx{
		SourceHash: UpgradeSource(t.Intent), From: t.From, To: t.To, Gas: t.Gas, Data: t.Data,
	})
}

// NoUpgradeError means that a block needs a fork's upgrade transactions and nobody gave them. Without them the block
// would be another one than everybody else's.
type NoUpgradeError struct {
	Fork rollup.Fork
}

func (e *NoUpgradeError) Error() string {
	return fmt.Sprintf("upgrade transactions of %s are not known", e.Fork)
}

// UnsupportedForkError means that a block is under the rules of a fork that are not here: the chain cannot be followed
// past the fork's activation.
type UnsupportedForkError struct {
	Fork rollup.Fork
	Time uint64 // of the activation, seconds since 1970
}

func (e *UnsupportedForkError) Error() string {
	return fmt.Sprintf("%s is active from time %d on, and this program does not have its rules: a newer release is needed", e.Fork, e.Time)
}

// CheckFork says whether the rules for the L2 block at a time are here. The error is an *UnsupportedForkError: Lagoon's
// rules are not final.
func CheckFork(cfg *rollup.Config, l2Time uint64) error {
	if at := cfg.Time(rollup.Lagoon); at != nil && l2Time >= *at {
		return &UnsupportedForkError{Fork: rollup.Lagoon, Time: *at}
	}
	return nil
}

// KarstUpgradeGas is the gas of Karst's upgrade transactions, which its first block gets on top of its gas limit.
const KarstUpgradeGas = 55_370_657

// upgradeGas is what the first block of a fork gets on top of its gas limit: nothing before Karst, whose upgrade
// transactions were the first that do not fit. Lagoon's are not final.
func upgradeGas(fork rollup.Fork) (uint64, error) {
	switch fork {
	case rollup.Karst:
		return KarstUpgradeGas, nil
	case rollup.Lagoon:
		return 0, &NoUpgradeError{Fork: fork}
	default:
		return 0, nil
	}
}

// hasUpgrade says whether a fork comes with upgrade transactions.
func hasUpgrade(fork rollup.Fork) bool {
	switch fork {
	case rollup.Ecotone, rollup.Fjord, rollup.Isthmus, rollup.Jovian, rollup.Karst, rollup.Lagoon:
		return true
	default:
		return false
	}
}

// upgradeTxs collects the upgrade transactions of all forks whose first block this is, oldest first.
func upgradeTxs(rules *rollup.L2Rules, upgrades Upgrades) ([]hexutil.Bytes, error) {
	var txs []hexutil.Bytes
	for _, fork := range rules.Activates {
		if !hasUpgrade(fork) {
			continue
		}
		if upgrades == nil {
			return nil, &NoUpgradeError{Fork: fork}
		}
		of, ok := upgrades(fork)
		if !ok {
			return nil, &NoUpgradeError{Fork: fork}
		}
		txs = append(txs, of...)
	}
	return txs, nil
}

// activationGas is the gas a block gets on top of the system config's limit, and how much of it its successors inherit:
// none, unless the chain chose to keep Karst's (rollup.json keep_karst_upgrade_gas). Later forks have no such choice.
func activationGas(cfg *rollup.Config, rules *rollup.L2Rules) (added, inherited uint64, err error) {
	for _, fork := range rules.Activates {
		gas, err := upgradeGas(fork)
		if err != nil {
			return 0, 0, err
		}
		added += gas
		if fork == rollup.Karst && cfg.KeepKarstUpgradeGas {
			inherited += gas
		}
	}
	return added, inherited, nil
}
