package node

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"math/big"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ethereum/go-ethereum/common"

	"github.com/cairn-rollup/cairn/eth"
	"github.com/cairn-rollup/cairn/p2p"
	"github.com/cairn-rollup/cairn/p2p/gossip"
	"github.com/cairn-rollup/cairn/rollup"
)

// modelNetwork is a network of one peer, or none.
type modelNetwork struct {
	mu        sync.Mutex
	mesh      int
	signers   gossip.SignerStatus
	fail      error
	hang      bool // as long as the context
	published []uint64
	rotated   []common.Address
	blocks    chan p2p.Block
}

func (n *modelNetwork) Blocks() <-chan p2p.Block { return n.blocks }

func (n *modelNetwork) Publish(ctx context.Context, payload *eth.PayloadEnvelope) error {
	n.mu.Lock()
	hang, err := n.hang, n.fail
	n.mu.Unlock()
	if hang {
		<-ctx.Done()
		return context.Cause(ctx)
	}
	if err != nil {
		return err
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	n.published = append(n.published, payload.ExecutionPayload.BlockNumber)
	return nil
}

func (n *modelNetwork) Status() p2p.Status {
	n.mu.Lock()
	defer n.mu.Unlock()
	return p2p.Status{Mesh: map[gossip.Version]int{gossip.V1: n.mesh}, Signers: n.signers}
}

func (n *modelNetwork) Rotate(signer common.Address) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.signers = gossip.SignerStatus{Current: signer}
	n.rotated = append(n.rotated, signer)
}

func (n *modelNetwork) set(change func()) {
	n.mu.Lock()
	defer n.mu.Unlock()
	change()
}

func (n *modelNetwork) sent() []uint64 {
	n.mu.Lock()
	defer n.mu.Unlock()
	return slices.Sorted(slices.Values(n.published))
}

// logText is a log that several goroutines may write.
type logText struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *logText) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *logText) count(words string) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return strings.Count(l.text.String(), words)
}

// gossipTest has the gossip of a node run, with a model of the network, in a bubble of synctest.
func gossipTest(t *testing.T, signer gossip.Signer, run func(g *gossiping, net *modelNetwork, log *logText)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		net, log := &modelNetwork{mesh: 1, blocks: make(chan p2p.Block)}, &logText{}
		cfg := p2p.Config{Rollup: &rollup.Config{L2ChainID: big.NewInt(10)}, Signer: signer, MaxAge: time.Minute}
		g := newGossiping(net, cfg, slog.New(slog.NewTextHandler(log, &slog.HandlerOptions{Level: slog.LevelDebug})))
		ctx, cancel := context.WithCancel(t.Context())
		var tasks sync.WaitGroup
		tasks.Go(func() { _ = g.publish(ctx) })
		tasks.Go(func() { _ = g.pass(ctx) })
		run(g, net, log)
		cancel()
		tasks.Wait()
	})
}

type anySigner struct{ gossip.Signer }

func ownBlock(number uint64) *eth.PayloadEnvelope {
	return &eth.PayloadEnvelope{ExecutionPayload: &eth.ExecutionPayload{
		BlockNumber: number, Timestamp: uint64(time.Now().Unix()), //nolint:gosec // a time
	}}
}

func TestASlowSignerDelaysNothing(t *testing.T) {
	gossipTest(t, anySigner{}, func(g *gossiping, net *modelNetwork, log *logText) {
		net.set(func() { net.hang = true })
		began := time.Now()
		for n := range uint64(3 * maxPublishing) {
			g.Publish(ownBlock(n))
		}
		if took := time.Since(began); took != 0 {
			t.Errorf("handing blocks out takes %s", took)
		}
		synctest.Wait()
		if log.count("too many wait") == 0 {
			t.Error("what is left out is not said")
		}
		if f := g.failures.Load(); f.count != log.count("too many wait") || !f.last.Equal(began) {
			t.Errorf("%d failures counted, the last one at %s", f.count, f.last)
		}
		net.set(func() { net.hang = false })
		time.Sleep(2 * time.Minute) // what hangs is too old by then
		g.Publish(ownBlock(1000))
		synctest.Wait()
		if got := net.sent(); len(got) == 0 || got[len(got)-1] != 1000 {
			t.Errorf("published %d", got)
		}
		if log.count("own block was not announced") == 0 {
			t.Error("blocks that nobody was told of are not said")
		}
	})
}

func TestOwnBlocksAreAnnouncedUntilNobodyTakesThem(t *testing.T) {
	gossipTest(t, anySigner{}, func(g *gossiping, net *modelNetwork, log *logText) {
		net.set(func() { net.fail = errors.New("signer is gone") })
		g.Publish(ownBlock(1))
		began := time.Now()
		time.Sleep(30*time.Second - 1)
		if f := g.failures.Load(); f.count != 30 || f.last.Sub(began) != 29*time.Second {
			t.Errorf("%d failures counted, the last one after %s", f.count, f.last.Sub(began))
		}
		if got := net.sent(); len(got) != 0 || log.count("own block is not announced yet") != 1 {
			t.Errorf("published %d, said %d times that it is not", got, log.count("own block is not announced yet"))
		}
		net.set(func() { net.fail = nil })
		time.Sleep(2 * announceAgain)
		if got := net.sent(); !slices.Equal(got, []uint64{1}) || log.count("announced, late") != 1 {
			t.Errorf("published %d", got)
		}
		net.set(func() { net.fail = errors.New("signer is gone") })
		g.Publish(ownBlock(2))
		time.Sleep(61 * time.Second)
		net.set(func() { net.fail = nil })
		time.Sleep(time.Minute)
		if got := net.sent(); !slices.Equal(got, []uint64{1}) || log.count("own block was not announced") != 1 {
			t.Errorf("published %d, which nobody takes any more", got)
		}
	})
}

func TestOwnBlocksWaitForTheFirstPeer(t *testing.T) {
	gossipTest(t, anySigner{}, func(g *gossiping, net *modelNetwork, _ *logText) {
		net.set(func() { net.mesh = 0 })
		g.Publish(ownBlock(1))
		time.Sleep(10 * time.Second)
		if got := net.sent(); len(got) != 0 {
			t.Errorf("published %d to nobody", got)
		}
		if f := g.failures.Load(); f.count != 0 {
			t.Errorf("%d failures counted, but nobody was there", f.count)
		}
		net.set(func() { net.mesh = 1 })
		time.Sleep(2 * announceAgain)
		if got := net.sent(); !slices.Equal(got, []uint64{1}) {
			t.Errorf("published %d", got)
		}
	})
}

func TestWithoutAKeyNothingIsAnnouncedOrSaid(t *testing.T) {
	gossipTest(t, nil, func(g *gossiping, net *modelNetwork, log *logText) {
		g.Publish(ownBlock(1))
		time.Sleep(time.Minute)
		if got := net.sent(); len(got) != 0 || log.count("level=") != 0 {
			t.Errorf("published %d", got)
		}
	})
}

func TestBlocksOfOthersReachTheDriver(t *testing.T) {
	gossipTest(t, nil, func(g *gossiping, net *modelNetwork, _ *logText) {
		net.blocks <- p2p.Block{Envelope: ownBlock(7)}
		if got := <-g.blocks; got.ExecutionPayload.BlockNumber != 7 {
			t.Errorf("got block %d", got.ExecutionPayload.BlockNumber)
		}
	})
}

// RULES 1.3, PAIN 21: who may sign is asked at the start, now and then, and when a stranger signs.
func TestTheSignerIsAskedForWhenItMatters(t *testing.T) {
	old, next := common.Address{1}, common.Address{2}
	for name, c := range map[string]struct {
		held    int // messages by strangers, from the fifth minute on
		rotate  time.Duration
		fail    time.Duration // L1 does not answer for as long
		noticed time.Duration // at the latest
		asked   int           // at the most, in an hour
	}{
		"at the start":                           {rotate: 0, noticed: signerLook, asked: 8},
		"after the reload interval":              {rotate: 5 * time.Minute, noticed: 10 * time.Minute, asked: 8},
		"soon if it signs":                       {rotate: 5 * time.Minute, held: 1, noticed: 5*time.Minute + 2*signerLook, asked: 16},
		"less and less often for a stranger":     {rotate: 24 * time.Hour, held: 1, asked: 16},
		"as soon as L1 answers":                  {fail: time.Minute, noticed: time.Minute + signerLook, asked: 16},
		"that L1 does not answer is no rotation": {fail: 30 * time.Minute, rotate: 24 * time.Hour, asked: 160},
	} {
		t.Run(name, func(t *testing.T) {
			gossipTest(t, nil, func(g *gossiping, net *modelNetwork, log *logText) {
				ctx, cancel := context.WithCancel(context.Background())
				began, asked := time.Now(), 0
				noticed := time.Duration(-1)
				ask := func(context.Context) (common.Address, error) {
					asked++
					at := time.Since(began)
					switch {
					case at < c.fail:
						return common.Address{}, errors.New("L1 is gone")
					case at < c.rotate:
						return old, nil
					}
					if noticed < 0 {
						noticed = at
					}
					return next, nil
				}
				var watching sync.WaitGroup
				watching.Go(func() { _ = g.watchSigner(ctx, 10*time.Minute, ask) })
				time.Sleep(5 * time.Minute)
				net.set(func() { net.signers.Held = c.held })
				time.Sleep(55 * time.Minute)
				cancel()
				watching.Wait()
				if asked > c.asked {
					t.Errorf("L1 is asked %d times", asked)
				}
				want := next
				if c.rotate > time.Hour {
					want = old
				} else if noticed > c.noticed {
					t.Errorf("noticed after %s", noticed)
				}
				if got := net.Status().Signers.Current; got != want {
					t.Errorf("signer is %s, want %s", got, want)
				}
				if c.fail > 0 && log.count("L1 does not tell") != 1 {
					t.Errorf("said %d times", log.count("L1 does not tell"))
				}
			})
		})
	}
}
