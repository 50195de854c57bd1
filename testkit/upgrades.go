package testkit

import (
	"fmt"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/common/hexutil"

	"github.com/cairn-rollup/cairn/attributes"
	"github.com/cairn-rollup/cairn/rollup"
)

// Upgrades are made-up upgrade transactions of every fork that has any and rules. Those of Karst need the gas that Karst's
// real ones need: the protocol adds that sum to a gas limit.
func Upgrades() map[rollup.Fork][]hexutil.Bytes {
	all := map[rollup.Fork][]hexutil.Bytes{}
	for fork, gas := range map[rollup.Fork][]uint64{
		rollup.Ecotone: {375_000, 50_000}, rollup.Fjord: {1_450_000}, rollup.Isthmus: {425_000, 50_000, 250_000},
		rollup.Jovian: {447_315}, rollup.Karst: {580_000, 4_193_000, attributes.KarstUpgradeGas - 580_000 - 4_193_000},
	} {
		for i, g := range gas {
			tx := attributes.UpgradeTx{Intent: fmt.Sprintf("%s %d: made up", fork, i), From: common.Address{byte(fork)}, Gas: g, Data: []byte{0x60, byte(i)}}
			if i%2 == 1 {
				tx.To = &common.Address{0x42, byte(i)}
			}
			all[fork] = append(all[fork], tx.Encode())
		}
	}
	return all
}
