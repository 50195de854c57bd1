package scrape

import (
	"bufio"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil/promlint"
)

// Of reads one scrape: values by series, and the shape of each metric.
func Of(tb testing.TB, from prometheus.Gatherer) (values map[string]float64, shapes []string) {
	tb.Helper()
	families, err := from.Gather()
	if err != nil {
		tb.Fatal(err)
	}
	values = make(map[string]float64)
	for _, family := range families {
		name := family.GetName()
		var names []string
		for _, m := range family.GetMetric() {
			names = nil
			var labels []string
			for _, l := range m.GetLabel() {
				names = append(names, l.GetName())
				labels = append(labels, fmt.Sprintf("%s=%q", l.GetName(), l.GetValue()))
			}
			series := func(suffix string, more ...string) string {
				return name + suffix + "{" + strings.Join(append(labels[:len(labels):len(labels)], more...), ",") + "}"
			}
			switch h := m.GetHistogram(); {
			case h != nil:
				for _, b := range h.GetBucket() {
					values[series("_bucket", fmt.Sprintf("le=%q", fmt.Sprint(b.GetUpperBound())))] = float64(b.GetCumulativeCount())
				}
				values[series("_count")], values[series("_sum")] = float64(h.GetSampleCount()), h.GetSampleSum()
			case m.GetCounter() != nil:
				values[series("")] = m.GetCounter().GetValue()
			default:
				values[series("")] = m.GetGauge().GetValue()
			}
		}
		shapes = append(shapes, shape(name, strings.ToLower(family.GetType().String()), names))
	}
	return values, shapes
}

func shape(name, kind string, labels []string) string {
	return strings.TrimSpace(name + " " + kind + " " + strings.Join(labels, ","))
}

// InStyle demands that Prometheus' linter has nothing to say of the metrics of a prefix.
func InStyle(tb testing.TB, from prometheus.Gatherer, prefix string) {
	tb.Helper()
	families, err := from.Gather()
	if err != nil {
		tb.Fatal(err)
	}
	problems, err := promlint.NewWithMetricFamilies(families).Lint()
	if err != nil {
		tb.Fatal(err)
	}
	for _, p := range problems {
		if strings.HasPrefix(p.Metric, prefix) {
			tb.Errorf("%s: %s", p.Metric, p.Text)
		}
	}
}

// OpNode gives the shapes of op-node's metrics by name, from the list of facts at a path. Without it the test is skipped.
func OpNode(tb testing.TB, path string) map[string]string {
	tb.Helper()
	file, err := os.Open(path)
	if err != nil {
		tb.Skip("the shared facts are not here:", err)
	}
	defer file.Close() //nolint:errcheck // only read
	shapes := make(map[string]string)
	lines := bufio.NewScanner(file)
	for lines.Scan() {
		f := append(strings.Split(lines.Text(), "\t"), "") // no labels: the last tab may be missing
		if len(f) < 4 || f[0] != "op-node" {
			continue
		}
		labels := strings.Split(f[3], ",")
		slices.Sort(labels) // as in an exposition
		shapes[f[1]] = shape(f[1], f[2], labels)
	}
	if err := lines.Err(); err != nil {
		tb.Fatal(err)
	}
	if len(shapes) < 80 {
		tb.Fatalf("%d metrics of op-node in %s", len(shapes), path)
	}
	return shapes
}

// Compare demands that metrics with names of op-node's have its shapes, and that there are so many of them.
func Compare(tb testing.TB, ours []string, theirs map[string]string, count int) {
	tb.Helper()
	compared := 0
	for _, metric := range ours {
		name, _, _ := strings.Cut(metric, " ")
		if strings.HasPrefix(name, "cairn_") {
			continue
		}
		compared++
		if theirs[name] != metric {
			tb.Errorf("%q, but op-node has %q", metric, theirs[name])
		}
	}
	if compared != count {
		tb.Errorf("%d metrics compared with op-node's, want %d", compared, count)
	}
}
