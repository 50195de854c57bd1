package p2p

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"testing"

	"github.com/cairn-rollup/cairn/p2p/gossip"
)

func TestABlockOfEachVersionGoesFromOneNodeToTheOther(t *testing.T) {
	time := newClock()
	at := uint64(time.now().Unix())
	chain := isthmusChain()
	canyon, ecotone, isthmus := at-30, at-20, at-10
	chain.CanyonTime, chain.DeltaTime, chain.EcotoneTime, chain.FjordTime, chain.GraniteTime = &canyon, &canyon, &ecotone, &ecotone, &ecotone
	chain.HoloceneTime, chain.IsthmusTime = &ecotone, &isthmus

	cfg := testConfig(t, chain, time.now)
	cfg.Signer = signerOf(t, 1)
	a, b := openNode(t, cfg), openNode(t, testConfig(t, chain, time.now))
	connect(t, b, a)
	for _, version := range gossip.Versions() {
		meshed(t, 1, version, a, b)
	}
	for i, timestamp := range []uint64{at - 40, at - 25, at - 15, at - 5} {
		want := gossip.Versions()[i]
		if got := gossip.VersionAt(chain, timestamp); got != want {
			t.Fatalf("time %d has version %s, want %s", timestamp, got, want)
		}
		env := blockAt(chain, 100+uint64(i), timestamp, 0)
		if err := a.Publish(context.Background(), env); err != nil {
			t.Fatalf("%s: %v", want, err)
		}
		got := recv(t, b)
		if got.Envelope.ExecutionPayload.BlockHash != env.ExecutionPayload.BlockHash || got.From != a.host.ID() {
			t.Errorf("%s: got %s from %s", want, got.Envelope.ExecutionPayload.ID(), got.From)
		}
		if n := b.Stats().Messages[want][gossip.OK]; n != 1 {
			t.Errorf("%s: %d messages accepted, want 1", want, n)
		}
		if err := a.Publish(context.Background(), env); err != nil {
			t.Errorf("%s: publishing again: %v", want, err)
		}
	}
	select {
	case own := <-a.Blocks():
		t.Errorf("a node was given its own block %s", own.Envelope.ExecutionPayload.ID())
	default:
	}
	stats := b.Stats()
	if stats.Verdicts[gossip.Accept] != 4 || stats.Dropped != 0 || stats.Events["DELIVER_MESSAGE"] != 4 {
		t.Errorf("stats %+v", stats)
	}
}

func TestPublishSaysWhyOthersWouldRefuse(t *testing.T) {
	time := newClock()
	chain := isthmusChain()
	at := uint64(time.now().Unix())
	cfg := testConfig(t, chain, time.now)
	none := openNode(t, cfg)
	if err := none.Publish(context.Background(), blockAt(chain, 1, at, 0)); !errors.Is(err, ErrNoSigner) {
		t.Errorf("without a signer: %v", err)
	}
	cfg = testConfig(t, chain, time.now)
	cfg.Signer = signerOf(t, 2)
	wrong := openNode(t, cfg)
	for _, c := range []struct {
		name, want string
		at         uint64
	}{
		{"by another signer", "reject it: unknown-signer", at},
	} {
		if err := wrong.Publish(context.Background(), blockAt(chain, 1, c.at, 0)); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v", c.name, err)
		}
	}
	wrong.Rotate(wrong.cfg.Signer.Address())
	if err := wrong.Publish(context.Background(), blockAt(chain, 1, at-61, 0)); err == nil || !strings.Contains(err.Error(), "too-old") {
		t.Errorf("too old: %v", err)
	}
	if err := wrong.Publish(context.Background(), blockAt(chain, 1, at, 0)); err != nil {
		t.Errorf("valid, without any peer: %v", err)
	}
	if err := wrong.Close(); err != nil {
		t.Fatal(err)
	}
	if err := wrong.Publish(context.Background(), blockAt(chain, 2, at, 0)); !errors.Is(err, ErrClosed) {
		t.Errorf("after Close: %v", err)
	}
}

func TestBlocksSignedBeforeL1ToldOfTheSignerAreGivenByRotate(t *testing.T) {
	time := newClock()
	chain := isthmusChain()
	cfg := testConfig(t, chain, time.now)
	cfg.Signer = signerOf(t, 2)
	a, b := openNode(t, cfg), openNode(t, testConfig(t, chain, time.now))
	a.Rotate(cfg.Signer.Address())
	connect(t, b, a)
	meshed(t, 1, gossip.V4, a, b)
	env := blockAt(chain, 7, uint64(time.now().Unix()), 0)
	if err := a.Publish(context.Background(), env); err != nil {
		t.Fatal(err)
	}
	eventually(t, "b refused it", func() bool { return b.Stats().Messages[gossip.V4][gossip.UnknownSigner] == 1 })
	if got := b.ledger.score(a.host.ID()); got != 0 {
		t.Errorf("score %v for a block whose signer is merely unknown to a node that accepted none yet", got)
	}
	b.Rotate(cfg.Signer.Address())
	if got := recv(t, b); got.Envelope.ExecutionPayload.BlockHash != env.ExecutionPayload.BlockHash || got.From != "" {
		t.Errorf("got %+v", got)
	}
}

func TestQueueKeepsTheNewestAndCountsTheDropped(t *testing.T) {
	q := newQueue()
	chain := isthmusChain()
	for i := range uint64(maxBlocks + 10) {
		q.put(Block{Envelope: blockAt(chain, i, 1, 0)})
	}
	if got := (<-q.out).Envelope.ExecutionPayload.BlockNumber; got != 10 {
		t.Errorf("oldest left is %d, want 10", got)
	}
	if got := q.count(); got != 10 {
		t.Errorf("dropped %d, want 10", got)
	}
	if got := q.received; got.Blocks != maxBlocks+10 || got.Newest.Number != maxBlocks+9 {
		t.Errorf("received %+v, want what was dropped too", got)
	}
}

func TestNothingGoesOnAfterClose(t *testing.T) {
	time := newClock()
	chain := isthmusChain()
	warm := openNode(t, testConfig(t, chain, time.now)) // libraries start goroutines of the process with the first host
	if err := warm.Close(); err != nil {
		t.Fatal(err)
	}
	goroutines(t, 40)
	before, _ := goroutinesNow()
	cfg := testConfig(t, chain, time.now)
	cfg.NoDiscovery, cfg.Ping = false, true
	a := openNode(t, cfg)
	cfg = testConfig(t, chain, time.now)
	cfg.NoDiscovery = false
	cfg.Static = []string{addrOf(a)}
	cfg.NAT = true
	b := openNode(t, cfg)
	eventually(t, "connected", func() bool { return connected(b, a.host.ID()) })
	for _, n := range []*Node{a, b} {
		if err := n.Close(); err != nil {
			t.Fatal(err)
		}
		if err := n.Close(); err != nil {
			t.Errorf("closing twice: %v", err)
		}
	}
	stacks := make([]byte, 1<<20)
	if stacks = stacks[:runtime.Stack(stacks, true)]; strings.Contains(string(stacks), "p2p.(*Node).start.") || strings.Contains(string(stacks), "p2p.(*Node).addStatic.") {
		t.Errorf("Close did not wait for\n%s", stacks)
	}
	goroutines(t, before)
}

func TestOpenSaysWhatIsWrong(t *testing.T) {
	time := newClock()
	a := openNode(t, testConfig(t, isthmusChain(), time.now))
	before, _ := goroutinesNow()
	cfg := testConfig(t, isthmusChain(), time.now)
	cfg.ListenTCP = listenedPort(a.host)
	if _, err := Open(cfg); err == nil || !strings.Contains(err.Error(), fmt.Sprintf("p2p.listen.tcp = %d", cfg.ListenTCP)) {
		t.Errorf("a port that is taken: %v", err)
	}
	goroutines(t, before)
}

func TestCloseWaitsForWhatIsStillAtWork(t *testing.T) {
	n := openNode(t, testConfig(t, isthmusChain(), newClock().now))
	release, ended := make(chan struct{}), make(chan bool, 1)
	n.tasks.Go(func() {
		<-n.ctx.Done()
		<-release
		ended <- true
	})
	closed := make(chan error, 1)
	go func() { closed <- n.Close() }()
	eventually(t, "closing", func() bool { return n.ctx.Err() != nil && len(n.host.Network().ListenAddresses()) == 0 })
	close(release)
	if err := <-closed; err != nil {
		t.Fatal(err)
	}
	select {
	case <-ended:
	default:
		t.Error("Close returned before a task did")
	}
}
