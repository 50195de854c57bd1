package engine

import (
	"context"
	"errors"
	"fmt"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/common/hexutil"

	"github.com/cairn-rollup/cairn/eth"
	"github.com/cairn-rollup/cairn/rollup"
)

// methods are the Engine API methods for blocks of one fork (RULES 7.9).
type methods struct{ forkchoiceUpdated, getPayload, newPayload string }

// forkchoiceWithoutAttributes does not depend on a fork.
const forkchoiceWithoutAttributes = "engine_forkchoiceUpdatedV3"

func methodsOf(r rollup.L2Rules) methods {
	switch {
	case r.Osaka: // Karst
		return methods{"engine_forkchoiceUpdatedV3", "engine_getPayloadV5", "engine_newPayloadV4"}
	case r.WithdrawalsRoot: // Isthmus
		return methods{"engine_forkchoiceUpdatedV3", "engine_getPayloadV4", "engine_newPayloadV4"}
	case r.BeaconRoot: // Ecotone
		return methods{"engine_forkchoiceUpdatedV3", "engine_getPayloadV3", "engine_newPayloadV3"}
	case r.Withdrawals: // Canyon
		return methods{"engine_forkchoiceUpdatedV2", "engine_getPayloadV2", "engine_newPayloadV2"}
	default:
		return methods{"engine_forkchoiceUpdatedV1", "engine_getPayloadV2", "engine_newPayloadV2"}
	}
}

// Payload statuses.
const (
	statusValid            = "VALID"
	statusInvalid          = "INVALID"
	statusInvalidBlockHash = "INVALID_BLOCK_HASH"
	statusSyncing          = "SYNCING"
	statusAccepted         = "ACCEPTED"
)

type payloadStatus struct {
	Status          string       `json:"status"`
	LatestValidHash *common.Hash `json:"latestValidHash"`
	ValidationError *string      `json:"validationError"`
}

// reason is the engine's reason for INVALID.
func (s *payloadStatus) reason() string {
	if s.ValidationError == nil {
		return s.Status
	}
	return *s.ValidationError
}

// rejection is INVALID as an error, nil for another status.
func (s *payloadStatus) rejection(method string) error {
	switch words := clip(s.reason()); {
	case s.Status != statusInvalid && s.Status != statusInvalidBlockHash:
		return nil
	case lacksState(words):
		return fault(eth.EnginePruned, "%s: the engine lacks state that it needs: %s", method, words)
	default:
		return eth.WithFault(eth.EngineRejectsBlock, eth.Rejected("%s", words))
	}
}

// forkchoiceUpdated is the call as the driver needs it: any status but VALID is an error.
func (c *Client) forkchoiceUpdated(ctx context.Context, fc eth.ForkchoiceState, attrs *eth.PayloadAttributes) (*eth.PayloadID, error) {
	status, id, err := c.tellForkchoice(ctx, fc, attrs)
	switch {
	case err != nil:
		return nil, err
	case status == statusSyncing:
		return nil, c.whySyncing(ctx, fc.HeadBlockHash)
	default:
		return id, nil
	}
}

// tellForkchoice is the call itself. The status is VALID or SYNCING.
func (c *Client) tellForkchoice(ctx context.Context, fc eth.ForkchoiceState, attrs *eth.PayloadAttributes) (string, *eth.PayloadID, error) {
	var answer struct {
		PayloadStatus payloadStatus  `json:"payloadStatus"`
		PayloadID     *eth.PayloadID `json:"payloadId"`
	}
	method, err := forkchoiceWithoutAttributes, error(nil)
	if attrs == nil {
		err = c.call(ctx, &answer, method, fc, nil)
	} else {
		method = methodsOf(c.cfg.L2Rules(attrs.Timestamp)).forkchoiceUpdated
		err = c.callFor(ctx, attrs.Timestamp, &answer, method, fc, attrs)
	}
	status := &answer.PayloadStatus
	if err == nil {
		err = status.rejection(method)
	}
	if eth.IsRejected(err) && attrs != nil {
		err = c.kept(ctx, err, method, status, &invalidFile{Forkchoice: &fc, Attributes: attrs})
	}
	switch {
	case err != nil:
		return "", nil, err
	case status.Status == statusValid, status.Status == statusSyncing:
		return status.Status, answer.PayloadID, nil
	default:
		return "", nil, fault(eth.EngineError, "%s: unexpected status %q", method, clip(status.Status))
	}
}

// whySyncing tells the two meanings of SYNCING apart: an engine that does not have the head disagrees with us, one that
// has it, or had it before it pruned it, is busy.
func (c *Client) whySyncing(ctx context.Context, head common.Hash) error {
	_, err := c.PayloadByHash(ctx, head)
	switch {
	case err == nil, eth.FaultOf(err) == eth.EnginePruned:
		return fault(eth.EngineSyncing, "the engine is syncing")
	case errors.Is(err, eth.ErrNotFound):
		return fault(eth.EngineForgotBlock, "head %s is unknown to the engine: %w", head, eth.ErrForkchoice)
	default:
		return err
	}
}

func (c *Client) getPayload(ctx context.Context, id eth.PayloadID, time uint64) (*eth.PayloadEnvelope, error) {
	method := methodsOf(c.cfg.L2Rules(time)).getPayload
	var env eth.PayloadEnvelope
	if err := c.callFor(ctx, time, &env, method, id); err != nil {
		return nil, err
	}
	if env.ExecutionPayload == nil {
		return nil, fault(eth.EngineError, "%s: no payload in the answer", method)
	}
	return &env, nil
}

// newPayload is the call as the driver needs it: any status but VALID is an error.
func (c *Client) newPayload(ctx context.Context, env *eth.PayloadEnvelope) error {
	status, err := c.tellPayload(ctx, env)
	switch {
	case err != nil:
		return err
	case status != statusValid: // the engine does not have what the block needs
		return fault(eth.EngineSyncing, "the engine did not execute block %d: %s", env.ExecutionPayload.BlockNumber, status)
	default:
		return nil
	}
}

// tellPayload is the call itself. The status is VALID, SYNCING or ACCEPTED.
func (c *Client) tellPayload(ctx context.Context, env *eth.PayloadEnvelope) (string, error) {
	rules := c.cfg.L2Rules(env.ExecutionPayload.Timestamp)
	method, args := methodsOf(rules).newPayload, []any{env.ExecutionPayload}
	if rules.BeaconRoot {
		args = append(args, []common.Hash{}, env.ParentBeaconBlockRoot) // no blobs on an L2
	}
	if rules.WithdrawalsRoot {
		args = append(args, []hexutil.Bytes{}) // and no execution requests
	}
	var status payloadStatus
	if err := c.callFor(ctx, env.ExecutionPayload.Timestamp, &status, method, args...); err != nil {
		return "", err
	}
	if err := status.rejection(method); err != nil {
		if eth.IsRejected(err) {
			err = c.kept(ctx, err, method, &status, &invalidFile{Payload: env})
		}
		return "", err
	}
	switch status.Status {
	case statusValid, statusSyncing, statusAccepted:
		return status.Status, nil
	default:
		return "", fault(eth.EngineError, "%s: unexpected status %q", method, clip(status.Status))
	}
}

// callFor is call for a block at a time, whose fork is named if the engine does not know it.
func (c *Client) callFor(ctx context.Context, time uint64, result any, method string, args ...any) error {
	err := c.call(ctx, result, method, args...)
	if eth.FaultOf(err) == eth.EngineOutdated {
		return fmt.Errorf("block of fork %s: %w", forkAt(c.cfg, time), err)
	}
	return err
}

// forkAt is the newest fork that is active at a time.
func forkAt(cfg *rollup.Config, time uint64) rollup.Fork {
	newest := rollup.Bedrock
	for _, f := range rollup.Forks() {
		if at := cfg.Time(f); at != nil && *at <= time {
			newest = f
		}
	}
	return newest
}

// call does one call and gives errors their meaning.
func (c *Client) call(ctx context.Context, result any, method string, args ...any) error {
	if err := ctx.Err(); err != nil { // in the same process an answer can be faster than the end of ctx
		return err
	}
	timed, cancel := context.WithTimeout(ctx, c.timeout)
	defer cancel()
	err := c.rpc.CallContext(timed, result, method, args...)
	switch {
	case err == nil:
		return nil
	case ctx.Err() != nil:
		return ctx.Err()
	case timed.Err() != nil:
		return fault(eth.EngineSlow, "%s: no answer within %s", method, c.timeout)
	default:
		return meaning(method, err)
	}
}
