package rpc

import (
	"context"
	"errors"
	"fmt"
	"log/slog"

	"github.com/ethereum/go-ethereum/common"

	"github.com/cairn-rollup/cairn/eth"
)

// errNotSequencing has the text of op-node.
var errNotSequencing = errors.New("sequencer is not enabled")

// Sequencer is switched by the admin_ namespace.
type Sequencer interface {
	StartSequencer(ctx context.Context, head common.Hash) error
	StopSequencer(ctx context.Context) (common.Hash, error)
}

// Conductor says which of several sequencers leads.
type Conductor interface {
	// OverrideLeader makes this node lead from now on, whatever the others say: for disasters.
	OverrideLeader(ctx context.Context) error
}

// Admin is the admin_ namespace. What is nil is answered as by an op-node without it, or, where op-node always has it, as a
// method that does not exist.
type Admin struct {
	Sequencer Sequencer   // nil: this node may not sequence at all
	Active    func() bool // whether it is sequencing
	State     *AdminState // remembers that; nil: nothing is remembered
	Conductor Conductor   // nil: this node is its own leader

	SetRecoverMode    func(ctx context.Context, on bool) error
	ResetDerivation   func(ctx context.Context) error // concludes all from the engine's chain anew, and returns when that is ordered
	PostUnsafePayload func(ctx context.Context, block *eth.PayloadEnvelope) error
	BlockHash         func(*eth.PayloadEnvelope) common.Hash // of the header that a payload stands for; goes with PostUnsafePayload
	SetLogLevel       func(slog.Level) error
}

// API is what goes into the server: the methods become admin_*.
func (a Admin) API() any { return &adminAPI{a: a, switching: make(chan struct{}, 1)} }

type adminAPI struct {
	a         Admin
	switching chan struct{} // full while the sequencer is being switched, so that the file says what the sequencer does
}

// exclusively switches the sequencer, one call at a time.
func (a *adminAPI) exclusively(ctx context.Context, change func() error) error {
	if a.a.Sequencer == nil {
		return errNotSequencing
	}
	select {
	case a.switching <- struct{}{}:
		defer func() { <-a.switching }()
		return change()
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// StartSequencer is admin_startSequencer: the hash must be that of the unsafe head. It is written down only once the
// sequencer runs, as the next start of the process does not ask for the head; what cannot be written is not started.
func (a *adminAPI) StartSequencer(ctx context.Context, head common.Hash) error {
	return a.exclusively(ctx, func() error {
		if err := a.a.Sequencer.StartSequencer(ctx, head); err != nil {
			return err
		}
		err := a.remember(true)
		if err == nil {
			return nil
		}
		_, stop := a.a.Sequencer.StopSequencer(context.WithoutCancel(ctx))
		return errors.Join(fmt.Errorf("failed to notify sequencer-state listener of start: %w", err), stop)
	})
}

// StopSequencer is admin_stopSequencer: the hash is what to start on again. It is written down first: a process that ends
// in between must not sequence when it is back, as another node may have been told to.
func (a *adminAPI) StopSequencer(ctx context.Context) (head common.Hash, err error) {
	err = a.exclusively(ctx, func() error {
		if err := a.remember(false); err != nil {
			return fmt.Errorf("failed to notify sequencer-state listener of stop: %w", err)
		}
		head, err = a.a.Sequencer.StopSequencer(ctx)
		return err
	})
	return head, err
}

func (a *adminAPI) remember(started bool) error {
	if a.a.State == nil {
		return nil
	}
	return a.a.State.SetSequencerStarted(started)
}

// SequencerActive is admin_sequencerActive.
func (a *adminAPI) SequencerActive(context.Context) (bool, error) {
	return a.a.Sequencer != nil && a.a.Active(), nil
}

// ConductorEnabled is admin_conductorEnabled.
func (a *adminAPI) ConductorEnabled(context.Context) (bool, error) { return a.a.Conductor != nil, nil }

// OverrideLeader is admin_overrideLeader. A sequencer without a conductor leads already.
func (a *adminAPI) OverrideLeader(ctx context.Context) error {
	switch {
	case a.a.Sequencer == nil:
		return errNotSequencing
	case a.a.Conductor == nil:
		return nil
	}
	return a.a.Conductor.OverrideLeader(ctx)
}

// SetRecoverMode is admin_setRecoverMode. A node that does not sequence has nothing to recover, and says yes.
func (a *adminAPI) SetRecoverMode(ctx context.Context, on bool) error {
	switch {
	case a.a.Sequencer == nil:
		return nil
	case a.a.SetRecoverMode == nil:
		return unavailableError("admin_setRecoverMode")
	}
	return a.a.SetRecoverMode(ctx, on)
}

// ResetDerivationPipeline is admin_resetDerivationPipeline.
func (a *adminAPI) ResetDerivationPipeline(ctx context.Context) error {
	if a.a.ResetDerivation == nil {
		return unavailableError("admin_resetDerivationPipeline")
	}
	return a.a.ResetDerivation(ctx)
}

// PostUnsafePayload is admin_postUnsafePayload: another sequencer's block, from a conductor. The caller is trusted with what
// is in it, as its signature is not there to check, but not with its hash.
func (a *adminAPI) PostUnsafePayload(ctx context.Context, block *eth.PayloadEnvelope) error {
	switch {
	case a.a.PostUnsafePayload == nil || a.a.BlockHash == nil:
		return unavailableError("admin_postUnsafePayload")
	case block == nil:
		return badArgumentError("missing value for required argument 0")
	case block.ExecutionPayload == nil:
		return badArgumentError("invalid argument 0: missing executionPayload")
	}
	if claimed, actual := block.ExecutionPayload.BlockHash, a.a.BlockHash(block); actual != claimed {
		return fmt.Errorf("payload has bad block hash: %s, actual block hash is: %s", claimed, actual)
	}
	return a.a.PostUnsafePayload(ctx, block)
}

// SetLogLevel is admin_setLogLevel.
func (a *adminAPI) SetLogLevel(_ context.Context, name string) error {
	if a.a.SetLogLevel == nil {
		return unavailableError("admin_setLogLevel")
	}
	level, err := logLevel(name)
	if err != nil {
		return err
	}
	return a.a.SetLogLevel(level)
}
