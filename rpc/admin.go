package rpc

import (
	"context"

	"github.com/ethereum/go-ethereum/common"
)

// Sequencer is switched by the admin_ namespace.
type Sequencer interface {
	StartSequencer(ctx context.Context, head common.Hash) error
	StopSequencer(ctx context.Context) (common.Hash, error)
}

// Admin is the admin_ namespace.
type Admin struct {
	Sequencer Sequencer
	Active    func() bool
}

// API is what goes into the server: the methods become admin_*.
func (a Admin) API() any { return &adminAPI{a} }

type adminAPI struct{ a Admin }

// StartSequencer is admin_startSequencer: the hash must be that of the unsafe head.
func (a *adminAPI) StartSequencer(ctx context.Context, head common.Hash) error {
	return a.a.Sequencer.StartSequencer(ctx, head)
}

// StopSequencer is admin_stopSequencer: the hash is what to start on again.
func (a *adminAPI) StopSequencer(ctx context.Context) (common.Hash, error) {
	return a.a.Sequencer.StopSequencer(ctx)
}

// SequencerActive is admin_sequencerActive.
func (a *adminAPI) SequencerActive(context.Context) (bool, error) { return a.a.Active(), nil }
