package attributes

import (
	"errors"
	"fmt"

	"github.com/cairn-rollup/cairn/eth"
	"github.com/cairn-rollup/cairn/rollup"
)

// defaultDAFootprintGasScalar is what 0 stands for in a system config (specs: protocol/jovian/l1-attributes.md).
const defaultDAFootprintGasScalar = 400

// SystemConfigOf reads the system config as of a block's L1 origin out of an L2 block (RULES 6.6). The genesis block has
// the configured one; it must have the genesis hash.
func SystemConfigOf(cfg *rollup.Config, p *eth.ExecutionPayload) (rollup.SystemConfig, error) {
	if p.BlockNumber == cfg.Genesis.L2.Number {
		if err := checkGenesis(cfg, p); err != nil {
			return rollup.SystemConfig{}, err
		}
		return cfg.Genesis.SystemConfig, nil
	}
	rules := cfg.L2Rules(p.Timestamp)
	info, err := infoOf(p, rules.Info)
	if err != nil {
		return rollup.SystemConfig{}, err
	}
	extra, err := DecodeExtraData(p.ExtraData, &rules)
	if err != nil {
		return rollup.SystemConfig{}, fmt.Errorf("system config of L2 block %s: %w", p.ID(), err)
	}
	added, inherited, err := activationGas(cfg, &rules)
	if err != nil {
		return rollup.SystemConfig{}, fmt.Errorf("system config of L2 block %s: %w", p.ID(), err)
	}
	temporary := added - inherited
	if p.GasLimit < temporary {
		return rollup.SystemConfig{}, fmt.Errorf("L2 block %s has gas limit %d, less than its upgrade gas %d", p.ID(), p.GasLimit, temporary)
	}
	return carried(&info, &rules, p.GasLimit-temporary, extra), nil
}

// carried is the system config that a block hands on: the values its L1 info and its header have room for. Updates of
// other values are lost until the next one (RULES 6.7).
func carried(info *L1Info, rules *rollup.L2Rules, gasLimit uint64, extra ExtraData) rollup.SystemConfig {
	sys := rollup.SystemConfig{
		BatcherAddr:          info.BatcherAddr,
		Overhead:             info.L1FeeOverhead,
		Scalar:               info.L1FeeScalar,
		GasLimit:             gasLimit,
		EIP1559Params:        extra.EIP1559Params,
		OperatorFeeParams:    rollup.EncodeOperatorFee(info.OperatorFeeScalar, info.OperatorFeeConstant),
		MinBaseFee:           extra.MinBaseFee,
		DAFootprintGasScalar: info.DAFootprintGasScalar,
	}
	if rules.Info >= rollup.InfoEcotone {
		// Version 1 even where it came from version 0, which has the same effect.
		sys.Scalar = Scalars{BaseFee: info.BaseFeeScalar, BlobBaseFee: info.BlobBaseFeeScalar}.Encode()
	}
	return sys
}

// infoOf reads the L1 info out of the first transaction of a block.
func infoOf(p *eth.ExecutionPayload, f rollup.InfoFormat) (L1Info, error) {
	if len(p.Transactions) == 0 {
		return L1Info{}, fmt.Errorf("L2 block %s: %w", p.ID(), errNoInfo)
	}
	tx, err := decodeDeposit(p.Transactions[0])
	if err != nil {
		return L1Info{}, fmt.Errorf("L1 info of L2 block %s: %w", p.ID(), err)
	}
	info, err := ParseL1Info(tx.Data, f)
	if err != nil {
		return L1Info{}, fmt.Errorf("L2 block %s: %w", p.ID(), err)
	}
	return info, nil
}

var errNoInfo = errors.New("no transaction, so no L1 info")

func checkGenesis(cfg *rollup.Config, p *eth.ExecutionPayload) error {
	if p.BlockHash != cfg.Genesis.L2.Hash {
		return fmt.Errorf("L2 block %d has hash %s, but the genesis of rollup.json is %s: wrong chain or wrong configuration",
			p.BlockNumber, p.BlockHash, cfg.Genesis.L2.Hash)
	}
	return nil
}
