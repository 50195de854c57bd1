package inspect_test

import (
	"bytes"
	"encoding/json"
	"math/big"
	"testing"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/common/hexutil"
	"github.com/ethereum/go-ethereum/core/types"
	"github.com/ethereum/go-ethereum/rlp"

	"github.com/cairn-rollup/cairn/attributes"
	"github.com/cairn-rollup/cairn/batch"
	"github.com/cairn-rollup/cairn/channel"
	"github.com/cairn-rollup/cairn/inspect"
	"github.com/cairn-rollup/cairn/rollup"
	"github.com/cairn-rollup/cairn/testkit/golden"
)

// The examples of help and docs/inspect.md are made by the encoders of this project.
func TestExamplesAreWhatTheEncodersMake(t *testing.T) {
	all := frames(t)
	golden.File(t, "testdata/l1-info.hex", hexLines(l1InfoTx(rollup.InfoJovian)))
	golden.File(t, "testdata/upgrade.hex", hexLines(upgradeTx(t, rollup.Jovian, 1)))
	golden.File(t, "testdata/batcher-tx.hex", hexLines(encode(t, calldataTx(t, item(all...)))))
	golden.File(t, "testdata/channel.hex", hexLines(item(all[:2]...), item(all[2:]...)))
	golden.File(t, "testdata/span.hex", hexLines(span(t)))
	golden.File(t, "testdata/blob.bin", blobOf(t, item(all...))[:])
}

// example is an input that is what it should be, and how it is read.
type example struct {
	name string
	as   describer
	o    inspect.Options
	in   []byte
}

// examples are inputs of each kind.
func examples(t testing.TB) []example {
	t.Helper()
	chain := inspect.Options{Chain: opMainnet(t), Known: known(t)}
	none := inspect.Options{Known: known(t)}
	beforeHolocene := *chain.Chain.HoloceneTime - 1
	before := inspect.Options{Chain: chain.Chain, At: &beforeHolocene}
	three := inspect.Options{Chain: chain.Chain, Limit: 2}

	all := frames(t)
	other := channel.Frame{ID: channel.ID{0xbb}, Data: []byte("other")}
	badLast := item(all...)
	badLast[len(badLast)-1] = 2
	deposit := upgradeTx(t, rollup.Jovian, 0)
	mint := types.NewTx(&types.DepositTx{Mint: oneEther(), Value: oneEther(), From: someone, To: &someone, Gas: 100_000, IsSystemTransaction: true})
	wrongInfo := types.NewTx(&types.DepositTx{From: attributes.DepositorAddress, To: &attributes.L1BlockAddress, Value: oneEther(), Data: []byte{0x44, 0x0a, 0x5e, 0x20, 1}})
	jsonTx, err := calldataTx(t, item(all[0])).MarshalJSON()
	if err != nil {
		t.Fatal(err)
	}
	lied := bytes.Replace(jsonTx, []byte(calldataTx(t, item(all[0])).Hash().Hex()), []byte(common.Hash{1}.Hex()), 1)

	list := []example{
		{"tx-l1-info-bedrock", asTx, none, l1InfoTx(rollup.InfoBedrock)},
		{"tx-l1-info-ecotone", asTx, none, l1InfoTx(rollup.InfoEcotone)},
		{"tx-l1-info-isthmus", asTx, none, l1InfoTx(rollup.InfoIsthmus)},
		{"tx-l1-info-jovian", asTx, none, l1InfoTx(rollup.InfoJovian)},
		{"tx-l1-info-cut-off", asTx, none, encode(t, wrongInfo)},
		{"tx-upgrade", asTx, none, upgradeTx(t, rollup.Karst, 30)},
		{"tx-deposit", asTx, none, encode(t, mint)},
		{"tx-batcher", asTx, none, encode(t, calldataTx(t, item(all...)))},
		{"tx-batcher-of-chain", asTx, chain, encode(t, calldataTx(t, item(all...)))},
		{"tx-batcher-no-frames", asTx, none, encode(t, calldataTx(t, []byte("hello")))},
		{"tx-blobs", asTx, none, encode(t, blobTx(t, item(all[:2]...), item(all[2:]...)))},
		{"tx-blobs-without", asTx, none, encode(t, blobTx(t, item(all...)).WithoutBlobTxSidecar())},
		{"tx-access-list", asTx, none, l2Txs(t)[1]},
		{"tx-creation", asTx, none, l2Txs(t)[3]},
		{"tx-set-code", asTx, none, l2Txs(t)[4]},
		{"tx-post-exec", asTx, none, []byte{types.PostExecTxType, 0xc1, 0x80}},
		{"tx-json", asTx, none, jsonTx},
		{"tx-json-of-another-hash", asTx, none, lied},

		{"blob", asBlobs, none, blobOf(t, item(all...))[:]},
		{"blob-empty", asBlobs, none, make([]byte, channel.BlobSize)},
		{"blob-no-item", asBlobs, none, blobOf(t, []byte("hello"))[:]},
		{"blob-version", asBlobs, none, append([]byte{0, 1}, make([]byte, channel.BlobSize-2)...)},
		{"blob-no-field-elements", asBlobs, none, bytes.Repeat([]byte{0xff}, channel.BlobSize)},
		{"blob-two", asBlobs, none, append(blobOf(t, item(all[0]))[:], blobOf(t, item(all[1:]...))[:]...)},

		{"frame-item", asItem, none, item(all...)},
		{"frame-bare", asItem, none, channel.AppendFrame(nil, all[0])},
		{"frame-two-of-three", asItem, three, item(all...)},
		{"frame-pruned", asItem, none, item(all[0], all[0], other, all[1])},
		{"frame-pruned-before-holocene", asItem, before, item(all[0], all[0], other, all[1])},
		{"frame-continues", asItem, none, item(all[1])},
		{"frame-cut-off", asItem, none, item(all...)[:400]},
		{"frame-bad-is-last", asItem, none, badLast},
		{"frame-none", asItem, none, []byte{0}},

		{"channel-data", asChannel, none, compressed(t, channel.Zlib, singular(t, 0), span(t)).Bytes()},
		{"channel-data-of-chain", asChannel, chain, compressed(t, channel.Brotli, singular(t, 0), span(t)).Bytes()},
		{"channel-brotli-before-fjord", asChannel, inspect.Options{Chain: chain.Chain, At: new(uint64)}, compressed(t, channel.Brotli, singular(t, 0)).Bytes()},
		{"channel-span-before-delta", asChannel, inspect.Options{Chain: chain.Chain, At: new(uint64)}, compressed(t, channel.Zlib, span(t)).Bytes()},
		{"channel-cut-off", asChannel, none, compressed(t, channel.Zlib, singular(t, 0), span(t)).Bytes()[:300]},
		{"channel-bad-batch", asChannel, none, compressed(t, channel.Zlib, singular(t, 0), []byte{2, 3}, singular(t, 1)).Bytes()},
		{"channel-deposit", asChannel, chain, compressed(t, channel.Zlib, singular(t, 0, deposit)).Bytes()},
		{"channel-empty-header", asChannel, none, []byte{0x78, 0x00}},
		{"channel-items", asChannel, chain, hexLines(item(all[:2]...), item(all[2:]...))},
		{"channel-bare-frames", asChannel, none, hexLines(channel.AppendFrame(nil, all[0]), channel.AppendFrame(channel.AppendFrame(nil, all[1]), all[2]))},
		{"channel-transactions", asChannel, chain, hexLines(encode(t, calldataTx(t, item(all[0]))), encode(t, blobTx(t, item(all[1:]...))))},
		{"channel-blob", asChannel, none, blobOf(t, item(all...))[:]},
		{"channel-foreign-blobs", asChannel, none, hexLines(bytes.Repeat([]byte{0x78}, channel.BlobSize), bytes.Repeat([]byte{0x42}, channel.BlobSize), blobOf(t, item(all...))[:])},
		{"channel-incomplete", asChannel, none, hexLines(item(all[:2]...))},
		{"channel-gap", asChannel, none, hexLines(item(all[0]), item(all[2]))},
		{"channel-out-of-order", asChannel, chain, hexLines(item(all[1:]...), item(all[0]))},
		{"channel-out-of-order-before-holocene", asChannel, before, hexLines(item(all[1:]...), item(all[0]))},
		{"channel-replaced", asChannel, none, hexLines(item(all[0]), item(other), item(all...))},
		{"channel-bad-item", asChannel, none, hexLines(item(all[0]), badLast, item(all[1:]...))},
		{"channel-batch", batchOf(2), chain, hexLines(item(all...))},

		{"batch-singular", asBatch, none, singular(t, 0, l2Txs(t)...)},
		{"batch-singular-of-chain", asBatch, chain, singular(t, 0, l2Txs(t)...)},
		{"batch-singular-broken-tx", asBatch, none, singular(t, 0, l2Txs(t)[2], hexutil.Bytes{2, 0xc1, 0x80})},
		{"batch-singular-set-code-too-early", asBatch, chain, earlier(t, l2Txs(t)[4])},
		{"batch-span", asBatch, none, span(t)},
		{"batch-span-of-chain", asBatch, chain, span(t)},
		{"batch-span-limit", asBatch, three, span(t)},
		{"batch-span-cut-off", asBatch, chain, span(t)[:200]},
		{"batch-rlp-string", asBatch, none, rlpString(singular(t, 3))},
		{"batch-malformed", asBatch, none, []byte{0, 0xc0}},
	}
	for i, c := range list {
		if !bytes.HasPrefix(c.in, []byte("0x")) && c.in[0] != '{' {
			list[i].in = hexLines(c.in)
		}
	}
	return list
}

// What is written for each kind of input, for people and for machines. Read the difference when it changes: keys of JSON
// must not.
func TestWhatIsWritten(t *testing.T) {
	for _, c := range examples(t) {
		t.Run(c.name, func(t *testing.T) {
			text, object := written(t, describe(t, c.as, c.in, c.o))
			golden.File(t, "testdata/golden/"+c.name+".txt", text)
			golden.File(t, "testdata/golden/"+c.name+".json", object)
			for n, line := range bytes.Split(text, []byte("\n")) {
				if bytes.HasSuffix(line, []byte(" ")) {
					t.Errorf("line %d ends with a space: %q", n+1, line)
				}
			}
			if !json.Valid(object) {
				t.Errorf("no JSON: %s", object)
			}
		})
	}
}

// earlier is a singular batch of the last second before Isthmus.
func earlier(t testing.TB, txs ...hexutil.Bytes) []byte {
	b := batch.Singular{EpochNum: 22_000_000, Timestamp: *opMainnet(t).IsthmusTime - 1, Transactions: txs}
	return b.Encode()
}

// rlpString puts the header of an RLP string in front of a content.
func rlpString(content []byte) []byte {
	out, err := rlp.EncodeToBytes(content)
	if err != nil {
		panic(err)
	}
	return out
}

func oneEther() *big.Int { return big.NewInt(1e18) }
