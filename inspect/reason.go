package inspect

import (
	"github.com/cairn-rollup/cairn/batch"
	"github.com/cairn-rollup/cairn/channel"
)

// Reason says why nodes drop something.
type Reason struct {
	Name string `json:"reason"` // enumerated; metrics and logs have it too
	Why  string `json:"why"`
	Rule string `json:"rule"` // of the specs, or op-node
}

func (r *Reason) String() string { return r.Why + " (" + r.Name + ")" }

func channelReason(r channel.Reason) *Reason {
	if r == channel.None {
		return nil
	}
	return &Reason{Name: r.String(), Why: r.Why(), Rule: r.Rule()}
}

func batchReason(r batch.Reason) *Reason {
	if r == batch.OK {
		return nil
	}
	return &Reason{Name: r.String(), Why: r.Why(), Rule: r.Rule()}
}
