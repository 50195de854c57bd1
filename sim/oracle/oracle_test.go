package oracle

import (
	"bytes"
	"compress/zlib"
	"crypto/ecdsa"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"math/big"
	"math/rand"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/andybalholm/brotli"
	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/common/hexutil"
	"github.com/ethereum/go-ethereum/core/types"
	"github.com/ethereum/go-ethereum/crypto"
	"github.com/ethereum/go-ethereum/rlp"
	"github.com/holiman/uint256"

	"github.com/cairn-rollup/cairn/eth"
	"github.com/cairn-rollup/cairn/rollup"
)

// L1 starts at block 100 and has a block every 12 seconds, L2 starts with it and has one every 2.
const (
	l1Start, l1Time = 100, 12
	startTime       = 1_000_000
)

var (
	batcherKey, _ = crypto.HexToECDSA(strings.Repeat("11", 32))
	otherKey, _   = crypto.HexToECDSA(strings.Repeat("22", 32))
	inbox         = common.HexToAddress("0xff00000000000000000000000000000000000042")
	portal        = common.HexToAddress("0x00000000000000000000000000000000000d3905")
	systemConfig  = common.HexToAddress("0x0000000000000000000000000000000000005c06")
	user          = common.HexToAddress("0x000000000000000000000000000000000000ab1e")

	refused = []byte{2, 0xbd} // a transaction no engine takes
	fine    = []byte{2, 0x0c}
)

// history is a world that grows.
type history struct {
	t     testing.TB
	world World
}

// newHistory starts a world where all forks up to last are active from the start.
func newHistory(t testing.TB, last rollup.Fork) *history {
	zero := uint64(0)
	canyon := uint64(250)
	cfg := &rollup.Config{
		BlockTime: 2, MaxSequencerDrift: 600, SeqWindowSize: 4, ChannelTimeout: 3,
		L1ChainID: big.NewInt(900), L2ChainID: big.NewInt(901),
		BatchInboxAddress: inbox, DepositContractAddress: portal, L1SystemConfigAddress: systemConfig,
		ChainOpConfig: &rollup.ChainOpConfig{EIP1559Elasticity: 6, EIP1559Denominator: 50, EIP1559DenominatorCanyon: &canyon},
	}
	for _, fork := range rollup.Forks() {
		if fork <= last {
			cfg.SetTime(fork, &zero)
		}
	}
	cfg.Genesis.L2 = eth.BlockID{Hash: common.HexToHash("0x02"), Number: 7}
	cfg.Genesis.L2Time = startTime
	cfg.Genesis.SystemConfig = rollup.SystemConfig{
		BatcherAddr: crypto.PubkeyToAddress(batcherKey.PublicKey),
		Overhead:    eth.Bytes32{31: 188},
		Scalar:      eth.Bytes32{29: 0x0a, 30: 0x6f, 31: 0xe0},
		GasLimit:    30_000_000,
	}
	h := &history{t: t, world: World{
		Config:   cfg,
		Blobs:    map[common.Hash]*eth.Blob{},
		Upgrades: map[rollup.Fork][]hexutil.Bytes{},
		Execute: func(parent common.Hash, number uint64, a *eth.PayloadAttributes) (common.Hash, bool) {
			var txs [][]byte
			for _, tx := range a.Transactions {
				if bytes.Equal(tx, refused) {
					return common.Hash{}, false
				}
				if tx[0] != types.DepositTxType {
					txs = append(txs, tx)
				}
			}
			return hashOf(parent, number, txs...), true
		},
		BlobUpdateFraction: func(uint64) uint64 { return cancunUpdateFraction },
	}}
	h.l1()
	cfg.Genesis.L1 = eth.BlockID{Hash: h.ref(0).hash, Number: l1Start}
	return h
}

// hashOf is the hash of a block, by what a batcher decides.
func hashOf(parent common.Hash, number uint64, txs ...[]byte) common.Hash {
	all := append(parent.Bytes(), word(number)...)
	for _, tx := range txs {
		all = append(all, crypto.Keccak256(tx)...)
	}
	return crypto.Keccak256Hash(all)
}

// hashes gives the hashes of blocks after genesis with these transactions, that of genesis first.
func (h *history) hashes(blocks ...[][]byte) []common.Hash {
	out := []common.Hash{h.world.Config.Genesis.L2.Hash}
	for i, txs := range blocks {
		out = append(out, hashOf(out[i], 8+uint64(i), txs...))
	}
	return out
}

func (h *history) ref(i int) l1Ref {
	header := h.world.L1[i].Header
	return l1Ref{number: header.Number.Uint64(), hash: header.Hash(), time: header.Time}
}

// l1 adds an L1 block with transactions.
func (h *history) l1(txs ...*types.Transaction) *L1Block {
	i := len(h.world.L1)
	header := &types.Header{
		Number: big.NewInt(l1Start + int64(i)), Time: startTime + l1Time*uint64(i), BaseFee: big.NewInt(7),
		MixDigest: common.Hash{0: 0xaa, 31: byte(i)}, Difficulty: new(big.Int), ParentBeaconRoot: &common.Hash{31: byte(i)},
	}
	if i > 0 {
		header.ParentHash = h.ref(i - 1).hash
	}
	block := L1Block{Header: header, Transactions: txs}
	for range txs {
		block.Receipts = append(block.Receipts, &types.Receipt{})
	}
	h.world.L1 = append(h.world.L1, block)
	return &h.world.L1[i]
}

// post adds an L1 block in which the batcher posts channels of batches, a transaction each.
func (h *history) post(channels ...[][]byte) {
	var txs []*types.Transaction
	for i, batches := range channels {
		id := channelID{0: byte(len(h.world.L1)), 1: byte(i)}
		txs = append(txs, h.tx(batcherKey, item(frame{id: id, data: compress(batches...), last: true})))
	}
	h.l1(txs...)
}

// idle adds L1 blocks with nothing in them.
func (h *history) idle(n int) {
	for range n {
		h.l1()
	}
}

func (h *history) tx(key *ecdsa.PrivateKey, data []byte) *types.Transaction {
	return types.MustSignNewTx(key, types.LatestSignerForChainID(h.world.Config.L1ChainID), &types.DynamicFeeTx{
		ChainID: h.world.Config.L1ChainID, To: &inbox, Data: data, GasFeeCap: big.NewInt(1), GasTipCap: big.NewInt(1),
	})
}

func item(frames ...frame) []byte {
	out := []byte{0}
	for _, f := range frames {
		out = append(out, f.id[:]...)
		out = binary.BigEndian.AppendUint16(out, uint16(f.number))
		out = binary.BigEndian.AppendUint32(out, uint32(len(f.data)))
		out = append(out, f.data...)
		if f.last {
			out = append(out, 1)
		} else {
			out = append(out, 0)
		}
	}
	return out
}

func rlpBytes(value any) []byte {
	out, err := rlp.EncodeToBytes(value)
	if err != nil {
		panic(err)
	}
	return out
}

func compress(batches ...[]byte) []byte {
	var out bytes.Buffer
	w := zlib.NewWriter(&out)
	for _, b := range batches {
		if _, err := w.Write(rlpBytes(b)); err != nil {
			panic(err)
		}
	}
	if err := w.Close(); err != nil {
		panic(err)
	}
	return out.Bytes()
}

// one is a singular batch for the block n after genesis in the epoch that is the L1 block i.
func (h *history) one(n int, parent common.Hash, i int, txs ...[]byte) []byte {
	ref := h.ref(i)
	return append([]byte{0}, rlpBytes(&singular{
		ParentHash: parent, EpochNumber: ref.number, EpochHash: ref.hash, Timestamp: startTime + 2*uint64(n), Transactions: txs,
	})...)
}

// span is a span batch that starts with the first block after genesis; epochs are indices of L1 blocks. A block has no
// transaction, or one legacy transaction with the value given.
func (h *history) span(parent common.Hash, epochs []int, values map[int]uint64) []byte {
	last := h.ref(epochs[len(epochs)-1])
	out := []byte{1}
	out = binary.AppendUvarint(out, 2)
	out = binary.AppendUvarint(out, last.number)
	out = append(out, parent[:20]...)
	out = append(out, last.hash[:20]...)
	out = binary.AppendUvarint(out, uint64(len(epochs)))
	bits := new(big.Int)
	for i := range epochs {
		if i > 0 && epochs[i] != epochs[i-1] {
			bits.SetBit(bits, i, 1)
		}
	}
	out = append(out, bits.FillBytes(make([]byte, (len(epochs)+7)/8))...)
	for i := range epochs {
		if _, ok := values[i]; ok {
			out = append(out, 1)
		} else {
			out = append(out, 0)
		}
	}
	out = append(out, make([]byte, 2*((len(values)+7)/8))...) // no creation, parity 0
	for range values {
		out = append(out, append(word(1), word(1)...)...) // r, s
	}
	out = append(out, make([]byte, 20*len(values))...)
	for i := range epochs {
		if v, ok := values[i]; ok {
			out = append(out, rlpBytes([]any{v, uint64(1), []byte{}})...)
		}
	}
	out = append(out, make([]byte, 2*len(values)+(len(values)+7)/8)...) // nonce, gas, not protected
	return out
}

// legacyTx is what span's transaction is in a block.
func legacyTx(value uint64) []byte {
	return rlpBytes([]any{uint64(0), uint64(1), uint64(0), common.Address{}, value, []byte{}, uint64(27), uint64(1), uint64(1)})
}

func (h *history) derive() Result {
	h.t.Helper()
	r := Derive(h.world)
	if len(r.SafeAt) != len(h.world.L1) {
		h.t.Fatalf("%d L1 blocks, but SafeAt has %d", len(h.world.L1), len(r.SafeAt))
	}
	return r
}

func (h *history) want(r Result, safeAt ...int) {
	h.t.Helper()
	if r.Halted != "" {
		h.t.Fatalf("halted: %s", r.Halted)
	}
	if fmt.Sprint(r.SafeAt) != fmt.Sprint(safeAt) {
		h.t.Fatalf("safe at each L1 block: %v, want %v", r.SafeAt, safeAt)
	}
}

// userTxs are the transactions of a block that are no deposits.
func userTxs(b L2Block) (txs [][]byte) {
	for _, tx := range b.Attributes.Transactions {
		if tx[0] != types.DepositTxType {
			txs = append(txs, tx)
		}
	}
	return txs
}

func TestGenesisOnly(t *testing.T) {
	h := newHistory(t, rollup.Bedrock)
	r := h.derive()
	h.want(r, 0)
	want := L2Block{Number: 7, Hash: common.HexToHash("0x02"), Origin: l1Start}
	if fmt.Sprint(r.Chain[0]) != fmt.Sprint(want) {
		t.Fatalf("got %v, want %v", r.Chain[0], want)
	}
}

func TestBedrockReordersBatchesAndWaitsForGaps(t *testing.T) {
	h := newHistory(t, rollup.Bedrock)
	hashes := h.hashes([][]byte{fine}, nil, nil)
	h.post([][]byte{h.one(3, hashes[2], 0), h.one(2, hashes[1], 0)})
	h.post([][]byte{h.one(1, hashes[0], 0, fine)})
	r := h.derive()
	h.want(r, 0, 0, 3)
	if got := userTxs(r.Chain[1]); len(got) != 1 || !bytes.Equal(got[0], fine) {
		t.Fatalf("block 1 has %x", got)
	}
	for i, hash := range hashes {
		if b := r.Chain[i]; b.Hash != hash || b.SequenceNumber != uint64(i) || b.Number != uint64(7+i) || b.Origin != l1Start {
			t.Fatalf("block %d is %+v", i, b)
		}
	}
	a := r.Chain[1].Attributes
	if a.Withdrawals != nil || a.ParentBeaconBlockRoot != nil || a.EIP1559Params != nil || a.MinBaseFee != nil {
		t.Fatalf("Bedrock attributes have later forks' fields: %+v", a)
	}
	if !a.NoTxPool || a.GasLimit != 30_000_000 || a.Timestamp != startTime+2 || a.PrevRandao != (common.Hash{0: 0xaa}) {
		t.Fatalf("attributes: %+v", a)
	}
}

func TestBeforeHoloceneARefusedBatchGivesTheNextOneAChance(t *testing.T) {
	h := newHistory(t, rollup.Granite)
	hashes := h.hashes(nil)
	h.post([][]byte{h.one(1, hashes[0], 0, refused), h.one(1, hashes[0], 0, fine)})
	r := h.derive()
	h.want(r, 0, 1)
	if r.Chain[1].Replaced || len(userTxs(r.Chain[1])) != 1 {
		t.Fatalf("block 1: %+v", r.Chain[1])
	}
}

func TestBeforeHoloceneARefusedBlockUndoesItsSpan(t *testing.T) {
	h := newHistory(t, rollup.Granite)
	refusedTx := legacyTx(0xbad)
	execute := h.world.Execute
	h.world.Execute = func(parent common.Hash, number uint64, a *eth.PayloadAttributes) (common.Hash, bool) {
		for _, tx := range a.Transactions {
			if bytes.Equal(tx, refusedTx) {
				return common.Hash{}, false
			}
		}
		return execute(parent, number, a)
	}
	genesis := h.hashes()[0]
	h.post([][]byte{h.span(genesis, []int{0, 0, 0, 0}, map[int]uint64{0: 5, 2: 0xbad})})
	h.post([][]byte{h.one(1, genesis, 0, fine)})
	r := h.derive()
	h.want(r, 0, 0, 1)
	if got := userTxs(r.Chain[1]); len(got) != 1 || !bytes.Equal(got[0], fine) {
		t.Fatalf("block 1 has %x", got)
	}
}

func TestHoloceneReplacesARefusedBlockAndDropsTheRest(t *testing.T) {
	h := newHistory(t, rollup.Holocene)
	hashes := h.hashes(nil, nil)
	h.post(
		[][]byte{h.one(1, hashes[0], 0, fine, refused), h.one(2, hashes[1], 0)},
		[][]byte{h.one(2, hashes[1], 0, fine)},
	)
	r := h.derive()
	h.want(r, 0, 2)
	if !r.Chain[1].Replaced || len(userTxs(r.Chain[1])) != 0 {
		t.Fatalf("block 1: %+v", r.Chain[1])
	}
	if r.Chain[2].Replaced || len(userTxs(r.Chain[2])) != 1 {
		t.Fatalf("block 2 is not from the second channel: %+v", r.Chain[2])
	}
}

func TestHoloceneGapDropsTheRestOfTheChannelAndPastDoesNot(t *testing.T) {
	h := newHistory(t, rollup.Holocene)
	hashes := h.hashes(nil, nil, nil)
	h.post([][]byte{h.one(2, hashes[1], 0), h.one(1, hashes[0], 0)}) // a gap: the second one is gone too
	h.post([][]byte{h.one(1, hashes[0], 0)})
	h.post([][]byte{h.one(1, hashes[0], 0), h.one(2, hashes[1], 0)})
	h.want(h.derive(), 0, 0, 1, 2)
}

func TestHoloceneSpanKeepsItsFirstBlocks(t *testing.T) {
	h := newHistory(t, rollup.Holocene)
	genesis := h.hashes()[0]
	h.idle(1)
	// The fourth block claims an epoch that is later than its time.
	h.post([][]byte{h.span(genesis, []int{0, 0, 0, 1, 1}, nil), h.one(4, common.Hash{}, 0)})
	h.want(h.derive(), 0, 0, 3)
}

func TestBeforeHoloceneASpanIsValidAsAWhole(t *testing.T) {
	h := newHistory(t, rollup.Delta)
	genesis := h.hashes()[0]
	h.idle(1)
	h.post([][]byte{h.span(genesis, []int{0, 0, 0, 1, 1}, nil)})
	h.post([][]byte{h.span(genesis, []int{0, 0, 0, 0, 0, 1, 1}, map[int]uint64{6: 9})})
	r := h.derive()
	h.want(r, 0, 0, 0, 7)
	if r.Chain[6].Origin != l1Start+1 || r.Chain[6].SequenceNumber != 0 || r.Chain[7].SequenceNumber != 1 {
		t.Fatalf("block 6: %+v", r.Chain[6])
	}
	if got := userTxs(r.Chain[7]); len(got) != 1 || !bytes.Equal(got[0], legacyTx(9)) {
		t.Fatalf("block 7 has %x, want %x", got, legacyTx(9))
	}
}

func TestSpanBatchesStartWithDelta(t *testing.T) {
	h := newHistory(t, rollup.Canyon)
	genesis := h.hashes()[0]
	h.post([][]byte{h.span(genesis, []int{0, 0}, nil), h.one(1, genesis, 0)})
	h.want(h.derive(), 0, 1)
	delta := uint64(startTime + 1) // so the batch may be read, but its epoch is too old
	h.world.Config.SetTime(rollup.Delta, &delta)
	h.want(h.derive(), 0, 1)
	delta = startTime
	h.want(h.derive(), 0, 2)
}

func TestOverlapHasToSayWhatIsSafe(t *testing.T) {
	for _, fork := range []rollup.Fork{rollup.Granite, rollup.Holocene} {
		for value, want := range map[uint64]int{5: 3, 6: 2} {
			h := newHistory(t, fork)
			hashes := h.hashes([][]byte{legacyTx(5)})
			h.post([][]byte{h.span(hashes[0], []int{0, 0}, map[int]uint64{0: 5})})
			h.post([][]byte{h.span(hashes[0], []int{0, 0, 0}, map[int]uint64{0: value})})
			t.Run(fmt.Sprintf("%v, value %d", fork, value), func(t *testing.T) {
				h.t = t
				h.want(h.derive(), 0, 2, want)
			})
		}
	}
}

func TestWindowsEndFillsEpochs(t *testing.T) {
	for _, fork := range []rollup.Fork{rollup.Bedrock, rollup.Holocene} {
		t.Run(fork.String(), func(t *testing.T) {
			h := newHistory(t, fork)
			h.idle(6)
			r := h.derive()
			// Epoch 0 ends at block 4 of L1: blocks until its successor's time. Then one epoch for each L1 block.
			h.want(r, 0, 0, 0, 0, 5, 11, 17)
			if b := r.Chain[6]; b.Origin != l1Start+1 || b.SequenceNumber != 0 {
				t.Fatalf("block 6: %+v", b)
			}
		})
	}
}

func TestWindowBoundary(t *testing.T) {
	for inclusion, want := range map[int]int{4: 1, 5: 0} {
		h := newHistory(t, rollup.Bedrock)
		h.idle(inclusion - 1)
		h.post([][]byte{h.one(1, h.hashes()[0], 0, fine)})
		r := h.derive()
		if got := len(userTxs(r.Chain[1])); got != want {
			t.Errorf("included %d blocks after its epoch: %d transactions, want %d", inclusion, got, want)
		}
	}
}

func TestDriftBoundary(t *testing.T) {
	h := newHistory(t, rollup.Bedrock)
	h.world.Config.MaxSequencerDrift = 4
	hashes := h.hashes([][]byte{fine}, [][]byte{fine}, nil)
	h.idle(1)
	h.post([][]byte{h.one(1, hashes[0], 0, fine), h.one(2, hashes[1], 0, fine), h.one(3, hashes[2], 0, fine)})
	h.want(h.derive(), 0, 0, 2)
	h.post([][]byte{h.one(3, hashes[2], 0)})
	h.want(h.derive(), 0, 0, 2, 3)
	fjord := uint64(0)
	h.world.Config.SetTime(rollup.Fjord, &fjord)
	h.want(h.derive(), 0, 0, 3, 3)
}

func TestChannelAcrossBlocksAndItsTimeout(t *testing.T) {
	for _, fork := range []rollup.Fork{rollup.Bedrock, rollup.Canyon, rollup.Fjord, rollup.Holocene} {
		for gap, want := range map[int]int{1: 1, 3: 1, 4: 0} {
			if fork == rollup.Holocene && gap > 1 {
				gap += 50 - 3 // Granite's timeout
			}
			t.Run(fmt.Sprintf("%v, %d blocks later", fork, gap), func(t *testing.T) {
				h := newHistory(t, fork)
				h.world.Config.SeqWindowSize = 100
				data := compress(h.one(1, h.hashes()[0], 0))
				h.l1(h.tx(batcherKey, item(frame{data: data[:9]})))
				h.idle(gap - 1)
				h.l1(h.tx(batcherKey, item(frame{data: data[9:], number: 1, last: true})))
				r := h.derive()
				if got := len(r.Chain) - 1; got != want {
					t.Fatalf("%d blocks, want %d", got, want)
				}
			})
		}
	}
}

func TestBeforeCanyonTheFirstChannelBlocksTheOthers(t *testing.T) {
	for fork, want := range map[rollup.Fork]string{rollup.Bedrock: "[0 0 0 0 0 1]", rollup.Canyon: "[0 0 1 1 1 1]"} {
		h := newHistory(t, fork)
		h.world.Config.SeqWindowSize = 100
		h.l1(h.tx(batcherKey, item(frame{id: channelID{1}, number: 1, data: []byte{1}})))
		h.post([][]byte{h.one(1, h.hashes()[0], 0)})
		h.idle(3)
		if got := fmt.Sprint(h.derive().SafeAt); got != want {
			t.Errorf("%v: %s, want %s", fork, got, want)
		}
	}
}

func TestOnlyTheBatcherCounts(t *testing.T) {
	h := newHistory(t, rollup.Bedrock)
	signer := types.LatestSignerForChainID(h.world.Config.L1ChainID)
	data := item(frame{data: compress(h.one(1, h.hashes()[0], 0)), last: true})
	other := common.Address{1}
	h.l1(
		h.tx(otherKey, data),
		nil,
		types.MustSignNewTx(batcherKey, signer, &types.LegacyTx{To: &other, Data: data}),
		types.MustSignNewTx(batcherKey, signer, &types.LegacyTx{Data: data}),
		types.MustSignNewTx(batcherKey, types.LatestSignerForChainID(big.NewInt(5)), &types.LegacyTx{To: &inbox, Data: data}),
		types.MustSignNewTx(batcherKey, signer, &types.SetCodeTx{ChainID: uint256.NewInt(900), To: inbox, Data: data}),
	)
	h.want(h.derive(), 0, 0)
	h.l1(types.MustSignNewTx(batcherKey, types.HomesteadSigner{}, &types.LegacyTx{To: &inbox, Data: data}))
	h.want(h.derive(), 0, 0, 1)
	h.world.L1[2].Transactions[0] = types.NewTx(&types.DepositTx{
		From: crypto.PubkeyToAddress(batcherKey.PublicKey), To: &inbox, Data: data,
	})
	h.want(h.derive(), 0, 0, 1)
}

func TestABatcherCountsInTheBlockThatNamesIt(t *testing.T) {
	h := newHistory(t, rollup.Bedrock)
	hashes := h.hashes(nil, nil)
	data := func(n int) []byte {
		return item(frame{id: channelID{byte(n)}, data: compress(h.one(n, hashes[n-1], 0)), last: true})
	}
	other := crypto.PubkeyToAddress(otherKey.PublicKey)
	block := h.l1(h.tx(otherKey, data(1)), h.tx(batcherKey, data(2)))
	block.Receipts[1].Logs = []*types.Log{update(0, common.LeftPadBytes(other[:], 32))}
	h.want(h.derive(), 0, 0)
	block.Receipts[1].Status = types.ReceiptStatusSuccessful
	h.want(h.derive(), 0, 1)
}

func update(kind uint64, words ...[]byte) *types.Log {
	data := concat(word(32), word(uint64(32*len(words))), concat(words...))
	return &types.Log{
		Address: systemConfig, Topics: []common.Hash{configUpdate, {}, common.BigToHash(new(big.Int).SetUint64(kind))}, Data: data,
	}
}

func TestBlobsCountFromEcotone(t *testing.T) {
	for fork, want := range map[rollup.Fork]int{rollup.Delta: 1, rollup.Ecotone: 2} {
		h := newHistory(t, fork)
		hashes := h.hashes(nil, nil)
		inCalldata := item(frame{id: channelID{1}, data: compress(h.one(1, hashes[0], 0)), last: true})
		inBlob := item(frame{id: channelID{2}, data: compress(h.one(1, hashes[0], 0), h.one(2, hashes[1], 0)), last: true})
		broken, whole := common.Hash{0: 1, 31: 1}, common.Hash{0: 1, 31: 2}
		h.world.Blobs[broken] = &eth.Blob{1: 1}
		h.world.Blobs[whole] = blobOf(inBlob)
		h.l1(types.MustSignNewTx(batcherKey, types.LatestSignerForChainID(h.world.Config.L1ChainID), &types.BlobTx{
			ChainID: uint256.NewInt(900), To: inbox, Data: inCalldata, BlobHashes: []common.Hash{broken, whole},
		}))
		if got := h.derive().SafeAt[1]; got != want {
			t.Errorf("%v: %d blocks, want %d", fork, got, want)
		}
	}
}

// blobOf encodes data as a blob, bit by bit: 6 + 31*8 bits of each element.
func blobOf(data []byte) *eth.Blob {
	content := append([]byte{0, byte(len(data) >> 16), byte(len(data) >> 8), byte(len(data))}, data...)
	content = append(content, make([]byte, 1024*127-len(content))...)
	var blob eth.Blob
	for r := range 1024 {
		in, out := content[127*r:127*r+127], blob[128*r:128*r+128]
		copy(out[1:32], in[:31])
		copy(out[33:64], in[32:63])
		copy(out[65:96], in[64:95])
		copy(out[97:128], in[96:127])
		x, y, z := in[31], in[63], in[95]
		out[0] = x & 0x3f
		out[32] = y&0x0f | x&0xc0>>2
		out[64] = z & 0x3f
		out[96] = y&0xf0>>4 | z&0xc0>>2
	}
	return &blob
}

func TestDecodeBlob(t *testing.T) {
	long := make([]byte, 130_044)
	for i := range long {
		long[i] = byte(i * 7)
	}
	for _, data := range [][]byte{{}, {1}, bytes.Repeat([]byte{0xff}, 27), bytes.Repeat([]byte{0xff}, 32), long[:123], long[:124], long} {
		got, ok := decodeBlob(blobOf(data))
		if !ok || !bytes.Equal(got, data) {
			t.Errorf("%d bytes come back as %d, %v", len(data), len(got), ok)
		}
	}
	for name, spoil := range map[string]func(*eth.Blob){
		"top bits of the second element": func(b *eth.Blob) { b[32] |= 0x40 },
		"version":                        func(b *eth.Blob) { b[1] = 1 },
		"length":                         func(b *eth.Blob) { b[2], b[3], b[4] = 1, 0xfb, 0xfd },
		"byte after the data":            func(b *eth.Blob) { b[31] = 1 },
		"last byte":                      func(b *eth.Blob) { b[131071] = 1 },
		"last element's top bits":        func(b *eth.Blob) { b[131072-32] = 0x40 },
	} {
		blob := blobOf([]byte{1, 2})
		spoil(blob)
		if _, ok := decodeBlob(blob); ok {
			t.Errorf("%s: decodes", name)
		}
	}
	blob := blobOf([]byte{1, 2})
	blob[0] |= 0x40
	if got, ok := decodeBlob(blob); !ok || len(got) != 2 {
		t.Error("top bits of the first element: the chains that run do not look at them")
	}
}

func TestFramesOfAnItemCountTogether(t *testing.T) {
	good := item(frame{data: []byte{1}}, frame{number: 1, last: true})
	if got := parseFrames(good); len(got) != 2 || !got[1].last || got[1].number != 1 || len(got[0].data) != 1 {
		t.Fatalf("got %v", got)
	}
	spoilt := func(i int, b byte) []byte {
		out := append([]byte{}, good...)
		out[i] = b
		return out
	}
	for name, bad := range map[string][]byte{
		"empty": {}, "no frame": {0}, "version 1": spoilt(0, 1), "cut": good[:len(good)-1], "one byte more": append(good[:len(good):len(good)], 0),
		"is_last of 2": spoilt(len(good)-1, 2), "length": spoilt(19, 1), "too long": append(item(), make([]byte, 18)...),
	} {
		if got := parseFrames(bad); len(got) != 0 {
			t.Errorf("%s: %v", name, got)
		}
	}
	for length, want := range map[int]int{maxFrameData: 1, maxFrameData + 1: 0} {
		if got := parseFrames(item(frame{data: make([]byte, length)})); len(got) != want {
			t.Errorf("data of %d bytes: %d frames, want %d", length, len(got), want)
		}
	}
}

// The table of op-node's frame queue tests: letters are channels, ! is the last frame.
func TestFramesInOrder(t *testing.T) {
	for in, want := range map[string]string{
		"b1 b2! a0 c1! a1 a2! c0 c1 d0 c2! e0": "b1 b2! a0 a1 a2! e0",
		"c0 c1 c2 d0 c3!":                      "d0",
		"b1 b3! b2 b3!":                        "b1 b2 b3!",
		"b1 a0":                                "a0",
		"a2! b1":                               "a2!",
		"a2! b0":                               "a2! b0",
		"b1 a2!":                               "b1",
		"b1! a0":                               "b1! a0",
		"b1! b2":                               "b1!",
		"b1 b3":                                "b1",
		"b1 c3":                                "b1",
		"b1 c3 b2!":                            "b1 b2!",
	} {
		var frames []frame
		for _, name := range strings.Fields(in) {
			frames = append(frames, frame{id: channelID{name[0]}, number: int(name[1] - '0'), last: strings.HasSuffix(name, "!")})
		}
		var got []string
		for _, f := range inOrder(frames) {
			name := fmt.Sprintf("%c%d", f.id[0], f.number)
			if f.last {
				name += "!"
			}
			got = append(got, name)
		}
		if strings.Join(got, " ") != want {
			t.Errorf("%s: got %s, want %s", in, strings.Join(got, " "), want)
		}
	}
}

func TestCompression(t *testing.T) {
	var small bytes.Buffer
	w := brotli.NewWriter(&small)
	fmt.Fprint(w, "hello")
	w.Close()
	brotlied := append([]byte{1}, small.Bytes()...)

	var z bytes.Buffer
	zw := zlib.NewWriter(&z)
	fmt.Fprint(zw, strings.Repeat("x", 11_000_000))
	zw.Close()
	bomb := z.Bytes()

	for _, c := range []struct {
		name    string
		fork    rollup.Fork
		channel []byte
		want    int
	}{
		{"brotli before Fjord", rollup.Ecotone, brotlied, 0},
		{"brotli from Fjord", rollup.Fjord, brotlied, 5},
		{"other version", rollup.Fjord, append([]byte{2}, small.Bytes()...), 0},
		{"method 15", rollup.Fjord, append([]byte{0x1f}, bomb[1:]...), 0},
		{"empty", rollup.Fjord, nil, 0},
		{"bomb before Fjord", rollup.Ecotone, bomb, 10_000_000},
		{"bomb from Fjord", rollup.Fjord, bomb, 11_000_000},
		{"no checksum", rollup.Fjord, bomb[:len(bomb)-4], 11_000_000},
	} {
		d := newHistory(t, c.fork).start()
		got := 0 // letters, each of which is an RLP string
		if stream := d.open(c.channel); stream != nil {
			for {
				letter, err := stream.Uint8()
				if err != nil || letter == 0 {
					break
				}
				got++
			}
		}
		if got != c.want {
			t.Errorf("%s: %d letters, want %d", c.name, got, c.want)
		}
	}
}

// A wrong checksum comes with the last bytes of a large read, and costs the batch that they end; read in small pieces it
// comes after them (RULES 4.9, as the chains that run read).
func TestAWrongChecksumCostsALargeLastBatch(t *testing.T) {
	for _, c := range []struct {
		size int // of the last of two batches
		want int
	}{{100, 2}, {20_000, 1}} {
		var z bytes.Buffer
		w := zlib.NewWriter(&z)
		noise := make([]byte, c.size)
		rand.New(rand.NewSource(1)).Read(noise)
		for _, item := range [][]byte{{9, 9}, noise} {
			if err := rlp.Encode(w, item); err != nil {
				t.Fatal(err)
			}
		}
		w.Close()
		data := z.Bytes()
		data[len(data)-1] ^= 1
		stream, got := newHistory(t, rollup.Fjord).start().open(data), 0
		for _, err := stream.Bytes(); err == nil; _, err = stream.Bytes() {
			got++
		}
		if got != c.want {
			t.Errorf("last batch of %d bytes: %d batches, want %d", c.size, got, c.want)
		}
	}
}

// start is a derivation at the first L1 block.
func (h *history) start() *derivation {
	genesis := h.world.Config.Genesis
	return &derivation{
		world: h.world, config: h.world.Config, l1: []l1Ref{h.ref(0)},
		chain: []L2Block{{Number: genesis.L2.Number, Hash: genesis.L2.Hash, Origin: genesis.L1.Number}},
	}
}

func TestBatchesOfAChannel(t *testing.T) {
	h := newHistory(t, rollup.Delta)
	d := h.start()
	one := h.one(1, common.Hash{}, 0)
	span := h.span(common.Hash{}, []int{0, 0}, nil)
	badTx := h.span(common.Hash{}, []int{0}, map[int]uint64{0: 1})
	badTx = bytes.Replace(badTx, rlpBytes([]any{uint64(1), uint64(1), []byte{}}), rlpBytes([]any{uint64(1), uint64(1), []any{}}), 1)
	raw := func(content ...byte) []byte {
		var out bytes.Buffer
		w := zlib.NewWriter(&out)
		if _, err := w.Write(content); err != nil {
			t.Fatal(err)
		}
		w.Close()
		return out.Bytes()
	}
	long := make([]byte, 9_999_996) // with its RLP prefix of 4 bytes it fills the limit
	copy(long, one)
	for _, c := range []struct {
		name    string
		channel []byte
		want    int
	}{
		{"two kinds", compress(one, span), 2},
		{"trailing bytes inside an item", compress(append(one[:len(one):len(one)], 9), append(span[:len(span):len(span)], 9), one), 3},
		{"an empty item ends it", compress(one, nil, one), 1},
		{"type 2 ends it", compress(one, []byte{2}, one), 1},
		{"a bad singular batch ends it", compress(one, one[:20], one), 1},
		{"a bad span batch ends it", compress(one, span[:len(span)-1], one), 1},
		{"a span batch with a bad transaction does not", compress(one, badTx, one), 2},
		{"a list ends it", raw(concat(rlpBytes(one), rlpBytes([]any{}), rlpBytes(one))...), 1},
		{"a byte that is not canonical ends it", raw(concat(rlpBytes(one), []byte{0x81, 1}, rlpBytes(one))...), 1},
		{"a cut item ends it", raw(concat(rlpBytes(one), rlpBytes(one)[:30])...), 1},
		{"up to the limit", compress(long), 1},
		{"one byte over the limit", compress(append(long, 0)), 0},
	} {
		if got := d.batchesOf(c.channel); len(got) != c.want {
			t.Errorf("%s: %d batches, want %d", c.name, len(got), c.want)
		}
	}
	cut := compress(one, span)
	if got := d.batchesOf(append(cut[:len(cut)-4:len(cut)-4], 1, 2, 3, 4)); len(got) != 2 {
		t.Errorf("a wrong checksum: %d batches, want 2", len(got))
	}
}

func TestDepositLogs(t *testing.T) {
	opaque := concat(word(3), word(4), []byte{0, 0, 0, 0, 0, 1, 0x86, 0xa0}, []byte{0}, []byte{0xca, 0xfe})
	deposit := func(opaque []byte) *types.Log {
		padding := make([]byte, (32-len(opaque)%32)%32)
		return &types.Log{
			Address: portal,
			Topics:  []common.Hash{transactionDeposited, common.BytesToHash(user[:]), common.HexToHash("0x02"), {}},
			Data:    concat(word(32), word(uint64(len(opaque))), opaque, padding),
		}
	}
	h := newHistory(t, rollup.Ecotone)
	block := h.l1()
	failed := &types.Receipt{Logs: []*types.Log{deposit(opaque)}}
	receipt := &types.Receipt{Status: types.ReceiptStatusSuccessful, Logs: []*types.Log{{}, deposit(opaque)}}
	block.Receipts = types.Receipts{failed, receipt}
	h.idle(6)
	r := h.derive()
	if r.Halted != "" || len(r.Chain) < 8 {
		t.Fatalf("halted %q, %d blocks", r.Halted, len(r.Chain))
	}
	for i, want := range map[int]int{5: 1, 6: 2, 7: 1} {
		if got := len(r.Chain[i].Attributes.Transactions); got != want {
			t.Errorf("block %d has %d transactions, want %d", i, got, want)
		}
	}
	var tx types.Transaction
	if err := tx.UnmarshalBinary(r.Chain[6].Attributes.Transactions[1]); err != nil {
		t.Fatal(err)
	}
	from, err := types.LatestSignerForChainID(big.NewInt(901)).Sender(&tx)
	if err != nil || from != user || *tx.To() != common.HexToAddress("0x02") || tx.Mint().Uint64() != 3 || tx.Value().Uint64() != 4 ||
		tx.Gas() != 100_000 || !bytes.Equal(tx.Data(), []byte{0xca, 0xfe}) || tx.IsSystemTx() ||
		tx.SourceHash() != sourceHash(0, h.ref(1).hash, 2) {
		t.Fatalf("deposit: %+v from %s, %v", &tx, from, err)
	}

	spoilt := func(spoil func(*types.Log)) *types.Log {
		log := deposit(opaque)
		spoil(log)
		return log
	}
	for name, log := range map[string]*types.Log{
		"three topics":    spoilt(func(l *types.Log) { l.Topics = l.Topics[:3] }),
		"version 1":       spoilt(func(l *types.Log) { l.Topics[3][31] = 1 }),
		"offset":          spoilt(func(l *types.Log) { l.Data[31] = 64 }),
		"length too long": spoilt(func(l *types.Log) { l.Data[63] = 97 }),
		"length is huge":  spoilt(func(l *types.Log) { l.Data[32] = 1 }),
		"a word too many": spoilt(func(l *types.Log) { l.Data = append(l.Data, make([]byte, 32)...) }),
		"half a word":     spoilt(func(l *types.Log) { l.Data = append(l.Data, 0) }),
		"no data":         spoilt(func(l *types.Log) { l.Data = nil }),
		"72 bytes":        deposit(opaque[:72]),
	} {
		receipt.Logs = []*types.Log{log}
		r := h.derive()
		if r.Halted == "" || len(r.Chain) != 6 {
			t.Errorf("%s: halted %q after %d blocks", name, r.Halted, len(r.Chain)-1)
		}
	}
	creation := append([]byte{}, opaque...)
	creation[72] = 7
	tx7, err := readDeposit(deposit(creation[:73]))
	if err != nil || len(tx7.To) != 0 || len(tx7.Data) != 0 {
		t.Errorf("any number but 0 creates a contract: %+v, %v", tx7, err)
	}
}

func TestSystemConfigUpdates(t *testing.T) {
	dirty := func(x uint64) []byte { return append([]byte{9}, word(x)[1:]...) }
	start := rollup.SystemConfig{Overhead: eth.Bytes32{31: 1}, Scalar: eth.Bytes32{31: 2}}
	scalarV1 := append([]byte{1}, word(5<<32 | 6)[1:]...)
	for _, c := range []struct {
		name    string
		ecotone bool
		log     *types.Log
		want    func(*rollup.SystemConfig)
	}{
		{"batcher", false, update(0, common.LeftPadBytes(user[:], 32)), func(s *rollup.SystemConfig) { s.BatcherAddr = user }},
		{"dirty batcher", false, update(0, dirty(1)), nil},
		{"batcher of two words", false, update(0, word(1), word(1)), nil},
		{"scalars before Ecotone", false, update(1, dirty(3), dirty(4)), func(s *rollup.SystemConfig) {
			copy(s.Overhead[:], dirty(3))
			copy(s.Scalar[:], dirty(4))
		}},
		{"scalars of version 1", true, update(1, word(3), scalarV1), func(s *rollup.SystemConfig) {
			s.Overhead = eth.Bytes32{}
			copy(s.Scalar[:], scalarV1)
		}},
		{"scalars of version 0", true, update(1, word(3), word(8)), func(s *rollup.SystemConfig) {
			s.Overhead, s.Scalar = eth.Bytes32{}, eth.Bytes32{31: 8}
		}},
		{"scalars of version 0 with padding", true, update(1, word(3), word(1<<32)), nil},
		{"scalars of version 9", true, update(1, word(3), dirty(1)), nil},
		{"one scalar", false, update(1, word(3)), nil},
		{"gas limit", false, update(2, word(77)), func(s *rollup.SystemConfig) { s.GasLimit = 77 }},
		{"dirty gas limit", false, update(2, dirty(77)), nil},
		{"signer", false, update(3, dirty(1)), nil},
		{"EIP-1559", false, update(4, dirty(5<<32|6)), func(s *rollup.SystemConfig) { s.EIP1559Params = eth.Bytes8{3: 5, 7: 6} }},
		{"EIP-1559 without denominator", false, update(4, word(6)), nil},
		{"EIP-1559 without elasticity", false, update(4, word(5<<32)), nil},
		{"operator fee", false, update(5, dirty(6)), func(s *rollup.SystemConfig) { copy(s.OperatorFeeParams[:], dirty(6)) }},
		{"minimum base fee", false, update(6, word(9)), func(s *rollup.SystemConfig) { s.MinBaseFee = 9 }},
		{"footprint scalar", false, update(7, word(0xffff)), func(s *rollup.SystemConfig) { s.DAFootprintGasScalar = 0xffff }},
		{"footprint scalar of 3 bytes", false, update(7, word(0x10000)), nil},
		{"unknown type", false, update(8, word(1)), nil},
		{"type 256", false, update(256, common.LeftPadBytes(user[:], 32)), nil},
	} {
		want := start
		if c.want != nil {
			c.want(&want)
		}
		got := start
		applyUpdate(&got, c.log, c.ecotone)
		if got != want {
			t.Errorf("%s: %+v, want %+v", c.name, got, want)
		}
	}
	for name, spoil := range map[string]func(*types.Log){
		"version":        func(l *types.Log) { l.Topics[1][31] = 1 },
		"two topics":     func(l *types.Log) { l.Topics = l.Topics[:2] },
		"four topics":    func(l *types.Log) { l.Topics = append(l.Topics, common.Hash{}) },
		"offset":         func(l *types.Log) { l.Data[31] = 64 },
		"length":         func(l *types.Log) { l.Data[63] = 64 },
		"trailing bytes": func(l *types.Log) { l.Data = append(l.Data, make([]byte, 32)...) },
		"no data":        func(l *types.Log) { l.Data = nil },
	} {
		log := update(2, word(77))
		spoil(log)
		got := start
		if applyUpdate(&got, log, false); got != start {
			t.Errorf("%s: counts", name)
		}
	}
}

func TestScalars(t *testing.T) {
	for _, c := range []struct {
		scalar     eth.Bytes32
		base, blob uint64
		ok         bool
	}{
		{eth.Bytes32{29: 0x0a, 30: 0x6f, 31: 0xe0}, 684000, 0, true},
		{eth.Bytes32{27: 1, 31: 1}, 0xffffffff, 0, true},
		{eth.Bytes32{0: 1, 27: 2, 31: 3}, 3, 2, true},
		{eth.Bytes32{0: 1, 23: 1}, 0, 0, false},
		{eth.Bytes32{0: 2}, 0, 0, false},
	} {
		base, blob, ok := scalars(c.scalar)
		if ok != c.ok || ok && (base != c.base || blob != c.blob) {
			t.Errorf("%v: %d, %d, %v", c.scalar, base, blob, ok)
		}
	}
}

// Values of EIP-4844's own tests.
func TestBlobBaseFee(t *testing.T) {
	for excess, want := range map[uint64]int64{0: 1, 2314057: 1, 2314058: 2, 10 * 1024 * 1024: 23} {
		if got := exponential(excess, cancunUpdateFraction); got.Int64() != want {
			t.Errorf("excess %d: %v, want %d", excess, got, want)
		}
	}
	if got := exponential(1<<63, cancunUpdateFraction); got.BitLen() != 256 {
		t.Errorf("a price of %d bits", got.BitLen())
	}
	h := newHistory(t, rollup.Ecotone)
	h.world.BlobUpdateFraction = func(uint64) uint64 { return 5007716 }
	excess, pectra := uint64(10*1024*1024), uint64(50)
	d := h.start()
	for time, want := range map[uint64]int64{49: 23, 50: 8} {
		h.world.Config.PectraBlobScheduleTime = &pectra
		if got := d.blobBaseFee(&types.Header{Time: time, ExcessBlobGas: &excess}); got.Int64() != want {
			t.Errorf("at %d: %v, want %d", time, got, want)
		}
	}
}

func TestSourceHashes(t *testing.T) {
	block := common.HexToHash("0xc00e5d67c2755389aded7d8b151cbd5bcdf7ed275ad5e028b664880fc7581c77")
	if got := sourceHash(1, block, 4).Hex(); got != "0x0586c503340591999b8b38bc9834bb16aec7d5bc00eb5587ab139c9ddab81977" {
		t.Errorf("L1 info: %s", got)
	}
	if got := sourceHash(0, block, 4).Hex(); got != "0xea35d3c24d61d36e4f0c4126acac226410d049fc3b2c173f7563e4e6fe8d773a" {
		t.Errorf("user deposit: %s", got)
	}
}

// The L1 info transactions of two OP Mainnet blocks, and what they would be in later forks.
func TestL1InfoTransactions(t *testing.T) {
	batcher := common.HexToAddress("0x6887246668a3b87F54DeB3b94Ba47a6f63F32985")
	old := l1Facts{
		number: 18334955, time: 1697121143, baseFee: big.NewInt(10419034451),
		hash: common.HexToHash("0x392012032675be9f94aae5ab442de73c5f4fb1bf30fa7dd0d2442239899a40fc"),
	}
	later := l1Facts{
		number: 19655712, time: 1713121139, baseFee: big.NewInt(10445852825), blobBaseFee: big.NewInt(1),
		hash: common.HexToHash("0x1c4c84c50740386c7dc081efddd644405f04cde73e30a2e381737acce9f5add3"),
	}
	oldSystem := rollup.SystemConfig{
		BatcherAddr: batcher, Overhead: eth.Bytes32{31: 0xbc}, Scalar: eth.Bytes32{29: 0x0a, 30: 0x6f, 31: 0xe0},
	}
	laterSystem := rollup.SystemConfig{BatcherAddr: batcher, Scalar: eth.Bytes32{0: 1}}
	putUint(laterSystem.Scalar[24:28], 810949)
	putUint(laterSystem.Scalar[28:32], 1368)
	putUint(laterSystem.OperatorFeeParams[20:24], 0xabcd)
	putUint(laterSystem.OperatorFeeParams[24:32], 0xdcba)
	for _, c := range []struct {
		name     string
		selector []byte
		facts    l1Facts
		system   rollup.SystemConfig
		sequence uint64
		gas      uint64
		want     string
	}{
		{"Bedrock", selectorBedrock, old, oldSystem, 4, 150_000_000, "7a14dd4e4fc472ba9e50efaef4a43b914cc186c10ed4d0b6bf7f31b9cbb2ba02"},
		{"Regolith", selectorBedrock, old, oldSystem, 4, 1_000_000, "3bfe769aa4fa9e742be45063cad71dd41e73c9e0d1302718d1281d419c403006"},
		{"Ecotone", selectorEcotone, later, laterSystem, 5, 1_000_000, "2b2795dd0789e78ff561b8ad7ce6e4a0e257432aaa048e1c46821d7eee152724"},
		{"Isthmus", selectorIsthmus, later, laterSystem, 5, 1_000_000, "79e29f8b4956568b73cae93baa0aedf10e29700497bfa222275837a42d993e7e"},
		{"Jovian", selectorJovian, later, laterSystem, 5, 1_000_000, "ab3c1ea4b07719348d69d0b649a84af0068933e1477031999e9cca2f93130eae"},
	} {
		data, err := c.facts.calldata(c.selector, &c.system, c.sequence)
		if err != nil {
			t.Fatal(err)
		}
		tx := depositTx{
			SourceHash: sourceHash(1, c.facts.hash, c.sequence), From: l1InfoDepositor, To: l1BlockContract[:],
			Gas: c.gas, IsSystem: c.gas > 1_000_000, Data: data,
		}
		if got := hex.EncodeToString(crypto.Keccak256(tx.encode())); got != c.want {
			t.Errorf("%s: hash %s, want %s", c.name, got, c.want)
		}
	}
}

func upgradeTx(gas uint64) hexutil.Bytes {
	return (&depositTx{Gas: gas, To: user[:]}).encode()
}

// Every fork starts at the same block: it calls the first L1 block contract and has all upgrades, and what has no place in it
// is lost.
func TestAllForksAtOnce(t *testing.T) {
	for _, keep := range []bool{false, true} {
		h := newHistory(t, rollup.Bedrock)
		at := uint64(startTime + 5) // between two blocks: block 3 is the first
		for _, fork := range rollup.Forks() {
			if fork < rollup.Lagoon {
				h.world.Config.SetTime(fork, &at)
			}
		}
		for i, fork := range []rollup.Fork{rollup.Ecotone, rollup.Fjord, rollup.Isthmus, rollup.Jovian, rollup.Karst} {
			h.world.Upgrades[fork] = []hexutil.Bytes{upgradeTx(uint64(100 + i)), upgradeTx(uint64(200 + i))}
		}
		h.world.Config.KeepKarstUpgradeGas = keep
		h.world.Config.Genesis.SystemConfig.OperatorFeeParams = eth.Bytes32{31: 1}
		h.idle(4)
		r := h.derive()
		h.want(r, 0, 0, 0, 0, 5)
		first, second := r.Chain[3].Attributes, r.Chain[4].Attributes
		if len(first.Transactions) != 11 {
			t.Fatalf("the first block has %d transactions", len(first.Transactions))
		}
		for i := range 10 {
			want := upgradeTx(uint64(100 + i/2 + 100*(i%2)))
			if !bytes.Equal(first.Transactions[1+i], want) {
				t.Errorf("upgrade transaction %d: %x, want %x", i, first.Transactions[1+i], want)
			}
		}
		if first.GasLimit != 30_000_000+104+204 {
			t.Errorf("gas limit %d", first.GasLimit)
		}
		if want := map[bool]uint64{false: 30_000_000, true: 30_000_308}[keep]; second.GasLimit != want {
			t.Errorf("gas limit after it, keep %v: %d, want %d", keep, second.GasLimit, want)
		}
		if *first.EIP1559Params != (eth.Bytes8{}) || *second.EIP1559Params != (eth.Bytes8{3: 250, 7: 6}) || *first.MinBaseFee != 0 {
			t.Errorf("EIP-1559 parameters %v, %v", first.EIP1559Params, second.EIP1559Params)
		}
		for i, want := range map[int][]byte{2: selectorBedrock, 3: selectorBedrock, 4: selectorJovian} {
			if data := infoData(t, r.Chain[i]); !bytes.Equal(data[:4], want) {
				t.Errorf("block %d calls %x, want %x", i, data[:4], want)
			}
		}
		data := infoData(t, r.Chain[4])
		if len(data) != 178 || getUint(data[4:8]) != 684000 || getUint(data[168:176]) != 0 || getUint(data[176:]) != 400 {
			t.Errorf("L1 info after it: %x", data)
		}
		if first.Withdrawals == nil || first.ParentBeaconBlockRoot == nil || r.Chain[2].Attributes.Withdrawals != nil {
			t.Error("a field of the attributes is not where its fork is")
		}
	}
}

func infoData(t testing.TB, b L2Block) []byte {
	var tx depositTx
	if err := rlp.DecodeBytes(b.Attributes.Transactions[0][1:], &tx); err != nil {
		t.Fatal(err)
	}
	return tx.Data
}

func TestFirstBlockOfJovianIsEmpty(t *testing.T) {
	for fork, want := range map[rollup.Fork]int{rollup.Isthmus: 1, rollup.Jovian: 0, rollup.Karst: 0} {
		h := newHistory(t, fork-1)
		at := uint64(startTime + 1)
		h.world.Config.SetTime(fork, &at)
		genesis := h.hashes()[0]
		h.post([][]byte{h.one(1, genesis, 0, fine)})
		if got := h.derive().SafeAt[1]; got != want {
			t.Errorf("%v: %d blocks, want %d", fork, got, want)
		}
		h.post([][]byte{h.one(1, genesis, 0)})
		h.want(h.derive(), 0, want, 1)
	}
}

func TestTransactionTypesOfABatch(t *testing.T) {
	for _, c := range []struct {
		name string
		fork rollup.Fork
		tx   []byte
		want int
	}{
		{"empty", rollup.Jovian, []byte{}, 0},
		{"deposit", rollup.Jovian, []byte{0x7e}, 0},
		{"set code before Isthmus", rollup.Holocene, []byte{4}, 0},
		{"set code", rollup.Isthmus, []byte{4}, 1},
		{"post-exec before Lagoon", rollup.Jovian, []byte{0x7d}, 0},
		{"type 3", rollup.Jovian, []byte{3}, 1},
		{"garbage", rollup.Bedrock, []byte{0xff}, 1},
	} {
		h := newHistory(t, c.fork)
		h.post([][]byte{h.one(1, h.hashes()[0], 0, c.tx)})
		if got := h.derive().SafeAt[1]; got != c.want {
			t.Errorf("%s: %d blocks, want %d", c.name, got, c.want)
		}
	}
}

func TestHoloceneEmptiesTheBank(t *testing.T) {
	for _, offset := range []uint64{24, 25} { // active in the L1 block with the second frame, or after it
		h := newHistory(t, rollup.Granite)
		at := startTime + offset
		h.world.Config.SetTime(rollup.Holocene, &at)
		data := compress(h.one(1, h.hashes()[0], 0))
		h.l1(h.tx(batcherKey, item(frame{data: data[:9]})))
		h.l1(h.tx(batcherKey, item(frame{data: data[9:], number: 1, last: true})))
		h.want(h.derive(), 0, 0, int(offset-24))
	}
}

func TestHaltsBeforeLagoon(t *testing.T) {
	h := newHistory(t, rollup.Karst)
	at := uint64(startTime + 6)
	h.world.Config.SetTime(rollup.Lagoon, &at)
	h.idle(5)
	r := h.derive()
	if r.Halted == "" || fmt.Sprint(r.SafeAt) != "[0 0 0 0 2 2]" {
		t.Fatalf("halted %q, safe %v", r.Halted, r.SafeAt)
	}
}

func TestHaltsAtARefusedBlockOfDeposits(t *testing.T) {
	h := newHistory(t, rollup.Holocene)
	h.world.Execute = func(common.Hash, uint64, *eth.PayloadAttributes) (common.Hash, bool) { return common.Hash{}, false }
	h.post([][]byte{h.one(1, h.hashes()[0], 0, fine)})
	if r := h.derive(); r.Halted == "" || len(r.Chain) != 1 {
		t.Fatalf("halted %q after %d blocks", r.Halted, len(r.Chain)-1)
	}
}

func vector(t testing.TB, name string) []byte {
	data, err := os.ReadFile(filepath.Join("..", "..", "..", "shared", "vectors", name))
	if err != nil {
		t.Skipf("no chain data: %v", err)
	}
	return data
}

func TestRealChannelOfOPMainnet(t *testing.T) {
	channel := vector(t, "op-mainnet-channel-121382930.bin")
	h := newHistory(t, rollup.Ecotone)
	h.world.Config.L2ChainID = big.NewInt(10)
	h.world.Config.Genesis.L2Time = 1686068903
	batches := h.start().batchesOf(channel)
	if len(batches) != 1 || len(batches[0].span) != 143 {
		t.Fatalf("%d batches", len(batches))
	}
	span := batches[0].span
	first, last := span[0], span[142]
	if first.timestamp != 1718364637 || first.epoch != 20089746 || last.epoch != 20089770 || last.timestamp != first.timestamp+284 {
		t.Errorf("from %d in %d to %d in %d", first.timestamp, first.epoch, last.timestamp, last.epoch)
	}
	if got := hex.EncodeToString(batches[0].checks.parent[:]); got != "ba1be7cfde4724e81290aa5ae3c082731ce44823" {
		t.Errorf("parent check %s", got)
	}
	if got := hex.EncodeToString(batches[0].checks.origin[:]); got != "4bd8da85bfabf4daa6a3f294d3d51dd927c6cbcb" {
		t.Errorf("origin check %s", got)
	}
	var all [][]byte
	for _, b := range span {
		all = append(all, b.transactions...)
	}
	if sum := sha256.Sum256(concat(all...)); len(all) != 1766 ||
		hex.EncodeToString(sum[:]) != "a496145f89413fa4dd20b9ea3ed0ff86d111dbb62fbbdb14e31520babd5f1c3f" {
		t.Errorf("%d transactions with the hash %x", len(all), sum)
	}
	if len(first.transactions) != 20 || len(last.transactions) != 11 {
		t.Errorf("%d transactions in the first block, %d in the last one", len(first.transactions), len(last.transactions))
	}
}

func TestRealBatcherTransactionOfOPGoerli(t *testing.T) {
	var tx types.Transaction
	if err := tx.UnmarshalBinary(vector(t, "op-goerli-batcher-tx.bin")); err != nil {
		t.Fatal(err)
	}
	h := newHistory(t, rollup.Bedrock)
	h.world.Config.L1ChainID = tx.ChainId()
	h.world.Config.BatchInboxAddress = *tx.To()
	block := L1Block{Header: &types.Header{Number: new(big.Int)}, Transactions: types.Transactions{&tx}}
	items := h.start().batcherData(&block, common.HexToAddress("0x6887246668a3b87F54DeB3b94Ba47a6f63F32985"))
	if len(items) != 1 || len(items[0]) != 119_823 {
		t.Fatalf("%d items", len(items))
	}
	if frames := parseFrames(items[0]); len(frames) != 1 || len(frames[0].data) != 119_823-24 {
		t.Fatalf("%d frames", len(frames))
	}
}

func BenchmarkDerive(b *testing.B) {
	for _, fork := range []rollup.Fork{rollup.Granite, rollup.Jovian} {
		b.Run(fork.String(), func(b *testing.B) {
			h := newHistory(b, fork)
			hash := h.world.Config.Genesis.L2.Hash
			n := 1
			for i := 1; i < 60; i++ {
				var batches [][]byte
				for ; n < 6*i && n <= 150; n++ {
					batches = append(batches, h.one(n, hash, n/6, fine))
					hash = hashOf(hash, uint64(7+n), fine)
				}
				h.post(batches)
			}
			for b.Loop() {
				if r := Derive(h.world); len(r.Chain) < 150 {
					b.Fatalf("%d blocks", len(r.Chain))
				}
			}
		})
	}
}

func BenchmarkDecodeBlob(b *testing.B) {
	blob := blobOf(bytes.Repeat([]byte{0xff}, 130_044))
	for b.Loop() {
		if _, ok := decodeBlob(blob); !ok {
			b.Fatal("not a blob")
		}
	}
}
