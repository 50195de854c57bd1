package txmgr

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"log/slog"
	"math/big"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ethereum/go-ethereum"
	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/core/types"
	"github.com/ethereum/go-ethereum/crypto"
	"github.com/ethereum/go-ethereum/crypto/kzg4844"
	"github.com/ethereum/go-ethereum/ethclient"

	"github.com/cairn-rollup/cairn/eth"
)

var _ Client = (*ethclient.Client)(nil)

const gwei = 1_000_000_000

var (
	testKey, _ = crypto.ToECDSA(bytes.Repeat([]byte{7}, 32))
	testInbox  = common.HexToAddress("0xff00000000000000000000000000000000000901")
)

// modelL1 is an L1 with one account, one pool with geth's rules, and blocks on demand.
type modelL1 struct {
	mu      sync.Mutex
	chainID *big.Int
	blocks  []*modelBlock
	pool    map[uint64]*types.Transaction
	sent    []*types.Transaction // every version that reached SendTransaction, in order

	baseFee, blobFee, tip *big.Int
	minTip                *big.Int
	balance               *big.Int // nil: enough
	osaka                 bool
	perBlock              int // transactions of the account that fit into a block
	hidePending           bool
	estimateErr           error

	failCalls  int  // so many of the next calls fail
	failSends  int  // so many of the next sends fail without effect
	loseAnswer int  // so many of the next sends have their effect, but the answer is lost
	lag        int  // NonceAt answers for so many blocks before the head
	hang       bool // sends have their effect, but never answer
	calls      int
	attempts   []uint64 // nonces of all sends, with those that failed
}

type modelBlock struct {
	header *types.Header
	txs    []*types.Transaction
}

func newModelL1() *modelL1 {
	l := &modelL1{
		chainID: big.NewInt(900), pool: map[uint64]*types.Transaction{}, osaka: true, perBlock: 3,
		baseFee: big.NewInt(10 * gwei), blobFee: big.NewInt(gwei), tip: big.NewInt(gwei), minTip: big.NewInt(1),
	}
	l.mineLocked()
	return l
}

func (l *modelL1) mine() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.mineLocked()
}

func (l *modelL1) mineLocked() {
	h := &types.Header{
		Number: big.NewInt(int64(len(l.blocks))), BaseFee: new(big.Int).Set(l.baseFee), Time: uint64(len(l.blocks)),
		Extra: []byte{byte(len(l.sent)), byte(len(l.sent) >> 8)},
	}
	b := &modelBlock{header: h}
	for n := l.nonce(); len(b.txs) < l.perBlock; n++ {
		tx := l.pool[n]
		if tx == nil || tx.GasFeeCap().Cmp(l.baseFee) < 0 || tx.Type() == types.BlobTxType && tx.BlobGasFeeCap().Cmp(l.blobFee) < 0 {
			break
		}
		b.txs = append(b.txs, tx)
		delete(l.pool, n)
	}
	l.blocks = append(l.blocks, b)
}

// reorg takes blocks off. Their transactions return to the pool, as geth does it, or are forgotten.
func (l *modelL1) reorg(depth int, reinject bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	depth = min(depth, len(l.blocks)-1)
	gone := l.blocks[len(l.blocks)-depth:]
	l.blocks = l.blocks[:len(l.blocks)-depth]
	for _, b := range gone {
		for _, tx := range b.txs {
			if reinject && l.poolType(tx.Type()) {
				l.pool[tx.Nonce()] = tx
			}
		}
	}
	l.dropGapped()
}

// forget makes the pool lose a transaction.
func (l *modelL1) forget(nonce uint64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.pool, nonce)
	l.dropGapped()
}

// dropGapped keeps the rule of the blob pool: no gaps.
func (l *modelL1) dropGapped() {
	if !l.poolType(types.BlobTxType) {
		return
	}
	next := l.pendingNonce()
	for n := range l.pool {
		if n >= next {
			delete(l.pool, n)
		}
	}
}

// poolType says whether the pool would take another transaction of this type.
func (l *modelL1) poolType(kind uint8) bool {
	for _, tx := range l.pool {
		if (tx.Type() == types.BlobTxType) != (kind == types.BlobTxType) {
			return false
		}
	}
	return true
}

func (l *modelL1) nonce() (n uint64) {
	for _, b := range l.blocks {
		n += uint64(len(b.txs))
	}
	return n
}

func (l *modelL1) pendingNonce() uint64 {
	n := l.nonce()
	for l.pool[n] != nil {
		n++
	}
	return n
}

// included lists the calldata of the account's transactions in the canonical chain; self-transfers have none.
func (l *modelL1) included() (data []string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, b := range l.blocks {
		for _, tx := range b.txs {
			data = append(data, string(tx.Data()))
		}
	}
	return data
}

// pooled returns the pool's transaction at a nonce.
func (l *modelL1) pooled(nonce uint64) *types.Transaction {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.pool[nonce]
}

// inject puts a transaction into the pool past all rules: what another program with the same key did.
func (l *modelL1) inject(tx *types.Transaction) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.pool[tx.Nonce()] = tx
}

func (l *modelL1) set(f func()) {
	l.mu.Lock()
	defer l.mu.Unlock()
	f()
}

func (l *modelL1) enter() (func(), error) {
	l.mu.Lock()
	l.calls++
	if l.failCalls > 0 {
		l.failCalls--
		return l.mu.Unlock, errors.New("connection reset by peer")
	}
	return l.mu.Unlock, nil
}

func (l *modelL1) ChainID(context.Context) (*big.Int, error) { return l.chainID, nil }

func (l *modelL1) HeaderByNumber(_ context.Context, number *big.Int) (*types.Header, error) {
	leave, err := l.enter()
	defer leave()
	if err != nil || number != nil {
		return nil, errors.Join(err, errors.ErrUnsupported)
	}
	return l.blocks[len(l.blocks)-1].header, nil
}

func (l *modelL1) NonceAt(_ context.Context, _ common.Address, number *big.Int) (n uint64, err error) {
	leave, err := l.enter()
	defer leave()
	upTo := len(l.blocks) - l.lag
	if number != nil {
		upTo = min(int(number.Int64())+1, len(l.blocks))
	}
	for _, b := range l.blocks[:max(upTo, 0)] {
		n += uint64(len(b.txs))
	}
	return n, err
}

func (l *modelL1) PendingNonceAt(context.Context, common.Address) (uint64, error) {
	leave, err := l.enter()
	defer leave()
	if l.hidePending {
		return l.nonce(), err
	}
	return l.pendingNonce(), err
}

func (l *modelL1) SuggestGasTipCap(context.Context) (*big.Int, error) {
	leave, err := l.enter()
	defer leave()
	return new(big.Int).Set(l.tip), err
}

func (l *modelL1) BlobBaseFee(context.Context) (*big.Int, error) {
	leave, err := l.enter()
	defer leave()
	return new(big.Int).Set(l.blobFee), err
}

func (l *modelL1) EstimateGas(_ context.Context, msg ethereum.CallMsg) (uint64, error) {
	leave, err := l.enter()
	defer leave()
	return 21000 + 40*uint64(len(msg.Data)), errors.Join(err, l.estimateErr)
}

func (l *modelL1) TransactionReceipt(_ context.Context, hash common.Hash) (*types.Receipt, error) {
	leave, err := l.enter()
	defer leave()
	if err != nil {
		return nil, err
	}
	for _, b := range l.blocks {
		for _, tx := range b.txs {
			if tx.Hash() == hash {
				return &types.Receipt{
					Status: 1, TxHash: hash, BlockNumber: b.header.Number, BlockHash: b.header.Hash(),
					GasUsed: 21000, EffectiveGasPrice: b.header.BaseFee,
				}, nil
			}
		}
	}
	return nil, ethereum.NotFound
}

func (l *modelL1) SendTransaction(ctx context.Context, tx *types.Transaction) error {
	if l.hang {
		l.inject(tx)
		<-ctx.Done()
		return ctx.Err()
	}
	leave, err := l.enter()
	defer leave()
	if err != nil {
		return err
	}
	l.attempts = append(l.attempts, tx.Nonce())
	if l.failSends > 0 {
		l.failSends--
		return errors.New("502 Bad Gateway")
	}
	err = l.add(tx)
	l.sent = append(l.sent, tx)
	if l.loseAnswer > 0 {
		l.loseAnswer--
		return context.DeadlineExceeded
	}
	return err
}

// add has the rules of geth's pools, in their order and with their words.
func (l *modelL1) add(tx *types.Transaction) error {
	blob := tx.Type() == types.BlobTxType
	if blob {
		want := byte(0)
		if l.osaka {
			want = 1
		}
		if sc := tx.BlobTxSidecar(); sc == nil {
			return errors.New("missing sidecar in blob transaction")
		} else if sc.Version != want {
			return fmt.Errorf("unexpected sidecar version, want: %d, got: %d", want, sc.Version)
		} else if err := sc.ValidateBlobCommitmentHashes(tx.BlobHashes()); err != nil {
			return err
		}
	}
	if tx.GasTipCap().Cmp(l.minTip) < 0 {
		return fmt.Errorf("transaction gas price below minimum: gas tip cap %v, minimum needed %v", tx.GasTipCap(), l.minTip)
	}
	if tx.Nonce() < l.nonce() {
		return fmt.Errorf("nonce too low: next nonce %d, tx nonce %d", l.nonce(), tx.Nonce())
	}
	old := l.pool[tx.Nonce()]
	if old != nil && old.Hash() == tx.Hash() {
		return errors.New("already known")
	}
	if !l.poolType(tx.Type()) {
		return errors.New("address already reserved")
	}
	if blob && tx.Nonce() > l.pendingNonce() {
		return fmt.Errorf("nonce too high: tx nonce %d, gapped nonce %d", tx.Nonce(), l.pendingNonce())
	}
	if l.balance != nil && l.balance.Cmp(tx.Cost()) < 0 {
		return fmt.Errorf("insufficient funds for gas * price + value: balance %v, tx cost %v", l.balance, tx.Cost())
	}
	if old != nil {
		percent := big.NewInt(110)
		if blob {
			percent = big.NewInt(200)
		}
		for _, x := range [][2]*big.Int{
			{old.GasFeeCap(), tx.GasFeeCap()}, {old.GasTipCap(), tx.GasTipCap()}, {old.BlobGasFeeCap(), tx.BlobGasFeeCap()},
		} {
			if x[0] == nil {
				continue
			}
			least := new(big.Int).Div(new(big.Int).Mul(x[0], percent), big.NewInt(100))
			if x[1].Cmp(x[0]) <= 0 || x[1].Cmp(least) < 0 {
				return errors.New("replacement transaction underpriced")
			}
		}
	}
	l.pool[tx.Nonce()] = tx
	return nil
}

// stubSeal stands for the KZG computation, which is tested by itself.
func stubSeal(_ context.Context, blobs []*eth.Blob, cellProofs bool) (*types.BlobTxSidecar, error) {
	sc := emptySidecar(cellProofs)
	proofs := sc.Proofs
	sc.Blobs, sc.Commitments, sc.Proofs = nil, nil, nil
	for _, b := range blobs {
		sum := sha256.Sum256(b[:64])
		sc.Blobs = append(sc.Blobs, kzg4844.Blob(*b))
		sc.Commitments = append(sc.Commitments, kzg4844.Commitment(slices.Concat(sum[:], sum[:16])))
		sc.Proofs = append(sc.Proofs, proofs...)
	}
	return sc, nil
}

// world is a Manager at work on a modelL1, inside a synctest bubble.
type world struct {
	*testing.T
	l1   *modelL1
	m    *Manager
	stop func() // ends Run and waits for it
}

func testConfig() Config {
	c := DefaultConfig()
	_, c.From = PrivateKeySigner(testKey)
	c.NumConfirmations = 3
	c.MaxPendingTx = 4
	return c
}

func newWorld(t *testing.T, l1 *modelL1, edit func(*Config)) *world {
	t.Helper()
	cfg := testConfig()
	if edit != nil {
		edit(&cfg)
	}
	sign, _ := PrivateKeySigner(testKey)
	m, err := newManager(t.Context(), cfg, l1, sign, slog.New(slog.DiscardHandler), stubSeal)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		if err := m.Run(ctx); err != nil {
			t.Error(err)
		}
	}()
	w := &world{T: t, l1: l1, m: m, stop: func() { cancel(); <-done }}
	t.Cleanup(w.stop)
	return w
}

// inBubble runs a test on a fresh L1, in fake time.
func inBubble(t *testing.T, edit func(*Config), f func(*world)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		f(newWorld(t, newModelL1(), edit))
	})
}

// slots lets n L1 slots of 12 s pass, each with a block at its end.
func (w *world) slots(n int) {
	for range n {
		w.pass(12 * time.Second)
		w.l1.mine()
		synctest.Wait()
	}
}

func (w *world) pass(d time.Duration) {
	<-time.After(d) // fake time: inside a synctest bubble this only moves the clock
	synctest.Wait()
}

// queue sends candidates through q and returns their results.
func (w *world) queue(q *Queue, cands ...Candidate) (results []<-chan Result) {
	w.Helper()
	for _, c := range cands {
		r, err := q.Send(w.Context(), c)
		if err != nil {
			w.Fatalf("queue: %v", err)
		}
		results = append(results, r)
	}
	synctest.Wait()
	return results
}

// receipt wants a result that is a receipt, now.
func (w *world) receipt(r <-chan Result) *types.Receipt {
	w.Helper()
	select {
	case res := <-r:
		if res.Err != nil || res.Receipt == nil {
			w.Fatalf("result: %+v, want a receipt", res)
		}
		return res.Receipt
	default:
		w.Fatalf("no result yet, want a receipt; status %+v", *w.m.Status())
		return nil
	}
}

// failure wants a result that is an error of a kind, now.
func (w *world) failure(r <-chan Result, want error) {
	w.Helper()
	select {
	case res := <-r:
		if !errors.Is(res.Err, want) || res.Receipt != nil {
			w.Fatalf("result: %+v, want %v", res, want)
		}
	default:
		w.Fatalf("no result yet, want %v; status %+v", want, *w.m.Status())
	}
}

// open wants no result yet.
func (w *world) open(r <-chan Result) {
	w.Helper()
	select {
	case res := <-r:
		w.Fatalf("result too early: %+v", res)
	default:
	}
}

// settled wants Settled to be closed, now.
func (w *world) settled() {
	w.Helper()
	select {
	case <-w.m.Settled():
	default:
		w.Fatalf("not settled; status %+v, pool %v", *w.m.Status(), w.l1.pool)
	}
}

// landed wants exactly these calldatas on L1, in order.
func (w *world) landed(want ...string) {
	w.Helper()
	if got := w.l1.included(); !slices.Equal(got, want) {
		w.Fatalf("on L1: %q, want %q", got, want)
	}
}

func normal(name string) Candidate { return Candidate{To: &testInbox, Data: []byte(name)} }

func blobs(name string) Candidate {
	b := new(eth.Blob)
	copy(b[1:], name)
	return Candidate{To: &testInbox, Data: []byte(name), Blobs: []*eth.Blob{b}}
}

// foreign is a transaction by the same key that the Manager knows nothing of.
func foreign(nonce uint64, feeGwei int64, blob bool) *types.Transaction {
	fee := big.NewInt(feeGwei * gwei)
	f, c, hashes := fees{tip: big.NewInt(gwei), feeCap: fee}, normal(fmt.Sprintf("foreign%d", nonce)), []common.Hash(nil)
	c.GasLimit = 30000
	sc := emptySidecar(true)
	if blob {
		f.blobCap, hashes = fee, sc.BlobHashes()
	}
	tx, err := unsignedTx(big.NewInt(900), nonce, f, c, hashes)
	if err != nil {
		panic(err)
	}
	tx, err = types.SignTx(tx, types.LatestSignerForChainID(tx.ChainId()), testKey)
	if err != nil {
		panic(err)
	}
	if blob {
		tx = tx.WithBlobTxSidecar(sc)
	}
	return tx
}
