package geth

import (
	"math/big"
	"time"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/consensus/misc/eip1559"
	"github.com/ethereum/go-ethereum/consensus/misc/eip4844"
	"github.com/ethereum/go-ethereum/core"
	"github.com/ethereum/go-ethereum/core/types"
	"github.com/ethereum/go-ethereum/params"

	"github.com/cairn-rollup/cairn/eth"
)

// Order says which block to make.
type Order struct {
	Parent     common.Hash
	Time       uint64 // seconds since 1970, above the parent's
	Random     common.Hash
	Coinbase   common.Address
	BeaconRoot *common.Hash // present from Cancun on

	// GasLimit is exact on an L2. On an L1 it is what to move towards, by the step the protocol allows; 0 stays.
	GasLimit uint64
	// EIP1559Params is present from Holocene on. Both halves zero mean the chain's constants.
	EIP1559Params *eth.Bytes8
	// MinBaseFee in wei is present from Jovian on.
	MinBaseFee *uint64

	// Forced transactions come first, in this order; one that cannot be included makes the whole block impossible. Blob
	// transactions carry their sidecars.
	Forced []*types.Transaction
	// Pool fills the rest of the block with transactions of the pool; those that cannot be included are left out.
	Pool bool
	// PickFor ends the picking from the pool after a time; 0 goes on until the block is full or the pool is empty.
	PickFor time.Duration
}

// newHeader is the header as far as it is known before the transactions run. Errors are rejections: they are the checks
// of op-geth's Engine API and miner on attributes.
func newHeader(cfg *params.ChainConfig, parent *types.Header, o *Order) (*types.Header, error) {
	if o.Time <= parent.Time {
		return nil, eth.Rejected("timestamp %d is not after the parent's %d", o.Time, parent.Time)
	}
	h := &types.Header{
		ParentHash: o.Parent,
		Number:     new(big.Int).Add(parent.Number, common.Big1),
		Time:       o.Time,
		Coinbase:   o.Coinbase,
		MixDigest:  o.Random,
		Difficulty: new(big.Int),
		GasLimit:   o.GasLimit,
		BaseFee:    eip1559.CalcBaseFee(cfg, parent, o.Time),
	}
	if cfg.IsAmsterdam(h.Number, h.Time) {
		return nil, eth.Rejected("Amsterdam at time %d is not supported", o.Time)
	}
	switch {
	case cfg.IsOptimism():
		extra, err := extraData(cfg, o)
		if err != nil {
			return nil, err
		}
		h.Extra = extra
	case o.GasLimit == 0:
		h.GasLimit = parent.GasLimit
	default:
		h.GasLimit = core.CalcGasLimit(parent.GasLimit, o.GasLimit)
	}
	cancun := cfg.IsCancun(h.Number, h.Time)
	switch {
	case cancun && o.BeaconRoot == nil:
		return nil, eth.Rejected("missing parent beacon block root")
	case !cancun && o.BeaconRoot != nil:
		return nil, eth.Rejected("parent beacon block root before Cancun")
	case cancun:
		excess := uint64(0)
		if cfg.IsCancun(parent.Number, parent.Time) {
			excess = eip4844.CalcExcessBlobGas(cfg, parent, h.Time)
		}
		h.BlobGasUsed, h.ExcessBlobGas, h.ParentBeaconRoot = new(uint64), &excess, o.BeaconRoot
	}
	return h, nil
}

// extraData carries the parameters with which the next block's base fee is computed (specs: holocene and jovian
// exec-engine, dynamic EIP-1559 parameters).
func extraData(cfg *params.ChainConfig, o *Order) ([]byte, error) {
	if !cfg.IsHolocene(o.Time) {
		if o.EIP1559Params != nil {
			return nil, eth.Rejected("eip1559Params before Holocene")
		}
		return nil, nil
	}
	if o.EIP1559Params == nil {
		return nil, eth.Rejected("missing eip1559Params")
	}
	if err := eip1559.ValidateHolocene1559Params(o.EIP1559Params[:]); err != nil {
		return nil, eth.Rejected("eip1559Params %s: %s", o.EIP1559Params, err)
	}
	if cfg.IsJovian(o.Time) && o.MinBaseFee == nil {
		return nil, eth.Rejected("missing minBaseFee")
	}
	denominator, elasticity := eip1559.DecodeHolocene1559Params(o.EIP1559Params[:])
	if denominator == 0 {
		denominator, elasticity = cfg.BaseFeeChangeDenominator(o.Time), cfg.ElasticityMultiplier()
	}
	if err := checkElasticity(elasticity, o.GasLimit); err != nil {
		return nil, err
	}
	return eip1559.EncodeOptimismExtraData(cfg, o.Time, denominator, elasticity, o.MinBaseFee), nil
}

// checkElasticity refuses a gas target of zero. op-geth takes such a block and then divides by the target, in the
// transaction pool's own goroutine: the process would die, and die again at each start.
func checkElasticity(elasticity, gasLimit uint64) error {
	if elasticity > gasLimit {
		return eth.Rejected("elasticity %d is above the gas limit %d: the next block would have no base fee", elasticity, gasLimit)
	}
	return nil
}
