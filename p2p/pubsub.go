package p2p

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"sync"
	"time"

	pubsub "github.com/libp2p/go-libp2p-pubsub"
	"github.com/libp2p/go-libp2p/core/peer"

	"github.com/cairn-rollup/cairn/eth"
	"github.com/cairn-rollup/cairn/p2p/gossip"
)

// maxBlocks is how many accepted blocks wait to be fetched. A minute of blocks of the fastest chains fits.
const maxBlocks = 256

// Block is a block that passed all checks, from somebody else.
type Block struct {
	Envelope *eth.PayloadEnvelope
	From     peer.ID   // who delivered it; empty: it had been held until its signer became known (Rotate)
	At       time.Time // when it was accepted
}

// queue holds accepted blocks. A full one drops the oldest, which a reader who is that far behind does not miss: what is
// new leads to it. Any number of goroutines may put.
type queue struct {
	mu       sync.Mutex // held by the one that puts
	out      chan Block
	dropped  uint64
	received Received
}

// Received tells of the blocks of others that passed all checks, fetched or not.
type Received struct {
	Blocks uint64      // since the node was opened
	Newest eth.BlockID // the last one that came; zero: none
	Time   uint64      // its timestamp
	At     time.Time   // when it came
}

func newQueue() *queue { return &queue{out: make(chan Block, maxBlocks)} }

func (q *queue) put(b Block) {
	q.mu.Lock()
	defer q.mu.Unlock()
	payload := b.Envelope.ExecutionPayload
	q.received = Received{Blocks: q.received.Blocks + 1, Newest: payload.ID(), Time: uint64(payload.Timestamp), At: b.At}
	for {
		select {
		case q.out <- b:
			return
		default:
		}
		select {
		case <-q.out:
			q.dropped++
		default: // fetched meanwhile
		}
	}
}

// Received gives the counts of now.
func (n *Node) Received() Received {
	n.blocks.mu.Lock()
	defer n.blocks.mu.Unlock()
	return n.blocks.received
}

func (q *queue) count() uint64 {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.dropped
}

// topic is a joined topic.
type topic struct {
	version gossip.Version
	name    string
	handle  *pubsub.Topic
	sub     *pubsub.Subscription
}

// join registers the validator of a version and subscribes.
func (n *Node) join(version gossip.Version) error {
	t := topic{version: version, name: gossip.Topic(n.cfg.Rollup.L2ChainID, version)}
	options := append(gossip.ValidatorOptions(), pubsub.WithValidatorConcurrency(n.throttle())) // n.turnstile bounds it
	err := n.router.RegisterTopicValidator(t.name, n.validate(t), options...)
	if err != nil {
		return fmt.Errorf("register the validator of %s: %w", t.name, err)
	}
	if t.handle, err = n.router.Join(t.name); err != nil {
		return fmt.Errorf("join %s: %w", t.name, err)
	}
	if t.sub, err = t.handle.Subscribe(pubsub.WithBufferSize(maxBlocks)); err != nil {
		return fmt.Errorf("subscribe to %s: %w", t.name, err)
	}
	n.topics = append(n.topics, t)
	return nil
}

// throttle is how many messages gossipsub may have given us to check: all that peers can have waiting.
func (n *Node) throttle() int {
	peers := n.cfg.PeersHi + len(n.static)
	return maxWaiting * (inboundLimit(peers) + peers)
}

// validate gives the validator of a topic, which gossipsub calls from several goroutines. A block of our own was checked
// by Publish. A panic is our mistake and must not be somebody else's means to stop the node: the message is ignored.
func (n *Node) validate(t topic) pubsub.ValidatorEx {
	return func(_ context.Context, from peer.ID, msg *pubsub.Message) (result pubsub.ValidationResult) {
		defer func() {
			if cause := recover(); cause != nil {
				n.log.Error("panic while a block was checked", "topic", t.name, "peer", from, "panic", cause, "stack", string(debug.Stack()))
				n.counts.panicked()
				result = pubsub.ValidationIgnore
			}
		}()
		if from == n.host.ID() {
			return pubsub.ValidationAccept
		}
		size := len(msg.GetData())
		if !n.turnstile.enter(n.ctx, from, size) {
			return pubsub.ValidationIgnore
		}
		defer n.turnstile.leave(from, size)
		verdict, reason, env := n.validator.Check(n.cfg.Now(), msg.GetData(), t.version)
		n.counts.judged(t.version, verdict, reason)
		switch verdict {
		case gossip.Accept:
			n.ledger.accept()
			msg.ValidatorData = env
		case gossip.Reject:
			last := n.ledger.reject(from, t.name, reason)
			n.log.Debug("block rejected", "topic", t.name, "peer", from, "reason", reason, "blame", last.Blame)
			n.suspect(from)
		case gossip.Ignore:
			n.log.Debug("block ignored", "topic", t.name, "peer", from, "reason", reason)
		}
		return verdict.Result()
	}
}

// receive hands the accepted blocks of a topic on until the subscription ends.
func (n *Node) receive(ctx context.Context, t topic) {
	for {
		msg, err := t.sub.Next(ctx)
		if err != nil {
			return // the node is closed, or the subscription was cancelled, which only that does
		}
		env, ok := msg.ValidatorData.(*eth.PayloadEnvelope)
		if !ok {
			continue // a block of our own
		}
		n.blocks.put(Block{Envelope: env, From: msg.ReceivedFrom, At: n.cfg.Now()})
	}
}

// Errors of Publish.
var (
	ErrNoSigner = errors.New("this node has no key to sign blocks with")
	ErrClosed   = errors.New("the node is closed")
)

// Publish signs a block and sends it to the mesh of the topic of its time. It returns when the block is on its way, which
// says nothing about who has it. It applies the checks that others will: an error says why they would refuse it. To
// publish a block again is harmless.
func (n *Node) Publish(ctx context.Context, env *eth.PayloadEnvelope) error {
	if n.cfg.Signer == nil {
		return ErrNoSigner
	}
	message, err := gossip.Encode(ctx, n.cfg.Rollup, n.cfg.Signer, env)
	if err != nil {
		return err
	}
	version, ok := gossip.VersionOf(n.cfg.Rollup.L2ChainID, message.Topic)
	if !ok {
		return fmt.Errorf("publish block %s: no topic %s", env.ExecutionPayload.ID(), message.Topic)
	}
	verdict, reason, _ := n.validator.Check(n.cfg.Now(), message.Data, version)
	if verdict != gossip.Accept && reason != gossip.Duplicate {
		return fmt.Errorf("publish block %s: others would %s it: %s", env.ExecutionPayload.ID(), verdict, reason)
	}
	for _, t := range n.topics {
		if t.version == version {
			return n.send(ctx, t, env, message.Data)
		}
	}
	return fmt.Errorf("publish block %s: %w", env.ExecutionPayload.ID(), ErrClosed)
}

func (n *Node) send(ctx context.Context, t topic, env *eth.PayloadEnvelope, data []byte) error {
	if n.ctx.Err() != nil {
		return fmt.Errorf("publish block %s: %w", env.ExecutionPayload.ID(), ErrClosed)
	}
	if err := t.handle.Publish(ctx, data); err != nil {
		return fmt.Errorf("publish block %s: %w", env.ExecutionPayload.ID(), err)
	}
	n.counts.published()
	return nil
}
