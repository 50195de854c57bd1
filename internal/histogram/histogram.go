package histogram

import "slices"

// Histogram tells how many values there were up to each of its bounds. The zero value has no bounds, and counts all the
// same.
type Histogram struct {
	bounds []float64 // ascending
	counts []uint64  // values that belong to each bound, and at the end those above all of them; nil: no value yet
	sum    float64
}

// New makes a histogram with these bounds, the smallest first.
func New(bounds ...float64) Histogram { return Histogram{bounds: bounds} }

// With is the histogram with more values.
func (h Histogram) With(values ...float64) Histogram {
	if h.counts = slices.Clone(h.counts); h.counts == nil {
		h.counts = make([]uint64, len(h.bounds)+1)
	}
	for _, v := range values {
		at, _ := slices.BinarySearch(h.bounds, v)
		h.counts[at]++
		h.sum += v
	}
	return h
}

// Count is how many values there were.
func (h Histogram) Count() (n uint64) {
	for _, c := range h.counts {
		n += c
	}
	return n
}

// Sum is that of all values.
func (h Histogram) Sum() float64 { return h.sum }

// Cumulative gives for each bound how many values were no greater.
func (h Histogram) Cumulative() map[float64]uint64 {
	out, n := make(map[float64]uint64, len(h.bounds)), uint64(0)
	for i, bound := range h.bounds {
		if h.counts != nil {
			n += h.counts[i]
		}
		out[bound] = n
	}
	return out
}
