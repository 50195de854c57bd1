package channel_test

import (
	"fmt"

	"github.com/cairn-rollup/cairn/channel"
)

// A channel of two batches goes into two blobs and comes back.
func Example() {
	w, err := channel.NewWriter(channel.Brotli, channel.DefaultBrotliLevel)
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, batch := range []string{"\x00first batch", "\x00second batch"} {
		if err := w.Add([]byte(batch)); err != nil {
			fmt.Println(err)
			return
		}
	}
	if err := w.Close(); err != nil {
		fmt.Println(err)
		return
	}
	frames, err := w.Frames(channel.ID{0xca, 0x11}, 20)
	if err != nil {
		fmt.Println(err)
		return
	}

	limits := channel.Limits{MaxRLPBytes: 100_000_000, ChannelTimeout: 50, Brotli: true}
	var assembler channel.Assembler
	for i, f := range frames {
		blob, err := channel.EncodeBlob(channel.AppendItem(nil, f))
		if err != nil {
			fmt.Println(err)
			return
		}

		// One blob per L1 block, from block 1000 on. From here on nothing is trusted, so all answers are reasons.
		origin := uint64(1000 + i)
		if reason := assembler.Expire(origin, limits); reason != channel.None {
			fmt.Println("channel lost:", reason)
		}
		item, _ := channel.DecodeBlob(blob)
		parsed, _ := channel.ParseFrames(item)
		kept, _ := channel.Prune(parsed)
		for _, f := range kept {
			raw, complete, lost := assembler.Add(f, origin, limits)
			fmt.Printf("block %d: frame %d, lost: %v\n", origin, f.Number, lost)
			if !complete {
				continue
			}
			fmt.Printf("channel %s, opened in block %d\n", raw.ID, raw.OpenBlock)
			decoder, _ := raw.Decoder(limits)
			for {
				batch, rest, reason, ok := decoder.Next()
				if !ok {
					fmt.Println("end:", reason)
					break
				}
				fmt.Printf("type %d: %s\n", batch[0], batch[1:])
				decoder = rest
			}
		}
	}
	// Output:
	// block 1000: frame 0, lost: none
	// block 1001: frame 1, lost: none
	// channel ca110000000000000000000000000000, opened in block 1000
	// type 0: first batch
	// type 0: second batch
	// end: none
}
