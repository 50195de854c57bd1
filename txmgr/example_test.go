package txmgr_test

import (
	"context"
	"fmt"
	"log/slog"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/crypto"
	"github.com/ethereum/go-ethereum/ethclient"

	"github.com/cairn-rollup/cairn/txmgr"
)

// A batcher: wait until the account is quiet, then queue frames in order. On an error it would look at L1 again and go
// on with a new queue.
func Example() {
	send := func(ctx context.Context, client *ethclient.Client, inbox common.Address, frames [][]byte) error {
		key, err := crypto.GenerateKey()
		if err != nil {
			return err
		}
		cfg := txmgr.DefaultConfig()
		sign, from := txmgr.PrivateKeySigner(key)
		cfg.From = from
		m, err := txmgr.New(ctx, cfg, client, sign, slog.Default())
		if err != nil {
			return err
		}
		go func() { _ = m.Run(ctx) }()

		select {
		case <-m.Settled():
		case <-ctx.Done():
			return ctx.Err()
		}
		q := m.NewQueue()
		var results []<-chan txmgr.Result
		for _, frame := range frames {
			r, err := q.Send(ctx, txmgr.Candidate{To: &inbox, Data: frame})
			if err != nil {
				return err
			}
			results = append(results, r)
		}
		for _, r := range results {
			if res := <-r; res.Err != nil {
				return res.Err
			}
		}
		return nil
	}
	_ = send
	cfg := txmgr.DefaultConfig()
	fmt.Println(cfg.Validate())
	// Output: From = 0x0000000000000000000000000000000000000000: set the address of the signer's key
}
