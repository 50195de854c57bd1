package driver

import (
	"testing"
	"time"

	"github.com/ethereum/go-ethereum/common/hexutil"
)

// BenchmarkHandle measures Core with an engine and an L1 that answer at once: all derived blocks of an L1 chain, ten
// transactions each. blocks/s is that of Core alone.
func BenchmarkHandle(b *testing.B) {
	s := newSim(b, 1, 200)
	sequencer := s.addNode("sequencer", Sequencing{Enabled: true})
	tx := userTx("a transfer")
	sequencer.engine.pool = func() []hexutil.Bytes { return []hexutil.Bytes{tx, tx, tx, tx, tx, tx, tx, tx, tx, tx} }
	s.mineEvery(time.Minute) // thirty blocks in a channel
	s.run(30 * time.Minute)
	_, want, _ := sequencer.heads()

	var inside time.Duration
	blocks := 0
	for b.Loop() {
		engine := newModelEngine(s.cfg)
		n := &node{sim: s, engine: engine, cfg: Config{Rollup: s.cfg, Builder: sequencer.cfg.Builder}}
		d := New(n.cfg, Ports{Engine: engine, L1: s.l1, Blobs: s.l1})
		n.driver = d
		events, now := []Event{s.l1.heads()}, s.now
		for len(events) > 0 && d.core.heads.Safe.Number < want.Number {
			begin := time.Now()
			effects := d.core.Handle(now, events[0])
			inside += time.Since(begin)
			events = events[1:]
			for _, e := range effects {
				switch e := e.(type) {
				case Report:
				case Wake:
					now = e.At
					events = append(events, Tick{})
				case Fail:
					b.Fatal(e.Err)
				default:
					events = append(events, n.do(laneOf(e), e))
				}
			}
		}
		safe := d.core.heads.Safe
		if safe.Number < want.Number {
			b.Fatalf("safe head %s, want at least %s", safe, want)
		}
		blocks += int(safe.Number)
	}
	b.ReportMetric(float64(blocks)/inside.Seconds(), "blocks/s")
	b.ReportMetric(float64(inside.Nanoseconds())/float64(blocks), "ns/block")
}
