package txmgr

import (
	"time"
)

// maxVersions bounds the versions of one transaction. Each raises all caps, so the fee limit stops it long before.
const maxVersions = 64

// bid is one version of a transaction: what it offers, and what it is.
type bid struct {
	index int // in the slot's versions
	fees  fees
	blob  bool
	empty bool // a self-transfer, there to use the nonce up
}

// state is what is known about the transaction at one nonce. It is a value: observe and heard return the next one.
type state struct {
	bid    // the current version; blob and empty also hold before there is one
	nonce  uint64
	filler bool // nobody's: all its versions are empty

	since      time.Time // when it got the nonce
	pricedAt   time.Time // start of the current price's chance
	sentAt     time.Time // of the current version; zero if it is to be sent at once
	answer     answer    // to the current version
	answeredAt time.Time // since when the answer is the same
	tries      uint64    // sends in a row that were not accepted
	versions   int       // made so far
	taken      *bid      // the last version that a pool accepted, if any
	out        bool      // some node may have a version: the nonce cannot be taken back
	first      bool      // it was the lowest unused nonce of the lane
	mined      bool      // the nonce was used at the last look
	missing    uint64    // looks in a row that saw the nonce used at depth, without a receipt of ours
}

// observation is what one look at L1 tells about one transaction.
type observation struct {
	now       time.Time
	head      uint64 // number of the head block
	nonce     uint64 // of the account at the head: the first that is not used
	deepNonce uint64 // of the account at confirmation depth
	receiptAt uint64 // block of the receipt of any version of ours, if found
	found     bool
	first     bool // the lowest unused nonce of the lane
	cancelled bool // nobody wants the candidate any more
	market    market
}

// used says that some transaction with this nonce is in the canonical chain.
func (o observation) used(s state) bool { return o.nonce > s.nonce }

// observe is the state after a look at L1. A nonce that was used and is no more was reorged out: its transaction is
// to be sent again soon, and its price gets a new chance. So does the price of one that has come to the front.
func (s state) observe(o observation) state {
	used := o.used(s)
	if s.mined && !used {
		s.pricedAt, s.tries = o.now, 0
		s = s.answered(unclear, o.now)
	}
	s.mined = used
	if !used && o.first && !s.first {
		s.first, s.pricedAt = true, o.now
	}
	s.missing++
	if !used || o.found || o.deepNonce <= s.nonce {
		s.missing = 0
	}
	return s
}

// heard is the state after the pool's answer to the current version. If the pool refuses a raise for want of funds or
// place, the version that it has accepted before becomes the current one again.
func (s state) heard(a answer, now time.Time) state {
	s.sentAt = now
	s.tries++
	switch a {
	case accepted:
		s.tries, s.out = 0, true
		current := s.bid
		s.taken = &current
	case unclear:
		s.out = true
	case noFunds, poolFull, invalid:
		if s.taken != nil && s.taken.index != s.index {
			s.bid, s.pricedAt, s.tries = *s.taken, now, 0
			return s.answered(accepted, now)
		}
	default: // refused
	}
	return s.answered(a, now)
}

func (s state) answered(a answer, now time.Time) state {
	if s.answer != a {
		s.answer, s.answeredAt = a, now
	}
	return s
}

// verb is what is to be done about a transaction.
type verb uint8

const (
	wait     verb = iota
	offer         // make a version with the fees, and send it
	resend        // send the current version again
	reseal        // exchange the blob proofs for the other version, and send
	displace      // go over to a self-transfer of the other type, with the fees, and send (doc.go, rule 2)
	confirm       // it is deep enough: report the receipt
	pass          // a filler's nonce is used: forget it
	lose          // the nonce was used by a transaction that is not ours
	drop          // never accepted by anybody: take the nonce back, return the candidate
)

var verbNames = [...]string{
	wait: "wait", offer: "offer", resend: "resend", reseal: "reseal", displace: "displace", confirm: "confirm", pass: "pass",
	lose: "lose", drop: "drop",
}

func (v verb) String() string { return verbNames[v] }

// action is a verb with what belongs to it.
type action struct {
	verb
	fees fees  // of offer and displace
	err  error // why a raise that is due was not made; wraps ErrFeeLimit
}

// decide says what to do about a transaction, given its state after observe and the observation.
func decide(c *Config, s state, o observation) action {
	if o.used(s) {
		return action{verb: decideUsed(c, s, o)}
	}
	return decideOpen(c, s, o)
}

// decideUsed is about a nonce that is used in the canonical chain.
func decideUsed(c *Config, s state, o observation) verb {
	switch {
	case s.filler:
		return pass
	case o.found && o.head+1 >= o.receiptAt+c.NumConfirmations:
		return confirm
	case o.found:
		return wait
	case !s.out:
		return lose
	case s.missing >= c.SafeAbortNonceTooLowCount:
		return lose
	}
	return wait // mined a moment ago, or the endpoint is behind
}

// decideOpen is about a nonce that is still to be used.
func decideOpen(c *Config, s state, o observation) action {
	if !s.filler && !s.out {
		if o.cancelled || s.answer == invalid || o.now.Sub(s.since) >= c.NotInMempoolTimeout {
			return action{verb: drop}
		}
	}
	old := o.now.Sub(s.pricedAt) >= c.ResubmissionTimeout
	switch s.answer {
	case unsent:
		f, err := c.price(o.market, s.blob)
		if err != nil {
			return action{verb: wait, err: err}
		}
		return action{verb: offer, fees: f}
	case wrongSidecar:
		return action{verb: reseal}
	case reserved:
		blocked := o.first && o.now.Sub(s.answeredAt) >= c.ResubmissionTimeout
		if s.empty || blocked {
			f, err := c.price(o.market, !s.blob)
			if err == nil {
				return action{verb: displace, fees: f}
			}
			return action{verb: wait, err: err}
		}
	case outbid:
		return raiseOr(c, c.outbid, s, o)
	case tooCheap:
		return raiseOr(c, c.raise, s, o)
	case accepted, unclear:
		if old && (o.first || !s.fees.covers(o.market)) {
			return raiseOr(c, c.raise, s, o)
		}
	default: // nonceLow, nonceGap, noFunds, poolFull, invalid: time may help
	}
	return resendIfDue(c, s, o)
}

// raiseOr raises the price by the rule, or stays with the old one when a limit forbids it.
func raiseOr(c *Config, rule func(fees, market) (fees, error), s state, o observation) action {
	f, err := rule(s.fees, o.market)
	if err == nil && s.versions >= maxVersions {
		err = errVersions
	}
	if err != nil {
		a := resendIfDue(c, s, o)
		a.err = err
		return a
	}
	return action{verb: offer, fees: f}
}

// resendIfDue repeats the current version: soon where the pool's word is missing, but not for ever.
func resendIfDue(c *Config, s state, o observation) action {
	interval := c.RebroadcastInterval
	if (s.answer == unclear || s.answer == nonceGap) && s.tries < c.MaxRetries {
		interval = c.RetryInterval
	}
	if o.now.Sub(s.sentAt) >= interval {
		return action{verb: resend}
	}
	return action{verb: wait}
}
