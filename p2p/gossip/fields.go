package gossip

import (
	"github.com/cairn-rollup/cairn/eth"
	"github.com/cairn-rollup/cairn/rollup"
)

// CheckFields applies the rules about fields that came with forks: which must be there, which must not, and which must be
// empty or zero. What was decoded has the right ones; what comes from elsewhere may not.
func CheckFields(cfg *rollup.Config, v Version, env *eth.PayloadEnvelope) Reason {
	if reason := checkPresence(v, env); reason != OK {
		return reason
	}
	p := env.ExecutionPayload
	switch {
	case v.hasWithdrawals() && len(*p.Withdrawals) != 0:
		return WithdrawalsNotEmpty
	case v.hasBlobGas() && *p.BlobGasUsed != 0 && !cfg.L2Rules(p.Timestamp).MinBaseFee: // Jovian: the DA footprint
		return BlobGasUsedNotZero
	case v.hasBlobGas() && *p.ExcessBlobGas != 0:
		return ExcessBlobGasNotZero
	}
	return OK
}

// checkPresence says whether an envelope has exactly the fields of a version.
func checkPresence(v Version, env *eth.PayloadEnvelope) Reason {
	p := env.ExecutionPayload
	switch {
	case !v.hasWithdrawals() && p.Withdrawals != nil:
		return WithdrawalsPresent
	case v.hasWithdrawals() && p.Withdrawals == nil:
		return WithdrawalsMissing
	case !v.hasBlobGas() && (p.BlobGasUsed != nil || p.ExcessBlobGas != nil):
		return BlobGasPresent
	case v.hasBlobGas() && (p.BlobGasUsed == nil || p.ExcessBlobGas == nil):
		return BlobGasMissing
	case !v.hasBeaconRoot() && env.ParentBeaconBlockRoot != nil:
		return BeaconRootPresent
	case v.hasBeaconRoot() && env.ParentBeaconBlockRoot == nil:
		return BeaconRootMissing
	case !v.hasWithdrawalsRoot() && p.WithdrawalsRoot != nil:
		return WithdrawalsRootPresent
	case v.hasWithdrawalsRoot() && p.WithdrawalsRoot == nil:
		return WithdrawalsRootMissing
	}
	return OK
}
