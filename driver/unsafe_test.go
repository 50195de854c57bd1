package driver

import (
	"testing"
	"time"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/common/hexutil"

	"github.com/cairn-rollup/cairn/eth"
)

// post hands a block of the sequencer to a node.
func (n *node) post(id uint64, from *node, number uint64) {
	n.sim.tb.Helper()
	e := from.engine
	if r := n.ask(id, PostUnsafe{ID: id, Payload: e.blocks[e.canon[number]]}); r.Err != nil {
		n.sim.tb.Fatal(r.Err)
	}
}

// apart lets time pass until the sequencer is some blocks ahead of what is on L1.
func (s *sim) apart(sequencer, verifier *node) {
	s.tb.Helper()
	s.run(50 * time.Second)
	s.batcher.off = true
	s.run(10 * time.Second)
	unsafe, _, _ := sequencer.heads()
	if head, _, _ := verifier.heads(); head.Number+3 > unsafe.Number {
		s.fatalf("the sequencer is at %s, the verifier at %s", unsafe, head)
	}
	s.batcher.off = false
}

func TestBlocksOfOthersWaitUntilTheyFit(t *testing.T) {
	s, sequencer, verifier := pair(t, Sequencing{})
	s.apart(sequencer, verifier)
	head, safe, _ := verifier.heads()
	verifier.post(1, sequencer, head.Number+2) // a gap
	verifier.post(2, sequencer, head.Number)   // old
	s.run(100 * time.Millisecond)
	if now, _, _ := verifier.heads(); now != head {
		t.Errorf("head is %s, was %s", now, head)
	}
	if q := verifier.status().Queue; q.Blocks != 1 || q.Lowest != head.Number+2 || q.Highest != head.Number+2 || q.Bytes < blockOverhead {
		t.Errorf("queue: %+v", q)
	}
	verifier.post(3, sequencer, head.Number+1)
	s.run(100 * time.Millisecond)
	now, still, _ := verifier.heads()
	if now.Hash != sequencer.engine.canon[head.Number+2] || still != safe {
		t.Errorf("head is %s, safe %s, was %s", now, still, safe)
	}
	if q := verifier.status().Queue; q != (QueueStatus{Next: eth.BlockID{Hash: sequencer.engine.canon[head.Number+1], Number: head.Number + 1}}) {
		t.Errorf("queue: %+v", q)
	}
	s.run(30 * time.Second)
	if _, after, _ := verifier.heads(); after.Number <= now.Number || verifier.status().Counts.Consolidated == 0 {
		t.Errorf("safe head is %s, %+v", after, verifier.status().Counts)
	}
}

func TestAnInvalidBlockOfOthersIsLeftOut(t *testing.T) {
	s, sequencer, verifier := pair(t, Sequencing{})
	s.apart(sequencer, verifier)
	head, _, _ := verifier.heads()
	verifier.engine.fault = func(op string) (error, bool) {
		if op == "insert" {
			return eth.Rejected("bad state root"), false
		}
		return nil, false
	}
	verifier.post(1, sequencer, head.Number+1)
	s.run(time.Second)
	if verifier.said("unsafe block is invalid") != 1 || verifier.status().Counts.Restarts != 0 || verifier.status().Queue.Blocks != 0 {
		t.Error("it is not said, or said again and again")
	}
}

// A block that the engine cannot place must not lead to one new start after the other.
func TestABlockThatTheEngineStumblesOverIsTriedOnce(t *testing.T) {
	s, sequencer, verifier := pair(t, Sequencing{})
	s.apart(sequencer, verifier)
	head, _, _ := verifier.heads()
	verifier.engine.fault = func(op string) (error, bool) {
		if op == "insert" {
			return eth.ErrForkchoice, false
		}
		return nil, false
	}
	verifier.post(1, sequencer, head.Number+1)
	s.run(20 * time.Second)
	if c := verifier.status().Counts; c.Restarts != 1 {
		t.Errorf("%d new starts", c.Restarts)
	}
}

// A missing block is filled in by derivation; what waited above it follows at once.
func TestAGapIsFilledByDerivation(t *testing.T) {
	s, sequencer, verifier := pair(t, Sequencing{})
	s.apart(sequencer, verifier)
	head, _, _ := verifier.heads()
	tip, _, _ := sequencer.heads()
	for n := head.Number + 2; n <= tip.Number; n++ {
		verifier.post(n, sequencer, n)
	}
	s.runUntil("the unsafe head is past the gap", 30*time.Second, func() bool {
		now, _, _ := verifier.heads()
		return now.Number >= tip.Number
	})
	if now, safe, _ := verifier.heads(); safe.Number <= head.Number || !sequencer.engine.onChain(now.Hash, sequencer.status().Sync.UnsafeL2.Hash) {
		t.Errorf("unsafe %s, safe %s", now, safe)
	}
}

// A sequencer that was started anew may build on a block below the heads of others: its higher chain counts.
func TestASequencersOtherChainIsFollowedOnceItIsHigher(t *testing.T) {
	s, sequencer, verifier := pair(t, Sequencing{})
	s.gossip = func() []time.Duration { return []time.Duration{10 * time.Millisecond} }
	s.batcher.off = true
	s.run(20 * time.Second)
	before, _, _ := verifier.heads()
	if tip, _, _ := sequencer.heads(); before != tip {
		t.Fatalf("the verifier is at %s, the sequencer at %s", before, tip)
	}
	sequencer.engine.lose(3)
	sequencer.engine.pool = func() []hexutil.Bytes { return []hexutil.Bytes{userTx("after the start")} }
	sequencer.boot()
	s.run(time.Second)
	sequencer.switchOn()
	s.run(20 * time.Second)
	tip, _, _ := sequencer.heads()
	if sequencer.engine.onChain(before.Hash, tip.Hash) {
		t.Fatal("the sequencer has built the same blocks again")
	}
	if now, _, _ := verifier.heads(); now.Number+1 < tip.Number || !sequencer.engine.onChain(now.Hash, tip.Hash) {
		t.Errorf("the verifier is at %s, the sequencer at %s", now, tip)
	}
	if verifier.said("the sequencer has another chain: unsafe blocks are given up") == 0 {
		t.Error("nothing is said")
	}
}

func TestUnsafeQueueIsBoundedByBytes(t *testing.T) {
	block := func(number uint64, branch, parent byte, bytes int) *sealed {
		return &sealed{
			payload: &eth.PayloadEnvelope{ExecutionPayload: &eth.ExecutionPayload{Transactions: []hexutil.Bytes{make([]byte, bytes)}}},
			ref: eth.L2Ref{
				Number: number, Hash: common.Hash{branch, byte(number)}, ParentHash: common.Hash{parent, byte(number - 1)},
			},
		}
	}
	one := sizeOf(block(1, 1, 1, 1000).payload)
	q := newUnsafeQueue(3 * one)
	five, seven, six, other := block(5, 1, 1, 1000), block(7, 1, 1, 1000), block(6, 1, 1, 1000), block(5, 2, 1, 1000)
	for _, b := range []*sealed{five, seven, six} {
		if dropped, known := q.add(b); len(dropped) > 0 || known {
			t.Fatalf("%s: dropped %d, known %v", b.ref, len(dropped), known)
		}
	}
	if _, known := q.add(five); !known {
		t.Error("the same block counts twice")
	}
	if q.root(seven) != five {
		t.Errorf("root is %s", q.root(seven).ref)
	}
	if dropped, _ := q.add(other); len(dropped) != 1 || dropped[0] != seven {
		t.Errorf("%d dropped, want the highest", len(dropped))
	}
	if dropped, _ := q.add(block(9, 1, 1, 10_000)); len(dropped) != 1 || dropped[0].ref.Number != 9 {
		t.Errorf("%d dropped, want the new one alone", len(dropped))
	}
	if q.child(five.ref.ParentHash) != five {
		t.Error("of two at a height, the first does not come first")
	}
	q.remove(five)
	if q.child(five.ref.ParentHash) != other || q.child(five.ref.Hash) != six {
		t.Error("a block is in the way of another")
	}
	if got, want := q.status(), (QueueStatus{Blocks: 2, Bytes: 2 * one, Lowest: 5, Highest: 6, Next: five.ref.ID()}); got != want {
		t.Errorf("%+v, want %+v", got, want)
	}
	if n := q.prune(6); n != 2 || q.status() != (QueueStatus{Next: five.ref.ID()}) || len(q.children)+len(q.hashes)+int(q.bytes) != 0 {
		t.Errorf("%d pruned, left %+v", n, q)
	}
}

// An engine without state is told where to go, and gets there by itself; derivation goes on from there.
func TestAnEngineWithoutStateSyncsByItself(t *testing.T) {
	for name, c := range map[string]struct {
		mode   SyncMode
		offset time.Duration
		syncs  bool
	}{
		"automatically":                     {mode: SyncAuto, syncs: true},
		"as asked":                          {mode: SyncByEngines, syncs: true},
		"with a safe head 9 seconds behind": {mode: SyncByEngines, offset: 9 * time.Second, syncs: true},
		"not if derivation is asked for":    {mode: SyncDerive},
	} {
		t.Run(name, func(t *testing.T) {
			s, sequencer, _ := pair(t, Sequencing{})
			s.run(100 * time.Second)
			late := s.addNode("late", Sequencing{})
			late.ports.Sync, late.cfg.SyncMode, late.cfg.SyncOffset = late.engine, c.mode, c.offset
			late.hold = func(e Effect) bool { _, fetch := e.(FetchL1); return fetch }
			late.boot()
			s.run(100 * time.Millisecond)
			target, _, _ := sequencer.heads()
			late.post(1, sequencer, target.Number-5)
			late.post(2, sequencer, target.Number)
			s.run(3 * time.Second)
			if !c.syncs {
				if unsafe, _, _ := late.heads(); unsafe.Number != 0 || late.said("the engine syncs by itself") != 0 {
					t.Errorf("head is %s", unsafe)
				}
				return
			}
			w := late.status().Waits
			if len(w) != 1 || w[0].Fault != eth.EngineSyncing {
				t.Errorf("it waits for %+v", w)
			}
			late.engine.peer = sequencer.engine
			late.release()
			s.run(20 * time.Second)
			_, safe, _ := late.heads()
			unsafe, _, _ := sequencer.heads()
			if late.said("the engine has synced") != 1 || safe.Number+14 < unsafe.Number || !sequencer.engine.onChain(safe.Hash, unsafe.Hash) {
				t.Errorf("safe head is %s, the sequencer's head %s", safe, unsafe)
			}
			want := target.Number - uint64((c.offset+2*time.Second-1)/(2*time.Second))
			if first := late.firstFinal; first != want {
				t.Errorf("block %d was called final, want %d", first, want)
			}
		})
	}
}

func TestAnEngineThatRejectsItsTargetIsFedByDerivation(t *testing.T) {
	s, sequencer, _ := pair(t, Sequencing{})
	s.run(60 * time.Second)
	late := s.addNode("late", Sequencing{})
	late.ports.Sync = late.engine
	late.engine.fault = func(op string) (error, bool) {
		if op == "sync" {
			return eth.Rejected("bad"), false
		}
		return nil, false
	}
	late.hold = func(e Effect) bool { _, fetch := e.(FetchL1); return fetch }
	late.boot()
	s.run(100 * time.Millisecond)
	late.post(1, sequencer, 20)
	late.release()
	s.run(20 * time.Second)
	_, safe, _ := late.heads()
	if unsafe, _, _ := sequencer.heads(); safe.Number+14 < unsafe.Number || late.said("the engine rejects the block it was to sync to") != 1 {
		t.Errorf("safe head is %s, the sequencer's head %s", safe, unsafe)
	}
}

func TestResetConcludesAnew(t *testing.T) {
	s, _, verifier := pair(t, Sequencing{})
	s.run(50 * time.Second)
	_, safe, _ := verifier.heads()
	if r := verifier.ask(1, ResetDerivation{ID: 1}); r.Err != nil {
		t.Fatal(r.Err)
	}
	s.run(5 * time.Second)
	if _, now, _ := verifier.heads(); now.Number < safe.Number || verifier.said("start found") != 2 || verifier.status().Counts.Restarts != 1 {
		t.Errorf("safe head is %s, was %s; %+v", now, safe, verifier.status().Counts)
	}
}

func TestRecoverModeMakesEmptyBlocks(t *testing.T) {
	s, sequencer, _ := pair(t, Sequencing{})
	s.run(10 * time.Second)
	sequencer.ask(1, SetRecoverMode{ID: 1, On: true})
	s.run(4 * time.Second)
	from, _, _ := sequencer.heads()
	s.run(10 * time.Second)
	to, _, _ := sequencer.heads()
	for n := from.Number; n <= to.Number; n++ {
		if txs := sequencer.engine.blocks[sequencer.engine.canon[n]].ExecutionPayload.Transactions; len(txs) != 1 {
			t.Errorf("block %d has %d transactions", n, len(txs))
		}
	}
	sequencer.ask(2, SetRecoverMode{ID: 2})
	s.run(6 * time.Second)
	last, _, _ := sequencer.heads()
	if to.Number <= from.Number || len(sequencer.engine.blocks[last.Hash].ExecutionPayload.Transactions) < 2 {
		t.Error("it does not end")
	}
}
