package txmgr

import (
	"errors"
	"fmt"
	"math"
	"math/big"
	"time"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/params"
)

// CellProofsAuto lets the L1 chain ID decide when blobs get cell proofs. On a chain that is not known they do, and the
// answer of the pool corrects that.
const CellProofsAuto = math.MaxUint64

// maxPendingTx is the number of blob transactions that geth's pool holds for one account.
const maxPendingTx = 16

// Config holds the settings of a Manager. Prices are in wei per gas. Start from DefaultConfig; the zero value is not
// valid. The flag of op-batcher stands behind each field.
type Config struct {
	// From is the account that sends; whatever the Signer returns must be signed by it.
	From common.Address

	// MaxPendingTx bounds the transactions that hold a nonce and are not yet confirmed; 1 to 16 (--max-pending-tx).
	MaxPendingTx uint64
	// NumConfirmations is the depth at which a transaction counts; 1 means in the head block (--num-confirmations).
	NumConfirmations uint64
	// SafeAbortNonceTooLowCount is how often in a row the nonce has to be found used at depth, without a receipt of
	// ours, before a transaction is given up (--safe-abort-nonce-too-low-count).
	SafeAbortNonceTooLowCount uint64

	// FeeLimitMultiplier bounds each cap to that multiple of what the market asks for now (--fee-limit-multiplier).
	FeeLimitMultiplier uint64
	// FeeLimitThreshold frees caps up to it from the limit; nil or zero limits always (--txmgr.fee-limit-threshold).
	FeeLimitThreshold *big.Int
	// MinTipCap is the least tip offered (--txmgr.min-tip-cap).
	MinTipCap *big.Int
	// MaxTipCap is the highest tip ever offered; nil or zero means no maximum (--txmgr.max-tip-cap).
	MaxTipCap *big.Int
	// MinBaseFee is the least base fee reckoned with (--txmgr.min-basefee).
	MinBaseFee *big.Int
	// MaxBaseFee is the highest base fee ever reckoned with; nil or zero means no maximum (--txmgr.max-basefee).
	MaxBaseFee *big.Int
	// MinBlobFee is the least blob fee cap offered (a constant of op-batcher).
	MinBlobFee *big.Int

	// RebroadcastInterval is how often a waiting transaction is sent again unchanged (--txmgr.rebroadcast-interval).
	RebroadcastInterval time.Duration
	// ResubmissionTimeout is how long a price may fail before it is raised (--resubmission-timeout).
	ResubmissionTimeout time.Duration
	// ReceiptQueryInterval is the time between two looks at L1 while nothing is urgent (--txmgr.receipt-query-interval).
	ReceiptQueryInterval time.Duration
	// NetworkTimeout bounds each call to L1 and to the signer (--network-timeout).
	NetworkTimeout time.Duration
	// RetryInterval is the time between two looks at L1 after something went wrong (--txmgr.retry-interval).
	RetryInterval time.Duration
	// MaxRetries bounds gas estimates of a candidate, and fast resends of a transaction (--txmgr.max-retries).
	MaxRetries uint64
	// SendTimeout bounds Manager.Send; zero means no bound (--txmgr.send-timeout).
	SendTimeout time.Duration
	// NotInMempoolTimeout gives a candidate back that no pool ever accepted (--txmgr.not-in-mempool-timeout).
	NotInMempoolTimeout time.Duration

	// AlreadyPublishedCustomErrs are further texts by which an endpoint says that it has the transaction
	// (--txmgr.already-published-custom-errs).
	AlreadyPublishedCustomErrs []string
	// CellProofTime is the L1 time, in seconds since 1970, from which blobs carry cell proofs: Osaka's. 0 means
	// always, CellProofsAuto asks the chain ID (--txmgr.cell-proof-time).
	CellProofTime uint64
}

// DefaultConfig returns op-batcher's defaults. From is left to the caller.
func DefaultConfig() Config {
	gwei := func(n int64) *big.Int { return new(big.Int).Mul(big.NewInt(n), big.NewInt(params.GWei)) }
	return Config{
		MaxPendingTx:              1,
		NumConfirmations:          10,
		SafeAbortNonceTooLowCount: 3,
		FeeLimitMultiplier:        5,
		FeeLimitThreshold:         gwei(100),
		MinTipCap:                 gwei(1),
		MinBaseFee:                gwei(1),
		MinBlobFee:                gwei(1),
		RebroadcastInterval:       12 * time.Second,
		ResubmissionTimeout:       48 * time.Second,
		ReceiptQueryInterval:      12 * time.Second,
		NetworkTimeout:            10 * time.Second,
		RetryInterval:             time.Second,
		MaxRetries:                10,
		NotInMempoolTimeout:       2 * time.Minute,
		CellProofTime:             CellProofsAuto,
	}
}

// Validate says which fields are unusable, what they are, and what they may be.
func (c *Config) Validate() error {
	var errs []error
	bad := func(field string, value any, fix string) {
		errs = append(errs, fmt.Errorf("%s = %v: %s", field, value, fix))
	}
	if c.From == (common.Address{}) {
		bad("From", c.From, "set the address of the signer's key")
	}
	if c.MaxPendingTx < 1 || c.MaxPendingTx > maxPendingTx {
		bad("MaxPendingTx", c.MaxPendingTx, fmt.Sprintf("use 1 to %d, a pool holds no more blob transactions of an account", maxPendingTx))
	}
	if c.NumConfirmations < 1 || c.NumConfirmations > 100 {
		bad("NumConfirmations", c.NumConfirmations, "use 1 (head) to 100, L1 nodes forget older state")
	}
	if c.SafeAbortNonceTooLowCount < 1 {
		bad("SafeAbortNonceTooLowCount", c.SafeAbortNonceTooLowCount, "use at least 1")
	}
	if c.FeeLimitMultiplier < 1 || c.FeeLimitMultiplier > math.MaxInt64 {
		bad("FeeLimitMultiplier", c.FeeLimitMultiplier, "use at least 1, 5 is usual; a blob transaction needs 2 to be replaced")
	}
	for _, f := range []struct {
		name  string
		value *big.Int
		need  bool
	}{
		{"FeeLimitThreshold", c.FeeLimitThreshold, false},
		{"MinTipCap", c.MinTipCap, true},
		{"MaxTipCap", c.MaxTipCap, false},
		{"MinBaseFee", c.MinBaseFee, true},
		{"MaxBaseFee", c.MaxBaseFee, false},
		{"MinBlobFee", c.MinBlobFee, true},
	} {
		switch {
		case f.value == nil && f.need:
			bad(f.name, f.value, "set it, 0 is allowed")
		case f.value != nil && f.value.Sign() < 0:
			bad(f.name, f.value, "use 0 or more wei")
		}
	}
	if isSet(c.MaxTipCap) && c.MinTipCap != nil && c.MaxTipCap.Cmp(c.MinTipCap) < 0 {
		bad("MaxTipCap", c.MaxTipCap, fmt.Sprintf("use 0 (no maximum) or at least MinTipCap, %v", c.MinTipCap))
	}
	if isSet(c.MaxBaseFee) && c.MinBaseFee != nil && c.MaxBaseFee.Cmp(c.MinBaseFee) < 0 {
		bad("MaxBaseFee", c.MaxBaseFee, fmt.Sprintf("use 0 (no maximum) or at least MinBaseFee, %v", c.MinBaseFee))
	}
	for _, d := range []struct {
		name  string
		value time.Duration
	}{
		{"RebroadcastInterval", c.RebroadcastInterval},
		{"ResubmissionTimeout", c.ResubmissionTimeout},
		{"ReceiptQueryInterval", c.ReceiptQueryInterval},
		{"NetworkTimeout", c.NetworkTimeout},
		{"RetryInterval", c.RetryInterval},
		{"NotInMempoolTimeout", c.NotInMempoolTimeout},
	} {
		if d.value <= 0 {
			bad(d.name, d.value, "use more than 0s")
		}
	}
	if c.SendTimeout < 0 {
		bad("SendTimeout", c.SendTimeout, "use 0s (never) or more")
	}
	if c.MaxRetries < 1 {
		bad("MaxRetries", c.MaxRetries, "use at least 1")
	}
	return errors.Join(errs...)
}

// isSet tells a bound from the two ways to say that there is none.
func isSet(x *big.Int) bool { return x != nil && x.Sign() > 0 }
