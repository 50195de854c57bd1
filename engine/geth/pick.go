package geth

import (
	"container/heap"
	"context"
	"errors"
	"time"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/consensus/misc/eip4844"
	"github.com/ethereum/go-ethereum/core"
	"github.com/ethereum/go-ethereum/core/txpool"
	"github.com/ethereum/go-ethereum/core/types"
	"github.com/ethereum/go-ethereum/params"
	"github.com/holiman/uint256"
)

// pick fills the block from the pool: best tip first, each account in the order of its nonces. A transaction that does
// not fit or fails takes the rest of its account with it; the others go on. Only an end of ctx is an error, and leaves
// the block as it is, to be gone on with.
func (b *building) pick(ctx context.Context) error {
	end := time.Now().Add(b.order.PickFor)
	queue := newQueue(b.pending(), uint256.MustFromBig(b.header.BaseFee))
	for lazy := queue.first(); lazy != nil; lazy = queue.first() {
		if err := ctx.Err(); err != nil {
			return err
		}
		if b.gas.Gas() < params.TxGas || b.order.PickFor > 0 && time.Now().After(end) {
			return nil
		}
		tx := b.fitting(lazy)
		if tx == nil {
			queue.drop()
			continue
		}
		switch err := b.apply(tx); {
		case err == nil, errors.Is(err, core.ErrNonceTooLow): // too low: the pool has not seen the head yet
			queue.next()
		default:
			queue.drop()
		}
	}
	return nil
}

// candidates are transactions of the pool by account, in order of nonces.
type candidates map[common.Address][]*txpool.LazyTransaction

// pending are the executable transactions of the pool that can pay for this block.
func (b *building) pending() candidates {
	cfg, pool := b.chain.rules, b.chain.backend.TxPool()
	osaka := cfg.IsOsaka(b.header.Number, b.header.Time)
	filter := txpool.PendingFilter{
		MinTip:  uint256.NewInt(minTip),
		BaseFee: uint256.MustFromBig(b.header.BaseFee),
	}
	if osaka {
		filter.GasLimitCap = params.MaxTxGas // EIP-7825
	}
	found, _ := pool.Pending(filter)
	pending := candidates(found)
	b.promote(pending)
	if b.maxBlobs == 0 {
		return pending
	}
	filter.BlobTxs = true
	filter.BlobFee = uint256.MustFromBig(eip4844.CalcBlobFee(cfg, b.header))
	if osaka {
		filter.BlobVersion = types.BlobSidecarVersion1
	}
	withBlobs, _ := pool.Pending(filter)
	for from, txs := range withBlobs { // an account is in one of the two pools only
		pending[from] = txs
	}
	return pending
}

// promote adds what directly follows the executable transactions in the pool's queue. op-geth moves new transactions up
// in the background, and forgets some of them until the block after next when a new head comes in between; a block has
// to have what was sent before it was begun.
func (b *building) promote(pending candidates) {
	pool := b.chain.backend.TxPool()
	if _, queued := pool.Stats(); queued == 0 {
		return
	}
	_, queued := pool.Content()
	for from, txs := range queued {
		next := b.state.GetNonce(from)
		if before := pending[from]; len(before) > 0 {
			last := before[len(before)-1].Resolve()
			if last == nil {
				continue
			}
			next = last.Nonce() + 1
		}
		for _, tx := range txs {
			if tx.Nonce() != next {
				break
			}
			pending[from] = append(pending[from], &txpool.LazyTransaction{
				Hash: tx.Hash(), Tx: tx, Time: tx.Time(), Gas: tx.Gas(),
				GasFeeCap: uint256.MustFromBig(tx.GasFeeCap()), GasTipCap: uint256.MustFromBig(tx.GasTipCap()),
			})
			next++
		}
	}
}

// fitting resolves a transaction if it can fit into what is left of the block.
func (b *building) fitting(lazy *txpool.LazyTransaction) *types.Transaction {
	if lazy.Gas > b.gas.Gas() || lazy.BlobGas > uint64(b.maxBlobs-b.blobs)*params.BlobTxBlobGasPerBlob {
		return nil
	}
	tx := lazy.Resolve() // nil: evicted meanwhile
	if tx == nil {
		return nil
	}
	size := tx.Size()
	if sidecar := tx.BlobTxSidecar(); sidecar != nil {
		size = tx.WithoutBlobTxSidecar().Size()
	}
	if b.size+size > maxTxBytes {
		return nil
	}
	return tx
}

// queue yields transactions of many accounts, best tip first.
type queue struct {
	accounts accounts
	baseFee  *uint256.Int
}

// account is what is left of one account; the tip is its first transaction's.
type account struct {
	txs []*txpool.LazyTransaction
	tip *uint256.Int // wei per gas
}

func newQueue(pending candidates, baseFee *uint256.Int) *queue {
	q := &queue{accounts: make(accounts, 0, len(pending)), baseFee: baseFee}
	for _, txs := range pending {
		if a, ok := q.account(txs); ok {
			q.accounts = append(q.accounts, a)
		}
	}
	heap.Init(&q.accounts)
	return q
}

// account is false when there is no transaction left, or the next does not pay the base fee and the smallest tip.
func (q *queue) account(txs []*txpool.LazyTransaction) (account, bool) {
	if len(txs) == 0 || txs[0].GasFeeCap.Lt(q.baseFee) {
		return account{}, false
	}
	tip := new(uint256.Int).Sub(txs[0].GasFeeCap, q.baseFee)
	if tip.Gt(txs[0].GasTipCap) {
		tip = txs[0].GasTipCap
	}
	return account{txs: txs, tip: tip}, !tip.LtUint64(minTip)
}

// first is the best transaction; nil when there is none left.
func (q *queue) first() *txpool.LazyTransaction {
	if len(q.accounts) == 0 {
		return nil
	}
	return q.accounts[0].txs[0]
}

// next goes on with the account of the first transaction.
func (q *queue) next() {
	a, ok := q.account(q.accounts[0].txs[1:])
	if !ok {
		q.drop()
		return
	}
	q.accounts[0] = a
	heap.Fix(&q.accounts, 0)
}

// drop leaves out the first transaction and all later ones of its account.
func (q *queue) drop() { heap.Pop(&q.accounts) }

// accounts is a heap: highest tip first, and the one seen first among equals.
type accounts []account

func (a accounts) Len() int      { return len(a) }
func (a accounts) Swap(i, j int) { a[i], a[j] = a[j], a[i] }
func (a accounts) Less(i, j int) bool {
	if c := a[i].tip.Cmp(a[j].tip); c != 0 {
		return c > 0
	}
	return a[i].txs[0].Time.Before(a[j].txs[0].Time)
}

func (a *accounts) Push(x any) { *a = append(*a, x.(account)) }

func (a *accounts) Pop() any {
	old := *a
	last := old[len(old)-1]
	old[len(old)-1] = account{}
	*a = old[:len(old)-1]
	return last
}
