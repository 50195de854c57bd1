package p2pref

import (
	"fmt"
	"math/rand"
	"slices"
	"testing"
	"time"

	opeth "github.com/ethereum-optimism/optimism/op-service/eth"
	pubsub "github.com/libp2p/go-libp2p-pubsub"

	"github.com/cairn-rollup/cairn/p2p/gossip"
)

// BenchmarkValidators judges the same messages by op-node's validator and by ours, one after the other, and reports the medians
// and how many times as long op-node's takes.
func BenchmarkValidators(b *testing.B) {
	for _, size := range []int{10_000, 100_000} {
		b.Run(fmt.Sprintf("%dkB", size/1000), func(b *testing.B) {
			r, now := rand.New(rand.NewSource(1)), time.Unix(isthmusTime+1, 0)
			var messages [][]byte
			for range 512 {
				messages = append(messages, message(key, body(sized(r, size))))
			}
			var theirs, took []time.Duration
			var opNode, cairn func(data []byte) bool
			n := 0
			for b.Loop() {
				if n%len(messages) == 0 { // both remember what they have seen
					b.StopTimer()
					validate := validators(now)[gossip.V4]
					opNode = func(data []byte) bool { return judge(validate, data) == pubsub.ValidationAccept }
					v := must(gossip.NewValidator(gossip.ValidatorConfig{Rollup: ours(), HeldBytes: -1}))
					v.Rotate(now, signer)
					cairn = func(data []byte) bool {
						verdict, _, _ := v.Check(now, data, gossip.V4)
						return verdict == gossip.Accept
					}
					b.StartTimer()
				}
				data := messages[n%len(messages)]
				n++
				began := time.Now()
				accepted := opNode(data)
				theirs = append(theirs, time.Since(began))
				began = time.Now()
				if !cairn(data) || !accepted {
					b.Fatal("a block is not accepted")
				}
				took = append(took, time.Since(began))
			}
			slices.Sort(theirs)
			slices.Sort(took)
			they, we := theirs[len(theirs)/2], took[len(took)/2]
			b.ReportMetric(float64(they.Microseconds()), "op-node-µs")
			b.ReportMetric(float64(we.Microseconds()), "cairn-µs")
			b.ReportMetric(float64(they)/float64(we), "x-faster")
		})
	}
}

// sized is a block of transactions of the usual size, a third of them zeroes, of about so many bytes.
func sized(r *rand.Rand, size int) *opeth.ExecutionPayloadEnvelope {
	env := random(r, gossip.V4, isthmusTime)
	p := env.ExecutionPayload
	p.Transactions = nil
	for bytes := 0; bytes < size; bytes += len(p.Transactions[len(p.Transactions)-1]) {
		tx := make([]byte, 110+r.Intn(160))
		r.Read(tx[:len(tx)*2/3])
		p.Transactions = append(p.Transactions, tx)
	}
	p.BlockHash, _ = env.CheckBlockHash()
	return env
}
