package obs

import (
	"bufio"
	"flag"
	"fmt"
	"maps"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/ethereum/go-ethereum/common"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil/promlint"

	"github.com/cairn-rollup/cairn/eth"
)

var rewrite = flag.Bool("rewrite", false, "write the golden files of testdata anew")

// golden compares with a file of testdata.
func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *rewrite {
		if err := os.WriteFile(path, []byte(got), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatalf("%v; run with -rewrite", err)
	}
	if got != string(want) {
		t.Errorf("%s differs; read the difference, then run with -rewrite.\ngot:\n%s\nwant:\n%s", path, got, want)
	}
}

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
		Waits:   []Wait{{Lane: "engine", Cause: "connection refused", Failures: 3}},
		Dropped: map[string]int{"batch/past": 2, "frame/duplicate": 1, "tx/wrong-sender": 7},
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

// gather reads one scrape as value by series, and "name type label,label" of each metric.
func gather(t *testing.T, registry prometheus.Gatherer) (values map[string]float64, metrics []string) {
	t.Helper()
	families, err := registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	values = make(map[string]float64)
	for _, family := range families {
		var names []string
		for _, m := range family.GetMetric() {
			var labels []string
			names = nil
			for _, l := range m.GetLabel() {
				names = append(names, l.GetName())
				labels = append(labels, fmt.Sprintf("%s=%q", l.GetName(), l.GetValue()))
			}
			value := m.GetGauge().GetValue()
			if m.GetCounter() != nil {
				value = m.GetCounter().GetValue()
			}
			values[family.GetName()+"{"+strings.Join(labels, ",")+"}"] = value
		}
		kind := strings.ToLower(family.GetType().String())
		metrics = append(metrics, strings.TrimSpace(family.GetName()+" "+kind+" "+strings.Join(names, ",")))
	}
	return values, metrics
}

func TestNamesTypesAndLabelsStay(t *testing.T) {
	_, metrics := gather(t, registryOf(t, fixed(full())))
	golden(t, "metrics.txt", strings.Join(metrics, "\n")+"\n")

	descs := make(chan *prometheus.Desc, 100)
	NewCollector("", fixed(full())).Describe(descs)
	if len(descs) != len(metrics) {
		t.Errorf("%d metrics are described, %d shown by a full status", len(descs), len(metrics))
	}
}

func TestMetricsOfOpNodeHaveItsTypesAndLabels(t *testing.T) {
	file, err := os.Open("../../shared/peers/metrics.tsv")
	if err != nil {
		t.Skip("the shared facts are not here:", err)
	}
	defer func() { _ = file.Close() }()
	theirs := make(map[string]string)
	for lines := bufio.NewScanner(file); lines.Scan(); {
		f := strings.Split(lines.Text(), "\t")
		if len(f) >= 4 && f[0] == "op-node" {
			labels := strings.Split(f[3], ",")
			slices.Sort(labels) // as in an exposition
			theirs[f[1]] = strings.TrimSpace(f[1] + " " + f[2] + " " + strings.Join(labels, ","))
		}
	}
	_, metrics := gather(t, registryOf(t, fixed(full())))
	compared := 0
	for _, ours := range metrics {
		name, _, _ := strings.Cut(ours, " ")
		if strings.HasPrefix(name, "cairn_") {
			continue
		}
		compared++
		if theirs[name] != ours {
			t.Errorf("%q, but op-node has %q", ours, theirs[name])
		}
	}
	if compared != 7 {
		t.Errorf("%d metrics compared with op-node's", compared)
	}
}

func TestPrometheusLint(t *testing.T) {
	families, err := registryOf(t, fixed(full())).Gather()
	if err != nil {
		t.Fatal(err)
	}
	problems, err := promlint.NewWithMetricFamilies(families).Lint()
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range problems {
		t.Errorf("%s: %s", p.Metric, p.Text)
	}
}

func TestZeroStatusHasNoBlocksAndNoNaN(t *testing.T) {
	values, _ := gather(t, registryOf(t, fixed(Snapshot{})))
	want := map[string]float64{
		`cairn_sequencer_enabled{}`:              0,
		`cairn_wait_failures{lane="engine"}`:     0,
		`cairn_wait_failures{lane="l1"}`:         0,
		`cairn_wait_failures{lane="origin"}`:     0,
		`cairn_wait_failures{lane="start"}`:      0,
		`op_node_default_info{version="v1.2.3"}`: 1,
		`op_node_default_sequencer_active{}`:     0,
		`op_node_default_up{}`:                   0,
	}
	if !maps.Equal(values, want) { // NaN differs from itself
		t.Errorf("got %v, want %v", values, want)
	}
}

func TestValuesOfAFullStatus(t *testing.T) {
	values, _ := gather(t, registryOf(t, fixed(full())))
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
	} {
		if got, ok := values[series]; !ok || got != want {
			t.Errorf("%s: got %v (there: %t), want %v", series, got, ok, want)
		}
	}
	if _, ok := values[`op_node_default_refs_time{layer="l1_origin",type="l2_unsafe"}`]; ok {
		t.Error("an L2 block does not know the time of its L1 origin, but it is shown")
	}
	for series, v := range values {
		if math.IsNaN(v) || math.IsInf(v, 0) {
			t.Errorf("%s is %v", series, v)
		}
	}
}

func TestAFailedNodeIsNotUpAndNotSequencing(t *testing.T) {
	s := full()
	s.Failure = "the engine's heads contradict each other"
	values, _ := gather(t, registryOf(t, fixed(s)))
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
	values, _ := gather(t, registryOf(t, fixed(s)))
	for series, want := range map[string]float64{
		`cairn_dropped_total{reason="",what="frame"}`:  3,
		`cairn_dropped_total{reason="b/c",what="a"}`:   4,
		`cairn_dropped_total{reason="?",what="batch"}`: 24,
		`cairn_wait_failures{lane="l1"}`:               9,
		`cairn_wait_failures{lane="new?"}`:             4,
	} {
		if got := values[series]; got != want {
			t.Errorf("%s: got %v, want %v", series, got, want)
		}
	}
	registry := prometheus.NewPedanticRegistry()
	registry.MustRegister(NewCollector("v\xff", fixed(s)))
	if values, _ := gather(t, registry); values[`op_node_default_info{version="v?"}`] != 1 {
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
			for scrape, more := 0, true; more; scrape++ {
				select {
				case <-done:
					more = false // look once at the end
				default:
				}
				values, _ := gather(t, registry)
				for series, was := range last {
					if is, ok := values[series]; !ok || is < was {
						t.Errorf("scrape %d: %s was %v, is %v (there: %t)", scrape, series, was, is, ok)
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
