package scrape_test

import (
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/cairn-rollup/cairn/testkit/scrape"
)

func TestSeriesAndShapes(t *testing.T) {
	registry := prometheus.NewRegistry()
	registry.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "plain"}, func() float64 { return 3 }))
	count := prometheus.NewCounterVec(prometheus.CounterOpts{Name: "labelled_total"}, []string{"b", "a"})
	count.WithLabelValues("x", "y").Add(2)
	sizes := prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: "sizes", Buckets: []float64{1, 2.5}}, []string{"kind"})
	sizes.WithLabelValues("k").Observe(2)
	registry.MustRegister(count, sizes)
	values, shapes := scrape.Of(t, registry)
	want := map[string]float64{
		`plain{}`: 3, `labelled_total{a="y",b="x"}`: 2,
		`sizes_bucket{kind="k",le="1"}`: 0, `sizes_bucket{kind="k",le="2.5"}`: 1, `sizes_count{kind="k"}`: 1, `sizes_sum{kind="k"}`: 2,
	}
	if !maps.Equal(values, want) {
		t.Errorf("got %v, want %v", values, want)
	}
	if want := []string{"labelled_total counter a,b", "plain gauge", "sizes histogram kind"}; !slices.Equal(shapes, want) {
		t.Errorf("got %q, want %q", shapes, want)
	}
}

func TestTheListOfOpNode(t *testing.T) {
	path := filepath.Join(t.TempDir(), "metrics.tsv")
	text := strings.Repeat("op-batcher\tother\tgauge\t\n", 3)
	for i := range 80 {
		text += "op-node\tm" + strings.Repeat("x", i) + "\tgauge\tb,a\n"
	}
	if err := os.WriteFile(path, []byte(text+"op-node\tbare\tcounter\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	shapes := scrape.OpNode(t, path)
	if len(shapes) != 81 || shapes["m"] != "m gauge a,b" || shapes["bare"] != "bare counter" {
		t.Errorf("%d shapes, %q, %q", len(shapes), shapes["m"], shapes["bare"])
	}
}
