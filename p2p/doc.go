// Package p2p is a node's place in the network of its chain: a libp2p host, discovery, known and banned peers, and the
// gossip of blocks, as op-node has them.
//
// Open starts it, Rotate tells who signs blocks, Blocks gives what others send, Publish sends, Close ends it. The methods
// named as in opp2p_* (Self, Peers, BlockPeer, ...) have op-node's JSON; package rpc serves them. The files: config, key;
// host, static, gater, book (peers); enr, bootnodes, discovery, search, reach (finding them, and being found); pubsub
// and turnstile (topics), ledger, bans (what rejected blocks cost); api, stats, node. What a message is and whether it is valid is
// package gossip's to say, and what a block is good for the driver's.
//
// Invariant: whatever peers do, what they make this node hold is bounded, in connections, streams, bytes, blocks and names;
// a node opened with valid configuration ends with Close only; and nothing of it goes on after Close.
//
// # What is not as in op-node
//
//   - A rejected block counts against who sent it. op-node of v1.19.6 has weights for that and does not use them. So that
//     a node which is wrong itself keeps its peers, refusals that rest on its own clock, idea of the signer or rules
//     count only while it accepts blocks (ledger.go). Five rejections, none more than twenty minutes after the one before,
//     are a ban whatever the score: gossipsub stops listening at -40, so that a score hardly ever gets to -100.
//   - Messages wait for their turn to be checked, those of each peer in a line of their own (turnstile.go). op-node drops what
//     comes while four are being checked, and a dropped block is taken from nobody else.
//   - Static peers are dialled again after a second, then ever more slowly up to a minute, not each minute.
//   - Peers and bans are in two JSON files in the directory of --p2p.peerstore.path (cairn_peers.json, cairn_barred.json),
//     not in LevelDB. A ban is on disk before it is in force; known peers every few seconds.
//   - Candidates are what discovery found and who was a peer before, not every address that anybody mentioned.
//   - --p2p.advertise.* is told by identify too, --p2p.netrestrict holds for libp2p too, and a blocked peer is disconnected.
//   - UDP has the port of TCP if --p2p.listen.udp is 0, as op-node's help says; op-node takes any.
//   - There is no mplex: its library is no longer kept, and every node speaks yamux.
//   - The protocol payload_by_number (/opstack/req/payload_by_number/<chain>/0) is neither asked nor served: op-node asks no
//     more since v1.19.1 and serves no more since v1.20.0 (October 2026). Older nodes that ask get "protocol not supported".
//
// Sources: specs, protocol/rollup-node-p2p.md; op-node v1.19.6; RULES 11, WIRE 2 and 4 to 8; PAIN 10, 19 and 21.
package p2p
