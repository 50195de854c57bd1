package node

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/ethereum/go-ethereum/common"

	"github.com/cairn-rollup/cairn/eth"
	"github.com/cairn-rollup/cairn/l1"
	"github.com/cairn-rollup/cairn/p2p"
	"github.com/cairn-rollup/cairn/p2p/gossip"
	"github.com/cairn-rollup/cairn/rollup"
)

// Gossip says how blocks are exchanged with other nodes.
type Gossip struct {
	P2P          p2p.Config
	ReloadSigner time.Duration // between two looks at who may sign blocks
}

// network is what a p2p.Node is to the driver.
type network interface {
	Blocks() <-chan p2p.Block
	Publish(ctx context.Context, payload *eth.PayloadEnvelope) error
	Status() p2p.Status
	Rotate(signer common.Address)
}

// gossiping fits the network into the driver: blocks of others go in, own ones out.
type gossiping struct {
	host   *p2p.Node
	net    network // the host
	signs  bool    // own blocks can be signed
	rollup *rollup.Config
	window time.Duration // as long after its time others take a block
	blocks chan *eth.PayloadEnvelope
	log    *slog.Logger

	slots chan struct{} // one for each block that is on its way out
	out   chan *eth.PayloadEnvelope

	failures atomic.Pointer[publishFailures]
}

// publishFailures tell how often an own block could not be announced.
type publishFailures struct {
	count int
	last  time.Time
}

// failed counts an attempt that did not work. That nobody is there is no failure, as the block could be sent.
func (g *gossiping) failed(now time.Time) {
	for {
		before := g.failures.Load()
		if g.failures.CompareAndSwap(before, &publishFailures{before.count + 1, now}) {
			return
		}
	}
}

// maxPublishing bounds the blocks on their way out. A minute of blocks of the fastest chains fits, and older ones nobody takes.
const maxPublishing = 64

func openGossip(cfg p2p.Config, log *slog.Logger) (*gossiping, error) {
	host, err := p2p.Open(cfg)
	if err != nil {
		return nil, err
	}
	g := newGossiping(host, cfg, log)
	g.host = host
	return g, nil
}

func newGossiping(net network, cfg p2p.Config, log *slog.Logger) *gossiping {
	g := &gossiping{
		net: net, signs: cfg.Signer != nil, rollup: cfg.Rollup, window: cfg.MaxAge, log: log, blocks: make(chan *eth.PayloadEnvelope),
		slots: make(chan struct{}, maxPublishing), out: make(chan *eth.PayloadEnvelope, maxPublishing),
	}
	g.failures.Store(&publishFailures{})
	return g
}

// Publish hands a block out, if there is a key to sign it with. It never waits: a signer that is slow or gone delays no
// block that is being built.
func (g *gossiping) Publish(payload *eth.PayloadEnvelope) {
	if !g.signs {
		return
	}
	select {
	case g.out <- payload:
	default:
		g.failed(time.Now())
		g.log.Error("own block is not announced: too many wait for their signature", "block", payload.ExecutionPayload.ID())
	}
}

// pass brings the blocks of others to the driver, until the context ends. While the driver is busy the network's own
// queue drops what is oldest.
func (g *gossiping) pass(ctx context.Context) error {
	for {
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case b := <-g.net.Blocks():
			select {
			case <-ctx.Done():
				return context.Cause(ctx)
			case g.blocks <- b.Envelope:
			}
		}
	}
}

// publish announces own blocks, each by itself, until the context ends.
func (g *gossiping) publish(ctx context.Context) error {
	var announcing sync.WaitGroup
	defer announcing.Wait()
	for {
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case payload := <-g.out:
			select {
			case <-ctx.Done():
				return context.Cause(ctx)
			case g.slots <- struct{}{}:
			}
			announcing.Go(func() {
				defer func() { <-g.slots }()
				g.announce(ctx, payload)
			})
		}
	}
}

// announceAgain is the time between two attempts to announce a block.
const announceAgain = time.Second

// announce tries until it has worked, or until nobody would take the block any more.
func (g *gossiping) announce(ctx context.Context, payload *eth.PayloadEnvelope) {
	id := payload.ExecutionPayload.ID()
	end := time.Unix(int64(payload.ExecutionPayload.Timestamp), 0).Add(g.window) //nolint:gosec // a time
	ctx, cancel := context.WithDeadline(ctx, end)
	defer cancel()
	for failed := false; ; failed = true {
		err := g.send(ctx, payload)
		if err != nil && !errors.Is(err, errNobody) {
			g.failed(time.Now())
		}
		switch {
		case err == nil && failed:
			g.log.Info("announced, late", "block", id)
			return
		case err == nil:
			g.log.Debug("announced", "block", id)
			return
		case !failed:
			g.log.Warn("own block is not announced yet", "block", id, "err", err, "until", end)
		}
		select {
		case <-ctx.Done():
			g.log.Error("own block was not announced", "block", id, "err", err)
			return
		case <-time.After(announceAgain):
		}
	}
}

// errNobody means that no peer is there yet. What is published then reaches nobody, now or later.
var errNobody = errors.New("no peer exchanges blocks with this node yet")

func (g *gossiping) send(ctx context.Context, payload *eth.PayloadEnvelope) error {
	if g.net.Status().Mesh[gossip.VersionAt(g.rollup, payload.ExecutionPayload.Timestamp)] == 0 {
		return errNobody
	}
	return g.net.Publish(ctx, payload)
}

// unsafeBlockSignerSlot is where SystemConfig keeps the address (RULES 1.3): the hash of "systemconfig.unsafeblocksigner".
var unsafeBlockSignerSlot = common.HexToHash("0x65a7ed542fb37fe237fdfbdd70b31598523fe5b32879e307bae27a0bd9581c08")

// signerLook is how soon L1 is asked again who may sign: about the time of an L1 block.
const signerLook = 12 * time.Second

// watchSigner finds out who may sign blocks: at the start, every reload (0: never again), and when blocks come that are
// signed by somebody else, which is how a new signer shows first. Strangers who sign blocks make L1 be asked less and less
// often.
func (g *gossiping) watchSigner(ctx context.Context, reload time.Duration, ask func(context.Context) (common.Address, error)) error {
	var asked time.Time
	failing, patience := false, signerLook
	for timer := time.NewTimer(0); ; timer.Reset(signerLook) {
		select {
		case <-ctx.Done():
			timer.Stop()
			return context.Cause(ctx)
		case <-timer.C:
		}
		known, since := g.net.Status().Signers, time.Since(asked)
		due := reload > 0 && since >= reload || known.Held > 0 && since >= patience
		if known.Current != (common.Address{}) && !due {
			continue
		}
		signer, err := ask(ctx)
		if err != nil {
			if !failing {
				g.log.Warn("L1 does not tell who may sign blocks: gossip goes on with what is known", "signer", known.Current, "err", err)
			}
			failing = true
			continue
		}
		asked, failing = time.Now(), false
		switch {
		case signer != known.Current, known.Held == 0:
			patience = signerLook
		default: // strangers
			patience = min(2*patience, max(reload, signerLook))
		}
		if signer == known.Current {
			continue
		}
		g.log.Info("blocks of the network count if signed by", "signer", signer, "before", known.Current)
		g.net.Rotate(signer)
	}
}

// unsafeBlockSigner asks L1, as of its head.
func unsafeBlockSigner(source *l1.Prefetcher, systemConfig common.Address) func(context.Context) (common.Address, error) {
	return func(ctx context.Context) (common.Address, error) {
		head, err := source.Label(ctx, l1.Latest)
		if err != nil {
			return common.Address{}, err
		}
		word, err := source.Storage(ctx, systemConfig, unsafeBlockSignerSlot, head.Hash)
		return common.BytesToAddress(word[:]), err
	}
}
