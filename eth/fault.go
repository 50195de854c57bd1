package eth

import "errors"

// Fault is the short, stable name of what keeps a node waiting, for explain, metrics and alerts. It says who has to act,
// which the four answers of an engine and ErrNotFound, by which the node itself decides, do not. Whoever meets the trouble
// marks its error with WithFault; package obs has the sentence for people, and what to do.
type Fault string

// What an L1 execution endpoint can do wrong.
const (
	L1Unreachable     Fault = "l1-unreachable"      // no connection
	L1Slow            Fault = "l1-slow"             // no answer in time
	L1RateLimited     Fault = "l1-rate-limited"     // 429, or a JSON-RPC error that says so
	L1Unauthorized    Fault = "l1-unauthorized"     // 401, 403
	L1Error           Fault = "l1-error"            // any other error, or an answer that cannot be read
	L1Lying           Fault = "l1-lying"            // an answer contradicts the hash it is bound to
	L1Oversized       Fault = "l1-oversized"        // an answer exceeds what is read
	L1BlockMissing    Fault = "l1-block-missing"    // a block that its own head stands on is not there: pruned, or behind
	L1ReceiptsMissing Fault = "l1-receipts-missing" // the block is there, its receipts are not: pruned
	L1WrongChain      Fault = "l1-wrong-chain"      // another chain id than the rollup's L1
)

// What a beacon source can do wrong.
const (
	BeaconUnreachable  Fault = "beacon-unreachable"
	BeaconSlow         Fault = "beacon-slow"
	BeaconRateLimited  Fault = "beacon-rate-limited"
	BeaconUnauthorized Fault = "beacon-unauthorized"
	BeaconError        Fault = "beacon-error"
	BeaconLying        Fault = "beacon-lying" // a blob does not have the versioned hash asked for
	BeaconOversized    Fault = "beacon-oversized"
	BeaconWrongChain   Fault = "beacon-wrong-chain" // its genesis is later than the block asked for
	BlobsMissing       Fault = "blobs-missing"      // nobody has them: pruned, not kept, or not there yet
)

// What an execution engine can do wrong.
const (
	EngineUnreachable   Fault = "engine-unreachable"
	EngineSlow          Fault = "engine-slow"
	EngineUnauthorized  Fault = "engine-unauthorized"   // 401, 403: another JWT secret, or a clock that is wrong
	EngineError         Fault = "engine-error"          // any other error
	EngineSyncing       Fault = "engine-syncing"        // SYNCING, ACCEPTED: it has yet to catch up
	EngineRejectsBlock  Fault = "engine-rejects-block"  // INVALID
	EngineRejectsLabels Fault = "engine-rejects-labels" // -38002: head, safe and finalized contradict each other for it
	EngineForgotBlock   Fault = "engine-forgot-block"   // it had the block, and has it no more
	EngineLying         Fault = "engine-lying"          // it built another block than ordered, or a block hashes to something else
	EngineWrongChain    Fault = "engine-wrong-chain"    // another genesis block than the rollup's
	EnginePruned        Fault = "engine-pruned"         // the body of an old block that the start needs is not there
	EngineOutdated      Fault = "engine-outdated"       // it lacks a method or fork of this chain
	EngineBehind        Fault = "engine-behind"         // its head is below what it called finalized
)

// What is wrong in the node itself, or in what it was given.
const (
	StoreFailed      Fault = "store-failed"      // the disk cannot be written or read
	L2OriginMissing  Fault = "l2-origin-missing" // a block that must be canonical has an L1 origin that L1 does not have: wrong L1, or a deep reorg
	L1ReorgTooDeep   Fault = "l1-reorg-too-deep" // below the oldest snapshot: the node starts over
	DerivationHalted Fault = "derivation-halted" // the protocol has no way on
)

// faultError is an error with the name of what is wrong.
type faultError struct {
	fault Fault
	err   error
}

func (e *faultError) Error() string { return e.err.Error() }
func (e *faultError) Unwrap() error { return e.err }

// WithFault marks an error; its text and everything it wraps stay. A nil error stays nil.
func WithFault(fault Fault, err error) error {
	if err == nil {
		return nil
	}
	return &faultError{fault, err}
}

// FaultOf is the outermost mark of an error, "" if it has none.
func FaultOf(err error) Fault {
	var f *faultError
	if errors.As(err, &f) {
		return f.fault
	}
	return ""
}
