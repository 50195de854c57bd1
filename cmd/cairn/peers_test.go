package main

import (
	"encoding/json"
	"maps"
	"math/big"
	"net"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/ethereum/go-ethereum/common"
	"github.com/libp2p/go-libp2p/core/network"
	"github.com/libp2p/go-libp2p/core/peer"

	"github.com/cairn-rollup/cairn/p2p"
	"github.com/cairn-rollup/cairn/rollup"
	"github.com/cairn-rollup/cairn/rpc"
	"github.com/cairn-rollup/cairn/testkit/golden"
)

// someone is a peer's id.
func someone(t *testing.T, n byte) peer.ID {
	t.Helper()
	key, err := p2p.LoadKey("", strings.Repeat("0", 62)+string([]byte{'0', '0' + n}))
	if err != nil {
		t.Fatal(err)
	}
	id, err := peer.IDFromPrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	return id
}

// peopled is what a node with all kinds of peers says.
func peopled(t *testing.T) (p2p.PeerDump, p2p.Report) {
	at := time.Unix(1_700_000_000, 0).UTC()
	ago := func(d time.Duration) time.Time { return at.Add(-d) }
	a, b, c, banned, blocked := someone(t, 2), someone(t, 3), someone(t, 4), someone(t, 5), someone(t, 6)
	score := func(total float64) p2p.PeerScores { return p2p.PeerScores{Gossip: p2p.GossipScores{Total: total}} }
	_, subnet, err := net.ParseCIDR("198.51.100.0/24")
	if err != nil {
		t.Fatal(err)
	}
	dump := p2p.PeerDump{
		TotalConnected: 3, BannedPeers: []peer.ID{blocked, banned}, BannedIPS: []net.IP{net.ParseIP("192.0.2.99")}, BannedSubnets: []*net.IPNet{subnet},
		Peers: map[string]*p2p.PeerInfo{
			a.String(): {
				PeerID: a, UserAgent: "optimism", Direction: network.DirOutbound, Latency: 23 * time.Millisecond, Scores: score(12.53), Protected: true,
				Addresses: []string{"/ip4/192.0.2.7/tcp/9222/p2p/" + a.String()}, GossipBlocks: true,
			},
			b.String(): {
				PeerID: b, UserAgent: "a \x1b[31mliar\x1b[0m\nwith a name that is longer than any terminal is wide", Direction: network.DirInbound, Scores: score(-40.2),
				Addresses: []string{"/ip4/10.0.0.1/tcp/9222/p2p/" + b.String(), "/ip4/172.17.0.2/tcp/9222", "/ip6/2001:db8::1/tcp/9222", "/dns4/peer.example/tcp/1"},
			},
		},
	}
	last := p2p.Rejection{At: ago(130 * time.Second), Topic: "/optimism/901/3/blocks", Why: "too-old"}
	bad := last
	bad.Blame, bad.Why = true, "bad-signature"
	return dump, p2p.Report{
		At: at, Opened: ago(time.Hour), Peer: someone(t, 1), Agent: "optimism", Addrs: []string{"/ip4/10.0.0.5/tcp/9222", "/ip4/203.0.113.9/tcp/9222"},
		ENR: "enr:-" + strings.Repeat("J64QBbw", 30), Reach: p2p.ReachPublic, SeenAt: "203.0.113.9",
		Signer: common.Address{1}, Previous: common.Address{2}, Held: 2, Accepted: ago(2 * time.Second),
		Peers: []p2p.ReportPeer{
			{Peer: a, Since: ago(50 * time.Minute), Static: true, Mesh: []string{"blocksv1", "blocksv2", "blocksv3", "blocksv4"}, Bad: &p2p.PeerRejections{Last: last, Total: 1}},
			{Peer: b, Since: ago(30 * time.Second), ByHand: true, Mesh: []string{"blocksv3", "blocksv4"}, Bad: &p2p.PeerRejections{Last: bad, Total: 9}},
			{Peer: c, Since: at, Mesh: []string{}},
		},
		Bans:      []p2p.Ban{{Peer: banned, Until: at.Add(57 * time.Minute), Why: "score -120.0, 10 messages rejected, the last one: bad-signature"}},
		Refused:   []p2p.RefusedRecord{{ChainID: 10, Verdict: p2p.RecordOtherChain}, {ChainID: 8453, Verdict: p2p.RecordOtherChain}, {ChainID: 10, Verdict: p2p.RecordOtherChain}, {ChainID: 1, Verdict: p2p.RecordNoAddress}},
		Discovery: true, Table: 152, Static: 2, StaticUp: 1,
		Blocks: 1203, Ignored: map[string]uint64{"no-signer": 1, "duplicate": 3}, Rejected: map[string]uint64{"too-old": 1, "bad-signature": 9},
		Published: 12, Dropped: 3, StoreFailures: 1, NotPassed: map[string]uint64{"validation ignored": 4, "validation failed": 10, "validation throttled": 7},
	}
}

type opp2p struct{ dump p2p.PeerDump }

// Peers is opp2p_peers.
func (o opp2p) Peers(connected bool) *p2p.PeerDump {
	if !connected {
		panic("all known peers are too many")
	}
	return &o.dump
}

// gossipNode is a node that tells of its gossip.
func gossipNode(t *testing.T, dump p2p.PeerDump, report p2p.Report) string {
	t.Helper()
	told := func() any { return report }
	return answering(t, map[string]any{"opp2p": opp2p{dump}, "cairn": rpc.Cairn{Gossip: told, Status: told}.API()})
}

func TestPeersAreShown(t *testing.T) {
	dump, report := peopled(t)
	code, stdout, stderr := runs(t, "peers", "--rpc", gossipNode(t, dump, report))
	if code != exitOK || stderr != "" {
		t.Fatalf("exit code %d, %q", code, stderr)
	}
	golden.File(t, "testdata/peers.txt", stdout)

	_, alone := peopled(t)
	alone = p2p.Report{At: alone.At, Opened: alone.Opened, Peer: alone.Peer, Agent: "optimism", Addrs: []string{"/ip4/127.0.0.1/tcp/9222"}, Reach: p2p.ReachUnknown}
	signerless := alone
	signerless.Peers, signerless.Reach = []p2p.ReportPeer{{Peer: someone(t, 2), Since: alone.At}}, p2p.ReachNot
	fresh := signerless
	fresh.Signer, fresh.Reach = common.Address{1}, p2p.ReachLocal
	sequencer := fresh
	sequencer.Published = 7
	quiet := fresh
	quiet.Accepted = quiet.At.Add(-5 * time.Minute)
	for name, page := range map[string]*peersPage{
		"narrow": {report: report, dump: dump, width: 40}, "wide": {report: report, dump: dump, width: 130, color: true},
		"alone": {report: alone}, "signerless": {report: signerless}, "fresh": {report: fresh}, "sequencer": {report: sequencer}, "quiet": {report: quiet, width: 80, color: true},
	} {
		text := string(page.text())
		golden.File(t, "testdata/peers-"+name+".txt", text)
		bare := strings.NewReplacer(greenText, "", yellowText, "", redText, "", "\x1b[0m", "").Replace(text)
		if strings.Contains(bare, "\x1b") || !page.color && bare != text {
			t.Errorf("%s: control characters in %q", name, text)
		}
		for line := range strings.Lines(bare) {
			if utf8.RuneCountInString(line)-1 > page.width {
				t.Errorf("%s: line of %d characters: %q", name, utf8.RuneCountInString(line), line)
			}
		}
	}
}

func TestPeersAsJSONHasBothAnswers(t *testing.T) {
	dump, report := peopled(t)
	code, stdout, stderr := runs(t, "peers", "--json", "--rpc", gossipNode(t, dump, report))
	var got map[string]json.RawMessage
	if err := json.Unmarshal([]byte(stdout), &got); err != nil || code != exitOK || stderr != "" || strings.Count(stdout, "\n") != 1 {
		t.Fatalf("exit code %d, %v, %q, %q", code, err, stdout, stderr)
	}
	want := map[string]any{"peers": dump, "gossip": report}
	if !slices.Equal(slices.Sorted(maps.Keys(got)), slices.Sorted(maps.Keys(want))) {
		t.Fatalf("keys of %s", stdout)
	}
	for key, value := range want {
		text, err := json.Marshal(value)
		if err != nil {
			t.Fatal(err)
		}
		if string(text) != string(got[key]) {
			t.Errorf("%s: %s, want %s", key, got[key], text)
		}
	}
}

func TestPeersOfTwoRealNodes(t *testing.T) {
	chain := &rollup.Config{BlockTime: 2, L1ChainID: big.NewInt(900), L2ChainID: big.NewInt(901)}
	open := func(key string, static ...string) *p2p.Node {
		cfg := p2p.DefaultConfig(chain)
		cfg.PrivPath, cfg.PrivRaw, cfg.ListenIP, cfg.ListenTCP, cfg.Static = "", strings.Repeat("0", 63)+key, "127.0.0.1", 0, static
		cfg.PeerstorePath, cfg.DiscoveryPath, cfg.NoDiscovery = p2p.Memory, p2p.Memory, true
		n, err := p2p.Open(cfg)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			if err := n.Close(); err != nil {
				t.Error(err)
			}
		})
		return n
	}
	a := open("1")
	b := open("2", a.Self().Addresses[0])
	tick, end := time.NewTicker(10*time.Millisecond), time.After(30*time.Second)
	defer tick.Stop()
	for b.Status().StaticUp == 0 || a.Status().Peers == 0 {
		select {
		case <-tick.C:
		case <-end:
			t.Fatal("they do not find each other")
		}
	}
	url := answering(t, map[string]any{"opp2p": p2p.NewRPC(b), "cairn": rpc.Cairn{Gossip: func() any { return b.Report() }}.API()})
	code, stdout, stderr := runs(t, "peers", "--rpc", url)
	if code != exitOK || stderr != "" {
		t.Fatalf("exit code %d, %q", code, stderr)
	}
	for _, words := range []string{"1 peer: L1 has not told", b.Self().PeerID.String(), shortPeer(a.Self().PeerID) + "  out ", ", static", "discovery  off", "1 of 1 connected"} {
		if !strings.Contains(stdout, words) {
			t.Errorf("no %q in\n%s", words, stdout)
		}
	}
}

type oldNode struct{}

// Version is optimism_version of op-node.
func (oldNode) Version() string { return "v1.19.6" }

func TestPeersSaysWhyThereAreNone(t *testing.T) {
	told := func() any { return map[string]int{} }
	for _, c := range []struct {
		name, url string
		words     []string
	}{
		{"without gossip", answering(t, map[string]any{"cairn": rpc.Cairn{Status: told}.API()}), []string{"runs without gossip", "--p2p.disable"}},
		{"op-node", answering(t, map[string]any{"optimism": oldNode{}, "opp2p": opp2p{}}), []string{"is op-node", `"v1.19.6"`, "cairn_gossip"}},
		{"another form", answering(t, map[string]any{"opp2p": opp2p{}, "cairn": rpc.Cairn{Gossip: func() any { return []int{1} }}.API()}), []string{"another form", "--json"}},
		{"half of it", answering(t, map[string]any{"cairn": rpc.Cairn{Gossip: told}.API()}), []string{"is not a rollup node"}},
	} {
		code, stdout, stderr := runs(t, "peers", "--rpc", c.url)
		if code != exitFailed || stdout != "" || strings.Count(stderr, "\n") != 1 {
			t.Errorf("%s: exit code %d, stdout %q, stderr %q", c.name, code, stdout, stderr)
		}
		for _, word := range append(c.words, c.url) {
			if !strings.Contains(stderr, word) {
				t.Errorf("%s: %q does not say %q", c.name, stderr, word)
			}
		}
	}
	if code, _, stderr := runs(t, "peers"); code != exitFailed || !strings.Contains(stderr, "no node answers") {
		t.Errorf("nobody there: exit code %d, %q", code, stderr)
	}
	if code, _, stderr := runs(t, "peers", "--rpc", "9545"); code != exitMisused || !strings.Contains(stderr, "--rpc") {
		t.Errorf("no URL: exit code %d, %q", code, stderr)
	}
}
