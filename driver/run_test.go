package driver

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ethereum/go-ethereum/common"

	"github.com/cairn-rollup/cairn/attributes"
	"github.com/cairn-rollup/cairn/eth"
)

// slowEngine answers after a time, or with the end of its context.
type slowEngine struct {
	*modelEngine
	takes time.Duration
}

func (e slowEngine) wait(ctx context.Context) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(e.takes):
		return nil
	}
}

func (e slowEngine) Start(ctx context.Context, fc eth.ForkchoiceState, a *eth.PayloadAttributes) (eth.PayloadID, error) {
	if err := e.wait(ctx); err != nil {
		return eth.PayloadID{}, err
	}
	return e.modelEngine.Start(ctx, fc, a)
}

func (e slowEngine) Insert(ctx context.Context, fc eth.ForkchoiceState, p *eth.PayloadEnvelope) error {
	if err := e.wait(ctx); err != nil {
		return err
	}
	return e.modelEngine.Insert(ctx, fc, p)
}

// publisher remembers what was shared.
type publisher chan common.Hash

func (p publisher) Publish(payload *eth.PayloadEnvelope) { p <- payload.ExecutionPayload.BlockHash }

// running is a driver in a bubble, with the loop and goroutines it has in production.
type running struct {
	*Driver
	l1     *modelL1
	engine *modelEngine
	heads  chan L1Heads
	shared publisher
	log    *bytes.Buffer
	cancel context.CancelCauseFunc
	ended  chan error
}

func start(t *testing.T, takes time.Duration, faults fault) *running {
	t.Helper()
	cfg := testConfig(200)
	r := &running{
		l1: newModelL1(), heads: make(chan L1Heads, 1), shared: make(publisher, 1000), log: new(bytes.Buffer), ended: make(chan error, 1),
	}
	cfg.Genesis.L1 = r.l1.blocks[0].ID()
	r.engine = newModelEngine(cfg)
	r.engine.fault = faults
	r.Driver = New(Config{Rollup: cfg, Builder: &attributes.Builder{Config: cfg}, Sequencing: Sequencing{Enabled: true}}, Ports{
		Engine: slowEngine{r.engine, takes}, L1: r.l1, Blobs: r.l1, Publish: r.shared, Heads: r.heads,
		Log: slog.New(slog.NewTextHandler(r.log, nil)),
	})
	var ctx context.Context
	ctx, r.cancel = context.WithCancelCause(t.Context())
	go func() { r.ended <- r.Run(ctx) }()
	r.heads <- r.l1.heads()
	return r
}

func TestRunSequencesOnItsTimers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := start(t, 100*time.Millisecond, noFault)
		time.Sleep(20*time.Second + time.Millisecond)
		synctest.Wait()
		// The block of second 20 is sealed at 20 and inserted a tenth later.
		if unsafe := r.Status().Sync.UnsafeL2; unsafe.Number != 9 || unsafe.Time != genesisTime+18 {
			t.Errorf("unsafe head %+v after twenty seconds", unsafe)
		}
		if len(r.shared) != 9 {
			t.Errorf("%d blocks are shared, want those up to the head", len(r.shared))
		}
		r.l1.mine(genesisTime + 4)
		r.heads <- r.l1.heads()
		time.Sleep(3 * time.Second)
		synctest.Wait()
		if s := r.Status().Sync; s.UnsafeL2.L1Origin.Number != 1 || s.CurrentL1.Number != 1 || s.HeadL1.Number != 1 {
			t.Errorf("status %+v after an L1 block", s)
		}
		stop(t, r, errors.New("enough"))
		if !strings.Contains(r.log.String(), `msg=sequenced`) {
			t.Errorf("log:\n%s", r.log)
		}
	})
}

// stop ends the context: Run returns the cause, and all its goroutines end, or the bubble would not.
func stop(t *testing.T, r *running, cause error) {
	t.Helper()
	r.cancel(cause)
	if err := <-r.ended; !errors.Is(err, cause) {
		t.Errorf("ended with %v, want %v", err, cause)
	}
	if _, err := r.StopSequencer(context.Background()); err == nil || err.Error() != "the node has ended" {
		t.Errorf("request after the end: %v", err)
	}
}

func TestRunEndsWithItsContextWhileCallsAreInFlight(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := start(t, time.Hour, noFault)
		time.Sleep(5 * time.Second)
		if r.Status().Sync.UnsafeL2.Number != 0 {
			t.Error("the engine is not slow")
		}
		begin := time.Now()
		stop(t, r, errors.New("enough"))
		if took := time.Since(begin); took > 0 {
			t.Errorf("took %s", took)
		}
	})
}

func TestRunAnswersAdminRequests(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := start(t, 300*time.Millisecond, noFault)
		time.Sleep(10100 * time.Millisecond) // block 5 is being inserted
		head, err := r.StopSequencer(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if s := r.Status(); s.Sequencer.Active || s.Sync.UnsafeL2.Hash != head || s.Sync.UnsafeL2.Number != 5 {
			t.Errorf("stopped at %s: %+v", head, s.Sync.UnsafeL2)
		}
		time.Sleep(10 * time.Second)
		if now := r.Status().Sync.UnsafeL2.Hash; now != head {
			t.Errorf("head %s after the stop at %s", now, head)
		}
		if err := r.StartSequencer(t.Context(), common.Hash{1}); err == nil || !strings.HasPrefix(err.Error(), "block hash does not match: head ") {
			t.Errorf("start on another head: %v", err)
		}
		if err := r.StartSequencer(t.Context(), head); err != nil {
			t.Error(err)
		}
		if err := r.StartSequencer(t.Context(), head); err == nil || err.Error() != "sequencer already running" {
			t.Errorf("second start: %v", err)
		}
		time.Sleep(10 * time.Second)
		if s := r.Status(); !s.Sequencer.Active || s.Sync.UnsafeL2.Number < 13 {
			t.Errorf("unsafe head %s after the start", s.Sync.UnsafeL2)
		}
		expired, cancel := context.WithCancel(t.Context())
		cancel()
		if _, err := r.StopSequencer(expired); !errors.Is(err, context.Canceled) {
			t.Errorf("request with an expired context: %v", err)
		}
		stop(t, r, errors.New("enough"))
	})
}

func TestRunEndsWhenDerivationCannotGoOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := start(t, 10*time.Millisecond, noFault)
		time.Sleep(5 * time.Second)
		if _, err := r.StopSequencer(t.Context()); err != nil {
			t.Fatal(err)
		}
		r.engine.mu.Lock()
		r.engine.invalid = func([]byte) bool { return true }
		r.engine.mu.Unlock()
		for i := range 203 { // the sequencing window ends: empty blocks are due
			r.l1.mine(genesisTime + 2*uint64(i))
		}
		r.heads <- r.l1.heads()
		err := <-r.ended
		if err == nil || !strings.Contains(err.Error(), "deposits only") {
			t.Errorf("ended with %v", err)
		}
		if got := r.Status().Failure; err != nil && got != err.Error() {
			t.Errorf("status says %q", got)
		}
		r.cancel(nil)
	})
}

func TestRunRetriesWhenItsWaitEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := start(t, 0, broken(errDown, "read"))
		time.Sleep(3 * time.Second)
		synctest.Wait()
		if s := r.Status(); s.Started || len(s.Waits) != 1 || s.Waits[0].Lane != "start" || s.Waits[0].Failures != 5 {
			t.Errorf("status %+v", s)
		}
		r.engine.mu.Lock()
		r.engine.fault = noFault
		r.engine.mu.Unlock()
		time.Sleep(10 * time.Second)
		synctest.Wait()
		if s := r.Status(); !s.Started || s.Sync.UnsafeL2.Number < 5 {
			t.Errorf("status %+v", s)
		}
		stop(t, r, errors.New("enough"))
	})
}
