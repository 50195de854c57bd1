// Package rollup is the configuration of one OP Stack chain: the file format of op-node's rollup.json, the forks and
// their times, and the rules that follow from them.
//
// Fork differences are data. Nobody outside this package compares a time with a fork time: a caller asks for the rules
// of an L1 block's time (L1Rules) or of an L2 block's time (L2Rules) and reads fields. Which of the two clocks decides a
// rule is part of the protocol, and the type a field stands in says it.
//
// Invariant: a Config that passed Check has all values the rules need, and its forks are in order.
//
// Sources: specs, protocol/derivation and protocol/superchain-upgrades; op-node's rollup types for the JSON form.
package rollup
