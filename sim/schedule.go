package sim

import (
	"math/rand/v2"

	"github.com/ethereum/go-ethereum/common"

	"github.com/cairn-rollup/cairn/eth"
	"github.com/cairn-rollup/cairn/rollup"
	"github.com/cairn-rollup/cairn/testkit"
)

// traits are what sets a history apart from others.
type traits struct {
	kind     kind
	blocks   int    // of L1
	spacing  uint64 // seconds between L1 blocks, on average
	uneven   bool   // spacing varies
	mischief int    // how often something is wrong: 0 never, 1 seldom, 4 all the time
	overlap  int    // how many of 100 channels begin with blocks that are safe already
	single   int    // how many of 100 batches are singular where span batches are possible
	late     int    // how many of 100 L1 blocks leave frames for later ones
	brotli   int    // how many of 100 channels, once it is allowed
}

// kind is what a history is after.
type kind uint8

const (
	ordinary kind = iota
	sleepy        // nothing happens for as long as a channel may take
	drifting      // L1 is so slow that the drift bounds are met
	limits        // channels of exactly the greatest size, or one byte more
	flood         // more frames than may be held
)

// kindOf gives each kind its share of the seeds. What is large comes seldom.
func kindOf(seed uint64) kind {
	switch {
	case seed%150 == 77:
		return flood
	case seed%100 == 31:
		return limits
	case seed%10 == 4:
		return sleepy
	case seed%10 == 8:
		return drifting
	}
	return ordinary
}

func pick[T any](rng *rand.Rand, choices ...T) T { return choices[rng.IntN(len(choices))] }

func makeTraits(seed uint64, rng *rand.Rand, cfg *rollup.Config) traits {
	t := traits{
		kind: kindOf(seed), blocks: 15 + rng.IntN(30), spacing: cfg.BlockTime * pick[uint64](rng, 1, 2, 3, 6, 6), uneven: rng.IntN(2) == 0,
		mischief: pick(rng, 0, 1, 1, 2, 2, 4), overlap: pick(rng, 5, 20, 60), single: pick(rng, 0, 30, 70), late: pick(rng, 5, 15, 40),
		brotli: pick(rng, 10, 40),
	}
	switch t.kind {
	case sleepy:
		t.spacing, t.blocks = max(1, cfg.BlockTime/2), 75+rng.IntN(40)
	case drifting:
		t.spacing = cfg.MaxSequencerDrift + cfg.BlockTime*uint64(rng.IntN(4))
		t.uneven, t.overlap = true, 10
	case limits:
		t.mischief = 0
	case flood:
		t.mischief, t.blocks, t.late, t.uneven = 0, 12, 0, false
	case ordinary:
	}
	return t
}

// makeConfig draws a chain: which forks are active at genesis goes by the seed, so that all have their share; of the others
// some activate on the way.
func makeConfig(seed uint64, rng *rand.Rand, batcher common.Address) *rollup.Config {
	active := rollup.Fork(seed % 11)
	cfg := testkit.Config(active, batcher)
	cfg.BlockTime = pick[uint64](rng, 1, 2, 2, 2, 3, 5, 12)
	cfg.SeqWindowSize = pick[uint64](rng, 2, 3, 4, 6, 10, 10, 20, 70)
	cfg.ChannelTimeout = pick[uint64](rng, 1, 2, 3, 5, 10, 50, 300)
	cfg.MaxSequencerDrift = cfg.BlockTime*pick[uint64](rng, 1, 3, 10, 100) + rng.Uint64N(3)
	cfg.Genesis.L2.Number = pick[uint64](rng, 0, 0, 1, 105235063)
	cfg.KeepKarstUpgradeGas = rng.IntN(2) == 0
	switch kindOf(seed) {
	case drifting:
		cfg.BlockTime, cfg.SeqWindowSize = pick[uint64](rng, 50, 100, 400), pick[uint64](rng, 4, 10, 20)
		cfg.MaxSequencerDrift = cfg.BlockTime * pick[uint64](rng, 1, 2, 6)
		if active >= rollup.Fjord || rng.IntN(2) == 0 {
			cfg.MaxSequencerDrift = 1800
		}
	case sleepy:
		cfg.SeqWindowSize, cfg.ChannelTimeout = 70, pick[uint64](rng, 5, 20, 48, 52)
	case flood:
		cfg.SeqWindowSize, cfg.ChannelTimeout = 20, 50
		last := rollup.Ecotone
		if seed%300 == 227 {
			last = rollup.Holocene
		}
		setForks(cfg, last)
	case limits:
		cfg.SeqWindowSize = 20
		last := rollup.Fork(rng.IntN(int(rollup.Fjord)))
		if seed%1000 == 531 {
			last = rollup.Holocene // the limit is ten times as large
		}
		setForks(cfg, last)
	case ordinary:
	}
	system := &cfg.Genesis.SystemConfig
	if rng.IntN(2) == 0 { // a fee scalar from before Ecotone, which was any number
		system.Scalar = eth.Bytes32(testkit.Word(684_000 + rng.Uint64N(1000)))
		system.Overhead = eth.Bytes32(testkit.Word(188))
		if rng.IntN(4) == 0 {
			system.Scalar[20] = 1
		}
	}
	if rng.IntN(2) == 0 {
		system.EIP1559Params = rollup.EncodeEIP1559Params(uint32(1+rng.IntN(300)), uint32(1+rng.IntN(10)))
	}
	if rng.IntN(2) == 0 {
		system.OperatorFeeParams = rollup.EncodeOperatorFee(rng.Uint32(), rng.Uint64())
		system.MinBaseFee, system.DAFootprintGasScalar = rng.Uint64N(1e9), uint16(rng.IntN(1000))
	}
	return cfg
}

// setForks has the forks up to one active at genesis, and no others.
func setForks(cfg *rollup.Config, last rollup.Fork) {
	for _, f := range rollup.Forks() {
		cfg.SetTime(f, nil)
		if f <= last {
			cfg.SetTime(f, new(uint64))
		}
	}
}

// schedule lets forks that are not active at genesis activate within a span of time, or some of them never. Two may share
// their time, and most times are those of no block.
func schedule(cfg *rollup.Config, rng *rand.Rand, kind kind, span uint64) {
	if kind == flood || kind == limits {
		return
	}
	at := cfg.Genesis.L2Time
	gap := span / pick[uint64](rng, 1, 2, 4, 8)
	for _, f := range rollup.Forks() {
		if cfg.Time(f) != nil {
			continue
		}
		if f == rollup.Lagoon && rng.IntN(6) > 0 {
			return
		}
		if rng.IntN(5) > 0 {
			at += 1 + rng.Uint64N(gap+1)
		} else if at == cfg.Genesis.L2Time {
			at++
		}
		if rng.IntN(4) == 0 { // in a block's second
			at += cfg.BlockTime - 1 - (at-cfg.Genesis.L2Time+cfg.BlockTime-1)%cfg.BlockTime
		}
		if at > cfg.Genesis.L2Time+span {
			return
		}
		cfg.SetTime(f, &[]uint64{at}[0])
	}
}

// makeBlobSchedule draws how L1 prices blobs, and the chain's own exception from it.
func makeBlobSchedule(cfg *rollup.Config, rng *rand.Rand, span uint64) rollup.BlobSchedule {
	if rng.IntN(3) == 0 {
		return nil
	}
	at := cfg.Genesis.L2Time + rng.Uint64N(span)
	s := rollup.BlobSchedule{{Time: at / 2, UpdateFraction: rollup.CancunUpdateFraction}, {Time: at, UpdateFraction: 5007716}}
	if rng.IntN(2) == 0 {
		s = append(s, rollup.BlobParams{Time: at + rng.Uint64N(span), UpdateFraction: 8346193})
	}
	if rng.IntN(2) == 0 {
		pectra := at + rng.Uint64N(span)
		cfg.PectraBlobScheduleTime = &pectra
	}
	return s
}
