// Package network knows the public OP Stack chains: the superchain registry, as it ships inside op-geth, turned into
// rollup configurations and L2 genesis blocks.
//
// The registry in op-geth is a copy of one day. What it did not know yet and a node must know is in corrections.go, with
// its source. This package neither asks a network nor reads a file: a chain that is not in it needs a rollup.json.
//
// Memory: the registry is a compressed part of the program; a chain's entry is read when it is asked for. Genesis reads
// the chain's state too, some megabytes, which op-geth's own package then keeps.
//
// Invariant: Lookup gives what op-node's --network gives for the same entry, corrections aside.
//
// Sources: the superchain registry; op-node's conversion of it (regolith_time 0, channel_timeout 300).
package network
