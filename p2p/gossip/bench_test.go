package gossip_test

import (
	"fmt"
	"math/rand"
	"slices"
	"testing"
	"time"

	"github.com/ethereum/go-ethereum/common/hexutil"
	"github.com/ethereum/go-ethereum/crypto"
	"github.com/golang/snappy"

	"github.com/cairn-rollup/cairn/eth"
	"github.com/cairn-rollup/cairn/p2p/gossip"
)

// sized makes a block of about so many bytes in transactions of the usual size, a third of them zeroes.
func sized(number uint64, bytes int) *eth.PayloadEnvelope {
	r := rand.New(rand.NewSource(int64(number)))
	env := block(gossip.V4, number, isthmusTime)
	p := env.ExecutionPayload
	p.Transactions = nil
	for size := 0; size < bytes; size += len(p.Transactions[len(p.Transactions)-1]) {
		tx := make(hexutil.Bytes, 110+r.Intn(160))
		r.Read(tx[:len(tx)*2/3])
		p.Transactions = append(p.Transactions, tx)
	}
	return rehash(env)
}

// BenchmarkCheck accepts blocks, and reports how much longer that takes than its unavoidable parts alone, as medians of the
// same run: x-floor in relation to decompressing, recovering the signer and hashing the block; x-keccak with one pass of
// Keccak over the message in place of the hash of the block, whose trie hashes every transaction by itself.
func BenchmarkCheck(b *testing.B) {
	for _, size := range []int{10_000, 100_000} {
		b.Run(fmt.Sprintf("%dkB", size/1000), func(b *testing.B) {
			const blocks = 64
			var messages [blocks][]byte
			for i := range messages {
				messages[i] = blockMessage(b, sequencerKey, gossip.V4, sized(uint64(i), size))
			}
			plain, err := snappy.Decode(nil, messages[0])
			if err != nil {
				b.Fatal(err)
			}
			sig, body := plain[:65], plain[65:]
			env, reason := gossip.Decode(gossip.V4, body)
			if reason != gossip.OK {
				b.Fatal(reason)
			}
			hash := gossip.SigningHash(chain().L2ChainID, gossip.PayloadHash(body))
			dst := make([]byte, len(plain))

			v, n := knowing(b), 0
			var check, unpack, recovery, block, keccak laps
			b.ReportAllocs()
			b.SetBytes(int64(len(body)))
			for b.Loop() {
				if n++; n%blocks == 0 {
					v = knowing(b) // forgets what it has seen
				}
				check.time(func() {
					if verdict, reason, _ := v.Check(at(isthmusTime), messages[n%blocks], gossip.V4); verdict != gossip.Accept {
						b.Fatal(reason)
					}
				})
				b.StopTimer()
				unpack.time(func() { _, err = snappy.Decode(dst, messages[0]) })
				recovery.time(func() { _, err = crypto.Ecrecover(hash[:], sig) })
				block.time(func() { gossip.BlockHash(env) })
				keccak.time(func() { crypto.Keccak256(body) })
				b.StartTimer()
			}
			b.ReportMetric(check.median()/(unpack.median()+recovery.median()+block.median()), "x-floor")
			b.ReportMetric(check.median()/(unpack.median()+recovery.median()+keccak.median()), "x-keccak")
		})
	}
}

// laps are times of the same piece of work.
type laps []time.Duration

func (l *laps) time(work func()) {
	start := time.Now()
	work()
	*l = append(*l, time.Since(start))
}

func (l *laps) median() float64 {
	slices.Sort(*l)
	return float64((*l)[len(*l)/2])
}

// BenchmarkRefuse is what a message costs that somebody else signed.
func BenchmarkRefuse(b *testing.B) {
	v := newValidator(b, func(c *gossip.ValidatorConfig) { c.HeldBytes = -1 })
	v.Rotate(at(0), sequencer)
	data := blockMessage(b, otherKey, gossip.V4, sized(1, 100_000))
	b.ReportAllocs()
	for b.Loop() {
		if verdict, _, _ := v.Check(at(isthmusTime), data, gossip.V4); verdict != gossip.Reject {
			b.Fatal(verdict)
		}
	}
}

func BenchmarkMessageID(b *testing.B) {
	data := blockMessage(b, sequencerKey, gossip.V4, sized(1, 100_000))
	b.ReportAllocs()
	for b.Loop() {
		gossip.MessageID("/optimism/901/3/blocks", data)
	}
}

func BenchmarkEncode(b *testing.B) {
	env, signer := sized(1, 100_000), gossip.NewLocalSigner(sequencerKey)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := gossip.Encode(b.Context(), chain(), signer, env); err != nil {
			b.Fatal(err)
		}
	}
}
