package batch_test

import (
	"testing"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/common/hexutil"

	"github.com/cairn-rollup/cairn/batch"
	"github.com/cairn-rollup/cairn/eth"
	"github.com/cairn-rollup/cairn/rollup"
)

// want is a verdict in both columns of RULES 5.4 and 5.5: before Holocene, and from Holocene on.
type want struct {
	before, strict batch.Verdict
	reason         batch.Reason
}

func both(v batch.Verdict, r batch.Reason) want { return want{v, v, r} }

var accept = both(batch.Accept, batch.OK)

func TestCheckSingular(t *testing.T) {
	type world struct {
		v *batch.View
		b *batch.Singular
	}
	userTx := []hexutil.Bytes{{0x02, 0xC0}}
	nextEpoch := func(w world) { w.b.EpochNum, w.b.EpochHash = epoch+1, l1Hash(epoch+1) }
	fork := func(f rollup.Fork, time uint64) func(world) {
		return func(w world) {
			for g := rollup.Isthmus; g < f; g++ {
				w.v.Config.SetTime(g, at(0))
			}
			w.v.Config.SetTime(f, at(time))
		}
	}
	// originAge moves the current L1 origin back in time, so that the batch is that much ahead of it.
	originAge := func(seconds uint64) func(world) {
		return func(w world) { w.v.L1Blocks[0].Time = nextTime - seconds }
	}
	nextOriginAt := func(time uint64) func(world) { return func(w world) { w.v.L1Blocks[1].Time = time } }
	empty := func(w world) { w.b.Transactions = nil }
	firstByte := func(b byte) func(world) {
		return func(w world) { w.b.Transactions = []hexutil.Bytes{{0x02, 0xC0}, {b, 0xC0}} }
	}
	oneL1 := func(w world) { w.v.L1Blocks = w.v.L1Blocks[:1] }

	for _, c := range []struct {
		name string
		do   []func(world)
		want want
	}{
		{"the next block in the same epoch", nil, accept},
		{"the next block in the next epoch", []func(world){nextEpoch}, accept},
		{"no transactions", []func(world){empty}, accept},

		{"1: no L1 blocks", []func(world){func(w world) { w.v.L1Blocks = nil }}, both(batch.Undecided, batch.NoL1Blocks)},
		{"2: one second after the next block", []func(world){func(w world) { w.b.Timestamp++ }}, want{batch.Future, batch.Drop, batch.TimestampFuture}},
		{"3: one second before the next block", []func(world){func(w world) { w.b.Timestamp-- }}, want{batch.Drop, batch.Past, batch.TimestampPast}},
		{"3: time of the safe head", []func(world){func(w world) { w.b.Timestamp = safeTime }}, want{batch.Drop, batch.Past, batch.TimestampPast}},
		{"2 before 4: future with another parent", []func(world){func(w world) { w.b.Timestamp, w.b.ParentHash = nextTime+blockTime, l2Hash(1) }}, want{batch.Future, batch.Drop, batch.TimestampFuture}},
		{"3 before 4: past with another parent", []func(world){func(w world) { w.b.Timestamp, w.b.ParentHash = safeTime, l2Hash(1) }}, want{batch.Drop, batch.Past, batch.TimestampPast}},
		{"4: another parent", []func(world){func(w world) { w.b.ParentHash = l2Hash(1) }}, both(batch.Drop, batch.ParentMismatch)},
		{"4 before 5: another parent, too late", []func(world){func(w world) { w.b.ParentHash, w.v.Inclusion = l2Hash(1), 1000 }}, both(batch.Drop, batch.ParentMismatch)},
		{"5: epoch + window = inclusion is still valid", []func(world){func(w world) { w.v.Inclusion = epoch + window }}, accept},
		{"5: epoch + window < inclusion", []func(world){func(w world) { w.v.Inclusion = epoch + window + 1 }}, both(batch.Drop, batch.WindowExpired)},
		{"5: the window counts from the batch's epoch, not the current one", []func(world){nextEpoch, func(w world) { w.v.Inclusion = epoch + window + 1 }}, accept},
		{"5 before 6: expired and too old", []func(world){func(w world) { w.b.EpochNum, w.v.Inclusion = epoch-1, epoch+window }}, both(batch.Drop, batch.WindowExpired)},
		{"6: epoch before the current", []func(world){func(w world) { w.b.EpochNum = epoch - 1 }}, both(batch.Drop, batch.EpochTooOld)},
		{"6: the safe head's epoch when the current one is ahead of it", []func(world){func(w world) { w.v.L1Blocks = w.v.L1Blocks[1:] }}, both(batch.Drop, batch.EpochTooOld)},
		{"7: the current epoch when it is ahead of the safe head's", []func(world){nextEpoch, func(w world) { w.v.L1Blocks = w.v.L1Blocks[1:] }}, accept},
		{"8: next epoch, its L1 block not known", []func(world){nextEpoch, oneL1}, both(batch.Undecided, batch.NextEpochUnknown)},
		{"8: next epoch, two L1 blocks are enough", []func(world){nextEpoch, func(w world) { w.v.L1Blocks = w.v.L1Blocks[:2] }}, accept},
		{"8 before 10: next epoch unknown, hash nonsense", []func(world){nextEpoch, oneL1, func(w world) { w.b.EpochHash = common.Hash{} }}, both(batch.Undecided, batch.NextEpochUnknown)},
		{"9: two epochs ahead", []func(world){func(w world) { w.b.EpochNum, w.b.EpochHash = epoch+2, l1Hash(epoch+2) }}, both(batch.Drop, batch.EpochTooNew)},
		{"9: two epochs ahead, L1 blocks not known", []func(world){oneL1, func(w world) { w.b.EpochNum = epoch + 2 }}, both(batch.Drop, batch.EpochTooNew)},
		{"5 or 9: greatest epoch number", []func(world){func(w world) { w.b.EpochNum = ^uint64(0) }}, both(batch.Drop, batch.WindowExpired)},
		{"10: hash of another L1 block", []func(world){func(w world) { w.b.EpochHash = l1Hash(epoch + 1) }}, both(batch.Drop, batch.EpochHashMismatch)},
		{"10: next epoch with the hash of the current", []func(world){nextEpoch, func(w world) { w.b.EpochHash = l1Hash(epoch) }}, both(batch.Drop, batch.EpochHashMismatch)},
		{"11: time of the L1 origin is still valid", []func(world){nextEpoch, nextOriginAt(nextTime)}, accept},
		{"11: before the L1 origin", []func(world){nextEpoch, nextOriginAt(nextTime + 1)}, both(batch.Drop, batch.TimestampBeforeOrigin)},
		{"11 before 12: before the L1 origin, activation block", []func(world){nextEpoch, nextOriginAt(nextTime + 1), fork(rollup.Jovian, nextTime)}, both(batch.Drop, batch.TimestampBeforeOrigin)},

		{"12: Jovian's first block with transactions", []func(world){fork(rollup.Jovian, nextTime)}, both(batch.Drop, batch.ActivationNotEmpty)},
		{"12: Jovian's first block is the first at or after the fork time", []func(world){fork(rollup.Jovian, nextTime-1)}, both(batch.Drop, batch.ActivationNotEmpty)},
		{"12: Jovian's first block without transactions", []func(world){fork(rollup.Jovian, nextTime), empty}, accept},
		{"12: block after Jovian's first", []func(world){fork(rollup.Jovian, safeTime)}, accept},
		{"12: block before Jovian's first", []func(world){fork(rollup.Jovian, nextTime+1)}, accept},
		{"12: Jovian since genesis has no first block", []func(world){fork(rollup.Jovian, 0)}, accept},
		{"12: Karst's first block with transactions", []func(world){fork(rollup.Karst, nextTime)}, both(batch.Drop, batch.ActivationNotEmpty)},
		{"12: Lagoon's first block with transactions", []func(world){fork(rollup.Lagoon, nextTime)}, both(batch.Drop, batch.ActivationNotEmpty)},
		{"12: Isthmus' first block may have transactions", []func(world){fork(rollup.Isthmus, nextTime)}, accept},
		{"12 before 13: activation and drift", []func(world){fork(rollup.Jovian, nextTime), originAge(1801)}, both(batch.Drop, batch.ActivationNotEmpty)},

		{"13: origin time + drift is still valid", []func(world){originAge(1800)}, accept},
		{"13: beyond the drift with transactions", []func(world){originAge(1801)}, both(batch.Drop, batch.DriftExceeded)},
		{"13: drift of an origin before Fjord is the configured one", []func(world){originAge(600), func(w world) { w.v.Config.FjordTime = at(nextTime - 599) }}, accept},
		{"13: Fjord counts by the origin's time, not the batch's", []func(world){originAge(601), func(w world) { w.v.Config.FjordTime = at(nextTime - 600) }}, both(batch.Drop, batch.DriftExceeded)},
		{"13: Fjord from the origin's second on", []func(world){originAge(1800), func(w world) { w.v.Config.FjordTime = at(nextTime - 1800) }}, accept},
		{"13: the next epoch with transactions, beyond its drift", []func(world){nextEpoch, nextOriginAt(nextTime - 1801)}, both(batch.Drop, batch.DriftExceeded)},
		{"13 before 14: drift and an empty transaction", []func(world){originAge(1801), func(w world) { w.b.Transactions = []hexutil.Bytes{{}} }}, both(batch.Drop, batch.DriftExceeded)},
		{"13b: empty beyond the drift, next L1 block not known", []func(world){originAge(1801), empty, oneL1}, both(batch.Undecided, batch.DriftNextUnknown)},
		{"13c: empty beyond the drift, next L1 block at the same time", []func(world){originAge(1801), empty, nextOriginAt(nextTime)}, both(batch.Drop, batch.DriftNextAvailable)},
		{"13c: empty beyond the drift, next L1 block earlier", []func(world){originAge(1801), empty, nextOriginAt(nextTime - 1)}, both(batch.Drop, batch.DriftNextAvailable)},
		{"13c: empty beyond the drift, next L1 block is late", []func(world){originAge(1801), empty, nextOriginAt(nextTime + 1)}, accept},
		{"13c: empty beyond the drift of the next epoch", []func(world){nextEpoch, nextOriginAt(nextTime - 1801), empty}, accept},

		{"14: an empty transaction", []func(world){func(w world) { w.b.Transactions = append(userTx, hexutil.Bytes{}) }}, both(batch.Drop, batch.TxEmpty)},
		{"15: a deposit", []func(world){firstByte(0x7E)}, both(batch.Drop, batch.TxDeposit)},
		{"16: set-code before Isthmus", []func(world){firstByte(0x04), fork(rollup.Isthmus, nextTime+1)}, both(batch.Drop, batch.TxSetCodeTooEarly)},
		{"16: set-code in Isthmus' first block", []func(world){firstByte(0x04), fork(rollup.Isthmus, nextTime)}, accept},
		{"17: post-exec before Lagoon", []func(world){firstByte(0x7D), fork(rollup.Lagoon, nextTime+1)}, both(batch.Drop, batch.TxPostExecTooEarly)},
		{"17: post-exec after Lagoon's first block", []func(world){firstByte(0x7D), fork(rollup.Lagoon, safeTime)}, accept},
		{"Δ: a blob transaction is the engine's business", []func(world){firstByte(0x03)}, accept},
		{"Δ: an unknown type is the engine's business", []func(world){firstByte(0x05)}, accept},
		{"Δ: bytes that are no transaction are the engine's business", []func(world){firstByte(0xFF)}, accept},
	} {
		for _, strict := range []bool{false, true} {
			t.Run(c.name+map[bool]string{false: " (before Holocene)", true: " (Holocene)"}[strict], func(t *testing.T) {
				v := testView(strict)
				b := batch.Singular{ParentHash: v.Safe.Hash, EpochNum: epoch, EpochHash: l1Hash(epoch), Timestamp: nextTime, Transactions: userTx}
				for _, do := range c.do {
					do(world{&v, &b})
				}
				wantVerdict := c.want.before
				if strict {
					wantVerdict = c.want.strict
				}
				if verdict, reason := batch.CheckSingular(v, &b); verdict != wantVerdict || reason != c.want.reason {
					t.Errorf("got %v, %v; want %v, %v", verdict, reason, wantVerdict, c.want.reason)
				}
			})
		}
	}
}

// The genesis block's time is the earliest a batch can have, and the rules must not look for a block before it.
func TestCheckSingularAfterGenesis(t *testing.T) {
	v := testView(true)
	v.Safe = v.Config.GenesisL2Ref()
	v.Safe.L1Origin = eth.BlockID{Hash: l1Hash(epoch), Number: epoch}
	v.L1Blocks[0].Time = genesisTime
	b := batch.Singular{ParentHash: v.Safe.Hash, EpochNum: epoch, EpochHash: l1Hash(epoch), Timestamp: genesisTime + blockTime}
	if verdict, reason := batch.CheckSingular(v, &b); verdict != batch.Accept || reason != batch.OK {
		t.Errorf("first block after genesis: got %v, %v", verdict, reason)
	}
}
