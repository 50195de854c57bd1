package gossip

import (
	"slices"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/common/lru"
)

const (
	// maxHeights is how many heights of a topic are remembered: those of the last half hour, as only young blocks get here.
	maxHeights = 1000
	// maxBlocksPerHeight is how many different blocks of a height are accepted. The specs refuse a block if more than 5
	// have been seen before it, so the seventh is the first to go (RULES 11.1).
	maxBlocksPerHeight = 6
)

// heights remembers which blocks of which heights of a topic have been accepted, for the heights used last.
type heights struct {
	blocks lru.BasicLRU[uint64, []common.Hash]
}

func newHeights() heights {
	return heights{blocks: lru.NewBasicLRU[uint64, []common.Hash](maxHeights)}
}

// admit marks a block as accepted, unless it is one too many or not new.
func (h *heights) admit(number uint64, hash common.Hash) Reason {
	known, _ := h.blocks.Get(number)
	switch {
	case len(known) >= maxBlocksPerHeight:
		return TooManyBlocksAtHeight
	case slices.Contains(known, hash):
		return Duplicate
	}
	h.blocks.Add(number, append(known, hash))
	return OK
}
