package attributes

import (
	"errors"
	"fmt"
	"math/big"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/common/hexutil"
	"github.com/ethereum/go-ethereum/core/types"
	"github.com/holiman/uint256"

	"github.com/cairn-rollup/cairn/eth"
	"github.com/cairn-rollup/cairn/rollup"
)

// The origin does not fit the parent: L1 or L2 changed under us, and derivation has to go back.
var (
	// ErrOriginMismatch means that the origin is neither the parent's own nor a child of it.
	ErrOriginMismatch = errors.New("L1 origin does not continue the parent's")
	// ErrBeforeOrigin means that the L2 block would be older than its L1 origin.
	ErrBeforeOrigin = errors.New("L2 block is older than its L1 origin")
)

// Builder makes attributes for the blocks of one chain.
type Builder struct {
	Config   *rollup.Config // has passed Check
	Blobs    rollup.BlobSchedule
	Upgrades Upgrades // nil will do for a chain whose forks are all active at genesis
}

// Build gives the attributes of the block after parent, in the epoch of origin, with the given transactions after the
// forced ones, and the system config that block will carry (RULES 6.1). sys is the system config parent carries.
//
// Errors: ErrOriginMismatch and ErrBeforeOrigin ask to go back; a *DepositError, ErrScalar, *NoUpgradeError or
// *UnsupportedForkError means that this chain cannot be derived any further.
//
// NoTxPool is true: a sequencer that wants more than txs turns it off.
func (b *Builder) Build(
	parent eth.L2Ref, sys rollup.SystemConfig, origin *eth.L1Block, txs []hexutil.Bytes,
) (attrs eth.PayloadAttributes, next rollup.SystemConfig, err error) {
	return b.Epoch(origin).Build(parent, sys, txs)
}

// Epoch is what the L2 blocks of one L1 origin have in common, computed once.
type Epoch struct {
	builder *Builder
	origin  *eth.L1Block
	info    L1Info // without sequence number and system config
}

// Epoch prepares building many blocks on one origin.
func (b *Builder) Epoch(origin *eth.L1Block) *Epoch {
	cancun := b.Config.L1Rules(origin.Time).CancunBlobFee
	return &Epoch{builder: b, origin: origin, info: L1Info{
		Number:      origin.Number,
		Time:        origin.Time,
		BlockHash:   origin.Hash,
		BaseFee:     amount(origin.BaseFee),
		BlobBaseFee: amount(b.Blobs.BaseFee(origin.ExcessBlobGas, origin.Time, cancun)),
	}}
}

// amount converts a number out of a verified L1 header, where it has at most 256 bits.
func amount(n *big.Int) uint256.Int {
	v, overflow := uint256.FromBig(n)
	if v == nil || overflow {
		panic(fmt.Sprintf("L1 header with amount %v", n))
	}
	return *v
}

// Build is Builder.Build for the epoch's origin.
func (e *Epoch) Build(
	parent eth.L2Ref, sys rollup.SystemConfig, txs []hexutil.Bytes,
) (attrs eth.PayloadAttributes, next rollup.SystemConfig, err error) {
	cfg := e.builder.Config
	sequence, deposits, sys, err := e.enter(parent, sys)
	if err != nil {
		return attrs, next, err
	}
	time := parent.Time + cfg.BlockTime
	if time < e.origin.Time {
		return attrs, next, fmt.Errorf("%w: L2 block %d at %d, %s at %d", ErrBeforeOrigin, parent.Number+1, time, e.origin, e.origin.Time)
	}
	if err := CheckFork(cfg, time); err != nil {
		return attrs, next, err
	}
	rules := cfg.L2Rules(time)
	upgrades, err := upgradeTxs(&rules, e.builder.Upgrades)
	if err != nil {
		return attrs, next, err
	}
	addedGas, inheritedGas, err := activationGas(cfg, &rules)
	if err != nil {
		return attrs, next, err
	}
	info, err := e.infoFor(sequence, &sys, rules.Info)
	if err != nil {
		return attrs, next, err
	}
	extra, err := expectedExtraData(cfg, &sys, &rules)
	if err != nil {
		return attrs, next, err
	}

	all := make([]hexutil.Bytes, 0, 1+len(deposits)+len(upgrades)+len(txs))
	all = append(all, L1InfoTx(&info, &rules))
	all = append(all, deposits...)
	all = append(all, upgrades...)
	all = append(all, txs...)
	attrs = eth.PayloadAttributes{
		Timestamp:             time,
		PrevRandao:            e.origin.PrevRandao,
		SuggestedFeeRecipient: SequencerFeeVaultAddress,
		Transactions:          all,
		NoTxPool:              true,
		GasLimit:              sys.GasLimit + addedGas,
	}
	if rules.Withdrawals {
		attrs.Withdrawals = &types.Withdrawals{}
	}
	if rules.BeaconRoot {
		attrs.ParentBeaconBlockRoot = e.beaconRoot()
	}
	if rules.EIP1559Params {
		attrs.EIP1559Params = &sys.EIP1559Params
	}
	if rules.MinBaseFee {
		attrs.MinBaseFee = &sys.MinBaseFee
	}
	return attrs, carried(&info, &rules, sys.GasLimit+inheritedGas, extra), nil
}

// enter decides whether the block is the first of the epoch. The first one gets the deposits and the config updates of the
// origin; for the others, the parent's system config has them already.
func (e *Epoch) enter(parent eth.L2Ref, sys rollup.SystemConfig) (sequence uint64, deposits []hexutil.Bytes, _ rollup.SystemConfig, err error) {
	cfg, origin := e.builder.Config, e.origin
	if parent.L1Origin.Number == origin.Number {
		if parent.L1Origin.Hash != origin.Hash {
			return 0, nil, sys, fmt.Errorf("%w: %s, parent's %s", ErrOriginMismatch, origin, parent.L1Origin)
		}
		return parent.SequenceNumber + 1, nil, sys, nil
	}
	if parent.L1Origin.Hash != origin.ParentHash {
		return 0, nil, sys, fmt.Errorf("%w: %s is on %s, parent's origin is %s", ErrOriginMismatch, origin, origin.ParentID(), parent.L1Origin)
	}
	deposits, err = UserDeposits(origin.Hash, origin.Logs, cfg.DepositContractAddress)
	if err != nil {
		return 0, nil, sys, fmt.Errorf("deposits of L1 block %s: %w", origin, err)
	}
	sys, _ = UpdateSystemConfig(cfg, sys, origin.Logs, origin.Time)
	return 0, deposits, sys, nil
}

// infoFor completes the L1 info with what the format has room for.
func (e *Epoch) infoFor(sequence uint64, sys *rollup.SystemConfig, f rollup.InfoFormat) (L1Info, error) {
	info := e.info
	info.SequenceNumber, info.BatcherAddr = sequence, sys.BatcherAddr
	if f == rollup.InfoBedrock {
		info.L1FeeOverhead, info.L1FeeScalar = sys.Overhead, sys.Scalar
		return info, nil
	}
	scalars, err := scalarsInUse(sys.Scalar)
	if err != nil {
		return L1Info{}, fmt.Errorf("system config: %w", err)
	}
	info.BaseFeeScalar, info.BlobBaseFeeScalar = scalars.BaseFee, scalars.BlobBaseFee
	if f >= rollup.InfoIsthmus {
		info.OperatorFeeScalar, info.OperatorFeeConstant = sys.OperatorFee()
	}
	if f >= rollup.InfoJovian {
		info.DAFootprintGasScalar = sys.DAFootprintGasScalar
		if info.DAFootprintGasScalar == 0 {
			info.DAFootprintGasScalar = defaultDAFootprintGasScalar
		}
	}
	return info, nil
}

// expectedExtraData is what the engine will write into the header for this system config.
func expectedExtraData(cfg *rollup.Config, sys *rollup.SystemConfig, rules *rollup.L2Rules) (extra ExtraData, err error) {
	if rules.EIP1559Params {
		extra.EIP1559Params = effectiveEIP1559Params(cfg, sys.EIP1559Params)
		if extra.EIP1559Params == (eth.Bytes8{}) {
			return extra, errNoConstants
		}
	}
	if rules.MinBaseFee {
		extra.MinBaseFee = sys.MinBaseFee
	}
	return extra, nil
}

var errNoConstants = errors.New("the system config has no EIP-1559 parameters and rollup.json no chain_op_config to take them from")

// beaconRoot is the zero hash where L1 has none yet.
func (e *Epoch) beaconRoot() *common.Hash {
	if e.origin.BeaconRoot == nil {
		return new(common.Hash)
	}
	return e.origin.BeaconRoot
}
