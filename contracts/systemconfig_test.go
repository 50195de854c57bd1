package contracts_test

import (
	"bytes"
	"math"
	"math/big"
	"reflect"
	"strings"
	"testing"

	"github.com/ethereum/go-ethereum/common"

	"github.com/cairn-rollup/cairn/contracts"
	"github.com/cairn-rollup/cairn/contracts/bindings"
)

var systemConfig = bindings.NewSystemConfig()

// Constants of the protocol, as derivation and nodes use them.
var (
	configUpdateTopic     = common.HexToHash("0x1d2b0bda21d56b8bd12d4f94ebacffdfb35f5e226f84b461103bb8beab6353be")
	unsafeBlockSignerSlot = common.HexToHash("0x65a7ed542fb37fe237fdfbdd70b31598523fe5b32879e307bae27a0bd9581c08")
)

// setter is one way to change the SystemConfig. data is the whole event data in hex: offset, length, payload.
var setters = []struct {
	name       string
	call       []byte
	updateType byte
	data       []string
}{
	{
		"type 0: batcher is 12 zero bytes and an address",
		systemConfig.PackSetBatcherHash(common.HexToHash("0x000000000000000000000000112233445566778899aabbccddeeff0011223344")),
		0,
		[]string{
			"0000000000000000000000000000000000000000000000000000000000000020",
			"0000000000000000000000000000000000000000000000000000000000000020",
			"000000000000000000000000112233445566778899aabbccddeeff0011223344",
		},
	},
	{
		"type 1: Ecotone fee scalars are zero overhead, then format 1, blob scalar, base fee scalar",
		systemConfig.PackSetGasConfigEcotone(0x01020304, 0x0a0b0c0d),
		1,
		[]string{
			"0000000000000000000000000000000000000000000000000000000000000020",
			"0000000000000000000000000000000000000000000000000000000000000040",
			"0000000000000000000000000000000000000000000000000000000000000000",
			"010000000000000000000000000000000000000000000000" + "0a0b0c0d" + "01020304",
		},
	},
	{
		"type 1: fee scalars from before Ecotone are two raw words",
		systemConfig.PackSetGasConfig(big.NewInt(2100), big.NewInt(0xf4240)),
		1,
		[]string{
			"0000000000000000000000000000000000000000000000000000000000000020",
			"0000000000000000000000000000000000000000000000000000000000000040",
			"0000000000000000000000000000000000000000000000000000000000000834",
			"00000000000000000000000000000000000000000000000000000000000f4240",
		},
	},
	{
		"type 2: gas limit is 24 zero bytes and a uint64",
		systemConfig.PackSetGasLimit(500_000_000),
		2,
		[]string{
			"0000000000000000000000000000000000000000000000000000000000000020",
			"0000000000000000000000000000000000000000000000000000000000000020",
			"000000000000000000000000000000000000000000000000000000001dcd6500",
		},
	},
	{
		"type 3: unsafe block signer is an address",
		systemConfig.PackSetUnsafeBlockSigner(common.HexToAddress("0x99aabbccddeeff00112233445566778899aabbcc")),
		3,
		[]string{
			"0000000000000000000000000000000000000000000000000000000000000020",
			"0000000000000000000000000000000000000000000000000000000000000020",
			"00000000000000000000000099aabbccddeeff00112233445566778899aabbcc",
		},
	},
	{
		"type 4: EIP-1559 params are denominator, then elasticity in the last 8 bytes",
		systemConfig.PackSetEIP1559Params(0x01020304, 0x0a0b0c0d),
		4,
		[]string{
			"0000000000000000000000000000000000000000000000000000000000000020",
			"0000000000000000000000000000000000000000000000000000000000000020",
			"000000000000000000000000000000000000000000000000" + "01020304" + "0a0b0c0d",
		},
	},
	{
		"type 5: operator fee is scalar in bytes 20..24, constant in bytes 24..32",
		systemConfig.PackSetOperatorFeeScalars(0x01020304, 0x0a0b0c0d0e0f1011),
		5,
		[]string{
			"0000000000000000000000000000000000000000000000000000000000000020",
			"0000000000000000000000000000000000000000000000000000000000000020",
			"0000000000000000000000000000000000000000" + "01020304" + "0a0b0c0d0e0f1011",
		},
	},
	{
		"type 6: min base fee is 24 zero bytes and a uint64",
		systemConfig.PackSetMinBaseFee(math.MaxUint64),
		6,
		[]string{
			"0000000000000000000000000000000000000000000000000000000000000020",
			"0000000000000000000000000000000000000000000000000000000000000020",
			"000000000000000000000000000000000000000000000000ffffffffffffffff",
		},
	},
	{
		"type 7: DA footprint gas scalar is 30 zero bytes and a uint16",
		systemConfig.PackSetDAFootprintGasScalar(math.MaxUint16),
		7,
		[]string{
			"0000000000000000000000000000000000000000000000000000000000000020",
			"0000000000000000000000000000000000000000000000000000000000000020",
			"000000000000000000000000000000000000000000000000000000000000ffff",
		},
	},
}

func TestSettersEmitConfigUpdate(t *testing.T) {
	for _, test := range setters {
		t.Run(test.name, func(t *testing.T) {
			w, l1 := newL1(t)
			ret, logs, reverted := w.send(owner, l1.SystemConfig, new(big.Int), test.call)
			if reverted || len(ret) != 0 {
				t.Fatalf("reverted %t, returned %x", reverted, ret)
			}
			if len(logs) != 1 {
				t.Fatalf("%d logs, want 1", len(logs))
			}
			if logs[0].Address != l1.SystemConfig {
				t.Errorf("log of %s, want %s", logs[0].Address, l1.SystemConfig)
			}
			topics := []common.Hash{configUpdateTopic, {}, {31: test.updateType}}
			if !reflect.DeepEqual(logs[0].Topics, topics) {
				t.Errorf("topics\n got %s\nwant %s", logs[0].Topics, topics)
			}
			if data := common.Hex2Bytes(strings.Join(test.data, "")); !bytes.Equal(logs[0].Data, data) {
				t.Errorf("data\n got %x\nwant %x", logs[0].Data, data)
			}
		})
	}
}

func TestEveryConfigUpdateTypeHasASetter(t *testing.T) {
	var seen [8]bool
	for _, test := range setters {
		seen[test.updateType] = true
	}
	if seen != [8]bool{true, true, true, true, true, true, true, true} {
		t.Errorf("types with a setter: %v", seen)
	}
}

func TestOnlyTheOwnerMaySet(t *testing.T) {
	w, l1 := newL1(t)
	calls := [][]byte{systemConfig.PackTransferOwnership(alice)}
	for _, test := range setters {
		calls = append(calls, test.call)
	}
	for _, call := range calls {
		ret, logs, reverted := w.send(alice, l1.SystemConfig, new(big.Int), call)
		if !reverted || len(logs) != 0 {
			t.Fatalf("call %x by a stranger: reverted %t, %d logs", call, reverted, len(logs))
		}
		reason, err := systemConfig.UnpackError(ret)
		if want := (&bindings.SystemConfigNotOwner{Caller: alice}); err != nil || !reflect.DeepEqual(reason, want) {
			t.Errorf("call %x by a stranger: %#v, %v, want %#v", call, reason, err, want)
		}
	}
}

func TestOwnershipMoves(t *testing.T) {
	w, l1 := newL1(t)
	_, logs, reverted := w.send(owner, l1.SystemConfig, new(big.Int), systemConfig.PackTransferOwnership(alice))
	if reverted || len(logs) != 1 {
		t.Fatalf("reverted %t, %d logs", reverted, len(logs))
	}
	event, err := systemConfig.UnpackOwnershipTransferredEvent(logs[0])
	if err != nil || event.PreviousOwner != owner || event.NewOwner != alice {
		t.Fatalf("event %+v, %v", event, err)
	}
	if _, _, reverted := w.send(alice, l1.SystemConfig, new(big.Int), systemConfig.PackSetMinBaseFee(1)); reverted {
		t.Error("the new owner may not set")
	}
	if _, _, reverted := w.send(owner, l1.SystemConfig, new(big.Int), systemConfig.PackSetMinBaseFee(1)); !reverted {
		t.Error("the old owner still may set")
	}
}

func TestGettersReturnWhatGenesisGot(t *testing.T) {
	w, l1 := newL1(t)
	p := l1Params()
	read := func(call []byte) []byte { return w.read(l1.SystemConfig, call) }
	wantWord := func(name string, word []byte, want *big.Int) {
		t.Helper()
		if len(word) != 32 || new(big.Int).SetBytes(word).Cmp(want) != 0 {
			t.Errorf("%s: got %x, want %x", name, word, want)
		}
	}
	number := func(v uint64) *big.Int { return new(big.Int).SetUint64(v) }
	address := func(a common.Address) *big.Int { return a.Big() }
	scalar := new(big.Int).Lsh(big.NewInt(1), 248)
	scalar.Or(scalar, number(uint64(p.BlobbasefeeScalar)<<32|uint64(p.BasefeeScalar)))

	wantWord("owner", read(systemConfig.PackOwner()), address(p.Owner))
	wantWord("batcherHash", read(systemConfig.PackBatcherHash()), address(p.Batcher))
	wantWord("unsafeBlockSigner", read(systemConfig.PackUnsafeBlockSigner()), address(p.UnsafeBlockSigner))
	wantWord("batchInbox", read(systemConfig.PackBatchInbox()), address(p.BatchInbox))
	wantWord("optimismPortal", read(systemConfig.PackOptimismPortal()), address(l1.OptimismPortal))
	wantWord("l2ChainId", read(systemConfig.PackL2ChainId()), p.L2ChainID)
	wantWord("startBlock", read(systemConfig.PackStartBlock()), number(0))
	wantWord("overhead", read(systemConfig.PackOverhead()), number(0))
	wantWord("scalar", read(systemConfig.PackScalar()), scalar)
	wantWord("basefeeScalar", read(systemConfig.PackBasefeeScalar()), number(uint64(p.BasefeeScalar)))
	wantWord("blobbasefeeScalar", read(systemConfig.PackBlobbasefeeScalar()), number(uint64(p.BlobbasefeeScalar)))
	wantWord("gasLimit", read(systemConfig.PackGasLimit()), number(p.L2GasLimit))
	wantWord("eip1559Denominator", read(systemConfig.PackEip1559Denominator()), number(uint64(p.EIP1559Denominator)))
	wantWord("eip1559Elasticity", read(systemConfig.PackEip1559Elasticity()), number(uint64(p.EIP1559Elasticity)))
	wantWord("operatorFeeScalar", read(systemConfig.PackOperatorFeeScalar()), number(uint64(p.OperatorFeeScalar)))
	wantWord("operatorFeeConstant", read(systemConfig.PackOperatorFeeConstant()), number(p.OperatorFeeConstant))
	wantWord("minBaseFee", read(systemConfig.PackMinBaseFee()), number(p.MinBaseFee))
	wantWord("daFootprintGasScalar", read(systemConfig.PackDaFootprintGasScalar()), number(uint64(p.DAFootprintGasScalar)))
	wantWord("minimumGasLimit", read(systemConfig.PackMinimumGasLimit()), number(21_000_000))
	wantWord("maximumGasLimit", read(systemConfig.PackMaximumGasLimit()), number(500_000_000))
	wantWord("VERSION", read(systemConfig.PackVERSION()), number(0))
	wantWord("UNSAFE_BLOCK_SIGNER_SLOT", read(systemConfig.PackUNSAFEBLOCKSIGNERSLOT()), unsafeBlockSignerSlot.Big())
	if version := got[string](t)(systemConfig.UnpackVersion(read(systemConfig.PackVersion()))); version != "3.0.0" {
		t.Errorf("version %q", version)
	}
}

func TestGettersFollowSetters(t *testing.T) {
	w, l1 := newL1(t)
	for _, test := range []struct {
		set, get []byte
		want     string // last bytes of the word; what is before must be zero
	}{
		{systemConfig.PackSetBatcherHash(common.HexToHash("0xb1")), systemConfig.PackBatcherHash(), "b1"},
		{systemConfig.PackSetGasConfigEcotone(0xa1, 0xa2), systemConfig.PackScalar(), "01000000000000000000000000000000000000000000000000" + "0000a2" + "000000a1"},
		{systemConfig.PackSetGasConfigEcotone(0xa3, 0xa4), systemConfig.PackBasefeeScalar(), "a3"},
		{systemConfig.PackSetGasConfigEcotone(0xa5, 0xa6), systemConfig.PackBlobbasefeeScalar(), "a6"},
		{systemConfig.PackSetGasConfig(big.NewInt(0xa7), big.NewInt(0xa8)), systemConfig.PackOverhead(), "a7"},
		{systemConfig.PackSetGasConfig(big.NewInt(0xa9), big.NewInt(0xaa)), systemConfig.PackScalar(), "aa"},
		{systemConfig.PackSetGasLimit(0x1dcd0000), systemConfig.PackGasLimit(), "1dcd0000"},
		{systemConfig.PackSetUnsafeBlockSigner(common.HexToAddress("0xb2")), systemConfig.PackUnsafeBlockSigner(), "b2"},
		{systemConfig.PackSetEIP1559Params(0xb3, 0xb4), systemConfig.PackEip1559Denominator(), "b3"},
		{systemConfig.PackSetEIP1559Params(0xb5, 0xb6), systemConfig.PackEip1559Elasticity(), "b6"},
		{systemConfig.PackSetOperatorFeeScalars(0xb7, 0xb8), systemConfig.PackOperatorFeeScalar(), "b7"},
		{systemConfig.PackSetOperatorFeeScalars(0xb9, 0xba), systemConfig.PackOperatorFeeConstant(), "ba"},
		{systemConfig.PackSetMinBaseFee(0xbb), systemConfig.PackMinBaseFee(), "bb"},
		{systemConfig.PackSetDAFootprintGasScalar(0xbc), systemConfig.PackDaFootprintGasScalar(), "bc"},
	} {
		if ret, _, reverted := w.send(owner, l1.SystemConfig, new(big.Int), test.set); reverted {
			t.Fatalf("set %x: %x", test.set, ret)
		}
		if word := w.read(l1.SystemConfig, test.get); !bytes.Equal(word, common.LeftPadBytes(common.Hex2Bytes(test.want), 32)) {
			t.Errorf("after %x, %x gives %x, want …%s", test.set, test.get, word, test.want)
		}
	}
}

func TestUnsafeBlockSignerIsAtItsProtocolSlot(t *testing.T) {
	w, l1 := newL1(t)
	if word := w.state.GetState(l1.SystemConfig, unsafeBlockSignerSlot); word != common.BytesToHash(signer.Bytes()) {
		t.Errorf("genesis: slot holds %s, want %s", word, signer)
	}
	if _, _, reverted := w.send(owner, l1.SystemConfig, new(big.Int), systemConfig.PackSetUnsafeBlockSigner(alice)); reverted {
		t.Fatal("reverted")
	}
	if word := w.state.GetState(l1.SystemConfig, unsafeBlockSignerSlot); word != common.BytesToHash(alice.Bytes()) {
		t.Errorf("after the setter: slot holds %s, want %s", word, alice)
	}
}

func TestSettersRefuseWhatDerivationWouldSkip(t *testing.T) {
	for _, test := range []struct {
		name string
		call []byte
		want any // nil: accepted
	}{
		{"batcher hash with a high byte", systemConfig.PackSetBatcherHash(common.Hash{11: 1}), &bindings.SystemConfigBatcherHashIsNotAnAddress{BatcherHash: common.Hash{11: 1}}},
		{"old scalar in format 1", systemConfig.PackSetGasConfig(new(big.Int), new(big.Int).Lsh(big.NewInt(1), 248)), &bindings.SystemConfigScalarVersionIsNotZero{Scalar: new(big.Int).Lsh(big.NewInt(1), 248)}},
		{"gas limit below deposits and L1 attributes", systemConfig.PackSetGasLimit(20_999_999), &bindings.SystemConfigGasLimitOutOfBounds{GasLimit: 20_999_999, Minimum: 21_000_000, Maximum: 500_000_000}},
		{"gas limit at the minimum", systemConfig.PackSetGasLimit(21_000_000), nil},
		{"gas limit at the maximum", systemConfig.PackSetGasLimit(500_000_000), nil},
		{"gas limit above the maximum", systemConfig.PackSetGasLimit(500_000_001), &bindings.SystemConfigGasLimitOutOfBounds{GasLimit: 500_000_001, Minimum: 21_000_000, Maximum: 500_000_000}},
		{"zero denominator", systemConfig.PackSetEIP1559Params(0, 6), &bindings.SystemConfigEIP1559ParamIsZero{Elasticity: 6}},
		{"zero elasticity", systemConfig.PackSetEIP1559Params(250, 0), &bindings.SystemConfigEIP1559ParamIsZero{Denominator: 250}},
		{"no owner", systemConfig.PackTransferOwnership(common.Address{}), &bindings.SystemConfigOwnerIsZero{}},
	} {
		t.Run(test.name, func(t *testing.T) {
			w, l1 := newL1(t)
			ret, _, reverted := w.send(owner, l1.SystemConfig, new(big.Int), test.call)
			if reverted != (test.want != nil) {
				t.Fatalf("reverted %t: %x", reverted, ret)
			}
			if test.want == nil {
				return
			}
			if reason, err := systemConfig.UnpackError(ret); err != nil || !reflect.DeepEqual(reason, test.want) {
				t.Errorf("got %#v, %v, want %#v", reason, err, test.want)
			}
		})
	}
}

func TestEIP1559ParamsMayStayUnsetInGenesis(t *testing.T) {
	p := l1Params()
	p.EIP1559Denominator, p.EIP1559Elasticity = 0, 0
	genesis, l1, err := contracts.L1Genesis(p)
	if err != nil {
		t.Fatal(err)
	}
	w := newWorld(t, genesis)
	for _, call := range [][]byte{systemConfig.PackEip1559Denominator(), systemConfig.PackEip1559Elasticity()} {
		if word := w.read(l1.SystemConfig, call); common.BytesToHash(word) != (common.Hash{}) {
			t.Errorf("%x gives %x, want 0", call, word)
		}
	}
}
