// Package scrape reads what a collector of metrics shows, and compares it with op-node's list and with the style of
// Prometheus. It is for tests only.
//
// Series are named as in an exposition, name{label="value"}, with braces where there are no labels: those of a histogram
// name_bucket, name_count and name_sum. The shape of a metric is "name type label,label".
package scrape
