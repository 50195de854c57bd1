package batcher_test

import (
	"testing"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/common/hexutil"

	"github.com/cairn-rollup/cairn/batcher"
	"github.com/cairn-rollup/cairn/batcher/encoder"
	"github.com/cairn-rollup/cairn/eth"
	"github.com/cairn-rollup/cairn/rollup"
)

// The desk of the decision tests: L2 blocks 1 to 40 on L1 origin 100, all of them valid.
type desk struct {
	t    *testing.T
	cfg  *rollup.Config
	core *batcher.Core
	subs []encoder.Submission
}

func l2Ref(number uint64) eth.L2Ref {
	return eth.L2Ref{Hash: hash("l2", number, 0), Number: number, L1Origin: eth.BlockID{Number: genesisL1}}
}

// view has the safe and the unsafe head at L2 numbers, and derivation and the L1 head at L1 numbers.
func view(safe, unsafe, current, head uint64) batcher.View {
	return batcher.View{Safe: l2Ref(safe), Unsafe: l2Ref(unsafe), CurrentL1: l1Ref(current, 0), HeadL1: l1Ref(head, 0)}
}

func newDesk(t *testing.T) *desk {
	t.Helper()
	cfg := config()
	cfg.Encoder.MaxChannelDuration = 0
	core, err := batcher.NewCore(cfg.Encoder, 4)
	must(t, err)
	return &desk{t: t, cfg: cfg.Encoder.Rollup, core: core}
}

// see observes a view and checks the decision.
func (d *desk) see(v batcher.View, verb batcher.Verb, why batcher.Reason) batcher.Decision {
	d.t.Helper()
	got := d.core.Observe(v)
	if got.Verb != verb || got.Reason != why {
		d.t.Fatalf("%s because %s, want %s because %s", got.Verb, got.Reason, verb, why)
	}
	return got
}

// running starts with the safe head at block 4, derivation at L1 block 111 and the head at 112.
func running(t *testing.T) *desk {
	t.Helper()
	d := newDesk(t)
	d.core.Settled(110)
	d.see(view(4, 4, 111, 111), batcher.Wait, batcher.Deriving)
	d.see(view(4, 4, 112, 112), batcher.Wait, batcher.UpToDate)
	return d
}

func (d *desk) block(number uint64) *eth.ExecutionPayload {
	return payload(d.cfg, number, 0, hash("l2", number-1, 0), genesisL1, number)
}

// load adds blocks 5 to last and sends them in one channel of one transaction.
func (d *desk) load(last uint64) {
	d.t.Helper()
	d.see(view(4, last, 112, 112), batcher.Load, batcher.NewBlocks)
	for n := uint64(5); n <= last; n++ {
		_, err := d.core.AddBlock(d.block(n))
		must(d.t, err)
	}
}

// send flushes and takes all submissions.
func (d *desk) send() {
	d.t.Helper()
	if !d.core.Flush() {
		d.t.Fatal("flush does nothing")
	}
	before := len(d.subs)
	for s, ok := d.core.Next(); ok; s, ok = d.core.Next() {
		d.subs = append(d.subs, s)
	}
	if len(d.subs) == before {
		d.t.Fatal("nothing is sent")
	}
}

// sendsNothing checks that Next gives nothing, even for a closed channel.
func (d *desk) sendsNothing() {
	d.t.Helper()
	d.core.Flush()
	d.core.CloseDue()
	if s, ok := d.core.Next(); ok {
		d.t.Fatalf("blocks %s to %s are sent", s.Channel.First, s.Channel.Last)
	}
}

func TestStart(t *testing.T) {
	d := newDesk(t)
	d.see(batcher.View{}, batcher.Wait, batcher.NodeNotReady)
	for _, spoil := range []func(*batcher.View){
		func(v *batcher.View) { v.Safe = eth.L2Ref{} },
		func(v *batcher.View) { v.Unsafe = eth.L2Ref{} },
		func(v *batcher.View) { v.CurrentL1 = eth.L1Ref{} },
		func(v *batcher.View) { v.HeadL1 = eth.L1Ref{} },
	} {
		v := view(4, 9, 105, 110)
		spoil(&v)
		d.see(v, batcher.Wait, batcher.NodeNotReady)
	}
	d.see(view(4, 9, 105, 110), batcher.Wait, batcher.PreviousRun)
	d.sendsNothing()

	d.core.Settled(113) // the Sender is ahead of the node
	d.see(view(4, 9, 106, 111), batcher.Wait, batcher.Deriving)
	d.see(view(4, 9, 111, 112), batcher.Wait, batcher.Deriving)
	d.see(view(4, 9, 113, 120), batcher.Wait, batcher.Deriving) // at 113: it may still be read
	d.sendsNothing()
	// A previous run's data made blocks 5 and 6 safe: they are not loaded.
	got := d.see(view(6, 9, 114, 121), batcher.Load, batcher.NewBlocks)
	if got.First != 7 || got.Last != 9 {
		t.Errorf("load %d to %d", got.First, got.Last)
	}
}

func TestStartWaitsForTheL1HeadOfThatMoment(t *testing.T) {
	d := newDesk(t)
	d.core.Settled(105)
	d.see(view(4, 9, 106, 110), batcher.Wait, batcher.Deriving) // the head is ahead of the Sender
	d.see(view(4, 9, 110, 115), batcher.Wait, batcher.Deriving)
	d.see(view(4, 9, 111, 115), batcher.Load, batcher.NewBlocks)
}

func TestASafeHeadThatGoesBackBeforeTheStartIsOverMeansNothing(t *testing.T) {
	d := newDesk(t)
	d.core.Settled(110)
	d.see(view(9, 9, 111, 111), batcher.Wait, batcher.Deriving)
	d.see(view(4, 9, 112, 112), batcher.Load, batcher.NewBlocks)
}

func TestDecisions(t *testing.T) {
	other := func(r eth.L2Ref) eth.L2Ref {
		r.Hash = common.Hash{0xbb}
		return r
	}
	for _, c := range []struct {
		name string
		prep func(*desk) // after running; blocks 5 to 10 are in the open channel unless it loads itself
		view batcher.View
		verb batcher.Verb
		why  batcher.Reason
	}{
		{"nothing new", nil, view(4, 10, 112, 112), batcher.Wait, batcher.UpToDate},
		{"new unsafe blocks", nil, view(4, 12, 112, 112), batcher.Load, batcher.NewBlocks},
		{"held blocks became safe", nil, view(7, 10, 113, 113), batcher.Wait, batcher.UpToDate},
		{"all held blocks became safe", nil, view(10, 10, 113, 113), batcher.Wait, batcher.UpToDate},
		{"derivation went back", nil, view(2, 10, 111, 112), batcher.Wait, batcher.DerivationWentBack},
		{"the node lost its way", nil, batcher.View{}, batcher.Wait, batcher.NodeNotReady},
		{"safe head went back", nil, view(3, 10, 112, 112), batcher.Afresh, batcher.SafeWentBack},
		{"safe head is beyond the blocks held", nil, view(11, 12, 113, 113), batcher.Afresh, batcher.SafeChanged},
		{"safe head is another block", nil, func() batcher.View {
			v := view(7, 10, 113, 113)
			v.Safe = other(v.Safe)
			return v
		}(), batcher.Afresh, batcher.SafeChanged},
		{"the block before the held ones is another", nil, func() batcher.View {
			v := view(4, 10, 113, 113)
			v.Safe = other(v.Safe)
			return v
		}(), batcher.Afresh, batcher.SafeChanged},
		{"unsafe head is another block at a held height", nil, func() batcher.View {
			v := view(4, 8, 113, 113)
			v.Unsafe = other(v.Unsafe)
			return v
		}(), batcher.Afresh, batcher.UnsafeChanged},
		{"unsafe head is an older block that is held", nil, view(4, 8, 113, 113), batcher.Wait, batcher.UpToDate},
		{"unsafe head is behind the safe head", nil, view(7, 6, 113, 113), batcher.Wait, batcher.UnsafeBehind},
		{"channel is in flight and its blocks are safe", (*desk).send, view(10, 10, 114, 114), batcher.Wait, batcher.UpToDate},
		{"channel is in flight and derivation passes it", (*desk).send, view(4, 10, 150, 150), batcher.Wait, batcher.UpToDate},
		{"channel is included and derivation is at it", included, view(4, 10, 113, 114), batcher.Wait, batcher.UpToDate},
		{"channel is included, passed, and safe", included, view(10, 10, 114, 114), batcher.Wait, batcher.UpToDate},
		{"channel is included, passed, and safe in part", included, view(8, 10, 114, 114), batcher.Afresh, batcher.Stalled},
		{"channel is included, passed, and not safe", included, view(4, 10, 114, 114), batcher.Afresh, batcher.Stalled},
		{"window of a held block is over", nil, view(4, 10, 112, genesisL1+window), batcher.Afresh, batcher.WindowMissed},
		{"window of a sent block is over", (*desk).send, view(4, 10, 112, genesisL1+window), batcher.Wait, batcher.UpToDate},
	} {
		t.Run(c.name, func(t *testing.T) {
			d := running(t)
			d.load(10)
			if c.prep != nil {
				c.prep(d)
			}
			d.see(c.view, c.verb, c.why)
			if c.verb == batcher.Afresh || c.why == batcher.DerivationWentBack || c.why == batcher.NodeNotReady {
				d.sendsNothing()
			}
		})
	}
}

// included sends and has all of it included in L1 block 113.
func included(d *desk) {
	d.t.Helper()
	d.send()
	for _, s := range d.subs {
		d.core.Included(s.ID, l1Ref(113, 0).ID())
	}
}

func TestAChannelThatIsOvertakenOrTooLate(t *testing.T) {
	// Blocks with a transaction each, so that the channel takes more than the four transactions that may be in flight.
	long := func(t *testing.T) *desk {
		d := running(t)
		d.see(view(4, 24, 112, 112), batcher.Load, batcher.NewBlocks)
		w := newWorld(d.cfg)
		for n := uint64(5); n <= 24; n++ {
			p := d.block(n)
			p.Transactions = append(p.Transactions, newTx(w.rand, 300))
			_, err := d.core.AddBlock(p)
			must(t, err)
		}
		d.send()
		if len(d.subs) != 4 || d.subs[3].Final {
			t.Fatalf("%d submissions", len(d.subs))
		}
		return d
	}
	t.Run("some of its blocks are safe", func(t *testing.T) {
		long(t).see(view(6, 24, 113, 113), batcher.Afresh, batcher.SafeOvertook)
	})
	t.Run("all of its blocks are safe", func(t *testing.T) {
		d := long(t)
		d.see(view(24, 24, 113, 113), batcher.Wait, batcher.UpToDate)
		for _, s := range d.subs {
			d.core.Included(s.ID, l1Ref(113, 0).ID())
		}
		d.sendsNothing()
	})
	t.Run("the rest cannot make it in time", func(t *testing.T) {
		d := long(t)
		d.core.Included(d.subs[0].ID, l1Ref(113, 0).ID())
		d.see(view(4, 24, 152, 152), batcher.Wait, batcher.UpToDate)
		d.see(view(4, 24, 153, 153), batcher.Afresh, batcher.ChannelTimeout)
	})
}

func TestAfreshWaitsForAllInFlightThenForDerivation(t *testing.T) {
	d := running(t)
	d.load(10)
	d.send()
	generation := d.core.Generation()
	d.see(view(3, 10, 113, 113), batcher.Afresh, batcher.SafeWentBack)
	if d.core.Generation() == generation {
		t.Error("what is in flight is not abandoned")
	}
	d.see(view(3, 10, 120, 120), batcher.Wait, batcher.InFlight)
	for _, s := range d.subs {
		d.core.Included(s.ID, l1Ref(125, 0).ID()) // the node has not seen that block yet
	}
	d.see(view(3, 10, 121, 121), batcher.Wait, batcher.Deriving)
	d.see(view(3, 10, 125, 126), batcher.Wait, batcher.Deriving)
	d.see(view(10, 12, 126, 126), batcher.Load, batcher.NewBlocks) // they became safe: no need to send them again
}

func TestAddBlockSaysHowToGoOn(t *testing.T) {
	t.Run("until the last", func(t *testing.T) {
		d := running(t)
		d.see(view(4, 6, 112, 112), batcher.Load, batcher.NewBlocks)
		got, err := d.core.AddBlock(d.block(5))
		must(t, err)
		if got != (batcher.Decision{Verb: batcher.Load, Reason: batcher.NewBlocks, First: 6, Last: 6}) {
			t.Errorf("after block 5: %+v", got)
		}
		got, err = d.core.AddBlock(d.block(6))
		must(t, err)
		if got != (batcher.Decision{Reason: batcher.UpToDate}) {
			t.Errorf("after block 6: %+v", got)
		}
	})
	t.Run("the chain changed between two blocks", func(t *testing.T) {
		d := running(t)
		d.load(6)
		d.see(view(4, 8, 112, 112), batcher.Load, batcher.NewBlocks)
		p := d.block(7)
		p.ParentHash = common.Hash{1}
		got, err := d.core.AddBlock(p)
		must(t, err)
		if got.Verb != batcher.Afresh || got.Reason != batcher.UnsafeChanged {
			t.Errorf("%+v", got)
		}
		if got, err = d.core.AddBlock(d.block(7)); err != nil || got.Verb != batcher.Wait {
			t.Errorf("%+v, %v", got, err)
		}
	})
	t.Run("a block that batches cannot carry", func(t *testing.T) {
		d := running(t)
		d.see(view(4, 6, 112, 112), batcher.Load, batcher.NewBlocks)
		p := d.block(5)
		p.Transactions = append(p.Transactions, hexutil.Bytes{0x05, 0xc0})
		got, err := d.core.AddBlock(p)
		if err == nil || got.Verb != batcher.Wait || got.Reason != batcher.Unpostable {
			t.Errorf("%+v, %v", got, err)
		}
	})
	t.Run("the next block's window is over", func(t *testing.T) {
		d := running(t)
		d.see(view(4, 6, 112, genesisL1+window), batcher.Load, batcher.NewBlocks)
		got, err := d.core.AddBlock(d.block(5))
		must(t, err)
		if got.Verb != batcher.Wait || got.Reason != batcher.WindowOver {
			t.Errorf("%+v", got)
		}
		d.sendsNothing()
	})
	t.Run("memory is full", func(t *testing.T) {
		cfg := config()
		cfg.Encoder.MaxPendingBytes = 1
		core, err := batcher.NewCore(cfg.Encoder, 1)
		must(t, err)
		d := &desk{t: t, cfg: cfg.Encoder.Rollup, core: core}
		core.Settled(110)
		d.see(view(4, 6, 111, 111), batcher.Wait, batcher.Deriving)
		d.see(view(4, 6, 112, 112), batcher.Load, batcher.NewBlocks)
		_, err = core.AddBlock(d.block(5))
		must(t, err)
		got, err := core.AddBlock(d.block(6))
		must(t, err)
		if got.Verb != batcher.Wait || got.Reason != batcher.MemoryFull {
			t.Errorf("%+v", got)
		}
		if _, ok := core.Next(); !ok {
			t.Error("what fills the memory is not sent")
		}
	})
}

func TestAFailureAbandonsWhatIsBehindAndWaitsForIt(t *testing.T) {
	d := running(t)
	for n := uint64(5); n <= 7; n++ { // three channels of one transaction
		d.see(view(4, n, 112, 112), batcher.Load, batcher.NewBlocks)
		_, err := d.core.AddBlock(d.block(n))
		must(t, err)
		d.send()
	}
	generation := d.core.Generation()
	d.core.Failed(d.subs[0].ID)
	if d.core.Generation() == generation {
		t.Error("what is behind the failure is not abandoned")
	}
	d.sendsNothing()
	d.see(view(4, 7, 112, 112), batcher.Wait, batcher.UpToDate)
	d.sendsNothing() // two are still in flight
	generation = d.core.Generation()
	d.core.Failed(d.subs[1].ID) // as a broken queue does
	if d.core.Generation() != generation {
		t.Error("the failure of something abandoned abandons more")
	}
	d.core.Included(d.subs[2].ID, l1Ref(113, 0).ID()) // broadcast before, out of order now
	d.sendsNothing()
	d.see(view(4, 7, 112, 113), batcher.Wait, batcher.UpToDate)
	again := len(d.subs)
	d.send()
	for i, s := range d.subs[again:] {
		if s.Channel.First != d.subs[i].Channel.First || s.ID == d.subs[i].ID {
			t.Errorf("submission %d is of blocks from %s", i, s.Channel.First)
		}
	}
	if len(d.subs) != again+3 {
		t.Errorf("%d submissions again, want 3", len(d.subs)-again)
	}
}

func TestNamesAreComplete(t *testing.T) {
	seen := map[string]bool{}
	for r := batcher.UpToDate; r <= batcher.WindowMissed; r++ {
		if name := r.String(); name == "" || seen[name] {
			t.Errorf("reason %d is called %q", r, name)
		} else {
			seen[name] = true
		}
	}
}
