package driver

import (
	"math"
	"testing"
	"time"

	"github.com/ethereum/go-ethereum/common"

	"github.com/cairn-rollup/cairn/derive"
	"github.com/cairn-rollup/cairn/eth"
)

func isFetchOrigins(e Effect) bool { _, ok := e.(FetchOrigins); return ok }

func TestCountsOfTheMachineAddUpOverStarts(t *testing.T) {
	s, sequencer, n := pair(t, Sequencing{})
	if got := n.status().Last; got != (Last{}) {
		t.Errorf("%+v before anything has happened", got)
	}
	s.run(62 * time.Second)
	if st := sequencer.status(); st.Counts.Frames == 0 {
		t.Errorf("the sequencer derives too, but %+v", st.Counts)
	}
	c, last, safe := n.status().Counts, n.status().Last, n.status().Sync.LocalSafeL2
	if c.Frames < c.Channels || c.Channels == 0 || c.ChannelBytes < 50*c.Channels || c.SingularBatches+c.SpanBatches == 0 {
		t.Errorf("%+v with safe head %s", c, safe)
	}
	if since := s.now.Sub(last.Frame); since < 0 || since > 2*l1Pace || !last.Frame.Equal(last.Channel) || !last.ChannelTimeout.IsZero() {
		t.Errorf("%+v, now %s", last, s.now)
	}
	started := last.Start
	if want := time.Unix(genesisTime, 0); started.Sub(want) < 0 || started.Sub(want) > time.Second {
		t.Errorf("the start was found at %s, want %s", started, want)
	}
	n.ask(1, ResetDerivation{ID: 1})
	asked := s.now
	s.run(10 * time.Second)
	again := n.status()
	if again.Counts.Frames <= c.Frames || again.Counts.ChannelBytes <= c.ChannelBytes || again.Last.Start.Before(asked) {
		t.Errorf("after a new start %+v, %+v, before %+v", again.Counts, again.Last, c)
	}
}

func TestTallyAddsEachCountWhereItBelongs(t *testing.T) {
	c := NewCore(Config{})
	c.now = time.Unix(5, 0)
	c.tally(derive.Counts{Frames: 1, Channels: 2, ChannelTimeouts: 3, ChannelBytes: 4, SingularBatches: 5, SpanBatches: 6})
	c.now = time.Unix(6, 0)
	c.tally(derive.Counts{})
	c.tally(derive.Counts{SpanBatches: 10})
	if want := (Counts{Frames: 1, Channels: 2, ChannelTimeouts: 3, ChannelBytes: 4, SingularBatches: 5, SpanBatches: 16}); c.counts != want {
		t.Errorf("%+v, want %+v", c.counts, want)
	}
	five := time.Unix(5, 0)
	if want := (Last{Frame: five, Channel: five, ChannelTimeout: five, SingularBatch: five, SpanBatch: time.Unix(6, 0)}); c.last != want {
		t.Errorf("%+v, want %+v", c.last, want)
	}
}

// As op-node has it: what counts is by how much the head is lower than the one before, if it is not the block after it.
func TestL1ReorgsAreMeasuredFromHeadToHead(t *testing.T) {
	s := newSim(t, 1, 200)
	n := s.addNode("verifier", Sequencing{})
	for range 20 {
		s.l1.mine(uint64(s.now.Unix()))
	}
	tell := func() { n.handle(s.l1.heads()) }
	for _, step := range []struct {
		name  string
		do    func()
		count uint64
		sum   float64
	}{
		{"the first head", tell, 0, 0},
		{"the same head", tell, 0, 0},
		{"the next block", func() { s.l1.mine(1); tell() }, 0, 0},
		{"blocks in between that nobody told of", func() { s.l1.mine(1); s.l1.mine(1); tell() }, 0, 0},
		{"another branch of the same height", func() { s.l1.reorg(3); tell() }, 1, 0},
		{"a shorter branch", func() { s.l1.drop(4); s.l1.mine(1); tell() }, 2, 3},
		{"a higher branch", func() { s.l1.drop(1); s.l1.mine(1); s.l1.mine(1); tell() }, 2, 3},
		{"no head is known", func() { n.handle(L1Heads{}) }, 2, 3},
		{"a head again", tell, 2, 3},
	} {
		step.do()
		if h := n.status().Measured.L1Reorgs; h.Count() != step.count || h.Sum() != step.sum {
			t.Errorf("%s: %d reorgs of %v blocks together, want %d of %v", step.name, h.Count(), h.Sum(), step.count, step.sum)
		}
	}
	if le := n.status().Measured.L1Reorgs.Cumulative(); le[.5] != 1 || le[2.5] != 1 || le[3.5] != 2 || len(le) != 14 {
		t.Errorf("%v", le)
	}
}

func TestOwnBlocksAreMeasuredAndTheirTransactionsCounted(t *testing.T) {
	s, n, verifier := pair(t, Sequencing{Sealing: 300 * time.Millisecond})
	s.run(20 * time.Second)
	st := n.status()
	blocks := st.Measured.Sealing.Count()
	if int(blocks) != st.Counts.Sequenced || blocks < 8 || st.Measured.Building.Count() != blocks {
		t.Errorf("%d blocks sealed, %d built, %d sequenced", blocks, st.Measured.Building.Count(), st.Counts.Sequenced)
	}
	if c := st.Counts; c.SequencedDeposits != c.Sequenced || c.SequencedTxs != c.Sequenced {
		t.Errorf("%d deposits and %d other transactions in %d blocks of one each", c.SequencedDeposits, c.SequencedTxs, c.Sequenced)
	}
	if got, want := st.Measured.Sealing.Sum(), .002*float64(blocks); math.Abs(got-want) > 1e-9 { // a millisecond there, one back
		t.Errorf("sealing took %v s, want %v", got, want)
	}
	n.until(isStartJob)
	ordered := s.now
	n.hold = isSealJob
	n.held[0]()
	n.held = nil
	s.runUntil("the seal is ordered", time.Minute, func() bool { return len(n.held) > 0 })
	asked := s.now
	s.run(3 * time.Second)
	held := n.status().Measured.Building
	n.release()
	s.run(time.Millisecond)
	now := n.status()
	built := asked.Sub(ordered) + 3*time.Second + time.Millisecond - 2*time.Second
	if got := now.Measured.Building; got.Count() != held.Count()+1 || math.Abs(got.Sum()-held.Sum()-built.Seconds()) > .02 { // runUntil has steps of 10 ms
		t.Errorf("%d more blocks built in %v s, want one in %s", got.Count()-held.Count(), got.Sum()-held.Sum(), built)
	}
	took := now.Measured.Sealing.Sum() - st.Measured.Sealing.Sum() - .002*float64(now.Measured.Sealing.Count()-blocks-1)
	if took < 3 || took > 3.01 {
		t.Errorf("sealing took %v s more", took)
	}
	le := now.Measured.Sealing.Cumulative()
	if le[2.5] != le[5]-1 || len(le) != 11 {
		t.Errorf("%v", le)
	}
	le = now.Measured.Building.Cumulative()
	if le[2.5] != le[5]-1 || le[10] != now.Measured.Building.Count() || len(le) != 22 {
		t.Errorf("%v", le)
	}
	if m := verifier.status().Measured; m.Sealing.Count()+m.Building.Count() != 0 {
		t.Error("a verifier seals")
	}
}

func TestALostOriginIsTold(t *testing.T) {
	other := func(b *eth.L1Block, change func(*eth.L1Block)) *eth.L1Block {
		out := *b
		change(&out)
		return &out
	}
	for _, name := range []string{"that of the head", "the next one"} {
		t.Run(name, func(t *testing.T) {
			s, n, _ := pair(t, Sequencing{})
			s.run(20 * time.Second)
			n.until(isFetchOrigins)
			head, _, _ := n.heads()
			at := head.L1Origin.Number
			e := OriginsFetched{Origins: Origins{Head: head, Current: s.l1.blocks[at], Next: s.l1.blocks[at+1]}}
			want := e.Next.ID()
			if name == "the next one" {
				e.Next = other(e.Next, func(b *eth.L1Block) { b.ParentHash = common.Hash{9} })
			} else {
				e.Current = other(e.Current, func(b *eth.L1Block) { b.Hash = common.Hash{9} })
				want = e.Current.ID()
			}
			n.handle(e)
			st := n.status()
			if st.Counts.LostOrigins != 1 || !st.Last.LostOrigin.Equal(s.now) || st.Sequencer.LostOrigin != head.L1Origin || st.Sequencer.FoundOrigin != want {
				t.Errorf("%d, %s, %+v; want %s instead of %s", st.Counts.LostOrigins, st.Last.LostOrigin, st.Sequencer, want, head.L1Origin)
			}
			if st.Counts.SequencerResets != 1 || !st.Last.SequencerReset.Equal(s.now) {
				t.Errorf("%d resets, %s", st.Counts.SequencerResets, st.Last.SequencerReset)
			}
		})
	}
}

func TestAResetOfTheSequencerCountsOnce(t *testing.T) {
	s, n, verifier := pair(t, Sequencing{Confs: 6})
	s.run(62 * time.Second)
	before := n.status().Counts
	if before.SequencerResets != 0 {
		t.Fatalf("%d resets before anything went wrong", before.SequencerResets)
	}
	s.reorg(3) // unsafe blocks stay: their origins are deeper
	s.run(5 * time.Second)
	if c := n.status().Counts; c.Rewinds < 2 || c.SequencerResets != 1 {
		t.Errorf("%d resets in a reorg of %d steps", c.SequencerResets, c.Rewinds)
	}
	s.run(20 * time.Second)
	s.reorg(2)
	s.run(5 * time.Second)
	if c := n.status().Counts; c.SequencerResets != 2 {
		t.Errorf("%d resets in two reorgs", c.SequencerResets)
	}
	n.engine.fault = broken(eth.ErrForkchoice, "start")
	s.runUntil("a new start", time.Minute, func() bool { return n.status().Counts.Restarts > 0 })
	n.engine.fault = noFault
	if c := n.status().Counts; c.SequencerResets != 3 {
		t.Errorf("%d resets in two reorgs and a new start", c.SequencerResets)
	}
	s.run(5 * time.Second)
	n.ask(1, ResetDerivation{ID: 1})
	if c := n.status(); c.Counts.SequencerResets != 4 || !c.Last.SequencerReset.Equal(s.now) {
		t.Errorf("%d resets, the last at %s", c.Counts.SequencerResets, c.Last.SequencerReset)
	}
	if c := verifier.status(); c.Counts.Rewinds == 0 || c.Counts.SequencerResets != 0 || !c.Last.SequencerReset.IsZero() {
		t.Errorf("a verifier has %d resets of its sequencer", c.Counts.SequencerResets)
	}
}
