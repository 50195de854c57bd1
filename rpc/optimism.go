package rpc

import (
	"context"

	"github.com/cairn-rollup/cairn/eth"
	"github.com/cairn-rollup/cairn/rollup"
)

// Blocks reads the L2 chain.
type Blocks interface {
	PayloadByNumber(ctx context.Context, number uint64) (*eth.PayloadEnvelope, error)
}

// Optimism is the optimism_ namespace.
type Optimism struct {
	Config  *rollup.Config
	Sync    func() eth.SyncStatus
	Blocks  Blocks
	RefOf   func(*eth.ExecutionPayload) (eth.L2Ref, error)
	Storage StorageRoots
	Release string // version of the program

	// ProveStorageRoots asks Storage for blocks from Isthmus on too, whose header has the root. It needs an engine that keeps
	// state that old (op-node: --fetch-withdrawal-root-from-state).
	ProveStorageRoots bool

	// SafeHeadAt gives the safe head as of an L1 block, and the L1 block from which that is known; eth.ErrNotFound if nothing
	// is recorded so early. Nil if the node keeps no such record.
	SafeHeadAt func(l1 uint64) (l1Block, safeHead eth.BlockID, err error)

	DependencySet *DependencySet // nil: the chain reads no other's messages
}

// DependencySet names the chains whose messages a chain reads, itself among them.
type DependencySet struct {
	Dependencies                map[string]struct{} `json:"dependencies"`                          // by chain id, decimal
	OverrideMessageExpiryWindow uint64              `json:"overrideMessageExpiryWindow,omitempty"` // seconds; 0: the protocol's
}

// API is what goes into the server: the methods become optimism_*.
func (o Optimism) API() any { return &optimismAPI{o} }

type optimismAPI struct{ o Optimism }

// SyncStatus is optimism_syncStatus.
func (a *optimismAPI) SyncStatus(context.Context) (eth.SyncStatus, error) { return a.o.Sync(), nil }

// RollupConfig is optimism_rollupConfig.
func (a *optimismAPI) RollupConfig(context.Context) (*rollup.Config, error) { return a.o.Config, nil }

// DependencySet is optimism_dependencySet; "not found" if there is none, as op-node says it.
func (a *optimismAPI) DependencySet(context.Context) (*DependencySet, error) {
	if a.o.DependencySet == nil {
		return nil, eth.ErrNotFound
	}
	return a.o.DependencySet, nil
}

// Version is optimism_version.
func (a *optimismAPI) Version(context.Context) (string, error) { return a.o.Release, nil }
