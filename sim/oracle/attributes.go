package oracle

import (
	"errors"
	"fmt"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/common/hexutil"
	"github.com/ethereum/go-ethereum/core/types"

	"github.com/cairn-rollup/cairn/eth"
	"github.com/cairn-rollup/cairn/rollup"
)

// sequencerFeeVault is where every L2 block's fees go.
var sequencerFeeVault = common.HexToAddress("0x4200000000000000000000000000000000000011")

// forksWithUpgrades are the forks whose first block may carry upgrade transactions, in the order these would stand in if
// several forks had the same first block.
var forksWithUpgrades = []rollup.Fork{rollup.Ecotone, rollup.Fjord, rollup.Isthmus, rollup.Jovian, rollup.Karst, rollup.Lagoon}

// attributes says what the block of a batch is to be (specs: Building Individual Payload Attributes). An error means that no
// block can follow.
func (d *derivation) attributes(parent *L2Block, b *singular) (eth.PayloadAttributes, error) {
	origin := &d.world.L1[d.indexOf(b.EpochNumber)]
	system := d.systemConfigOf(parent)
	sequence := parent.SequenceNumber + 1
	var deposits [][]byte
	if b.EpochNumber != parent.Origin {
		if b.EpochNumber != parent.Origin+1 {
			// After the end of an epoch's window the next batch may claim the epoch after the next one. The chains that run
			// find that its parent is another and start over, with the same result.
			return eth.PayloadAttributes{}, fmt.Errorf("a batch skips the L1 block %d", parent.Origin+1)
		}
		var err error
		if deposits, err = d.userDeposits(origin); err != nil {
			return eth.PayloadAttributes{}, err
		}
		system = d.updateSystemConfig(system, origin)
		sequence = 0
	}

	info, err := d.l1Info(origin, &system, sequence, b.Timestamp)
	if err != nil {
		return eth.PayloadAttributes{}, err
	}
	txs := []hexutil.Bytes{info}
	for _, tx := range deposits {
		txs = append(txs, tx)
	}
	for _, fork := range forksWithUpgrades {
		if d.activates(fork, b.Timestamp) {
			txs = append(txs, d.world.Upgrades[fork]...)
		}
	}
	for _, tx := range b.Transactions {
		txs = append(txs, tx)
	}

	a := eth.PayloadAttributes{
		Timestamp:             b.Timestamp,
		PrevRandao:            origin.Header.MixDigest,
		SuggestedFeeRecipient: sequencerFeeVault,
		Transactions:          txs,
		NoTxPool:              true,
		GasLimit:              system.GasLimit + d.upgradeGas(b.Timestamp),
	}
	if d.active(rollup.Canyon, b.Timestamp) {
		a.Withdrawals = &types.Withdrawals{}
	}
	if d.active(rollup.Ecotone, b.Timestamp) {
		a.ParentBeaconBlockRoot = &common.Hash{}
		if root := origin.Header.ParentBeaconRoot; root != nil {
			*a.ParentBeaconBlockRoot = *root
		}
	}
	if d.active(rollup.Holocene, b.Timestamp) {
		params := system.EIP1559Params
		a.EIP1559Params = &params
	}
	if d.active(rollup.Jovian, b.Timestamp) {
		minimum := system.MinBaseFee
		a.MinBaseFee = &minimum
	}
	return a, nil
}

// upgradeGas is what a block has above its gas limit for upgrade transactions. Those of the forks before Karst had to do
// with the gas there was.
func (d *derivation) upgradeGas(time uint64) (gas uint64) {
	if !d.activates(rollup.Karst, time) {
		return 0
	}
	for _, encoded := range d.world.Upgrades[rollup.Karst] {
		var tx types.Transaction
		if err := tx.UnmarshalBinary(encoded); err != nil {
			panic(fmt.Sprintf("the world has an upgrade transaction of Karst that is none: %v", err))
		}
		gas += tx.Gas()
	}
	return gas
}

// systemConfigOf reads the system config out of an L2 block: nothing else carries it from block to block, and what has no
// place in the block is lost.
func (d *derivation) systemConfigOf(block *L2Block) rollup.SystemConfig {
	if block.Number == d.config.Genesis.L2.Number {
		return d.config.Genesis.SystemConfig
	}
	a := &block.Attributes
	system := d.readL1Info(a.Transactions[0], a.Timestamp)
	system.GasLimit = a.GasLimit
	if !d.config.KeepKarstUpgradeGas {
		system.GasLimit -= d.upgradeGas(a.Timestamp)
	}
	if a.EIP1559Params != nil {
		// The header's extraData has no place for "the default": there the engine writes the numbers.
		system.EIP1559Params = *a.EIP1559Params
		if system.EIP1559Params == (eth.Bytes8{}) {
			system.EIP1559Params = d.defaultEIP1559Params()
		}
	}
	if a.MinBaseFee != nil {
		system.MinBaseFee = *a.MinBaseFee
	}
	return system
}

// defaultEIP1559Params are the chain's constants since Canyon: denominator, elasticity.
func (d *derivation) defaultEIP1559Params() (p eth.Bytes8) {
	denominator, elasticity := uint64(250), uint64(6)
	if op := d.config.ChainOpConfig; op != nil {
		elasticity = op.EIP1559Elasticity
		if op.EIP1559DenominatorCanyon != nil {
			denominator = *op.EIP1559DenominatorCanyon
		}
	}
	putUint(p[:4], denominator)
	putUint(p[4:], elasticity)
	return p
}

// putUint fills a field with a big-endian number.
func putUint(field []byte, x uint64) {
	for i := len(field) - 1; i >= 0; i-- {
		field[i] = byte(x)
		x >>= 8
	}
}

// getUint reads a big-endian number of up to 8 bytes.
func getUint(field []byte) (x uint64) {
	for _, b := range field {
		x = x<<8 | uint64(b)
	}
	return x
}

var errScalar = errors.New("the fee scalar has no meaning after Ecotone")
