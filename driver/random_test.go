package driver

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/ethereum/go-ethereum/common/hexutil"

	"github.com/cairn-rollup/cairn/eth"
	"github.com/cairn-rollup/cairn/rollup"
)

var (
	seeds   = flag.Uint64("driver.seeds", 200, "number of simulations")
	oneSeed = flag.Uint64("driver.seed", 0, "run the simulation of this seed alone")
)

// Whatever goes wrong for a while, the heads stay in order, finality stands, nodes agree on what L1 says, and afterwards
// the safe heads catch up with the sequencer.
func TestFaultsDelayButDoNotDivert(t *testing.T) {
	first, count := uint64(1), *seeds
	if *oneSeed != 0 {
		first, count = *oneSeed, 1
	}
	steps, most := 0, 0
	for seed := first; seed < first+count; seed++ {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			defer func() {
				if t.Failed() {
					t.Logf("replay with: go test ./driver -run TestFaultsDelayButDoNotDivert -driver.seed=%d", seed)
				}
			}()
			s := simulate(t, seed)
			for _, n := range s.nodes {
				steps, most = steps+n.total, max(most, n.most)
			}
		})
	}
	t.Logf("%d simulations, %d steps, at most %d in one second of one node", count, steps, most)
}

// weather is how bad things are while there are faults.
type weather struct {
	fail      float64 // of port calls that fail
	late      float64 // of failed engine calls that were done
	disagree  float64 // of engine calls that are answered by ErrForkchoice
	forget    float64 // per second: the engine loses its jobs
	crash     float64 // per second and node
	reorg     float64 // per L1 block
	miss      float64 // of L1 slots
	lose      float64 // of L1 head announcements
	tamper    float64 // of blocks that the batcher changes or makes invalid
	quiet     float64 // per L1 block: the batcher stops or goes on
	stopStart float64 // per second: admin turns the sequencer off and on
	slowest   time.Duration
	gossip    float64 // of blocks that do not reach another node; 1: none ever does
}

func randomWeather(r *rand.Rand) weather {
	some := func(p float64) float64 { return p * float64(r.IntN(4)) / 3 }
	return weather{
		fail: some(0.3), late: r.Float64(), disagree: some(0.01), forget: some(0.1), crash: some(0.02), reorg: some(0.2), miss: some(0.4),
		lose: some(0.5), tamper: some(0.1), quiet: some(0.1), stopStart: some(0.05),
		slowest: time.Duration(1+r.IntN(600)) * time.Millisecond,
		gossip:  []float64{0, 0.1, 0.5, 1}[r.IntN(4)],
	}
}

// scheduleForks lets some forks be active at genesis, others activate during the simulation, and others never.
func scheduleForks(cfg *rollup.Config, r *rand.Rand) {
	at := uint64(genesisTime)
	for f := rollup.Fork(1 + r.IntN(int(rollup.Jovian))); f <= rollup.Jovian; f++ {
		at += r.Uint64N(60)
		cfg.SetTime(f, nil)
		if at < genesisTime+200 {
			cfg.SetTime(f, &[]uint64{at}[0])
		}
	}
}

func simulate(t *testing.T, seed uint64) *sim {
	// A sequencer that has to build within a window that is about to end needs to know the newest L1 block, and a batcher
	// that posts at once. Half of the simulations are of that kind; in the others the window does not end.
	s, confs := newSim(t, seed, 12+seed%9), uint64(0)
	if seed%2 == 0 {
		s.cfg.SeqWindowSize, confs = 200, seed/2%3
	}
	if seed%3 == 0 {
		scheduleForks(s.cfg, rand.New(rand.NewPCG(seed, 2)))
	}
	w := randomWeather(s.rng)
	faulty := true
	chance := func(p float64) bool { return faulty && s.rng.Float64() < p }

	seq := Sequencing{Enabled: true, Sealing: 200 * time.Millisecond, Confs: uint64(s.rng.IntN(4))}
	if s.rng.IntN(2) == 0 {
		seq.MaxSafeLag = 40
	}
	for _, n := range []*node{s.addNode("sequencer", seq), s.addNode("verifier", Sequencing{})} {
		n.driver.core.cfg.VerifierConfs, n.cfg.VerifierConfs = confs, confs
		n.engine.lazy = s.rng.IntN(2) == 0
		n.delay = func(Effect) time.Duration {
			if faulty {
				return time.Duration(s.rng.Int64N(int64(w.slowest)))
			}
			return 5 * time.Millisecond
		}
		n.engine.fault = func(op string) (error, bool) {
			switch {
			case op != "read" && chance(w.disagree):
				return fmt.Errorf("spurious: %w", eth.ErrForkchoice), false
			case chance(w.fail):
				return errDown, s.rng.Float64() < w.late
			}
			return nil, false
		}
		n.fillBlocks()
	}
	s.l1.fault = func(string) (error, bool) {
		if chance(w.fail) {
			return errDown, false
		}
		return nil, false
	}
	s.batcher.change = func(_ uint64, txs []hexutil.Bytes) []hexutil.Bytes {
		switch {
		case chance(w.tamper):
			return append(txs[:len(txs):len(txs)], userTx("from nowhere"))
		case chance(w.tamper):
			return append(txs[:len(txs):len(txs)], badTx)
		}
		return txs
	}
	if seed%4 < 2 { // an engine that can fetch what gossip has lost
		verifier := s.nodes[1]
		verifier.engine.peer, verifier.ports.Sync, verifier.cfg.SyncMode = s.nodes[0].engine, verifier.engine, SyncDerive
		verifier.boot()
	}
	s.l1Weather(w, chance)
	s.nodeWeather(w, chance)
	if w.gossip < 1 {
		s.gossip = func() (delays []time.Duration) {
			if !chance(w.gossip) {
				delays = append(delays, s.nodes[0].delay(nil))
			}
			if chance(0.1) { // again, and late
				delays = append(delays, time.Duration(s.rng.Int64N(int64(20*time.Second))))
			}
			return delays
		}
	}

	s.run(2 * time.Minute)
	faulty = false
	s.batcher.off, s.batcher.frames = false, 1
	s.run(30 * time.Second)
	sequencer := s.nodes[0]
	if !sequencer.status().Sequencer.Active {
		sequencer.switchOn()
	}
	s.run(90 * time.Second)
	s.checkAlive()
	return s
}

// l1Weather mines every four seconds, or rather not.
func (s *sim) l1Weather(w weather, chance func(float64) bool) {
	s.after(4*time.Second, func() {
		switch b := s.batcher; s.rng.IntN(3) {
		case 0:
			b.span = !b.span
		case 1:
			if chance(1) {
				b.frames = s.rng.IntN(3)
			}
		case 2:
			b.blob = s.rng.IntN(5) == 0
		}
		if chance(w.quiet) {
			s.batcher.off = !s.batcher.off
		}
		if depth := 1 + s.rng.IntN(6); chance(w.reorg) && uint64(len(s.l1.blocks)-1-depth) >= s.l1.finalized && depth < len(s.l1.blocks) {
			gone := s.l1.drop(depth)
			for _, b := range gone[:s.rng.IntN(depth+1)] { // L1 may be shorter for a while
				s.l1.mine(b.Time)
			}
			s.batcher.forget()
			s.note("L1 reorg of depth %d to %s", depth, s.l1.head())
		}
		if !chance(w.miss) {
			b := s.l1.mine(uint64(s.now.Unix()), s.batcher.take()...)
			s.note("L1 %s, %d txs", b, len(b.Inbox))
		}
		for _, n := range s.nodes {
			if !chance(w.lose) {
				s.after(n.delay(nil), func() { n.handle(s.l1.heads()) })
			}
		}
		s.l1Weather(w, chance)
	})
}

func (s *sim) nodeWeather(w weather, chance func(float64) bool) {
	s.after(time.Second, func() {
		for _, n := range s.nodes {
			switch {
			case chance(w.crash):
				s.note("%s: crashes", n.name)
				if s.rng.IntN(3) == 0 {
					n.engine.lose(s.rng.IntN(8))
				}
				if s.rng.IntN(4) == 0 {
					n.saved = nil // a disk that somebody has emptied
				}
				n.boot()
			case chance(w.forget):
				clear(n.engine.jobs)
			}
		}
		if n := s.nodes[0]; chance(w.stopStart) && n.replies != nil {
			if n.status().Sequencer.Active {
				n.handle(StopSequencer{ID: uint64(s.serial)})
			} else {
				n.switchOn()
			}
		}
		s.nodeWeather(w, chance)
	})
}

// switchOn starts the sequencer on whatever its unsafe head is.
func (n *node) switchOn() {
	unsafe, _, _ := n.heads()
	n.handle(StartSequencer{ID: uint64(n.sim.serial), Head: unsafe.Hash})
}

// checkAlive says what has to be so a while after the last fault.
func (s *sim) checkAlive() {
	sequencer, verifier := s.nodes[0], s.nodes[1]
	for _, n := range s.nodes {
		if n.failed != nil {
			s.fatalf("%s: ended: %v", n.name, n.failed)
		}
		if !n.status().Started {
			s.fatalf("%s: not started", n.name)
		}
		if n.most > 2000 {
			s.fatalf("%s: %d steps in one second", n.name, n.most)
		}
	}
	unsafe, safe, final := sequencer.heads()
	if behind := s.now.Unix() - int64(unsafe.Time); behind > 6 {
		s.fatalf("the unsafe head is %d seconds old", behind)
	}
	// Three frames of a channel take three L1 blocks; twice that, and a block to be read.
	if lag := unsafe.Number - safe.Number; lag > 14 {
		s.fatalf("safe head is %d blocks behind", lag)
	}
	_, theirs, _ := verifier.heads()
	if !sequencer.engine.onChain(theirs.Hash, unsafe.Hash) || unsafe.Number-theirs.Number > 14 {
		s.fatalf("the verifier's safe head %s is not, or not yet, on the sequencer's chain %s", theirs, unsafe)
	}
	if tip, _, _ := verifier.heads(); s.gossip != nil && (tip.Number+2 < unsafe.Number || !sequencer.engine.onChain(tip.Hash, unsafe.Hash)) {
		s.fatalf("the verifier's unsafe head %s does not follow gossip to %s", tip, unsafe)
	}
	if final.Number == 0 || unsafe.Number-final.Number > 60 {
		s.fatalf("finalized is %s, unsafe %s", final, unsafe)
	}
	for _, n := range s.nodes {
		s.runUntil("the engine is told the labels", 10*time.Second, func() bool {
			_, safe, final := n.heads()
			return n.engine.finalized == final.Hash && n.engine.safe == safe.Hash
		})
	}
}
