package p2p

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"math/big"
	"net"
	"strings"
	"sync"
	"testing"

	ethcrypto "github.com/ethereum/go-ethereum/crypto"
	"github.com/ethereum/go-ethereum/p2p/enode"
	"github.com/ethereum/go-ethereum/p2p/enr"
	"github.com/ethereum/go-ethereum/rlp"

	"github.com/cairn-rollup/cairn/rollup"
)

// logged collects what is logged.
type logged struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (l *logged) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.Write(p)
}

func (l *logged) has(parts ...string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	for line := range strings.SplitSeq(l.buf.String(), "\n") {
		all := true
		for _, part := range parts {
			all = all && strings.Contains(line, part)
		}
		if all {
			return true
		}
	}
	return false
}

func (l *logged) logger() *slog.Logger { return slog.New(slog.NewTextHandler(l, nil)) }

func chainNamed(id int64) *rollup.Config {
	chain := isthmusChain()
	chain.L2ChainID = big.NewInt(id)
	return chain
}

func TestOpstackEntryIsTwoVarintsInAByteString(t *testing.T) {
	for _, c := range []struct {
		chain uint64
		want  string
	}{
		{10, "820a00"}, {8453, "83854200"}, {127, "827f00"}, {128, "83800100"}, // the first from WIRE 4, the second from Base's bootnodes
	} {
		got, err := rlp.EncodeToBytes(&opstackEntry{ChainID: c.chain})
		if err != nil {
			t.Fatal(err)
		}
		if want := mustHex(t, c.want); !bytes.Equal(got, want) {
			t.Errorf("chain %d: %x, want %s", c.chain, got, c.want)
		}
		var back opstackEntry
		if err := rlp.DecodeBytes(got, &back); err != nil || back.ChainID != c.chain || back.Version != 0 {
			t.Errorf("chain %d read back as %+v, %v", c.chain, back, err)
		}
	}
	for _, text := range []string{"80", "8180", "820a80", "8aff80808080808080ff7f", "c0"} {
		if err := rlp.DecodeBytes(mustHex(t, text), new(opstackEntry)); err == nil {
			t.Errorf("%s is taken", text)
		}
	}
}

func FuzzOpstackEntry(f *testing.F) {
	f.Add([]byte{0x82, 0x0a, 0x00})
	f.Add([]byte{0x83, 0x85, 0x42, 0x00})
	f.Fuzz(func(t *testing.T, data []byte) {
		var entry opstackEntry
		if rlp.DecodeBytes(data, &entry) != nil {
			return
		}
		again, err := rlp.EncodeToBytes(&entry)
		if err != nil {
			t.Fatal(err)
		}
		var back opstackEntry
		if err := rlp.DecodeBytes(again, &back); err != nil || back != entry {
			t.Fatalf("%+v became %+v, %v", entry, back, err)
		}
	})
}

// record makes a signed node record.
func record(t testing.TB, entries ...enr.Entry) *enode.Node {
	t.Helper()
	key, err := ethcrypto.HexToECDSA(keyOf(7))
	if err != nil {
		t.Fatal(err)
	}
	var r enr.Record
	for _, e := range entries {
		r.Set(e)
	}
	if err := enode.SignV4(&r, key); err != nil {
		t.Fatal(err)
	}
	node, err := enode.New(enode.ValidSchemes, &r)
	if err != nil {
		t.Fatal(err)
	}
	return node
}

func TestRecordsAreJudged(t *testing.T) {
	ip, port := enr.IP(net.IPv4(10, 0, 0, 1)), enr.TCP(9222)
	for _, c := range []struct {
		name string
		node *enode.Node
		want RecordVerdict
	}{
		{"our chain", record(t, ip, port, &opstackEntry{ChainID: testChain}), RecordOurs},
		{"another chain", record(t, ip, port, &opstackEntry{ChainID: 10}), RecordOtherChain},
		{"another version", record(t, ip, port, &opstackEntry{ChainID: testChain, Version: 1}), RecordOtherVersion},
		{"no entry", record(t, ip, port), RecordNotOPStack},
		{"an entry that is none", record(t, ip, port, enr.WithEntry("opstack", []byte{0x80})), RecordBadEntry},
		{"no address", record(t, port, &opstackEntry{ChainID: testChain}), RecordNoAddress},
		{"no port", record(t, ip, &opstackEntry{ChainID: testChain}), RecordNoAddress},
	} {
		if got, _ := checkRecord(c.node, testChain); got != c.want {
			t.Errorf("%s: %s, want %s", c.name, got, c.want)
		}
	}
}

func TestPeerAndNodeIDAreOfOneKey(t *testing.T) {
	node := record(t, enr.IP(net.IPv4(10, 0, 0, 1)), enr.TCP(9222), &opstackEntry{ChainID: testChain})
	info, err := addrInfo(node)
	if err != nil {
		t.Fatal(err)
	}
	if info.ID != idOf(t, 7) || info.Addrs[0].String() != "/ip4/10.0.0.1/tcp/9222" {
		t.Errorf("%v", info)
	}
	if got := nodeID(info.ID); got != node.ID() {
		t.Errorf("node id %s, want %s", got, node.ID())
	}
}

func TestBuiltInBootnodesAreReadable(t *testing.T) {
	for _, l1 := range []int64{1, 11155111} {
		texts := Bootnodes(big.NewInt(l1))
		if len(texts) < 15 {
			t.Errorf("L1 %d: %d bootnodes", l1, len(texts))
		}
		for _, text := range texts {
			if strings.Contains(text, "@bootnode.conduit.xyz") {
				continue // needs a resolver
			}
			if _, err := parseBootnode(context.Background(), text); err != nil {
				t.Errorf("%s: %v", text, err)
			}
		}
	}
	if got := Bootnodes(big.NewInt(900)); got != nil {
		t.Errorf("a private chain has %d", len(got))
	}
}

func TestNodesOfAChainFindEachOtherAndRefuseThoseOfAnother(t *testing.T) {
	clock := newClock()
	boot := testConfig(t, chainNamed(1), clock.now)
	boot.NoDiscovery = false
	bootnode := openNode(t, boot)
	enrOf := bootnode.Self().ENR
	var logs logged
	open := func(chain int64) *Node {
		cfg := testConfig(t, chainNamed(chain), clock.now)
		cfg.NoDiscovery, cfg.Bootnodes, cfg.Log = false, []string{enrOf}, logs.logger()
		return openNode(t, cfg)
	}
	a, b, other := open(testChain), open(testChain), open(10)
	eventually(t, "the two of a chain are connected", func() bool { return connected(a, b.host.ID()) })
	eventually(t, "each has refused the bootnode, which is of another chain", func() bool {
		return len(a.Status().Refused) > 0 && len(other.Status().Refused) > 0
	})
	for _, n := range []*Node{a, b} {
		if connected(n, bootnode.host.ID()) || connected(n, other.host.ID()) {
			t.Error("connected to a node of another chain")
		}
		for _, r := range n.Status().Refused {
			if r.Verdict != RecordOtherChain || (r.ChainID != 1 && r.ChainID != 10) {
				t.Errorf("refused %+v", r)
			}
		}
	}
	if !logs.has("level=WARN", "bootnode is not of this chain", "chain=1 ", "ours=424242") {
		t.Errorf("the bootnode of another chain is not told of:\n%s", logs.buf.String())
	}
	if !logs.has("level=INFO", "another chain") {
		t.Error("nodes of another chain are not told of")
	}
	info := a.Peers(true).Peers[b.host.ID().String()]
	if info.ChainID != testChain && b.Peers(true).Peers[a.host.ID().String()].ChainID != testChain {
		t.Errorf("neither knows the other's chain: %+v", info)
	}
	table, err := a.DiscoveryTable()
	if err != nil || len(table) == 0 || a.PeerStats().Table == 0 {
		t.Errorf("table %v, %v", table, err)
	}
	if s := a.Status(); !strings.HasPrefix(s.ENR, "enr:") || s.Table == 0 || !s.Discovery {
		t.Errorf("status %+v", s)
	}
}

func TestUDPHasThePortOfTCPUnlessItIsTaken(t *testing.T) {
	clock := newClock()
	cfg := testConfig(t, isthmusChain(), clock.now)
	cfg.NoDiscovery = false
	n := openNode(t, cfg)
	record := n.discovery.local.Node()
	if record.UDP() != record.TCP() || record.TCP() != listenedPort(n.host) || record.IPAddr().String() != "127.0.0.1" {
		t.Errorf("record with %s tcp %d udp %d, listening to tcp %d", record.IPAddr(), record.TCP(), record.UDP(), listenedPort(n.host))
	}
	s, err := cfg.parse()
	if err != nil {
		t.Fatal(err)
	}
	conn, err := listenUDP(s, 0, listenedPort(n.host))
	if err != nil {
		t.Fatalf("with the port taken: %v", err)
	}
	_ = conn.Close()
	if conn, err := listenUDP(s, listenedPort(n.host), 0); err == nil {
		_ = conn.Close()
		t.Error("a port that was asked for and is taken is no error")
	}
}

func TestAdvertisedAddressIsInTheRecordAndInIdentify(t *testing.T) {
	clock := newClock()
	cfg := testConfig(t, isthmusChain(), clock.now)
	cfg.NoDiscovery = false
	cfg.AdvertiseIP, cfg.AdvertiseTCP, cfg.AdvertiseUDP = "203.0.113.7", 30303, 30304
	n := openNode(t, cfg)
	record := n.discovery.local.Node()
	if record.IPAddr().String() != "203.0.113.7" || record.TCP() != 30303 || record.UDP() != 30304 {
		t.Errorf("record with %s tcp %d udp %d", record.IPAddr(), record.TCP(), record.UDP())
	}
	if got := fmt.Sprint(n.host.Addrs()); !strings.Contains(got, "/ip4/203.0.113.7/tcp/30303") {
		t.Errorf("identify tells %s", got)
	}
}

func TestDiscoveryCanBeDisabled(t *testing.T) {
	n := openNode(t, testConfig(t, isthmusChain(), newClock().now))
	if _, err := n.DiscoveryTable(); err != ErrDisabledDiscovery { //nolint:errorlint // op-node's words exactly
		t.Errorf("got %v", err)
	}
	if n.Self().ENR != "" || n.Status().Discovery {
		t.Error("a record without discovery")
	}
}
