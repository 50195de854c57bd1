package p2p

import (
	"context"
	"crypto/rand"
	"fmt"
	"math/big"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/ethereum/go-ethereum/common"
	"github.com/golang/snappy"
	"github.com/libp2p/go-libp2p/core/network"
	"github.com/libp2p/go-libp2p/core/peer"

	"github.com/cairn-rollup/cairn/p2p/gossip"
	"github.com/cairn-rollup/cairn/rollup"
)

// hurry is how much faster than the true time the clock of TestAdversaries is: what is held against a peer wears off in
// minutes.
const hurry = 4

// adversary makes the messages of a hostile host. serial is different each time.
type adversary struct {
	name    string
	version gossip.Version
	message func(t testing.TB, chain *rollup.Config, now, serial uint64) []byte
	silent  bool // it says nothing, and is not to be banned for it
}

// farAway is above all numbers of the honest chain.
const farAway = 1_000_000

func adversaries() []adversary {
	sequencer := func(t testing.TB) gossip.Signer { return signerOf(t, 1) }
	return []adversary{
		{name: "bombs", version: gossip.V4, message: func(_ testing.TB, _ *rollup.Config, _, serial uint64) []byte {
			return append([]byte{0xff, 0xff, 0xff, 0xff, 0x07}, byte(serial), byte(serial>>8)) // claims 2 GiB
		}},
		{name: "bombs that are true", version: gossip.V4, message: func(_ testing.TB, _ *rollup.Config, _, serial uint64) []byte {
			plain := make([]byte, 9<<20)
			plain[64], plain[70], plain[71] = 5, byte(serial), byte(serial>>8)
			return snappy.Encode(nil, plain)
		}},
		{name: "wrong chain", version: gossip.V4, message: func(t testing.TB, chain *rollup.Config, now, serial uint64) []byte {
			other := *chain
			other.L2ChainID = big.NewInt(10)
			return messageOf(t, &other, sequencer(t), blockAt(chain, farAway+serial, now, 1))
		}},
		{name: "wrong signer", version: gossip.V4, message: func(t testing.TB, chain *rollup.Config, now, serial uint64) []byte {
			return messageOf(t, chain, signerOf(t, 66), blockAt(chain, farAway+serial, now, 2))
		}},
		{name: "old", version: gossip.V4, message: func(t testing.TB, chain *rollup.Config, now, serial uint64) []byte {
			return messageOf(t, chain, sequencer(t), blockAt(chain, farAway+serial, now-120, 3))
		}},
		{name: "future", version: gossip.V4, message: func(t testing.TB, chain *rollup.Config, now, serial uint64) []byte {
			return messageOf(t, chain, sequencer(t), blockAt(chain, farAway+serial, now+600, 4))
		}},
		{name: "bad hashes", version: gossip.V4, message: func(t testing.TB, chain *rollup.Config, now, serial uint64) []byte {
			env := blockAt(chain, farAway+serial, now, 5)
			env.ExecutionPayload.BlockHash = common.Hash{byte(serial)}
			return messageOf(t, chain, sequencer(t), env)
		}},
		{name: "equivocation", version: gossip.V4, message: func(t testing.TB, chain *rollup.Config, now, serial uint64) []byte {
			env := blockAt(chain, 2*farAway, now, 6)
			env.ExecutionPayload.GasUsed = serial
			env.ExecutionPayload.BlockHash = gossip.BlockHash(env)
			return messageOf(t, chain, sequencer(t), env)
		}},
		{name: "flood of noise", version: gossip.V1, message: func(testing.TB, *rollup.Config, uint64, uint64) []byte {
			noise := make([]byte, 20<<10)
			_, _ = rand.Read(noise)
			return snappy.Encode(nil, noise)
		}},
		{name: "silence", silent: true},
	}
}

func TestAdversaries(t *testing.T) {
	if testing.Short() {
		t.Skip("takes half a minute")
	}
	begin := time.Now()
	now := func() time.Time { return begin.Add(hurry * time.Since(begin)) }
	chain := isthmusChain()

	// Ten honest nodes in a ring with chords; the first is the sequencer.
	const honest = 10
	var nodes []*Node
	for i := range honest {
		cfg := testConfig(t, chain, now)
		if i == 0 {
			cfg.Signer = signerOf(t, 1)
		}
		for _, j := range []int{i - 1, i - 3, i - 5} {
			if j >= 0 {
				cfg.Static = append(cfg.Static, addrOf(nodes[j]))
			}
		}
		cfg.Static = slices.Compact(cfg.Static)
		nodes = append(nodes, openNode(t, cfg))
	}
	meshed(t, 3, gossip.V4, nodes...)
	got := collect(t, nodes)

	// Ten hostile ones, each connected with all of them.
	var attack sync.WaitGroup
	stop := make(chan struct{})
	end := sync.OnceFunc(func() { close(stop); attack.Wait() })
	defer end()
	hostile := map[string]peer.ID{}
	publish := func(number uint64) {
		if err := nodes[0].Publish(context.Background(), blockAt(chain, number, uint64(now().Unix()), 0)); err != nil {
			t.Fatal(err)
		}
	}
	publish(1) // so that honest nodes know that they are right
	got.wait(t, 1)
	strangers := make([]*stranger, len(adversaries()))
	for i, a := range adversaries() {
		strangers[i] = newStranger(t, chain.L2ChainID)
		hostile[a.name] = strangers[i].host.ID()
		for _, n := range nodes {
			strangers[i].join(t, n)
		}
	}
	attacked := time.Now()
	for i, a := range adversaries() {
		if a.silent {
			continue
		}
		attack.Go(func() {
			for serial := uint64(1); ; serial++ {
				message := a.message(t, chain, uint64(now().Unix()), serial)
				_ = strangers[i].topics[a.version].Publish(context.Background(), message)
				if serial%12 != 0 {
					continue
				}
				select {
				case <-stop:
					return
				case <-time.After(300 * time.Millisecond):
				}
			}
		})
	}

	// The chain goes on under attack, until every hostile host is banned by every node, and for sixty blocks at least.
	banned := func(id peer.ID) (by int) {
		for _, n := range nodes {
			if n.gate.isBanned(id) && !connected(n, id) {
				by++
			}
		}
		return by
	}
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	last, left := uint64(1), adversaries()
	for last < 60 || len(left) > 0 {
		last++
		publish(last)
		<-tick.C
		left = slices.DeleteFunc(left, func(a adversary) bool {
			done := a.silent || banned(hostile[a.name]) == honest
			if done && !a.silent {
				t.Logf("%-20s banned by all after %.1f s, under a clock %d times as fast", a.name, time.Since(attacked).Seconds(), hurry)
			}
			return done
		})
		if time.Since(attacked) > 2*patienceOfTests {
			t.Fatalf("not banned by all: %+v, node 1: %+v", left, nodes[1].Rejections())
		}
	}
	got.wait(t, last)
	end()

	for i, n := range nodes {
		stats := n.Stats()
		if i == 1 {
			t.Logf("messages of node 1: %v; rejects %v", stats.Messages, stats.Rejects)
		}
		if connected(n, hostile["silence"]) != true || n.host.Network().Connectedness(hostile["silence"]) != network.Connected {
			t.Errorf("node %d dropped a peer that did nothing", i)
		}
		for _, ban := range n.Bans() {
			for j, other := range nodes {
				if ban.Peer == other.host.ID() {
					t.Errorf("node %d bans the honest node %d: %s", i, j, ban.Why)
				}
			}
		}
		if stats.Panics > 0 || stats.Dropped > 0 {
			t.Errorf("node %d: %d panics, %d dropped", i, stats.Panics, stats.Dropped)
		}
	}
}

// collection is which blocks of the honest chain which nodes have.
type collection struct {
	mu  sync.Mutex
	got []map[uint64]bool // by node; none of the first, which makes them
}

func collect(t testing.TB, nodes []*Node) *collection {
	c := &collection{got: make([]map[uint64]bool, len(nodes))}
	stop := make(chan struct{})
	var readers sync.WaitGroup
	for i, n := range nodes {
		c.got[i] = map[uint64]bool{}
		readers.Go(func() {
			for {
				select {
				case <-stop:
					return
				case b := <-n.Blocks():
					c.mu.Lock()
					c.got[i][b.Envelope.ExecutionPayload.BlockNumber] = true
					c.mu.Unlock()
				}
			}
		})
	}
	t.Cleanup(func() { close(stop); readers.Wait() })
	return c
}

// wait waits until all have all blocks up to one.
func (c *collection) wait(t testing.TB, last uint64) {
	t.Helper()
	for i := 1; i < len(c.got); i++ {
		for number := uint64(1); number <= last; number++ {
			eventually(t, fmt.Sprintf("node %d has block %d", i, number), func() bool {
				c.mu.Lock()
				defer c.mu.Unlock()
				return c.got[i][number]
			})
		}
	}
}
