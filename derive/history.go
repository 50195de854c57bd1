package derive

import (
	"slices"
	"sort"

	"github.com/cairn-rollup/cairn/eth"
)

// Bounds of the snapshots kept when L1 does not finalize: a little more than a day of 12-second L1 blocks, and the memory
// they hold on their own. A deeper reorg is a new start.
const (
	maxHistory      = 8192
	maxHistoryBytes = 256 << 20
)

// History remembers the machine once per L1 block: the snapshot taken when all data up to that block was used. Rewinding,
// finality and the safe head at an L1 block are look-ups in it. The zero value is empty. It has one owner.
type History struct {
	entries []Snapshot // consecutive L1 blocks, oldest first
	bytes   int        // what they hold on their own
}

// Add appends a snapshot; one for the same or an older L1 block replaces what is there from that block on.
func (h *History) Add(s Snapshot) {
	keep := h.above(s.Origin().Number)
	if keep > 0 && h.entries[keep-1].Origin().Number == s.Origin().Number {
		keep--
	}
	h.drop(keep, len(h.entries))
	h.entries = append(h.entries, s)
	h.bytes += s.size()
	excess := max(0, len(h.entries)-maxHistory)
	for over := h.bytes - maxHistoryBytes; over > 0 && excess < len(h.entries)-1; excess++ {
		over -= h.entries[excess].size()
	}
	h.drop(0, excess)
}

// drop forgets entries from one position up to another.
func (h *History) drop(from, to int) {
	for _, s := range h.entries[from:to] {
		h.bytes -= s.size()
	}
	h.entries = slices.Delete(h.entries, from, to)
}

// What things take in a snapshot, in bytes.
const (
	stateSize   = 1792
	windowEntry = 80 + 8 // an L1Ref and a pointer
	queueEntry  = 104    // a stored batch
	// freshFrame is about what a frame makes a snapshot hold on its own, beside the data: its entries in channel and bank,
	// and the nodes that lead there, which it does not share with the snapshot before.
	freshFrame = 1024
)

// size is about how many bytes a snapshot holds that it does not share with its neighbours: the state, the list of L1 blocks
// in the window, which is new with every L1 block, that of the queue as well, and what its own L1 block has added to the
// open channels and the queue. It can't have added more than there is.
func (s Snapshot) size() int {
	staged, _ := s.s.assembler.Staged()
	held := s.s.bank.Held() + staged.Held()
	for i := range s.s.queue {
		held += s.s.queue[i].size
	}
	own := min(s.s.fresh, held, maxHistoryBytes)
	return stateSize + len(s.s.window.refs)*windowEntry + len(s.s.queue)*queueEntry + int(own) //nolint:gosec // bounded
}

// above is the position of the first entry above an L1 block number.
func (h *History) above(number uint64) int {
	return sort.Search(len(h.entries), func(i int) bool { return h.entries[i].Origin().Number > number })
}

// Before returns the newest snapshot of an L1 block below a number.
func (h *History) Before(number uint64) (Snapshot, bool) {
	if number == 0 {
		return Snapshot{}, false
	}
	return h.At(number - 1)
}

// At returns the newest snapshot of an L1 block at or below a number.
func (h *History) At(number uint64) (Snapshot, bool) {
	if i := h.above(number); i > 0 {
		return h.entries[i-1], true
	}
	return Snapshot{}, false
}

// SafeAt is the safe head as of an L1 block: what was derived from all L1 blocks up to it.
func (h *History) SafeAt(number uint64) (l1 eth.BlockID, l2 eth.L2Ref, ok bool) {
	s, ok := h.At(number)
	if !ok {
		return eth.BlockID{}, eth.L2Ref{}, false
	}
	return s.Origin().ID(), s.Safe(), true
}

// Prune forgets what is older than the newest snapshot at or below an L1 block: nothing before a finalized block is
// needed again.
func (h *History) Prune(number uint64) {
	if i := h.above(number); i > 1 {
		h.drop(0, i-1)
	}
}

// Len is the number of snapshots held.
func (h *History) Len() int { return len(h.entries) }
