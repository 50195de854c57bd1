package l1

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/common/hexutil"
	"github.com/ethereum/go-ethereum/core/types"
	"github.com/ethereum/go-ethereum/rpc"
	"golang.org/x/sync/errgroup"

	"github.com/cairn-rollup/cairn/derive"
	"github.com/cairn-rollup/cairn/eth"
)

// query is a way to ask for a block, and the check that the header is the one asked for.
type query struct {
	method string
	key    any
	check  func(*header) error
}

func byLabel(label Label) query {
	return query{"eth_getBlockByNumber", label, func(*header) error { return nil }}
}

func byNumber(number uint64) query {
	return query{"eth_getBlockByNumber", hexutil.Uint64(number), func(h *header) error {
		if got := h.Number.Uint64(); got != number {
			return &VerificationError{What: MismatchBlockNumber, Of: h.ref().String(), Got: fmt.Sprint(got), Want: fmt.Sprint(number)}
		}
		return nil
	}}
}

func byHash(hash common.Hash) query {
	return query{"eth_getBlockByHash", hash, func(h *header) error {
		if h.hash != hash {
			return mismatch(h, MismatchBlockHash, h.hash, hash)
		}
		return nil
	}}
}

// header is a header with its hash: computed, or claimed by an endpoint that is trusted.
type header struct {
	*types.Header
	hash common.Hash
}

func (h *header) ref() eth.L1Ref {
	return eth.L1Ref{Hash: h.hash, Number: h.Number.Uint64(), ParentHash: h.ParentHash, Time: h.Time}
}

// reader asks one endpoint for everything of a block and verifies it, so that its parts come from one view of the chain.
// It remembers nothing.
type reader struct {
	*Endpoint
	cfg *SourceConfig
}

// header gives a verified header, and what came with it: all transactions if they are asked for.
func (r reader) header(ctx context.Context, q query, withTxs bool) (*header, *blockAnswer, error) {
	answer, err := r.call(ctx, q.method, q.key, withTxs)
	if err != nil {
		return nil, nil, err
	}
	h, rest, err := readHeader(answer, r.cfg.TrustRPC)
	if err != nil {
		return nil, nil, err
	}
	return h, rest, q.check(h)
}

func (r reader) ref(ctx context.Context, q query) (eth.L1Ref, error) {
	h, _, err := r.header(ctx, q, false)
	if err != nil {
		return eth.L1Ref{}, err
	}
	return h.ref(), nil
}

// block is a block on the way to be complete: everything but the receipts is there and verified.
type block struct {
	header *header
	txs    types.Transactions
}

func (r reader) block(ctx context.Context, q query) (*block, error) {
	h, rest, err := r.header(ctx, q, true)
	if err != nil {
		return nil, err
	}
	body, err := readBody(rest)
	if err != nil {
		return nil, err
	}
	for unread := range slices.Chunk(body.unread, r.cfg.BatchSize) {
		if err := r.fetchRaw(ctx, body, unread); err != nil {
			return nil, fmt.Errorf("fetch encoded transactions of %s: %w", h.ref(), err)
		}
	}
	if !r.cfg.TrustRPC {
		if err := verifyBody(h, body); err != nil {
			return nil, err
		}
	}
	return &block{header: h, txs: body.list.txs}, nil
}

// fetchRaw asks in one batch for the transactions whose JSON could not be read.
func (r reader) fetchRaw(ctx context.Context, body *blockBody, unread []unreadTx) error {
	answers := make([]hexutil.Bytes, len(unread))
	calls := make([]rpc.BatchElem, len(unread))
	for i, tx := range unread {
		calls[i] = rpc.BatchElem{Method: "eth_getRawTransactionByHash", Args: []any{tx.hash}, Result: &answers[i]}
	}
	if err := r.batch(ctx, "eth_getRawTransactionByHash", calls); err != nil {
		return err
	}
	for i, tx := range unread {
		if err := body.setRaw(tx.index, answers[i]); err != nil {
			return err
		}
	}
	return nil
}

// complete adds the receipts, unless the header proves that nothing in them matters.
func (r reader) complete(ctx context.Context, b *block) (*eth.L1Block, error) {
	var receipts types.Receipts
	if !bloomExcludes(r.cfg.Rollup, b.header.Header) {
		answer, err := r.call(ctx, "eth_getBlockReceipts", b.header.hash)
		if errors.Is(err, eth.ErrNotFound) {
			err = eth.WithFault(eth.L1ReceiptsMissing, err)
		}
		if err != nil {
			return nil, fmt.Errorf("get receipts of %s: %w", b.header.ref(), err)
		}
		if receipts, err = readReceipts(b.header, answer, r.cfg.TrustRPC); err != nil {
			return nil, err
		}
	}
	r.recoverSenders(b.txs)
	full := derive.SelectL1Block(r.cfg.Rollup, b.header.Header, b.txs, receipts)
	if r.cfg.TrustRPC {
		full.Hash = b.header.hash
		for _, l := range full.Logs {
			l.BlockHash = b.header.hash
		}
	}
	return full, nil
}

// recoverSenders recovers on all processors the senders that selection is about to ask for: the transactions remember
// them. Whoever has none is not remembered, and found out again.
func (r reader) recoverSenders(txs types.Transactions) {
	var inbox types.Transactions
	for _, tx := range txs {
		if tx != nil && tx.To() != nil && *tx.To() == r.cfg.Rollup.BatchInboxAddress {
			inbox = append(inbox, tx)
		}
	}
	if len(inbox) < 2 {
		return
	}
	signer := types.LatestSignerForChainID(r.cfg.Rollup.L1ChainID)
	var group errgroup.Group
	group.SetLimit(runtime.GOMAXPROCS(0))
	for _, tx := range inbox {
		group.Go(func() error {
			_, _ = types.Sender(signer, tx) // an error is the selection's to find
			return nil
		})
	}
	_ = group.Wait() // no function gives an error
}
