package gossip_test

import (
	"testing"
	"time"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/crypto"

	"github.com/cairn-rollup/cairn/p2p/gossip"
)

const hour = 3600

// signedAt is a message of a block of a time, signed by a key.
func signedAt(t testing.TB, v *gossip.Validator, key byte, timestamp uint64) (gossip.Verdict, gossip.Reason) {
	t.Helper()
	env := block(gossip.V4, timestamp, timestamp)
	verdict, reason, _ := v.Check(at(timestamp), blockMessage(t, keyOf(key), gossip.V4, env), gossip.V4)
	return verdict, reason
}

func TestRotationOfTheSigner(t *testing.T) {
	addr := func(key byte) common.Address { return crypto.PubkeyToAddress(keyOf(key).PublicKey) }
	const a, b, c, start = 1, 2, 3, isthmusTime
	// A step is a rotation or a message.
	type step struct {
		at      uint64 // seconds after the start
		rotate  byte   // key of the new signer
		none    bool   // rotate to no signer
		by      byte
		verdict gossip.Verdict
		reason  gossip.Reason
	}
	for _, tc := range []struct {
		name  string
		steps []step
	}{
		{"no signer is known: ignore", []step{{by: a, verdict: gossip.Ignore, reason: gossip.NoSigner}}},
		{"the signer", []step{{rotate: a}, {by: a}}},
		{"at the start there is no grace", []step{{rotate: a}, {by: b, verdict: gossip.Reject, reason: gossip.UnknownSigner}}},
		{"both are good after a rotation", []step{{rotate: a}, {at: 1, rotate: b}, {at: 2, by: a}, {at: 3, by: b}}},
		{
			"the old one is ignored once the new one was seen",
			[]step{{rotate: a}, {at: 1, rotate: b}, {at: 2, by: b}, {at: 3, by: a, verdict: gossip.Ignore, reason: gossip.RetiredSigner}},
		},
		{
			"a third is ignored during the grace period, seen or not",
			[]step{
				{rotate: a},
				{at: 1, rotate: b},
				{at: 2, by: c, verdict: gossip.Ignore, reason: gossip.UnknownSigner},
				{at: 3, by: b},
				{at: 4, by: c, verdict: gossip.Ignore, reason: gossip.UnknownSigner},
			},
		},
		{"the old one is good to the last second of 3 hours", []step{{rotate: a}, {at: 1, rotate: b}, {at: 1 + 3*hour, by: a}}},
		{
			"and rejected in the next",
			[]step{{rotate: a}, {at: 1, rotate: b}, {at: 2 + 3*hour, by: a, verdict: gossip.Reject, reason: gossip.UnknownSigner}},
		},
		{
			"seen or not",
			[]step{{rotate: a}, {at: 1, rotate: b}, {at: 2, by: b}, {at: 2 + 3*hour, by: a, verdict: gossip.Reject, reason: gossip.UnknownSigner}},
		},
		{
			"only the last one is remembered",
			[]step{{rotate: a}, {at: 1, rotate: b}, {at: 2, rotate: c}, {at: 3, by: a, verdict: gossip.Ignore, reason: gossip.UnknownSigner}, {at: 4, by: b}, {at: 5, by: c}},
		},
		{"back again", []step{{rotate: a}, {at: 1, rotate: b}, {at: 2, by: b}, {at: 3, rotate: a}, {at: 4, by: b}, {at: 5, by: a}}},
		{
			"the same signer again changes nothing",
			[]step{{rotate: a}, {at: 1, rotate: b}, {at: 2, by: b}, {at: 3, rotate: b}, {at: 4, by: a, verdict: gossip.Ignore, reason: gossip.RetiredSigner}},
		},
		{"without a signer nobody's are good", []step{{rotate: a}, {at: 1, none: true}, {at: 2, by: a, verdict: gossip.Ignore, reason: gossip.NoSigner}}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			v := newValidator(t)
			for i, s := range tc.steps {
				switch now := start + s.at; {
				case s.rotate != 0:
					v.Rotate(at(now), addr(s.rotate))
				case s.none:
					v.Rotate(at(now), common.Address{})
				default:
					if verdict, reason := signedAt(t, v, s.by, now); verdict != s.verdict || reason != s.reason {
						t.Errorf("step %d: %s, %s, want %s, %s", i, verdict, reason, s.verdict, s.reason)
					}
				}
			}
		})
	}
}

// L1 is seen to rotate up to 3 hours before or after the sequencer changes its key. Each block is either accepted, or handed
// out in order when L1 is seen to rotate.
func TestNoBlockIsLostByARotation(t *testing.T) {
	const from, to, step = isthmusTime, isthmusTime + 8*hour, 120
	const sequencerRotates = isthmusTime + 4*hour
	for _, after := range []int{-3 * hour, -hour, 0, hour, 3*hour - step} {
		l1Rotates := uint64(sequencerRotates + after)
		v := newValidator(t)
		v.Rotate(at(from-hour), sequencer)
		var got []uint64
		rotated := false
		for now := uint64(from); now < to; now += step {
			if now >= l1Rotates && !rotated {
				rotated = true
				for _, env := range v.Rotate(at(now), other) {
					got = append(got, env.ExecutionPayload.Timestamp)
				}
			}
			key := sequencerKey
			if now >= sequencerRotates {
				key = otherKey
			}
			verdict, reason, env := v.Check(at(now), blockMessage(t, key, gossip.V4, block(gossip.V4, now, now)), gossip.V4)
			switch {
			case verdict == gossip.Accept:
				got = append(got, env.ExecutionPayload.Timestamp)
			case rotated || reason != gossip.UnknownSigner:
				t.Errorf("L1 after %d s, block %d s after the key changed: %s, %s", after, int(now)-sequencerRotates, verdict, reason)
			}
		}
		if len(got) != (to-from)/step {
			t.Errorf("L1 after %d s: %d blocks of %d", after, len(got), (to-from)/step)
		}
		for i, timestamp := range got {
			if timestamp != from+uint64(i)*step {
				t.Errorf("L1 after %d s: block %d is of %d", after, i, timestamp)
				break
			}
		}
	}
}

func TestBlocksFromBeforeTheFirstSignerIsKnown(t *testing.T) {
	v := newValidator(t)
	for n := range uint64(3) {
		signedAt(t, v, 0x11, isthmusTime+n)
	}
	signedAt(t, v, 0x33, isthmusTime+3)
	if s := v.Signers(at(isthmusTime)); s.Held != 4 {
		t.Errorf("%+v", s)
	}
	if blocks := v.Rotate(at(isthmusTime+100), sequencer); len(blocks) != 3 || blocks[2].ExecutionPayload.BlockNumber != isthmusTime+2 {
		t.Errorf("%d blocks", len(blocks))
	}
	if blocks := v.Rotate(at(isthmusTime+100), sequencer); blocks != nil {
		t.Errorf("again: %d blocks", len(blocks))
	}
}

func TestHeldBlocksAreJudgedByTheClockOfTheirArrival(t *testing.T) {
	v := knowing(t)
	now := uint64(isthmusTime)
	for _, timestamp := range []uint64{now - 61, now - 60, now + 5, now + 6} {
		v.Check(at(now), blockMessage(t, otherKey, gossip.V4, block(gossip.V4, timestamp, timestamp)), gossip.V4)
	}
	if s := v.Signers(at(now)); s.Held != 2 {
		t.Errorf("%d held: too old and too new ones are not worth it", s.Held)
	}
	bad := block(gossip.V4, 1, now)
	bad.ExecutionPayload.BlockHash[0]++
	v.Check(at(now), blockMessage(t, otherKey, gossip.V4, bad), gossip.V4)
	if blocks := v.Rotate(at(now+hour), other); len(blocks) != 2 {
		t.Errorf("%d blocks", len(blocks))
	}
}

func TestHeldMessagesAreBounded(t *testing.T) {
	one := blockMessage(t, otherKey, gossip.V4, block(gossip.V4, 1, isthmusTime))
	room := 10 * (len(one) + 100)
	v := newValidator(t, func(c *gossip.ValidatorConfig) { c.HeldBytes = room })
	v.Rotate(at(0), sequencer)
	for n := range uint64(100) {
		v.Check(at(isthmusTime), blockMessage(t, otherKey, gossip.V4, block(gossip.V4, n, isthmusTime)), gossip.V4)
		if s := v.Signers(at(isthmusTime)); s.HeldBytes > room {
			t.Fatalf("%d bytes held, limit %d", s.HeldBytes, room)
		}
	}
	blocks := v.Rotate(at(isthmusTime), other)
	if len(blocks) < 9 || len(blocks) > 12 || blocks[len(blocks)-1].ExecutionPayload.BlockNumber != 99 {
		t.Errorf("%d blocks: want the newest ones that fit", len(blocks))
	}
}

func TestAMessageWithoutRoomPushesNothingOut(t *testing.T) {
	v := newValidator(t, func(c *gossip.ValidatorConfig) { c.HeldBytes = 10_000 })
	v.Rotate(at(0), sequencer)
	signedAt(t, v, 0x22, isthmusTime)
	v.Check(at(isthmusTime), blockMessage(t, otherKey, gossip.V4, sized(1, 20_000)), gossip.V4)
	if s := v.Signers(at(isthmusTime)); s.Held != 1 {
		t.Errorf("%+v", s)
	}
}

func TestHeldMessageIsACopy(t *testing.T) {
	v := knowing(t)
	data := blockMessage(t, otherKey, gossip.V4, block(gossip.V4, 1, isthmusTime))
	v.Check(at(isthmusTime), data, gossip.V4)
	clear(data)
	if blocks := v.Rotate(at(isthmusTime), other); len(blocks) != 1 {
		t.Errorf("%d blocks", len(blocks))
	}
}

func TestNothingIsHeldWithoutRoom(t *testing.T) {
	for _, room := range []int{-1, 10} {
		v := newValidator(t, func(c *gossip.ValidatorConfig) { c.HeldBytes = room })
		v.Rotate(at(0), sequencer)
		signedAt(t, v, 0x22, isthmusTime)
		if s := v.Signers(at(isthmusTime)); s.Held != 0 || s.HeldBytes != 0 {
			t.Errorf("room of %d: %+v", room, s)
		}
	}
}

func TestHeldMessagesExpireWithTheGracePeriod(t *testing.T) {
	v := knowing(t)
	signedAt(t, v, 0x22, isthmusTime)
	signedAt(t, v, 0x22, isthmusTime+3*hour)
	if s := v.Signers(at(0)); s.Held != 2 {
		t.Errorf("after 3 hours: %+v", s)
	}
	signedAt(t, v, 0x22, isthmusTime+3*hour+1)
	if s := v.Signers(at(0)); s.Held != 2 {
		t.Errorf("a second later: %+v", s)
	}
}

func TestSignersAreShown(t *testing.T) {
	v := newValidator(t, func(c *gossip.ValidatorConfig) { c.Grace = time.Minute })
	show := func(now uint64, current, previous common.Address) {
		t.Helper()
		if s := v.Signers(at(now)); s.Current != current || s.Previous != previous {
			t.Errorf("at %d: %+v", now, s)
		}
	}
	none := common.Address{}
	show(isthmusTime, none, none)
	v.Rotate(at(isthmusTime), sequencer)
	show(isthmusTime, sequencer, none)
	v.Rotate(at(isthmusTime), other)
	show(isthmusTime+60, other, sequencer)
	show(isthmusTime+61, other, none)
	signedAt(t, v, 0x22, isthmusTime+1)
	show(isthmusTime+2, other, none)
}
