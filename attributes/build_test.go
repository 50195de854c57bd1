package attributes_test

import (
	"errors"
	"math/rand/v2"
	"reflect"
	"testing"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/common/hexutil"
	"github.com/ethereum/go-ethereum/core/types"
	"github.com/holiman/uint256"

	"github.com/cairn-rollup/cairn/attributes"
	"github.com/cairn-rollup/cairn/eth"
	"github.com/cairn-rollup/cairn/rollup"
)

// build is Builder.Build with an engine behind it: it fails the test on an error, and gives the new block too.
func build(
	t testing.TB, cfg *rollup.Config, parent eth.L2Ref, sys rollup.SystemConfig, origin *eth.L1Block, txs ...hexutil.Bytes,
) (eth.PayloadAttributes, rollup.SystemConfig, eth.L2Ref) {
	t.Helper()
	b := attributes.Builder{Config: cfg, Upgrades: madeUpUpgrades}
	attrs, next, err := b.Build(parent, sys, origin, txs)
	if err != nil {
		t.Fatal(err)
	}
	ref, err := attributes.L2RefOf(cfg, execute(cfg, parent, &attrs).ExecutionPayload)
	if err != nil {
		t.Fatal(err)
	}
	return attrs, next, ref
}

// infoIn reads the L1 info of attributes.
func infoIn(t testing.TB, cfg *rollup.Config, a *eth.PayloadAttributes) attributes.L1Info {
	t.Helper()
	var tx types.Transaction
	if err := tx.UnmarshalBinary(a.Transactions[0]); err != nil {
		t.Fatal(err)
	}
	info, err := attributes.ParseL1Info(tx.Data(), cfg.L2Rules(a.Timestamp).Info)
	if err != nil {
		t.Fatal(err)
	}
	return info
}

// RULES 6.1 step 5: which field is there from which fork on.
func TestFieldsPerFork(t *testing.T) {
	for fork := rollup.Bedrock; fork <= rollup.Jovian; fork++ {
		t.Run(fork.String(), func(t *testing.T) {
			cfg, origin := chain(t, fork), l1Block(100)
			sys := cfg.Genesis.SystemConfig
			sys.EIP1559Params, sys.MinBaseFee = eth.Bytes8{3: 9, 7: 8}, 77
			a, _, _ := build(t, cfg, cfg.GenesisL2Ref(), sys, origin, hexutil.Bytes{2, 3})
			want := eth.PayloadAttributes{
				Timestamp: 1002, PrevRandao: origin.PrevRandao, NoTxPool: true, GasLimit: 60_000_000,
				SuggestedFeeRecipient: common.HexToAddress("0x4200000000000000000000000000000000000011"),
				Transactions:          a.Transactions,
			}
			if fork >= rollup.Canyon {
				want.Withdrawals = &types.Withdrawals{}
			}
			if fork >= rollup.Ecotone {
				want.ParentBeaconBlockRoot = origin.BeaconRoot
			}
			if fork >= rollup.Holocene {
				want.EIP1559Params = &eth.Bytes8{3: 9, 7: 8}
			}
			if fork >= rollup.Jovian {
				fee := uint64(77)
				want.MinBaseFee = &fee
			}
			if !reflect.DeepEqual(a, want) {
				t.Errorf("got %+v\nwant %+v", a, want)
			}
			if len(a.Transactions) != 2 || !reflect.DeepEqual(a.Transactions[1], hexutil.Bytes{2, 3}) {
				t.Errorf("transactions %x, want the L1 info and the batch's", a.Transactions)
			}
		})
	}
}

func TestOriginWithoutBeaconRootGivesZero(t *testing.T) {
	cfg, origin := chain(t, rollup.Ecotone), l1Block(100)
	origin.BeaconRoot, origin.ExcessBlobGas = nil, nil
	a, _, _ := build(t, cfg, cfg.GenesisL2Ref(), cfg.Genesis.SystemConfig, origin)
	if a.ParentBeaconBlockRoot == nil || *a.ParentBeaconBlockRoot != (common.Hash{}) {
		t.Errorf("beacon root %v, want 32 zero bytes", a.ParentBeaconBlockRoot)
	}
	if fee := infoIn(t, cfg, &a).BlobBaseFee; fee != *uint256.NewInt(1) {
		t.Errorf("blob base fee %s, want 1: L1 has no blobs yet", &fee)
	}
}

func TestEpochs(t *testing.T) {
	cfg := chain(t, rollup.Jovian)
	genesis, sys := cfg.GenesisL2Ref(), cfg.Genesis.SystemConfig
	logs := []*types.Log{depositLog(alice, bob, opaque(1, 2, 3, 0, nil)), updateLog(2, word(50_000_000))}

	// The genesis block is the first of its epoch: the next one neither deposits nor updates.
	a, next, second := build(t, cfg, genesis, sys, l1Block(100, logs...))
	if len(a.Transactions) != 1 || next.GasLimit != 60_000_000 || infoIn(t, cfg, &a).SequenceNumber != 1 {
		t.Errorf("same epoch: %d transactions, gas limit %d, %+v", len(a.Transactions), next.GasLimit, infoIn(t, cfg, &a))
	}
	second.Time = 1010
	// First block of an epoch: deposits, updates, sequence number 0.
	a, next, third := build(t, cfg, second, sys, l1Block(101, logs...))
	if len(a.Transactions) != 2 || a.GasLimit != 50_000_000 || infoIn(t, cfg, &a).SequenceNumber != 0 {
		t.Errorf("new epoch: %d transactions, gas limit %d, %+v", len(a.Transactions), a.GasLimit, infoIn(t, cfg, &a))
	}
	// Second block: no deposits again, the update stays, the rest of the L1 info is the same.
	a2, next, _ := build(t, cfg, third, next, l1Block(101, logs...))
	first, again := infoIn(t, cfg, &a), infoIn(t, cfg, &a2)
	first.SequenceNumber = 1
	if len(a2.Transactions) != 1 || next.GasLimit != 50_000_000 || again != first {
		t.Errorf("same epoch: %d transactions, gas limit %d, %+v; want %+v", len(a2.Transactions), next.GasLimit, again, first)
	}
}

func TestUnfitOrigins(t *testing.T) {
	cfg := chain(t, rollup.Jovian)
	parent, sys := cfg.GenesisL2Ref(), cfg.Genesis.SystemConfig
	parent.L1Origin = eth.BlockID{Hash: l1Hash(101), Number: 101}
	parent.Time = 1018
	malformed := depositLog(alice, bob, make([]byte, 72))
	otherHash, otherParent, late := l1Block(101), l1Block(102), l1Block(102)
	otherHash.Hash = common.Hash{0x99}
	otherParent.ParentHash = common.Hash{0x99}
	late.Time = 1021
	lateAndMalformed := l1Block(102, malformed)
	lateAndMalformed.Time = 1021
	inTime := l1Block(102)
	inTime.Time = 1020
	isDepositError := func(err error) bool { var e *attributes.DepositError; return errors.As(err, &e) }
	for name, c := range map[string]struct {
		origin *eth.L1Block
		is     func(error) bool
	}{
		"same number, other hash: rewind":           {otherHash, func(err error) bool { return errors.Is(err, attributes.ErrOriginMismatch) }},
		"next number, other parent: rewind":         {otherParent, func(err error) bool { return errors.Is(err, attributes.ErrOriginMismatch) }},
		"two ahead: rewind":                         {l1Block(103), func(err error) bool { return errors.Is(err, attributes.ErrOriginMismatch) }},
		"one back: rewind":                          {l1Block(100), func(err error) bool { return errors.Is(err, attributes.ErrOriginMismatch) }},
		"L2 time one second before L1 time: rewind": {late, func(err error) bool { return errors.Is(err, attributes.ErrBeforeOrigin) }},
		"L2 time = L1 time: fine":                   {inTime, func(err error) bool { return err == nil }},
		"malformed deposit: critical":               {l1Block(102, malformed), isDepositError},
		"malformed deposit comes before the time":   {lateAndMalformed, isDepositError},
		"malformed deposit in the parent's origin":  {l1Block(101, malformed), func(err error) bool { return err == nil }},
	} {
		b := attributes.Builder{Config: cfg}
		if _, _, err := b.Build(parent, sys, c.origin, nil); !c.is(err) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestConstantsAreNeededForZeroParams(t *testing.T) {
	cfg := chain(t, rollup.Holocene)
	cfg.ChainOpConfig = nil
	b := attributes.Builder{Config: cfg}
	sys := cfg.Genesis.SystemConfig
	if _, _, err := b.Build(cfg.GenesisL2Ref(), sys, l1Block(100), nil); err == nil {
		t.Error("built with EIP-1559 parameters 0, 0 and no constants")
	}
	sys.EIP1559Params = eth.Bytes8{3: 9, 7: 8}
	if _, next, err := b.Build(cfg.GenesisL2Ref(), sys, l1Block(100), nil); err != nil || next.EIP1559Params != sys.EIP1559Params {
		t.Errorf("got %s, %v; want the parameters as they are", next.EIP1559Params, err)
	}
}

func TestBlobBaseFee(t *testing.T) {
	excess := uint64(100_000_000)
	blobs := rollup.BlobSchedule{{Time: 0, UpdateFraction: rollup.CancunUpdateFraction}, {Time: 1000, UpdateFraction: 5007716}}
	pectra := uint64(1001)
	for name, c := range map[string]struct {
		blobs  rollup.BlobSchedule
		pectra *uint64
		want   uint64
	}{
		"Cancun":                              {nil, nil, 10203769476395},
		"Prague on L1":                        {blobs, nil, 470442149},
		"before pectra_blob_schedule_time":    {blobs, &pectra, 10203769476395},
		"from pectra_blob_schedule_time on":   {blobs, new(uint64), 470442149},
		"pectra_blob_schedule_time, no blobs": {blobs, &pectra, 1},
	} {
		cfg, origin := chain(t, rollup.Jovian), l1Block(100)
		cfg.PectraBlobScheduleTime = c.pectra
		if c.want != 1 {
			origin.ExcessBlobGas = &excess
		} else {
			origin.ExcessBlobGas = nil
		}
		b := attributes.Builder{Config: cfg, Blobs: c.blobs}
		a, _, err := b.Build(cfg.GenesisL2Ref(), cfg.Genesis.SystemConfig, origin, nil)
		if err != nil {
			t.Fatal(err)
		}
		if fee := infoIn(t, cfg, &a).BlobBaseFee; fee != *uint256.NewInt(c.want) {
			t.Errorf("%s: blob base fee %s, want %d", name, &fee, c.want)
		}
	}
}

// RULES 6.7: an update whose carrier does not exist yet is gone.
func TestLostUpdates(t *testing.T) {
	updates := []*types.Log{
		updateLog(4, concat(make([]byte, 24), []byte{0, 0, 0, 9, 0, 0, 0, 8})),
		updateLog(5, concat(make([]byte, 20), []byte{0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 2})),
		updateLog(6, word(77)), updateLog(7, word(500)),
	}
	params, constants := eth.Bytes8{3: 9, 7: 8}, eth.Bytes8{3: 250, 7: 6}
	fee := rollup.EncodeOperatorFee(1, 2)
	for name, c := range map[string]struct {
		base, fork rollup.Fork
		at         int // block after the update's in which the fork activates; 0: the same
		want       rollup.SystemConfig
	}{
		"no carrier before Holocene": {rollup.Granite, rollup.Granite, 0, rollup.SystemConfig{}},
		"EIP-1559 params in Holocene's own epoch are in its first block": {
			rollup.Granite, rollup.Holocene, 0, rollup.SystemConfig{EIP1559Params: params},
		},
		"EIP-1559 params before Holocene are lost, the constants stay": {
			rollup.Granite, rollup.Holocene, 1, rollup.SystemConfig{EIP1559Params: constants},
		},
		"operator fee before Isthmus is lost": {
			rollup.Holocene, rollup.Isthmus, 1, rollup.SystemConfig{EIP1559Params: params},
		},
		"operator fee in Isthmus's activation block is lost": {
			rollup.Holocene, rollup.Isthmus, 0, rollup.SystemConfig{EIP1559Params: params},
		},
		"operator fee from Isthmus on is carried": {
			rollup.Isthmus, rollup.Isthmus, 0, rollup.SystemConfig{EIP1559Params: params, OperatorFeeParams: fee},
		},
		"min base fee before Jovian is lost, the DA scalar is the default": {
			rollup.Isthmus, rollup.Jovian, 1, rollup.SystemConfig{EIP1559Params: params, OperatorFeeParams: fee, DAFootprintGasScalar: 400},
		},
		"in Jovian's activation block the min base fee is carried, the DA scalar is lost": {
			rollup.Isthmus, rollup.Jovian, 0,
			rollup.SystemConfig{EIP1559Params: params, OperatorFeeParams: fee, MinBaseFee: 77, DAFootprintGasScalar: 400},
		},
		"from Jovian on all are carried": {
			rollup.Jovian, rollup.Jovian, 0,
			rollup.SystemConfig{EIP1559Params: params, OperatorFeeParams: fee, MinBaseFee: 77, DAFootprintGasScalar: 500},
		},
	} {
		t.Run(name, func(t *testing.T) {
			cfg := chain(t, c.base)
			at := uint64(1012 + 2*c.at)
			for f := c.base + 1; f <= c.fork; f++ {
				cfg.SetTime(f, &at)
			}
			parent, sys := cfg.GenesisL2Ref(), cfg.Genesis.SystemConfig
			for parent.Time < 1010 {
				_, sys, parent = build(t, cfg, parent, sys, l1Block(100))
			}
			for range 4 {
				_, sys, parent = build(t, cfg, parent, sys, l1Block(101, updates...))
			}
			c.want.BatcherAddr, c.want.Scalar, c.want.GasLimit = batcher, ecotoneScalar(1368, 810949), 60_000_000
			if sys != c.want {
				t.Errorf("got %+v\nwant %+v", sys, c.want)
			}
		})
	}
}

// What Build says the next block's system config is, SystemConfigOf reads out of that block: over random chains, from
// Bedrock, whose forks activate at genesis, together or one after the other, at and between block times, with random logs.
func TestBuildForeseesTheSystemConfig(t *testing.T) {
	rounds := 2000
	if testing.Short() {
		rounds = 200
	}
	for seed := range rounds {
		rng := rand.New(rand.NewPCG(uint64(seed), 0))
		cfg := randomChain(t, rng)
		b := attributes.Builder{Config: cfg, Upgrades: madeUpUpgrades}
		parent, sys := cfg.GenesisL2Ref(), cfg.Genesis.SystemConfig
		origin := l1Block(100)
		for parent.Number < cfg.Genesis.L2.Number+40 {
			if next := l1Block(origin.Number+1, randomLogs(rng)...); parent.Time+2 >= next.Time && rng.IntN(3) == 0 {
				origin = next
			}
			attrs, next, err := b.Build(parent, sys, origin, []hexutil.Bytes{{0x02, byte(rng.Uint32())}})
			if err != nil {
				t.Fatalf("seed %d, block %d: %v", seed, parent.Number+1, err)
			}
			block := execute(cfg, parent, &attrs)
			got, err := attributes.SystemConfigOf(cfg, block.ExecutionPayload)
			if err != nil || got != next {
				t.Fatalf("seed %d, block %d: read %+v, %v\nforeseen %+v", seed, parent.Number+1, got, err, next)
			}
			if m := attributes.Matches(cfg, &attrs, parent.Hash, block); m != attributes.MismatchNone {
				t.Fatalf("seed %d, block %d: %s differs from its own attributes", seed, parent.Number+1, m)
			}
			ref, err := attributes.L2RefOf(cfg, block.ExecutionPayload)
			sequence := uint64(0)
			if origin.ID() == parent.L1Origin {
				sequence = parent.SequenceNumber + 1
			}
			if err != nil || ref.L1Origin != origin.ID() || ref.Time != parent.Time+2 || ref.SequenceNumber != sequence {
				t.Fatalf("seed %d: block %+v, %v after %+v", seed, ref, err, parent)
			}
			parent, sys = ref, next
		}
	}
}

// randomChain has a random schedule and a random system config at genesis.
func randomChain(t testing.TB, rng *rand.Rand) *rollup.Config {
	t.Helper()
	cfg := chain(t, rollup.Bedrock)
	at := uint64(0)
	for _, f := range rollup.Forks() {
		if f == rollup.Lagoon || rng.IntN(20) == 0 {
			break
		}
		switch {
		case at == 0 && rng.IntN(5) != 0: // at genesis
		case rng.IntN(3) == 0 && at != 0: // with the one before
		default:
			at = max(at, 1000) + rng.Uint64N(12)
		}
		time := at
		cfg.SetTime(f, &time)
	}
	cfg.KeepKarstUpgradeGas = rng.IntN(2) == 0
	sys := &cfg.Genesis.SystemConfig
	sys.Overhead = eth.Bytes32(word(rng.Uint64N(300)))
	switch rng.IntN(3) {
	case 0:
		sys.Scalar = eth.Bytes32(word(1 + rng.Uint64N(1<<32-1)))
	case 1:
		sys.Scalar = eth.Bytes32(word(1<<32 + rng.Uint64N(1<<32))) // too large for Ecotone
	default:
		sys.Scalar = ecotoneScalar(rng.Uint32(), rng.Uint32())
	}
	if rng.IntN(2) == 0 {
		sys.EIP1559Params = rollup.EncodeEIP1559Params(1+rng.Uint32N(500), 1+rng.Uint32N(10))
	}
	sys.OperatorFeeParams = eth.Bytes32{0: byte(rng.Uint32()), 23: byte(rng.Uint32()), 31: byte(rng.Uint32())}
	sys.MinBaseFee, sys.DAFootprintGasScalar = rng.Uint64N(3), uint16(rng.Uint64N(3))
	if err := cfg.Check(); err != nil {
		t.Fatal(err)
	}
	return cfg
}

// randomLogs are deposits and updates, some of the updates malformed.
func randomLogs(rng *rand.Rand) (logs []*types.Log) {
	for range rng.IntN(4) {
		var payload [32]byte
		for at := 32 - 1<<rng.IntN(5); at < 32; at++ {
			payload[at] = byte(rng.Uint32())
		}
		switch kind := rng.Uint64N(10); kind {
		case 9:
			logs = append(logs, depositLog(alice, bob, opaque(rng.Uint64(), rng.Uint64(), rng.Uint64(), byte(rng.IntN(2)), payload[:rng.IntN(32)])))
		case 1:
			scalar := ecotoneScalar(rng.Uint32(), rng.Uint32())
			scalar[0] = byte(rng.IntN(3))
			if scalar[0] == 0 && rng.IntN(2) == 0 {
				copy(scalar[24:28], make([]byte, 4))
			}
			if scalar[0] == 2 { // taken before Ecotone, and the end of the chain after
				scalar[0] = 1
			}
			logs = append(logs, updateLog(1, payload[:], scalar[:]))
		default:
			logs = append(logs, updateLog(kind, payload[:]))
		}
	}
	return logs
}

// Build must not write through what it was given.
func TestBuildLeavesItsInputAlone(t *testing.T) {
	cfg := chain(t, rollup.Jovian)
	parent, sys := cfg.GenesisL2Ref(), cfg.Genesis.SystemConfig
	parent.Time = 1010
	txs := make([]hexutil.Bytes, 1, 8)
	txs[0] = hexutil.Bytes{2}
	epoch := (&attributes.Builder{Config: cfg}).Epoch(l1Block(101, updateLog(2, word(5)), depositLog(alice, bob, opaque(1, 2, 3, 0, nil))))
	first, next, err := epoch.Build(parent, sys, txs)
	if err != nil {
		t.Fatal(err)
	}
	again, nextAgain, err := epoch.Build(parent, sys, txs)
	if err != nil || !reflect.DeepEqual(first, again) || next != nextAgain {
		t.Errorf("asked twice: %+v, %v; want %+v", again, err, first)
	}
	if sys != cfg.Genesis.SystemConfig || len(txs) != 1 || !reflect.DeepEqual(txs[:2], []hexutil.Bytes{{2}, nil}) {
		t.Errorf("the input changed: %+v, %v", sys, txs)
	}
}

// One block in the middle of an epoch, as nearly all are.
func BenchmarkBuild(b *testing.B) {
	cfg, excess := chain(b, rollup.Jovian), uint64(100_000_000)
	origin := l1Block(100)
	origin.ExcessBlobGas = &excess
	epoch := (&attributes.Builder{Config: cfg}).Epoch(origin)
	txs := []hexutil.Bytes{{0x02}, {0x02}, {0x02}}
	for b.Loop() {
		if _, _, err := epoch.Build(cfg.GenesisL2Ref(), cfg.Genesis.SystemConfig, txs); err != nil {
			b.Fatal(err)
		}
	}
}

// What an origin costs once.
func BenchmarkEpoch(b *testing.B) {
	cfg, excess := chain(b, rollup.Jovian), uint64(100_000_000)
	origin := l1Block(100)
	origin.ExcessBlobGas = &excess
	builder := attributes.Builder{Config: cfg}
	for b.Loop() {
		builder.Epoch(origin)
	}
}

func BenchmarkSystemConfigOf(b *testing.B) {
	cfg := chain(b, rollup.Jovian)
	p := blockOf(b, cfg, mainnetInfo(rollup.InfoJovian), concat([]byte{1}, []byte{3: 100, 7: 4}, make([]byte, 8)))
	for b.Loop() {
		if _, err := attributes.SystemConfigOf(cfg, p); err != nil {
			b.Fatal(err)
		}
	}
}
