package rollup_test

import (
	"reflect"
	"testing"

	"github.com/cairn-rollup/cairn/rollup"
)

// The rules of RULES 0.3 and 0.4 as they change from fork to fork. valid() schedules Canyon at 1000, and each further
// fork 100 s later; the block time is 2.
var forkStarts = []struct {
	fork rollup.Fork
	at   uint64
}{
	{rollup.Canyon, 1000},
	{rollup.Delta, 1100},
	{rollup.Ecotone, 1200},
	{rollup.Fjord, 1300},
	{rollup.Granite, 1400},
	{rollup.Holocene, 1500},
	{rollup.Isthmus, 1600},
	{rollup.Jovian, 1700},
	{rollup.Karst, 1800},
	{rollup.Lagoon, 1900},
}

func TestL1RulesPerFork(t *testing.T) {
	want := rollup.L1Rules{MaxRLPBytes: 10_000_000, MaxChannelBank: 100_000_000, ChannelTimeout: 300, SequencerDriftAt: 600}
	changes := map[rollup.Fork]func(*rollup.L1Rules){
		rollup.Canyon:  func(r *rollup.L1Rules) { r.ScanChannelBank = true },
		rollup.Delta:   func(r *rollup.L1Rules) { r.SpanBatches = true },
		rollup.Ecotone: func(r *rollup.L1Rules) { r.Blobs, r.EcotoneScalars = true, true },
		rollup.Fjord: func(r *rollup.L1Rules) {
			r.Brotli, r.MaxRLPBytes, r.MaxChannelBank, r.SequencerDriftAt = true, 100_000_000, 1_000_000_000, 1800
		},
		rollup.Granite:  func(r *rollup.L1Rules) { r.ChannelTimeout = 50 },
		rollup.Holocene: func(r *rollup.L1Rules) { r.StrictOrder, r.ReplaceInvalid = true, true },
	}
	cfg := valid()
	if got := cfg.L1Rules(0); got != want {
		t.Errorf("Bedrock: %+v, want %+v", got, want)
	}
	for _, f := range forkStarts {
		if got := cfg.L1Rules(f.at - 1); got != want {
			t.Errorf("one second before %s: %+v, want %+v", f.fork, got, want)
		}
		if change, ok := changes[f.fork]; ok {
			change(&want)
		}
		if got := cfg.L1Rules(f.at); got != want {
			t.Errorf("in the second of %s: %+v, want %+v", f.fork, got, want)
		}
	}
}

func TestPectraBlobSchedule(t *testing.T) {
	cfg, at := valid(), uint64(1650)
	if cfg.L1Rules(0).CancunBlobFee {
		t.Error("the blob fee is forced without pectra_blob_schedule_time")
	}
	cfg.PectraBlobScheduleTime = &at
	for time, want := range map[uint64]bool{0: true, 1649: true, 1650: false, 1651: false} {
		if got := cfg.L1Rules(time).CancunBlobFee; got != want {
			t.Errorf("at %d: %t, want %t", time, got, want)
		}
	}
}

func TestL2RulesPerFork(t *testing.T) {
	want := rollup.L2Rules{Regolith: true} // at genesis
	type rules = rollup.L2Rules
	changes := map[rollup.Fork]struct{ at, after func(*rules) }{
		rollup.Canyon: {at: func(r *rules) { r.Withdrawals, r.CanyonBaseFee = true, true }},
		rollup.Delta:  {},
		rollup.Ecotone: {
			at:    func(r *rules) { r.BeaconRoot = true },
			after: func(r *rules) { r.EcotoneScalars, r.Info = true, rollup.InfoEcotone },
		},
		rollup.Fjord:    {},
		rollup.Granite:  {},
		rollup.Holocene: {at: func(r *rules) { r.EIP1559Params = true }},
		rollup.Isthmus: {
			at:    func(r *rules) { r.WithdrawalsRoot, r.SetCodeTxs = true, true },
			after: func(r *rules) { r.OperatorFee, r.Info = true, rollup.InfoIsthmus },
		},
		rollup.Jovian: {
			at:    func(r *rules) { r.MinBaseFee = true },
			after: func(r *rules) { r.DAFootprint, r.Info = true, rollup.InfoJovian },
		},
		rollup.Karst:  {at: func(r *rules) { r.Osaka = true }},
		rollup.Lagoon: {at: func(r *rules) { r.PostExecTxs = true }},
	}
	mustBeEmpty := map[rollup.Fork]bool{rollup.Jovian: true, rollup.Karst: true, rollup.Lagoon: true}
	sequenceEmpty := map[rollup.Fork]bool{
		rollup.Ecotone: true, rollup.Fjord: true, rollup.Isthmus: true, rollup.Jovian: true, rollup.Karst: true, rollup.Lagoon: true,
	}
	// Blocks on the fork's second, and blocks that do not hit it: then the activation block is one second later.
	for name, late := range map[string]uint64{"block times hit the activation second": 0, "they do not": 1} {
		t.Run(name, func(t *testing.T) {
			cfg, want := valid(), want
			if got := cfg.L2Rules(500); !reflect.DeepEqual(got, want) {
				t.Errorf("genesis: %+v, want %+v", got, want)
			}
			for _, f := range forkStarts {
				activation := f.at + late
				if got := cfg.L2Rules(activation - cfg.BlockTime); !reflect.DeepEqual(got, want) {
					t.Errorf("block before %s: %+v, want %+v", f.fork, got, want)
				}
				if change := changes[f.fork].at; change != nil {
					change(&want)
				}
				first := want
				first.Activates = []rollup.Fork{f.fork}
				first.MustBeEmpty, first.SequenceEmpty = mustBeEmpty[f.fork], sequenceEmpty[f.fork]
				if got := cfg.L2Rules(activation); !reflect.DeepEqual(got, first) {
					t.Errorf("activation block of %s: %+v, want %+v", f.fork, got, first)
				}
				if change := changes[f.fork].after; change != nil {
					change(&want)
				}
				if got := cfg.L2Rules(activation + cfg.BlockTime); !reflect.DeepEqual(got, want) {
					t.Errorf("block after %s's first: %+v, want %+v", f.fork, got, want)
				}
			}
		})
	}
}

// RULES 0.2: a fork is active from its second on; the block in that second, or the first after it, activates it.
func TestActivationBlockIsOneBlock(t *testing.T) {
	cfg := valid()
	for time, want := range map[uint64]bool{1498: false, 1499: false, 1500: true, 1501: true, 1502: false, 1503: false} {
		activates := reflect.DeepEqual(cfg.L2Rules(time).Activates, []rollup.Fork{rollup.Holocene})
		if activates != want || cfg.L2Rules(time).EIP1559Params != (time >= 1500) {
			t.Errorf("block at %d: activates %t, active %t", time, activates, cfg.L2Rules(time).EIP1559Params)
		}
	}
}

func TestActiveAtGenesisHasNoActivationBlock(t *testing.T) {
	cfg := valid()
	scheduleAll(cfg, 0)
	for _, at := range []uint64{0, 1, 2, 500, 502, 504} {
		rules := cfg.L2Rules(at)
		if rules.Activates != nil || rules.MustBeEmpty || rules.SequenceEmpty || rules.Info != rollup.InfoJovian {
			t.Errorf("block at %d: %+v", at, rules)
		}
	}
}

func TestForksActivateTogetherInOrder(t *testing.T) {
	cfg := valid()
	scheduleAll(cfg, 1500)
	rules := cfg.L2Rules(1500)
	if !reflect.DeepEqual(rules.Activates, rollup.Forks()) || !rules.MustBeEmpty || rules.Info != rollup.InfoBedrock {
		t.Errorf("got %+v, want all forks, oldest first, in a block with the Bedrock layout", rules)
	}
	if after := cfg.L2Rules(1502); after.Activates != nil || after.Info != rollup.InfoJovian {
		t.Errorf("the block after: %+v", after)
	}
}

func TestUnscheduledForksNeverActivate(t *testing.T) {
	cfg := valid()
	unschedule(cfg, rollup.Regolith)
	if got := cfg.L2Rules(1 << 62); !reflect.DeepEqual(got, rollup.L2Rules{}) {
		t.Errorf("Bedrock: %+v", got)
	}
}

func TestRegolithHasAnActivationBlock(t *testing.T) {
	cfg, at := valid(), uint64(900)
	cfg.RegolithTime = &at
	for time, want := range map[uint64]bool{898: false, 899: false, 900: true, 902: true} {
		if got := cfg.L2Rules(time).Regolith; got != want {
			t.Errorf("block at %d: Regolith %t, want %t", time, got, want)
		}
	}
	if got := cfg.L2Rules(900).Activates; !reflect.DeepEqual(got, []rollup.Fork{rollup.Regolith}) {
		t.Errorf("activates %v", got)
	}
}

func BenchmarkL2Rules(b *testing.B) {
	cfg := valid()
	for b.Loop() {
		cfg.L2Rules(5000)
	}
}
