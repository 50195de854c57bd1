package attributes

import (
	"bytes"
	"fmt"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/core/types"

	"github.com/cairn-rollup/cairn/eth"
	"github.com/cairn-rollup/cairn/rollup"
)

// Mismatch enumerates what makes a block another one than attributes ask for.
type Mismatch uint8

// The mismatches, in the order they are looked for (RULES 7.2).
const (
	MismatchNone Mismatch = iota
	MismatchParentHash
	MismatchTimestamp
	MismatchPrevRandao
	MismatchTxCount
	MismatchTx
	MismatchGasLimit
	MismatchWithdrawals
	MismatchWithdrawalsRoot
	MismatchBeaconRoot
	MismatchFeeRecipient
	MismatchExtraData // not what the rules allow
	MismatchEIP1559Params
	MismatchMinBaseFee
)

var mismatches = [...]string{
	"none", "parent-hash", "timestamp", "prev-randao", "tx-count", "tx", "gas-limit", "withdrawals", "withdrawals-root",
	"beacon-root", "fee-recipient", "extra-data", "eip1559-params", "min-base-fee",
}

func (m Mismatch) String() string {
	if int(m) < len(mismatches) {
		return mismatches[m]
	}
	return fmt.Sprintf("mismatch-%d", uint8(m))
}

// Matches says whether an existing block is the one that building attrs on parent would give, without executing it:
// everything that attributes determine is compared, everything that follows from execution is not.
func Matches(cfg *rollup.Config, attrs *eth.PayloadAttributes, parent common.Hash, block *eth.PayloadEnvelope) Mismatch {
	p := block.ExecutionPayload
	switch {
	case p.ParentHash != parent:
		return MismatchParentHash
	case p.Timestamp != attrs.Timestamp:
		return MismatchTimestamp
	case p.PrevRandao != attrs.PrevRandao:
		return MismatchPrevRandao
	case len(p.Transactions) != len(attrs.Transactions):
		return MismatchTxCount
	}
	for i, tx := range attrs.Transactions {
		if !bytes.Equal(tx, p.Transactions[i]) {
			return MismatchTx
		}
	}
	if p.GasLimit != attrs.GasLimit {
		return MismatchGasLimit
	}
	rules := cfg.L2Rules(p.Timestamp)
	if m := matchWithdrawals(&rules, attrs, p); m != MismatchNone {
		return m
	}
	switch {
	case !equalPointees(attrs.ParentBeaconBlockRoot, block.ParentBeaconBlockRoot):
		return MismatchBeaconRoot
	case p.FeeRecipient != attrs.SuggestedFeeRecipient:
		return MismatchFeeRecipient
	}
	return matchExtraData(cfg, &rules, attrs, p)
}

func matchWithdrawals(rules *rollup.L2Rules, attrs *eth.PayloadAttributes, p *eth.ExecutionPayload) Mismatch {
	switch {
	case !rules.Withdrawals && attrs.Withdrawals != nil:
		return MismatchWithdrawals
	case !rules.Withdrawals:
		return MismatchNone
	case !presentAndEmpty(p.Withdrawals) || !presentAndEmpty(attrs.Withdrawals):
		return MismatchWithdrawals
	case rules.WithdrawalsRoot && p.WithdrawalsRoot == nil:
		return MismatchWithdrawalsRoot // its value follows from execution
	case !rules.WithdrawalsRoot && p.WithdrawalsRoot != nil && *p.WithdrawalsRoot != types.EmptyWithdrawalsHash:
		return MismatchWithdrawalsRoot
	}
	return MismatchNone
}

func matchExtraData(cfg *rollup.Config, rules *rollup.L2Rules, attrs *eth.PayloadAttributes, p *eth.ExecutionPayload) Mismatch {
	if attrs.EIP1559Params == nil {
		if len(p.ExtraData) != 0 {
			return MismatchExtraData
		}
		return MismatchNone
	}
	if !validEIP1559Params(*attrs.EIP1559Params) {
		return MismatchEIP1559Params // no engine builds such a block
	}
	extra, err := DecodeExtraData(p.ExtraData, rules)
	switch {
	case err != nil:
		return MismatchExtraData
	case extra.EIP1559Params != effectiveEIP1559Params(cfg, *attrs.EIP1559Params):
		return MismatchEIP1559Params
	case rules.MinBaseFee != (attrs.MinBaseFee != nil):
		return MismatchMinBaseFee
	case attrs.MinBaseFee != nil && *attrs.MinBaseFee != extra.MinBaseFee:
		return MismatchMinBaseFee
	}
	return MismatchNone
}

func presentAndEmpty(w *types.Withdrawals) bool { return w != nil && len(*w) == 0 }

func equalPointees[T comparable](a, b *T) bool {
	if a == nil || b == nil {
		return a == b
	}
	return *a == *b
}
