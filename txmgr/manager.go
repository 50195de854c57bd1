package txmgr

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/big"
	"sync/atomic"
	"time"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/core/types"
)

// Errors with which a candidate can end. Only after ErrOutstanding may it still be included.
var (
	// ErrNonceTaken: a transaction that is not the candidate used its nonce. The candidate can be sent again.
	ErrNonceTaken = errors.New("nonce was used by another transaction")
	// ErrNotAccepted: no pool ever accepted the candidate; the pool's last answer is in the text. It can be sent again.
	ErrNotAccepted = errors.New("transaction was accepted by no pool")
	// ErrInvalidCandidate: the candidate itself is at fault. Sending it again does not help.
	ErrInvalidCandidate = errors.New("invalid candidate")
	// ErrQueueBroken: an earlier candidate of the same Queue ended with an error, so this one was not sent.
	ErrQueueBroken = errors.New("an earlier transaction of the queue was not included")
	// ErrOutstanding: the waiting ended before the transaction did; it may yet be included.
	ErrOutstanding = errors.New("transaction is still out")
	// ErrStopped: the Manager has stopped.
	ErrStopped = errors.New("transaction manager has stopped")
	// ErrFeeLimit: the market or the pool asks for more than the configuration allows (Status.LastError).
	ErrFeeLimit = errors.New("fee limit reached")

	errVersions = fmt.Errorf("%w: %d versions were made", ErrFeeLimit, maxVersions)
)

// Result is how a candidate ended. Exactly one of the two is set. A receipt may say that execution failed
// (types.ReceiptStatusFailed); the data is on L1 all the same.
type Result struct {
	Receipt *types.Receipt
	Err     error
}

// Manager sends the transactions of one account. See the package comment for its rules. Its methods may be called
// from any goroutine; all state belongs to the goroutine of Run.
type Manager struct {
	cfg           Config
	client        Client
	sign          Signer
	seal          sealer
	log           *slog.Logger
	chainID       *big.Int
	cellProofTime uint64

	in      chan *request // Queue.Send to prepare
	ready   chan *request // prepare to Run
	settled chan struct{}
	stopped chan struct{}
	status  atomic.Pointer[Status]
}

// request is a candidate on its way through the Manager.
type request struct {
	ctx    context.Context //nolint:containedctx // the caller's, in force until the candidate is broadcast
	cand   Candidate
	queue  *Queue
	result chan Result // buffered: 1

	err     error // of the preparation
	sidecar *types.BlobTxSidecar
	hashes  []common.Hash
	tries   uint64 // gas estimates
}

// New asks the endpoint for its chain ID and makes a Manager that sends nothing until Run.
func New(ctx context.Context, cfg Config, client Client, sign Signer, log *slog.Logger) (*Manager, error) {
	return newManager(ctx, cfg, client, sign, log, sealBlobs)
}

func newManager(ctx context.Context, cfg Config, client Client, sign Signer, log *slog.Logger, seal sealer) (*Manager, error) {
	if err := cfg.Validate(); err != nil {
		return nil, fmt.Errorf("check txmgr config: %w", err)
	}
	ctx, cancel := context.WithTimeout(ctx, cfg.NetworkTimeout)
	defer cancel()
	id, err := client.ChainID(ctx)
	if err != nil {
		return nil, fmt.Errorf("get L1 chain ID: %w", err)
	}
	m := &Manager{
		cfg: cfg, client: client, sign: sign, seal: seal, log: log, chainID: id,
		cellProofTime: cellProofTime(cfg.CellProofTime, id),
		in:            make(chan *request),
		ready:         make(chan *request),
		settled:       make(chan struct{}),
		stopped:       make(chan struct{}),
	}
	m.status.Store(&Status{SpentWei: new(big.Int)})
	return m, nil
}

// Run does all the work until ctx ends. Then every candidate gets its Result (ErrStopped, and ErrOutstanding where it
// was broadcast), no transaction is cancelled, and Run returns nil. It must be called once.
func (m *Manager) Run(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	prepared := make(chan struct{})
	go func() {
		defer close(prepared)
		m.prepare(ctx)
	}()
	l := newLane(m)
	l.run(ctx)
	cancel()
	close(m.stopped)
	<-prepared
	l.stop()
	return nil
}

// prepare computes sidecars ahead of the lane, one candidate at a time, in order.
func (m *Manager) prepare(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case r := <-m.in:
			r.err = r.cand.check()
			if r.err == nil && len(r.cand.Blobs) > 0 && r.ctx.Err() == nil {
				r.sidecar, r.err = m.seal(ctx, r.cand.Blobs, uint64(time.Now().Unix()) >= m.cellProofTime)
			}
			if r.sidecar != nil {
				r.hashes = r.sidecar.BlobHashes()
			}
			select {
			case <-ctx.Done():
				r.result <- Result{Err: ErrStopped}
				return
			case m.ready <- r:
			}
		}
	}
}

// Settled is closed when no transaction of a previous run is pending any more. What the account has sent before can
// be read from L1 from then on; until then candidates wait.
func (m *Manager) Settled() <-chan struct{} { return m.settled }

// Send gets one candidate included and returns its receipt when it is NumConfirmations deep. If ctx (or SendTimeout)
// ends first, the error wraps ErrOutstanding unless the candidate surely will not be sent.
func (m *Manager) Send(ctx context.Context, c Candidate) (*types.Receipt, error) {
	if m.cfg.SendTimeout > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, m.cfg.SendTimeout)
		defer cancel()
	}
	result, err := m.NewQueue().Send(ctx, c)
	if err != nil {
		return nil, err
	}
	select {
	case r := <-result:
		return r.Receipt, r.Err
	case <-ctx.Done():
	}
	select {
	case r := <-result:
		return r.Receipt, r.Err
	default:
		return nil, fmt.Errorf("%w: %w", ErrOutstanding, context.Cause(ctx))
	}
}

// Queue is an ordered stream of candidates: their nonces rise in the order of the calls of Send. The first one that
// ends with an error breaks the queue: everything behind it that has no nonce yet ends with ErrQueueBroken, as does
// everything sent later, so that nothing lands on L1 after a hole the caller does not know of. What has been
// broadcast behind it keeps going. The caller goes on with a new Queue.
type Queue struct {
	m      *Manager
	broken atomic.Pointer[error] // written by the lane
}

// NewQueue makes a queue. It costs nothing and needs no closing.
func (m *Manager) NewQueue() *Queue { return &Queue{m: m} }

// Send hands a candidate over and returns where its Result will appear, exactly once. It blocks while MaxPendingTx
// transactions are unconfirmed and two more candidates wait, or until ctx ends. ctx stays in force until the
// candidate is first broadcast.
func (q *Queue) Send(ctx context.Context, c Candidate) (<-chan Result, error) {
	if err := q.broken.Load(); err != nil {
		return nil, fmt.Errorf("%w: %s", ErrQueueBroken, (*err).Error())
	}
	r := &request{ctx: ctx, cand: c, queue: q, result: make(chan Result, 1)}
	select {
	case <-q.m.stopped:
		return nil, ErrStopped
	case <-ctx.Done():
		return nil, fmt.Errorf("queue transaction: %w", context.Cause(ctx))
	case q.m.in <- r:
		return r.result, nil
	}
}

// Status is a snapshot of the Manager for people and metrics. It is never written to once published.
type Status struct {
	Settled     bool      // nothing of a previous run is pending
	Head        uint64    // L1 block of the last look
	Pending     int       // candidates with a nonce, not yet confirmed
	Fillers     int       // self-transfers that close a gap
	NextNonce   uint64    // the next candidate's
	Confirmed   uint64    // candidates that ended with a receipt
	Failed      uint64    // candidates that ended with an error
	Bumps       uint64    // raises of a price
	SpentWei    *big.Int  // fees of our mined transactions
	LastError   string    // the last thing that went wrong
	LastErrorAt time.Time // when
}

// Status returns the last snapshot. It never blocks.
func (m *Manager) Status() *Status { return m.status.Load() }
