package node

import (
	"context"
	"errors"
	"log/slog"
	"sync"
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

// gossiping fits the network into the driver: blocks of others go in, own ones out.
type gossiping struct {
	net    *p2p.Node
	rollup *rollup.Config
	window time.Duration // as long after its time others take a block
	blocks chan *eth.PayloadEnvelope
	log    *slog.Logger

	slots chan struct{} // one for each block that is on its way out
	out   chan *eth.PayloadEnvelope
}

// maxPublishing bounds the blocks on their way out. A minute of blocks of the fastest chains fits, and older ones nobody takes.
const maxPublishing = 64

func openGossip(cfg p2p.Config, log *slog.Logger) (*gossiping, error) {
	net, err := p2p.Open(cfg)
	if err != nil {
		return nil, err
	}
	return &gossiping{
		net: net, rollup: cfg.Rollup, window: cfg.MaxAge, log: log, blocks: make(chan *eth.PayloadEnvelope),
		slots: make(chan struct{}, maxPublishing), out: make(chan *eth.PayloadEnvelope, maxPublishing),
	}, nil
}

// Publish hands a block out. It never waits: a signer that is slow or gone delays no block that is being built.
func (g *gossiping) Publish(payload *eth.PayloadEnvelope) {
	select {
	case g.out <- payload:
	default:
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

// signerLook is how often it is considered to ask L1 who may sign: about the time of an L1 block.
const signerLook = 12 * time.Second

// watchSigner finds out who may sign blocks: at the start, every reload, and when blocks come that are signed by somebody
// else, which is how a new signer shows first.
func (g *gossiping) watchSigner(ctx context.Context, source *l1.Prefetcher, contract common.Address, reload time.Duration) error {
	var asked time.Time
	var failing bool
	for timer := time.NewTimer(0); ; timer.Reset(signerLook) {
		select {
		case <-ctx.Done():
			timer.Stop()
			return context.Cause(ctx)
		case <-timer.C:
		}
		known := g.net.Status().Signers
		due := reload > 0 && time.Since(asked) >= reload
		if known.Current != (common.Address{}) && known.Held == 0 && !due {
			continue
		}
		signer, err := readSigner(ctx, source, contract)
		if err != nil {
			if !failing {
				g.log.Warn("L1 does not tell who may sign blocks: gossip goes on with what is known", "signer", known.Current, "err", err)
			}
			failing = true
			continue
		}
		asked, failing = time.Now(), false
		if signer != known.Current {
			g.log.Info("blocks of the network count if signed by", "signer", signer, "before", known.Current)
			g.net.Rotate(signer)
		}
	}
}

func readSigner(ctx context.Context, source *l1.Prefetcher, contract common.Address) (common.Address, error) {
	head, err := source.Label(ctx, l1.Latest)
	if err != nil {
		return common.Address{}, err
	}
	word, err := source.Storage(ctx, contract, unsafeBlockSignerSlot, head.Hash)
	return common.BytesToAddress(word[:]), err
}
