package l1

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/core/types"
	"github.com/ethereum/go-ethereum/trie"

	"github.com/cairn-rollup/cairn/rollup"
)

// blockAnswer is an answer to eth_getBlockBy… without the header. Transactions are objects or hashes, as asked for.
type blockAnswer struct {
	Hash         *common.Hash      `json:"hash"`
	Transactions []json.RawMessage `json:"transactions"`
	Withdrawals  types.Withdrawals `json:"withdrawals"`
}

// readHeader reads a block answer and checks that the header hashes to the hash that the answer claims, or takes its word
// for it.
func readHeader(answer []byte, trust bool) (*header, *blockAnswer, error) {
	h := header{Header: new(types.Header)}
	if err := json.Unmarshal(answer, h.Header); err != nil {
		return nil, nil, fmt.Errorf("read header: %w", err)
	}
	var rest blockAnswer
	if err := json.Unmarshal(answer, &rest); err != nil {
		return nil, nil, fmt.Errorf("read block: %w", err)
	}
	if rest.Hash == nil {
		return nil, nil, errors.New("read header: no hash")
	}
	if !h.Number.IsUint64() {
		return nil, nil, fmt.Errorf("read header: block number %s", h.Number)
	}
	if trust {
		h.hash = *rest.Hash
		return &h, &rest, nil
	}
	if h.hash = h.Hash(); h.hash != *rest.Hash {
		return nil, nil, mismatch(&h, MismatchBlockHash, h.hash, *rest.Hash)
	}
	return &h, &rest, nil
}

// txList is the transactions of a block, for the computation of their root. A transaction in raw is counted by its raw
// bytes; it may be nil in txs, which means that nothing more is known of it.
type txList struct {
	txs types.Transactions
	raw map[int][]byte
}

func (l *txList) Len() int { return len(l.txs) }

func (l *txList) EncodeIndex(i int, w *bytes.Buffer) {
	if raw, ok := l.raw[i]; ok {
		w.Write(raw)
		return
	}
	l.txs.EncodeIndex(i, w)
}

// blockBody is what a block answer carries besides the header.
type blockBody struct {
	list        txList
	withdrawals types.Withdrawals
	unread      []unreadTx
}

// unreadTx is a transaction that has to be asked for in its encoded form.
type unreadTx struct {
	index int
	hash  common.Hash // as claimed; what is fetched by it is covered by the transactions root
}

// readBody reads the transactions of an answer that has them in full.
func readBody(in *blockAnswer) (*blockBody, error) {
	body := &blockBody{
		list:        txList{txs: make(types.Transactions, len(in.Transactions)), raw: make(map[int][]byte)},
		withdrawals: in.Withdrawals,
	}
	for i, text := range in.Transactions {
		var tx types.Transaction
		unreadable := json.Unmarshal(text, &tx)
		if unreadable == nil {
			body.list.txs[i] = &tx
			continue
		}
		var claim struct {
			Hash *common.Hash `json:"hash"`
		}
		if err := json.Unmarshal(text, &claim); err != nil || claim.Hash == nil {
			return nil, fmt.Errorf("read transaction %d, which has no hash either: %w", i, unreadable)
		}
		body.unread = append(body.unread, unreadTx{index: i, hash: *claim.Hash})
	}
	return body, nil
}

// setRaw puts the encoded form of a transaction in its place.
func (b *blockBody) setRaw(index int, raw []byte) error {
	if len(raw) == 0 {
		return fmt.Errorf("transaction %d is empty", index)
	}
	b.list.raw[index] = raw
	var tx types.Transaction
	err := tx.UnmarshalBinary(raw)
	switch {
	case err == nil:
		b.list.txs[index] = &tx
		return nil
	case errors.Is(err, types.ErrTxTypeNotSupported):
		return nil // stays nil: a type from the future
	}
	return fmt.Errorf("read transaction %d: %w", index, err)
}

// verifyBody checks transactions and withdrawals against the header's roots.
func verifyBody(h *header, body *blockBody) error {
	if root := types.DeriveSha(&body.list, trie.NewStackTrie(nil)); root != h.TxHash {
		return mismatch(h, MismatchTransactions, root, h.TxHash)
	}
	if h.WithdrawalsHash == nil {
		if len(body.withdrawals) != 0 {
			return &VerificationError{What: MismatchWithdrawals, Of: h.ref().String(), Got: "a list", Want: "none"}
		}
		return nil
	}
	if root := types.DeriveSha(body.withdrawals, trie.NewStackTrie(nil)); root != *h.WithdrawalsHash {
		return mismatch(h, MismatchWithdrawals, root, *h.WithdrawalsHash)
	}
	return nil
}

// receiptList encodes receipts for the root: as types.Receipts does, and those of unknown types like all typed ones.
type receiptList types.Receipts

func (l receiptList) Len() int { return len(l) }

func (l receiptList) EncodeIndex(i int, w *bytes.Buffer) {
	if l[i].Type <= types.SetCodeTxType || l[i].Type == types.DepositTxType {
		types.Receipts(l).EncodeIndex(i, w)
		return
	}
	if raw, err := l[i].MarshalBinary(); err == nil { // an error leaves nothing, which no root matches
		w.Write(raw)
	}
}

// readReceipts reads an answer to eth_getBlockReceipts and checks it against the header's receipts root, or trusts it.
func readReceipts(h *header, answer []byte, trust bool) (types.Receipts, error) {
	var receipts types.Receipts
	if err := json.Unmarshal(answer, &receipts); err != nil {
		return nil, fmt.Errorf("read receipts: %w", err)
	}
	for i, r := range receipts {
		if r == nil {
			return nil, fmt.Errorf("read receipts: receipt %d is null", i)
		}
		for j, l := range r.Logs {
			if l == nil {
				return nil, fmt.Errorf("read receipts: log %d of receipt %d is null", j, i)
			}
		}
		// The root commits to the post state instead of the status where there is one, and to any status but 0 as
		// success. Without these two a receipt could match the root and yet be read as failed.
		r.PostState = nil
		if r.Status > types.ReceiptStatusSuccessful {
			return nil, &VerificationError{
				What: MismatchReceiptStatus, Of: fmt.Sprintf("transaction %d of %s", i, h.ref()),
				Got: fmt.Sprint(r.Status), Want: "0 or 1",
			}
		}
	}
	if trust {
		return receipts, nil
	}
	if root := types.DeriveSha(receiptList(receipts), trie.NewStackTrie(nil)); root != h.ReceiptHash {
		return nil, mismatch(h, MismatchReceipts, root, h.ReceiptHash)
	}
	return receipts, nil
}

// bloomExcludes says whether the header proves that neither contract the rollup listens to has a log in the block.
func bloomExcludes(cfg *rollup.Config, header *types.Header) bool {
	return !types.BloomLookup(header.Bloom, cfg.DepositContractAddress) &&
		!types.BloomLookup(header.Bloom, cfg.L1SystemConfigAddress)
}

func mismatch(h *header, what Mismatch, got, want common.Hash) error {
	return &VerificationError{What: what, Of: h.ref().String(), Got: got.String(), Want: want.String()}
}
