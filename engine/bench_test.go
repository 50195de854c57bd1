package engine

import (
	"fmt"
	"math/big"
	"net/http"
	"testing"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/core/types"
	"github.com/ethereum/go-ethereum/crypto"

	"github.com/cairn-rollup/cairn/eth"
	"github.com/cairn-rollup/cairn/rollup"
)

// fullBlock is a Jovian block of signed transactions with 100 bytes of call data each behind one deposit.
func fullBlock(b *testing.B, cfg *rollup.Config, txs int) (*eth.PayloadAttributes, *eth.PayloadEnvelope, []*types.Transaction) {
	b.Helper()
	key, err := crypto.ToECDSA(common.LeftPadBytes([]byte{1}, 32))
	if err != nil {
		b.Fatal(err)
	}
	all := []*types.Transaction{depositTx}
	for n := range uint64(txs) {
		all = append(all, types.MustSignNewTx(key, types.LatestSignerForChainID(big.NewInt(901)), &types.DynamicFeeTx{
			ChainID: big.NewInt(901), Nonce: n, Gas: 50_000, GasFeeCap: big.NewInt(1e9), GasTipCap: big.NewInt(1), To: &common.Address{3}, Value: big.NewInt(1e18), Data: make([]byte, 100),
		}))
	}
	attrs := ordered(cfg, forkTime(rollup.Jovian))
	attrs.Transactions = encoded(all...)
	return attrs, built(cfg, parentHash, attrs), all
}

// What it costs to read a block: as JSON, and over HTTP with all that the engine's end does.
func BenchmarkReadBlock(b *testing.B) {
	cfg := testConfig()
	for _, txs := range []int{0, 20, 500} {
		attrs, env, all := fullBlock(b, cfg, txs)
		block := mustJSON(b, asBlock(b, env, cfg.L2Rules(attrs.Timestamp), all...))
		b.Run(fmt.Sprintf("decode/txs=%d", txs), func(b *testing.B) {
			b.SetBytes(int64(len(block)))
			b.ReportAllocs()
			for b.Loop() {
				if _, err := decodeBlock(block, cfg); err != nil {
					b.Fatal(err)
				}
			}
		})
		answer := append(append([]byte(`{"jsonrpc":"2.0","id":1,"result":`), block...), '}')
		c := speaking(b, func(w http.ResponseWriter) { _, _ = w.Write(answer) })
		b.Run(fmt.Sprintf("http/txs=%d", txs), func(b *testing.B) {
			b.SetBytes(int64(len(block)))
			b.ReportAllocs()
			for b.Loop() {
				if _, err := c.PayloadByNumber(b.Context(), env.ExecutionPayload.BlockNumber); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// What the client adds to a block that an engine seals: getPayload, the comparison and newPayload.
func BenchmarkSeal(b *testing.B) {
	cfg := testConfig()
	for _, txs := range []int{0, 500} {
		attrs, env, _ := fullBlock(b, cfg, txs)
		order := job{parent: parentHash, attrs: attrs}
		b.Run(fmt.Sprintf("check/txs=%d", txs), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if err := order.check(env, cfg.L2Rules(attrs.Timestamp)); err != nil {
					b.Fatal(err)
				}
			}
		})
		b.Run(fmt.Sprintf("build/txs=%d", txs), func(b *testing.B) {
			f, c := newFake(b, cfg)
			f.answers["engine_forkchoiceUpdatedV3"] = forkchoice(status("VALID"), &jobID)
			f.answers["engine_getPayloadV4"], f.answers["engine_newPayloadV4"] = env, status("VALID")
			b.ReportAllocs()
			for b.Loop() {
				f.called = f.called[:0]
				if _, err := c.Build(b.Context(), onParent, attrs); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
