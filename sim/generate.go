package sim

import (
	"fmt"
	"math/big"
	"math/rand/v2"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/core/types"

	"github.com/cairn-rollup/cairn/attributes"
	"github.com/cairn-rollup/cairn/channel"
	"github.com/cairn-rollup/cairn/derive"
	"github.com/cairn-rollup/cairn/eth"
	"github.com/cairn-rollup/cairn/rollup"
	"github.com/cairn-rollup/cairn/sim/oracle"
	"github.com/cairn-rollup/cairn/testkit"
)

// keys sign L1 transactions: two batchers take turns, the third one is never the batcher.
var keys = [3]testkit.Key{testkit.NewKey(0), testkit.NewKey(1), testkit.NewKey(2)}

// generator makes up a history. It derives along, with the machine that is tested: a batcher has to know the safe head. If
// the machine is wrong then the history is another one, and the machine is wrong about that one.
type generator struct {
	traits
	*History
	rng     *rand.Rand
	run     *Run
	counts  Counts
	builder *attributes.Builder

	header  *types.Header // of the L1 block that is being made
	prophet bool          // the batcher knows the hash of the L1 block that its data will be in, which is not possible
	batcher testkit.Key   // whose data counts in it
	tip     sequenced     // the last block the batcher has put into a channel
	ahead   bool          // there is one after the safe head
	frames  []channel.Frame
	posted  [][]byte // items, as they were posted
	serial  uint32   // of channels
	stalled int      // L1 blocks for which nothing happens
	filled  int      // channels filled to the limit
	quiet   bool     // no transactions
	ended   bool     // the chain cannot go on
}

// Generate makes up the history of a seed. With it come what a machine derives that follows L1 as it grows, and what it
// notes.
func Generate(seed uint64, counts Counts) (*History, oracle.Result, error) {
	rng := rand.New(rand.NewPCG(seed, 1))
	cfg := makeConfig(seed, rng, keys[0].Address)
	g := &generator{
		traits: makeTraits(seed, rng, cfg), rng: rng, counts: counts, batcher: keys[0],
		History: &History{Seed: seed, Config: cfg, upgrades: testkit.Upgrades()},
	}
	if err := g.begin(); err != nil {
		return g.History, oracle.Result{}, err
	}
	for range g.blocks {
		if err := g.block(); err != nil {
			return g.History, g.run.Result(), err
		}
		if g.stuck() {
			counts.add("feature: chain stuck behind an undecided batch", 1)
			break
		}
		if g.run.Halted() {
			counts.halt(g.run.result.Halted)
			if g.ended = true; g.chance(50) {
				break
			}
		}
	}
	return g.History, g.run.Result(), nil
}

// stuck says whether nothing can ever be derived again. Before Holocene a batch does that which is undecided for ever: a
// span whose last epoch has left the list of L1 blocks, or that begins before genesis.
func (g *generator) stuck() bool {
	at, past := g.run.result.SafeAt, int(g.Config.SeqWindowSize)+5
	return len(at) > past && at[len(at)-1] == at[len(at)-1-past] && !g.run.Halted()
}

// begin makes the L1 block that the rollup starts after. It can hold data, and logs that do not count.
func (g *generator) begin() error {
	span := uint64(g.blocks) * g.spacing
	l1Time, number := 1_600_000_000+g.rng.Uint64N(1000), pick[uint64](g.rng, 0, 0, 17422590)
	fields := g.fields(l1Time)
	fields.Number = number
	cfg := g.Config
	cfg.Genesis.L2Time = l1Time
	if g.chance(20) {
		cfg.Genesis.L2Time += g.rng.Uint64N(2 * g.spacing)
	}
	logs := []*types.Log{testkit.BatcherLog(keys[2].Address), g.deposit()}
	g.header = g.L1.Header(fields, logs...)
	cfg.Genesis.L1.Hash, cfg.Genesis.L1.Number = g.header.Hash(), number
	schedule(cfg, g.rng, g.kind, span)
	g.Blobs = makeBlobSchedule(cfg, g.rng, span)
	if err := cfg.Check(); err != nil {
		return err
	}
	if err := derive.CheckSupported(cfg); err != nil {
		return err
	}
	g.builder = g.History.builder()
	genesis := cfg.GenesisL2Ref()
	g.tip = sequenced{ref: genesis, system: cfg.Genesis.SystemConfig}
	var txs []testkit.L1Tx
	for _, l := range logs {
		txs = append(txs, testkit.L1Tx{Tx: g.stranger(), Logs: []*types.Log{l}})
	}
	if err := g.derive(txs); err != nil || !g.chance(30) {
		return err
	}
	// Data in this block can know no epoch but its own. The batcher is as far as before when it has posted it.
	g.channel()
	txs = append(txs, g.inbox()...)
	g.tip, g.ahead = g.safeBlock(0), false
	return g.derive(txs)
}

// derive starts to derive at the L1 block that the rollup starts after.
func (g *generator) derive(txs []testkit.L1Tx) error {
	if g.L1.Blocks = nil; g.L1.Blobs == nil {
		g.L1.Blobs = map[common.Hash]*eth.Blob{}
	}
	g.L1.Mine(g.header, txs...)
	g.Selected = []*eth.L1Block{testkit.Select(g.Config, &g.L1.Blocks[0])}
	g.run = NewRun(g.History, g.counts)
	err := g.run.Use()
	g.run.Mark()
	g.counts.notes(g.run.machine.Notes())
	return err
}

// block adds an L1 block, and derives it.
func (g *generator) block() error {
	g.stalled = max(0, g.stalled-1)
	logTxs := g.events()
	var logs []*types.Log
	for _, tx := range logTxs {
		logs = append(logs, tx.Logs...)
	}
	g.header = g.L1.Header(g.fields(g.L1.Head().Time+g.step()), logs...)
	if g.stalled == 0 && !g.ended {
		g.prophet = g.slip(15)
		g.fill()
	}
	g.L1.Mine(g.header, g.mix(logTxs, g.inbox())...)
	selected := testkit.Select(g.Config, &g.L1.Blocks[len(g.L1.Blocks)-1])
	g.Selected = append(g.Selected, selected)
	g.counts.add("L1 blocks", 1)
	if err := g.run.Push(selected); err != nil {
		return err
	}
	g.run.Mark()
	g.counts.notes(g.run.machine.Notes())
	return nil
}

// step is the time to the next L1 block.
func (g *generator) step() uint64 {
	switch {
	case !g.uneven:
		return g.spacing
	case g.chance(20):
		return 1
	case g.chance(4):
		return 4 * g.spacing
	}
	return 1 + g.rng.Uint64N(2*g.spacing)
}

// fields are those of an L1 block at a time.
func (g *generator) fields(time uint64) testkit.Fields {
	f := testkit.Fields{Time: time, PrevRandao: g.hash(), BaseFee: new(big.Int).SetUint64(g.rng.Uint64N(1e11)), Branch: byte(g.rng.IntN(256))}
	if g.chance(10) {
		f.BaseFee = nil
	}
	if g.chance(80) {
		excess := g.rng.Uint64N(pick[uint64](g.rng, 1, 10_000_000, 200_000_000))
		f.ExcessBlobGas = &excess
	}
	if g.chance(80) {
		root := g.hash()
		f.BeaconRoot = &root
	}
	return f
}

func (g *generator) hash() (h common.Hash) {
	for i := 0; i < len(h); i += 8 {
		n := g.rng.Uint64()
		for k := range 8 {
			h[i+k] = byte(n >> (8 * k))
		}
	}
	return h
}

func (g *generator) chance(percent int) bool { return g.rng.IntN(100) < percent }

// slip decides whether something goes wrong that does so per mille times when mischief is 1.
func (g *generator) slip(perMille int) bool {
	return g.mischief > 0 && g.rng.IntN(1000) < perMille*g.mischief
}

// is says whether a fork is active at the L1 block that is being made.
func (g *generator) is(f rollup.Fork) bool {
	at := g.Config.Time(f)
	return at != nil && g.header.Time >= *at
}

// mix puts transactions in between others, both in their order, and some that mean nothing.
func (g *generator) mix(a, b []testkit.L1Tx) (out []testkit.L1Tx) {
	for len(a)+len(b) > 0 {
		from := &a
		if len(a) == 0 || len(b) > 0 && g.chance(50) {
			from = &b
		}
		out, *from = append(out, (*from)[0]), (*from)[1:]
		if g.chance(5) {
			out = append(out, testkit.L1Tx{Tx: g.stranger(), Logs: []*types.Log{{Address: common.Address{0x99}, Topics: []common.Hash{testkit.UpdateTopic}}}})
		}
	}
	return out
}

// stranger is a transaction that is nobody's business, or of a type that nobody can read.
func (g *generator) stranger() *types.Transaction {
	if g.chance(30) {
		return nil
	}
	return foreign
}

var foreign = keys[2].Sign(types.DynamicFeeTxType, common.Big1, &common.Address{0x77}, nil)

// name is a short text that is not used twice.
func (g *generator) name() string { return fmt.Sprintf("%d-%d", g.Seed, g.rng.Uint32()) }
