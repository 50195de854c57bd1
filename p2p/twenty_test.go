package p2p

import (
	"context"
	"crypto/rand"
	"flag"
	"fmt"
	mathrand "math/rand/v2"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/cairn-rollup/cairn/p2p/gossip"
	"github.com/cairn-rollup/cairn/rollup"
)

// clusterSize and degree: each node has so many static peers besides those that have it. With fewer than Dhi neighbours a
// node never lets one go from its mesh, for whom that would be a minute without it.
const (
	clusterSize   = 20
	degree        = 4
	maxNeighbours = 11
)

// clusterSeed decides who is whose peer, who is killed and who is cut off. Any number will do.
var clusterSeed = flag.Uint64("seed", 1, "seed of TestTwentyHosts")

// member is a node of a cluster and what it has received.
type member struct {
	node *Node // nil: killed
	cfg  Config
	stop chan struct{}
	done sync.WaitGroup

	mu  sync.Mutex
	got map[uint64]time.Time // by block number
}

func (m *member) has(number uint64) (time.Time, bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	at, ok := m.got[number]
	return at, ok
}

// cluster is a network of nodes; the first is the sequencer.
type cluster struct {
	t       testing.TB
	chain   *rollup.Config
	rng     *mathrand.Rand
	members []*member
	links   map[[2]int]*link
	next    uint64
	sent    map[uint64]time.Time
}

func newCluster(t testing.TB, seed uint64) *cluster {
	t.Helper()
	s := &cluster{t: t, chain: isthmusChain(), rng: mathrand.New(mathrand.NewPCG(seed, seed)), links: map[[2]int]*link{}, next: 1, sent: map[uint64]time.Time{}}
	for i := range clusterSize {
		cfg := testConfig(t, s.chain, time.Now)
		cfg.PrivRaw = keyOf(byte(100 + i))
		cfg.NetRestrict = linkNet
		if i == 0 {
			cfg.Signer = signerOf(t, 1)
		}
		for _, j := range s.rng.Perm(i)[:min(i, degree)] { // those opened before have an address already
			if s.neighbours(j) < maxNeighbours {
				l := newLink(t, fmt.Sprintf("127.0.0.1:%d", s.members[j].cfg.ListenTCP))
				s.links[[2]int{i, j}] = l
				cfg.Static = append(cfg.Static, l.addr()+"/p2p/"+idOf(t, byte(100+j)).String())
			}
		}
		m := &member{cfg: cfg, got: map[uint64]time.Time{}}
		s.members = append(s.members, m)
		s.start(i)
		m.cfg.ListenTCP = listenedPort(m.node.host)
	}
	t.Cleanup(func() {
		for i := range s.members {
			s.kill(i)
		}
	})
	return s
}

func (s *cluster) start(i int) {
	s.t.Helper()
	m := s.members[i]
	node, err := Open(m.cfg)
	if err != nil {
		s.t.Fatal(err)
	}
	node.Rotate(signerOf(s.t, 1).Address())
	m.node, m.stop = node, make(chan struct{})
	m.done.Go(func() {
		for {
			select {
			case <-m.stop:
				return
			case b := <-node.Blocks():
				m.mu.Lock()
				m.got[b.Envelope.ExecutionPayload.BlockNumber] = time.Now()
				m.mu.Unlock()
			}
		}
	})
}

func (s *cluster) kill(i int) {
	m := s.members[i]
	if m.node == nil {
		return
	}
	close(m.stop)
	m.done.Wait()
	if err := m.node.Close(); err != nil {
		s.t.Errorf("close node %d: %v", i, err)
	}
	m.node = nil
}

// all lists the members but some.
func (s *cluster) all(but ...int) []int {
	var out []int
	for i := range s.members {
		if !slices.Contains(but, i) {
			out = append(out, i)
		}
	}
	return out
}

// settled waits until nodes have the mesh they need, and every static peer of theirs that is among them.
func (s *cluster) settled(among []int) {
	s.t.Helper()
	for _, i := range among {
		eventually(s.t, fmt.Sprintf("node %d has a mesh", i), func() bool {
			for j := range s.members {
				if s.links[[2]int{i, j}] != nil && slices.Contains(among, j) && !connected(s.members[i].node, s.members[j].node.host.ID()) {
					return false
				}
			}
			return s.members[i].node.Status().Mesh[gossip.V4] >= min(s.neighbours(i, among...), 4)
		})
	}
}

// linked says whether one of two members has the other as its static peer.
func (s *cluster) linked(i, j int) bool {
	return s.links[[2]int{i, j}] != nil || s.links[[2]int{j, i}] != nil
}

// neighbours counts those a member is linked with, among some or among all.
func (s *cluster) neighbours(i int, among ...int) (count int) {
	if among == nil {
		among = s.all()
	}
	for _, j := range among {
		if s.linked(i, j) {
			count++
		}
	}
	return count
}

// publish has the sequencer make blocks, each so long after the one before, with so much in them.
func (s *cluster) publish(count int, every time.Duration, size int) (numbers []uint64) {
	s.t.Helper()
	tick := time.NewTicker(every)
	defer tick.Stop()
	for range count {
		env := blockAt(s.chain, s.next, uint64(time.Now().Unix()), 0)
		if size > 0 {
			tx := make([]byte, size)
			_, _ = rand.Read(tx) // nothing that snappy can make smaller
			tx[0] = 0x7e
			env.ExecutionPayload.Transactions = append(env.ExecutionPayload.Transactions, tx)
			env.ExecutionPayload.BlockHash = gossip.BlockHash(env)
		}
		s.sent[s.next] = time.Now()
		if err := s.members[0].node.Publish(context.Background(), env); err != nil {
			s.t.Fatal(err)
		}
		numbers = append(numbers, s.next)
		s.next++
		<-tick.C
	}
	return numbers
}

// arrived waits until every one of some nodes has every one of some blocks, and gives the times they took, sorted.
func (s *cluster) arrived(among []int, numbers []uint64) []time.Duration {
	s.t.Helper()
	var took []time.Duration
	for _, i := range among {
		if i == 0 {
			continue
		}
		for _, number := range numbers {
			eventually(s.t, fmt.Sprintf("node %d has block %d", i, number), func() bool { _, ok := s.members[i].has(number); return ok })
			at, _ := s.members[i].has(number)
			took = append(took, at.Sub(s.sent[number]))
		}
	}
	slices.Sort(took)
	return took
}

func quantile(sorted []time.Duration, q float64) time.Duration {
	return sorted[min(int(float64(len(sorted))*q), len(sorted)-1)].Round(100 * time.Microsecond)
}

func report(t testing.TB, what string, took []time.Duration) {
	t.Logf("%-34s %4d deliveries  p50 %-8s p99 %-8s max %s", what, len(took), quantile(took, 0.5), quantile(took, 0.99), took[len(took)-1].Round(100*time.Microsecond))
}

func TestTwentyHosts(t *testing.T) {
	if testing.Short() {
		t.Skip("takes half a minute")
	}
	s := newCluster(t, *clusterSeed)
	everybody := s.all()
	s.settled(everybody)
	report(t, "all is well", s.arrived(everybody, s.publish(40, 50*time.Millisecond, 0)))

	// Five are killed, one after the other, while blocks go on.
	victims := s.rng.Perm(clusterSize - 1)[:5]
	for i := range victims {
		victims[i]++ // never the sequencer
	}
	var numbers []uint64
	for _, i := range victims {
		s.kill(i)
		numbers = append(numbers, s.publish(4, 50*time.Millisecond, 0)...)
	}
	survivors := s.all(victims...)
	report(t, "five killed meanwhile", s.arrived(survivors, numbers))

	for _, i := range victims {
		s.start(i)
	}
	s.settled(everybody)
	report(t, "all back", s.arrived(everybody, s.publish(20, 50*time.Millisecond, 0)))

	// Six are cut off.
	apart := s.rng.Perm(clusterSize - 1)[:6]
	for i := range apart {
		apart[i]++
	}
	here := s.all(apart...)
	border := func(cut bool) {
		for ends, l := range s.links {
			if slices.Contains(apart, ends[0]) != slices.Contains(apart, ends[1]) {
				l.set(cut, 0, 0)
			}
		}
	}
	border(true)
	numbers = s.publish(20, 50*time.Millisecond, 0)
	report(t, "six cut off, the others", s.arrived(withinReach(s, here), numbers))
	for _, i := range apart {
		if _, ok := s.members[i].has(numbers[len(numbers)-1]); ok {
			t.Errorf("node %d is cut off and has block %d", i, numbers[len(numbers)-1])
		}
	}
	border(false)
	s.settled(everybody)
	report(t, "together again", s.arrived(everybody, s.publish(20, 50*time.Millisecond, 0)))

	// A third of the links is slow, another third narrow; blocks are large.
	for _, l := range s.links {
		switch s.rng.IntN(3) {
		case 0:
			l.set(false, time.Duration(50+s.rng.IntN(150))*time.Millisecond, 0)
		case 1:
			l.set(false, 20*time.Millisecond, 1<<20)
		default:
		}
	}
	report(t, "slow and narrow links, 128 kB", s.arrived(everybody, s.publish(20, 500*time.Millisecond, 128<<10)))
	for _, i := range everybody {
		if stats := s.members[i].node.Stats(); stats.Verdicts[gossip.Reject] > 0 || len(s.members[i].node.Bans()) > 0 {
			t.Errorf("node %d rejects honest blocks: %v", i, stats.Messages)
		}
	}
}

// withinReach are those of some nodes that the sequencer can reach through others of them.
func withinReach(s *cluster, among []int) []int {
	seen := []int{0}
	for k := 0; k < len(seen); k++ {
		for _, j := range among {
			if s.linked(seen[k], j) && !slices.Contains(seen, j) {
				seen = append(seen, j)
			}
		}
	}
	return seen
}

// received is how many bytes have come in at all members, of everything.
func (s *cluster) received() (bytes int64) {
	for _, m := range s.members {
		bytes += m.node.Stats().BytesIn
	}
	return bytes
}

// BenchmarkPropagation is the way of a block of 10 kB from a sequencer to 19 others over loopback, until the last one has it.
// The ideal is that each of them receives it once, and nothing else.
func BenchmarkPropagation(b *testing.B) {
	const size = 10 << 10 // of noise, beside which the rest of the block is small
	s := newCluster(b, 1)
	everybody := s.all()
	s.settled(everybody)
	var took []time.Duration
	before, blocks := s.received(), int64(0)
	for b.Loop() {
		took = append(took, s.arrived(everybody, s.publish(1, time.Millisecond, size))...)
		blocks++
	}
	slices.Sort(took)
	b.ReportMetric(float64(quantile(took, 0.5).Microseconds())/1000, "p50-ms")
	b.ReportMetric(float64(quantile(took, 0.99).Microseconds())/1000, "p99-ms")
	b.ReportMetric(float64(s.received()-before)/float64(blocks*size*int64(len(s.members)-1)), "x-ideal-bytes")
}
