package batch

import (
	"github.com/ethereum/go-ethereum/common/hexutil"
	"github.com/ethereum/go-ethereum/core/types"

	"github.com/cairn-rollup/cairn/eth"
	"github.com/cairn-rollup/cairn/rollup"
)

// CheckSingular says whether a batch is the next block (specs: derivation, batch queue; RULES 5.4). The rows are numbered
// as there.
func CheckSingular(v View, b *Singular) (Verdict, Reason) {
	if len(v.L1Blocks) == 0 {
		return Undecided, NoL1Blocks // 1
	}
	epoch := v.L1Blocks[0]
	switch {
	case b.Timestamp > v.nextTime():
		return v.early(), TimestampFuture // 2
	case b.Timestamp < v.nextTime():
		return v.late(), TimestampPast // 3
	case b.ParentHash != v.Safe.Hash:
		return Drop, ParentMismatch // 4
	case v.expired(b.EpochNum):
		return Drop, WindowExpired // 5
	case b.EpochNum < epoch.Number:
		return Drop, EpochTooOld // 6
	case b.EpochNum > epoch.Number+1:
		return Drop, EpochTooNew // 9
	}
	origin := epoch // 7
	if b.EpochNum > epoch.Number {
		if len(v.L1Blocks) < 2 {
			return Undecided, NextEpochUnknown // 8
		}
		origin = v.L1Blocks[1]
	}
	l2 := v.Config.L2Rules(b.Timestamp)
	switch {
	case b.EpochHash != origin.Hash:
		return Drop, EpochHashMismatch // 10
	case b.Timestamp < origin.Time:
		return Drop, TimestampBeforeOrigin // 11
	case l2.MustBeEmpty && b.TxCount() > 0:
		return Drop, ActivationNotEmpty // 12
	case b.Timestamp > origin.Time+v.Config.L1Rules(origin.Time).SequencerDriftAt:
		if verdict, reason := checkDrifted(v, b, origin); verdict != Accept {
			return verdict, reason
		}
	}
	if b.Many != nil {
		return b.Many.check(l2)
	}
	return checkTxs(b.Transactions, l2)
}

// checkDrifted judges a block that is further ahead of its L1 origin than a sequencer may be. Only an empty one can pass:
// one that had to stay in the old epoch because the next L1 block is late, or one that moves to the next epoch.
func checkDrifted(v View, b *Singular, origin eth.L1Ref) (Verdict, Reason) {
	switch {
	case b.TxCount() > 0:
		return Drop, DriftExceeded // 13
	case origin.Number != v.L1Blocks[0].Number:
		return Accept, OK
	case len(v.L1Blocks) < 2:
		return Undecided, DriftNextUnknown // 13b
	case b.Timestamp >= v.L1Blocks[1].Time:
		return Drop, DriftNextAvailable // 13c
	}
	return Accept, OK
}

// checkTxs looks at transactions in order.
func checkTxs(txs []hexutil.Bytes, l2 rollup.L2Rules) (Verdict, Reason) {
	for _, tx := range txs {
		if reason := checkFirstByte(tx, &l2); reason != OK {
			return Drop, reason
		}
	}
	return Accept, OK
}

// check is checkTxs for many of them.
func (m *ManyTxs) check(l2 rollup.L2Rules) (Verdict, Reason) {
	for tx := range m.All() {
		if reason := checkFirstByte(tx, &l2); reason != OK {
			return Drop, reason
		}
	}
	return Accept, OK
}

// checkFirstByte looks at the first byte of a transaction, and at no more: whatever else is wrong with one makes the block
// invalid, not the batch. That includes types nobody knows (RULES 5.4 Δ).
func checkFirstByte(tx []byte, l2 *rollup.L2Rules) Reason {
	switch {
	case len(tx) == 0:
		return TxEmpty // 14
	case tx[0] == types.DepositTxType:
		return TxDeposit // 15
	case tx[0] == setCodeType && !l2.SetCodeTxs:
		return TxSetCodeTooEarly // 16
	case tx[0] == postExecType && !l2.PostExecTxs:
		return TxPostExecTooEarly // 17
	}
	return OK
}
