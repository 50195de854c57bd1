package inspect_test

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/common/hexutil"
	"github.com/ethereum/go-ethereum/core/types"
	"github.com/ethereum/go-ethereum/crypto/kzg4844"

	"github.com/cairn-rollup/cairn/batch"
	"github.com/cairn-rollup/cairn/channel"
	"github.com/cairn-rollup/cairn/inspect"
	"github.com/cairn-rollup/cairn/rollup"
	"github.com/cairn-rollup/cairn/upgrades"
)

// The channel of OP Mainnet against what others have recorded of it (RULES 14.3).
func TestTheChannelOfOPMainnetIsWhatWasRecorded(t *testing.T) {
	data := shared(t, "op-mainnet-channel-121382930.bin")
	o := inspect.Options{Chain: opMainnet(t)}
	all := describe(t, asChannel, data, o).(*inspect.Channels)
	if all.Count != 1 || all.Items != 0 || len(all.Channels) != 1 {
		t.Fatalf("%d channels of %d items", all.Count, all.Items)
	}
	c := all.Channels[0]
	if !c.Complete || c.Dropped != nil || c.Stopped != nil || c.Compression != "zlib" || c.Compressed != 615_361 || c.Decompressed != 1_409_463 || c.Ratio != 2.29 || c.BatchCount != 1 {
		t.Errorf("%+v", c)
	}
	b := describe(t, batchOf(0), data, o).(*inspect.Batch)
	if b.Type != "span" || b.Bytes != 1_409_459 || *b.RelTimestamp != 32_295_734 || b.Blocks != 143 || b.Transactions != 1766 ||
		hex.EncodeToString(b.ParentCheck) != "ba1be7cfde4724e81290aa5ae3c082731ce44823" || hex.EncodeToString(b.L1OriginCheck) != "4bd8da85bfabf4daa6a3f294d3d51dd927c6cbcb" {
		t.Errorf("%+v", b)
	}
	if *b.First.Number != 121_382_930 || *b.First.Time != 1_718_364_637 || b.First.L1Origin != 20_089_746 || b.Last.L1Origin != 20_089_770 || *b.Last.Number != 121_382_930+142 {
		t.Errorf("from %+v to %+v", b.First, b.Last)
	}
	if b.Types["legacy"] != 454 || b.Types["access-list"] != 11 || b.Types["dynamic-fee"] != 1301 || len(b.Types) != 3 {
		t.Errorf("types %v", b.Types)
	}
	var counts []int
	for _, block := range b.BlockList {
		counts = append(counts, block.Transactions)
	}
	if !slices.Equal(counts[:8], []int{20, 10, 10, 10, 12, 10, 12, 14}) || !slices.Equal(counts[140:], []int{8, 11, 11}) || slices.Max(counts) != 47 {
		t.Errorf("transactions of blocks: %v", counts)
	}
	size := 0
	for i, tx := range b.TransactionList {
		size += *tx.Bytes
		if tx.From == nil || tx.Broken != "" || (tx.To == nil) != (i == 537) {
			t.Errorf("transaction %d: %+v", i, tx)
		}
	}
	if size != 1_419_767 {
		t.Errorf("transactions take %d bytes", size)
	}
	for i, hash := range map[int]string{
		0:    "9f5b601c55faf10a30dd4f447088923680abb68958b7a3db17b5a0c7e998b85c",
		3:    "e6fb62ecabde8aaae2e1e2cffc71e0d8cde682af078037081e77df03b02627fe",
		346:  "c8b2adc3a49887435aee3ad1d89cc5d4c1a0e8020e250f575fd272f3ee4a3781",
		537:  "dcc8348194b56aea2b0afacb5031816fd57e4121699f61e814aaac9e969ae263",
		1765: "57f08268bd3a576c7b3da518bd209a193cb2d4bb663a99b4241e92b7a16d5b3f",
	} {
		if got := *b.TransactionList[i].Hash; got != common.HexToHash(hash) {
			t.Errorf("transaction %d has hash %s, want %s", i, got, hash)
		}
	}
}

func TestARecordedBatcherTransaction(t *testing.T) {
	data := shared(t, "op-goerli-batcher-tx.bin")
	tx := describe(t, asTx, data, inspect.Options{Known: known(t)}).(*inspect.Tx)
	if tx.Type != 2 || tx.Hash != common.HexToHash("e69d94330faafb4f716f7ad9b3b50ea8ff5ce57aea6d2f8be07afb7fe49cd6cf") || tx.Bytes != 119_942 || tx.DataBytes != 119_823 {
		t.Errorf("%+v", tx)
	}
	if *tx.From != common.HexToAddress("0x6887246668a3b87F54DeB3b94Ba47a6f63F32985") || *tx.To != common.HexToAddress("0xFF00000000000000000000000000000000000010") || tx.Inbox != "op-mainnet" {
		t.Errorf("from %s to %s, inbox of %q", tx.From, tx.To, tx.Inbox)
	}
	if tx.Item == nil || tx.Item.Count != 1 || !tx.Item.Frames[0].IsLast || tx.Item.Frames[0].Bytes != 119_799 {
		t.Errorf("item %+v", tx.Item)
	}
}

// The sidecars say their commitments themselves.
func TestRecordedSidecarsHaveTheirCommitments(t *testing.T) {
	r, err := gzip.NewReader(bytes.NewReader(shared(t, "beacon-blob-sidecars-7422094-goerli.json.gz")))
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	var answer struct {
		Data []struct {
			Commitment kzg4844.Commitment `json:"kzg_commitment"`
		} `json:"data"`
	}
	if err := json.Unmarshal(text, &answer); err != nil || len(answer.Data) == 0 {
		t.Fatalf("%d sidecars, %v", len(answer.Data), err)
	}
	blobs := describe(t, asBlobs, text, inspect.Options{}).(*inspect.Blobs)
	if blobs.Count != len(answer.Data) {
		t.Fatalf("%d blobs, want %d", blobs.Count, len(answer.Data))
	}
	for i, blob := range blobs.Blobs {
		commitment := answer.Data[i].Commitment
		want := common.Hash(kzg4844.CalcBlobHashV1(sha256.New(), &commitment))
		if *blob.VersionedHash != want || len(blob.Notes) > 0 {
			t.Errorf("blob %d: %s, want %s; %q", i, blob.VersionedHash, want, blob.Notes)
		}
	}
	lied := bytes.Replace(text, []byte(hex.EncodeToString(answer.Data[0].Commitment[:])), []byte(hex.EncodeToString(answer.Data[1].Commitment[:])), 1)
	blobs = describe(t, asBlobs, lied, inspect.Options{Limit: 1}).(*inspect.Blobs)
	if len(blobs.Blobs) != 1 || len(blobs.Blobs[0].Notes) != 1 || !strings.Contains(blobs.Blobs[0].Notes[0], "is of another blob") {
		t.Errorf("of a wrong commitment: %+v", blobs.Blobs)
	}
}

// All forms in which people have data mean the same.
func TestTheFormOfTheInputDoesNotMatter(t *testing.T) {
	data := item(frames(t)...)
	digits := hex.EncodeToString(data)
	var wrapped, spaced strings.Builder
	for i := 0; i < len(digits); i += 60 {
		wrapped.WriteString(digits[i:min(i+60, len(digits))] + "\r\n")
	}
	for i := 0; i < len(digits); i += 2 {
		spaced.WriteString(digits[i:i+2] + " ")
	}
	want, _ := written(t, describe(t, asItem, data, inspect.Options{}))
	wantChannel, _ := written(t, describe(t, asChannel, data, inspect.Options{}))
	for name, text := range map[string]string{
		"digits": digits, "prefix": "0x" + digits, "large prefix": "0X" + strings.ToUpper(digits), "white space around": "\n\t 0x" + digits + " \n\n",
		"lines": wrapped.String(), "lines with a prefix": "0x" + wrapped.String(), "spaces": spaced.String(),
		"JSON string": `"0x` + digits + `"`, "JSON list": `["` + digits + `"]`, "JSON-RPC": `{"jsonrpc":"2.0","id":1,"result":"0x` + digits + `"}`,
	} {
		t.Run(name, func(t *testing.T) {
			if got, _ := written(t, describe(t, asItem, []byte(text), inspect.Options{})); !bytes.Equal(got, want) {
				t.Errorf("got:\n%s\nwant:\n%s", got, want)
			}
			if got, _ := written(t, describe(t, asChannel, []byte(text), inspect.Options{})); !bytes.Equal(got, wantChannel) {
				t.Errorf("as a channel, got:\n%s\nwant:\n%s", got, wantChannel)
			}
		})
	}
	tx := calldataTx(t, data)
	object, err := tx.MarshalJSON()
	if err != nil {
		t.Fatal(err)
	}
	want, _ = written(t, describe(t, asTx, encode(t, tx), inspect.Options{}))
	for _, text := range []string{string(object), fmt.Sprintf(`{"id":1,"result":%s}`, object), fmt.Sprintf("[%s]", object)} {
		if got, _ := written(t, describe(t, asTx, []byte(text), inspect.Options{})); !bytes.Equal(got, want) {
			t.Errorf("got:\n%s\nwant:\n%s", got, want)
		}
	}
	blob := blobOf(t, data)[:]
	want, _ = written(t, describe(t, asBlobs, blob, inspect.Options{}))
	for _, form := range []string{`0x%x`, `{"blob":"0x%x"}`, `{"data":["0x%x"]}`, `{"data":[{"index":"0","blob":"0x%x"}]}`} {
		if got, _ := written(t, describe(t, asBlobs, fmt.Appendf(nil, form, blob), inspect.Options{})); !bytes.Equal(got, want) {
			t.Errorf("%s, got:\n%s\nwant:\n%s", form, got, want)
		}
	}
}

// One line says what was expected, and what was found where.
func TestWhatIsSaidOfInputOfAnotherKind(t *testing.T) {
	good := item(frames(t)...)
	for _, c := range []struct {
		name  string
		as    describer
		in    string
		words []string
	}{
		{"nothing", asItem, " \n", []string{"expected hex, JSON or raw bytes, found nothing"}},
		{"no hex", asItem, "00c0\n 0xgg", []string{"expected hex", `found 'g' at byte 8`, "line 2"}},
		{"half a byte", asItem, "00c", []string{"two hex digits", "found 3 digits", "of byte 1"}},
		{"only a prefix", asItem, "0x", []string{"found nothing behind 0x"}},
		{"half a byte of a line", asChannel, "0x00\n0x1", []string{"found 1 digit in line 2"}},
		{"broken JSON", asTx, ` {"a":}`, []string{"expected JSON", "at byte 6"}},
		{"cut off JSON", asTx, `{"a":`, []string{"expected JSON", "at byte 5"}},
		{"another JSON", asTx, `{"a":1}`, []string{"found a JSON object without"}},
		{"a number in JSON", asTx, `{"result":7}`, []string{"JSON string of hex", "found 7"}},
		{"null in JSON", asTx, `{"result":null}`, []string{"result null"}},
		{"an error in JSON", asTx, `{"error":{"message":"rate\nlimit"}}`, []string{"JSON-RPC", "rate limit"}},
		{"an empty list", asBlobs, `{"data":[]}`, []string{"empty JSON list"}},
		{"an empty string", asBlobs, `[""]`, []string{"empty JSON string"}},
		{"a blank string", asBlobs, `[" \n"]`, []string{"empty JSON string"}},
		{"lists in lists", asBlobs, `[[[]]]`, []string{"a list in a list"}},
		{"no hex in JSON", asBlobs, `["xyz"]`, []string{"in a JSON string", "found 'x' at byte 0"}},
		{"a transaction with a field missing", asTx, `{"gas":"0x1","type":"0x2"}`, []string{"transaction as JSON", "chainId"}},
		{"a transaction with a field of another kind", asTx, `{"gas":"0x1","nonce":{}}`, []string{"transaction as JSON"}},
		{"two values for one", asItem, "0x00\n0x00", []string{"one value", "line 2"}},
		{"two values of JSON for one", asTx, `["00","01"]`, []string{"one value", "list of 2"}},
		{"a transaction for an item", asItem, `{"gas":"0x5208","nonce":"0x0","gasPrice":"0x1","value":"0x0","input":"0x","v":"0x1b","r":"0x1","s":"0x1"}`, []string{"an item or a frame", "inspect tx"}},
		{"a blob for an item", asItem, hex.EncodeToString(blobOf(t, good)[:]), []string{"131,072 bytes", "inspect blob"}},
		{"no item", asItem, "c0ffee", []string{"0xc0 at byte 0", "at byte 0 3 bytes", "frame-truncated"}},
		{"no item, second frame", asItem, hex.EncodeToString(good[1:300]), []string{"0xc0 at byte 0", "at byte 273 it declares 250 bytes", "4 bytes are left"}},
		{"a short blob", asBlobs, "0x00\n0x0001", []string{"131,072 bytes", "found 1 byte in line 1"}},
		{"an item for a blob", asBlobs, hex.EncodeToString(good), []string{"found 729 bytes, an item", "inspect frame"}},
		{"no channel", asChannel, "0x42", []string{"0x42 at byte 0 of 1 byte"}},
		{"channel data twice", asChannel, "0x789c\n0x789c", []string{"0x78 at byte 0 of 2 bytes in line 1"}},
		{"a blob transaction without blobs", asChannel, hex.EncodeToString(encode(t, blobTx(t, good).WithoutBlobTxSidecar())), []string{"without its blobs"}},
		{"a batch that is not there", batchOf(3), hex.EncodeToString(good), []string{"a batch 3", "3 batches"}},
		{"a batch of no channel", batchOf(0), "0x00", []string{"no frame 0"}},
		{"a batch of a dropped channel", batchOf(0), "0x7800", []string{"zlib-header"}},
		{"no batch", asBatch, "0x02", []string{"00 (singular) or 01 (span)", "0x02 at byte 0"}},
		{"a channel for a batch", asBatch, "0x789c", []string{"inspect channel"}},
		{"a list for a batch", asBatch, "0xc0", []string{"RLP list at byte 0"}},
		{"a longer string", asBatch, "0xb8ff00", []string{"declares 255 bytes, with 1 behind"}},
		{"a shorter string", asBatch, "0x82000000", []string{"declares 2 bytes, with 3 behind"}},
		{"an empty string for a batch", asBatch, "0x80", []string{"does not begin with 00 or 01"}},
		{"a string of another type", asBatch, "0x820200", []string{"at byte 1"}},
		{"a long header", asBatch, "0xb800", []string{"not the shortest"}},
		{"a cut-off header", asBatch, "0xbfff", []string{"cut off at byte 2"}},
		{"a huge size", asBatch, "0xbfffffffffffffffff00", []string{"declares 18,446,744,073,709,551,615 bytes"}},
		{"an item for a transaction", asTx, hex.EncodeToString(good), []string{"an item with frames", "inspect frame"}},
		{"a blob for a transaction", asTx, hex.EncodeToString(blobOf(t, []byte("hello"))[:]), []string{"inspect blob"}},
		{"no type", asTx, "0x05c0", []string{"0x05 at byte 0", "no type"}},
		{"type 0", asTx, "0x00c0", []string{"0x00 at byte 0", "legacy"}},
		{"a type alone", asTx, "0x02", []string{"type byte of a dynamic-fee transaction and nothing behind it"}},
		{"no list", asTx, "0x0280", []string{"at byte 1 no RLP list"}},
		{"a cut-off list", asTx, "0x02f852", []string{"at byte 1", "more bytes than there are"}},
		{"a cut-off header of a list", asTx, "0x02f8", []string{"at byte 1", "cut off"}},
		{"bytes behind it", asTx, hex.EncodeToString(append(l1InfoTx(rollup.InfoEcotone), 1, 2)), []string{"2 bytes behind the end of a deposit transaction, at byte 251"}},
		{"fields missing", asTx, "0x02c10a", []string{"ends at byte 3, after 1 field, without \"nonce\""}},
		{"too many fields", asTx, "0x7ef84d" + strings.Repeat("00", 0) + "a0" + strings.Repeat("11", 32) + "94" + strings.Repeat("22", 20) + "80808080808001" + strings.Repeat("80", 16), []string{"more than the 8 fields of a deposit transaction"}},
		{"a short recipient", asTx, "0xc9018001" + "8211110180" + "80", []string{`in the field "to" of a legacy transaction, at byte 4: 2 bytes instead of 20 or none`}},
		{"a leading zero", asTx, "0xc3820001", []string{`in the field "nonce"`, "at byte 1", "leading zero"}},
		{"a large nonce", asTx, "0xca89ffffffffffffffffff", []string{`in the field "nonce"`, "9 bytes", "64 bits"}},
		{"a list for a number", asTx, "0xc1c0", []string{`in the field "nonce"`, "a list"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			err := failure(c.as, []byte(c.in))
			if err == nil {
				t.Fatal("no error")
			}
			if strings.Contains(err.Error(), "\n") || len(err.Error()) > 400 {
				t.Errorf("not one line: %q", err)
			}
			for _, word := range c.words {
				if !strings.Contains(err.Error(), word) {
					t.Errorf("%q does not say %q", err, word)
				}
			}
		})
	}
}

// What is listed has bounds, and what is not listed is counted.
func TestListsAreCutAndCounted(t *testing.T) {
	var many []channel.Frame
	for i := range 300 {
		many = append(many, channel.Frame{ID: channelID, Number: uint16(i), Data: []byte{1}, IsLast: i == 299})
	}
	it := describe(t, asItem, item(many...), inspect.Options{Limit: 7}).(*inspect.Item)
	if it.Count != 300 || len(it.Frames) != 7 {
		t.Errorf("%d of %d frames", len(it.Frames), it.Count)
	}
	text, _ := written(t, it)
	if !strings.HasSuffix(string(text), "… and 293 more (--limit 0 shows all)\n") {
		t.Errorf("it ends: %q", text[max(0, len(text)-80):])
	}
	if it := describe(t, asItem, item(many...), inspect.Options{}).(*inspect.Item); len(it.Frames) != 300 {
		t.Errorf("%d frames without a limit", len(it.Frames))
	}

	var batches [][]byte
	for i := range 40 {
		batches = append(batches, singular(t, uint64(i)))
	}
	c := describe(t, asChannel, compressed(t, channel.Zlib, batches...).Bytes(), inspect.Options{Limit: 3}).(*inspect.Channels).Channels[0]
	if c.BatchCount != 40 || len(c.Batches) != 3 || c.Decompressed != 40*82 {
		t.Errorf("%d of %d batches, %d bytes", len(c.Batches), c.BatchCount, c.Decompressed)
	}

	long := singular(t, 0, slices.Repeat([]hexutil.Bytes{{2}, {1}}, batch.MaxListed)...)
	b := describe(t, asBatch, long, inspect.Options{Limit: 3}).(*inspect.Batch)
	if b.Transactions != 2*batch.MaxListed || b.First.Transactions != b.Transactions || len(b.TransactionList) != 3 || b.Blocks != 1 || len(b.Types) != 2 {
		t.Errorf("%d of %d transactions, of types %v, in %d blocks", len(b.TransactionList), b.Transactions, b.Types, b.Blocks)
	}
	text, _ = written(t, b)
	if !strings.Contains(string(text), "131,072 transactions") {
		t.Errorf("the number of transactions is not told: %s", text)
	}

	var ids [][]byte
	for i := range 40 {
		ids = append(ids, item(channel.Frame{ID: channel.ID{byte(i)}, Data: compressed(t, channel.Zlib, singular(t, 0)).Bytes(), IsLast: true}))
	}
	all := describe(t, asChannel, hexLines(ids...), inspect.Options{}).(*inspect.Channels)
	if all.Count != 40 || len(all.Channels) != 16 || all.FrameCount != 40 || len(all.Frames) != 40 {
		t.Errorf("%d of %d channels, %d of %d frames", len(all.Channels), all.Count, len(all.Frames), all.FrameCount)
	}
}

func TestWhatIsTooLargeIsRefused(t *testing.T) {
	if err := failure(asChannel, bytes.Repeat([]byte{0x78}, inspect.MaxText+1)); err == nil || !strings.Contains(err.Error(), "at most 67,108,864 bytes") {
		t.Errorf("a long text: %v", err)
	}
	if err := failure(asChannel, bytes.Repeat([]byte("a"), 2*inspect.MaxData+2)); err == nil || !strings.Contains(err.Error(), "at most 67,108,864 bytes") {
		t.Errorf("hex: %v", err)
	}
	if err := failure(asChannel, make([]byte, inspect.MaxData+1)); err == nil || !strings.Contains(err.Error(), "at most 67,108,864 bytes") {
		t.Errorf("raw bytes: %v", err)
	}
	frame := channel.AppendFrame(nil, channel.Frame{})
	if err := failure(asChannel, append([]byte{0}, bytes.Repeat(frame, 1<<16+1)...)); err == nil || !strings.Contains(err.Error(), "65,536 frames") {
		t.Errorf("frames: %v", err)
	}
}

// Every upgrade transaction is recognised.
func TestUpgradeTransactionsAreNamed(t *testing.T) {
	seen := 0
	for _, fork := range rollup.Forks() {
		txs, _ := upgrades.Transactions(fork)
		for i, raw := range txs {
			seen++
			tx := describe(t, asTx, raw, inspect.Options{}).(*inspect.Tx)
			if tx.Upgrade == nil || *tx.Upgrade != (inspect.Upgrade{Fork: fork.String(), Index: i, Of: len(txs)}) {
				t.Errorf("transaction %d of %s is %v", i, fork, tx.Upgrade)
			}
		}
	}
	if seen == 0 {
		t.Error("there are none")
	}
}

// A chain that shares its inbox with another is told apart by its L1, or by what was given.
func TestTheInboxNamesTheChain(t *testing.T) {
	inbox := opMainnet(t).BatchInboxAddress
	tx := encode(t, calldataTx(t, []byte{0}))
	for name, c := range map[string]struct {
		o    inspect.Options
		want string
	}{
		"nothing is known":   {inspect.Options{}, ""},
		"the first one":      {inspect.Options{Known: []inspect.Known{{Name: "a", ChainID: 7, L1: 1, Inbox: inbox}, {Name: "b", ChainID: 10, L1: 1, Inbox: inbox}}}, "a"},
		"the given one":      {inspect.Options{Chain: opMainnet(t), Known: []inspect.Known{{Name: "a", ChainID: 7, L1: 1, Inbox: inbox}, {Name: "b", ChainID: 10, L1: 1, Inbox: inbox}}}, "b"},
		"another L1":         {inspect.Options{Known: []inspect.Known{{Name: "a", ChainID: 7, L1: 11155111, Inbox: inbox}}}, ""},
		"given without name": {inspect.Options{Chain: opMainnet(t)}, "the given chain"},
	} {
		t.Run(name, func(t *testing.T) {
			if got := describe(t, asTx, tx, c.o).(*inspect.Tx).Inbox; got != c.want {
				t.Errorf("inbox of %q, want %q", got, c.want)
			}
		})
	}
}

func TestASidecarOfOtherBlobsIsNoticed(t *testing.T) {
	tx := blobTx(t, item(frames(t)...))
	other := blobTx(t, []byte{0}).BlobTxSidecar()
	swapped := tx.WithoutBlobTxSidecar().WithBlobTxSidecar(other)
	got := describe(t, asTx, encode(t, swapped), inspect.Options{}).(*inspect.Tx)
	if got.Hash != tx.Hash() || len(got.Sidecar.Blobs) != 1 || !slices.Contains(got.Sidecar.Blobs[0].Notes, "the transaction names another blob in this place") {
		t.Errorf("%+v", got.Sidecar)
	}
	if got := describe(t, asTx, encode(t, tx), inspect.Options{}).(*inspect.Tx); len(got.Sidecar.Blobs[0].Notes) > 0 {
		t.Errorf("of its own: %q", got.Sidecar.Blobs[0].Notes)
	}
}

func TestAnUnsignedTransactionHasNoSender(t *testing.T) {
	raw := encode(t, types.NewTx(&types.DynamicFeeTx{ChainID: common.Big1, Gas: 1}))
	tx := describe(t, asTx, raw, inspect.Options{}).(*inspect.Tx)
	if tx.From != nil || len(tx.Notes) != 1 || !strings.HasPrefix(tx.Notes[0], "nobody has signed it") {
		t.Errorf("%v, %q", tx.From, tx.Notes)
	}
	raw = encode(t, types.NewTx(&types.DynamicFeeTx{Gas: 1}))
	if tx := describe(t, asTx, raw, inspect.Options{}).(*inspect.Tx); tx.From != nil || tx.ChainID != "0" {
		t.Errorf("on chain %s: %v", tx.ChainID, tx.From)
	}
}

// The rules that need no state of the chain: those of the time of each block.
func TestABatchThatCanNeverBeValid(t *testing.T) {
	cfg, txs := opMainnet(t), l2Txs(t)
	isthmus, jovian := *cfg.IsthmusTime, *cfg.JovianTime
	at := func(time uint64, txs ...hexutil.Bytes) batch.Block {
		return batch.Block{Timestamp: time, Transactions: txs}
	}
	for _, c := range []struct {
		name   string
		blocks []batch.Block
		want   string
	}{
		{"a set-code transaction before Isthmus, then an empty block", []batch.Block{at(isthmus-2, txs[4]), at(isthmus)}, "tx-set-code-too-early"},
		{"one in the first block of Isthmus", []batch.Block{at(isthmus-2, txs[0]), at(isthmus, txs[4])}, ""},
		{"transactions in the first block of Jovian, then others", []batch.Block{at(jovian, txs[0]), at(jovian+2, txs[1])}, "activation-not-empty"},
		{"none in the first block of Jovian", []batch.Block{at(jovian), at(jovian+2, txs[1])}, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			content, err := batch.EncodeSpan(batch.ParamsAt(cfg, jovian), c.blocks)
			if err != nil {
				t.Fatal(err)
			}
			b := describe(t, asBatch, content, inspect.Options{Chain: cfg}).(*inspect.Batch)
			got := ""
			if b.Dropped != nil {
				got = b.Dropped.Name
			}
			if got != c.want || b.EndsChannel || b.Blocks != len(c.blocks) {
				t.Errorf("dropped %q, want %q; %+v", got, c.want, b)
			}
			if b := describe(t, asBatch, content, inspect.Options{}).(*inspect.Batch); b.Dropped != nil {
				t.Errorf("without a chain: %s", b.Dropped)
			}
		})
	}
}
