package encoder_test

import (
	"errors"
	"fmt"

	"github.com/cairn-rollup/cairn/batcher/encoder"
	"github.com/cairn-rollup/cairn/channel"
	"github.com/cairn-rollup/cairn/eth"
	"github.com/cairn-rollup/cairn/rollup"
)

// Ten blocks become a channel of one blob, which fails, is sent again, and is included; then the blocks are safe.
func Example() {
	cfg := encoder.DefaultConfig(rollupConfig(rollup.Isthmus))
	cfg.NewID = func() channel.ID { return channel.ID{0xca, 0x11} } // really: at random
	e, err := encoder.New(cfg)
	if err != nil {
		fmt.Println(err)
		return
	}

	e.Advance(l1Head(104))
	for n := uint64(1); n <= 10; n++ {
		if err := e.AddBlock(payload(cfg.Rollup, n, newTx(nil, n, 50))); err != nil {
			fmt.Println(err)
			return
		}
	}
	stray := payload(cfg.Rollup, 11)
	stray.ParentHash = l2Hash(9)
	fmt.Println("reorg:", errors.Is(e.AddBlock(stray), encoder.ErrReorg))

	e.CloseDue()
	_, ok := e.Next()
	fmt.Println("due:", ok)

	e.Flush()
	s, _ := e.Next()
	fmt.Printf("submission %d: %d blob, blocks %d to %d, closed by %s\n",
		s.ID, len(s.Blob), s.Channel.First.Number, s.Channel.Last.Number, s.Channel.Closed)
	e.Failed(s.ID)
	s, _ = e.Next()
	fmt.Printf("submission %d: %d blob, blocks %d to %d\n", s.ID, len(s.Blob), s.Channel.First.Number, s.Channel.Last.Number)
	e.Confirmed(s.ID, eth.BlockID{Number: 105})
	fmt.Println("pending:", e.PendingBlocks(), "blocks,", e.PendingBytes(), "bytes; lost:", e.Lost(105))
	if err := e.Safe(l2ID(10)); err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println("pending:", e.PendingBlocks(), "blocks; lost:", e.Lost(106))
	// Output:
	// reorg: true
	// due: false
	// submission 1: 1 blob, blocks 1 to 10, closed by flush
	// submission 2: 1 blob, blocks 1 to 10
	// pending: 10 blocks, 0 bytes; lost: not-lost
	// pending: 0 blocks; lost: not-lost
}
