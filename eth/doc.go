// Package eth is the vocabulary that every other package speaks: references to L1 and L2 blocks, the part of an L1
// block that derivation reads, execution payloads and attributes with their Engine API encoding, the answers an
// engine can give, and the shapes of the optimism_* RPC.
//
// It is not a client and knows no protocol rule: a value of this package says nothing about being valid.
//
// Invariant: a value is never written through after it has been handed over; whoever wants another value makes one.
//
// Sources: the OP Stack specs (derivation, exec-engine), the Engine API specification, and op-node's JSON shapes.
package eth
