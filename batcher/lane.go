package batcher

import (
	"context"
	"sync"
)

// lane hands transactions to the Sender, in order, off the loop: Queue.Send may block. Both channels have room for all that
// may be in flight, so neither side ever waits for the other.
type lane struct {
	jobs  chan job
	ended chan ended
}

type job struct {
	ctx   context.Context //nolint:containedctx // the job is a call on its way to another goroutine
	queue Queue
	id    uint64
	tx    Tx
}

type ended struct {
	id      uint64
	outcome Outcome
}

// run serves jobs until ctx ends.
func (l *lane) run(ctx context.Context, workers *sync.WaitGroup) {
	for {
		var j job
		select {
		case <-ctx.Done():
			return
		case j = <-l.jobs:
		}
		outcome, err := j.queue.Send(j.ctx, j.tx)
		if err != nil {
			l.ended <- ended{id: j.id, outcome: Outcome{Err: err}}
			continue
		}
		workers.Go(func() {
			select {
			case <-ctx.Done():
			case o := <-outcome:
				l.ended <- ended{id: j.id, outcome: o}
			}
		})
	}
}
