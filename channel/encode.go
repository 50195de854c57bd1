package channel

import (
	"errors"
	"fmt"
	"io"

	"github.com/ethereum/go-ethereum/rlp"
)

// channelRLP is the form of a Channel on disk. It is this project's own.
type channelRLP struct {
	ID           ID
	OpenBlock    uint64
	Size         uint64
	Closed       bool
	End, Highest uint16
	Frames       []frameRLP // in the order of their numbers
}

type frameRLP struct {
	Number uint16
	Data   []byte
	From   Place
}

// EncodeRLP writes the channel in the form that DecodeRLP reads.
func (c Channel) EncodeRLP(w io.Writer) error {
	out := channelRLP{ID: c.id, OpenBlock: c.openBlock, Size: c.size, Closed: c.closed, End: c.end, Highest: c.highest}
	out.Frames = make([]frameRLP, 0, c.frames.count)
	for f := range c.frames.all {
		out.Frames = append(out.Frames, frameRLP{f.number, f.data, f.from})
	}
	return rlp.Encode(w, &out)
}

// DecodeRLP reads a channel. An error leaves it as it was.
func (c *Channel) DecodeRLP(s *rlp.Stream) error {
	var in channelRLP
	if err := s.Decode(&in); err != nil {
		return err
	}
	got := Channel{id: in.ID, openBlock: in.OpenBlock, size: in.Size, closed: in.Closed, end: in.End, highest: in.Highest}
	for i, f := range in.Frames {
		switch {
		case i > 0 && f.Number <= in.Frames[i-1].Number:
			return errors.New("frames of a channel are out of order")
		case in.Closed && f.Number > in.End, f.Number > in.Highest:
			return fmt.Errorf("frame %d lies behind the end of its channel", f.Number)
		}
		got.frames = got.frames.with(heldFrame{data: f.Data, from: f.From, number: f.Number})
		got.held += uint64(len(f.Data))
	}
	*c = got
	return nil
}

// EncodeRLP writes the assembler in the form that DecodeRLP reads.
func (a Assembler) EncodeRLP(w io.Writer) error {
	var staged []Channel // none or one
	if a.open {
		staged = append(staged, a.staged)
	}
	return rlp.Encode(w, staged)
}

// DecodeRLP reads an assembler. An error leaves it as it was.
func (a *Assembler) DecodeRLP(s *rlp.Stream) error {
	var staged []Channel
	if err := s.Decode(&staged); err != nil {
		return err
	}
	switch len(staged) {
	case 0:
		*a = Assembler{}
	case 1:
		*a = Assembler{staged: staged[0], open: true}
	default:
		return errors.New("an assembler has one channel at most")
	}
	return nil
}

// EncodeRLP writes the bank in the form that DecodeRLP reads.
func (b Bank) EncodeRLP(w io.Writer) error {
	var channels []*Channel // in the order they were opened
	for c := range b.all {
		channels = append(channels, &c.Channel)
	}
	return rlp.Encode(w, channels)
}

// DecodeRLP reads a bank. An error leaves it as it was.
func (b *Bank) DecodeRLP(s *rlp.Stream) error {
	var channels []*Channel
	if err := s.Decode(&channels); err != nil {
		return err
	}
	var got Bank
	for _, c := range channels {
		if _, twice := got.channels.get(c.id); twice {
			return fmt.Errorf("channel %s is twice in a bank", c.id)
		}
		got.put(&banked{*c, got.opened})
	}
	*b = got
	return nil
}
