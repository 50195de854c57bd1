package channel

import (
	"slices"
	"testing"

	"github.com/ethereum/go-ethereum/rlp"
)

// A complete channel names the place of each of its frames in the order of their numbers, whatever order they came in, also
// after a rest on disk.
func TestCompleteChannelKnowsThePlacesOfItsFrames(t *testing.T) {
	places := []Place{{L1: 9, Tx: 2}, {L1: 7, Tx: 300, Blob: 6}, {L1: 7, Tx: 300, Blob: 1}}
	frames := []Frame{
		{ID: ID{1}, Number: 0, Data: []byte("a"), From: places[0]},
		{ID: ID{1}, Number: 1, Data: []byte("b"), From: places[1]},
		{ID: ID{1}, Number: 2, Data: []byte("c"), From: places[2], IsLast: true},
	}
	limits := Limits{MaxRLPBytes: 10_000, ChannelTimeout: 300, MaxBank: 10_000, ScanBank: true}

	var bank Bank
	for _, i := range []int{2, 1} {
		bank.Add(frames[i], places[i].L1, limits)
	}
	text, err := rlp.EncodeToBytes(bank)
	if err != nil {
		t.Fatal(err)
	}
	var again Bank
	if err := rlp.DecodeBytes(text, &again); err != nil {
		t.Fatal(err)
	}
	again.Add(frames[0], places[0].L1, limits)
	raw, complete, _ := again.Read(9, limits)
	if !complete || raw.ID != (ID{1}) || raw.OpenBlock != 7 || string(raw.Bytes()) != "abc" || !slices.Equal(raw.Frames, places) {
		t.Errorf("bank: %+v, want frames at %+v", raw, places)
	}

	var a Assembler
	for _, f := range frames {
		raw, complete, _ = a.Add(f, 9, limits)
	}
	if !complete || raw.OpenBlock != 9 || !slices.Equal(raw.Frames, places) {
		t.Errorf("assembler: %+v, want frames at %+v", raw, places)
	}
}

func TestPlaceIsReadable(t *testing.T) {
	for place, want := range map[Place]string{
		{L1: 7, Tx: 3}:          "L1 block 7, transaction 3",
		{L1: 7, Tx: 3, Blob: 1}: "L1 block 7, transaction 3, blob 1",
	} {
		if got := place.String(); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}
