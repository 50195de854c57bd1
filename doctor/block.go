package doctor

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/common/hexutil"
	"github.com/ethereum/go-ethereum/core/types"
	"github.com/ethereum/go-ethereum/rpc"
	"github.com/ethereum/go-ethereum/trie"

	"github.com/cairn-rollup/cairn/eth"
)

// errNotThere means that an endpoint answers, and does not have it.
var errNotThere = errors.New("not there")

// block is a block whose header hashes to its hash.
type block struct {
	*types.Header
	hash common.Hash
	txs  []json.RawMessage // hashes, or all of it; as claimed
}

func (b *block) ref() eth.L1Ref {
	return eth.L1Ref{Hash: b.hash, Number: b.Number.Uint64(), ParentHash: b.ParentHash, Time: b.Time}
}

// blockBy asks for a block by a label, a number or a hash.
func blockBy(ctx context.Context, client *rpc.Client, which any, full bool) (*block, error) {
	method := "eth_getBlockByNumber"
	switch w := which.(type) {
	case common.Hash:
		method = "eth_getBlockByHash"
	case uint64:
		which = hexutil.Uint64(w)
	}
	raw, err := ask(ctx, client, method, which, full)
	if err != nil {
		return nil, err
	}
	var header types.Header
	var rest struct {
		Hash common.Hash       `json:"hash"`
		Txs  []json.RawMessage `json:"transactions"`
	}
	if err := errors.Join(json.Unmarshal(raw, &header), json.Unmarshal(raw, &rest)); err != nil {
		return nil, fmt.Errorf("%s: %w", method, err)
	}
	b := &block{&header, header.Hash(), rest.Txs}
	switch w := which.(type) {
	case common.Hash:
		if b.hash != w {
			return nil, fmt.Errorf("asked for block %s, got %s", w, b.hash)
		}
	case hexutil.Uint64:
		if !header.Number.IsUint64() || header.Number.Uint64() != uint64(w) {
			return nil, fmt.Errorf("asked for block %d, got %d", uint64(w), header.Number)
		}
	}
	switch {
	case !header.Number.IsUint64():
		return nil, fmt.Errorf("block number %d", header.Number)
	case b.hash != rest.Hash:
		return nil, fmt.Errorf("block %d says its hash is %s, and hashes to %s: it is altered, or of rules newer than this program",
			header.Number, rest.Hash, b.hash)
	}
	return b, nil
}

// ask gives a result that is not null. The error is an errNotThere if the endpoint says so by null, code or words.
func ask(ctx context.Context, client *rpc.Client, method string, args ...any) (json.RawMessage, error) {
	var raw json.RawMessage
	if err := client.CallContext(ctx, &raw, method, args...); err != nil {
		if answered(err) && !methodMissing(err) && saysNotThere(err) {
			return nil, fmt.Errorf("%s: %w", method, errNotThere)
		}
		return nil, fmt.Errorf("%s: %w", method, err)
	}
	switch {
	case len(raw) == 0 || bytes.Equal(raw, []byte("null")):
		return nil, fmt.Errorf("%s: %w", method, errNotThere)
	case len(raw) > maxAnswer: // over IPC nothing else bounds it
		return nil, fmt.Errorf("%s: %w", method, tooLargeError{})
	}
	return raw, nil
}

// saysNotThere recognises a missing block or history: execution-apis have codes for it, clients mostly words.
func saysNotThere(err error) bool {
	const unknownBlock, prunedHistory = -39001, 4444
	var coded rpc.Error
	if errors.As(err, &coded) && (coded.ErrorCode() == unknownBlock || coded.ErrorCode() == prunedHistory) {
		return true
	}
	words := strings.ToLower(err.Error())
	for _, word := range []string{"not found", "unknown block", "pruned", "missing trie node", "not available", "unavailable"} {
		if strings.Contains(words, word) {
			return true
		}
	}
	return false
}

// receiptsOf asks for the receipts of a block and checks them against its header.
func receiptsOf(ctx context.Context, client *rpc.Client, b *block) error {
	raw, err := ask(ctx, client, "eth_getBlockReceipts", b.hash)
	if err != nil {
		return err
	}
	var receipts types.Receipts
	if err := json.Unmarshal(raw, &receipts); err != nil {
		return fmt.Errorf("read receipts: %w", err)
	}
	for _, r := range receipts {
		if r == nil {
			return errors.New("a receipt is null")
		}
		for _, l := range r.Logs {
			if l == nil {
				return errors.New("a log is null")
			}
		}
		if r.Type > types.SetCodeTxType {
			return nil // of a type that this program cannot encode, so there is nothing to compare
		}
		r.PostState = nil
	}
	if len(receipts) == 0 && len(b.txs) > 0 {
		return errNotThere // an empty list instead
	}
	if root := types.DeriveSha(receipts, trie.NewStackTrie(nil)); root != b.ReceiptHash {
		return fmt.Errorf("the receipts of block %d have root %s, its header says %s", b.Number, root, b.ReceiptHash)
	}
	return nil
}

// oldest looks by bisection for the lowest number from which on something is there, given that it is not at low and is at
// high. It stops where it stands when ctx ends or has errs, or after some steps: the answer is then too high.
func oldest(ctx context.Context, low, high uint64, has func(context.Context, uint64) (bool, error)) uint64 {
	const steps = 12
	for range steps {
		if high-low < 2 {
			break
		}
		middle := low + (high-low)/2
		there, err := has(ctx, middle)
		switch {
		case err != nil:
			return high
		case there:
			high = middle
		default:
			low = middle
		}
	}
	return high
}
