package driver

import (
	"container/heap"
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/common/hexutil"

	"github.com/cairn-rollup/cairn/attributes"
	"github.com/cairn-rollup/cairn/derive"
	"github.com/cairn-rollup/cairn/eth"
	"github.com/cairn-rollup/cairn/rollup"
)

// sim runs nodes against one model L1 in one goroutine, with its own clock and one source of chance.
type sim struct {
	tb      testing.TB
	rng     *rand.Rand
	now     time.Time
	events  events
	serial  int
	cfg     *rollup.Config
	l1      *modelL1
	nodes   []*node
	batcher *batcher
	safeAt  map[common.Hash]eth.L2Ref // what nodes derived from L1 up to a block: the same on all ways there
	perjury bool                      // L1 takes back what it has finalized
	gossip  func() []time.Duration    // after how long a published block reaches another node, each time it does; nil: never
	trace   []string                  // the last things that happened
}

// event is something that happens at a time; of two at the same time the older comes first.
type event struct {
	at     time.Time
	serial int
	do     func()
}

type events []event

func (e events) Len() int { return len(e) }
func (e events) Less(i, j int) bool {
	return e[i].at.Before(e[j].at) || e[i].at.Equal(e[j].at) && e[i].serial < e[j].serial
}
func (e events) Swap(i, j int) { e[i], e[j] = e[j], e[i] }
func (e *events) Push(x any)   { *e = append(*e, x.(event)) }
func (e *events) Pop() any {
	last := (*e)[len(*e)-1]
	*e = (*e)[:len(*e)-1]
	return last
}

// newSim makes an L1 of one block and an L2 of its genesis block.
func newSim(tb testing.TB, seed, window uint64) *sim {
	s := &sim{
		tb: tb, rng: rand.New(rand.NewPCG(seed, 1)), now: time.Unix(genesisTime, 0), cfg: testConfig(window), l1: newModelL1(),
		safeAt: map[common.Hash]eth.L2Ref{},
	}
	s.cfg.Genesis.L1 = s.l1.blocks[0].ID()
	if err := s.cfg.Check(); err != nil {
		tb.Fatal(err)
	}
	s.batcher = &batcher{sim: s}
	return s
}

func (s *sim) after(d time.Duration, do func()) {
	s.serial++
	heap.Push(&s.events, event{s.now.Add(d), s.serial, do})
}

// run lets time pass.
func (s *sim) run(d time.Duration) {
	until := s.now.Add(d)
	for len(s.events) > 0 && !s.events[0].at.After(until) {
		e := heap.Pop(&s.events).(event)
		s.now = e.at
		e.do()
	}
	s.now = until
}

// runUntil lets time pass until something is so; it fails if that takes too long.
func (s *sim) runUntil(what string, limit time.Duration, so func() bool) {
	s.tb.Helper()
	for end := s.now.Add(limit); !so(); s.run(10 * time.Millisecond) {
		if s.now.After(end) {
			s.fatalf("not after %s: %s", limit, what)
		}
	}
}

func (s *sim) note(format string, args ...any) {
	if len(s.trace) >= 400 {
		s.trace = slices.Delete(s.trace, 0, 200)
	}
	s.trace = append(s.trace, fmt.Sprintf("%9.3f ", s.now.Sub(time.Unix(genesisTime, 0)).Seconds())+fmt.Sprintf(format, args...))
}

func (s *sim) fatalf(format string, args ...any) {
	s.tb.Helper()
	for _, n := range s.nodes {
		s.note("%s: %+v", n.name, n.status())
	}
	s.tb.Fatalf("%s\n%s", fmt.Sprintf(format, args...), strings.Join(s.trace, "\n"))
}

// mineEvery makes L1 blocks at a pace, with what the batcher has to post, and tells the nodes.
func (s *sim) mineEvery(pace time.Duration) {
	s.after(pace, func() {
		s.mine()
		s.mineEvery(pace)
	})
}

func (s *sim) mine() {
	b := s.l1.mine(uint64(s.now.Unix()), s.batcher.take()...)
	s.note("L1 %s, %d txs", b, len(b.Inbox))
	s.tellHeads()
}

func (s *sim) reorg(depth int) {
	s.l1.reorg(depth)
	s.batcher.forget()
	s.note("L1 reorg of depth %d to %s", depth, s.l1.head())
	s.tellHeads()
}

func (s *sim) tellHeads() {
	for _, n := range s.nodes {
		s.after(n.delay(nil), func() { n.handle(s.l1.heads()) })
	}
}

// node is a driver whose loop and goroutines are played by sim. What a lane does is the code of the driver.
type node struct {
	sim     *sim
	name    string
	cfg     Config
	ports   Ports
	engine  *modelEngine
	driver  *Driver
	life    int // restarts so far: what was begun before one comes to nothing
	busy    map[string]Effect
	ticket  int // of the newest Wake
	delay   func(Effect) time.Duration
	hold    func(Effect) bool // keeps an effect from being done until release
	held    []func()
	replies map[uint64]Reply
	reports []Report
	waits   []Wait // all that were seen
	shared  []*eth.PayloadEnvelope
	written [][2]eth.BlockID // safe heads as of L1 blocks, on disk
	saved   []savedSnapshot  // on disk, too
	failed  error
	amnesia bool // the engine loses blocks while the node runs

	final eth.L2Ref // highest finalized head seen
	// firstFinal is the number of the first finalized head that is not genesis.
	firstFinal uint64
	second     int64
	steps      int // in this second
	most       int // steps in one second
	total      int
}

func (s *sim) addNode(name string, seq Sequencing) *node {
	n := &node{
		sim: s, name: name, engine: newModelEngine(s.cfg), delay: func(Effect) time.Duration { return time.Millisecond },
		cfg: Config{Rollup: s.cfg, Builder: builderOf(s.cfg), Sequencing: seq, Seed: uint64(len(s.nodes))},
	}
	n.ports = Ports{Engine: n.engine, L1: s.l1, Blobs: s.l1, Safe: n, Memory: n}
	s.nodes = append(s.nodes, n)
	if s.batcher.node == nil {
		s.batcher.node = n
	}
	n.boot()
	return n
}

// savedSnapshot is a derivation snapshot on disk.
type savedSnapshot struct {
	l1        uint64
	text      []byte
	finalized eth.L2Ref
}

// boot starts a node, or starts it again: all that it remembers is its engine and its disk.
func (n *node) boot() {
	n.life++
	n.driver, n.busy, n.held, n.replies = New(n.cfg, n.ports), map[string]Effect{}, nil, map[uint64]Reply{}
	n.final = eth.L2Ref{}
	life := n.life
	n.sim.after(0, func() {
		if n.life == life {
			n.handle(n.sim.l1.heads())
		}
	})
}

func (n *node) status() Status { return n.driver.core.Status() }

func (n *node) heads() (unsafe, safe, finalized eth.L2Ref) {
	s := n.status().Sync
	return s.UnsafeL2, s.SafeL2, s.FinalizedL2
}

func (n *node) handle(ev Event) {
	if n.failed != nil {
		return
	}
	if second := n.sim.now.Unix(); second != n.second {
		n.second, n.steps = second, 0
	}
	n.steps++
	n.total++
	n.most = max(n.most, n.steps)
	for _, e := range n.driver.core.Handle(n.sim.now, ev) {
		n.perform(e)
	}
	n.check()
}

// tell brings a block to the other nodes, as the network does: some time, or never, or twice.
func (n *node) tell(payload *eth.PayloadEnvelope) {
	if n.sim.gossip == nil {
		return
	}
	for _, other := range n.sim.nodes {
		if other == n {
			continue
		}
		for _, delay := range n.sim.gossip() {
			n.sim.after(delay, func() { other.handle(Gossiped{payload}) })
		}
	}
}

// laneOf names the lane of an effect.
func laneOf(e Effect) string {
	switch e.(type) {
	case FetchL1, FetchBlobs, RecordSafe, Save, FindFinal:
		return "l1"
	case FetchOrigins:
		return "origin"
	default:
		return "engine"
	}
}

func (n *node) perform(effect Effect) {
	s := n.sim
	switch e := effect.(type) {
	case Wake:
		n.ticket++
		ticket, life := n.ticket, n.life
		s.after(max(0, e.At.Sub(s.now)), func() {
			if ticket == n.ticket && life == n.life {
				n.handle(Tick{})
			}
		})
		return
	case Publish:
		n.shared = append(n.shared, e.Payload)
		n.tell(e.Payload)
		return
	case Reply:
		if _, twice := n.replies[e.ID]; twice {
			s.fatalf("%s: request %d is answered twice", n.name, e.ID)
		}
		n.replies[e.ID] = e
		return
	case Report:
		s.note("%s: %s %v", n.name, e.Message, e.Fields)
		n.reports = append(n.reports, e)
		return
	case Fail:
		s.note("%s: fails: %v", n.name, e.Err)
		n.failed = e.Err
		return
	}
	s.note("%s: %T", n.name, effect)
	lane := laneOf(effect)
	if other, taken := n.busy[lane]; taken {
		s.fatalf("%s: %T is ordered while %T is in flight", n.name, effect, other)
	}
	n.busy[lane] = effect
	life := n.life
	do := func() {
		if life != n.life {
			return
		}
		answer := n.do(lane, effect)
		s.after(n.delay(effect), func() {
			if life != n.life {
				return
			}
			delete(n.busy, lane)
			n.handle(answer)
		})
	}
	if n.hold != nil && n.hold(effect) {
		n.held = append(n.held, do)
		return
	}
	s.after(n.delay(effect), do)
}

// do performs an effect the way the driver's lanes do.
func (n *node) do(lane string, effect Effect) Event {
	ctx := context.Background()
	switch lane {
	case "l1":
		return n.driver.doL1(ctx, effect)
	case "origin":
		return n.driver.doOrigin(ctx, effect)
	default:
		return n.driver.doEngine(ctx, effect)
	}
}

// Record keeps a safe head as package store does.
func (n *node) Record(l1, l2 eth.BlockID) error {
	if err, _ := n.sim.l1.fault("record"); err != nil {
		return err
	}
	for len(n.written) > 0 && n.written[len(n.written)-1][0].Number >= l1.Number {
		n.written = n.written[:len(n.written)-1]
	}
	n.written = append(n.written, [2]eth.BlockID{l1, l2})
	if want, known := n.sim.safeAt[l1.Hash]; known && want.ID() != l2 {
		n.sim.fatalf("%s: safe head %s written down for L1 block %s, it was %s", n.name, l2, l1, want)
	}
	return nil
}

// At answers as package store does.
func (n *node) At(number uint64) (l1, l2 eth.BlockID, err error) {
	for i := len(n.written) - 1; i >= 0; i-- {
		if w := n.written[i]; w[0].Number == number || i == len(n.written)-1 && w[0].Number < number {
			return w[0], w[1], nil
		}
	}
	return l1, l2, eth.ErrNotFound
}

// Save keeps snapshots as package store does, all of them.
func (n *node) Save(r Remembered) error {
	if err, _ := n.sim.l1.fault("record"); err != nil {
		return err
	}
	text, err := r.Snapshot.Encode(n.sim.cfg)
	if err != nil {
		n.sim.fatalf("%s: %v", n.name, err)
	}
	at := r.Snapshot.Origin().Number
	n.saved = slices.DeleteFunc(n.saved, func(s savedSnapshot) bool { return s.l1 > r.GoneAbove || s.l1 == at })
	n.saved = append(n.saved, savedSnapshot{at, text, r.Finalized})
	return nil
}

// Load gives the kept snapshots back.
func (n *node) Load() (all []Remembered, err error) {
	for _, s := range n.saved {
		snapshot, err := derive.DecodeSnapshot(n.sim.cfg, s.text)
		if err != nil {
			n.sim.fatalf("%s: %v", n.name, err)
		}
		all = append(all, Remembered{Snapshot: snapshot, Finalized: s.finalized})
	}
	return all, nil
}

// release lets held effects happen, and holds no more.
func (n *node) release() {
	held := n.held
	n.hold, n.held = nil, nil
	for _, do := range held {
		n.sim.after(0, do)
	}
}

// ask sends an admin request and waits for the answer.
func (n *node) ask(id uint64, ev Event) Reply {
	n.sim.tb.Helper()
	n.handle(ev)
	n.sim.runUntil("answer to an admin request", time.Minute, func() bool { _, ok := n.replies[id]; return ok })
	return n.replies[id]
}

// check holds after each step.
func (n *node) check() {
	s, core := n.sim, n.driver.core
	if n.engine.wrong != nil {
		s.fatalf("%s: %v", n.name, n.engine.wrong)
	}
	if core.machine == nil {
		return
	}
	for _, w := range core.Status().Waits {
		if len(n.waits) == 0 || n.waits[len(n.waits)-1] != w {
			n.waits = append(n.waits, w)
		}
	}
	h := core.heads
	if err := h.Check(); err != nil {
		s.fatalf("%s: %v", n.name, err)
	}
	for _, ref := range []eth.L2Ref{h.Unsafe, h.Safe, h.Finalized} {
		if n.engine.blocks[ref.Hash] == nil && n.amnesia {
			continue
		}
		if got, err := attributes.L2RefOf(s.cfg, n.engine.blocks[ref.Hash].ExecutionPayload); err != nil || got != ref {
			s.fatalf("%s: %+v is a head, the engine has %+v (%v)", n.name, ref, got, err)
		}
	}
	if h.Finalized != n.final {
		if !n.engine.onChain(n.final.Hash, h.Finalized.Hash) && n.final != (eth.L2Ref{}) {
			s.fatalf("%s: finalized head moves from %s to %s", n.name, n.final, h.Finalized)
		}
		n.final = h.Finalized
		if n.firstFinal == 0 {
			n.firstFinal = n.final.Number
		}
	}
	if s, ok := core.history.At(1 << 60); ok && s.Origin().Number > core.machine.Origin().Number {
		n.sim.fatalf("%s: derivation is at %s, its history at %s", n.name, core.machine.Origin(), s.Origin())
	}
	if core.machine.Safe() != h.Safe && core.machine.Safe().Number >= h.Finalized.Number {
		s.fatalf("%s: derivation is at %s, safe head is %s", n.name, core.machine.Safe(), h.Safe)
	}
	if derived := core.machine.Safe(); core.recorded == core.machine.Origin() && derived.Number > core.startSafe {
		if other, known := s.safeAt[core.recorded.Hash]; known && other != derived {
			s.fatalf("%s: safe head at L1 block %s is %s, it was %s", n.name, core.recorded, derived, other)
		}
		s.safeAt[core.recorded.Hash] = derived
	}
	// Nothing is final that finalized L1 blocks do not hold.
	safe, known := s.safeAt[s.l1.blocks[s.l1.finalized].Hash]
	if known && safe.Number < n.final.Number && !s.perjury && n.ports.Sync == nil {
		s.fatalf("%s: finalized is %s, L1 says %s up to its finalized block %d", n.name, n.final, safe, s.l1.finalized)
	}
}

// said counts reports of a message.
func (n *node) said(message string) (count int) {
	for _, r := range n.reports {
		if r.Message == message {
			count++
		}
	}
	return count
}

// pool gives an engine transactions of its own for each block.
func (n *node) fillBlocks() {
	count := 0
	n.engine.pool = func() []hexutil.Bytes {
		count++
		return []hexutil.Bytes{userTx(fmt.Sprintf("%s %d", n.name, count))}
	}
}
