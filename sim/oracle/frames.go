package oracle

import "encoding/binary"

const maxFrameData = 1_000_000

type channelID [16]byte

type frame struct {
	id     channelID
	number int
	data   []byte
	last   bool
}

// parseFrames reads a data item: a version byte, which is 0, and one or more frames. If one frame is bad, all are.
//
//	frame = channel_id (16) ++ frame_number (2) ++ frame_data_length (4) ++ frame_data ++ is_last (1)
func parseFrames(item []byte) []frame {
	if len(item) == 0 || item[0] != 0 {
		return nil
	}
	var frames []frame
	for rest := item[1:]; len(rest) > 0; {
		if len(rest) < 16+2+4 {
			return nil
		}
		f := frame{id: channelID(rest[:16]), number: int(binary.BigEndian.Uint16(rest[16:18]))}
		length := int(binary.BigEndian.Uint32(rest[18:22]))
		rest = rest[22:]
		if length > maxFrameData || len(rest) < length+1 {
			return nil
		}
		if rest[length] > 1 {
			return nil
		}
		f.data, f.last = rest[:length], rest[length] == 1
		frames = append(frames, f)
		rest = rest[length+1:]
	}
	return frames
}

// inOrder removes the frames of one data item that are out of order (specs: Holocene, frame queue). A frame is compared
// with the one before it; which of the two goes depends on which of them can still be part of a whole channel.
func inOrder(frames []frame) []frame {
	for i := 0; i+1 < len(frames); {
		cur, next := frames[i], frames[i+1]
		switch {
		case cur.id == next.id && (cur.last || next.number != cur.number+1):
			frames = without(frames, i+1)
		case cur.id != next.id && next.number == 0 && !cur.last:
			// The channel that stays open can never be closed: this frame goes, then the ones before it.
			frames = without(frames, i)
			i = max(i-1, 0)
		case cur.id != next.id && next.number != 0:
			frames = without(frames, i+1)
		default:
			i++
		}
	}
	return frames
}

// without gives the list without its entry i, and leaves the list as it is.
func without[T any](list []T, i int) []T {
	out := append([]T{}, list[:i]...)
	return append(out, list[i+1:]...)
}
