package p2p

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ethereum/go-ethereum/common"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/cairn-rollup/cairn/internal/histogram"
	"github.com/cairn-rollup/cairn/p2p/gossip"
	"github.com/cairn-rollup/cairn/testkit/golden"
	"github.com/cairn-rollup/cairn/testkit/scrape"
)

// busy is a node in the middle of its life.
func busy() (Status, Stats) {
	status := Status{
		Topics: map[gossip.Version]int{gossip.V1: 1, gossip.V2: 2, gossip.V3: 3, gossip.V4: 4},
		Mesh:   map[gossip.Version]int{gossip.V1: 0, gossip.V2: 1, gossip.V3: 2, gossip.V4: 3},
		Reach:  ReachLocal, Signers: gossip.SignerStatus{Current: common.Address{1}, Held: 5}, Accepted: time.UnixMilli(1_700_000_000_500),
		Bans: make([]Ban, 6), Table: 7, Static: 9, StaticUp: 8,
	}
	return status, Stats{
		Scores: map[string]histogram.Histogram{"total": histogram.New(-5, 0, 5).With(-7, 0, 1, 6)},
		Peers:  10, Streams: 11, BytesIn: 12, BytesOut: 13, Events: map[string]uint64{"GRAFT": 14},
		Messages: map[gossip.Version]map[gossip.Reason]uint64{
			gossip.V3: {gossip.OK: 1, gossip.UnknownSigner: 3},
			gossip.V4: {gossip.OK: 15, gossip.UnknownSigner: 4, gossip.TooOld: 16, gossip.Duplicate: 2, gossip.NoSigner: 1, gossip.RetiredSigner: 1},
		},
		Verdicts: map[gossip.Verdict]uint64{gossip.Accept: 16, gossip.Ignore: 6, gossip.Reject: 21},
		Rejects:  map[string]uint64{"validation throttled": 17},
		Gate:     GateStats{DialsAllowed: 18, DialsRefused: 19, AcceptsAllowed: 20, AcceptsRefused: 21, PeerBans: 22, PeerUnbans: 23, IPUnbans: 24},
		Dials:    40, DialFailures: 25, Published: 26, Dropped: 27, Panics: 28, StoreFailures: 29,
		Records: map[RecordVerdict]uint64{RecordOurs: 30, RecordOtherChain: 31},
	}
}

func collectorOf(look func() (Status, Stats)) *Collector {
	return &Collector{look: look, opened: time.Unix(1_600_000_000, 0)}
}

// gather reads one scrape. The registry is pedantic: what is collected must be what was described.
func gather(t *testing.T, c *Collector) (values map[string]float64, metrics []string) {
	t.Helper()
	return scrape.Of(t, registryOf(t, c))
}

func registryOf(t *testing.T, c *Collector) prometheus.Gatherer {
	t.Helper()
	registry := prometheus.NewPedanticRegistry()
	if err := registry.Register(c); err != nil {
		t.Fatal(err)
	}
	return registry
}

func TestNamesTypesAndLabelsOfMetricsStay(t *testing.T) {
	_, metrics := gather(t, collectorOf(busy))
	golden.File(t, "testdata/metrics.txt", strings.Join(metrics, "\n")+"\n")
	if len(metrics) != len(descs) {
		t.Errorf("%d metrics are described, %d shown", len(descs), len(metrics))
	}
}

func TestMetricsOfOpNodeHaveItsTypesAndLabels(t *testing.T) {
	_, metrics := gather(t, collectorOf(busy))
	scrape.Compare(t, metrics, scrape.OpNode(t, "../../shared/peers/metrics.tsv"), 9)
}

func TestNamesOfOwnMetricsAreInStyle(t *testing.T) {
	scrape.InStyle(t, registryOf(t, collectorOf(busy)), "cairn_") // op-node's names are op-node's
}

func TestValuesOfMetrics(t *testing.T) {
	values, _ := gather(t, collectorOf(busy))
	for series, want := range map[string]float64{
		`op_node_default_p2p_peer_count{}`:                                10,
		`op_node_default_p2p_stream_count{}`:                              11,
		`op_node_default_p2p_bandwidth_bytes_total{direction="in"}`:       12,
		`op_node_default_p2p_bandwidth_bytes_total{direction="out"}`:      13,
		`op_node_default_p2p_gossip_events_total{type="GRAFT"}`:           14,
		`op_node_default_p2p_dials{allow="true"}`:                         18,
		`op_node_default_p2p_dials{allow="false"}`:                        19,
		`op_node_default_p2p_accepts{allow="true"}`:                       20,
		`op_node_default_p2p_accepts{allow="false"}`:                      21,
		`op_node_default_p2p_peer_unbans{}`:                               23,
		`op_node_default_p2p_ip_unbans{}`:                                 24,
		`cairn_gossip_messages_total{reason="ok",topic="blocksv4"}`:       15,
		`cairn_gossip_messages_total{reason="too-old",topic="blocksv4"}`:  16,
		`cairn_gossip_messages_total{reason="ok",topic="blocksv1"}`:       0,
		`cairn_gossip_verdicts_total{verdict="reject"}`:                   21,
		`cairn_gossip_not_passed_total{reason="validation throttled"}`:    17,
		`cairn_gossip_topic_peers{topic="blocksv3"}`:                      3,
		`cairn_gossip_mesh_peers{topic="blocksv3"}`:                       2,
		`cairn_gossip_published_total{}`:                                  26,
		`cairn_gossip_dropped_total{}`:                                    27,
		`cairn_gossip_panics_total{}`:                                     28,
		`cairn_gossip_store_failures_total{}`:                             29,
		`cairn_gossip_dial_failures_total{}`:                              25,
		`cairn_gossip_bans{}`:                                             6,
		`cairn_gossip_bans_total{}`:                                       22,
		`cairn_gossip_static_peers{}`:                                     9,
		`cairn_gossip_static_peers_up{}`:                                  8,
		`cairn_gossip_table_nodes{}`:                                      7,
		`cairn_gossip_records_total{verdict="another chain"}`:             31,
		`cairn_gossip_records_total{verdict="no IP address or TCP port"}`: 0,
		`cairn_gossip_reachable{reach="local only"}`:                      1,
		`cairn_gossip_reachable{reach="reachable"}`:                       0,
		`cairn_gossip_signer_known{}`:                                     1,
		`cairn_gossip_held_messages{}`:                                    5,
		`cairn_gossip_accepted_timestamp_seconds{}`:                       1_700_000_000.5,
		`op_node_default_peer_scores_bucket{type="total",le="-5"}`:        1,
		`op_node_default_peer_scores_bucket{type="total",le="0"}`:         2,
		`op_node_default_peer_scores_bucket{type="total",le="5"}`:         3,
		`op_node_default_peer_scores_count{type="total"}`:                 4,
		`op_node_default_peer_scores_sum{type="total"}`:                   0,
	} {
		if got, ok := values[series]; !ok || got != want {
			t.Errorf("%s: got %v (there: %t), want %v", series, got, ok, want)
		}
	}
}

// An alert on what has never happened needs a series all the same; a scrape of what is odd must not fail.
func TestMetricsOfANewAndOfAnOddNode(t *testing.T) {
	values, _ := gather(t, collectorOf(func() (Status, Stats) { return Status{}, Stats{} }))
	for series, want := range map[string]float64{
		`cairn_gossip_accepted_timestamp_seconds{}`: 1_600_000_000, `cairn_gossip_signer_known{}`: 0, `op_node_default_p2p_peer_count{}`: 0,
		`cairn_gossip_verdicts_total{verdict="accept"}`: 0, `cairn_gossip_messages_total{reason="ok",topic="blocksv4"}`: 0,
	} {
		if got, ok := values[series]; !ok || got != want {
			t.Errorf("%s: got %v (there: %t), want %v", series, got, ok, want)
		}
	}
	for series, v := range values {
		if math.IsNaN(v) || math.IsInf(v, 0) {
			t.Errorf("%s is %v", series, v)
		}
	}
	values, _ = gather(t, collectorOf(func() (Status, Stats) { return Status{}, Stats{Rejects: map[string]uint64{"odd\xff": 3}} }))
	if got := values[`cairn_gossip_not_passed_total{reason="odd?"}`]; got != 3 {
		t.Errorf("got %v of %v", got, values)
	}
}

func TestMetricsAndReportOfTwoNodes(t *testing.T) {
	now := newClock()
	chain := isthmusChain()
	cfg := testConfig(t, chain, now.now)
	cfg.Signer = signerOf(t, 1)
	a, b := openNode(t, cfg), openNode(t, testConfig(t, chain, now.now))
	connect(t, b, a)
	meshed(t, 1, gossip.V4, a, b)
	if r := b.Received(); r != (Received{}) {
		t.Errorf("received %+v before anything was sent", r)
	}
	if err := a.Publish(context.Background(), blockAt(chain, 7, uint64(now.now().Unix()), 0)); err != nil {
		t.Fatal(err)
	}
	newest := recv(t, b).Envelope.ExecutionPayload
	if r, want := b.Received(), (Received{Blocks: 1, Newest: newest.ID(), Time: newest.Timestamp, At: now.now()}); r != want || newest.BlockNumber != 7 {
		t.Errorf("received %+v, want %+v", r, want)
	}
	if r := a.Received(); r.Blocks != 0 {
		t.Errorf("an own block was received: %+v", r)
	}
	b.ledger.reject(a.host.ID(), "topic", gossip.TooManyBlocksAtHeight) // once, which costs nothing: it stays in the mesh

	values, _ := gather(t, NewCollector(b))
	for series, want := range map[string]float64{
		`op_node_default_p2p_peer_count{}`: 1, `cairn_gossip_messages_total{reason="ok",topic="blocksv4"}`: 1,
		`cairn_gossip_verdicts_total{verdict="accept"}`: 1, `cairn_gossip_mesh_peers{topic="blocksv4"}`: 1, `cairn_gossip_signer_known{}`: 1,
		`cairn_gossip_accepted_timestamp_seconds{}`: float64(now.now().UnixMilli()) / 1e3,
	} {
		if got, ok := values[series]; !ok || got != want {
			t.Errorf("%s: got %v (there: %t), want %v", series, got, ok, want)
		}
	}
	eventually(t, "an inspection is shown", func() bool {
		values, _ := gather(t, NewCollector(b))
		return values[`op_node_default_peer_scores_count{type="blocksTimeInMesh"}`] > 0
	})
	eventually(t, "bytes and streams are shown", func() bool { // the counter of bytes is brought up to date once a second
		values, _ := gather(t, NewCollector(b))
		return values[`op_node_default_p2p_bandwidth_bytes_total{direction="in"}`] > 0 && values[`op_node_default_p2p_stream_count{}`] > 0
	})
	if values, _ := gather(t, NewCollector(a)); values[`cairn_gossip_published_total{}`] != 1 {
		t.Errorf("published %v", values)
	}

	r := b.Report()
	if r.Peer != b.host.ID() || r.Blocks != 1 || !r.Accepted.Equal(now.now()) || r.Signer != cfg.Signer.Address() || len(r.Addrs) == 0 || r.Opened.After(r.At) {
		t.Errorf("%+v", r)
	}
	if len(r.Topics) != 4 || r.Topics[3].Version != "blocksv4" || r.Topics[3].Mesh != 1 || r.Topics[3].Messages["ok"] != 1 {
		t.Errorf("topics %+v", r.Topics)
	}
	if len(r.Peers) != 1 {
		t.Fatalf("peers %+v", r.Peers)
	}
	p := r.Peers[0]
	if p.Peer != a.host.ID() || !slices.Contains(p.Mesh, "blocksv4") || p.Static || p.Since.IsZero() || p.Bad == nil || p.Bad.Total != 1 || p.Bad.Last.Why != "too-many-blocks-at-height" {
		t.Errorf("peer %+v", p)
	}
}

// Only an unknown signer is sometimes ignored and sometimes rejected; what was ignored for no other reason was that.
func TestReportTellsIgnoredFromRejected(t *testing.T) {
	_, stats := busy()
	accepted, ignored, rejected := verdicts(stats)
	want := "16 map[duplicate:2 no-signer:1 retired-signer:1 unknown-signer:2] map[too-old:16 unknown-signer:5]"
	if got := fmt.Sprint(accepted, " ", ignored, " ", rejected); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	sum := func(counts map[string]uint64) (n uint64) {
		for _, count := range counts {
			n += count
		}
		return n
	}
	if sum(ignored) != stats.Verdicts[gossip.Ignore] || sum(rejected) != stats.Verdicts[gossip.Reject] {
		t.Errorf("ignored %d of %d, rejected %d of %d", sum(ignored), stats.Verdicts[gossip.Ignore], sum(rejected), stats.Verdicts[gossip.Reject])
	}
}

// The table of docs/operations.md is made of the metrics themselves, so that it cannot be wrong.
func TestOperationsListEveryMetricOfGossip(t *testing.T) {
	registry := prometheus.NewRegistry()
	registry.MustRegister(collectorOf(busy))
	families, err := registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	var table strings.Builder
	table.WriteString("| Metric | Type | Labels | Meaning |\n|---|---|---|---|\n")
	for _, family := range families {
		labels := "-"
		if of := family.GetMetric()[0].GetLabel(); len(of) > 0 {
			var names []string
			for _, l := range of {
				names = append(names, "`"+l.GetName()+"`")
			}
			labels = strings.Join(names, ", ")
		}
		fmt.Fprintf(&table, "| `%s` | %s | %s | %s |\n", family.GetName(), strings.ToLower(family.GetType().String()), labels, family.GetHelp())
	}
	golden.Part(t, "../docs/operations.md", "gossip-metrics", table.String())
}
