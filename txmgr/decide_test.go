package txmgr

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/ethereum/go-ethereum/core"
	"github.com/ethereum/go-ethereum/core/txpool"
)

func TestJudge(t *testing.T) {
	for _, tc := range []struct {
		err  error
		want answer
	}{
		{nil, accepted},
		{txpool.ErrAlreadyKnown, accepted},
		{errors.New("AlreadyKnown, hash: 0x12"), accepted},
		{errors.New("Known transaction"), accepted},
		{errors.New("our gateway has it"), accepted},
		{txpool.ErrReplaceUnderpriced, outbid},
		{fmt.Errorf("%w: new tx gas fee cap 1 <= 2 queued", txpool.ErrReplaceUnderpriced), outbid},
		{errors.New("INTERNAL_ERROR: could not replace existing tx"), outbid},
		{txpool.ErrUnderpriced, tooCheap},
		{fmt.Errorf("%w: gas tip cap 1, minimum needed 2", txpool.ErrTxGasPriceTooLow), tooCheap},
		{core.ErrFeeCapTooLow, tooCheap},
		{core.ErrBlobFeeCapTooLow, tooCheap},
		{fmt.Errorf("%w: next nonce 2, tx nonce 1", core.ErrNonceTooLow), nonceLow},
		{fmt.Errorf("%w: tx nonce 3, gapped nonce 1", core.ErrNonceTooHigh), nonceGap},
		{txpool.ErrAlreadyReserved, reserved},
		{errors.New("pending transaction type conflict"), reserved},
		{errors.New("transaction type 3 conflicts with existing transaction for 0x12"), reserved},
		{fmt.Errorf("%w: balance 1, tx cost 2", core.ErrInsufficientFunds), noFunds},
		{errors.New("tx fee (3.00 ether) exceeds the configured cap (1.00 ether)"), noFunds},
		{fmt.Errorf("%w: pooled 16 txs", txpool.ErrAccountLimitExceeded), poolFull},
		{txpool.ErrInflightTxLimitReached, poolFull},
		{errors.New("txpool is full"), poolFull},
		{errors.New("unexpected sidecar version, want: 1, got: 0"), wrongSidecar},
		{errors.New("invalid number of 6 blob proofs expected 768"), wrongSidecar},
		{fmt.Errorf("%w: gas 1, minimum needed 21000", core.ErrIntrinsicGas), invalid},
		{core.ErrFloorDataGas, invalid},
		{txpool.ErrGasLimit, invalid},
		{txpool.ErrTxGasLimitExceeded, invalid},
		{core.ErrGasLimitTooHigh, invalid},
		{txpool.ErrOversizedData, invalid},
		{core.ErrTxTypeNotSupported, invalid},
		{fmt.Errorf("%w: blob count 7, limit 6", txpool.ErrTxBlobLimitExceeded), invalid},
		{txpool.ErrKZGVerificationError, invalid},
		{txpool.ErrInvalidSender, invalid},
		{context.DeadlineExceeded, unclear},
		{errors.New("502 Bad Gateway"), unclear},
		{errors.New("something new"), unclear},
	} {
		if got := judge(tc.err, []string{"", "OUR GATEWAY"}); got != tc.want {
			t.Errorf("%v: %v, want %v", tc.err, got, tc.want)
		}
	}
}

func TestDecide(t *testing.T) {
	c := testConfig()
	c.FeeLimitThreshold = nil
	now := time.Unix(1_800_000_000, 0)
	ago := func(d time.Duration) time.Time { return now.Add(-d) }
	m := market{wei(1 * gwei), wei(10 * gwei), wei(1 * gwei)}
	normalBid := bid{fees: offer3(1*gwei, 21*gwei, -1)}
	blobBid := bid{fees: offer3(1*gwei, 21*gwei, 2*gwei), blob: true}
	// inPool: accepted a while ago, price and broadcast fresh
	inPool := state{
		bid: normalBid, nonce: 7, since: ago(time.Minute), pricedAt: ago(time.Second), sentAt: ago(time.Second),
		answer: accepted, answeredAt: ago(time.Minute), out: true, versions: 1, first: true,
	}
	open := observation{now: now, head: 100, nonce: 7, deepNonce: 7, first: true, market: m}
	used := observation{now: now, head: 100, nonce: 8, deepNonce: 7, market: m}

	for _, tc := range []struct {
		name string
		s    func(*state)
		o    observation
		obs  func(*observation)
		want verb
		fees *fees
		err  error
	}{
		// the nonce is used
		{name: "receipt at head, 3 confirmations wanted: wait", o: used, obs: func(o *observation) { o.found, o.receiptAt = true, 100 }, want: wait},
		{name: "receipt one block short of depth: wait", o: used, obs: func(o *observation) { o.found, o.receiptAt = true, 99 }, want: wait},
		{name: "head = receipt + NumConfirmations - 1: confirm", o: used, obs: func(o *observation) { o.found, o.receiptAt = true, 98 }, want: confirm},
		{name: "used, no receipt yet: wait", o: used, want: wait},
		{name: "used at depth without receipt, seen twice: wait", s: func(s *state) { s.missing = 1 }, o: used, obs: func(o *observation) { o.deepNonce = 8 }, want: wait},
		{name: "used at depth without receipt, seen three times: lose", s: func(s *state) { s.missing = 2 }, o: used, obs: func(o *observation) { o.deepNonce = 8 }, want: lose},
		{name: "a receipt in between starts the count anew", s: func(s *state) { s.missing = 2 }, o: used, obs: func(o *observation) { o.found, o.receiptAt, o.deepNonce = true, 100, 8 }, want: wait},
		{name: "used, and ours was never out: lose at once", s: func(s *state) { s.out, s.answer = false, nonceLow }, o: used, want: lose},
		{name: "filler's nonce is used: pass", s: func(s *state) { s.filler = true }, o: used, want: pass},

		// nothing sent yet
		{name: "new: offer the market price", s: func(s *state) { *s = state{nonce: 7, since: now} }, o: open, want: offer, fees: &normalBid.fees},
		{name: "new with blobs: offer the market price", s: func(s *state) { *s = state{nonce: 7, since: now, bid: bid{blob: true}} }, o: open, want: offer, fees: &blobBid.fees},
		{name: "new, nobody wants it any more: drop", s: func(s *state) { *s = state{nonce: 7, since: now} }, o: open, obs: func(o *observation) { o.cancelled = true }, want: drop},
		{name: "out, nobody wants it any more: carry on", o: open, obs: func(o *observation) { o.cancelled = true }, want: wait},

		// in the pool
		{name: "accepted, all fresh: wait", o: open, want: wait},
		{name: "RebroadcastInterval is over: resend", s: func(s *state) { s.sentAt = ago(12 * time.Second) }, o: open, want: resend},
		{name: "ResubmissionTimeout is over: +10 %", s: func(s *state) { s.pricedAt = ago(48 * time.Second) }, o: open, want: offer, fees: ptr(offer3(1.1*gwei, 23.1*gwei, -1))},
		{name: "ResubmissionTimeout is over, blobs: +100 %", s: func(s *state) { s.bid, s.pricedAt = blobBid, ago(48*time.Second) }, o: open, want: offer, fees: ptr(offer3(2*gwei, 42*gwei, 4*gwei))},
		{name: "the same, but an earlier one is unmined: wait", s: func(s *state) { s.pricedAt, s.first = ago(48*time.Second), false }, o: open, obs: func(o *observation) { o.first = false }, want: wait},
		{
			name: "the same, and the market is above its caps: raise", s: func(s *state) { s.pricedAt, s.first = ago(48*time.Second), false }, o: open,
			obs: func(o *observation) { o.first, o.market.baseFee = false, wei(22*gwei) }, want: offer, fees: ptr(offer3(1.1*gwei, 45.1*gwei, -1)),
		},
		{name: "come to the front: the price gets a new chance", s: func(s *state) { s.pricedAt, s.first = ago(time.Hour), false }, o: open, want: wait},
		{name: "ResubmissionTimeout is over, at the limit: keep, and say so", s: func(s *state) { s.fees, s.pricedAt = offer3(5*gwei, 21*gwei, -1), ago(48*time.Second) }, o: open, want: wait, err: ErrFeeLimit},
		{name: "the limit does not stop the rebroadcast", s: func(s *state) {
			s.fees, s.pricedAt, s.sentAt = offer3(5*gwei, 21*gwei, -1), ago(time.Hour), ago(time.Hour)
		}, o: open, want: resend, err: ErrFeeLimit},
		{name: "versions are bounded", s: func(s *state) { s.versions, s.pricedAt = maxVersions, ago(time.Hour) }, o: open, want: wait, err: ErrFeeLimit},
		{name: "reorged out: resend, the price gets a new chance", s: func(s *state) { s.mined, s.pricedAt = true, ago(time.Hour) }, o: open, want: resend},

		// refused
		{name: "outbid: raise at once", s: func(s *state) { s.answer = outbid }, o: open, want: offer, fees: ptr(offer3(1.1*gwei, 23.1*gwei, -1))},
		{name: "too cheap: raise at once", s: func(s *state) { s.answer = tooCheap }, o: open, want: offer, fees: ptr(offer3(1.1*gwei, 23.1*gwei, -1))},
		{name: "nonce too low, but L1 says unused: wait", s: func(s *state) { s.answer = nonceLow }, o: open, want: wait},
		{name: "nonce gap: resend after RetryInterval", s: func(s *state) { s.answer, s.tries = nonceGap, 1 }, o: open, want: resend},
		{name: "no answer: resend after RetryInterval", s: func(s *state) { s.answer, s.tries = unclear, 1 }, o: open, want: resend},
		{name: "no answer MaxRetries times: slow down", s: func(s *state) { s.answer, s.tries = unclear, 10 }, o: open, want: wait},
		{name: "no answer for a ResubmissionTimeout: raise", s: func(s *state) { s.answer, s.pricedAt = unclear, ago(48*time.Second) }, o: open, want: offer},
		{name: "no funds: resend with the rebroadcasts", s: func(s *state) { s.answer = noFunds }, o: open, want: wait},
		{name: "pool full: resend with the rebroadcasts", s: func(s *state) { s.answer, s.sentAt = poolFull, ago(12*time.Second) }, o: open, want: resend},
		{name: "other blob proofs wanted: reseal", s: func(s *state) { s.bid, s.answer = blobBid, wrongSidecar }, o: open, want: reseal},
		{name: "reserved for a moment: wait", s: func(s *state) { s.answer, s.answeredAt = reserved, ago(47*time.Second) }, o: open, want: wait},
		{name: "reserved for a ResubmissionTimeout: displace", s: func(s *state) { s.answer, s.answeredAt = reserved, ago(48*time.Second) }, o: open, want: displace, fees: &blobBid.fees},
		{name: "reserved, but an earlier one is unmined: wait", s: func(s *state) { s.answer, s.answeredAt, s.first = reserved, ago(48*time.Second), false }, o: open, obs: func(o *observation) { o.first = false }, want: wait},
		{name: "filler reserved: displace at once", s: func(s *state) { s.answer, s.answeredAt, s.filler, s.empty = reserved, now, true, true }, o: open, want: displace, fees: &blobBid.fees},

		// never accepted by anybody
		{name: "invalid and never out: drop", s: func(s *state) { s.answer, s.out = invalid, false }, o: open, want: drop},
		{name: "invalid, but an earlier answer was unclear: keep", s: func(s *state) { s.answer = invalid }, o: open, want: wait},
		{name: "never out for NotInMempoolTimeout: drop", s: func(s *state) { s.answer, s.out, s.since = noFunds, false, ago(2*time.Minute) }, o: open, want: drop},
		{name: "never out, a second earlier: keep", s: func(s *state) { s.answer, s.out, s.since = noFunds, false, ago(119*time.Second) }, o: open, want: wait},
		{name: "a filler is never dropped", s: func(s *state) { s.answer, s.out, s.since, s.filler = noFunds, false, ago(time.Hour), true }, o: open, want: wait},
	} {
		t.Run(tc.name, func(t *testing.T) {
			s, o := inPool, tc.o
			if tc.s != nil {
				tc.s(&s)
			}
			if tc.obs != nil {
				tc.obs(&o)
			}
			got := decide(&c, s.observe(o), o)
			if got.verb != tc.want || !errors.Is(got.err, tc.err) || tc.err == nil && got.err != nil {
				t.Fatalf("%v, error %v, want %v, error %v", got.verb, got.err, tc.want, tc.err)
			}
			if tc.fees != nil && !same(got.fees, *tc.fees) {
				t.Fatalf("fees %v, want %v", got.fees, *tc.fees)
			}
		})
	}
}

func TestHeard(t *testing.T) {
	now := time.Unix(1_800_000_000, 0)
	first := bid{index: 0, fees: offer3(1, 3, -1)}
	second := bid{index: 1, fees: offer3(2, 6, -1)}
	for _, tc := range []struct {
		name   string
		before state
		hears  answer
		out    bool
		index  int
		answer answer
	}{
		{name: "accepted is out", before: state{bid: first}, hears: accepted, out: true, answer: accepted},
		{name: "unclear may be out", before: state{bid: first}, hears: unclear, out: true, answer: unclear},
		{name: "refused is not out", before: state{bid: first}, hears: outbid, answer: outbid},
		{name: "out stays out", before: state{bid: first, out: true}, hears: invalid, out: true, answer: invalid},
		{name: "raise without funds: back to the accepted version", before: state{bid: second, out: true, taken: &first}, hears: noFunds, out: true, index: 0, answer: accepted},
		{name: "raise finds the pool full: back to the accepted version", before: state{bid: second, out: true, taken: &first}, hears: poolFull, out: true, index: 0, answer: accepted},
		{name: "raise is outbid: go on from it", before: state{bid: second, out: true, taken: &first}, hears: outbid, out: true, index: 1, answer: outbid},
		{name: "accepted version itself finds no funds", before: state{bid: first, out: true, taken: &first}, hears: noFunds, out: true, answer: noFunds},
	} {
		t.Run(tc.name, func(t *testing.T) {
			got := tc.before.heard(tc.hears, now)
			if got.out != tc.out || got.index != tc.index || got.answer != tc.answer || !got.sentAt.Equal(now) {
				t.Errorf("out %v, version %d, answer %v; want %v, %d, %v", got.out, got.index, got.answer, tc.out, tc.index, tc.answer)
			}
		})
	}
}

func ptr[T any](x T) *T { return &x }
