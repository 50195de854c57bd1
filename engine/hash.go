package engine

import (
	"github.com/ethereum/go-ethereum/common"

	"github.com/cairn-rollup/cairn/eth"
	"github.com/cairn-rollup/cairn/rollup"
)

// BlockHash is the hash of the header that a payload stands for, by the rules of its time.
func BlockHash(cfg *rollup.Config, env *eth.PayloadEnvelope) common.Hash {
	return blockHash(env, cfg.L2Rules(env.ExecutionPayload.Timestamp))
}
