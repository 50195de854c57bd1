// Package obs shows one rollup node to operators: Prometheus metrics, and whether the node lives and is ready, with the
// reasons if not.
//
// It holds no state and decides nothing: whoever asks gets what the node's published status says at that moment, and
// nothing in the node pushes metrics. What a status cannot tell is left out instead of guessed: refs_latency, for one,
// needs the time at which a block was first seen (time() - op_node_default_refs_time is the age of a head).
//
// The invariant: a metric named op_node_default_* has op-node's name, type, labels and meaning, so that dashboards and
// alerts made for op-node hold. What op-node does not have is named cairn_*.
//
// Sources: op-node's op-node/metrics and op-service/metrics; shared facts: peers/metrics.tsv, PAIN 15.
package obs
