package engine

import (
	"context"
	"errors"
	"fmt"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/common/hexutil"
	"github.com/ethereum/go-ethereum/rpc"

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

// Error codes of the Engine API, and of execution-apis for a block that is not there.
const (
	codeUnknownPayload    = -38001
	codeInvalidForkchoice = -38002
	codeInvalidAttributes = -38003
	codeUnknownBlock      = -39001
)

// Payload statuses.
const (
	statusValid            = "VALID"
	statusInvalid          = "INVALID"
	statusInvalidBlockHash = "INVALID_BLOCK_HASH"
	statusSyncing          = "SYNCING"
)

type payloadStatus struct {
	Status          string  `json:"status"`
	ValidationError *string `json:"validationError"`
}

// rejection is the engine's reason for INVALID.
func (s *payloadStatus) rejection() error {
	if s.ValidationError == nil {
		return eth.Rejected("%s", s.Status)
	}
	return eth.Rejected("%s", *s.ValidationError)
}

func (c *Client) forkchoiceUpdated(ctx context.Context, fc eth.ForkchoiceState, attrs *eth.PayloadAttributes) (*eth.PayloadID, error) {
	method := forkchoiceWithoutAttributes
	if attrs != nil {
		method = methodsOf(c.cfg.L2Rules(attrs.Timestamp)).forkchoiceUpdated
	}
	var answer struct {
		PayloadStatus payloadStatus  `json:"payloadStatus"`
		PayloadID     *eth.PayloadID `json:"payloadId"`
	}
	if err := c.call(ctx, &answer, method, fc, attrs); err != nil {
		return nil, err
	}
	switch answer.PayloadStatus.Status {
	case statusValid:
		return answer.PayloadID, nil
	case statusInvalid, statusInvalidBlockHash:
		return nil, answer.PayloadStatus.rejection()
	case statusSyncing:
		return nil, c.syncing(ctx, fc.HeadBlockHash)
	default:
		return nil, fmt.Errorf("%s: unexpected status %q", method, answer.PayloadStatus.Status)
	}
}

// syncing tells the two meanings of SYNCING apart: an engine that does not have the head disagrees with us, one that has
// it is busy.
func (c *Client) syncing(ctx context.Context, head common.Hash) error {
	_, err := c.PayloadByHash(ctx, head)
	if errors.Is(err, eth.ErrNotFound) {
		return fmt.Errorf("head %s is unknown to the engine: %w", head, eth.ErrForkchoice)
	}
	if err != nil {
		return err
	}
	return errors.New("the engine is syncing")
}

func (c *Client) getPayload(ctx context.Context, id eth.PayloadID, time uint64) (*eth.PayloadEnvelope, error) {
	method := methodsOf(c.cfg.L2Rules(time)).getPayload
	var env eth.PayloadEnvelope
	if err := c.call(ctx, &env, method, id); err != nil {
		return nil, err
	}
	if env.ExecutionPayload == nil {
		return nil, fmt.Errorf("%s: no payload in the answer", method)
	}
	return &env, nil
}

func (c *Client) newPayload(ctx context.Context, env *eth.PayloadEnvelope) error {
	rules := c.cfg.L2Rules(env.ExecutionPayload.Timestamp)
	method, args := methodsOf(rules).newPayload, []any{env.ExecutionPayload}
	if rules.BeaconRoot {
		args = append(args, []common.Hash{}, env.ParentBeaconBlockRoot) // no blobs on an L2
	}
	if rules.WithdrawalsRoot {
		args = append(args, []hexutil.Bytes{}) // and no execution requests
	}
	var status payloadStatus
	if err := c.call(ctx, &status, method, args...); err != nil {
		return err
	}
	switch status.Status {
	case statusValid:
		return nil
	case statusInvalid, statusInvalidBlockHash:
		return status.rejection()
	default: // SYNCING, ACCEPTED: the engine does not have what the block needs
		return fmt.Errorf("%s: the engine did not execute the block: %s", method, status.Status)
	}
}

// call does one call and gives engine errors their meaning.
func (c *Client) call(ctx context.Context, result any, method string, args ...any) error {
	if err := ctx.Err(); err != nil { // in the same process an answer can be faster than the end of ctx
		return err
	}
	timed, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	err := c.rpc.CallContext(timed, result, method, args...)
	switch {
	case err == nil:
		return nil
	case ctx.Err() != nil:
		return ctx.Err()
	case timed.Err() != nil:
		return fmt.Errorf("%s: no answer within %s", method, callTimeout)
	}
	var coded rpc.Error
	if !errors.As(err, &coded) {
		return fmt.Errorf("%s: %w", method, err)
	}
	switch coded.ErrorCode() {
	case codeUnknownPayload:
		return fmt.Errorf("%s: %w", method, eth.ErrUnknownPayload)
	case codeInvalidForkchoice:
		return fmt.Errorf("%s: %s: %w", method, reason(err), eth.ErrForkchoice)
	case codeInvalidAttributes:
		return eth.Rejected("%s", reason(err))
	case codeUnknownBlock:
		return fmt.Errorf("%s: %w", method, eth.ErrNotFound)
	default:
		return fmt.Errorf("%s: %s (code %d)", method, reason(err), coded.ErrorCode())
	}
}

// reason is the engine's text; op-geth puts the interesting part into the data of the error.
func reason(err error) string {
	var detailed rpc.DataError
	if errors.As(err, &detailed) && detailed.ErrorData() != nil {
		if m, ok := detailed.ErrorData().(map[string]any); ok && m["err"] != nil {
			return fmt.Sprintf("%s: %v", err, m["err"])
		}
		return fmt.Sprintf("%s: %v", err, detailed.ErrorData())
	}
	return err.Error()
}
