package histogram_test

import (
	"fmt"
	"maps"
	"testing"

	"github.com/cairn-rollup/cairn/internal/histogram"
)

func Example() {
	h := histogram.New(1, 2, 5)
	more := h.With(1, 1.5, 7)
	fmt.Println(h.Count(), h.Cumulative())
	fmt.Println(more.Count(), more.Sum(), more.Cumulative())
	// Output:
	// 0 map[1:0 2:0 5:0]
	// 3 9.5 map[1:1 2:2 5:2]
}

func TestAHistogramDoesNotChange(t *testing.T) {
	h := histogram.New(-1, 0, 1).With(0)
	a, b := h.With(-3, 1), h.With(9)
	for _, c := range []struct {
		name string
		h    histogram.Histogram
		n    uint64
		sum  float64
		want map[float64]uint64
	}{
		{"before", h, 1, 0, map[float64]uint64{-1: 0, 0: 1, 1: 1}},
		{"on the bound and below all", a, 3, -2, map[float64]uint64{-1: 1, 0: 2, 1: 3}},
		{"above all", b, 2, 9, map[float64]uint64{-1: 0, 0: 1, 1: 1}},
		{"zero value", histogram.Histogram{}, 0, 0, map[float64]uint64{}},
		{"zero value with a value", histogram.Histogram{}.With(4), 1, 4, map[float64]uint64{}},
	} {
		if got := c.h.Cumulative(); c.h.Count() != c.n || c.h.Sum() != c.sum || !maps.Equal(got, c.want) {
			t.Errorf("%s: %d values, sum %v, %v; want %d, %v, %v", c.name, c.h.Count(), c.h.Sum(), got, c.n, c.sum, c.want)
		}
	}
}
