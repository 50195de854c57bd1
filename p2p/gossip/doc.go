// Package gossip is the OP Stack's block gossip without a network: it turns messages into verdicts, blocks into messages,
// and knows the parameters that every node of a chain must give to gossipsub.
//
// The way in, Validator.Check: size, snappy, signature, SSZ, time, block hash, fork fields, blocks per height. The way
// out, Encode: SSZ, Signer, snappy. The files: topics and messageid (names); envelope (snappy and signature), ssz
// (payload), blockhash (header), fields (fork fields); sign, remote_signer (signing); signers, held, heights (what a
// validator remembers); validate; encode; params, score (gossipsub).
//
// It opens no connection but the remote signer's, does not read the unsafe block signer from L1 (Validator.Rotate is
// told), and does not know which block the node wants.
//
// Invariant: nothing is allocated in proportion to what a message claims, only to what it is, and nothing of a message is
// decoded before its signature is known to be the signer's.
//
// Sources: specs, protocol/rollup-node-p2p.md. Where op-node differs it is followed, as the network does (the digest's
// RULES 11.1, WIRE 6 and 7): the topic is part of the message id, the signature is checked before the payload is decoded,
// a seventh block of a height is the first to be refused, and the topic need not be the one of the payload's time.
package gossip
