package channel

// Dropped is a frame that pruning removed, and why.
type Dropped struct {
	Frame  Frame
	Reason Reason
}

// Prune removes from a frame queue what cannot be part of a contiguous channel (holocene/derivation.md#frame-queue).
// It must be applied once after the frames of an item are added to the queue. The first frame of the queue may have
// any number: it may continue the channel that is already staged. Both results are in queue order; frames itself is
// not written to, but kept may share its memory.
//
// The rules look at adjacent pairs, and each removal makes a new pair. Following op-node to the letter:
//   - a repeated frame 0 of the same id is out of order; only across items does it restart a channel (see Assembler);
//   - a first frame of another channel removes the unclosed frame before it, then meets the frame before that one, and
//     so on up to a closed channel. It does not reach for all frames of the id, which may have been used before.
func Prune(frames []Frame) (kept []Frame, dropped []Dropped) {
	if len(frames) < 2 {
		return frames, nil
	}
	// standing are the indices of the frames that hold so far; its last one is the left side of the pair in question.
	standing := make([]int, 0, len(frames))
	reasons := make([]Reason, len(frames))
	for i := 0; i < len(frames); {
		if len(standing) == 0 {
			standing = append(standing, i)
			i++
			continue
		}
		left := standing[len(standing)-1]
		current, next := frames[left], frames[i]
		switch {
		case current.ID == next.ID && current.IsLast:
			reasons[i] = PrunedAfterLast
			i++
		case current.ID == next.ID && next.Number != current.Number+1:
			reasons[i] = PrunedOutOfOrder
			i++
		case current.ID != next.ID && next.Number != 0:
			reasons[i] = PrunedNotFirst
			i++
		case current.ID != next.ID && !current.IsLast:
			reasons[left] = PrunedUnclosed
			standing = standing[:len(standing)-1]
		default:
			standing = append(standing, i)
			i++
		}
	}
	if len(standing) == len(frames) {
		return frames, nil
	}
	kept = make([]Frame, 0, len(standing))
	dropped = make([]Dropped, 0, len(frames)-len(standing))
	for i, reason := range reasons {
		if reason == None {
			kept = append(kept, frames[i])
			continue
		}
		dropped = append(dropped, Dropped{Frame: frames[i], Reason: reason})
	}
	return kept, dropped
}
