package txmgr

import (
	"fmt"
	"math/big"
	"math/rand/v2"
	"slices"
	"testing"
	"testing/synctest"
	"time"
)

// FuzzEveryCandidateLandsExactlyOnceInOrder lets L1 misbehave as the script says, then calms it, and holds the chain
// against the model: what was queued is on L1, each once, in the order of the calls.
func FuzzEveryCandidateLandsExactlyOnceInOrder(f *testing.F) {
	f.Add([]byte{}, uint8(3))
	f.Add([]byte{4, 4, 5, 6, 0, 1, 4, 7}, uint8(0xf5))
	for seed := range uint64(40) {
		f.Add(script(seed, 60), uint8(seed*37))
	}
	f.Fuzz(func(t *testing.T, script []byte, kinds uint8) {
		synctest.Test(t, func(t *testing.T) { misbehave(t, script[:min(len(script), 200)], kinds) })
	})
}

// TestEveryCandidateLandsExactlyOnceInOrder is the same for more scripts.
func TestEveryCandidateLandsExactlyOnceInOrder(t *testing.T) {
	n := uint64(400)
	if testing.Short() {
		n = 100
	}
	for seed := range n {
		ok := t.Run(fmt.Sprint(seed), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { misbehave(t, script(seed+1000, 80), uint8(seed*41)) })
		})
		if !ok {
			return
		}
	}
}

func script(seed uint64, n int) []byte {
	r := rand.New(rand.NewPCG(seed, 1))
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(r.Uint32())
	}
	return b
}

func misbehave(t *testing.T, script []byte, kinds uint8) {
	l1 := newModelL1()
	w := newWorld(t, l1, func(c *Config) {
		c.NumConfirmations = 4
		c.NotInMempoolTimeout = 100 * time.Hour // a candidate given back would be right too, but end the queue
		c.FeeLimitThreshold = big.NewInt(1_000_000 * gwei)
	})
	const count = 8
	var want []string
	var results []<-chan Result
	queued := make(chan struct{})
	q := w.m.NewQueue()
	for i := range count {
		want = append(want, fmt.Sprintf("c%d", i))
	}
	go func() {
		defer close(queued)
		for i, name := range want {
			c := normal(name)
			if kinds>>(i%8)&1 == 1 {
				c = blobs(name)
			}
			r, err := q.Send(w.Context(), c)
			if err != nil {
				w.Errorf("queue %s: %v", name, err)
				return
			}
			results = append(results, r)
		}
	}()
	highest := 0
	for _, op := range script {
		highest = max(highest, len(l1.blocks))
		arg := int(op >> 4) // 0 to 15
		switch op & 15 {
		case 0, 1, 2, 3:
			w.pass(time.Duration(1+arg) * time.Second)
		case 4, 5, 6:
			l1.mine()
		case 7:
			l1.set(func() { l1.failCalls = arg })
		case 8:
			l1.set(func() { l1.loseAnswer = 1 + arg%4 })
		case 9:
			l1.set(func() { l1.failSends = 1 + arg%4 })
		case 10, 11: // what was ever NumConfirmations deep stays
			highest = max(highest, len(l1.blocks))
			l1.reorg(min(1+arg%3, len(l1.blocks)-(highest-3)), op&1 == 0)
		case 12:
			l1.set(func() { l1.lag = arg % 4 })
		case 13:
			l1.forget(uint64(arg))
		case 14:
			l1.set(func() {
				l1.baseFee = big.NewInt(int64(1+arg*arg*arg) * gwei)
				l1.blobFee = big.NewInt(int64(1+arg*arg) * gwei / 10)
			})
		case 15:
			l1.set(func() { l1.perBlock, l1.osaka = arg%4, arg&4 == 0 })
		}
		synctest.Wait()
	}
	l1.set(func() {
		l1.failCalls, l1.loseAnswer, l1.failSends, l1.lag, l1.perBlock, l1.osaka = 0, 0, 0, 0, 3, true
		for n, tx := range l1.pool { // the fork drops what has the other proofs
			if sc := tx.BlobTxSidecar(); sc != nil && sc.Version == 0 {
				delete(l1.pool, n)
			}
		}
		l1.dropGapped()
		l1.baseFee, l1.blobFee = big.NewInt(10*gwei), big.NewInt(gwei)
	})
	for range 150 {
		w.slots(1)
		if w.m.Status().Confirmed == count {
			break
		}
	}
	<-queued
	got := slices.DeleteFunc(l1.included(), func(data string) bool { return data == "" }) // fillers
	if !slices.Equal(got, want) {
		w.Fatalf("on L1: %q, want %q; status %+v", got, want, *w.m.Status())
	}
	for i, r := range results {
		if tx := w.receipt(r); !onChain(l1, tx.TxHash.Hex(), want[i]) {
			w.Fatalf("receipt %d is of a transaction that is not on L1", i)
		}
	}
}

func onChain(l1 *modelL1, hash, data string) bool {
	for _, b := range l1.blocks {
		for _, tx := range b.txs {
			if tx.Hash().Hex() == hash && string(tx.Data()) == data {
				return true
			}
		}
	}
	return false
}
