package eth

import (
	"encoding/json"
	"math/big"
	"reflect"
	"testing"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/common/hexutil"
	"github.com/ethereum/go-ethereum/core/types"
)

// Vector of RULES 14.1: op-service/eth/testdata/output_v0.json.
func TestOutputRootV0(t *testing.T) {
	pad := func(b ...byte) (h common.Hash) { copy(h[:], b); return h }
	got := OutputRootV0(pad(1, 2, 3), pad(4, 5, 6), pad(7, 8, 9))
	if want := "0xee71f7339a6143212e6df5c2581f5c4ca193245c178176e6a025ab983843f0e6"; got.String() != want {
		t.Fatalf("output root %s, want %s", got, want)
	}
}

func TestDepositsOnlyKeepsDepositsInOrder(t *testing.T) {
	a := PayloadAttributes{Transactions: []hexutil.Bytes{{0x7e, 1}, {0x02, 2}, {0x7e, 3}, {}, {0xf8}}}
	if a.OnlyDeposits() {
		t.Error("OnlyDeposits is true although there are other transactions")
	}
	d := a.DepositsOnly()
	if want := []hexutil.Bytes{{0x7e, 1}, {0x7e, 3}}; !reflect.DeepEqual(d.Transactions, want) {
		t.Fatalf("kept %v, want %v", d.Transactions, want)
	}
	if len(a.Transactions) != 5 || !d.OnlyDeposits() {
		t.Error("the original changed, or the result is not deposits only")
	}
}

func TestAttributesJSON(t *testing.T) {
	root, minFee := common.Hash{0xbb}, uint64(7)
	in := PayloadAttributes{
		Timestamp: 100, PrevRandao: common.Hash{1}, SuggestedFeeRecipient: common.Address{2},
		Withdrawals: &types.Withdrawals{}, ParentBeaconBlockRoot: &root, Transactions: []hexutil.Bytes{{0x7e}},
		NoTxPool: true, GasLimit: 60_000_000, EIP1559Params: &Bytes8{0, 0, 0, 250, 0, 0, 0, 6}, MinBaseFee: &minFee,
	}
	text, err := json.Marshal(in)
	if err != nil {
		t.Fatal(err)
	}
	var raw map[string]any
	if err := json.Unmarshal(text, &raw); err != nil {
		t.Fatal(err)
	}
	// WIRE 2: quantities are hex, minBaseFee is a number, eip1559Params are 8 bytes, withdrawals an empty list.
	if raw["timestamp"] != "0x64" || raw["minBaseFee"] != 7.0 || raw["eip1559Params"] != "0x000000fa00000006" || raw["gasLimit"] != "0x3938700" {
		t.Errorf("wire form %s", text)
	}
	if w, ok := raw["withdrawals"].([]any); !ok || len(w) != 0 {
		t.Errorf("withdrawals = %v, want []", raw["withdrawals"])
	}
	var out PayloadAttributes
	if err := json.Unmarshal(text, &out); err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(in, out) {
		t.Errorf("round trip: %+v, want %+v", out, in)
	}
	if err := json.Unmarshal([]byte(`{"timestamp":"0x1"}`), &out); err == nil {
		t.Error("attributes without a gas limit were read")
	}
}

func TestPayloadJSON(t *testing.T) {
	zero, root := uint64(0), types.EmptyRootHash
	in := ExecutionPayload{
		ParentHash: common.Hash{1}, BlockNumber: 5, GasLimit: 6, GasUsed: 7, Timestamp: 8, ExtraData: []byte{1},
		BaseFeePerGas: big.NewInt(9), BlockHash: common.Hash{2}, Transactions: []hexutil.Bytes{{0x7e}},
		Withdrawals: &types.Withdrawals{}, BlobGasUsed: &zero, ExcessBlobGas: &zero, WithdrawalsRoot: &root,
	}
	text, err := json.Marshal(in)
	if err != nil {
		t.Fatal(err)
	}
	var out ExecutionPayload
	if err := json.Unmarshal(text, &out); err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(in, out) {
		t.Errorf("round trip: %+v, want %+v", out, in)
	}
	if err := json.Unmarshal([]byte(`{}`), &out); err == nil {
		t.Error("a payload without base fee was read")
	}
}
