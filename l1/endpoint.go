package l1

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/common/hexutil"
	"github.com/ethereum/go-ethereum/core/types"
	"github.com/ethereum/go-ethereum/rpc"

	"github.com/cairn-rollup/cairn/derive"
	"github.com/cairn-rollup/cairn/eth"
	"github.com/cairn-rollup/cairn/rollup"
)

// Error codes of JSON-RPC and the Engine and execution API specifications.
const (
	codeMethodNotFound = -32601
	codeUnknownBlock   = -39001
)

// rawBatch bounds how many encoded transactions are asked for at once.
const rawBatch = 100

// endpoint is one execution RPC: it fetches and verifies, and remembers nothing. All requests for one block go to one
// endpoint, so that its parts come from one view of the chain.
type endpoint struct {
	client    *rpc.Client
	rollup    *rollup.Config
	maxAnswer int64 // bytes
}

// call gives the raw result; null is eth.ErrNotFound.
func (e *endpoint) call(ctx context.Context, method string, args ...any) (json.RawMessage, error) {
	var answer json.RawMessage
	if err := e.client.CallContext(ctx, &answer, method, args...); err != nil {
		return nil, fmt.Errorf("%s: %w", method, rpcError(err))
	}
	if bytes.Equal(answer, []byte("null")) {
		return nil, fmt.Errorf("%s %v: %w", method, args, eth.ErrNotFound)
	}
	if int64(len(answer)) > e.maxAnswer {
		return nil, fmt.Errorf("%s: %w", method, &TooLargeError{Limit: e.maxAnswer})
	}
	return answer, nil
}

// query is a way to ask for a block, and the check that the header is the one asked for.
type query struct {
	method string
	key    any
	check  func(*types.Header) error
}

func byLabel(label Label) query {
	return query{"eth_getBlockByNumber", label, func(*types.Header) error { return nil }}
}

func byNumber(number uint64) query {
	return query{"eth_getBlockByNumber", hexutil.Uint64(number), func(header *types.Header) error {
		if got := header.Number.Uint64(); got != number {
			return &VerificationError{What: MismatchBlockNumber, Of: refOf(header).String(), Got: fmt.Sprint(got), Want: fmt.Sprint(number)}
		}
		return nil
	}}
}

func byHash(hash common.Hash) query {
	return query{"eth_getBlockByHash", hash, func(header *types.Header) error {
		if got := header.Hash(); got != hash {
			return mismatch(header, MismatchBlockHash, got, hash)
		}
		return nil
	}}
}

// header gives a verified header, and what came with it: all transactions if they are asked for.
func (e *endpoint) header(ctx context.Context, q query, withTxs bool) (*types.Header, *blockAnswer, error) {
	answer, err := e.call(ctx, q.method, q.key, withTxs)
	if err != nil {
		return nil, nil, err
	}
	header, rest, err := readHeader(answer)
	if err != nil {
		return nil, nil, err
	}
	return header, rest, q.check(header)
}

func (e *endpoint) ref(ctx context.Context, q query) (eth.L1Ref, error) {
	header, _, err := e.header(ctx, q, false)
	if err != nil {
		return eth.L1Ref{}, err
	}
	return refOf(header), nil
}

// block is a block on the way to be complete: everything but the receipts is there and verified.
type block struct {
	header *types.Header
	txs    types.Transactions
}

func (e *endpoint) block(ctx context.Context, q query) (*block, error) {
	header, rest, err := e.header(ctx, q, true)
	if err != nil {
		return nil, err
	}
	body, err := readBody(rest)
	if err != nil {
		return nil, err
	}
	for unread := range slices.Chunk(body.unread, rawBatch) {
		if err := e.fetchRaw(ctx, body, unread); err != nil {
			return nil, fmt.Errorf("fetch encoded transactions of %s: %w", refOf(header), err)
		}
	}
	if err := verifyBody(header, body); err != nil {
		return nil, err
	}
	return &block{header: header, txs: body.list.txs}, nil
}

// fetchRaw asks in one batch for the transactions whose JSON could not be read.
func (e *endpoint) fetchRaw(ctx context.Context, body *blockBody, unread []unreadTx) error {
	answers := make([]hexutil.Bytes, len(unread))
	calls := make([]rpc.BatchElem, len(unread))
	for i, tx := range unread {
		calls[i] = rpc.BatchElem{Method: "eth_getRawTransactionByHash", Args: []any{tx.hash}, Result: &answers[i]}
	}
	if err := e.client.BatchCallContext(ctx, calls); err != nil {
		return rpcError(err)
	}
	for i, tx := range unread {
		if calls[i].Error != nil {
			return rpcError(calls[i].Error)
		}
		if err := body.setRaw(tx.index, answers[i]); err != nil {
			return err
		}
	}
	return nil
}

// complete adds the receipts, unless the header proves that nothing in them matters.
func (e *endpoint) complete(ctx context.Context, b *block) (*eth.L1Block, error) {
	if bloomExcludes(e.rollup, b.header) {
		return derive.SelectL1Block(e.rollup, b.header, b.txs, nil), nil
	}
	answer, err := e.call(ctx, "eth_getBlockReceipts", b.header.Hash())
	if err != nil {
		return nil, err
	}
	receipts, err := readReceipts(b.header, answer)
	if err != nil {
		return nil, err
	}
	return derive.SelectL1Block(e.rollup, b.header, b.txs, receipts), nil
}

// rpcError makes of an endpoint's error what callers distinguish: not found, or anything else. Endpoints say "not
// found" by null, by a code, or in words.
func rpcError(err error) error {
	var status rpc.HTTPError
	if errors.As(err, &status) {
		status.Body = status.Body[:min(len(status.Body), 200)]
		return status
	}
	var answer rpc.Error
	if !errors.As(err, &answer) {
		return withoutURL(err)
	}
	words := strings.ToLower(answer.Error())
	switch {
	case answer.ErrorCode() == codeMethodNotFound, strings.Contains(words, "method"):
		return err
	case answer.ErrorCode() == codeUnknownBlock, strings.Contains(words, "not found"), strings.Contains(words, "unknown block"):
		return fmt.Errorf("%w: %s", eth.ErrNotFound, clip([]byte(answer.Error())))
	}
	return err
}
