package p2p

import (
	"sync"
	"time"

	"github.com/ethereum/go-ethereum/common/lru"
	"github.com/libp2p/go-libp2p/core/peer"

	"github.com/cairn-rollup/cairn/p2p/gossip"
)

// Bounds of the ledger.
const (
	maxAccounts    = 1024 // peers remembered, connected or not; the one unheard of the longest goes
	maxOffences    = 5    // rejections of a peer, none more than offenceMemory after the one before, that get it banned
	maxAtHeight    = 6    // different blocks of a height that a node which keeps the rules passes on (RULES 11.1)
	strangersFree  = 24   // blocks of strangers that a peer may pass on in strangerMemory: half a minute of a fast chain
	strangerMemory = 2 * time.Minute
	vouched        = 1 * time.Minute // an accepted block says for as long that our clock, signer and rules are right
)

// offenceMemory is a hundred epochs of six blocks of two seconds, as long as gossipsub retains scores.
const offenceMemory = 20 * time.Minute

// Rejection is what a peer sent that was refused.
type Rejection struct {
	At     time.Time     `json:"at"`
	Topic  string        `json:"topic"`
	Reason gossip.Reason `json:"-"`
	Why    string        `json:"reason"`
	Blame  bool          `json:"blame"` // it counts against the peer
}

// account is what is held against a peer.
type account struct {
	score     gossip.ApplicationScore // decaying
	asOf      time.Time               // of score
	offences  int                     // count of rejections that does not decay while more come
	total     uint64                  // rejections ever, blamed or not
	last      Rejection
	slot      int64     // interval of the last block refused because of too many at its height
	atHeight  int       // how many of those in the interval
	strange   time.Time // since when blocks of strangers are counted
	strangers int
}

// ledger remembers of each peer what was rejected, and turns it into the application's part of its score. It is safe for
// concurrent use.
//
// op-node has these weights and never applies them to gossip: whoever sends rubbish there keeps its score. Here a
// rejection counts, with three exceptions, so that a node that is wrong itself does not ban everybody who is right:
//
//   - What is no message at all always counts. Every other refusal rests on our clock, our idea of the signer or our rules,
//     which can be those of an older release: it counts only if a block was accepted in the last minute, which says that
//     all of them are right.
//   - A block by a stranger may be the first one of a new signer, whom the peer has heard of before us. As many of them as
//     come until L1 is asked again are nobody's fault.
//   - Too many blocks at a height are the signer's fault. They count from the seventh of one peer and block time, which
//     nobody passes on who keeps the rules.
type ledger struct {
	interval time.Duration // between two decays
	now      func() time.Time

	mu       sync.Mutex
	accounts lru.BasicLRU[peer.ID, *account]
	accepted time.Time // the last time a block was
}

func newLedger(interval time.Duration, now func() time.Time) *ledger {
	return &ledger{interval: interval, now: now, accounts: lru.NewBasicLRU[peer.ID, *account](maxAccounts)}
}

// accept notes that a block passed all checks.
func (l *ledger) accept() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.accepted = l.now()
}

// reject notes a refusal.
func (l *ledger) reject(id peer.ID, topic string, reason gossip.Reason) Rejection {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := l.now()
	a, ok := l.accounts.Get(id)
	if !ok {
		a = &account{asOf: now}
		l.accounts.Add(id, a)
	}
	l.decay(a, now)
	blame := l.blame(a, reason, now)
	if blame {
		if now.Sub(a.last.At) > offenceMemory {
			a.offences = 0
		}
		a.offences++
		a.score = a.score.WithRejectedPayload()
	}
	a.total++
	a.last = Rejection{At: now, Topic: topic, Reason: reason, Why: reason.String(), Blame: blame}
	return a.last
}

// blame says whether a refusal is the peer's fault for sure.
func (l *ledger) blame(a *account, reason gossip.Reason, now time.Time) bool {
	switch reason {
	case gossip.TooLarge, gossip.TooSmall, gossip.BadSnappy, gossip.BadSignature:
		return true
	case gossip.TooManyBlocksAtHeight:
		if slot := now.UnixNano() / int64(l.interval); a.slot != slot {
			a.slot, a.atHeight = slot, 0
		}
		a.atHeight++
		return a.atHeight > maxAtHeight
	case gossip.UnknownSigner:
		if now.Sub(a.strange) > strangerMemory {
			a.strange, a.strangers = now, 0
		}
		a.strangers++
		return a.strangers > strangersFree && l.vouched(now)
	default:
		return l.vouched(now)
	}
}

// vouched says whether an accepted block has just shown that clock, signer and rules are right.
func (l *ledger) vouched(now time.Time) bool {
	return !l.accepted.IsZero() && now.Sub(l.accepted) < vouched
}

// decay brings an account up to date: a step for each interval that has passed.
func (l *ledger) decay(a *account, now time.Time) {
	steps := now.Sub(a.asOf) / l.interval
	if steps <= 0 {
		return
	}
	a.asOf = a.asOf.Add(steps * l.interval)
	for ; steps > 0 && a.score != (gossip.ApplicationScore{}); steps-- {
		a.score = a.score.Decayed()
	}
}

// score is the application's part of a peer's score.
func (l *ledger) score(id peer.ID) float64 { return l.account(id).Score() }

// account is what the score is made of.
func (l *ledger) account(id peer.ID) gossip.ApplicationScore {
	l.mu.Lock()
	defer l.mu.Unlock()
	a, ok := l.accounts.Peek(id)
	if !ok {
		return gossip.ApplicationScore{}
	}
	l.decay(a, l.now())
	return a.score
}

// repeats says whether a peer goes on and on. Scores do not: gossipsub stops listening to a peer long before the score
// would get it banned, until the score has recovered, and the peer begins anew.
func (l *ledger) repeats(id peer.ID) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	a, ok := l.accounts.Peek(id)
	return ok && a.offences >= maxOffences
}

// forgive forgets what a peer did, when it is banned for it.
func (l *ledger) forgive(id peer.ID) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if a, ok := l.accounts.Peek(id); ok {
		a.score, a.offences, a.atHeight = gossip.ApplicationScore{}, 0, 0
	}
}

// last is what a peer sent last that was refused, and how often that happened.
func (l *ledger) last(id peer.ID) (last Rejection, total uint64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if a, ok := l.accounts.Peek(id); ok {
		return a.last, a.total
	}
	return Rejection{}, 0
}

func (l *ledger) lastAccepted() time.Time {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.accepted
}
