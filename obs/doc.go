// Package obs shows one rollup node to operators: Prometheus metrics, whether the node lives and is ready, what each head
// waits for and what to do about it, and the lines of the log.
//
// It decides nothing: whoever asks gets what the node's published status says at that moment, and nothing in the node
// pushes metrics. [Explain], [Ready], [Changes] and [Collector] are functions of one status, or of two. Only [Progress] and
// [Folder] remember something, rates and what was logged just now, and only [Run] and [Folder] look at a clock. What a
// status cannot tell is left out instead of guessed: op-node's metrics of single requests are not here, nor those that
// op-node has but never sets (derivation_errors). docs/from-op-node.md has the list, and a test compares.
//
// The invariants: a metric named op_node_default_* has op-node's name, type, labels and meaning, so that dashboards and
// alerts made for op-node hold; what op-node does not have is named cairn_*. Every eth.Fault has a sentence of its own.
//
// Sources: op-node's op-node/metrics and op-service/metrics; shared facts: peers/metrics.tsv, PAIN 5, 7, 15 and 24.
package obs
