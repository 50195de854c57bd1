package oracle

import (
	"bytes"
	"fmt"
	"testing"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/core/types"
	"github.com/ethereum/go-ethereum/rlp"

	"github.com/cairn-rollup/cairn/eth"
	"github.com/cairn-rollup/cairn/rollup"
)

// The L1 info transaction is checked against what the world says, in the first block of an epoch and the second one.
func TestL1InfoOfABlock(t *testing.T) {
	for _, fork := range []rollup.Fork{rollup.Bedrock, rollup.Regolith, rollup.Ecotone, rollup.Jovian} {
		h := newHistory(t, fork)
		batcher := h.world.Config.Genesis.SystemConfig.BatcherAddr
		h.idle(6)
		r := h.derive()
		for i, sequence := range map[int]uint64{6: 0, 7: 1} {
			var tx depositTx
			if err := rlp.DecodeBytes(r.Chain[i].Attributes.Transactions[0][1:], &tx); err != nil {
				t.Fatal(err)
			}
			origin := h.ref(1)
			if tx.SourceHash != sourceHash(1, origin.hash, sequence) || tx.From != l1InfoDepositor || !bytes.Equal(tx.To, l1BlockContract[:]) ||
				tx.Mint.Sign() != 0 || tx.Value.Sign() != 0 {
				t.Errorf("%v, block %d: %+v", fork, i, tx)
			}
			gas, system := uint64(1_000_000), false
			if fork == rollup.Bedrock {
				gas, system = 150_000_000, true
			}
			if tx.Gas != gas || tx.IsSystem != system {
				t.Errorf("%v, block %d: gas %d, system %v", fork, i, tx.Gas, tx.IsSystem)
			}
			to := common.LeftPadBytes(batcher[:], 32)
			want := concat(selectorBedrock, word(origin.number), word(origin.time), word(7), origin.hash[:], word(sequence), to,
				word(188), word(684000))
			if fork >= rollup.Ecotone {
				packed := make([]byte, 36)
				copy(packed, selectorEcotone)
				putUint(packed[4:8], 684000)
				putUint(packed[12:20], sequence)
				putUint(packed[20:28], origin.time)
				putUint(packed[28:36], origin.number)
				want = concat(packed, word(7), word(1), origin.hash[:], to)
			}
			if fork == rollup.Jovian {
				copy(want, selectorJovian)
				want = concat(want, make([]byte, 12), []byte{400 >> 8, 400 & 0xff})
			}
			if !bytes.Equal(tx.Data, want) {
				t.Errorf("%v, block %d: %x, want %x", fork, i, tx.Data, want)
			}
		}
	}
}

func TestFieldsOfTheAttributes(t *testing.T) {
	h := newHistory(t, rollup.Jovian)
	h.idle(6)
	h.world.L1[0].Header.ParentBeaconRoot = nil
	h.world.L1[1].Header.ParentHash = h.ref(0).hash
	a := h.derive().Chain
	for i, want := range map[int]common.Hash{5: {}, 6: {31: 1}, 11: {31: 1}, 12: {31: 2}} {
		if got := a[i].Attributes.ParentBeaconBlockRoot; got == nil || *got != want {
			t.Errorf("block %d: beacon root %v, want %v", i, got, want)
		}
		if got := a[i].Attributes.PrevRandao[31]; got != want[31] {
			t.Errorf("block %d: prevRandao of L1 block %d", i, got)
		}
		if got := a[i].Attributes.SuggestedFeeRecipient; got != common.HexToAddress("0x4200000000000000000000000000000000000011") {
			t.Errorf("block %d: fees go to %s", i, got)
		}
		if got := a[i].Attributes.Withdrawals; got == nil || len(*got) != 0 {
			t.Errorf("block %d: withdrawals %v", i, got)
		}
	}
}

func TestTheFirstL1BlockChangesNoConfig(t *testing.T) {
	h := newHistory(t, rollup.Bedrock)
	other := common.LeftPadBytes(user[:], 32)
	h.world.L1[0].Receipts = types.Receipts{{Status: types.ReceiptStatusSuccessful, Logs: []*types.Log{update(0, other)}}}
	h.post([][]byte{h.one(1, h.hashes()[0], 0)})
	h.want(h.derive(), 0, 1)
}

func TestHoloceneDropsTheRestOfASpanAfterARefusedBlock(t *testing.T) {
	h := newHistory(t, rollup.Holocene)
	h.world.Execute = func(parent common.Hash, number uint64, a *eth.PayloadAttributes) (common.Hash, bool) {
		for _, tx := range a.Transactions {
			if bytes.Equal(tx, legacyTx(0xbad)) {
				return common.Hash{}, false
			}
		}
		return hashOf(parent, number), true
	}
	h.post([][]byte{h.span(h.hashes()[0], []int{0, 0, 0, 0}, map[int]uint64{0: 5, 1: 0xbad})})
	r := h.derive()
	h.want(r, 0, 2)
	if r.Chain[1].Replaced || !r.Chain[2].Replaced {
		t.Fatalf("replaced: block 1 %v, block 2 %v", r.Chain[1].Replaced, r.Chain[2].Replaced)
	}
}

// A first frame that comes twice in an item counts once from Holocene on: the first one.
func TestHoloceneOrdersTheFramesOfAnItem(t *testing.T) {
	h := newHistory(t, rollup.Holocene)
	data := compress(h.one(1, h.hashes()[0], 0))
	h.l1(h.tx(batcherKey, item(frame{data: data[:9]}, frame{data: []byte("x")}, frame{number: 1, data: data[9:], last: true})))
	h.want(h.derive(), 0, 1)
}

func TestBankLimitOfTheForks(t *testing.T) {
	sizes := ""
	for _, fork := range []rollup.Fork{rollup.Ecotone, rollup.Fjord} {
		d := newHistory(t, fork).start()
		sizes += fmt.Sprintf("%d %d %d ", d.maxChannelBankSize(startTime), d.maxRLPBytesPerChannel(startTime), d.maxDrift(startTime))
	}
	if sizes != "100000000 10000000 600 1000000000 100000000 1800 " {
		t.Error(sizes)
	}
}
