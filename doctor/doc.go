// Package doctor examines what a node would be started with, before it is started or while it runs badly: every endpoint,
// the chain behind it, how far back it goes, the contracts, the clock, the disk and the ports. A finding is one line: all
// is well, or what to do.
//
// It reads, and changes nothing: no file is written, no forkchoice is sent. Two things are visible from outside for a
// moment: a port is bound, and a shared lock is tried on lock files of the data directory. It follows no chain and
// watches nothing: what keeps a running node waiting is package obs's to say.
//
// What endpoints answer is not trusted: it is bounded in bytes and time, checked against hashes where there are some, and
// stripped of control characters before it is shown. Paths, queries and passwords of URLs, header values and the secret
// of the Engine API are in no finding.
//
// Invariant: each check of the plan gives exactly one finding, and all of them are there when the time is up, whatever the
// endpoints do.
//
// Sources: execution-apis (eth_*, engine_*), EIP-7910 (eth_config), beacon-APIs, op-geth's chain configuration in JSON,
// RULES 7.9 and 8.1 for the methods and for how far back a start reads.
package doctor
