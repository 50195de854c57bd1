package gossip_test

import (
	"context"
	"fmt"
	"time"

	"github.com/cairn-rollup/cairn/p2p/gossip"
)

// A sequencer publishes a block, and a node that knows the sequencer's address judges it.
func Example() {
	signer := gossip.NewLocalSigner(sequencerKey)
	message, err := gossip.Encode(context.Background(), chain(), signer, block(gossip.V4, 7, isthmusTime))
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(message.Topic)

	validator, err := gossip.NewValidator(gossip.ValidatorConfig{Rollup: chain()})
	if err != nil {
		fmt.Println(err)
		return
	}
	now := time.Unix(isthmusTime+1, 0)
	validator.Rotate(now, signer.Address())
	version, _ := gossip.VersionOf(chain().L2ChainID, message.Topic)
	for range 2 {
		verdict, reason, env := validator.Check(now, message.Data, version)
		fmt.Println(verdict, reason, env != nil)
	}
	// Output:
	// /optimism/901/3/blocks
	// accept ok true
	// ignore duplicate false
}
