// Package listroot computes the root of the Merkle Patricia trie of a list, in which RLP of an element's index leads to the
// element: the transactions root, receipts root and withdrawals root of a block header. It is no trie to look things up in,
// and proves nothing.
//
// The keys of a list are known before its elements, so nothing is inserted: the elements come in the order of their keys, and
// each node is hashed once, when its last child is known. Up to four nodes are hashed side by side where the processor can
// (AVX2), whatever their lengths: a lane whose node is done takes the next one. Elsewhere they are hashed one after the other.
// The files: key (keys as nibbles), node (RLP of nodes), lane (a node on its way through Keccak), build (which node is next).
//
// Invariant: the root is that of go-ethereum's types.DeriveSha over its trie.StackTrie, for every list; that includes that an
// empty element is as good as none. The memory taken is a few kilobytes, however many elements there are and however long.
//
// Sources: the yellow paper, appendices B (RLP), C (hex-prefix) and D (the trie), and section 4.3.2 (roots of a block).
package listroot
