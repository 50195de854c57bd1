package obs

import (
	"maps"
	"os"
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/cairn-rollup/cairn/testkit/scrape"
)

// laterMetrics are op-node's that the list of facts does not have: of v1.19.6, and of v1.19.9 the names alone.
var laterMetrics = strings.Fields(`
	follow_source_reorgs_total follow_source_requests_total hardfork_activation_timestamp super_authority_reorg_signals_total
	sequencer_insert_seconds sequencer_publish_handoff_seconds publish_queue_len publish_delay_seconds dropped_publishes_total
	unsafe_payload_arrival_delay_seconds`)

// opNodeMetrics gives the names of op-node's metrics.
func opNodeMetrics(t *testing.T) (names []string) {
	t.Helper()
	names = slices.Collect(maps.Keys(scrape.OpNode(t, "../../shared/peers/metrics.tsv")))
	for _, name := range laterMetrics {
		names = append(names, "op_node_default_"+name)
	}
	return names
}

// leftOut reads the table of docs/from-op-node.md: patterns of op-node's metrics that are not served, and what is named instead.
func leftOut(t *testing.T) (patterns, instead []string) {
	t.Helper()
	text, err := os.ReadFile("../docs/from-op-node.md")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, ok := strings.Cut(string(text), "<!-- left-out:")
	table, _, okToo := strings.Cut(rest, "<!-- /left-out -->")
	if !ok || !okToo {
		t.Fatal("no marks of the table")
	}
	metric := regexp.MustCompile("`((?:op_node|cairn)_[a-z0-9_]+\\*?)`")
	for line := range strings.Lines(table) {
		if !strings.HasPrefix(line, "| `") {
			continue
		}
		cells := strings.Split(line, " | ")
		if len(cells) != 3 || len(cells[1]) < 5 {
			t.Errorf("no reason, or no third cell: %s", line)
			continue
		}
		for _, m := range metric.FindAllStringSubmatch(cells[0], -1) {
			patterns = append(patterns, m[1])
		}
		for _, m := range metric.FindAllStringSubmatch(cells[2], -1) {
			instead = append(instead, m[1])
		}
	}
	return patterns, instead
}

// An operator who brings a dashboard of op-node finds each of its metrics served, or in the table of those that are not.
// That the types and labels of those served are op-node's is tested beside each collector.
func TestEachMetricOfOpNodeIsServedOrLeftOutForAReason(t *testing.T) {
	served := exported(t, ofObs, ofGossip)
	patterns, instead := leftOut(t)
	used := make(map[string]bool)
	for _, name := range opNodeMetrics(t) {
		var out []string
		for _, p := range patterns {
			if ok, err := path.Match(p, name); err != nil {
				t.Fatal(err)
			} else if ok {
				out = append(out, p)
				used[p] = true
			}
		}
		switch _, ok := served[name]; {
		case !ok && len(out) == 0:
			t.Errorf("%s is neither served nor left out with a reason", name)
		case ok && len(out) > 0:
			t.Errorf("%s is served, and left out as %s", name, out)
		case len(out) > 1:
			t.Errorf("%s is left out twice: %s", name, out)
		}
	}
	for _, p := range patterns {
		if !used[p] {
			t.Errorf("op-node has no %s", p)
		}
	}
	for _, name := range slices.Compact(slices.Sorted(slices.Values(instead))) {
		if _, ok := served[name]; !ok {
			t.Errorf("%s is told to look at instead, but is not served", name)
		}
	}
	if len(instead) < 8 {
		t.Errorf("only %d metrics to look at instead", len(instead))
	}
}
