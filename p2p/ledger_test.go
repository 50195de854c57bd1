package p2p

import (
	"testing"
	"time"

	"github.com/libp2p/go-libp2p/core/peer"

	"github.com/cairn-rollup/cairn/p2p/gossip"
)

func TestSixRejectionsAreBelowTheBanThresholdAndDecayInTwoMinutes(t *testing.T) {
	clock := newClock()
	l := newLedger(2*time.Second, clock.now)
	for range 6 {
		l.reject("a", "topic", gossip.BadSnappy)
	}
	if got := l.score("a"); got != -120 {
		t.Errorf("score %v, want -120", got)
	}
	if l.score("b") != 0 {
		t.Error("another peer has a score")
	}
	clock.advance(2 * time.Minute)
	if got := l.score("a"); got < -1.3 || got > -1.1 {
		t.Errorf("score %v after two minutes, want a hundredth", got)
	}
	clock.advance(24 * time.Hour)
	if got := l.score("a"); got != 0 {
		t.Errorf("score %v after a day", got)
	}
	if last, total := l.last("a"); total != 6 || last.Why != "bad-snappy" || !last.Blame {
		t.Errorf("last %+v, total %d", last, total)
	}
}

func TestANodeThatIsWrongItselfBlamesNobody(t *testing.T) {
	for _, reason := range []gossip.Reason{gossip.TooOld, gossip.TooNew, gossip.SSZTruncated, gossip.BlockHashMismatch, gossip.WithdrawalsRootMissing} {
		clock := newClock()
		l := newLedger(2*time.Second, clock.now)
		l.reject("a", "topic", reason)
		if got := l.score("a"); got != 0 {
			t.Errorf("%s, nothing accepted yet: score %v", reason, got)
		}
		l.accept()
		clock.advance(vouched - time.Second)
		l.reject("a", "topic", reason)
		if got := l.score("a"); got != -20 {
			t.Errorf("%s, a block accepted a minute ago: score %v", reason, got)
		}
		clock.advance(time.Hour)
		l.reject("a", "topic", reason)
		if got := l.score("a"); got != 0 {
			t.Errorf("%s, nothing accepted for an hour: score %v", reason, got)
		}
		if _, total := l.last("a"); total != 3 {
			t.Errorf("%s: %d remembered, want all 3", reason, total)
		}
	}
}

func TestSixBlocksTooManyAtAHeightAreTheSignersFault(t *testing.T) {
	clock := newClock()
	clock.ns.Store(0)
	l := newLedger(2*time.Second, clock.now)
	for range maxAtHeight {
		l.reject("a", "topic", gossip.TooManyBlocksAtHeight)
	}
	if got := l.score("a"); got != 0 {
		t.Errorf("score %v for what a node passes on that keeps the rules", got)
	}
	l.reject("a", "topic", gossip.TooManyBlocksAtHeight)
	if got := l.score("a"); got != -20 {
		t.Errorf("score %v for the seventh", got)
	}
}

func TestAPeerThatGoesOnIsNoticedWhateverItsScore(t *testing.T) {
	clock := newClock()
	l := newLedger(2*time.Second, clock.now)
	for i := range maxOffences {
		if l.repeats("a") {
			t.Fatalf("after %d rejections", i)
		}
		l.reject("a", "topic", gossip.BadSnappy)
		clock.advance(offenceMemory)
	}
	if !l.repeats("a") || l.score("a") != 0 {
		t.Errorf("repeats %v, score %v", l.repeats("a"), l.score("a"))
	}
	l.forgive("a")
	if l.repeats("a") {
		t.Error("not forgiven")
	}
	for range maxOffences {
		l.reject("b", "topic", gossip.BadSnappy)
		clock.advance(offenceMemory + 1)
	}
	if l.repeats("b") {
		t.Error("rejections that are further apart than offenceMemory count together")
	}
}

func TestTheLedgerIsBounded(t *testing.T) {
	l := newLedger(2*time.Second, newClock().now)
	for i := range 10 * maxAccounts {
		l.reject(peer.ID(rune(i)), "topic", gossip.BadSnappy)
	}
	if got := l.accounts.Len(); got != maxAccounts {
		t.Errorf("%d accounts", got)
	}
}

// RULES 1.3: a peer that has heard of a new signer first passes its blocks on until we have heard, too.
func TestTheFirstBlocksOfAStrangerAreNobodysFault(t *testing.T) {
	clock := newClock()
	l := newLedger(2*time.Second, clock.now)
	l.accept()
	for n := range strangersFree {
		if l.reject("peer", "topic", gossip.UnknownSigner).Blame {
			t.Fatalf("block %d by a stranger is blamed", n+1)
		}
	}
	if l.score("peer") != 0 || !l.reject("peer", "topic", gossip.UnknownSigner).Blame {
		t.Error("whoever goes on is not blamed")
	}
	clock.advance(strangerMemory + time.Second)
	l.accept()
	if l.reject("peer", "topic", gossip.UnknownSigner).Blame {
		t.Error("it is never forgotten")
	}
}
