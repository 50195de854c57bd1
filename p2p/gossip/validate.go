package gossip

import (
	"bytes"
	"errors"
	"fmt"
	"math/big"
	"sync"
	"time"

	"github.com/ethereum/go-ethereum/common"

	"github.com/cairn-rollup/cairn/eth"
	"github.com/cairn-rollup/cairn/rollup"
)

// Defaults of a validator.
const (
	DefaultMaxAge    = 60 * time.Second // op-node's --p2p.gossip.timestamp.threshold
	DefaultGrace     = 3 * time.Hour    // op-node's, a constant there
	DefaultHeldBytes = 64 << 20
)

// maxAhead is how far in the future a block may be: what clocks differ by.
const maxAhead = 5 * time.Second

// ValidatorConfig is what a validator goes by.
type ValidatorConfig struct {
	Rollup    *rollup.Config
	MaxAge    time.Duration // age above which a block is refused, in whole seconds; 0: DefaultMaxAge
	Grace     time.Duration // how long a rotation of the signer is forgiven; 0: DefaultGrace
	HeldBytes int           // memory for messages of unknown signers; 0: DefaultHeldBytes, negative: none is held
}

// Validator judges the messages of all four topics. Any number of goroutines may call it: the mutex owns signers, held
// messages and heights, and is never held while something is hashed or decoded.
type Validator struct {
	cfg     *rollup.Config
	chainID *big.Int
	maxAge  time.Duration
	grace   time.Duration

	mu      sync.Mutex
	signers signers
	held    held
	heights [versions]heights
}

// NewValidator makes a validator that knows no signer: until Rotate, every message is ignored and held.
func NewValidator(cfg ValidatorConfig) (*Validator, error) {
	switch {
	case cfg.Rollup == nil || cfg.Rollup.L2ChainID == nil:
		return nil, errors.New("gossip needs a rollup configuration with an L2 chain id")
	case cfg.Rollup.L2ChainID.Sign() < 0 || cfg.Rollup.L2ChainID.BitLen() > 256:
		return nil, fmt.Errorf("L2 chain id %s is no 256-bit number: blocks cannot be signed for it", cfg.Rollup.L2ChainID)
	case cfg.MaxAge < 0 || cfg.Grace < 0:
		return nil, fmt.Errorf("negative time: maximum age %s, grace period %s", cfg.MaxAge, cfg.Grace)
	}
	v := &Validator{
		cfg: cfg.Rollup, chainID: cfg.Rollup.L2ChainID,
		maxAge: cfg.MaxAge, grace: cfg.Grace, held: held{limit: cfg.HeldBytes},
	}
	if v.maxAge == 0 {
		v.maxAge = DefaultMaxAge
	}
	if v.grace == 0 {
		v.grace = DefaultGrace
	}
	if v.held.limit == 0 {
		v.held.limit = DefaultHeldBytes
	}
	for i := range v.heights {
		v.heights[i] = newHeights()
	}
	return v, nil
}

// Check judges a message that came on the topic of a version. The envelope is the block of an accepted message and nil
// otherwise. Data is only read, and not kept.
func (v *Validator) Check(now time.Time, data []byte, version Version) (Verdict, Reason, *eth.PayloadEnvelope) {
	return v.check(now, heldMessage{version: version, data: data, received: now})
}

// check judges a message by the signers of now and the clock of when it came.
func (v *Validator) check(now time.Time, m heldMessage) (Verdict, Reason, *eth.PayloadEnvelope) {
	body, verdict, reason := v.authenticate(now, m)
	if verdict != Accept {
		return verdict, reason, nil
	}
	env, reason := Decode(m.version, body)
	if reason != OK {
		return Reject, reason, nil
	}
	p := env.ExecutionPayload
	if reason = v.checkTime(m.received, p.Timestamp); reason != OK {
		return Reject, reason, nil
	}
	if BlockHash(env) != p.BlockHash {
		return Reject, BlockHashMismatch, nil
	}
	if reason = CheckFields(v.cfg, m.version, env); reason != OK {
		return Reject, reason, nil
	}
	switch reason = v.admit(m.version, p.BlockNumber, p.BlockHash); reason {
	case OK:
		return Accept, OK, env
	case Duplicate:
		return Ignore, Duplicate, nil
	default:
		return Reject, reason, nil
	}
}

// authenticate gives the signed bytes of a message if their signer may sign, in memory of their own. Messages by others are
// held if only their signer is wrong, as far as can be seen without decoding them.
func (v *Validator) authenticate(now time.Time, m heldMessage) ([]byte, Verdict, Reason) {
	buf := getBuffer()
	defer putBuffer(buf)
	plain, sig, body, reason := open(*buf, m.data)
	if reason != OK {
		return nil, Reject, reason
	}
	*buf = plain
	hold := false
	if timestamp, ok := m.version.peekTimestamp(body); ok {
		hold = v.checkTime(m.received, timestamp) == OK
	}
	if !v.knowsSigner(m, hold) {
		return nil, Ignore, NoSigner
	}
	by, err := Recover(SigningHash(v.chainID, PayloadHash(body)), sig)
	if err != nil {
		return nil, Reject, BadSignature
	}
	if verdict, reason := v.judge(now, by, m, hold); verdict != Accept {
		return nil, verdict, reason
	}
	return bytes.Clone(body), Accept, OK
}

// checkTime compares the time of a block with the clock, in whole seconds.
func (v *Validator) checkTime(now time.Time, timestamp uint64) Reason {
	seconds := uint64(max(now.Unix(), 0))
	age := uint64(v.maxAge / time.Second)
	switch {
	case seconds > age && timestamp < seconds-age:
		return TooOld
	case timestamp > seconds+uint64(maxAhead/time.Second):
		return TooNew
	}
	return OK
}

// knowsSigner says whether there is a signer to compare with. If not, the message is held where hold says so.
func (v *Validator) knowsSigner(m heldMessage, hold bool) bool {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.signers.current != (common.Address{}) {
		return true
	}
	if hold {
		v.held.put(m)
	}
	return false
}

// judge applies the rules about signers, and ends the grace period of the previous one with the first block of the new.
func (v *Validator) judge(now time.Time, by common.Address, m heldMessage, hold bool) (Verdict, Reason) {
	v.mu.Lock()
	defer v.mu.Unlock()
	verdict, reason := v.signers.judge(now, v.grace, by)
	switch {
	case by == v.signers.current:
		v.signers.seen = true
	case reason == UnknownSigner && hold:
		v.held.put(m)
	}
	v.held.expire(now.Add(-v.grace))
	return verdict, reason
}

func (v *Validator) admit(version Version, number uint64, hash common.Hash) Reason {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.heights[version].admit(number, hash)
}

// Rotate makes an address the unsafe block signer, as read from SystemConfig on L1 (RULES 1.3); zero means that there is
// none. The result are the blocks that had been refused because they were signed by this address too early, oldest
// first: what the sequencer published between changing its key and L1 being seen to say so. They are judged by the
// clock of when they came, and are no news to gossip any more. It takes about a millisecond for each message held; to be
// told the present signer again costs nothing.
func (v *Validator) Rotate(now time.Time, signer common.Address) []*eth.PayloadEnvelope {
	var blocks []*eth.PayloadEnvelope
	for _, m := range v.rotate(now, signer) {
		if verdict, _, env := v.check(now, m); verdict == Accept {
			blocks = append(blocks, env)
		}
	}
	return blocks
}

// rotate changes the signers and hands out what was held, if there is a change.
func (v *Validator) rotate(now time.Time, signer common.Address) []heldMessage {
	v.mu.Lock()
	defer v.mu.Unlock()
	if signer == v.signers.current {
		return nil
	}
	v.signers.rotate(now, signer)
	v.held.expire(now.Add(-v.grace))
	return v.held.take()
}

// SignerStatus is what a validator knows about signers.
type SignerStatus struct {
	Current   common.Address // zero: not known
	Previous  common.Address // whose blocks are accepted too; zero: nobody's
	Held      int            // messages of other signers that are kept for the next rotation
	HeldBytes int
}

// Signers tells the state of the rotation.
func (v *Validator) Signers(now time.Time) SignerStatus {
	v.mu.Lock()
	defer v.mu.Unlock()
	s := SignerStatus{Current: v.signers.current, Held: len(v.held.messages), HeldBytes: v.held.bytes}
	if v.signers.inGrace(now, v.grace) && !v.signers.seen {
		s.Previous = v.signers.previous
	}
	return s
}
