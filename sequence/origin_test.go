package sequence_test

import (
	"testing"

	"github.com/ethereum/go-ethereum/common"

	"github.com/cairn-rollup/cairn/eth"
	"github.com/cairn-rollup/cairn/rollup"
	"github.com/cairn-rollup/cairn/sequence"
)

const originTime = 10_000 // of the L2 head's L1 origin, block 50

// config has block time 2 and every fork up to Granite at 1; others as set.
func config(times map[rollup.Fork]uint64) *rollup.Config {
	cfg := &rollup.Config{BlockTime: 2, MaxSequencerDrift: 600, Genesis: rollup.Genesis{L2Time: 1}}
	for _, f := range rollup.Forks() {
		if f <= rollup.Granite {
			cfg.SetTime(f, new(uint64(1)))
		}
		if at, ok := times[f]; ok {
			cfg.SetTime(f, &at)
		}
	}
	return cfg
}

func l1(number, time uint64) eth.L1Ref {
	return eth.L1Ref{Hash: common.Hash{byte(number)}, Number: number, ParentHash: common.Hash{byte(number - 1)}, Time: time}
}

func TestChooseOrigin(t *testing.T) {
	current := l1(50, originTime)
	next := func(time uint64) *eth.L1Ref { n := l1(51, time); return &n }
	for _, c := range []struct {
		name     string
		headTime uint64
		change   func(*eth.L2Ref, *sequence.Origins)
		next     *eth.L1Ref
		fjord    uint64
		want     sequence.Choice
	}{
		{name: "next L1 block is due: block time = its time", headTime: 10_010, next: next(10_012), want: sequence.UseNext},
		{name: "next L1 block is overdue", headTime: 10_020, next: next(10_012), want: sequence.UseNext},
		{name: "next L1 block is one second too new", headTime: 10_009, next: next(10_012), want: sequence.UseCurrent},
		{name: "next L1 block not known, within the drift", headTime: 10_020, want: sequence.UseCurrent},
		{name: "not known, block time = origin + 1800 is still fine", headTime: originTime + 1798, want: sequence.UseCurrent},
		{name: "not known, one second beyond the drift", headTime: originTime + 1799, want: sequence.WaitForNext},
		{name: "not known, drift of an origin before Fjord", headTime: originTime + 598, fjord: originTime + 1, want: sequence.UseCurrent},
		{name: "not known, beyond the drift of an origin before Fjord", headTime: originTime + 599, fjord: originTime + 1, want: sequence.WaitForNext},
		{name: "beyond the drift, but the next L1 block is later still: stay, empty", headTime: originTime + 1900, next: next(originTime + 2000), want: sequence.UseCurrent},
		{name: "beyond the drift, next L1 block is due", headTime: originTime + 1900, next: next(originTime + 1902), want: sequence.UseNext},
		{
			name: "L1 has another block at the number of the head's origin", headTime: 10_010, next: next(10_012),
			change: func(_ *eth.L2Ref, o *sequence.Origins) { o.Current.Hash = common.Hash{9} }, want: sequence.Inconsistent,
		},
		{
			name: "the head's origin has another number", headTime: 10_010,
			change: func(h *eth.L2Ref, _ *sequence.Origins) { h.L1Origin.Number-- }, want: sequence.Inconsistent,
		},
		{
			name: "the next L1 block is not a child of the head's origin", headTime: 10_010, next: next(10_012),
			change: func(_ *eth.L2Ref, o *sequence.Origins) { o.Next.ParentHash = common.Hash{9} }, want: sequence.Inconsistent,
		},
		{
			name: "that goes before everything, even if it is not due", headTime: 10_000, next: next(20_000),
			change: func(_ *eth.L2Ref, o *sequence.Origins) { o.Next.ParentHash = common.Hash{9} }, want: sequence.Inconsistent,
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			cfg := config(nil)
			if c.fjord != 0 {
				cfg.FjordTime, cfg.GraniteTime = &c.fjord, &c.fjord
			}
			head := eth.L2Ref{Number: 7, Time: c.headTime, L1Origin: current.ID()}
			origins := sequence.Origins{Current: current, Next: c.next}
			if c.change != nil {
				c.change(&head, &origins)
			}
			if got := sequence.ChooseOrigin(cfg, head, origins); got != c.want {
				t.Errorf("got choice %d, want %d", got, c.want)
			}
		})
	}
}

func TestVisible(t *testing.T) {
	for _, c := range []struct {
		name                string
		number, depth, head uint64
		want                bool
	}{
		{"as deep as demanded", 96, 4, 100, true},
		{"one block too new", 97, 4, 100, false},
		{"the head itself", 100, 4, 100, false},
		{"depth 0 shows the head", 100, 0, 100, true},
		{"depth 0 shows what is above the head as we know it", 101, 0, 100, true},
		{"block 0 is always visible", 0, 4, 1, true},
		{"L1 is shorter than the depth", 1, 4, 3, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := sequence.Visible(c.number, c.depth, eth.L1Ref{Number: c.head}); got != c.want {
				t.Errorf("got %t", got)
			}
		})
	}
}

func TestMustBeEmpty(t *testing.T) {
	const time = originTime + 10
	for _, c := range []struct {
		name   string
		l2Time uint64
		forks  map[rollup.Fork]uint64
		want   bool
	}{
		{"an ordinary block", time, nil, false},
		{"origin + 1800 is still fine", originTime + 1800, nil, false},
		{"beyond the drift", originTime + 1801, nil, true},
		{"Ecotone's first block", time, map[rollup.Fork]uint64{rollup.Ecotone: time}, true},
		{"Fjord's first block", time, map[rollup.Fork]uint64{rollup.Fjord: time}, true},
		{"Isthmus' first block", time, map[rollup.Fork]uint64{rollup.Isthmus: time}, true},
		{"Jovian's first block", time, map[rollup.Fork]uint64{rollup.Jovian: time}, true},
		{"Jovian's first block is the first at or after the fork time", time, map[rollup.Fork]uint64{rollup.Jovian: time - 1}, true},
		{"Karst's first block", time, map[rollup.Fork]uint64{rollup.Karst: time}, true},
		{"Lagoon's first block", time, map[rollup.Fork]uint64{rollup.Lagoon: time}, true},
		{"the block after Jovian's first", time, map[rollup.Fork]uint64{rollup.Jovian: time - 2}, false},
		{"the block before Jovian's first", time, map[rollup.Fork]uint64{rollup.Jovian: time + 1}, false},
		{"Canyon's first block", time, map[rollup.Fork]uint64{rollup.Canyon: time}, false},
		{"Granite's first block", time, map[rollup.Fork]uint64{rollup.Granite: time}, false},
		{"Holocene's first block", time, map[rollup.Fork]uint64{rollup.Holocene: time}, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := sequence.MustBeEmpty(config(c.forks), c.l2Time, originTime); got != c.want {
				t.Errorf("got %t", got)
			}
		})
	}
}
