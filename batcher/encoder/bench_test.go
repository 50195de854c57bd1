package encoder_test

import (
	"fmt"
	"math/big"
	"math/rand/v2"
	"testing"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/common/hexutil"
	"github.com/ethereum/go-ethereum/core/types"
	"github.com/ethereum/go-ethereum/crypto"

	"github.com/cairn-rollup/cairn/batcher/encoder"
	"github.com/cairn-rollup/cairn/channel"
	"github.com/cairn-rollup/cairn/eth"
	"github.com/cairn-rollup/cairn/rollup"
)

// transfers are blocks of 500 transfers between random accounts.
func transfers(b *testing.B, cfg *rollup.Config, blocks int) (out []*eth.ExecutionPayload, bytes int64) {
	b.Helper()
	key, err := crypto.ToECDSA(testKey)
	if err != nil {
		b.Fatal(err)
	}
	r := rand.New(rand.NewPCG(4, 4))
	signer := types.LatestSignerForChainID(cfg.L2ChainID)
	for n := range blocks {
		txs := make([]hexutil.Bytes, 500)
		for i := range txs {
			var to common.Address
			for j := range to {
				to[j] = byte(r.Uint32())
			}
			tx := types.MustSignNewTx(key, signer, &types.DynamicFeeTx{
				ChainID: cfg.L2ChainID, Nonce: uint64(n*500 + i), Gas: 21_000, GasTipCap: big.NewInt(1_000_000),
				GasFeeCap: big.NewInt(int64(r.IntN(1e9))), To: &to, Value: big.NewInt(r.Int64N(1e18)),
			})
			if txs[i], err = tx.MarshalBinary(); err != nil {
				b.Fatal(err)
			}
			bytes += int64(len(txs[i]))
		}
		out = append(out, payload(cfg, uint64(n+1), txs...))
	}
	return out, bytes
}

// BenchmarkEncode measures transactions in, blobs out. Transfers are mostly signatures, so they compress badly.
func BenchmarkEncode(b *testing.B) {
	base := encoder.DefaultConfig(rollupConfig(rollup.Isthmus))
	blocks, bytes := transfers(b, base.Rollup, 40)
	for _, c := range []struct {
		algo  channel.Algo
		level int
		batch encoder.BatchType
		blobs int
	}{
		{channel.Brotli, 9, encoder.Span, 1},
		{channel.Brotli, 9, encoder.Span, 6},
		{channel.Brotli, 9, encoder.Singular, 6},
		{channel.Zlib, channel.DefaultZlibLevel, encoder.Span, 6},
	} {
		b.Run(fmt.Sprintf("%s-%d/batch=%d/blobs=%d", c.algo, c.level, c.batch, c.blobs), func(b *testing.B) {
			cfg := base
			cfg.NewID, cfg.Compression, cfg.Level, cfg.Batch, cfg.TargetFrames = ids(1), c.algo, c.level, c.batch, c.blobs
			b.SetBytes(bytes)
			b.ReportAllocs()
			var posted int
			for b.Loop() {
				e, err := encoder.New(cfg)
				if err != nil {
					b.Fatal(err)
				}
				e.Advance(l1Head(genesisL1 + 1))
				for _, p := range blocks {
					if err := e.AddBlock(p); err != nil {
						b.Fatal(err)
					}
				}
				e.Flush()
				posted = 0
				for s, ok := e.Next(); ok; s, ok = e.Next() {
					posted += s.DataBytes()
				}
			}
			b.ReportMetric(float64(posted)/channel.BlobSize, "blobs")
		})
	}
}
