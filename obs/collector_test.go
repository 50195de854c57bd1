package obs

import (
	"fmt"
	"maps"
	"math"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/ethereum/go-ethereum/common"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/cairn-rollup/cairn/eth"
	"github.com/cairn-rollup/cairn/internal/histogram"
	"github.com/cairn-rollup/cairn/testkit/golden"
	"github.com/cairn-rollup/cairn/testkit/scrape"
)

// at is a moment of the chain of full, in seconds.
func at(second int64) time.Time { return time.Unix(1_700_000_000+second, 0).UTC() }

// full is a node in the middle of its life: every field of the status is set, and no two blocks are alike.
func full() Snapshot {
	l1 := func(n uint64) eth.L1Ref {
		return eth.L1Ref{Hash: common.Hash{byte(n), 1}, Number: n, ParentHash: common.Hash{byte(n - 1), 1}, Time: 1_700_000_000 + 12*n}
	}
	l2 := func(n uint64) eth.L2Ref {
		return eth.L2Ref{
			Hash: common.Hash{byte(n), 2}, Number: n, ParentHash: common.Hash{byte(n - 1), 2}, Time: 1_700_000_000 + 2*n,
			L1Origin: l1(n / 6).ID(), SequenceNumber: n % 6,
		}
	}
	return Snapshot{
		Sync: eth.SyncStatus{
			CurrentL1: l1(96), CurrentL1Finalized: l1(40), HeadL1: l1(100), SafeL1: l1(70), FinalizedL1: l1(40),
			UnsafeL2: l2(605), SafeL2: l2(574), FinalizedL2: l2(240), PendingSafeL2: l2(576),
			CrossUnsafeL2: l2(604), LocalSafeL2: l2(575),
		},
		Started: true, SequencerEnabled: true, SequencerActive: true,
		Need: "engine", Waits: []Wait{{Lane: "engine", Fault: eth.EngineUnreachable, Cause: "connection refused", Failures: 3, Since: at(1195), Until: at(1201)}},
		Dropped: map[string]int{"batch/past": 2, "frame/duplicate": 1, "tx/wrong-sender": 7},
		Moved:   Moved{L1: at(1202), CurrentL1: at(1190), Unsafe: at(1211), Safe: at(1191), Finalized: at(900)},
		Spent:   map[string]time.Duration{"nothing": time.Second, "start": 2 * time.Second, "l1-head": time.Hour, "l1-block": 4 * time.Second, "blobs": 5 * time.Second, "engine": 6500 * time.Millisecond, "disk": 0},
		Counts: Counts{
			Derived: 11, Consolidated: 12, Replaced: 13, Rejected: 14, Sequenced: 15, Rewinds: 16, Restarts: 17, L1Blocks: 18, Received: 19, Inserted: 20,
			Frames: 31, Channels: 32, ChannelTimeouts: 33, ChannelBytes: 34, SingularBatches: 35, SpanBatches: 36, SequencingErrors: 37,
			SequencerResets: 38, LostOrigins: 39, SequencedDeposits: 40, SequencedTxs: 41,
		},
		Last: Last{Start: at(1), Frame: at(2), Channel: at(3), ChannelTimeout: at(4), SingularBatch: at(5), SpanBatch: at(6), SequencingError: at(7), SequencerReset: at(8), LostOrigin: at(9)},
		Measured: Measured{
			L1Reorgs: histogram.New(.5, 1.5, 2.5).With(1, 2, 2), Building: histogram.New(-.5, .5).With(-1, .25), Sealing: histogram.New(.5, 1).With(.25, .75, .75, 3),
		},
		LostOrigin: l1(99).ID(), FoundOrigin: l1(98).ID(),
		Queue:  Queue{Blocks: 21, Bytes: 22, Lowest: 608, Highest: 640, Next: l2(607).ID()},
		Gossip: Gossip{Enabled: true, Peers: 3, Signer: true, Opened: at(0), Accepted: at(1210), Received: 42, Newest: l2(606).ID(), NewestTime: l2(606).Time, NewestAt: at(1213), PublishErrors: 43, PublishErrorAt: at(10)},
		Endpoints: []Endpoint{
			{Kind: "l1", Name: "a.example", Requests: map[string]uint64{"eth_getBlockByNumber": 40, "eth_getBlockReceipts": 2}, Failures: 1},
			{Kind: "l1", Name: "b.example", Fault: eth.L1Slow, Cause: "deadline exceeded", Requests: map[string]uint64{"eth_getBlockByNumber": 5}, Failures: 3},
			{Kind: "beacon", Name: "c.example", Requests: map[string]uint64{"/eth/v1/beacon/blobs": 9}},
		},
		Chain: Chain{
			Name: "op-test", ChainID: 901, BlockTime: 2, SeqWindowSize: 3600, NextFork: "jovian", NextForkTime: 1_700_090_000,
			Forks: []Fork{{Name: "isthmus", Time: 1_600_000_000}, {Name: "jovian", Time: 1_700_090_000}, {Name: "pectra_blob_schedule", Time: 1_742_486_400, OfL1: true}},
		},
	}
}

func fixed(s Snapshot) Source { return func() Snapshot { return s } }

// registryOf is pedantic: what is collected must be what was described.
func registryOf(t *testing.T, source Source) *prometheus.Registry {
	t.Helper()
	registry := prometheus.NewPedanticRegistry()
	if err := registry.Register(NewCollector("v1.2.3", source)); err != nil {
		t.Fatal(err)
	}
	return registry
}

func TestNamesTypesAndLabelsStay(t *testing.T) {
	_, metrics := scrape.Of(t, registryOf(t, fixed(full())))
	golden.File(t, "testdata/metrics.txt", strings.Join(metrics, "\n")+"\n")

	descs := make(chan *prometheus.Desc, 100)
	NewCollector("", fixed(full())).Describe(descs)
	if len(descs) != len(metrics) {
		t.Errorf("%d metrics are described, %d shown by a full status", len(descs), len(metrics))
	}
}

func TestMetricsOfOpNodeHaveItsTypesAndLabels(t *testing.T) {
	theirs := scrape.OpNode(t, "../../shared/peers/metrics.tsv")
	theirs["op_node_default_hardfork_activation_timestamp"] = "op_node_default_hardfork_activation_timestamp gauge activation_basis,chain_id,fork" // v1.19.6; the list is older
	_, metrics := scrape.Of(t, registryOf(t, fixed(full())))
	scrape.Compare(t, metrics, theirs, 40)
}

func TestPrometheusLint(t *testing.T) {
	scrape.InStyle(t, registryOf(t, fixed(full())), "cairn_") // op-node's names are op-node's
}

func TestZeroStatusHasNoBlocksAndNoNaN(t *testing.T) {
	values, _ := scrape.Of(t, registryOf(t, fixed(Snapshot{})))
	want := map[string]float64{
		`cairn_sequencer_enabled{}`:               0,
		`cairn_wait_failures{lane="engine"}`:      0,
		`cairn_wait_failures{lane="l1"}`:          0,
		`cairn_wait_failures{lane="origin"}`:      0,
		`cairn_wait_failures{lane="start"}`:       0,
		`op_node_default_info{version="v1.2.3"}`:  1,
		`op_node_default_sequencer_active{}`:      0,
		`op_node_default_up{}`:                    0,
		`op_node_default_derivation_idle{}`:       0,
		`op_node_default_pipeline_resets_total{}`: 0,
		`cairn_blocks_total{how="derived"}`:       0,
		`cairn_blocks_total{how="consolidated"}`:  0,
		`cairn_blocks_total{how="replaced"}`:      0,
		`cairn_blocks_total{how="rejected"}`:      0,
		`cairn_blocks_total{how="sequenced"}`:     0,
		`cairn_blocks_total{how="received"}`:      0,
		`cairn_blocks_total{how="inserted"}`:      0,
		`cairn_l1_blocks_total{}`:                 0,

		`op_node_default_unsafe_payloads_buffer_len{}`:      0,
		`op_node_default_unsafe_payloads_buffer_mem_size{}`: 0,
		`cairn_l1_rewinds_total{}`:                          0,
	}
	for _, name := range []string{
		"pipeline_resets", "unsafe_payloads", "publishing_errors", "frame_added", "head_channel", "channel_timeout", "sequencing_errors",
		"sequencer_resets", "sequencer_inconsistent_l1_origin",
	} {
		want["op_node_default_"+name+"_total{}"], want["op_node_default_last_"+name+"_unix{}"] = 0, 0
	}
	for _, kind := range []string{"singular", "span"} {
		want[`op_node_default_derived_batches_total{type="`+kind+`"}`], want[`op_node_default_last_derived_batches_unix{type="`+kind+`"}`] = 0, 0
	}
	for _, series := range []string{
		"channel_input_bytes{}", `transactions_sequenced_total{type="deposits"}`, `transactions_sequenced_total{type="txns"}`,
		"l1_reorg_depth_count{}", "l1_reorg_depth_sum{}", "sequencer_building_diff_total{}", "sequencer_building_diff_seconds_count{}",
		"sequencer_building_diff_seconds_sum{}", "sequencer_sealing_total{}", "sequencer_sealing_seconds_count{}", "sequencer_sealing_seconds_sum{}",
	} {
		want["op_node_default_"+series] = 0
	}
	if !maps.Equal(values, want) { // NaN differs from itself
		t.Errorf("got %v, want %v", values, want)
	}
}

func TestValuesOfAFullStatus(t *testing.T) {
	values, _ := scrape.Of(t, registryOf(t, fixed(full())))
	for series, want := range map[string]float64{
		`op_node_default_up{}`:                                            1,
		`op_node_default_sequencer_active{}`:                              1,
		`cairn_sequencer_enabled{}`:                                       1,
		`op_node_default_refs_number{layer="l1",type="l1_head"}`:          100,
		`op_node_default_refs_number{layer="l1",type="l1_safe"}`:          70,
		`op_node_default_refs_number{layer="l1",type="l1_finalized"}`:     40,
		`op_node_default_refs_number{layer="l1",type="l1_derived"}`:       96,
		`op_node_default_refs_number{layer="l2",type="l2_unsafe"}`:        605,
		`op_node_default_refs_number{layer="l2",type="l2_safe"}`:          574,
		`op_node_default_refs_number{layer="l2",type="l2_finalized"}`:     240,
		`op_node_default_refs_number{layer="l2",type="l2_pending_safe"}`:  576,
		`op_node_default_refs_number{layer="l2",type="l2_local_safe"}`:    575,
		`op_node_default_refs_number{layer="l1_origin",type="l2_unsafe"}`: 100,
		`op_node_default_refs_time{layer="l1",type="l1_head"}`:            1_700_001_200,
		`op_node_default_refs_time{layer="l2",type="l2_unsafe"}`:          1_700_001_210,
		`op_node_default_refs_hash{layer="l1",type="l1_head"}`:            100 + 1<<8, // hash 0x6401…, little endian
		`op_node_default_refs_hash{layer="l1_origin",type="l2_unsafe"}`:   100 + 1<<8,
		`op_node_default_refs_seqnr{type="l2_unsafe"}`:                    5,
		`cairn_dropped_total{reason="wrong-sender",what="tx"}`:            7,
		`cairn_dropped_total{reason="past",what="batch"}`:                 2,
		`cairn_wait_failures{lane="engine"}`:                              3,
		`cairn_wait_failures{lane="l1"}`:                                  0,

		`op_node_default_refs_latency{layer="l1",type="l1_head"}`:                                 -2, // timestamp 1200, seen at 1202
		`op_node_default_refs_latency{layer="l2",type="l2_safe"}`:                                 -43,
		`op_node_default_derivation_idle{}`:                                                       0,
		`op_node_default_pipeline_resets_total{}`:                                                 18, // 17 anew, and the first
		`op_node_default_rpc_client_requests_total{method="eth_getBlockByNumber",rpc="l1"}`:       45,
		`cairn_blocks_total{how="derived"}`:                                                       11,
		`cairn_blocks_total{how="consolidated"}`:                                                  12,
		`cairn_blocks_total{how="replaced"}`:                                                      13,
		`cairn_blocks_total{how="rejected"}`:                                                      14,
		`cairn_blocks_total{how="sequenced"}`:                                                     15,
		`cairn_blocks_total{how="received"}`:                                                      19,
		`cairn_blocks_total{how="inserted"}`:                                                      20,
		`op_node_default_unsafe_payloads_buffer_len{}`:                                            21,
		`op_node_default_unsafe_payloads_buffer_mem_size{}`:                                       22,
		`cairn_l1_rewinds_total{}`:                                                                16,
		`cairn_l1_blocks_total{}`:                                                                 18,
		`cairn_need_seconds_total{need="engine"}`:                                                 6.5,
		`cairn_need_seconds_total{need="l1-head"}`:                                                3600,
		`cairn_head_moved_timestamp_seconds{head="safe"}`:                                         1_700_001_191,
		`cairn_head_moved_timestamp_seconds{head="l1"}`:                                           1_700_001_202,
		`cairn_fault{fault="engine-unreachable",lane="engine"}`:                                   1,
		`cairn_endpoint_up{kind="l1",name="a.example"}`:                                           1,
		`cairn_endpoint_up{kind="l1",name="b.example"}`:                                           0,
		`cairn_endpoint_requests_total{kind="l1",method="eth_getBlockByNumber",name="b.example"}`: 5,
		`cairn_endpoint_failures_total{kind="l1",name="b.example"}`:                               3,
		`cairn_seq_window_size{}`:                                                                 3600,
		`cairn_next_fork_time{fork="jovian"}`:                                                     1_700_090_000,

		`op_node_default_last_pipeline_resets_unix{}`:                             1_700_000_001,
		`op_node_default_frame_added_total{}`:                                     31,
		`op_node_default_last_frame_added_unix{}`:                                 1_700_000_002,
		`op_node_default_head_channel_total{}`:                                    32,
		`op_node_default_last_head_channel_unix{}`:                                1_700_000_003,
		`op_node_default_channel_timeout_total{}`:                                 33,
		`op_node_default_last_channel_timeout_unix{}`:                             1_700_000_004,
		`op_node_default_channel_input_bytes{}`:                                   34,
		`op_node_default_derived_batches_total{type="singular"}`:                  35,
		`op_node_default_last_derived_batches_unix{type="singular"}`:              1_700_000_005,
		`op_node_default_derived_batches_total{type="span"}`:                      36,
		`op_node_default_last_derived_batches_unix{type="span"}`:                  1_700_000_006,
		`op_node_default_sequencing_errors_total{}`:                               37,
		`op_node_default_last_sequencing_errors_unix{}`:                           1_700_000_007,
		`op_node_default_sequencer_resets_total{}`:                                38,
		`op_node_default_last_sequencer_resets_unix{}`:                            1_700_000_008,
		`op_node_default_sequencer_inconsistent_l1_origin_total{}`:                39,
		`op_node_default_last_sequencer_inconsistent_l1_origin_unix{}`:            1_700_000_009,
		`op_node_default_transactions_sequenced_total{type="deposits"}`:           40,
		`op_node_default_transactions_sequenced_total{type="txns"}`:               41,
		`op_node_default_unsafe_payloads_total{}`:                                 42,
		`op_node_default_last_unsafe_payloads_unix{}`:                             1_700_001_213,
		`op_node_default_publishing_errors_total{}`:                               43,
		`op_node_default_last_publishing_errors_unix{}`:                           1_700_000_010,
		`op_node_default_refs_number{layer="l2",type="received_payload"}`:         606,
		`op_node_default_refs_time{layer="l2",type="received_payload"}`:           1_700_001_212,
		`op_node_default_refs_hash{layer="l2",type="received_payload"}`:           606%256 + 2<<8,
		`op_node_default_refs_latency{layer="l2",type="received_payload"}`:        -1,
		`op_node_default_refs_number{layer="l2",type="l2_buffer_unsafe"}`:         607,
		`op_node_default_refs_hash{layer="l2",type="l2_buffer_unsafe"}`:           607%256 + 2<<8,
		`op_node_default_refs_number{layer="l1_origin",type="inconsistent_from"}`: 99,
		`op_node_default_refs_number{layer="l1_origin",type="inconsistent_to"}`:   98,
		`op_node_default_l1_reorg_depth_bucket{le="0.5"}`:                         0,
		`op_node_default_l1_reorg_depth_bucket{le="1.5"}`:                         1,
		`op_node_default_l1_reorg_depth_bucket{le="2.5"}`:                         3,
		`op_node_default_l1_reorg_depth_count{}`:                                  3,
		`op_node_default_l1_reorg_depth_sum{}`:                                    5,
		`op_node_default_sequencer_building_diff_seconds_bucket{le="-0.5"}`:       1,
		`op_node_default_sequencer_building_diff_seconds_sum{}`:                   -.75,
		`op_node_default_sequencer_building_diff_total{}`:                         2,
		`op_node_default_sequencer_sealing_seconds_bucket{le="1"}`:                3,
		`op_node_default_sequencer_sealing_seconds_count{}`:                       4,
		`op_node_default_sequencer_sealing_total{}`:                               4,

		`op_node_default_hardfork_activation_timestamp{activation_basis="l2_timestamp",chain_id="901",fork="jovian"}`:                      1_700_090_000,
		`op_node_default_hardfork_activation_timestamp{activation_basis="l1_origin_timestamp",chain_id="901",fork="pectra_blob_schedule"}`: 1_742_486_400,
	} {
		if got, ok := values[series]; !ok || got != want {
			t.Errorf("%s: got %v (there: %t), want %v", series, got, ok, want)
		}
	}
	for _, series := range []string{`{layer="l1_origin",type="l2_unsafe"}`, `{layer="l2",type="l2_buffer_unsafe"}`, `{layer="l1_origin",type="inconsistent_to"}`} {
		if _, ok := values["op_node_default_refs_time"+series]; ok {
			t.Errorf("the time of %s is not known, or not shown by op-node, but it is shown", series)
		}
	}
	for series, v := range values {
		if math.IsNaN(v) || math.IsInf(v, 0) {
			t.Errorf("%s is %v", series, v)
		}
	}
}

func TestIdleIsToHaveDerivedAllOfL1(t *testing.T) {
	for need, want := range map[string]float64{"l1-head": 1, "l1-block": 0, "nothing": 0, "": 0} {
		s := full()
		s.Need = need
		if values, _ := scrape.Of(t, registryOf(t, fixed(s))); values[`op_node_default_derivation_idle{}`] != want {
			t.Errorf("need %q: got %v", need, values[`op_node_default_derivation_idle{}`])
		}
	}
	s := full()
	s.Need, s.Failure = "l1-head", "over"
	if values, _ := scrape.Of(t, registryOf(t, fixed(s))); values[`op_node_default_derivation_idle{}`] != 0 {
		t.Error("a node that has ended is idle")
	}
}

// op-node counts a reset when the place to begin is found, the first time included.
func TestResetsCountStartsThatWereFound(t *testing.T) {
	for _, c := range []struct {
		started  bool
		restarts int
		want     float64
	}{{false, 0, 0}, {true, 0, 1}, {false, 1, 1}, {true, 1, 2}} {
		s := Snapshot{Started: c.started, Counts: Counts{Restarts: c.restarts}}
		if values, _ := scrape.Of(t, registryOf(t, fixed(s))); values[`op_node_default_pipeline_resets_total{}`] != c.want {
			t.Errorf("%+v: got %v", c, values[`op_node_default_pipeline_resets_total{}`])
		}
	}
}

func TestFaultsWithoutANameAndOfTheEnd(t *testing.T) {
	s := full()
	s.Waits = []Wait{{Lane: "l1", Failures: 1}, {Lane: "start", Fault: eth.EnginePruned, Failures: 1}}
	s.Failure, s.FailureFault = "over", eth.DerivationHalted
	values, _ := scrape.Of(t, registryOf(t, fixed(s)))
	for _, series := range []string{
		`cairn_fault{fault="unknown",lane="l1"}`, `cairn_fault{fault="engine-pruned",lane="start"}`, `cairn_fault{fault="derivation-halted",lane="failure"}`,
	} {
		if values[series] != 1 {
			t.Errorf("no %s in %v", series, values)
		}
	}
}

func TestAFailedNodeIsNotUpAndNotSequencing(t *testing.T) {
	s := full()
	s.Failure = "the engine's heads contradict each other"
	values, _ := scrape.Of(t, registryOf(t, fixed(s)))
	for _, series := range []string{`op_node_default_up{}`, `op_node_default_sequencer_active{}`} {
		if got, ok := values[series]; !ok || got != 0 {
			t.Errorf("%s: got %v (there: %t), want 0", series, got, ok)
		}
	}
}

// One series twice, or a label that is not UTF-8, would spoil the whole scrape.
func TestOddStatusDoesNotSpoilTheScrape(t *testing.T) {
	s := full()
	s.Dropped = map[string]int{"frame": 1, "frame/": 2, "a/b/c": 4, "batch/\xff": 8, "batch/\xfe": 16}
	s.Waits = []Wait{{Lane: "l1", Failures: 9}, {Lane: "l1", Failures: 2}, {Lane: "new\xff", Failures: 4}}
	s.Endpoints = []Endpoint{
		{Kind: "l1", Name: "same\xff", Fault: eth.L1Slow, Requests: map[string]uint64{"m": 1}, Failures: 1},
		{Kind: "l1", Name: "same\xfe", Requests: map[string]uint64{"m": 2, "m\xff": 4}, Failures: 2},
		{Kind: "l1", Name: "same\xfd", Fault: eth.L1Slow},
	}
	s.Spent = map[string]time.Duration{"new\xff": time.Second}
	values, _ := scrape.Of(t, registryOf(t, fixed(s)))
	for series, want := range map[string]float64{
		`cairn_endpoint_up{kind="l1",name="same?"}`:                         1,
		`cairn_endpoint_failures_total{kind="l1",name="same?"}`:             3,
		`cairn_endpoint_requests_total{kind="l1",method="m",name="same?"}`:  3,
		`cairn_endpoint_requests_total{kind="l1",method="m?",name="same?"}`: 4,
		`cairn_need_seconds_total{need="new?"}`:                             1,
		`cairn_dropped_total{reason="",what="frame"}`:                       3,
		`cairn_dropped_total{reason="b/c",what="a"}`:                        4,
		`cairn_dropped_total{reason="?",what="batch"}`:                      24,
		`cairn_wait_failures{lane="l1"}`:                                    9,
		`cairn_wait_failures{lane="new?"}`:                                  4,
	} {
		if got := values[series]; got != want {
			t.Errorf("%s: got %v, want %v", series, got, want)
		}
	}
	registry := prometheus.NewPedanticRegistry()
	registry.MustRegister(NewCollector("v\xff", fixed(s)))
	if values, _ := scrape.Of(t, registry); values[`op_node_default_info{version="v?"}`] != 1 {
		t.Error("no version")
	}
}

// The node goes on, loses its heads to a reorg, starts over and fails, while others read.
func TestCountersNeverGoBackAndNeverVanish(t *testing.T) {
	var now atomic.Pointer[Snapshot]
	now.Store(&Snapshot{})
	registry := registryOf(t, func() Snapshot { return *now.Load() })

	done := make(chan struct{})
	var readers sync.WaitGroup
	for range 4 {
		readers.Go(func() {
			last := make(map[string]float64)
			for round, more := 0, true; more; round++ {
				select {
				case <-done:
					more = false // look once at the end
				default:
				}
				values, _ := scrape.Of(t, registry)
				for series, was := range last {
					if is, ok := values[series]; !ok || is < was {
						t.Errorf("scrape %d: %s was %v, is %v (there: %t)", round, series, was, is, ok)
					}
				}
				for series, v := range values {
					if strings.HasPrefix(series, "cairn_dropped_total") {
						last[series] = v
					}
				}
			}
			if got := last[`cairn_dropped_total{reason="past",what="batch"}`]; got != 300 {
				t.Errorf("at the end %v batches", got)
			}
		})
	}
	counts := map[string]int{}
	for i := 1; i <= 300; i++ {
		counts = maps.Clone(counts) // as the driver does
		counts["batch/past"]++
		counts[fmt.Sprintf("tx/reason-%d", i%7)] += i % 3
		s := full()
		s.Dropped = counts
		switch i % 4 {
		case 1:
			s.Started, s.Sync = false, eth.SyncStatus{}
		case 2:
			s.Waits = nil
		case 3:
			s.Sync.UnsafeL2 = s.Sync.FinalizedL2
		}
		if i == 300 {
			s.Failure = "over"
		}
		now.Store(&s)
	}
	close(done)
	readers.Wait()
}
