package upgrades

import (
	"fmt"
	"slices"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/common/hexutil"
	"github.com/ethereum/go-ethereum/crypto"

	"github.com/cairn-rollup/cairn/attributes"
	"github.com/cairn-rollup/cairn/rollup"
)

// Addresses that upgrade transactions call or come from (specs: protocol/predeploys.md; EIP-4788; EIP-2935).
var (
	gasPriceOracle   = common.HexToAddress("0x420000000000000000000000000000000000000F")
	operatorFeeVault = common.HexToAddress("0x420000000000000000000000000000000000001b")
	beaconRootsFrom  = common.HexToAddress("0x0B799C86a49DEeb90402691F1041aa3AF2d3C875")
	blockHashesFrom  = common.HexToAddress("0x3462413Af4609098e1E27A490f554f260213D685")
)

// deployer is the n-th of the senders that exist to create one contract.
func deployer(n byte) common.Address {
	return common.Address{0: 0x42, 1: 0x10, 19: n}
}

// create deploys a contract; its creation code is found under the intent.
func create(intent string, from common.Address, gas uint64) attributes.UpgradeTx {
	return attributes.UpgradeTx{Intent: intent, From: from, Gas: gas}
}

// upgradeTo points a proxy to the contract that a deployer created. The sender is the zero address, which every proxy of
// a predeploy obeys.
func upgradeTo(intent string, proxy, by common.Address) attributes.UpgradeTx {
	implementation := crypto.CreateAddress(by, 0)
	data := slices.Concat(selector("upgradeTo(address)"), common.LeftPadBytes(implementation[:], 32))
	return attributes.UpgradeTx{Intent: intent, To: &proxy, Gas: 50_000, Data: data}
}

// set calls a function of the gas price oracle that turns on a fork's fee formula.
func set(intent, function string, gas uint64) attributes.UpgradeTx {
	return attributes.UpgradeTx{Intent: intent, From: attributes.DepositorAddress, To: &gasPriceOracle, Gas: gas, Data: selector(function)}
}

func selector(function string) []byte { return crypto.Keccak256([]byte(function))[:4] }

// table has the upgrade transactions up to Jovian (RULES 6.5). Jovian's intents are op-node's; the specs print others.
var table = map[rollup.Fork][]attributes.UpgradeTx{
	rollup.Ecotone: {
		create("Ecotone: L1 Block Deployment", deployer(0), 375_000),
		create("Ecotone: Gas Price Oracle Deployment", deployer(1), 1_000_000),
		upgradeTo("Ecotone: L1 Block Proxy Update", attributes.L1BlockAddress, deployer(0)),
		upgradeTo("Ecotone: Gas Price Oracle Proxy Update", gasPriceOracle, deployer(1)),
		set("Ecotone: Gas Price Oracle Set Ecotone", "setEcotone()", 80_000),
		create("Ecotone: beacon block roots contract deployment", beaconRootsFrom, 250_000),
	},
	rollup.Fjord: {
		create("Fjord: Gas Price Oracle Deployment", deployer(2), 1_450_000),
		upgradeTo("Fjord: Gas Price Oracle Proxy Update", gasPriceOracle, deployer(2)),
		set("Fjord: Gas Price Oracle Set Fjord", "setFjord()", 90_000),
	},
	rollup.Isthmus: {
		create("Isthmus: L1 Block Deployment", deployer(3), 425_000),
		create("Isthmus: Gas Price Oracle Deployment", deployer(4), 1_625_000),
		create("Isthmus: Operator Fee Vault Deployment", deployer(5), 500_000),
		upgradeTo("Isthmus: L1 Block Proxy Update", attributes.L1BlockAddress, deployer(3)),
		upgradeTo("Isthmus: Gas Price Oracle Proxy Update", gasPriceOracle, deployer(4)),
		upgradeTo("Isthmus: Operator Fee Vault Proxy Update", operatorFeeVault, deployer(5)),
		set("Isthmus: Gas Price Oracle Set Isthmus", "setIsthmus()", 90_000),
		create("Isthmus: EIP-2935 Contract Deployment", blockHashesFrom, 250_000),
	},
	rollup.Jovian: {
		create("Jovian: L1 Block Deployment", deployer(6), 447_315),
		upgradeTo("Jovian: L1 Block Proxy Update", attributes.L1BlockAddress, deployer(6)),
		create("Jovian: Gas Price Oracle Deployment", deployer(7), 1_750_714),
		upgradeTo("Jovian: Gas Price Oracle Proxy Update", gasPriceOracle, deployer(7)),
		set("Jovian: Gas Price Oracle Set Jovian", "setJovian()", 90_000),
	},
}

// withCode fills in the creation code.
func withCode(fork rollup.Fork, code map[string]hexutil.Bytes) ([]attributes.UpgradeTx, error) {
	var txs []attributes.UpgradeTx
	for _, tx := range table[fork] {
		if tx.To == nil {
			code, ok := code[tx.Intent]
			if !ok {
				return nil, fmt.Errorf("no creation code for %q", tx.Intent)
			}
			tx.Data = code
		}
		txs = append(txs, tx)
	}
	return txs, nil
}
