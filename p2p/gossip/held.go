package gossip

import (
	"bytes"
	"time"
)

// heldMessage is a message by a signer that was not the right one when it came.
type heldMessage struct {
	version  Version
	data     []byte // as gossiped
	received time.Time
}

// held keeps the newest messages that were refused only for their signer, for the day when L1 tells of a new one. Anybody can
// fill it with messages that nobody signed, hence the bound; what then falls out is the oldest.
type held struct {
	messages []heldMessage // oldest first
	bytes    int
	limit    int // bytes
}

// heldOverhead is what a message takes besides its data.
const heldOverhead = 64

func (m *heldMessage) size() int { return len(m.data) + heldOverhead }

// put keeps a copy of the message's data.
func (h *held) put(m heldMessage) {
	if m.size() > h.limit {
		return
	}
	m.data = bytes.Clone(m.data)
	h.messages = append(h.messages, m)
	h.bytes += m.size()
	h.dropWhile(func(*heldMessage) bool { return h.bytes > h.limit })
}

// expire drops what came before a time.
func (h *held) expire(before time.Time) {
	h.dropWhile(func(m *heldMessage) bool { return m.received.Before(before) })
}

func (h *held) dropWhile(condition func(oldest *heldMessage) bool) {
	n := 0
	for n < len(h.messages) && condition(&h.messages[n]) {
		h.bytes -= h.messages[n].size()
		h.messages[n] = heldMessage{} // the array outlives the slice
		n++
	}
	h.messages = h.messages[n:]
}

// take empties it.
func (h *held) take() []heldMessage {
	all := h.messages
	h.messages, h.bytes = nil, 0
	return all
}
