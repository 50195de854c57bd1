// Package p2pref compares package p2p/gossip with op-node's gossip: what goes over the wire, what is accepted, and how
// peers are scored. Its live tests have what op-node's NewNodeP2P makes and a p2p.Node exchange blocks over loopback. It is
// a module of its own because op-node is no dependency of Cairn. Its golden test writes the file that the tests of
// p2p/gossip read:
//
//	go test . -run Golden -rewrite
//
// op-node is built with Cairn's versions of libp2p and op-geth, which are newer than its own.
package p2pref
