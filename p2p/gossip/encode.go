package gossip

import (
	"context"
	"fmt"

	"github.com/golang/snappy"

	"github.com/cairn-rollup/cairn/eth"
	"github.com/cairn-rollup/cairn/rollup"
)

// Message is a block ready for publication.
type Message struct {
	Topic string
	Data  []byte
}

// Encode signs a block and makes the message of it, for the topic of the block's time. An error is the signer's, or says why
// no node would take the block. That the block hash is right is taken for granted: the engine's was checked.
func Encode(ctx context.Context, cfg *rollup.Config, signer Signer, env *eth.PayloadEnvelope) (Message, error) {
	p := env.ExecutionPayload
	version := VersionAt(cfg, p.Timestamp)
	if reason := CheckFields(cfg, version, env); reason != OK {
		return Message{}, fmt.Errorf("encode block %s for gossip: %s", p.ID(), reason)
	}
	plain, err := Append(make([]byte, SignatureSize), version, env)
	if err != nil {
		return Message{}, fmt.Errorf("encode block %s for gossip: %w", p.ID(), err)
	}
	sig, err := signer.SignBlock(ctx, cfg.L2ChainID, PayloadHash(plain[SignatureSize:]))
	if err != nil {
		return Message{}, fmt.Errorf("sign block %s for gossip: %w", p.ID(), err)
	}
	copy(plain, sig[:])
	data := snappy.Encode(nil, plain)
	if size := max(len(plain), len(data)); size > MaxMessageSize {
		return Message{}, fmt.Errorf("encode block %s for gossip: %d bytes, at most %d", p.ID(), size, MaxMessageSize)
	}
	return Message{Topic: Topic(cfg.L2ChainID, version), Data: data}, nil
}
