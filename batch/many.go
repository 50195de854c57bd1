package batch

import (
	"iter"

	"github.com/ethereum/go-ethereum/common/hexutil"
)

// MaxListed is how many transactions a decoded singular batch has as a list. An entry of the list takes 24 bytes, and a
// transaction may be of one byte: the list of a batch as long as a channel would take 24 times what a channel may hold.
// Up to here it takes 1.5 MB at most. No block that an engine accepts has as many: they would need 1.4 billion gas.
const MaxListed = 65_536

// ManyTxs are more than MaxListed transactions, one behind the other as the batch has them. None of them is looked at
// before it is asked for.
type ManyTxs struct {
	count  int
	packed []byte // RLP strings
}

// Count is the number of transactions.
func (m *ManyTxs) Count() int { return m.count }

// All walks through the transactions.
func (m *ManyTxs) All() iter.Seq[hexutil.Bytes] {
	return func(yield func(hexutil.Bytes) bool) {
		for tx, rest, ok := takeString(m.packed); ok && yield(tx[:len(tx):len(tx)]); {
			tx, rest, ok = takeString(rest)
		}
	}
}

// List makes a list of the transactions. It takes 24 bytes for each, and shares them.
func (m *ManyTxs) List() []hexutil.Bytes { return listStrings(m.packed, m.count) }

// countStrings counts the values in a list's content, if they are strings.
func countStrings(content []byte) (count int, ok bool) {
	for len(content) > 0 {
		if _, content, ok = takeString(content); !ok {
			return 0, false
		}
		count++
	}
	return count, true
}

// listStrings makes a list of as many strings as countStrings has counted. It shares their memory.
func listStrings(content []byte, count int) []hexutil.Bytes {
	if count == 0 {
		return nil
	}
	out := make([]hexutil.Bytes, count)
	for i := range out {
		var s []byte
		s, content, _ = takeString(content)
		out[i] = s[:len(s):len(s)]
	}
	return out
}
