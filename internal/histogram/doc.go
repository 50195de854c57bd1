// Package histogram counts values by size, for metrics. A [Histogram] is a value that never changes: whoever owns one
// replaces it by what With gives, and hands copies out without a lock.
//
// It knows neither what is measured nor Prometheus, whose histograms it is made for: a value belongs to the first bound
// that it does not exceed.
package histogram
