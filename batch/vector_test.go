package batch_test

import (
	"bytes"
	"compress/zlib"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"math/big"
	"slices"
	"testing"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/core/types"
	"github.com/ethereum/go-ethereum/rlp"

	"github.com/cairn-rollup/cairn/batch"
)

// mainnet is OP Mainnet.
var mainnet = batch.Params{ChainID: big.NewInt(10), GenesisTime: 1686068903, BlockTime: 2}

// mainnetSpan is the one batch of a channel that was posted for OP Mainnet (RULES 14.3).
func mainnetSpan(t testing.TB) []byte {
	t.Helper()
	channel := shared(t, "vectors/op-mainnet-channel-121382930.bin")
	inflate, err := zlib.NewReader(bytes.NewReader(channel))
	if err != nil {
		t.Fatal(err)
	}
	data, err := io.ReadAll(inflate)
	if err != nil {
		t.Fatal(err)
	}
	item, rest, err := rlp.SplitString(data)
	if err != nil || len(rest) > 0 {
		t.Fatalf("channel content: %d bytes after the batch, %v", len(rest), err)
	}
	if len(item) != 1_409_459 {
		t.Fatalf("batch of %d bytes", len(item))
	}
	return item
}

func TestMainnetSpan(t *testing.T) {
	item := mainnetSpan(t)
	b, reason := batch.Decode(item, mainnet)
	if reason != batch.OK {
		t.Fatal(reason)
	}
	s := b.(*batch.Span)
	if s.RelTimestamp != 32295734 || s.L1OriginNum != 20089770 || s.StartEpoch() != 20089746 || s.Start() != 1718364637 {
		t.Errorf("got rel timestamp %d, last epoch %d, start epoch %d at %d", s.RelTimestamp, s.L1OriginNum, s.StartEpoch(), s.Start())
	}
	if parent, origin := hex.EncodeToString(s.ParentCheck[:]), hex.EncodeToString(s.L1OriginCheck[:]); parent != "ba1be7cfde4724e81290aa5ae3c082731ce44823" || origin != "4bd8da85bfabf4daa6a3f294d3d51dd927c6cbcb" {
		t.Errorf("got checks %s, %s", parent, origin)
	}

	// Blocks: number, times, epochs by the origin bits, transaction counts.
	originBits, _ := new(big.Int).SetString("608008208608208200218008208600208208", 16)
	if s.Len() != 143 {
		t.Fatalf("got %d blocks", s.Len())
	}
	var counts []int
	for i, block := range s.Blocks(0) {
		if block.Timestamp != 1718364637+2*uint64(i) {
			t.Errorf("block %d at %d", i, block.Timestamp)
		}
		if i > 0 && block.EpochNum-s.Block(i-1).EpochNum != uint64(originBits.Bit(i)) {
			t.Errorf("block %d of epoch %d after epoch %d", i, block.EpochNum, s.Block(i-1).EpochNum)
		}
		counts = append(counts, len(block.Transactions))
	}
	if s.EndEpoch() != 20089770 || s.NewEpoch != (originBits.Bit(0) == 1) {
		t.Errorf("got last epoch %d, new epoch %v", s.EndEpoch(), s.NewEpoch)
	}
	if !slices.Equal(counts[:8], []int{20, 10, 10, 10, 12, 10, 12, 14}) || !slices.Equal(counts[140:], []int{8, 11, 11}) || slices.Max(counts) != 47 {
		t.Errorf("got transaction counts %v", counts)
	}

	// Transactions.
	var gas uint64
	byType := make(map[uint8]int)
	var creations []int
	var hashes []common.Hash
	all := sha256.New()
	size := 0
	for _, block := range s.Blocks(0) {
		for _, raw := range block.Transactions {
			var tx types.Transaction
			if err := tx.UnmarshalBinary(raw); err != nil {
				t.Fatal(err)
			}
			if !tx.Protected() || tx.ChainId().Cmp(mainnet.ChainID) != 0 {
				t.Errorf("transaction %d is not for this chain", len(hashes))
			}
			if tx.To() == nil {
				creations = append(creations, len(hashes))
			}
			gas += tx.Gas()
			byType[tx.Type()]++
			hashes = append(hashes, tx.Hash())
			all.Write(raw)
			size += len(raw)
		}
	}
	if len(hashes) != 1766 || byType[types.LegacyTxType] != 454 || byType[types.AccessListTxType] != 11 || byType[types.DynamicFeeTxType] != 1301 {
		t.Fatalf("got %d transactions, by type %v", len(hashes), byType)
	}
	if gas != 1_348_173_372 || !slices.Equal(creations, []int{537}) || size != 1_419_767 {
		t.Errorf("got gas %d, creations %v, %d bytes", gas, creations, size)
	}
	if sum := hex.EncodeToString(all.Sum(nil)); sum != "a496145f89413fa4dd20b9ea3ed0ff86d111dbb62fbbdb14e31520babd5f1c3f" {
		t.Errorf("sha256 of all transactions: %s", sum)
	}
	for i, want := range map[int]string{
		0:    "9f5b601c55faf10a30dd4f447088923680abb68958b7a3db17b5a0c7e998b85c",
		3:    "e6fb62ecabde8aaae2e1e2cffc71e0d8cde682af078037081e77df03b02627fe",
		346:  "c8b2adc3a49887435aee3ad1d89cc5d4c1a0e8020e250f575fd272f3ee4a3781",
		537:  "dcc8348194b56aea2b0afacb5031816fd57e4121699f61e814aaac9e969ae263",
		1765: "57f08268bd3a576c7b3da518bd209a193cb2d4bb663a99b4241e92b7a16d5b3f",
	} {
		if hashes[i] != common.HexToHash(want) {
			t.Errorf("transaction %d: hash %v, want %s", i, hashes[i], want)
		}
	}
	compareWithReference(t, item, mainnet)
}

// The batcher of OP Mainnet and this encoder must find the same bytes for the same blocks.
func TestMainnetSpanEncodesToItself(t *testing.T) {
	item := mainnetSpan(t)
	b, reason := batch.Decode(item, mainnet)
	if reason != batch.OK {
		t.Fatal(reason)
	}
	again, err := batch.EncodeSpan(mainnet, blocksOf(b.(*batch.Span)))
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(again, item) {
		t.Errorf("got %d bytes that differ from the %d decoded", len(again), len(item))
	}
}

// blocksOf gives the blocks that encode to a span, with as much of the hashes as it has.
func blocksOf(s *batch.Span) []batch.Block {
	out := make([]batch.Block, s.Len())
	for i, b := range s.Blocks(0) {
		out[i] = batch.Block{Timestamp: b.Timestamp, EpochNum: b.EpochNum, SequenceNumber: 1, Transactions: b.Transactions}
	}
	if s.NewEpoch {
		out[0].SequenceNumber = 0
	}
	copy(out[0].ParentHash[:], s.ParentCheck[:])
	copy(out[len(out)-1].EpochHash[:], s.L1OriginCheck[:])
	return out
}
