package gossip

import (
	"time"

	"github.com/ethereum/go-ethereum/common"
)

// signers are the keys whose blocks count. The chain's SystemConfig on L1 names one; nodes learn of a change at different
// times, and the sequencer changes its key at yet another. So the one before stays good until a block of the new one is
// seen, or the grace period ends.
type signers struct {
	current  common.Address // zero: not known
	previous common.Address // zero: none
	rotated  time.Time      // when current took over from previous
	seen     bool           // a block of current was seen since
}

// rotate makes an address the current signer. It is not that already.
func (s *signers) rotate(now time.Time, to common.Address) {
	if s.current != (common.Address{}) {
		s.previous, s.rotated, s.seen = s.current, now, false
	}
	s.current = to
}

// inGrace says whether a rotation was so recently that not everybody can be expected to know.
func (s *signers) inGrace(now time.Time, grace time.Duration) bool {
	return s.previous != (common.Address{}) && now.Sub(s.rotated) <= grace
}

// judge says what the signer of a message means for the message. During the grace period nobody is blamed for passing on
// what we refuse: RULES 1.3, PAIN 21.
func (s *signers) judge(now time.Time, grace time.Duration, by common.Address) (Verdict, Reason) {
	switch inGrace := s.inGrace(now, grace); {
	case s.current == (common.Address{}):
		return Ignore, NoSigner
	case by == s.current:
		return Accept, OK
	case !inGrace:
		return Reject, UnknownSigner
	case by != s.previous:
		return Ignore, UnknownSigner
	case s.seen:
		return Ignore, RetiredSigner
	}
	return Accept, OK
}
